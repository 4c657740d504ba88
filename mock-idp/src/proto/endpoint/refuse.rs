//! From a cause to the response: the policy's map, and where it is silent the RFC's form.

use crate::proto::cause::{Cause, Standard};
use crate::proto::message::Response;
use crate::proto::page;
use crate::proto::policy::{Policy, ResponseMode, WireError};
use crate::proto::template::{Context, Medium, json_text};
use crate::proto::time::Timestamp;

/// Where a refusal may send the browser back to: the client's redirection URI, once it is known to be the client's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Back<'a> {
    pub(crate) redirect_uri: &'a str,
    pub(crate) state: Option<&'a str>,
    /// The issuer, where the response names it (RFC 9207).
    pub(crate) issuer: Option<&'a str>,
    /// Where the parameters stand.
    pub(crate) mode: ResponseMode,
}

/// The response of the token endpoint, or of any other place that speaks JSON (RFC 6749 section 5.2).
pub(crate) fn json_error(policy: &Policy, cause: &Cause, now: Timestamp) -> Response {
    if let Some(wire) = policy.errors.get(&cause.kind()) {
        return profile_error(policy, wire, cause, now, None);
    }
    let response = match cause.kind().standard() {
        Standard::Json { status, error, description } => rfc_json(status, error, description),
        Standard::Redirect { error, description } => rfc_json(400, error, description),
        Standard::Page(description) | Standard::AskAgain(description) => rfc_json(400, "invalid_request", description),
        Standard::Bearer { error, description } => bearer(error, description),
        Standard::Empty(status) => Response::empty(status),
    };
    allow(cause, response)
}

/// The response of the authorization endpoint and the sign-in pages (RFC 6749 section 4.1.2.1).
pub(crate) fn page_error(policy: &Policy, cause: &Cause, now: Timestamp, back: Option<Back<'_>>) -> Response {
    if let Some(wire) = policy.errors.get(&cause.kind()) {
        return profile_error(policy, wire, cause, now, back);
    }
    let response = match (cause.kind().standard(), back) {
        (Standard::Redirect { error, description }, Some(back)) => {
            send_back(policy, back, &[("error", error), ("error_description", description)])
        }
        (Standard::Json { error, description, .. }, Some(back)) => {
            send_back(policy, back, &[("error", error), ("error_description", description)])
        }
        (Standard::Page(text) | Standard::AskAgain(text), _) => page::message(policy, 400, text),
        (Standard::Json { description, status, .. }, None) => page::message(policy, status, description),
        (Standard::Redirect { description, .. }, None) => page::message(policy, 400, description),
        (Standard::Bearer { description, .. }, _) => page::message(policy, 401, description),
        (Standard::Empty(status), _) => Response::empty(status),
    };
    allow(cause, response)
}

/// An answer of 405 says what the endpoint takes (RFC 9110 section 15.5.6).
fn allow(cause: &Cause, response: Response) -> Response {
    if let Cause::MethodNotAllowed { allow, .. } = cause { response.header("Allow", &**allow) } else { response }
}

