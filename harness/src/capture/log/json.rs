//! Logs of JSON objects, one to a line: requests and answers in the shapes that loggers write.
//!
//! Names are compared without case and without `_`, `-`, `.`, `@` and blanks, so that `status_code`, `statusCode` and `http.response.status_code`
//! are read alike. What is looked for, in this order:
//!
//! | what | names |
//! | --- | --- |
//! | time | `time` `timestamp` `ts` `date` `datetime` `at` `started` `startedDateTime` `eventTime` |
//! | how long it took, in milliseconds | `duration` `durationMs` `elapsed` `elapsedMs` `tookMs` `latency` `latencyMs` `responseTime` |
//! | id that an answer shares with its request | `exchange` `requestId` `reqId` `id` `traceId` `correlationId` |
//! | the object of the request | `request` `req` `http.request` |
//! | the object of the answer | `response` `res` `resp` `http.response` |
//! | method | `method` `verb` `httpMethod` `requestMethod` `http.request.method` |
//! | URL or path | `url` (text, or an object with `full` or `path`), `uri` `fullUrl` `requestUrl` `requestUri` `target` `path` `requestPath` |
//! | host, scheme | `host` `hostname` `authority` `domain`; `scheme` |
//! | status | `status` `statusCode` `code` `responseStatus` `http.response.status_code` |
//! | header fields (an object, a list of pairs, or a list of `name` and `value`) | `headers` `header`; flat, `requestHeaders` `reqHeaders`, and `responseHeaders` `resHeaders` |
//! | body (a text, or a value that was JSON) | `body` `data` `payload` `content` `text`; flat, `requestBody` `reqBody`, and `responseBody` `resBody`; a flat `body` is the answer's where there is a status |

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::draft::{Draft, date, url, value};
use super::time;
use crate::capture::model::{Body, CapturedRequest, CapturedResponse, HeaderField};

const TIME: [&str; 9] =
    ["time", "timestamp", "ts", "date", "datetime", "at", "started", "starteddatetime", "eventtime"];
const TOOK: [&str; 8] =
    ["duration", "durationms", "elapsed", "elapsedms", "tookms", "latency", "latencyms", "responsetime"];
const ID: [&str; 6] = ["exchange", "requestid", "reqid", "id", "traceid", "correlationid"];
const METHOD: [&str; 5] = ["method", "verb", "httpmethod", "requestmethod", "httprequestmethod"];
const URL: [&str; 10] =
    ["url", "uri", "fullurl", "requesturl", "requesturi", "target", "path", "requestpath", "urlfull", "httpurl"];
const HOST: [&str; 4] = ["host", "hostname", "authority", "domain"];
const STATUS: [&str; 6] =
    ["status", "statuscode", "code", "responsestatus", "httpresponsestatuscode", "httpstatuscode"];
const HEADERS: [&str; 2] = ["headers", "header"];
const BODY: [&str; 5] = ["body", "data", "payload", "content", "text"];

/// What a line tells of.
#[derive(Debug)]
pub(super) enum Told {
    /// A request, and perhaps its answer.
    Exchange(Box<Draft>, Option<String>),
    /// An answer without its request, and the id that both have.
    Answer(CapturedResponse, Option<String>),
}

