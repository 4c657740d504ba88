//! What is known of an error text.

use jiff::Timestamp;
use serde_json::Value;

use super::json::get;
use super::time;
use crate::diagnose::unwrapped;

/// The codes of OAuth and its relatives, which are no words of any language.
pub(super) const CODES: [&str; 14] = [
    "invalid_grant",
    "invalid_client",
    "invalid_request",
    "invalid_scope",
    "invalid_token",
    "unauthorized_client",
    "unsupported_grant_type",
    "interaction_required",
    "login_required",
    "consent_required",
    "temporarily_unavailable",
    "expired_token",
    "insufficient_scope",
    "server_error",
];

/// What somebody or some program said went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Saying {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// When it was said, by the log.
    pub time: Option<Timestamp>,
    /// The text, without wrappings, stack traces and the time before it; its lines are those of the log.
    pub text: String,
    /// The code of RFC 6749 section 5.2 and its relatives, such as `invalid_grant`.
    pub error: Option<String>,
    /// What is said beside the code.
    pub description: Option<String>,
    /// The number behind `AADSTS`, which names an error of Microsoft Entra ID.
    pub aadsts: Option<u32>,
    /// The code of a product that stands before its message, such as `itgenoda219`, or of an API, such as `InvalidAuthenticationToken`.
    pub code: Option<String>,
    /// The HTTP status, where one is said.
    pub status: Option<u16>,
    /// The id of what the client did, by the provider.
    pub correlation_id: Option<String>,
    /// The id of the request, by the provider.
    pub trace_id: Option<String>,
    /// When the provider says that it was.
    pub timestamp: Option<Timestamp>,
}

impl Saying {
    /// When it was said: by the log, or by the provider.
    #[must_use]
    pub fn when(&self) -> Option<Timestamp> {
        self.time.or(self.timestamp)
    }

    /// What a text says, its wrappings taken off.
    pub(super) fn of(line: usize, time: Option<Timestamp>, text: &str) -> Self {
        // JSON is read as it is: without its escapes it is none any more.
        let values = objects(text);
        let text = &unwrapped(text);
        let mut saying = Self { line, time, text: text.clone(), ..Self::default() };
        for value in if values.is_empty() { objects(text) } else { values } {
            saying.add_object(&value);
        }
        saying.description = saying.description.take().or_else(|| parameter(text, "error_description"));
        saying.add_aadsts(text);
        saying.description = saying.description.take().map(|it| untraced(&it).to_owned());
        saying.error = saying.error.take().or_else(|| parameter(text, "error")).or_else(|| oauth_code(text));
        saying.code = saying.code.take().or_else(|| product_code(text));
        saying.status = saying.status.or_else(|| status(text));
        saying
    }

