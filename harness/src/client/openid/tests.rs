use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;
use crate::adapter::protocol::{AuthorizationGrant, Command, FailureKind, OpenId, Outcome};
use crate::client::Mistake;
use crate::client::openid::jwt::{Jwt, members};
use crate::client::openid::keys::Keys;
use crate::client::testing::*;

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs with keys of its own, one for each algorithm.
struct Factory {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    ed: Ed25519KeyPair,
}

impl Factory {
    fn new() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            ed: Ed25519KeyPair::generate().unwrap(),
        }
    }

    fn keys(&self, kid: &str) -> Value {
        let (point, rsa) = (self.ec.public_key().as_ref(), self.rsa.public_key().as_ref());
        // In DER (RFC 8017 appendix A.1.1) the modulus of 2048 bits stands here.
        let (n, e) = (base64(&rsa[9..265]), "AQAB");
        json!({"keys": [
            {"kty": "RSA", "kid": format!("rs-{kid}"), "use": "sig", "n": n, "e": e},
            {"kty": "EC", "kid": format!("es-{kid}"), "crv": "P-256", "x": base64(&point[1..33]), "y": base64(&point[33..])},
            {"kty": "OKP", "kid": format!("ed-{kid}"), "crv": "Ed25519", "x": base64(self.ed.public_key().as_ref())},
        ]})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
        let random = SystemRandom::new();
        let signature = match header["alg"].as_str() {
            Some("RS256") => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Some("ES256") => self.ec.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Some("EdDSA") => self.ed.sign(signed.as_bytes()).as_ref().to_vec(),
            _ => Vec::new(),
        };
        format!("{signed}.{}", base64(&signature))
    }
}

const ISSUER: &str = "https://op.example";