/// What an object tells of, if it is of a request or an answer.
pub(super) fn told(line: usize, object: &Value) -> Option<Told> {
    let top = object.as_object()?;
    let http = get(top, &["http"]).and_then(Value::as_object);
    let part = |names: &[&str]| {
        let of = |object| get(object, names).and_then(Value::as_object);
        of(top).or_else(|| of(http?))
    };
    let (asked, answered) = (part(&["request", "req"]), part(&["response", "res", "resp"]));
    let time = get(top, &TIME).or_else(|| get(asked?, &TIME)).and_then(when);
    let id = get(top, &ID).or_else(|| get(asked.or(answered)?, &ID)).and_then(id);
    let response = response(top, answered);
    let Some((request, mut notes)) = request(top, asked, http, response.is_some()) else {
        return response.map(|response| Told::Answer(response, id));
    };
    let took = get(top, &TOOK).and_then(Value::as_f64).filter(|took| (0.0..1e9).contains(took));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the filter holds it in bounds")]
    let took_ms = took.map(|took| took as u64);
    if response.as_ref().is_some_and(|it| it.body == Body::NotRecorded) {
        notes.push("the body of the answer is not in the log".to_owned());
    }
    let time = time.or_else(|| date(&response.as_ref()?.headers));
    let error = response.is_none().then(|| error(top)).flatten();
    Some(Told::Exchange(Box::new(Draft { line, time, took_ms, request, response, error, notes }), id))
}

/// The exchanges of a log, and the places of the objects that tell of none.
pub(super) fn exchanges<'a>(objects: impl Iterator<Item = &'a (usize, Value)>) -> (Vec<Draft>, Vec<usize>) {
    let (mut drafts, mut unread): (Vec<Draft>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut waiting: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for (place, (line, object)) in objects.enumerate() {
        match told(*line, object) {
            Some(Told::Exchange(draft, id)) => {
                if draft.response.is_none() {
                    waiting.insert(id, drafts.len());
                }
                drafts.push(*draft);
            }
            // One without an id answers the last one without an id.
            Some(Told::Answer(response, id)) => match waiting.remove(&id).and_then(|place| drafts.get_mut(place)) {
                Some(draft) => draft.response = Some(response),
                None => unread.push(place),
            },
            None => unread.push(place),
        }
    }
    for draft in &mut drafts {
        if draft.response.is_none() {
            draft.error.get_or_insert_with(|| "the log shows no answer".to_owned());
        }
    }
    (drafts, unread)
}

/// The member of the first of these names that is there.
pub(super) fn get<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| {
        let found = object.iter().find(|(member, value)| !value.is_null() && is_same(member, name));
        found.map(|(_, value)| value)
    })
}

fn is_same(member: &str, name: &str) -> bool {
    let letters = member.bytes().filter(|byte| !b"_-.@ ".contains(byte)).map(|byte| byte.to_ascii_lowercase());
    letters.eq(name.bytes())
}

/// A time as a text or a number.
pub(super) fn when(value: &Value) -> Option<Timestamp> {
    let numeric = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    numeric.and_then(time::number).or_else(|| time::whole(value.as_str()?).map(|when| when.at))
}

fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn error(top: &Map<String, Value>) -> Option<String> {
    let error = get(top, &["error", "err", "exception"])?;
    let text = error.as_str().or_else(|| error.get("message")?.as_str());
    text.map(str::to_owned)
}

fn request(
    top: &Map<String, Value>,
    asked: Option<&Map<String, Value>>,
    http: Option<&Map<String, Value>>,
    has_status: bool,
) -> Option<(CapturedRequest, Vec<String>)> {
    let mut notes = Vec::new();
    let within = |names: &[&str]| asked.and_then(|it| get(it, names)).or_else(|| get(top, names));
    let method = within(&METHOD).or_else(|| get(http?, &METHOD))?.as_str()?.to_ascii_uppercase();
    if !(3..=16).contains(&method.len()) || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let target = within(&URL).or_else(|| get(http?, &URL))?;
    let parts = target.as_object();
    let whole = parts.and_then(|it| get(it, &["full", "original", "raw", "path", "pathname"]));
    let target = target.as_str().or_else(|| whole?.as_str())?;
    let headers = headers(asked.and_then(|it| get(it, &HEADERS)).or_else(|| {
        let flat = get(top, &["requestheaders", "reqheaders"]);
        flat.or_else(|| get(top, &HEADERS).filter(|_| !has_status))
    }));
    let named = within(&HOST).or_else(|| get(parts?, &HOST)).and_then(Value::as_str);
    let host = value(&headers, "host").or(named).map(str::to_owned);
    let scheme = within(&["scheme"]).or_else(|| get(parts?, &["scheme"])).and_then(Value::as_str);
    let url = url(target, scheme, host.as_deref(), &mut notes)?;
    let kind = value(&headers, "content-type").unwrap_or_default().to_owned();
    let body = asked.and_then(|it| get(it, &BODY)).or_else(|| {
        let flat = get(top, &["requestbody", "reqbody", "postdata", "formdata"]);
        flat.or_else(|| get(top, &BODY).filter(|_| !has_status && asked.is_none()))
    });
    let body = match body.and_then(|it| bytes(it, &kind)) {
        Some(bytes) if bytes.is_empty() => Body::Absent,
        Some(bytes) => Body::Bytes(bytes),
        None if matches!(method.as_str(), "POST" | "PUT" | "PATCH") => {
            notes.push("the body of the request is not in the log".to_owned());
            Body::NotRecorded
        }
        None => Body::Absent,
    };
    Some((CapturedRequest { method, url, headers, body }, notes))
}

