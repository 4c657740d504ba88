//! Where secrets stand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::capture::model::{CapturedExchange, HeaderField};

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: &'static str,
    pub(super) value: String,
}

/// Parameters and members whose values are secrets, or say who somebody is.
const NAMED: [(&str, &[&str]); 17] = [
    (
        "person",
        &[
            "full_name",
            "fullname",
            "displayname",
            "given_name",
            "givenname",
            "family_name",
            "surname",
            "firstname",
            "lastname",
        ],
    ),
    ("code", &["code"]),
    ("access_token", &["access_token"]),
    ("refresh_token", &["refresh_token"]),
    ("id_token", &["id_token", "id_token_hint"]),
    ("token", &["token", "subject_token", "actor_token"]),
    ("assertion", &["assertion", "client_assertion", "saml_response", "samlresponse", "samlrequest"]),
    ("client_secret", &["client_secret", "registration_access_token"]),
    ("password", &["password", "passwd", "pwd", "new_password", "newpassword", "pin"]),
    ("otp", &["otp", "totp", "otc", "onetimecode", "verificationcode", "backup_code", "mailed_code"]),
    ("state", &["state"]),
    ("nonce", &["nonce"]),
    ("code_challenge", &["code_challenge"]),
    ("device_code", &["device_code"]),
    ("user_code", &["user_code"]),
    ("code_verifier", &["code_verifier"]),
    (
        "user",
        &[
            "username",
            "user_name",
            "user",
            "login_hint",
            "loginfmt",
            "login",
            "email",
            "mail",
            "upn",
            "preferred_username",
            "userprincipalname",
        ],
    ),
];

/// Parts of names that say as much: pages and products name the fields of their forms as they like.
const PARTS: [(&str, &[&str]); 4] = [
    ("password", &["password", "passwd", "pwd", "passphrase"]),
    ("otp", &["otp", "verificationcode", "authenticator", "onetime"]),
    ("client_secret", &["secret"]),
    ("user", &["username", "emailaddress"]),
];

/// Parameters whose values may look drawn at random and are none of anybody's secrets.
const OPEN: [&str; 11] = [
    "client_id",
    "redirect_uri",
    "scope",
    "grant_type",
    "response_type",
    "resource",
    "audience",
    "claims",
    "error_description",
    "correlation_id",
    "trace_id",
];

/// From how many characters on a value may look drawn at random.
const LONG: usize = 16;

/// All secrets of an exchange.
pub(super) fn secrets(exchange: &CapturedExchange) -> Vec<Found> {
    let mut found = Vec::new();
    for (name, value) in exchange.request.url.query_pairs() {
        parameter(&name, &value, &mut found);
    }
    fields(&exchange.request.headers, &mut found);
    body(exchange.request.body.bytes(), exchange.request.header("content-type"), &mut found);
    if let Some(response) = &exchange.response {
        fields(&response.headers, &mut found);
        body(response.body.bytes(), response.header("content-type"), &mut found);
    }
    found
}

fn parameter(name: &str, value: &str, found: &mut Vec<Found>) {
    let name = name.to_ascii_lowercase();
    let kind = NAMED.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(kind, _)| *kind);
    let by_part =
        || PARTS.iter().find(|(_, parts)| parts.iter().any(|part| name.contains(part))).map(|(kind, _)| *kind);
    let kind =
        kind.or_else(by_part).or_else(|| (!OPEN.contains(&name.as_str()) && looks_drawn(value)).then_some("value"));
    if let Some(kind) = kind {
        found.push(Found { kind, value: value.to_owned() });
    }
    tokens(value, found);
    // A URL in a parameter has parameters of its own.
    if let Some((_, query)) = value.split_once('?').filter(|_| value.contains("://") || value.starts_with('/')) {
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            parameter(&name, &value, found);
        }
    }
}