fn rfc_json(status: u16, error: &str, description: &str) -> Response {
    let body = format!(r#"{{"error":"{error}","error_description":"{}"}}"#, json_text(description));
    let response = Response::with_body(status, "application/json", body)
        .header("Cache-Control", "no-store")
        .header("Pragma", "no-cache");
    // Section 5.2: a client that may authenticate by Basic is told so.
    if status == 401 { response.header("WWW-Authenticate", "Basic realm=\"token\"") } else { response }
}

fn bearer(error: &str, description: &str) -> Response {
    let challenge = if error.is_empty() {
        "Bearer".to_owned()
    } else {
        format!("Bearer error=\"{error}\", error_description=\"{description}\"")
    };
    // Section 3.1: the token is good and not enough.
    let status = if error == "insufficient_scope" { 403 } else { 401 };
    Response::empty(status).header("WWW-Authenticate", challenge)
}

fn profile_error(policy: &Policy, wire: &WireError, cause: &Cause, now: Timestamp, back: Option<Back<'_>>) -> Response {
    let context = Context::default().at("now", now).with("cause", cause.to_string()).and(cause.context());
    if let (302 | 303, Some(back)) = (wire.status, back) {
        let parameters: Vec<(&str, String)> =
            wire.redirect.iter().map(|(name, value)| (name.as_str(), value.render(Medium::Plain, &context))).collect();
        let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        return send_back(policy, back, &parameters);
    }
    let content_type = wire.content_type.as_deref().unwrap_or_default();
    let mut response = Response::empty(wire.status);
    response.reason.clone_from(&wire.reason);
    response.body = wire.body.render(Medium::of(content_type), &context).into_bytes();
    if !content_type.is_empty() {
        response.headers.push("Content-Type", content_type);
    }
    for (name, value) in &wire.headers {
        response.headers.push(name, one_line(&value.render(Medium::Plain, &context)));
    }
    response
}

/// A header value is one line of printable text; anything else would let data end the header.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Sends the browser to the redirection URI with these parameters, the state and the issuer (RFC 6749 sections 4.1.2 and 4.2.2, RFC
/// 9207 section 2). A query that the URI has stays (section 3.1.2).
pub(crate) fn send_back(policy: &Policy, back: Back<'_>, parameters: &[(&str, &str)]) -> Response {
    let named = [("state", back.state), ("iss", back.issuer)];
    let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let parameters: Vec<(&str, &str)> = parameters.iter().copied().chain(named).collect();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&parameters);
    let join = match (back.mode, back.redirect_uri.contains('?')) {
        (ResponseMode::FormPost, _) => return page::form_post(policy, back.redirect_uri, &parameters),
        (ResponseMode::Fragment, _) => '#',
        (ResponseMode::Query, true) => '&',
        (ResponseMode::Query, false) => '?',
    };
    let location = format!("{}{join}{}", one_line(back.redirect_uri), query.finish());
    Response::empty(302).header("Location", location).header("Cache-Control", "no-store")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::policy::WireError;
    use crate::proto::template::Template;
    use std::collections::BTreeMap;

    #[test]
    fn parameters_join_a_query_that_the_redirection_uri_has() {
        let location = |uri, mode, issuer| {
            let back = Back { redirect_uri: uri, state: Some("a b"), issuer, mode };
            let response = send_back(&Policy::default(), back, &[("code", "x!y")]);
            response.headers.get("location").unwrap().to_owned()
        };
        let (query, fragment) = (ResponseMode::Query, ResponseMode::Fragment);
        assert_eq!(location("https://c/cb", query, None), "https://c/cb?code=x%21y&state=a+b");
        assert_eq!(location("https://c/cb?k=v", query, None), "https://c/cb?k=v&code=x%21y&state=a+b");
        assert_eq!(location("https://c/cb?k=v", fragment, None), "https://c/cb?k=v#code=x%21y&state=a+b");
        let named = location("https://c/cb", query, Some("https://i"));
        assert_eq!(named, "https://c/cb?code=x%21y&state=a+b&iss=https%3A%2F%2Fi");
    }

    #[test]
    fn data_of_the_request_cannot_end_a_header_or_open_a_tag() {
        let wire = WireError {
            status: 400,
            reason: None,
            content_type: Some("text/html".into()),
            headers: BTreeMap::from([("Reason".into(), Template::new("no {{ redirect_uri }}").unwrap())]),
            body: Template::new("<p>{{ redirect_uri }}</p>").unwrap(),
            redirect: BTreeMap::new(),
        };
        let cause = Cause::RedirectUriNotRegistered { redirect_uri: "x\r\nSet-Cookie: a<b>".into() };
        let response = profile_error(&Policy::default(), &wire, &cause, Timestamp::default(), None);
        assert_eq!(response.headers.get("reason"), Some("no x  Set-Cookie: a<b>"));
        let body = String::from_utf8(response.body).unwrap();
        assert!(body.contains("a&lt;b&gt;"), "{body}");
    }
}
