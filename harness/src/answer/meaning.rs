//! What a request means, without what its client drew for it.

use std::fmt;

use crate::capture::redact::{LABEL, is_secret_name};
use crate::capture::{CapturedRequest, HeaderField};
use crate::record::Names;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// An authorization request (RFC 6749 section 3.1.1), also one by reference (RFC 9126 section 4).
    Authorization {
        /// The words of its `response_type` in order; none by reference.
        response_type: Vec<String>,
        /// Whether nobody is to be asked (`prompt=none`, OpenID Connect Core section 3.1.2.1).
        is_silent: bool,
    },
    /// A token request (RFC 6749 section 3.2).
    Token(String),
    /// A device authorization request (RFC 8628 section 3.1).
    Device,
    /// A request for the provider's metadata (RFC 8414).
    Discovery,
    /// A request for its keys (RFC 7517).
    Keys,
    /// Anything else.
    Other,
}

impl Kind {
    /// Whether it is asked of a provider, and not only of a server that takes its tokens.
    pub(super) const fn is_of_provider(&self) -> bool {
        match self {
            Self::Authorization { .. } | Self::Token(_) | Self::Device | Self::Discovery => true,
            Self::Keys | Self::Other => false,
        }
    }
}

/// As it stands behind the path; nothing for anything else.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Authorization { is_silent: true, .. } => "silent authorization",
            Self::Authorization { is_silent: false, .. } => "authorization",
            Self::Token(grant) => match grant.as_str() {
                "refresh_token" => "refresh",
                "authorization_code" => "code",
                "client_credentials" => "client credentials",
                other if other.ends_with(":device_code") => "device code",
                other => other,
            },
            Self::Device => "device",
            Self::Discovery => "discovery",
            Self::Keys => "keys",
            Self::Other => return Ok(()),
        };
        write!(f, " ({word})")
    }
}

/// What was issued to a client and comes back in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TokenKind {
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
    /// An authorization code.
    Code,
    /// A device code.
    Device,
    /// What is revoked, looked at or exchanged.
    Other,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access token",
            Self::Refresh => "refresh token",
            Self::Code => "code",
            Self::Device => "device code",
            Self::Other => "token",
        })
    }
}

/// A parameter, or a member of an object that was sent.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether its value is the client's or its user's own, or was issued, so that it says nothing about what is asked.
    pub(super) is_drawn: bool,
    pub(super) is_in_query: bool,
}

/// A request, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) origin: String,
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) token: Option<(TokenKind, String)>,
    pairs: Vec<Pair>,
    cookies: Vec<(String, String)>,
}

/// Names of parameters that tell one run of a client from another, besides those of secrets.
const DRAWN: [&str; 10] = [
    "client_id",
    "redirect_uri",
    "post_logout_redirect_uri",
    "client_assertion_type",
    "client-request-id",
    "correlation_id",
    "request",
    "ui_locales",
    "mkt",
    "_",
];

