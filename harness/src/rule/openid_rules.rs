//! The rules on OpenID Connect clients.
//!
//! What the specification lets a client leave out is a `Should`: in the code flow the token endpoint is authenticated by TLS, so neither
//! signature nor `at_hash` need be looked at (OpenID Connect Core sections 3.1.3.7 and 3.1.3.8).

use crate::rule::registry::Rule;
use crate::rule::{authorization, id_token, openid_provider};
use crate::run::outcome::Level;

pub(super) const OPENID: &[Rule] = &[
    Rule {
        id: "authorization-request/nonce-fresh",
        level: Level::Must,
        requirement: "Every authorization request that carries a nonce has one of its own.",
        source: "OpenID Connect Core 1.0 sections 3.1.2.1 and 15.5.2",
        decide: authorization::nonce_fresh,
    },
    Rule {
        id: "authorization-request/challenge-hashed",
        level: Level::Must,
        requirement: "A code challenge is the hash of the code verifier and not the verifier itself.",
        source: "RFC 7636 section 4.2; RFC 9700 section 2.1.1",
        decide: authorization::challenge_hashed,
    },
    Rule {
        id: "authorization-response/issuer-compared",
        level: Level::Should,
        requirement: "A code is redeemed only where the redirect names the issuer that the client asked, if that issuer says that it does so.",
        source: "RFC 9207 section 2.4; RFC 9700 section 2.1 (binding for clients of several providers)",
        decide: authorization::issuer_compared,
    },
    Rule {
        id: "discovery/issuer-compared",
        level: Level::Must,
        requirement: "A discovery document counts only where it names the issuer that it was asked of.",
        source: "OpenID Connect Discovery 1.0 section 4.3; oidcc-client-test-discovery-issuer-mismatch",
        decide: openid_provider::discovery,
    },
    Rule {
        id: "id-token/issuer-compared",
        level: Level::Must,
        requirement: "An ID token of another issuer signs nobody in.",
        source: "OpenID Connect Core 1.0 section 3.1.3.7, item 2; oidcc-client-test-invalid-iss",
        decide: id_token::issuer,
    },
    Rule {
        id: "id-token/audience-compared",
        level: Level::Must,
        requirement: "An ID token that was issued to another client signs nobody in.",
        source: "OpenID Connect Core 1.0 section 3.1.3.7, item 3; oidcc-client-test-invalid-aud",
        decide: id_token::audience,
    },
    Rule {
        id: "id-token/claims-required",
        level: Level::Must,
        requirement: "An ID token without a subject or a time of issue signs nobody in.",
        source: "OpenID Connect Core 1.0 section 2; oidcc-client-test-missing-sub, oidcc-client-test-missing-iat",
        decide: id_token::claims,
    },
    Rule {
        id: "id-token/expiry-compared",
        level: Level::Must,
        requirement: "An ID token whose time is over signs nobody in.",
        source: "OpenID Connect Core 1.0 section 3.1.3.7, item 9; PrOfESSOS Replay 1 and 2",
        decide: id_token::expiry,
    },
    Rule {
        id: "id-token/nonce-compared",
        level: Level::Must,
        requirement: "An ID token with another nonce than the one that was sent signs nobody in.",
        source: "OpenID Connect Core 1.0 section 3.1.3.7, item 11; oidcc-client-test-nonce-invalid",
        decide: id_token::nonce,
    },
    Rule {
        id: "id-token/signature-verified",
        level: Level::Should,
        requirement: "An ID token that no key of the issuer's verifies signs nobody in.",
        source: "OpenID Connect Core 1.0 section 3.1.3.7, item 6 (TLS may stand for it); oidcc-client-test-invalid-sig-rs256",
        decide: id_token::signature,
    },
    Rule {
        id: "id-token/access-token-hash-compared",
        level: Level::Should,
        requirement: "An ID token whose at_hash belongs to another access token signs nobody in.",
        source: "OpenID Connect Core 1.0 section 3.1.3.8 (optional in the code flow); PrOfESSOS Token Substitution",
        decide: id_token::access_token_hash,
    },
    Rule {
        id: "id-token/refreshed-for-the-same-user",
        level: Level::Must,
        requirement: "The ID token of a refresh is of the same issuer and about the same user, or its tokens are not used.",
        source: "OpenID Connect Core 1.0 section 12.2; oidcc-client-test-refresh-token-invalid-sub",
        decide: id_token::refreshed,
    },
    Rule {
        id: "keys/refetched-when-rolled",
        level: Level::Must,
        requirement: "A key that is not known yet makes the client fetch the keys again.",
        source: "OpenID Connect Core 1.0 section 10.1.1; oidcc-client-test-signing-key-rotation",
        decide: openid_provider::keys_refetched,
    },
    Rule {
        id: "keys/left-alone",
        level: Level::Should,
        requirement: "ID tokens by keys that nobody published do not make the client fetch the keys again and again.",
        source: "RFC 8725 section 3.10 (what a token says must not steer requests); OpenID Connect Core 1.0 section 10.1.1 (keys are for caching)",
        decide: openid_provider::keys_left_alone,
    },
    Rule {
        id: "userinfo/subject-compared",
        level: Level::Must,
        requirement: "A UserInfo response about another subject than the ID token's is not used.",
        source: "OpenID Connect Core 1.0 section 5.3.2; oidcc-client-test-userinfo-invalid-sub",
        decide: openid_provider::userinfo,
    },
];
