//! Whether an answer here is the recorded one, in what matters to a client.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::params::{json, of_url};
use super::turn::TurnKind;
use super::world::uuid_like;
use crate::capture::redact::LABEL;
use crate::capture::{Body, CapturedResponse};

/// One thing in which two answers differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What: `status`, `error`, a header field's or a member's name.
    pub what: String,
    /// What the recording has.
    pub recorded: String,
    /// What came here.
    pub here: String,
    /// What it means.
    pub weight: Weight,
}

/// What a difference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A client that does as it should does not notice: a wording, a number within its range.
    Remark,
    /// It is another behaviour.
    Behaviour,
}

/// Nothing.
const NONE: &str = "none";

/// Collects differences.
#[derive(Debug, Default)]
pub(super) struct Beside(pub(super) Vec<Difference>);

impl Beside {
    pub(super) fn differs(&mut self, weight: Weight, what: &str, recorded: impl Into<String>, here: impl Into<String>) {
        let (recorded, here) = (recorded.into(), here.into());
        if recorded != here {
            self.0.push(Difference { what: what.to_owned(), recorded, here, weight });
        }
    }

    fn behaves(&mut self, what: &str, recorded: impl Into<String>, here: impl Into<String>) {
        self.differs(Weight::Behaviour, what, recorded, here);
    }

    fn remark(&mut self, what: &str, recorded: impl Into<String>, here: impl Into<String>) {
        self.differs(Weight::Remark, what, recorded, here);
    }
}

/// Compares the answers to one request. `spread` is by how many seconds the life of tokens varies from one to the next.
pub(super) fn answers(
    kind: &TurnKind,
    recorded: Option<&CapturedResponse>,
    here: Option<&CapturedResponse>,
    spread: u64,
) -> Vec<Difference> {
    let mut beside = Beside::default();
    let (recorded, here) = match (recorded, here) {
        (Some(recorded), Some(here)) => (recorded, here),
        (recorded, here) => {
            let said = |it: Option<&CapturedResponse>| it.map_or("no answer".to_owned(), |it| it.status.to_string());
            beside.behaves("status", said(recorded), said(here));
            return beside.0;
        }
    };
    beside.behaves("status", recorded.status.to_string(), here.status.to_string());
    let is_recorded = recorded.body != Body::NotRecorded;
    let (was, is) = (json(recorded).filter(|_| is_recorded), json(here));
    if is_recorded {
        let media = |it: &CapturedResponse| {
            let kind = it.header("content-type").unwrap_or(NONE);
            kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
        };
        // An empty body is of no type, whatever is said of it.
        if recorded.body != Body::Absent || here.body != Body::Absent {
            beside.behaves("Content-Type", media(recorded), media(here));
        }
        let refused = recorded.status >= 400 || here.status >= 400;
        match kind {
            TurnKind::Token(_) => members(&mut beside, was.as_ref(), is.as_ref(), spread),
            TurnKind::Request(name) if *name == "device_authorization" => {
                members(&mut beside, was.as_ref(), is.as_ref(), spread);
            }
            TurnKind::Request(_) | TurnKind::SignIn | TurnKind::Connect if refused => {
                errors(&mut beside, was.as_ref(), is.as_ref());
            }
            TurnKind::Request(_) | TurnKind::SignIn | TurnKind::Connect => {}
        }
        if recorded.status >= 400 && was.is_none() && is.is_none() {
            let text = |it: &CapturedResponse| plain(&String::from_utf8_lossy(it.body.bytes()));
            beside.behaves("body", text(recorded), text(here));
        }
    }
    let challenge = |it: &CapturedResponse| it.header("www-authenticate").map_or(NONE.to_owned(), challenge);
    beside.behaves("WWW-Authenticate", challenge(recorded), challenge(here));
    for name in ["Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Minutely-Remaining"] {
        let has = |it: &CapturedResponse| it.header(name).map_or(NONE, |_| "there").to_owned();
        beside.behaves(name, has(recorded), has(here));
        if let (Some(was), Some(is)) = (recorded.header(name), here.header(name)) {
            beside.remark(name, was, is);
        }
    }
    if let TurnKind::Token(_) = kind {
        let cache = |it: &CapturedResponse| it.header("cache-control").unwrap_or(NONE).to_ascii_lowercase();
        beside.remark("Cache-Control", cache(recorded), cache(here));
    }
    beside.0
}

