//! One entry: what the format says, and what exporters make of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;
use serde_json::Value;
use url::Url;

use crate::capture::model::{Body, CapturedExchange, CapturedRequest, CapturedResponse, HeaderField, JwtSummary, Pkce};

/// Bodies of these are left out: they say nothing of OAuth.
const ASSETS: [&str; 8] =
    ["image/", "font/", "video/", "audio/", "text/css", "javascript", "application/wasm", "application/octet-stream"];

/// What is wrong, and in which field.
type Wrong = (&'static str, String);

/// Reads an entry. Nothing comes of those that are no HTTP.
pub(super) fn exchange(entry: usize, value: &Value) -> Result<(Option<CapturedExchange>, Vec<String>), Wrong> {
    let mut notes = Vec::new();
    let request = value.get("request").filter(|it| it.is_object()).ok_or_else(|| missing("request"))?;
    let url = request.get("url").and_then(Value::as_str).ok_or_else(|| missing("request.url"))?;
    let mut url = Url::parse(url).map_err(|error| ("request.url", format!("{url:?} is no URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        notes.push(format!("left out: {} is no HTTP", url.scheme()));
        return Ok((None, notes));
    }
    url.set_fragment(None);
    let started = value.get("startedDateTime").and_then(Value::as_str).ok_or_else(|| missing("startedDateTime"))?;
    let started = started.parse().map_err(|_| ("startedDateTime", format!("{started:?} is no time with a zone")))?;
    let method = request.get("method").and_then(Value::as_str).ok_or_else(|| missing("request.method"))?;
    let headers = headers(request);
    let body = request_body(request, &mut notes);
    let request = CapturedRequest { method: method.to_ascii_uppercase(), url, headers, body };
    let response = value.get("response").filter(|it| it.is_object());
    let error = [Some(value), response].into_iter().flatten().find_map(|it| it.get("_error").and_then(Value::as_str));
    let response = match response {
        Some(it) => response_of(it, &mut notes)?,
        None => None,
    };
    let took_ms = value.get("time").and_then(Value::as_f64).filter(|time| *time >= 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float saturates, and it is not negative"
    )]
    let took_ms = took_ms.map(|time| time.round() as u64);
    let error = error.map(str::to_owned);
    Ok((
        Some(CapturedExchange {
            entry,
            started,
            took_ms,
            request,
            response,
            error,
            jwts: jwts(value),
            pkce: pkce(value),
        }),
        notes,
    ))
}

/// What `record` has left of signed tokens.
fn jwts(entry: &Value) -> Vec<JwtSummary> {
    let object = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let list = entry.get("_jwt").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|it| {
        let label = it.get("label")?.as_str()?.to_owned();
        Some(JwtSummary { label, header: object(it.get("header")), claims: object(it.get("claims")) })
    })
    .collect()
}

fn pkce(entry: &Value) -> Option<Pkce> {
    let pkce = entry.get("_pkce")?;
    let text = |name: &str| pkce.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Pkce { verifier: text("verifier")?, challenge: text("challenge") })
}

fn missing(field: &'static str) -> Wrong {
    (field, "it is missing, or of another type".to_owned())
}

/// Objects with `name` and `value`, or pairs. Fields of HTTP/2 that begin with a colon say what the URL says.
fn headers(of: &Value) -> Vec<HeaderField> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let read = |field: &Value| match field {
        Value::Object(it) => Some((text(it.get("name")?), text(it.get("value")?))),
        Value::Array(pair) => match pair.as_slice() {
            [name, value] => Some((text(name), text(value))),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let fields = of.get("headers").and_then(Value::as_array);
    let pairs = fields.into_iter().flatten().filter_map(read).filter(|(name, _)| !name.starts_with(':'));
    pairs.map(|(name, value)| HeaderField { name, value }).collect()
}

fn request_body(request: &Value, notes: &mut Vec<String>) -> Body {
    let size = request.get("bodySize").and_then(Value::as_i64).unwrap_or(-1);
    let Some(data) = request.get("postData").and_then(Value::as_object).filter(|data| !data.is_empty()) else {
        return if size > 0 { Body::NotRecorded } else { Body::Absent };
    };
    if let Some(text) = data.get("text").and_then(Value::as_str).filter(|text| !text.is_empty()) {
        // Not in the format, but some exporters do it.
        let is_coded = data.get("encoding").and_then(Value::as_str) == Some("base64");
        return Body::Bytes(bytes(text, is_coded, notes));
    }
    let params = data.get("params").and_then(Value::as_array).filter(|params| !params.is_empty());
    let Some(params) = params else { return if size > 0 { Body::NotRecorded } else { Body::Absent } };
    let mut form = Serializer::new(String::new());
    for param in params {
        let part = |name: &str| param.get(name).and_then(Value::as_str).unwrap_or_default();
        form.append_pair(part("name"), part("value"));
    }
    Body::Bytes(form.finish().into_bytes())
}

fn response_of(response: &Value, notes: &mut Vec<String>) -> Result<Option<CapturedResponse>, Wrong> {
    let status = response.get("status").and_then(Value::as_u64).ok_or_else(|| missing("response.status"))?;
    if status == 0 {
        return Ok(None);
    }
    let status = u16::try_from(status).ok().filter(|status| (100..600).contains(status));
    let status = status.ok_or_else(|| ("response.status", "no status of HTTP".to_owned()))?;
    let mut headers = headers(response);
    let redirect = response.get("redirectURL").and_then(Value::as_str).filter(|url| !url.is_empty());
    if let Some(url) = redirect.filter(|_| !headers.iter().any(|field| field.name.eq_ignore_ascii_case("location"))) {
        headers.push(HeaderField { name: "Location".to_owned(), value: url.to_owned() });
    }
    Ok(Some(CapturedResponse { status, headers, body: response_body(response, notes) }))
}

fn response_body(response: &Value, notes: &mut Vec<String>) -> Body {
    let Some(content) = response.get("content").and_then(Value::as_object) else { return Body::Absent };
    let kind = content.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    let size = content.get("size").and_then(Value::as_i64).unwrap_or(-1);
    if ASSETS.iter().any(|asset| kind.contains(asset)) {
        return Body::NotRecorded;
    }
    match content.get("text").and_then(Value::as_str) {
        Some(text) if !text.is_empty() => {
            let is_coded = content.get("encoding").and_then(Value::as_str) == Some("base64");
            Body::Bytes(bytes(text, is_coded, notes))
        }
        Some(_) | None if size > 0 => {
            notes.push("the body of the answer is not in the file".to_owned());
            Body::NotRecorded
        }
        Some(_) | None => Body::Absent,
    }
}

/// The bytes of a text that may be Base64. Some exporters say so of plain text.
fn bytes(text: &str, is_coded: bool, notes: &mut Vec<String>) -> Vec<u8> {
    if !is_coded {
        return text.as_bytes().to_vec();
    }
    STANDARD.decode(text.trim()).unwrap_or_else(|_| {
        notes.push("a body is said to be Base64 and is not: taken as it is".to_owned());
        text.as_bytes().to_vec()
    })
}