    /// The body of an error answer, of OAuth or of an API.
    pub(super) fn add_object(&mut self, value: &Value) {
        let Some(object) = value.as_object() else { return };
        let text = |names: &[&str]| get(object, names).and_then(Value::as_str).map(str::to_owned);
        match get(object, &["error", "odataerror"]) {
            Some(Value::String(error)) => self.error = Some(error.clone()),
            Some(Value::Object(inner)) => {
                self.code =
                    get(inner, &["code"]).and_then(Value::as_str).filter(|code| !code.is_empty()).map(str::to_owned);
                let message = get(inner, &["message"]);
                let message = message.and_then(|it| it.as_str().or_else(|| it.get("value")?.as_str()));
                self.description = message.map(str::to_owned);
                let more = get(inner, &["innererror"]).and_then(Value::as_object);
                let of = |names: &[&str]| get(more?, names).and_then(Value::as_str).map(str::to_owned);
                self.trace_id = of(&["requestid"]);
                self.correlation_id = of(&["clientrequestid"]);
                self.timestamp = of(&["date"]).and_then(|date| time::whole(&date)).map(|when| when.at);
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => {}
        }
        self.description = self.description.take().or_else(|| text(&["errordescription"]));
        let codes = get(object, &["errorcodes"]).and_then(Value::as_array);
        let first = codes.and_then(|codes| codes.first()?.as_u64());
        self.aadsts = first.and_then(|code| u32::try_from(code).ok()).or(self.aadsts);
        self.trace_id = text(&["traceid"]).or_else(|| self.trace_id.take());
        self.correlation_id = text(&["correlationid"]).or_else(|| self.correlation_id.take());
        let at = get(object, &["timestamp"]).and_then(Value::as_str).and_then(time::whole);
        self.timestamp = at.map(|when| when.at).or(self.timestamp);
    }

    /// `AADSTS50196: … Trace ID: … Correlation ID: … Timestamp: …`, on one line or on several.
    fn add_aadsts(&mut self, text: &str) {
        let Some((number, message)) = aadsts(text) else { return };
        self.aadsts = self.aadsts.or(Some(number));
        let said = untraced(message);
        let said = said.split(['"', '\n']).next().unwrap_or_default().trim();
        if self.description.is_none() && !said.is_empty() {
            self.description = Some(format!("AADSTS{number}: {said}"));
        }
        let behind = |name: &str| text.split_once(name).map(|(_, rest)| rest.trim_start());
        let id = |name: &str| {
            let id: String = behind(name)?.chars().take_while(|c| c.is_ascii_hexdigit() || *c == '-').collect();
            (id.len() == 36).then_some(id)
        };
        self.trace_id = self.trace_id.take().or_else(|| id("Trace ID:"));
        self.correlation_id = self.correlation_id.take().or_else(|| id("Correlation ID:"));
        let at = || time::leading(behind("Timestamp:")?).map(|(when, _)| when.at);
        self.timestamp = self.timestamp.or_else(at);
    }
}

/// A description of Entra's without the ids and the time at its end, which are fields of their own.
fn untraced(text: &str) -> &str {
    let ends = ["Trace ID:", "Correlation ID:", "Timestamp:"].iter().filter_map(|name| text.find(name));
    ends.min().and_then(|end| text.get(..end)).unwrap_or(text).trim()
}

/// The number of an error of Entra's and what stands behind it. A number without a text is only a mention.
pub(super) fn aadsts(text: &str) -> Option<(u32, &str)> {
    text.match_indices("AADSTS").find_map(|(at, mark)| {
        let rest = text.get(at + mark.len()..)?;
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = rest.split_at_checked(length)?;
        let message = rest.strip_prefix(':').filter(|message| !message.trim().is_empty())?;
        Some((number.parse().ok().filter(|number| *number >= 10_000)?, message))
    })
}

/// `itgenoda219: …`: letters that a product begins its codes with, a number, a colon, and a text. The innermost one says most.
pub(super) fn product_code(text: &str) -> Option<String> {
    let mut words = text.split_whitespace().peekable();
    let mut found = None;
    while let Some(word) = words.next() {
        let Some(code) = word.strip_suffix(':').filter(|_| words.peek().is_some()) else { continue };
        let letters = code.bytes().take_while(u8::is_ascii_lowercase).count();
        let digits = code.len() - letters;
        let is_code = letters >= 5 && digits >= 2 && code.bytes().skip(letters).all(|byte| byte.is_ascii_digit());
        if is_code {
            found = Some(code.to_owned());
        }
    }
    found
}

/// `invalid_grant: …`, as libraries print it.
fn oauth_code(text: &str) -> Option<String> {
    let is_code = |word: &&str| CODES.iter().any(|code| word.strip_suffix(':') == Some(code));
    text.split_whitespace().find(is_code).map(|word| word.trim_end_matches(':').to_owned())
}

/// A parameter of a redirection or a form: `error=invalid_grant&…`.
fn parameter(text: &str, name: &str) -> Option<String> {
    text.match_indices(name).find_map(|(at, _)| {
        let is_start = text.get(..at)?.chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        let rest = text.get(at + name.len()..)?.strip_prefix('=').filter(|_| is_start)?;
        let value = rest.split(['&', '"', '\n', '#']).next().unwrap_or_default().trim();
        let value = if name == "error" { value.split(char::is_whitespace).next().unwrap_or_default() } else { value };
        (!value.is_empty()).then(|| value.to_owned())
    })
}

/// `(401) Unauthorized`, `HTTP 503`, `status code 400`, `HTTP/1.1 401`.
pub(super) fn status(text: &str) -> Option<u16> {
    let marks = [
        "error: (",
        "HTTP ",
        "HTTP/1.1 ",
        "HTTP/2 ",
        "status code ",
        "status code: ",
        "StatusCode: ",
        "status: ",
        "statuscode ",
        "Statuscode: ",
    ];
    let behind = marks.iter().filter_map(|mark| text.split_once(mark)).map(|(_, rest)| rest);
    behind
        .filter_map(|rest| {
            let (digits, rest) = rest.split_at_checked(3)?;
            let is_end = !rest.starts_with(|c: char| c.is_ascii_digit());
            digits.parse().ok().filter(|status| is_end && (400..600).contains(status))
        })
        .next()
}

/// The objects in a text that are whole JSON, from the left, not those inside others.
fn objects(text: &str) -> Vec<Value> {
    const MOST: usize = 20;
    let mut found = Vec::new();
    let mut rest = text;
    for _ in 0..MOST {
        let Some(at) = rest.find('{') else { break };
        rest = rest.get(at..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let read = values.next();
        let end = values.byte_offset();
        if let Some(Ok(value)) = read {
            found.push(value);
            rest = rest.get(end..).unwrap_or_default();
        } else {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    found
}
