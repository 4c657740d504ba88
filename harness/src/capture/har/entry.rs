//! One entry: what the format says, and what exporters make of it.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
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
    let started = started(value.get("startedDateTime"), &mut notes)?;
    let method = request.get("method").and_then(Value::as_str).ok_or_else(|| missing("request.method"))?;
    let mut headers = headers(request);
    if !headers.iter().any(|field| field.name.eq_ignore_ascii_case("cookie")) {
        headers.extend(cookies(request, &mut notes));
    }
    let body = request_body(request, &headers, &mut notes);
    let request = CapturedRequest { method: method.to_ascii_uppercase(), url, headers, body };
    let response = value.get("response").filter(|it| it.is_object());
    let error = [Some(value), response].into_iter().flatten().find_map(failure);
    let response = match response {
        Some(it) => response_of(it, &request.method, &mut notes)?,
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

/// Why no answer came: Chrome and mitmproxy have a name for it, and Playwright another.
fn failure(of: &Value) -> Option<&str> {
    ["_error", "_failureText"].into_iter().find_map(|name| of.get(name)?.as_str())
}

/// ISO 8601 with its zone; without one it is taken as UTC; a number is milliseconds since 1970.
fn started(value: Option<&Value>, notes: &mut Vec<String>) -> Result<Timestamp, Wrong> {
    const FIELD: &str = "startedDateTime";
    let wrong = |value: &Value| (FIELD, format!("{value} is no time"));
    let value = value.ok_or_else(|| missing(FIELD))?;
    let Some(text) = value.as_str() else {
        let at = value.as_i64().and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        return at.ok_or_else(|| missing(FIELD));
    };
    if let Ok(at) = text.trim().parse::<Timestamp>() {
        return Ok(at);
    }
    let local = text.trim().parse::<DateTime>().ok().and_then(|at| at.to_zoned(TimeZone::UTC).ok());
    let at = local.ok_or_else(|| wrong(value))?.timestamp();
    notes.push(format!("{FIELD} has no zone: taken as UTC"));
    Ok(at)
}

/// Some write cookies to the list alone.
fn cookies(request: &Value, notes: &mut Vec<String>) -> Option<HeaderField> {
    let pair = |it: &Value| Some(format!("{}={}", it.get("name")?.as_str()?, it.get("value")?.as_str()?));
    let pairs: Vec<String> = request.get("cookies")?.as_array()?.iter().filter_map(pair).collect();
    if pairs.is_empty() {
        return None;
    }
    notes.push("the cookies come from the list `cookies`: no header field has them".to_owned());
    Some(HeaderField { name: "Cookie".to_owned(), value: pairs.join("; ") })
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

/// Objects with `name` and `value`, or pairs, or members of one object. Fields of HTTP/2 that begin with a colon say what the URL says.
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
    let fields = of.get("headers");
    let listed = fields.and_then(Value::as_array).into_iter().flatten().filter_map(read);
    let members =
        fields.and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
    let pairs = listed.chain(members).filter(|(name, _)| !name.starts_with(':'));
    pairs.map(|(name, value)| HeaderField { name, value }).collect()
}

fn request_body(request: &Value, headers: &[HeaderField], notes: &mut Vec<String>) -> Body {
    let size = request.get("bodySize").and_then(Value::as_i64).unwrap_or(-1);
    let missing = if size > 0 { Body::NotRecorded } else { Body::Absent };
    let Some(data) = request.get("postData").filter(|data| data.is_object()) else { return missing };
    let part = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
    let stated = headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-type"));
    let kind = stated.map_or_else(|| part("mimeType"), |field| field.value.as_str());
    if !part("text").is_empty() {
        // Not in the format, but some exporters do it.
        return Body::Bytes(bytes(part("text"), part("encoding") == "base64", kind, notes));
    }
    if is_left_out(data) {
        return Body::NotRecorded;
    }
    let params = data.get("params").and_then(Value::as_array).filter(|params| !params.is_empty());
    let Some(params) = params else { return missing };
    if kind.to_ascii_lowercase().starts_with("multipart/") {
        return Body::NotRecorded;
    }
    let pairs = params.iter().map(|param| {
        let part = |name: &str| encoded(param.get(name).and_then(Value::as_str).unwrap_or_default());
        format!("{}={}", part("name"), part("value"))
    });
    Body::Bytes(pairs.collect::<Vec<_>>().join("&").into_bytes())
}

/// As in a form. What is encoded already stays so: Chrome writes params as they were sent, others decode them.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*+%~".contains(&byte);
    let is_encoded = text.contains('%') && text.bytes().all(is_plain);
    if is_encoded { text.to_owned() } else { form_urlencoded::byte_serialize(text.as_bytes()).collect() }
}