fn fields(headers: &[HeaderField], found: &mut Vec<Found>) {
    for HeaderField { name, value } in headers {
        match name.to_ascii_lowercase().as_str() {
            "authorization" | "proxy-authorization" => credentials(value, found),
            "cookie" => {
                for (_, value) in value.split(';').filter_map(|pair| pair.trim().split_once('=')) {
                    found.push(Found { kind: "cookie", value: value.to_owned() });
                }
            }
            "set-cookie" => {
                if let Some((_, value)) = value.split(';').next().and_then(|pair| pair.split_once('=')) {
                    found.push(Found { kind: "cookie", value: value.to_owned() });
                }
            }
            "refreshtoken" => found.push(Found { kind: "refresh_token", value: value.clone() }),
            "location" | "referer" | "content-location" => {
                let (_, rest) = value.split_once(['?', '#']).unwrap_or_default();
                for part in rest.split('#') {
                    for (name, value) in form_urlencoded::parse(part.as_bytes()) {
                        parameter(&name, &value, found);
                    }
                }
            }
            "dpop" | "x-api-key" | "api-key" => found.push(Found { kind: "value", value: value.clone() }),
            _ => tokens(value, found),
        }
    }
}

fn credentials(value: &str, found: &mut Vec<Found>) {
    if let Some((_, secret)) = basic(value) {
        found.push(Found { kind: "client_secret", value: secret });
        return;
    }
    if let Some((_, token)) = value.split_once(' ') {
        found.push(Found { kind: "access_token", value: token.trim().to_owned() });
    }
}

/// Name and secret of HTTP Basic, as they are under the Base64 (RFC 6749 section 2.3.1: both are form-encoded first).
pub(super) fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    // A secret with a plus that nobody encoded.
    let secret = if secret.contains('%') { decoded(secret) } else { secret.to_owned() };
    Some((decoded(id), secret))
}

/// The same the other way.
pub(super) fn basic_again(id: &str, secret: &str) -> String {
    let coded = |part: &str| form_urlencoded::byte_serialize(part.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", coded(id), coded(secret))))
}

fn body(bytes: &[u8], kind: Option<&str>, found: &mut Vec<Found>) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    if kind.contains("x-www-form-urlencoded") {
        for (name, value) in form_urlencoded::parse(bytes) {
            parameter(&name, &value, found);
        }
        return;
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        members("", &value, found);
        return;
    }
    if kind.contains("html") || text.trim_start().starts_with('<') {
        page(text, found);
    }
    tokens(text, found);
}

fn members(name: &str, value: &Value, found: &mut Vec<Found>) {
    match value {
        Value::Object(members_of) => members_of.iter().for_each(|(name, value)| members(name, value, found)),
        Value::Array(list) => list.iter().for_each(|value| members(name, value, found)),
        // `code` of an error in JSON names the error.
        Value::String(_) if name == "code" => {}
        Value::String(text) => parameter(name, text, found),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The fields of forms, and the parameters of links.
fn page(text: &str, found: &mut Vec<Found>) {
    use html5gum::{Token, Tokenizer};
    for token in Tokenizer::new(text).flatten() {
        let Token::StartTag(tag) = token else { continue };
        let attribute = |name: &[u8]| {
            let value = tag.attributes.get(name)?;
            Some(String::from_utf8_lossy(value).into_owned())
        };
        if let (Some(name), Some(value)) = (attribute(b"name"), attribute(b"value")) {
            parameter(&name, &value, found);
        }
        for link in [attribute(b"href"), attribute(b"action")].into_iter().flatten() {
            if let Some((_, query)) = link.split_once('?') {
                for (name, value) in form_urlencoded::parse(query.as_bytes()) {
                    parameter(&name, &value, found);
                }
            }
        }
    }
}

/// Whatever has the shape of a signed token (RFC 7515 section 7.1), in any text.
fn tokens(text: &str, found: &mut Vec<Found>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    for word in text.split(|c: char| !is_part(c)) {
        if word.starts_with("eyJ") && word.matches('.').count() >= 2 {
            found.push(Found { kind: "token", value: word.to_owned() });
        }
    }
}

/// Whether a value looks drawn at random: long, one word, with letters and digits or in both cases. GUIDs and URLs are names.
fn looks_drawn(value: &str) -> bool {
    let is_word = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~!*+/=|:".contains(c));
    let is_guid = value.len() == 36 && value.chars().filter(|c| *c == '-').count() == 4;
    let has = |what: fn(&char) -> bool| value.chars().filter(what).count();
    let (upper, lower, digits) =
        (has(char::is_ascii_uppercase), has(char::is_ascii_lowercase), has(char::is_ascii_digit));
    let mixed = (digits > 2 && upper + lower > 2) || (upper > 2 && lower > 2 && value.len() > 24);
    value.len() >= LONG && is_word && !is_guid && mixed && !value.contains("://") && !value.contains("..")
}
