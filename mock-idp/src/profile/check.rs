//! What the types of a policy cannot say: paths that are paths, headers that can be sent, templates that can be filled in.

use crate::proto::policy::{Policy, WireError};
use crate::proto::template::Template;

/// A field of a policy, and what is wrong with it.
type Mistake = (String, String);

/// The data that causes give to the templates of errors: texts, and moments.
const ERROR_TEXTS: &[&str] = &[
    "cause",
    "name",
    "client_id",
    "redirect_uri",
    "response_type",
    "method",
    "allow",
    "user",
    "limit",
    "content_type",
    "grant_type",
];
const ERROR_MOMENTS: &[&str] =
    &["now", "expired_at", "redeemed_at", "superseded_at", "last_response_at", "allowed_at", "ended_at"];

/// The data that a resource gives to its template.
const RESOURCE_TEXTS: &[&str] = &["user_name", "user_full_name", "client_id", "origin"];
const RESOURCE_MOMENTS: &[&str] = &["now"];

/// Finds the first mistake.
pub(crate) fn check(policy: &Policy) -> Result<(), Mistake> {
    check_paths(policy)?;
    for (kind, wire) in &policy.errors {
        check_error(&format!("errors.{kind}"), wire)?;
    }
    for (name, resource) in &policy.resources {
        let at = format!("resources.{name}");
        check_path(format!("{at}.path"), &resource.path)?;
        let response = &resource.response;
        check_line(format!("{at}.response.content_type"), &response.content_type)?;
        check_headers(&format!("{at}.response.headers"), response.headers.iter())?;
        check_template(format!("{at}.response.body"), &response.body, RESOURCE_TEXTS, RESOURCE_MOMENTS)?;
    }
    check_line("token.response.content_type".to_owned(), &policy.token.response.content_type)?;
    check_headers("token.response.headers", policy.token.response.headers.iter())?;
    let cookie = &policy.sign_in.session_cookie;
    if is_token(cookie) {
        Ok(())
    } else {
        mistake("sign_in.session_cookie", format!("`{cookie}` is no name of a cookie"))
    }
}

fn check_paths(policy: &Policy) -> Result<(), Mistake> {
    let paths = [
        ("authorization.path", &policy.authorization.path),
        ("token.path", &policy.token.path),
        ("sign_in.path", &policy.sign_in.path),
    ];
    for (number, (field, path)) in paths.iter().enumerate() {
        check_path((*field).to_owned(), path)?;
        if path.ends_with('/') {
            return mistake(field, format!("`{path}` ends with a slash, which these endpoints pass over"));
        }
        if let Some((other, _)) = paths.iter().take(number).find(|(_, other)| other == path) {
            return mistake(field, format!("`{path}` is the path of `{other}` too"));
        }
    }
    Ok(())
}

fn check_path(field: String, path: &str) -> Result<(), Mistake> {
    if path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#') {
        Ok(())
    } else {
        mistake(&field, format!("`{path}` is not a path; it begins with a slash and has no query"))
    }
}

fn check_error(at: &str, wire: &WireError) -> Result<(), Mistake> {
    if !(200..=599).contains(&wire.status) {
        return mistake(&format!("{at}.status"), format!("{} is not a status from 200 to 599", wire.status));
    }
    check_line(format!("{at}.reason"), wire.reason.as_deref().unwrap_or_default())?;
    check_line(format!("{at}.content_type"), wire.content_type.as_deref().unwrap_or_default())?;
    for (name, value) in &wire.headers {
        check_name(&format!("{at}.headers"), name)?;
        check_template(format!("{at}.headers.{name}"), value, ERROR_TEXTS, ERROR_MOMENTS)?;
    }
    for (name, value) in &wire.redirect {
        check_template(format!("{at}.redirect.{name}"), value, ERROR_TEXTS, ERROR_MOMENTS)?;
    }
    check_template(format!("{at}.body"), &wire.body, ERROR_TEXTS, ERROR_MOMENTS)
}

fn check_headers<'a>(at: &str, headers: impl Iterator<Item = (&'a String, &'a String)>) -> Result<(), Mistake> {
    for (name, value) in headers {
        check_name(at, name)?;
        check_line(format!("{at}.{name}"), value)?;
    }
    Ok(())
}

fn check_name(at: &str, name: &str) -> Result<(), Mistake> {
    if is_token(name) { Ok(()) } else { mistake(at, format!("`{name}` is no name of a header field")) }
}

/// A token (RFC 9110 section 5.6.2).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn check_line(field: String, text: &str) -> Result<(), Mistake> {
    if text.chars().any(char::is_control) { mistake(&field, "a header field is one line".to_owned()) } else { Ok(()) }
}

fn check_template(
    field: String,
    template: &Template,
    texts: &[&'static str],
    moments: &[&'static str],
) -> Result<(), Mistake> {
    template.check(texts, moments).map_err(|error| (field, error.to_string()))
}

fn mistake(field: &str, message: String) -> Result<(), Mistake> {
    Err((field.to_owned(), message))
}
