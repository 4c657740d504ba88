//! SASL: what stands in the responses of XOAUTH2, OAUTHBEARER (RFC 7628), PLAIN (RFC 4616) and LOGIN.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::proto::secret::Secret;

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "lowercase"))]
pub enum SaslMechanism {
    /// User name and password, each asked for.
    Login,
    /// An access token (RFC 7628).
    OauthBearer,
    /// User name and password in one response (RFC 4616).
    Plain,
    /// An access token, as Google wrote it down before there was a standard.
    Xoauth2,
}

impl SaslMechanism {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Login, Self::OauthBearer, Self::Plain, Self::Xoauth2];

    /// Its registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "LOGIN",
            Self::OauthBearer => "OAUTHBEARER",
            Self::Plain => "PLAIN",
            Self::Xoauth2 => "XOAUTH2",
        }
    }

    /// The mechanism of that name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mechanism| mechanism.name().eq_ignore_ascii_case(name))
    }
}

/// What a client logs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// An access token.
    Bearer {
        /// Who the client says that it is for; a client may leave it out with OAUTHBEARER.
        user: Option<String>,
        /// The token.
        token: Secret<String>,
    },
    /// A password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Secret<String>,
    },
}

/// Decodes a response line, which is Base64 (RFC 4648 section 4) with its padding. `=` alone is an empty response (RFC 4954 section 4).
#[must_use]
pub fn decode(line: &[u8]) -> Option<Vec<u8>> {
    if line == b"=" {
        return Some(Vec::new());
    }
    STANDARD.decode(line).ok()
}

/// A response as it goes over the wire.
#[must_use]
pub fn encode(text: &[u8]) -> String {
    STANDARD.encode(text)
}

/// Reads the response of a mechanism with one response. `None` when it is not what the mechanism has.
#[must_use]
pub fn parse(mechanism: SaslMechanism, response: &[u8]) -> Option<Credentials> {
    let text = std::str::from_utf8(response).ok()?;
    match mechanism {
        SaslMechanism::Xoauth2 => xoauth2(text),
        SaslMechanism::OauthBearer => oauth_bearer(text),
        SaslMechanism::Plain => plain(text),
        // Its two responses are for whoever holds the dialogue.
        SaslMechanism::Login => None,
    }
}

/// `user=` name, `auth=Bearer ` token, each ended by ^A, and a ^A at the end.
fn xoauth2(text: &str) -> Option<Credentials> {
    let mut fields = text.strip_suffix("\x01\x01")?.split('\x01');
    let user = fields.next()?.strip_prefix("user=")?;
    let token = bearer(fields.next()?.strip_prefix("auth=")?)?;
    let done = fields.next().is_none() && !user.is_empty();
    done.then(|| Credentials::Bearer { user: Some(user.to_owned()), token: Secret::new(token.to_owned()) })
}

/// A GS2 header (RFC 5801 section 4) without channel binding, then `name=value` pairs, each ended by ^A, and a ^A at the end (RFC 7628
/// section 3.1).
fn oauth_bearer(text: &str) -> Option<Credentials> {
    let (header, rest) = text.split_once('\x01')?;
    let mut parts = header.split(',');
    let binding = parts.next()?;
    if !matches!(binding, "n" | "y") {
        return None;
    }
    let user = match parts.next()? {
        "" => None,
        name => Some(saslname(name.strip_prefix("a=")?)?),
    };
    if parts.next() != Some("") || parts.next().is_some() {
        return None;
    }
    let mut token = None;
    for pair in rest.strip_suffix("\x01\x01")?.split('\x01') {
        let (name, value) = pair.split_once('=')?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        if name == "auth" {
            token = Some(bearer(value)?);
        }
    }
    Some(Credentials::Bearer { user, token: Secret::new(token?.to_owned()) })
}

/// The token of `Bearer token`; the scheme compares without case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}

/// A name in a GS2 header: a comma is `=2C` there, and an equals sign `=3D`.
fn saslname(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    let mut parts = name.split('=');
    out.push_str(parts.next()?);
    for part in parts {
        if let Some(rest) = part.strip_prefix("2C") {
            out.push(',');
            out.push_str(rest);
        } else {
            out.push('=');
            out.push_str(part.strip_prefix("3D")?);
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Whom to act for, who it is, the password, with NUL between them. Acting for others is not offered.
fn plain(text: &str) -> Option<Credentials> {
    let mut fields = text.split('\0');
    let (acts_for, user, password) = (fields.next()?, fields.next()?, fields.next()?);
    let fits = fields.next().is_none() && !user.is_empty() && (acts_for.is_empty() || acts_for == user);
    fits.then(|| Credentials::Password { user: user.to_owned(), password: Secret::new(password.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_of(mechanism: SaslMechanism, response: &str) -> Option<(Option<String>, String)> {
        match parse(mechanism, response.as_bytes())? {
            Credentials::Bearer { user, token } => Some((user, token.expose().clone())),
            Credentials::Password { user, password } => Some((Some(user), password.expose().clone())),
        }
    }

    #[test]
    fn the_examples_of_the_documentation_and_of_rfc_7628_are_read() {
        let line = b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==";
        let response = String::from_utf8(decode(line).unwrap()).unwrap();
        let (user, token) = token_of(SaslMechanism::Xoauth2, &response).unwrap();
        assert_eq!(user.as_deref(), Some("someuser@example.com"));
        assert_eq!(token, "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        let response = "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3Rlcg==\x01\x01";
        let (user, token) = token_of(SaslMechanism::OauthBearer, response).unwrap();
        assert_eq!((user.as_deref(), token.as_str()), (Some("user@example.com"), "vF9dft4qmTc2Nvb3Rlcg=="));
    }

    #[test]
    fn what_a_mechanism_has_not_is_no_response_of_it() {
        for wrong in [
            "",
            "user=a\x01auth=Bearer t\x01",
            "user=\x01auth=Bearer t\x01\x01",
            "user=a\x01auth=Basic t\x01\x01",
            "user=a\x01\x01",
            "auth=Bearer t\x01user=a\x01\x01",
        ] {
            assert_eq!(parse(SaslMechanism::Xoauth2, wrong.as_bytes()), None, "{wrong:?}");
        }
        for wrong in [
            "n,,\x01auth=Bearer t\x01",
            "p,,\x01auth=Bearer t\x01\x01",
            "n,b,\x01auth=Bearer t\x01\x01",
            "n,,\x01host=x\x01\x01",
            "n,a==,\x01auth=Bearer t\x01\x01",
        ] {
            assert_eq!(parse(SaslMechanism::OauthBearer, wrong.as_bytes()), None, "{wrong:?}");
        }
        for wrong in ["user\0password", "\0\0password", "other\0user\0password", "\0user\0pass\0word"] {
            assert_eq!(parse(SaslMechanism::Plain, wrong.as_bytes()), None, "{wrong:?}");
        }
        assert_eq!(decode(b"no base64!"), None);
    }

    #[test]
    fn names_with_commas_and_no_name_at_all_are_read() {
        let (user, _) = token_of(SaslMechanism::OauthBearer, "n,a=a=2Cb=3Dc,\x01auth=bearer t\x01\x01").unwrap();
        assert_eq!(user.as_deref(), Some("a,b=c"));
        let (user, _) = token_of(SaslMechanism::OauthBearer, "y,,\x01auth=Bearer t\x01\x01").unwrap();
        assert_eq!(user, None);
        assert_eq!(token_of(SaslMechanism::Plain, "\0u\0p").unwrap(), (Some("u".to_owned()), "p".to_owned()));
        assert_eq!(decode(b"="), Some(Vec::new()));
    }
}