fn good() -> Value {
    json!({"iss": ISSUER, "sub": "mia", "aud": "client", "exp": START + 600, "iat": START, "nonce": "n"})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// What the claims are worth, by the name of the check that fails.
fn judge(claims: &Value, before: Option<&str>, mistake: Option<Mistake>) -> Result<String, String> {
    let text = Factory::sign_with_nothing(claims);
    let before = before.map(|subject| Identity { issuer: ISSUER.to_owned(), subject: subject.to_owned() });
    let expected = Expected {
        issuer: ISSUER,
        client_id: "client",
        access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        nonce: before.is_none().then_some("n"),
        max_age: claims.get("auth_time").map(|_| 300),
        before: before.as_ref(),
        now: seconds_after_start(0),
    };
    let checked = expected.check(&Jwt::parse(&text).unwrap(), mistake);
    checked.map(|identity| identity.subject).map_err(|failure| failure.code.unwrap())
}

impl Factory {
    fn sign_with_nothing(claims: &Value) -> String {
        format!("{}.{}.", base64(br#"{"alg":"none"}"#), base64(claims.to_string().as_bytes()))
    }
}

#[test]
fn every_claim_is_checked_and_each_twin_forgives_its_own() {
    use Mistake::*;
    let cases = [
        (with("iss", json!("https://op.example/")), "id_token_issuer", IgnoresIdTokenIssuer),
        (without("iss"), "id_token_issuer", IgnoresIdTokenIssuer),
        (with("aud", json!("other")), "id_token_audience", IgnoresAudience),
        (with("aud", json!(["client", "other"])), "id_token_audience", IgnoresAudience),
        (with("azp", json!("other")), "id_token_audience", IgnoresAudience),
        (without("aud"), "id_token_audience", IgnoresAudience),
        (without("sub"), "id_token_subject", NeedsNoClaims),
        (with("sub", json!(["mia"])), "id_token_subject", NeedsNoClaims),
        (without("iat"), "id_token_issued_at", NeedsNoClaims),
        (without("exp"), "id_token_expired", IgnoresIdTokenExpiry),
        (with("exp", json!(START - 60)), "id_token_expired", IgnoresIdTokenExpiry),
        (with("nonce", json!("other")), "id_token_nonce", IgnoresNonce),
        (without("nonce"), "id_token_nonce", IgnoresNonce),
        (with("at_hash", json!("77QmUPtjPfzWtF2AnpK9RR")), "id_token_at_hash", IgnoresAccessTokenHash),
    ];
    for (claims, check, twin) in cases {
        assert_eq!(judge(&claims, None, None), Err(check.to_owned()), "{claims}");
        assert!(judge(&claims, None, Some(twin)).is_ok(), "{twin}: {claims}");
        let other = if twin == IgnoresNonce { IgnoresAudience } else { IgnoresNonce };
        assert_eq!(judge(&claims, None, Some(other)), Err(check.to_owned()), "{other}: {claims}");
    }
}

#[test]
fn what_is_right_on_the_edge_is_taken() {
    let mut several = with("aud", json!(["other", "client"]));
    several["azp"] = json!("client");
    let cases = [
        good(),
        several,
        with("aud", json!(["client"])),
        with("exp", json!(START - 59)),
        with("iat", json!(START + 60)),
        with("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
        with("auth_time", json!(START - 360)),
    ];
    for claims in cases {
        assert_eq!(judge(&claims, None, None), Ok("mia".to_owned()), "{claims}");
    }
    assert_eq!(judge(&with("iat", json!(START + 61)), None, None), Err("id_token_issued_at".to_owned()));
    assert_eq!(judge(&with("auth_time", json!(START - 361)), None, None), Err("id_token_auth_time".to_owned()));
}

#[test]
fn a_refreshed_token_needs_no_nonce_and_the_same_subject() {
    assert_eq!(judge(&without("nonce"), Some("mia"), None), Ok("mia".to_owned()));
    assert_eq!(judge(&good(), Some("tom"), None), Err("id_token_subject".to_owned()));
}

#[test]
fn what_is_ambiguous_is_no_token() {
    for (header, claims) in [
        (r#"{"alg":"RS256"}"#, r#"{"sub":"a","sub":"b"}"#),
        (r#"{"alg":"RS256","alg":"none"}"#, "{}"),
        (r#"{"alg":"RS256","crit":["x"]}"#, "{}"),
        (r#"{"alg":"RS256"}"#, "[]"),
    ] {
        let text = format!("{}.{}.", base64(header.as_bytes()), base64(claims.as_bytes()));
        assert!(Jwt::parse(&text).is_err(), "{header} {claims}");
    }
    for text in ["", "a.b", "a.b.c.d", "e30=.e30.", "e30.e30.*"] {
        assert!(Jwt::parse(text).is_err(), "{text}");
    }
    assert!(Jwt::parse("e30.e30.").is_ok());
    assert!(members(br#"{"a":1,"a":1}"#).is_none());
}

#[test]
fn each_algorithm_verifies_with_its_own_key_only() {
    let (ours, theirs) = (Factory::new(), Factory::new());
    let mut keys = Keys::default();
    assert!(keys.take(ours.keys("1").to_string().as_bytes()));
    for (algorithm, kid) in [("RS256", "rs-1"), ("ES256", "es-1"), ("EdDSA", "ed-1")] {
        let verify = |factory: &Factory, header: Value, by: &str| {
            keys.verify(&Jwt::parse(&factory.sign(&header, &good())).unwrap(), by)
        };
        assert!(verify(&ours, json!({"alg": algorithm, "kid": kid}), algorithm), "{algorithm}");
        assert!(verify(&ours, json!({"alg": algorithm}), algorithm), "{algorithm} without kid");
        assert!(!verify(&theirs, json!({"alg": algorithm, "kid": kid}), algorithm), "{algorithm} of another");
        assert!(!verify(&ours, json!({"alg": algorithm, "kid": "xx-1"}), algorithm), "{algorithm}, unknown kid");
        assert!(!verify(&ours, json!({"alg": algorithm, "kid": kid}), "none"), "by none");
    }
}

#[test]
fn an_unknown_key_is_asked_for_once_a_minute() {
    let factory = Factory::new();
    let mut keys = Keys::default();
    assert!(keys.are_missing());
    keys.take(factory.keys("1").to_string().as_bytes());
    let token = |kid: &str| Jwt::parse(&factory.sign(&json!({"alg": "EdDSA", "kid": kid}), &good())).unwrap();
    let (known, unknown) = (token("ed-1"), token("ed-2"));
    let at = seconds_after_start;
    assert!(keys.may_refetch(&unknown, at(0), None) && !keys.may_refetch(&known, at(0), None));
    assert!(!keys.may_refetch(&unknown, at(0), Some(Mistake::NeverRefetchesKeys)));
    keys.fetched_in_vain(at(0));
    assert!(!keys.may_refetch(&unknown, at(59), None) && keys.may_refetch(&unknown, at(60), None));
    assert!(keys.may_refetch(&unknown, at(1), Some(Mistake::RefetchesKeysEveryTime)));
}

/// A desk whose client speaks OpenID Connect, and the documents of its provider.
async fn desk() -> (Desk, Factory) {
    let mut desk = Desk::new().await;
    let algorithm = "EdDSA".to_owned();
    desk.openid = Some(OpenId { issuer: desk.url.clone(), id_token_algorithm: algorithm, max_age: None });
    (desk, Factory::new())
}

fn discovery(desk: &Desk, issuer: &str) -> Reply {
    let url = &desk.url;
    let document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{url}/auth"), "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"), "userinfo_endpoint": format!("{url}/userinfo"),
        "authorization_response_iss_parameter_supported": true,
    });
    answer(200, &document.to_string())
}

/// Begins a sign-in; gives the redirect and the nonce.
async fn begin(desk: &mut Desk, worker: &TestWorker, first: bool) -> (String, String) {
    let command = Command::Authorize { grant: AuthorizationGrant::Code };
    let document = discovery(desk, &desk.url.clone());
    let (outcome, _) =
        if first { desk.run(worker, command, [document]).await } else { desk.run(worker, command, []).await };
    let Outcome::Authorize { url } = outcome else { panic!("{outcome:?}") };
    let url = url::Url::parse(&url).unwrap();
    let of = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(of("code_challenge_method"), "S256");
    (format!("https://app.example/cb?code=c&state={}&iss={}", of("state"), desk.url), of("nonce"))
}

fn tokens(desk: &Desk, factory: &Factory, nonce: &str) -> Reply {
    let mut claims = with("nonce", json!(nonce));
    claims["iss"] = json!(desk.url);
    let id_token = factory.sign(&json!({"alg": "EdDSA", "kid": "ed-1"}), &claims);
    let body = json!({"access_token": "a1", "token_type": "bearer", "expires_in": 600, "refresh_token": "r1", "id_token": id_token});
    answer(200, &body.to_string())
}

#[tokio::test]
async fn a_sign_in_fetches_the_keys_once_and_asks_who_it_is() {
    let (mut desk, factory) = desk().await;
    let worker = desk.worker("a", None).await;
    let (url, nonce) = begin(&mut desk, &worker, true).await;
    let replies =
        [tokens(&desk, &factory, &nonce), answer(200, &factory.keys("1").to_string()), answer(200, r#"{"sub":"mia"}"#)];
    let (outcome, sent) = desk.run(&worker, Command::Callback { url }, replies).await;
    assert_eq!(outcome, Outcome::SignedIn { subject: "mia".to_owned() });
    assert_eq!(sent, ["code c", "GET /jwks with nothing", "GET /userinfo with a1"]);
    assert_eq!(desk.pair_on_disk(), "a1 r1");
}

#[tokio::test]
async fn somebody_elses_userinfo_costs_the_tokens() {
    let (mut desk, factory) = desk().await;
    let worker = desk.worker("a", None).await;
    let (url, nonce) = begin(&mut desk, &worker, true).await;
    let replies =
        [tokens(&desk, &factory, &nonce), answer(200, &factory.keys("1").to_string()), answer(200, r#"{"sub":"tom"}"#)];
    let (outcome, _) = desk.run(&worker, Command::Callback { url }, replies).await;
    assert_eq!(failed(&outcome), (FailureKind::Untrusted, Some("userinfo_subject")));
    assert_eq!(desk.pair_on_disk(), "nothing");
}

#[tokio::test]
async fn a_redirect_of_another_issuer_is_not_redeemed() {
    let (mut desk, _) = desk().await;
    let worker = desk.worker("a", None).await;
    let (url, _) = begin(&mut desk, &worker, true).await;
    let issuer = format!("&iss={}", desk.url);
    for changed in ["", "&iss=https://evil.example"] {
        let url = url.replace(&issuer, changed);
        let (outcome, _) = desk.run(&worker, Command::Callback { url }, []).await;
        assert_eq!(failed(&outcome), (FailureKind::Untrusted, Some("response_issuer")), "{changed}");
    }
}

#[tokio::test]
async fn a_document_of_another_issuer_begins_nothing_and_is_asked_for_again() {
    let (mut desk, _) = desk().await;
    let worker = desk.worker("a", None).await;
    let command = Command::Authorize { grant: AuthorizationGrant::Code };
    let foreign = discovery(&desk, "https://evil.example");
    let (outcome, sent) = desk.run(&worker, command, [foreign]).await;
    assert_eq!(failed(&outcome), (FailureKind::Untrusted, Some("discovery_issuer")));
    assert_eq!(sent, ["GET /.well-known/openid-configuration with nothing"]);
    begin(&mut desk, &worker, true).await;
    begin(&mut desk, &worker, false).await;
}

#[tokio::test]
async fn an_id_token_by_another_algorithm_or_none_at_all_is_refused_before_the_keys_are_asked_for() {
    let (mut desk, factory) = desk().await;
    let worker = desk.worker("a", None).await;
    let (url, _) = begin(&mut desk, &worker, true).await;
    let body = json!({"access_token": "a", "token_type": "bearer", "id_token": factory.sign(&json!({"alg": "RS256"}), &good())});
    let (outcome, _) = desk.run(&worker, Command::Callback { url }, [answer(200, &body.to_string())]).await;
    assert_eq!(failed(&outcome), (FailureKind::Untrusted, Some("id_token_algorithm")));
    let (url, _) = begin(&mut desk, &worker, false).await;
    let (outcome, _) = desk.run(&worker, Command::Callback { url: url.replace("code=c", "code=d") }, [pair(1)]).await;
    assert_eq!(failed(&outcome), (FailureKind::Untrusted, Some("id_token_missing")));
    assert_eq!(desk.pair_on_disk(), "nothing");
}
