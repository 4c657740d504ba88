//! Requests and answers between the recording's form and the core's.

use mock_idp::proto::message::{Extent, Headers, Reply, Request, RequestBody};
use serde_json::Value;

use super::params::{form, is_form, query};
use super::turn::bare;
use super::values::Values;
use crate::capture::{Body, CapturedRequest, CapturedResponse, HeaderField};

/// A recorded request with the values that stand here, and those of its parameters that have none though the provider issued them.
pub(super) fn request(recorded: &CapturedRequest, values: &Values) -> Request {
    let mut request = bare(recorded);
    let segments = request.path.split('/').map(|segment| values.of(segment).unwrap_or(segment));
    request.path = segments.collect::<Vec<_>>().join("/");
    let asked = query(recorded);
    if request.query.is_some() {
        request.query = encoded(&asked, values).or(request.query);
    }
    let posted = form(recorded);
    let body = if is_form(recorded) {
        encoded(&posted, values).map_or_else(|| recorded.body.bytes().to_vec(), String::into_bytes)
    } else {
        match serde_json::from_slice::<Value>(recorded.body.bytes()) {
            Ok(mut json) => {
                values.replaced_json(&mut json);
                json.to_string().into_bytes()
            }
            Err(_) => recorded.body.bytes().to_vec(),
        }
    };
    request.body = RequestBody::Whole(body);
    request.headers = headers(recorded, values);
    request
}

/// Parameters with the values that stand here. Nothing where all stay as they are, so that they keep their spelling.
fn encoded(parameters: &[(String, String)], values: &Values) -> Option<String> {
    let replaced: Vec<(&String, String)> =
        parameters.iter().map(|(name, value)| (name, values.replaced(value))).collect();
    if replaced.iter().zip(parameters).all(|((_, here), (_, recorded))| here == recorded) {
        return None;
    }
    Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(replaced).finish())
}

fn headers(recorded: &CapturedRequest, values: &Values) -> Headers {
    let mut headers = Headers::new();
    for field in &recorded.headers {
        if ["content-length", "host"].iter().any(|name| field.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        if field.name.eq_ignore_ascii_case("cookie") {
            headers.push("Cookie", cookies(&field.value, values));
        } else if let Some((scheme, rest)) = field.value.split_once(' ') {
            headers.push(field.name.clone(), format!("{scheme} {}", values.replaced(rest)));
        } else {
            headers.push(field.name.clone(), values.replaced(&field.value));
        }
    }
    headers
}

fn cookies(text: &str, values: &Values) -> String {
    let pair = |pair: &str| match pair.trim().split_once('=') {
        Some((name, value)) => format!("{name}={}", values.replaced(value)),
        None => pair.trim().to_owned(),
    };
    text.split(';').map(pair).collect::<Vec<_>>().join("; ")
}

/// What a client got of a reply; nothing where the connection was closed without an answer.
pub(super) fn response(reply: Reply) -> Option<CapturedResponse> {
    let mut body = reply.response.body;
    match reply.delivery.extent {
        Extent::Whole => {}
        Extent::CutAfter(length) => body.truncate(length),
        Extent::Dropped => return None,
    }
    let field = |(name, value): (&str, &str)| HeaderField { name: name.to_owned(), value: value.to_owned() };
    Some(CapturedResponse {
        status: reply.response.status,
        headers: reply.response.headers.iter().map(field).collect(),
        body: if body.is_empty() { Body::Absent } else { Body::Bytes(body) },
    })
}