impl Asked {
    /// Takes a request apart; `names` lead from addresses here to those of the recording.
    pub(super) fn of(request: &CapturedRequest, names: &Names) -> Self {
        let in_query = request.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned(), true));
        let in_body = sent(request).into_iter().map(|(name, value)| (name, value, false));
        let pairs: Vec<Pair> = in_query
            .chain(in_body)
            .map(|(name, value, is_in_query)| Pair {
                is_drawn: is_drawn(&name),
                value: names.for_provider(&value),
                name,
                is_in_query,
            })
            .collect();
        let mut it = Self {
            method: request.method.to_ascii_uppercase(),
            origin: request.url.origin().ascii_serialization(),
            path: request.url.path().to_owned(),
            kind: Kind::Other,
            token: None,
            pairs,
            cookies: cookies(&request.headers),
        };
        it.kind = it.kind();
        it.token = it.token(request);
        it
    }

    /// The first value of a parameter.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|pair| pair.name == name).map(|pair| pair.value.as_str())
    }

    fn kind(&self) -> Kind {
        let last = self.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_silent = self.value("prompt").is_some_and(|words| words.split(' ').any(|word| word == "none"));
        if let Some(words) = self.value("response_type") {
            let mut response_type: Vec<String> = words.split_ascii_whitespace().map(str::to_owned).collect();
            response_type.sort_unstable();
            return Kind::Authorization { response_type, is_silent };
        }
        if self.value("request_uri").is_some() && self.value("client_id").is_some() {
            return Kind::Authorization { response_type: Vec::new(), is_silent };
        }
        if let Some(grant) = self.value("grant_type").filter(|_| self.method == "POST") {
            return Kind::Token(grant.to_owned());
        }
        if self.method == "POST" && last.contains("device") && self.value("client_id").is_some() {
            return Kind::Device;
        }
        let is_known = ["openid-configuration", "oauth-authorization-server"].iter().any(|it| self.path.contains(it));
        if is_known {
            return Kind::Discovery;
        }
        let is_keys = matches!(last.as_str(), "jwks" | "jwks.json" | "keys" | "certs");
        if is_keys && self.method == "GET" { Kind::Keys } else { Kind::Other }
    }

    fn token(&self, request: &CapturedRequest) -> Option<(TokenKind, String)> {
        let (kind, name) = match &self.kind {
            Kind::Token(grant) => match grant.as_str() {
                "refresh_token" => (TokenKind::Refresh, "refresh_token"),
                "authorization_code" => (TokenKind::Code, "code"),
                other if other.ends_with(":device_code") => (TokenKind::Device, "device_code"),
                other if other.ends_with(":token-exchange") => (TokenKind::Other, "subject_token"),
                _ => return None,
            },
            Kind::Other => match bearer(request) {
                Some(token) => return Some((TokenKind::Access, token)),
                // RFC 7009 section 2.1, RFC 7662 section 2.1.
                None if self.method == "POST" => (TokenKind::Other, "token"),
                None => return None,
            },
            Kind::Authorization { .. } | Kind::Device | Kind::Discovery | Kind::Keys => return None,
        };
        Some((kind, self.value(name)?.to_owned()))
    }

    /// How far what is asked is from what was asked in the recording: `query` counts what its URL says in so many words, `all` what else it
    /// says, also that something is there whose value is the client's own.
    pub(super) fn distance(&self, recorded: &Self, what: What) -> usize {
        let counts = |pair: &&Pair| match what {
            What::Query => pair.is_in_query && !pair.is_drawn,
            What::All => true,
        };
        let mut live: Vec<&Pair> = self.pairs.iter().filter(counts).collect();
        let mut missing = 0;
        for pair in recorded.pairs.iter().filter(counts) {
            match live.iter().position(|it| it.name == pair.name && (pair.is_drawn || says(&pair.value, &it.value))) {
                Some(at) => drop(live.swap_remove(at)),
                None => missing += 1,
            }
        }
        missing + live.len()
    }

    /// How many values that were issued in the recording come back as they were: what belongs to one sign-in stays together by them.
    pub(super) fn echoes(&self, recorded: &Self) -> usize {
        let pairs = recorded
            .pairs
            .iter()
            .filter(|pair| pair.is_drawn && self.pairs.iter().any(|it| it.name == pair.name && it.value == pair.value));
        let cookies = recorded.cookies.iter().filter(|cookie| self.cookies.contains(cookie));
        pairs.count() + cookies.count()
    }
}

/// Method, path and kind. Never a parameter: they may be secret.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.path, self.kind)
    }
}

/// Which parameters count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Those of the URL that are nobody's own.
    Query,
    /// All.
    All,
}

fn is_drawn(name: &str) -> bool {
    DRAWN.contains(&name) || name.starts_with("x-client-") || is_secret_name(name)
}

/// Whether a value says what the recorded one does. Of a URL within it only what comes before its query: that repeats the client's own values.
fn says(recorded: &str, live: &str) -> bool {
    let before = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    fits(&before(recorded), &before(live))
}

/// Whether a text is the recorded one, in which labels stand for anything but a slash.
pub(super) fn fits(recorded: &str, live: &str) -> bool {
    let Some((before, label, behind)) = first_label(recorded) else { return recorded == live };
    // A live value may be the label itself: it was issued here.
    let Some(rest) = live.strip_prefix(before) else { return false };
    if rest.strip_prefix(label).is_some_and(|rest| fits(behind, rest)) {
        return true;
    }
    let longest = rest.find('/').unwrap_or(rest.len());
    let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= longest);
    ends.into_iter().any(|end| rest.get(end..).is_some_and(|rest| fits(behind, rest)))
}

/// The first label of a text, with what is before and behind it.
pub(super) fn first_label(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find(LABEL)?;
    let (before, rest) = text.split_at_checked(start)?;
    let kind = rest.strip_prefix(LABEL)?;
    let dot = kind.find(|c: char| !c.is_ascii_lowercase() && c != '_')?;
    let number = kind.get(dot..)?.strip_prefix('.')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let (label, behind) = rest.split_at_checked(LABEL.len() + dot + 1 + digits)?;
    (digits > 0).then_some((before, label, behind))
}

/// What a form or an object says.
fn sent(request: &CapturedRequest) -> Vec<(String, String)> {
    let kind = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let body = request.body.bytes();
    if kind.contains("json") {
        let members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).unwrap_or_default();
        let text = |(name, value): (String, serde_json::Value)| Some((name, value.as_str()?.to_owned()));
        return members.into_iter().filter_map(text).collect();
    }
    if kind.is_empty() || kind.contains("x-www-form-urlencoded") {
        return form_urlencoded::parse(body).into_owned().collect();
    }
    Vec::new()
}

fn bearer(request: &CapturedRequest) -> Option<String> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    let is_token = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("dpop");
    is_token.then(|| token.trim().to_owned())
}

fn cookies(headers: &[HeaderField]) -> Vec<(String, String)> {
    let fields = headers.iter().filter(|field| field.name.eq_ignore_ascii_case("cookie"));
    let pairs = fields.flat_map(|field| field.value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
