//! The deliberate mistakes of the broken twins, each seen in a real client.

use std::fmt;
use std::str::FromStr;

use crate::client::reference::REFERENCE;

/// Declares the mistakes: variant, name as typed, and what it does with who did it.
macro_rules! mistakes {
    ($($variant:ident, $name:literal, $about:literal;)+) => {
        /// What a broken twin does wrong. In everything else it is the correct client.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mistake {
            $(#[doc = $about] $variant,)+
        }

        impl Mistake {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The twin's name, as it is typed and as its snapshots' folder is called.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it does wrong, in one sentence, with where it was seen or what forbids it.
            #[must_use]
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

mistakes! {
    NoLock, "no-lock",
        "Refreshes without any lock, neither across processes nor within one (picqer/exact-php-client#300, #460).";
    LockRunsOut, "lock-runs-out",
        "Takes a lock for free that another worker has held for 10 seconds, while a slow refresh takes 35 (picqer/exact-php-client#381).";
    StaleAfterLock, "stale-after-lock",
        "Refreshes with the token that it read before it waited for the lock (picqer/exact-php-client#381, #449).";
    RefreshesEarly, "refreshes-early",
        "Refreshes when less than 60 seconds are left, whatever the documented interval (picqer/exact-php-client#475).";
    RefreshesAfterCode, "refreshes-after-code",
        "Refreshes right after the code exchange, to test the connection (Exact Online: too early within 570 seconds).";
    WipesOnError, "wipes-on-error",
        "Deletes its tokens when a refresh fails for any reason, also on a 503 or an empty body (picqer/exact-php-client#497).";
    GivesUpWhenTooEarly, "gives-up-when-too-early",
        "Takes a refusal that only says *too early* as the end: deletes its tokens (websmurf/laravel-exact-online#31).";
    SavesLate, "saves-late",
        "Keeps the new pair in memory and saves it only after the resource call has succeeded (picqer/exact-php-client#460).";
    TornStore, "torn-store",
        "Writes the new access token at once, the new refresh token after the call, in place (picqer/exact-php-client#264).";
    KeepsFirstRefreshToken, "keeps-first-refresh-token",
        "Never stores the refresh token that a refresh returns (RFC 6749 section 6; picqer/exact-php-client#359).";
    ReadsSettingsFile, "reads-settings-file",
        "Takes its tokens from a file that is written at the sign-in and never again (seed 001: api-refresh-token in settings.xml).";
    RetriesDeadToken, "retries-dead-token",
        "Presents a refresh token again that was definitely refused (websmurf/laravel-exact-online#10, #23).";
    RetriesLostReplyAtOnce, "retries-lost-reply-at-once",
        "Sends the same refresh again at once after a lost reply or a 5xx (exactonline/exactonline-api-dotnet-client#152).";
    RedeemsCodeTwice, "redeems-code-twice",
        "Redeems the same code again when its callback is loaded again (RFC 6749 section 4.1.2; picqer/exact-php-client#96).";
    RefreshesWithAccessToken, "refreshes-with-access-token",
        "Presents the access token of the implicit grant as if it were a refresh token (RFC 6749 section 4.2.2: there is none).";
    RedeemsSavedCode, "redeems-saved-code",
        "Saves the first code it ever got and redeems that one whatever redirect comes (picqer/exact-php-client#300, #471).";
    EncodesCodeTwice, "encodes-code-twice",
        "Sends the code still percent-encoded, so that it arrives encoded twice (picqer/exact-php-client#579).";
    IgnoresState, "ignores-state",
        "Redeems the code of a callback whose `state` it did not send (RFC 6749 section 10.12).";
    OmitsState, "omits-state",
        "Sends authorization requests without a `state` or anything in its place (RFC 9700 section 2.1).";
    LeavesOutRedirectUri, "leaves-out-redirect-uri",
        "Leaves `redirect_uri` out of the token request (RFC 6749 section 4.1.3).";
    ConstantState, "constant-state",
        "Sends the same `state` in every authorization request (RFC 6749 section 10.12).";
    TokenInQuery, "token-in-query",
        "Puts the access token in the URL as well as in the header (RFC 6750 sections 2 and 2.3).";
    ExpiresInMustBeNumber, "expires-in-must-be-number",
        "Takes a token response whose `expires_in` is a string for a broken one (Exact Online sends `\"600\"`).";
    ExpiresInAsTimestamp, "expires-in-as-timestamp",
        "Takes `expires_in` for a point in time: always ended, so it refreshes on every call (picqer/exact-php-client#319).";
    TwoAuthenticationMethods, "two-authentication-methods",
        "Sends its client secret by HTTP Basic and in the body at once (RFC 6749 section 2.3).";
    DoesNotWaitForReset, "does-not-wait-for-reset",
        "Sends its next request at once although a 429 said until when the rate limit is used up (n8n-nodes-exact-online: the wait is not awaited).";
    ReadsResetAsSeconds, "reads-reset-as-seconds",
        "Takes the milliseconds of `X-RateLimit-Reset` for seconds, and so waits for ever (picqer/exact-php-client#646).";
    MissingResetIsZero, "missing-reset-is-zero",
        "Looks only at the limit of a minute; where a 429 is about the day, its reset is missing and read as 0 (picqer/exact-php-client README).";
    ExpectsResultsInD, "expects-results-in-d",
        "Takes `d` for an object with `results`, and breaks where it is an array (TimPelgrim/exactonline-mcp, commit 2f28dec).";
    ReadsFirstPageOnly, "reads-first-page-only",
        "Never follows `__next`: reads the first 60 rows of every collection and takes them for all (Exact Online pages at 60 rows).";
    IgnoresIdTokenIssuer, "ignores-id-token-issuer",
        "Never compares `iss` of an ID token with the issuer (OpenID Connect Core 3.1.3.7, item 2).";
    IgnoresAudience, "ignores-audience",
        "Takes ID tokens that were issued to another client (OpenID Connect Core 3.1.3.7, items 3 to 5).";
    IgnoresNonce, "ignores-nonce",
        "Sends a nonce and never compares the one that comes back (OpenID Connect Core 3.1.3.7, item 11).";
    IgnoresIdTokenExpiry, "ignores-id-token-expiry",
        "Takes ID tokens whose time is over (OpenID Connect Core 3.1.3.7, item 9).";
    IgnoresSignature, "ignores-signature",
        "Decodes ID tokens and never verifies them (OpenID Connect Core 3.1.3.7, items 6 to 8).";
    IgnoresAccessTokenHash, "ignores-at-hash",
        "Never compares `at_hash` with the access token (OpenID Connect Core 3.1.3.8).";
    NeedsNoClaims, "needs-no-claims",
        "Takes ID tokens without a subject or a time of issue (OpenID Connect Core 2).";
    IgnoresRefreshedIdToken, "ignores-refreshed-id-token",
        "Never looks at the ID token that comes with a refresh (OpenID Connect Core 12.2).";
    IgnoresResponseIssuer, "ignores-response-issuer",
        "Redeems codes of redirects that come from another issuer, or do not say from which (RFC 9207 section 2.4).";
    IgnoresDiscoveryIssuer, "ignores-discovery-issuer",
        "Takes a discovery document that names another issuer (OpenID Connect Discovery 1.0, section 4.3).";
    IgnoresUserinfoSubject, "ignores-userinfo-subject",
        "Never compares the subject of the UserInfo response with that of the ID token (OpenID Connect Core 5.3.2).";
    NeverRefetchesKeys, "never-refetches-keys",
        "Fetches the keys once and never again, so that nobody signs in after the keys were rolled (OpenID Connect Core 10.1.1).";
    RefetchesKeysEveryTime, "refetches-keys-every-time",
        "Fetches the keys again and again for an ID token whose `kid` nobody knows (OpenID Connect Core 10.1.1; the keys are for caching).";
    ConstantNonce, "constant-nonce",
        "Sends the same nonce in every authorization request (OpenID Connect Core 15.5.2).";
    PlainPkce, "plain-pkce",
        "Sends its code verifier as the challenge (RFC 7636 section 4.2; RFC 9700 section 2.1.1).";
    PollsTooFast, "polls-too-fast",
        "Polls for a device every second, whatever the interval is and whoever says slow_down (RFC 8628 sections 3.2 and 3.5).";
    PollsAfterTheEnd, "polls-after-the-end",
        "Goes on polling for a device after a refusal and past the end of the codes (RFC 8628 section 3.5).";
    IgnoresRetryAfter, "ignores-retry-after",
        "Sends its token request again although a 429 of the token endpoint said how long to wait (msgraph-sdk-dotnet#250, #435).";
    RetriesWhenOwnerIsAsked, "retries-when-owner-is-asked",
        "Tries the same refresh at every call after an answer that asks for the resource owner (entra 8, C22: suberror and claims unread).";
    ForgetsTokenWhenOwnerIsAsked, "forgets-token-when-owner-is-asked",
        "Takes an answer that asks for consent or a second factor for the death of its refresh token (outlookEmail#58).";
    IgnoresClaimsChallenge, "ignores-claims-challenge",
        "Refreshes after a challenge for claims as after any 401, without the claims (azure-sdk-for-js#22324, kiota#1179).";
    NamesResource, "names-resource",
        "Sends `resource` (RFC 8707) beside its scopes, whatever the provider (mcp-remote#217, azure-devops-mcp#1511).";
    RefreshesOnlyOn401, "refreshes-only-on-401",
        "Never looks at `expires_in`: refreshes only when a call answers 401 (exactonline/exactonline-api-dotnet-client#55).";
    NoSecondEhlo, "no-second-ehlo",
        "Says EHLO before STARTTLS and not again after it (entra 8, C13).";
    RepeatsRefusedMailLogin, "repeats-refused-mail-login",
        "Logs in to the mail server again and again with what was refused (EOP#74, MailKit#1494).";
    IgnoresMailBackoff, "ignores-mail-backoff",
        "Does not read how long a mail server wants to be left alone (entra 8, C16).";
    KeepsDeadSession, "keeps-dead-session",
        "Goes on sending the cookie of a session that was answered with 401, and never logs in again (RFC 9110 section 15.5.2: credentials that were refused).";
}

impl Mistake {
    /// All of them, in the order in which they are listed.
    #[must_use]
    pub fn all() -> &'static [Self] {
        Self::ALL
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is neither the reference client's nor a twin's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no built-in client `{given}`{}", .nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
pub struct UnknownClient {
    /// What was given.
    pub given: String,
    /// The name nearest to it, when one is near.
    pub nearest: Option<&'static str>,
}

impl UnknownClient {
    pub(crate) fn new(given: &str) -> Self {
        let names = Mistake::all().iter().map(|mistake| mistake.name()).chain([REFERENCE]);
        let nearest = names
            .map(|name| (strsim::jaro_winkler(given, name), name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, name)| name);
        Self { given: given.to_owned(), nearest }
    }
}

impl FromStr for Mistake {
    type Err = UnknownClient;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::all().iter().copied().find(|mistake| mistake.name() == name).ok_or_else(|| UnknownClient::new(name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_kebab_case_unique_and_reads_back() {
        let mut seen = BTreeSet::new();
        for mistake in Mistake::all() {
            let name = mistake.name();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert!(seen.insert(name), "{name} twice");
            assert_eq!(name.parse(), Ok(*mistake));
        }
    }

    #[test]
    fn every_description_is_one_sentence_with_a_source() {
        for mistake in Mistake::all() {
            let about = mistake.describe();
            assert!(about.ends_with(").") && about.contains('('), "{mistake}: {about}");
        }
    }

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        let error = "no-locks".parse::<Mistake>().unwrap_err();
        assert_eq!(error.to_string(), "there is no built-in client `no-locks`; did you mean `no-lock`?");
        assert_eq!("referense".parse::<Mistake>().unwrap_err().nearest, Some(REFERENCE));
    }

    #[test]
    fn a_name_like_no_other_is_answered_without_a_guess() {
        assert_eq!("xyzzy".parse::<Mistake>().unwrap_err().to_string(), "there is no built-in client `xyzzy`");
    }
}