/// Firefox and `record` say so where they leave a body out.
fn is_left_out(of: &Value) -> bool {
    of.get("comment").and_then(Value::as_str).is_some_and(|comment| comment.contains("not "))
}

fn response_of(response: &Value, method: &str, notes: &mut Vec<String>) -> Result<Option<CapturedResponse>, Wrong> {
    let status = response.get("status").and_then(Value::as_i64).ok_or_else(|| missing("response.status"))?;
    if status <= 0 {
        return Ok(None);
    }
    let status = u16::try_from(status).ok().filter(|status| (100..600).contains(status));
    let status = status.ok_or_else(|| ("response.status", "no status of HTTP".to_owned()))?;
    let mut headers = headers(response);
    let redirect = response.get("redirectURL").and_then(Value::as_str).filter(|url| !url.is_empty());
    if let Some(url) = redirect.filter(|_| !headers.iter().any(|field| field.name.eq_ignore_ascii_case("location"))) {
        headers.push(HeaderField { name: "Location".to_owned(), value: url.to_owned() });
    }
    let body = response_body(response, status, method, notes);
    Ok(Some(CapturedResponse { status, headers, body }))
}

fn response_body(response: &Value, status: u16, method: &str, notes: &mut Vec<String>) -> Body {
    let content = response.get("content").unwrap_or(&Value::Null);
    let kind = content.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    if ASSETS.iter().any(|asset| kind.contains(asset)) {
        return Body::NotRecorded;
    }
    if let Some(text) = content.get("text").and_then(Value::as_str).filter(|text| !text.is_empty()) {
        let is_coded = content.get("encoding").and_then(Value::as_str) == Some("base64");
        return Body::Bytes(bytes(text, is_coded, kind, notes));
    }
    let size = content.get("size").and_then(Value::as_i64);
    let has_none = method == "HEAD" || matches!(status, 100..=199 | 204 | 205 | 304);
    // A redirect of which nothing is known has hardly ever a body.
    let is_bare_redirect = (300..400).contains(&status) && size.is_none_or(|size| size <= 0);
    let is_absent = size == Some(0) || is_bare_redirect;
    if has_none || (is_absent && !is_left_out(content)) {
        return Body::Absent;
    }
    notes.push("the body of the answer is not in the file".to_owned());
    Body::NotRecorded
}

/// The bytes of a text that may be Base64. Some exporters say so of plain text, and some do not say so.
fn bytes(text: &str, is_coded: bool, kind: &str, notes: &mut Vec<String>) -> Vec<u8> {
    if is_coded {
        return decoded(text).unwrap_or_else(|| {
            notes.push("a body is said to be Base64 and is not: taken as it is".to_owned());
            text.as_bytes().to_vec()
        });
    }
    match unmarked(text, kind) {
        Some(bytes) => {
            notes.push("a body was Base64 without saying so".to_owned());
            bytes
        }
        None => text.as_bytes().to_vec(),
    }
}

/// Base64 in either alphabet, padded or not, in lines or not.
fn decoded(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, LENIENT).decode(text).ok()
}

/// Base64 without the flag shows where the text cannot be what its media type says, and what it decodes to can.
fn unmarked(text: &str, kind: &str) -> Option<Vec<u8>> {
    let is_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_\r\n".contains(&byte);
    if text.len() < 8 || !text.bytes().all(is_alphabet) {
        return None;
    }
    let bytes = decoded(text)?;
    let is_json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).is_ok();
    let fits = if kind.contains("json") {
        !is_json(text.as_bytes()) && is_json(&bytes)
    } else {
        let is_markup = kind.contains("html") || kind.contains("xml");
        is_markup && std::str::from_utf8(&bytes).is_ok() && bytes.trim_ascii_start().first() == Some(&b'<')
    };
    fits.then_some(bytes)
}