fn response(top: &Map<String, Value>, answered: Option<&Map<String, Value>>) -> Option<CapturedResponse> {
    let status = answered.and_then(|it| get(it, &STATUS)).or_else(|| get(top, &STATUS))?;
    let status = status.as_u64().or_else(|| status.as_str()?.parse().ok());
    let status = u16::try_from(status?).ok().filter(|status| (100..600).contains(status))?;
    let flat = get(top, &["responseheaders", "resheaders", "respheaders"]);
    let headers = headers(answered.and_then(|it| get(it, &HEADERS)).or(flat));
    let body = answered.and_then(|it| get(it, &BODY)).or_else(|| {
        let flat = get(top, &["responsebody", "resbody", "respbody"]);
        flat.or_else(|| get(top, &BODY).filter(|_| answered.is_none()))
    });
    let body = match body.and_then(|it| bytes(it, "application/json")) {
        Some(bytes) if bytes.is_empty() => Body::Absent,
        Some(bytes) => Body::Bytes(bytes),
        None if matches!(status, 204 | 205 | 304) => Body::Absent,
        None => Body::NotRecorded,
    };
    Some(CapturedResponse { status, headers, body })
}

/// A body: a text as it is, an object as a form where the media type says so, and as JSON otherwise.
fn bytes(body: &Value, kind: &str) -> Option<Vec<u8>> {
    match body {
        Value::Null => None,
        Value::String(text) => Some(text.clone().into_bytes()),
        // Elastic's schema has the text one level below.
        Value::Object(members) if members.len() <= 2 && members.get("content").is_some_and(Value::is_string) => {
            members.get("content").and_then(Value::as_str).map(|text| text.as_bytes().to_vec())
        }
        Value::Object(members) if kind.contains("x-www-form-urlencoded") => {
            let mut form = Serializer::new(String::new());
            for (name, value) in members {
                form.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
            }
            Some(form.finish().into_bytes())
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(body.to_string().into_bytes()),
    }
}

fn headers(of: Option<&Value>) -> Vec<HeaderField> {
    let field = |name: &str, value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!name.starts_with(':')).then(|| HeaderField { name: name.to_owned(), value: text })
    };
    match of {
        Some(Value::Object(members)) => members
            .iter()
            .flat_map(|(name, value)| {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                values.iter().filter_map(|value| field(name, value)).collect::<Vec<_>>()
            })
            .collect(),
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|it| {
                let named =
                    || Some((get(it.as_object()?, &["name", "key"])?.as_str()?, get(it.as_object()?, &["value"])?));
                let pair = || Some((it.get(0)?.as_str()?, it.get(1)?));
                let (name, value) = named().or_else(pair)?;
                field(name, value)
            })
            .collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => Vec::new(),
    }
}
