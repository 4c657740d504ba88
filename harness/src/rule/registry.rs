//! The list of rules.

use crate::rule::history::History;
use crate::rule::openid_rules::OPENID;
use crate::rule::{authorization, device, mail, refresh, resource, store, token_request};
use crate::run::event::Event;
use crate::run::outcome::{Level, RuleResult, RuleVerdict};

/// A requirement on a client.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its id: area and requirement.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What it asks, in a sentence.
    pub requirement: &'static str,
    /// Where that is written, or why it follows.
    pub source: &'static str,
    /// Decides it.
    pub(crate) decide: fn(&History<'_>) -> Judgement,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The rule was never put to the test.
    Silent,
    /// It was, and was kept.
    Kept,
    /// It was broken.
    Broken {
        /// How, with the evidence in words.
        why: String,
        /// The exchanges that show it.
        exchanges: Vec<u32>,
    },
}

impl Judgement {
    /// Broken if there is a reason, kept if the rule was put to the test, silent else.
    pub(crate) fn of(tested: bool, broken: Option<(String, Vec<u32>)>) -> Self {
        match broken {
            Some((why, exchanges)) => Self::Broken { why, exchanges },
            None if tested => Self::Kept,
            None => Self::Silent,
        }
    }
}

const OAUTH: &[Rule] = &[
    Rule {
        id: "authorization-request/csrf-protected",
        level: Level::Must,
        requirement: "Every authorization request carries a state, a PKCE challenge or a nonce.",
        source: "RFC 9700 section 2.1; RFC 6749 section 10.12",
        decide: authorization::csrf_protected,
    },
    Rule {
        id: "authorization-request/state-fresh",
        level: Level::Must,
        requirement: "Every authorization request has a state of its own.",
        source: "RFC 9700 sections 4.2.4 and 4.7.1; RFC 6749 section 10.10",
        decide: authorization::state_fresh,
    },
    Rule {
        id: "authorization-response/state-compared",
        level: Level::Must,
        requirement: "A code that comes with a foreign state is not redeemed, and an access token that does is not used.",
        source: "RFC 6749 section 10.12",
        decide: authorization::state_compared,
    },
    Rule {
        id: "authorization-response/own-code-redeemed",
        level: Level::Must,
        requirement: "What is redeemed is the code of the redirect that has come, not one of an earlier redirect.",
        source: "RFC 6749 sections 4.1.2 and 4.1.3; exact-online 6, rows 25 (P#300) and 26 (P#471)",
        decide: authorization::own_code,
    },
    Rule {
        id: "token-request/code-as-received",
        level: Level::Must,
        requirement: "The code is decoded once from the redirect and encoded once into the form.",
        source: "RFC 6749 section 4.1.3 and appendix B; exact-online 6, row 24",
        decide: token_request::code_as_received,
    },
    Rule {
        id: "token-request/code-redeemed-once",
        level: Level::Must,
        requirement: "A code is sent to the token endpoint once.",
        source: "RFC 6749 section 4.1.2; exact-online 6, row 25",
        decide: token_request::code_redeemed_once,
    },
    Rule {
        id: "token-request/no-access-token-presented",
        level: Level::Must,
        requirement: "An access token is never sent to the token endpoint: after the implicit grant there is nothing to refresh with.",
        source: "RFC 6749 sections 4.2.2 and 1.4; exact-online 1.2 (seed 001)",
        decide: token_request::no_access_token,
    },
    Rule {
        id: "token-request/one-authentication-method",
        level: Level::Must,
        requirement: "A token request authenticates the client in one way.",
        source: "RFC 6749 section 2.3",
        decide: token_request::one_authentication_method,
    },
    Rule {
        id: "token-request/redirect-uri-repeated",
        level: Level::Must,
        requirement: "The token request repeats the redirection URI of the authorization request.",
        source: "RFC 6749 section 4.1.3",
        decide: token_request::redirect_uri_repeated,
    },
    Rule {
        id: "token-request/retry-after-kept",
        level: Level::Must,
        requirement: "After a 429 of the token endpoint that says how long to wait, no token request comes before that.",
        source: "RFC 6585 section 4; RFC 9110 section 10.2.3; entra 4.3 and 8, C17",
        decide: token_request::retry_after_kept,
    },
    Rule {
        id: "token-response/success-taken",
        level: Level::Must,
        requirement: "A successful token response is taken, with expires_in as text and members that the client does not know.",
        source: "RFC 6749 section 5.1; exact-online 6, row 22",
        decide: token_request::success_taken,
    },
    Rule {
        id: "device/interval-is-kept",
        level: Level::Must,
        requirement: "Between two polls for a device lies the interval that the provider named, and five seconds more after each slow_down.",
        source: "RFC 8628 sections 3.2 and 3.5",
        decide: device::interval_kept,
    },
    Rule {
        id: "device/stops-when-over",
        level: Level::Must,
        requirement: "Polling for a device stops with any error but authorization_pending and slow_down, and with the end of its codes.",
        source: "RFC 8628 sections 3.3 and 3.5 (\"MUST stop polling\")",
        decide: device::stops_when_over,
    },
    Rule {
        id: "refresh/newest-token",
        level: Level::Must,
        requirement: "Once a new refresh token has arrived, no older one is presented.",
        source: "RFC 6749 section 6; exact-online 6, rows 2, 5 and 10",
        decide: refresh::newest_token,
    },
    Rule {
        id: "refresh/one-at-a-time",
        level: Level::Must,
        requirement: "The workers of a client do not present one refresh token at the same time.",
        source: "RFC 9700 section 4.14.2 (a second use revokes); exact-online 6, row 1",
        decide: refresh::one_at_a_time,
    },
    Rule {
        id: "refresh/not-before-interval",
        level: Level::Must,
        requirement: "No refresh comes before the provider's minimum interval since the last token response has passed.",
        source: "exact-online 3 (KB-limits: 570 seconds); exact-online 6, rows 13 to 16",
        decide: refresh::not_before_interval,
    },
    Rule {
        id: "refresh/lost-reply-waits",
        level: Level::Must,
        requirement: "After a refresh whose reply did not arrive, the provider may have rotated: the interval is waited for before the token is presented again.",
        source: "exact-online 1.4 (D#152) and 6, row 8",
        decide: refresh::lost_reply_waits,
    },
    Rule {
        id: "refresh/kept-on-transient-error",
        level: Level::Must,
        requirement: "A refresh that is answered by a server error, by nothing, or by no token response does not cost the client its tokens.",
        source: "RFC 9110 section 15.6; exact-online 1.4 and 6, row 9",
        decide: refresh::kept_on_transient_error,
    },
    Rule {
        id: "refresh/kept-when-too-early",
        level: Level::Must,
        requirement: "A refresh that is refused because it came too early does not cost the client its tokens.",
        source: "exact-online 3 (2022 to 2026) and 6, row 17",
        decide: refresh::kept_when_too_early,
    },
    Rule {
        id: "refresh/stops-when-refused",
        level: Level::Must,
        requirement: "A refresh token that was definitely refused is not presented again.",
        source: "RFC 6749 section 5.2; exact-online 6, rows 28 and 29",
        decide: refresh::stops_when_refused,
    },
    Rule {
        id: "refresh/interaction-asked-for",
        level: Level::Must,
        requirement: "After an answer that asks for the resource owner, the client asks them and does not try the same again by itself.",
        source: "entra 2.4 and 8, C22 (MSAL.NET, MSAL.js); OpenID Connect Core section 3.1.2.6",
        decide: refresh::interaction_asked_for,
    },
    Rule {
        id: "refresh/kept-when-interaction-is-asked-for",
        level: Level::Must,
        requirement: "An answer that asks for the resource owner does not cost the client its refresh token, which is good for other requests.",
        source: "entra 3.6 and 8, C23 (outlookEmail#58)",
        decide: refresh::kept_when_asked,
    },
    Rule {
        id: "resource-request/claims-challenge-answered",
        level: Level::Must,
        requirement: "A client that declares that it understands challenges for claims answers one with a request for those claims.",
        source: "entra 4.4 and 8, C20 and C21 (ED/claims-challenge)",
        decide: resource::challenge_answered,
    },
    Rule {
        id: "resource-request/token-in-header",
        level: Level::Must,
        requirement: "The access token stands in the Authorization header and not in the URL.",
        source: "RFC 9700 section 4.3.2; RFC 6750 section 2",
        decide: resource::token_in_header,
    },
    Rule {
        id: "resource-request/expired-token-not-sent",
        level: Level::Should,
        requirement: "An access token whose lifetime is over is not sent; each 401 counts towards the provider's error limit.",
        source: "exact-online 4.3 and 6, row 19",
        decide: resource::expired_token_not_sent,
    },
    Rule {
        id: "resource-request/limit-waited-for",
        level: Level::Should,
        requirement: "After a 429 that says when the rate limit is reset, no request comes before that.",
        source: "exact-online 4.3 (KB-limits: 429 until the window ends) and 6, rows 34 and 35; RFC 6585 section 4",
        decide: resource::limit_waited_for,
    },
    Rule {
        id: "mail/greeted-after-tls",
        level: Level::Must,
        requirement: "After STARTTLS the client says EHLO again, before all else.",
        source: "RFC 3207 section 4.2; entra 8, C13",
        decide: mail::greeted_after_tls,
    },
    Rule {
        id: "mail/refusal-taken",
        level: Level::Must,
        requirement: "What a mail server refused is not tried again at once with the same token.",
        source: "entra 8, C8, C9 and C12: EOP#74, MailKit#1494, EOP#193",
        decide: mail::refusal_taken,
    },
    Rule {
        id: "mail/backoff-kept",
        level: Level::Must,
        requirement: "A mail server that says for how long it wants to be left alone is left alone for so long.",
        source: "entra 8, C16: postalsys/imapflow",
        decide: mail::backoff_kept,
    },
    Rule {
        id: "store/saved-before-use",
        level: Level::Must,
        requirement: "New tokens are saved, whole, before they are used, so that a crash does not cost the refresh token.",
        source: "exact-online 6, rows 7, 11 and 12",
        decide: store::saved_before_use,
    },
];

/// All rules, in order of their areas: those on OAuth clients, then those on clients that speak OpenID Connect as well.
pub fn rules() -> impl Iterator<Item = &'static Rule> + Clone {
    OAUTH.iter().chain(OPENID)
}

/// The rule of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

/// Decides every rule on a cell's log. Rules that were never put to the test say nothing.
#[must_use]
pub fn judge(events: &[Event]) -> Vec<RuleResult> {
    let history = History::new(events);
    let decide = |rule: &Rule| {
        let (verdict, why, exchanges) = match (rule.decide)(&history) {
            Judgement::Silent => return None,
            Judgement::Kept => (RuleVerdict::Kept, String::new(), Vec::new()),
            Judgement::Broken { why, exchanges } => (RuleVerdict::Broken, why, exchanges),
        };
        Some(RuleResult { rule: rule.id.to_owned(), level: rule.level, verdict, why, exchanges })
    };
    rules().filter_map(decide).collect()
}