/// Compares the members of two answers of the token endpoint.
fn members(beside: &mut Beside, was: Option<&Value>, is: Option<&Value>, spread: u64) {
    errors(beside, was, is);
    let (Some(Value::Object(was)), Some(Value::Object(is))) = (was, is) else { return };
    let names = |of: &serde_json::Map<String, Value>| of.keys().cloned().collect::<BTreeSet<_>>();
    let (had, has) = (names(was), names(is));
    for name in had.symmetric_difference(&has) {
        let there = |of: &BTreeSet<String>| if of.contains(name) { "there" } else { NONE };
        beside.behaves(name, there(&had), there(&has));
    }
    for name in had.intersection(&has) {
        let (Some(was), Some(is)) = (was.get(name), is.get(name)) else { continue };
        beside.behaves(name, type_of(was), type_of(is));
        match name.as_str() {
            "token_type" => beside.remark(name, text(was), text(is)),
            "scope" => {
                let words = |value: &Value| text(value).split(' ').map(str::to_lowercase).collect::<BTreeSet<_>>();
                let joined = |words: BTreeSet<String>| words.into_iter().collect::<Vec<_>>().join(" ");
                beside.behaves(name, joined(words(was)), joined(words(is)));
            }
            "expires_in" | "interval" | "ext_expires_in" => {
                let seconds = |value: &Value| text(value).parse::<u64>().ok();
                let is_near =
                    matches!((seconds(was), seconds(is)), (Some(was), Some(is)) if was.abs_diff(is) <= spread);
                let weight = if is_near { Weight::Remark } else { Weight::Behaviour };
                beside.differs(weight, name, text(was), text(is));
            }
            _ => {}
        }
    }
}

/// Compares what two answers say is wrong, wherever a provider puts it.
fn errors(beside: &mut Beside, was: Option<&Value>, is: Option<&Value>) {
    let error = |value: Option<&Value>| {
        let error = value.and_then(|it| it.get("error"));
        let code = error.and_then(|it| it.as_str().or_else(|| it.get("code")?.as_str()));
        code.unwrap_or(NONE).to_owned()
    };
    let described = |value: Option<&Value>| {
        let nested = |it: &Value| it.pointer("/error/message").or_else(|| it.pointer("/error/message/value")).cloned();
        let said = value.and_then(|it| it.get("error_description").cloned().or_else(|| nested(it)));
        said.as_ref().and_then(Value::as_str).map(str::to_owned)
    };
    beside.behaves("error", error(was), error(is));
    for name in ["suberror", "error_codes"] {
        let said = |value: Option<&Value>| value.and_then(|it| it.get(name)).map_or(NONE.to_owned(), text);
        beside.behaves(name, said(was), said(is));
    }
    let (was, is) = (described(was), described(is));
    let code = |said: &Option<String>| said.as_deref().and_then(aadsts);
    // What has a number is told by it, and its words change from year to year.
    let weight = if code(&was).is_some() && code(&was) == code(&is) { Weight::Remark } else { Weight::Behaviour };
    let said = |said: Option<String>| said.map_or(NONE.to_owned(), |said| plain(&said));
    beside.differs(weight, "error_description", said(was), said(is));
}

/// Compares where two sign-ins ended.
pub(super) fn redirects(recorded: &Url, here: &Url) -> Vec<Difference> {
    let mut beside = Beside::default();
    let base = |url: &Url| {
        let mut url = url.clone();
        let fragment = url.fragment().is_some();
        url.set_query(None);
        url.set_fragment(None);
        format!("{url}{}", if fragment { "#…" } else { "" })
    };
    beside.behaves("redirect", base(recorded), base(here));
    let (was, is) = (of_url(recorded), of_url(here));
    let names = |of: &[(String, String)]| of.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
    let listed = |of: &[(String, String)]| names(of).into_iter().collect::<Vec<_>>().join(", ");
    beside.behaves("parameters of the redirect", listed(&was), listed(&is));
    let value = |of: &[(String, String)], wanted: &str| {
        of.iter().find(|(name, _)| name == wanted).map_or(NONE.to_owned(), |(_, value)| value.clone())
    };
    beside.behaves("error", value(&was, "error"), value(&is, "error"));
    beside.remark(
        "error_description",
        plain(&value(&was, "error_description")),
        plain(&value(&is, "error_description")),
    );
    beside.0
}

/// Compares the pages where two visits ended.
pub(super) fn pages(recorded: &CapturedResponse, here: &CapturedResponse) -> Vec<Difference> {
    let mut beside = Beside::default();
    beside.behaves("status", recorded.status.to_string(), here.status.to_string());
    let text = |it: &CapturedResponse| String::from_utf8_lossy(it.body.bytes()).into_owned();
    let (was, is) = (text(recorded), text(here));
    let code = |text: &str| aadsts(text).unwrap_or_else(|| NONE.to_owned());
    beside.behaves("page", code(&was), code(&is));
    if recorded.body != Body::NotRecorded {
        let words = |page: &str| plain(&crate::run::person::text_of(page));
        beside.remark("words of the page", words(&was), words(&is));
    }
    beside.0
}

/// The number of an error of Microsoft's.
pub(crate) fn aadsts(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("AADSTS")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("AADSTS{digits}"))
}

/// The scheme of a challenge, and its error.
fn challenge(text: &str) -> String {
    let scheme = text.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    let error = text.split_once("error=\"").and_then(|(_, rest)| rest.split('"').next());
    error.map_or_else(|| scheme.clone(), |error| format!("{scheme}, error {error}"))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A text without what is another each time: identifiers, times, addresses, labels of what was taken out.
pub(super) fn plain(text: &str) -> String {
    let is_changing = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        uuid_like(word)
            || word.contains(LABEL)
            || word.contains("://")
            || (word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| matches!(byte, b':' | b'-')))
            || word.len() > 40
    };
    let words = text.split_whitespace().map(|word| if is_changing(word) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}
