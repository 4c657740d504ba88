//! From a cause to the response: the policy's map, and where it is silent the RFC's form.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::proto::cause::{Cause, Standard};
use crate::proto::endpoint::EndpointKind;
use crate::proto::grant::issue::Turn;
use crate::proto::message::Response;
use crate::proto::openid::fill;
use crate::proto::page;
use crate::proto::policy::{ErrorForm, Policy, ResponseMode, WireError};
use crate::proto::template::{Context, Medium, Template, json_text};

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
pub(crate) fn json_error(turn: &Turn<'_>, cause: &Cause) -> Response {
    if let Some(wire) = turn.policy.errors.get(&cause.kind()) {
        return profile_error(turn, wire, Some(cause), Reader::Client);
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
pub(crate) fn page_error(turn: &Turn<'_>, cause: &Cause, back: Option<Back<'_>>) -> Response {
    let policy = turn.policy;
    if let Some(wire) = policy.errors.get(&cause.kind()) {
        return profile_error(turn, wire, Some(cause), Reader::Person(back));
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

/// The response of a fault that refuses a request.
pub(crate) fn refused_by(turn: &Turn<'_>, wire: &WireError, kind: EndpointKind) -> Response {
    let reader = if kind.is_visited() { Reader::Person(None) } else { Reader::Client };
    profile_error(turn, wire, None, reader)
}

/// Who reads an error.
#[derive(Debug, Clone, Copy)]
enum Reader<'a> {
    /// A client, in the answer to its own request.
    Client,
    /// A person, or the client behind their browser where it can be sent back there.
    Person(Option<Back<'a>>),
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

fn profile_error(turn: &Turn<'_>, wire: &WireError, cause: Option<&Cause>, reader: Reader<'_>) -> Response {
    let context = match cause {
        Some(cause) => turn.context().with("cause", cause.to_string()).and(cause.context()),
        None => turn.context(),
    };
    match wire.form.as_ref().and_then(|name| turn.policy.error_forms.get(name)) {
        Some(form) => by_form(turn, form, wire, context, reader),
        None => own_form(turn.policy, wire, &context, reader),
    }
}

fn own_form(policy: &Policy, wire: &WireError, context: &Context, reader: Reader<'_>) -> Response {
    let status = wire.status.unwrap_or(400);
    if let (302 | 303, Reader::Person(Some(back))) = (status, reader) {
        return by_redirect(policy, back, &wire.redirect, context);
    }
    let content_type = wire.content_type.as_deref().unwrap_or_default();
    let mut response = Response::empty(status);
    response.reason.clone_from(&wire.reason);
    response.body = wire.body.render(Medium::of(content_type), context).into_bytes();
    if !content_type.is_empty() {
        response.headers.push("Content-Type", content_type);
    }
    add_headers(&mut response, &wire.headers, context);
    response
}

/// An error in a form that it shares with others.
fn by_form(turn: &Turn<'_>, form: &ErrorForm, wire: &WireError, context: Context, reader: Reader<'_>) -> Response {
    let filled: Vec<(String, minijinja::Value)> =
        wire.with.iter().map(|(name, value)| (name.clone(), to_datum(&fill(value, &context)))).collect();
    let context = filled.into_iter().fold(context, |context, (name, value)| context.with(name, value));
    let body = match reader {
        Reader::Person(Some(back)) if !form.redirect.is_empty() && !wire.stays_on_page => {
            return by_redirect(turn.policy, back, &form.redirect, &context);
        }
        Reader::Person(_) => form.page.as_ref().unwrap_or(&form.body),
        Reader::Client => &form.body,
    };
    let mut response = Response::empty(wire.status.unwrap_or(body.status));
    response.reason.clone_from(&wire.reason);
    response.body = body.text.render(Medium::of(&body.content_type), &context).into_bytes();
    response.headers.push("Content-Type", body.content_type.as_str());
    add_headers(&mut response, &body.headers, &context);
    for (name, value) in &wire.headers {
        response.headers.set(name, one_line(&value.render(Medium::Plain, &context)));
    }
    response
}

/// A value of a form as templates take it. Lists and objects are no data of errors.
fn to_datum(value: &Value) -> minijinja::Value {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => minijinja::Value::UNDEFINED,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(number) => number.as_i64().map_or_else(|| number.to_string().into(), minijinja::Value::from),
        Value::String(text) => text.as_str().into(),
    }
}

/// Sends the browser back with an error. Parameters without a value are left out.
fn by_redirect(
    policy: &Policy,
    back: Back<'_>,
    parameters: &BTreeMap<String, Template>,
    context: &Context,
) -> Response {
    let parameters: Vec<(&str, String)> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.render(Medium::Plain, context)))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    send_back(policy, back, &parameters)
}

/// Adds header fields. Those without a value are left out.
pub(crate) fn add_headers(response: &mut Response, headers: &BTreeMap<String, Template>, context: &Context) {
    for (name, value) in headers {
        let value = one_line(&value.render(Medium::Plain, context));
        if !value.is_empty() {
            response.headers.push(name, value);
        }
    }
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
    let slash =
        if policy.authorization.redirect_uri.slash_for_no_path && has_no_path(back.redirect_uri) { "/" } else { "" };
    let location = format!("{}{slash}{join}{}", one_line(back.redirect_uri), query.finish());
    Response::empty(302).header("Location", location).header("Cache-Control", "no-store")
}

/// Whether nothing stands behind the authority of a URI.
fn has_no_path(uri: &str) -> bool {
    uri.split_once("://").is_some_and(|(_, rest)| !rest.contains(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            content_type: Some("text/html".into()),
            headers: BTreeMap::from([("Reason".into(), Template::new("no {{ redirect_uri }}").unwrap())]),
            body: Template::new("<p>{{ redirect_uri }}</p>").unwrap(),
            ..WireError::default()
        };
        let cause = Cause::RedirectUriNotRegistered { redirect_uri: "x\r\nSet-Cookie: a<b>".into() };
        let context = Context::default().and(cause.context());
        let response = own_form(&Policy::default(), &wire, &context, Reader::Client);
        assert_eq!(response.headers.get("reason"), Some("no x  Set-Cookie: a<b>"));
        let body = String::from_utf8(response.body).unwrap();
        assert!(body.contains("a&lt;b&gt;"), "{body}");
    }
}
