//! What the types of a policy cannot say: paths that are paths, headers that can be sent, templates that can be filled in.

use std::collections::{BTreeMap, BTreeSet};

mod service;

use crate::proto::EndpointKind;
use crate::proto::policy::{Api, Covers, FaultEffect, LimitHeaders, Policy, Resource, WireError};
use crate::proto::template::{Context, Medium, Template};
use crate::proto::time::Span;

/// A field of a policy, and what is wrong with it.
type Mistake = (String, String);

/// The data that causes give to the templates of errors: texts, and moments.
const ERROR_TEXTS: &[&str] = &[
    "trace_id",
    "correlation_id",
    "authority",
    "base",
    "browser_base",
    "endpoint",
    "grant",
    "by_resource",
    "client_name",
    "tenant",
    "kind",
    "origin",
    "resource",
    "resource_id",
    "declared",
    "rule",
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
    "path",
    "reason",
    "division",
    "scope",
    "mode",
    "why",
    "interval",
    "voucher",
    "claim",
    "value",
    "status",
];
const ERROR_MOMENTS: &[&str] = &[
    "now",
    "expired_at",
    "redeemed_at",
    "superseded_at",
    "last_response_at",
    "allowed_at",
    "ended_at",
    "resets_at",
    "until",
    "issued_at",
    "revoked_at",
];

/// The data that a resource gives to its template.
const RESOURCE_TEXTS: &[&str] = &[
    "user_name",
    "user_full_name",
    "given_name",
    "family_name",
    "email",
    "client_id",
    "origin",
    "subject",
    "scope",
    "trace_id",
    "correlation_id",
    "authority",
    "base",
    "browser_base",
    "endpoint",
    "grant",
    "by_resource",
];
const RESOURCE_MOMENTS: &[&str] = &["now"];

/// What the templates of documents and of header fields know.
const REQUEST_TEXTS: &[&str] =
    &["trace_id", "correlation_id", "authority", "base", "browser_base", "endpoint", "grant", "by_resource", "issuer"];
const REQUEST_MOMENTS: &[&str] = &["now"];

/// What the templates of tokens know: texts, and numbers.
const TOKEN_TEXTS: &[&str] = &[
    "trace_id",
    "correlation_id",
    "authority",
    "base",
    "browser_base",
    "endpoint",
    "grant",
    "by_resource",
    "client_id",
    "user_name",
    "user_full_name",
    "given_name",
    "family_name",
    "email",
    "object_id",
    "subject",
    "tenant",
    "second_factor",
    "by_password",
    "for_client",
    "opaque",
    "kid",
    "audience",
    "audience_id",
    "client_method",
    "scope",
    "roles",
    "id",
    "continuous",
    "from_authorization",
];
const TOKEN_NUMBERS: &[&str] = &["now", "issued_at", "expires_at", "signed_in_at"];

/// Finds the first mistake.
pub(crate) fn check(policy: &Policy) -> Result<(), Mistake> {
    check_paths(policy)?;
    let mut filled = Filled::new();
    for (kind, wire) in &policy.errors {
        check_error(policy, &format!("errors.{kind}"), wire, &mut filled)?;
    }
    for (name, resource) in &policy.resources {
        check_resource(&format!("resources.{name}"), resource)?;
    }
    for (name, fault) in &policy.faults {
        fault.clone().checked().map_err(|why| (format!("faults.{name}"), why))?;
        if let FaultEffect::Refuses(wire) = &fault.effect {
            check_error(policy, &format!("faults.{name}.effect.refuses"), wire, &mut filled)?;
        }
    }
    check_tokens(policy)?;
    check_documents(policy)?;
    check_api(&policy.api)?;
    service::check_services(policy)?;
    check_line("token.response.content_type".to_owned(), &policy.token.response.content_type)?;
    check_templates("token.response.headers", &policy.token.response.headers, REQUEST_TEXTS, REQUEST_MOMENTS)?;
    let cookie = &policy.sign_in.session_cookie;
    if is_token(cookie) {
        Ok(())
    } else {
        mistake("sign_in.session_cookie", format!("`{cookie}` is no name of a cookie"))
    }
}

fn check_resource(at: &str, resource: &Resource) -> Result<(), Mistake> {
    check_path(format!("{at}.path"), &resource.path)?;
    let response = &resource.response;
    check_line(format!("{at}.response.content_type"), &response.content_type)?;
    let named = resource.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let texts: Vec<&str> = RESOURCE_TEXTS.iter().copied().chain(named).collect();
    check_templates(&format!("{at}.response.headers"), &response.headers, &texts, RESOURCE_MOMENTS)?;
    let Some(rows) = &response.rows else {
        return check_template(format!("{at}.response.body"), &response.body, &texts, RESOURCE_MOMENTS);
    };
    let with = |more: &[&'static str]| texts.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    check_template(format!("{at}.response.body"), &response.body, &with(&["rows", "next"]), RESOURCE_MOMENTS)?;
    let at = format!("{at}.response.rows");
    // The number of a row is a number, as moments are.
    check_template(format!("{at}.row"), &rows.row, &with(&["id"]), &["now", "n"])?;
    check_template(format!("{at}.token"), &rows.token, &with(&["id"]), &["now", "n"])?;
    let numbered = |id: &str| Context::default().with("n", 1).with("id", id.to_owned());
    let token = |id| rows.token.render(Medium::Plain, &numbered(id));
    if token("a-row") == token("another") {
        return mistake(&format!("{at}.token"), "it does not say the `id` of the row".to_owned());
    }
    Ok(())
}

/// Formats of tokens that there are, servers that there are, and templates that can be filled in.
fn check_tokens(policy: &Policy) -> Result<(), Mistake> {
    for (name, format) in &policy.token.formats {
        let at = format!("token.formats.{name}");
        check_template(format!("{at}.claims"), &format.claims, TOKEN_TEXTS, TOKEN_NUMBERS)?;
        if !policy.keys.algorithms.contains(&format.algorithm) {
            return mistake(&format!("{at}.algorithm"), format!("there is no key for {}", format.algorithm));
        }
    }
    if let Some(claims) = policy.openid.as_ref().and_then(|openid| openid.id_token.claims.as_ref()) {
        check_template("openid.id_token.claims".to_owned(), claims, TOKEN_TEXTS, TOKEN_NUMBERS)?;
    }
    let Some(servers) = &policy.scopes.resource_servers else { return Ok(()) };
    if !servers.known.contains_key(&servers.default) {
        return mistake("scopes.resource_servers.default", format!("`{}` is no resource server", servers.default));
    }
    for (uri, server) in &servers.known {
        if let Some(format) = server.format.as_ref().filter(|name| !policy.token.formats.contains_key(*name)) {
            return mistake(
                &format!("scopes.resource_servers.known.{uri}.format"),
                format!("`{format}` is no format in `token.formats`"),
            );
        }
    }
    Ok(())
}

fn check_documents(policy: &Policy) -> Result<(), Mistake> {
    if let Some(tenants) = policy.tenants.as_ref().filter(|tenants| !tenants.known.contains_key(&tenants.home)) {
        return mistake("tenants.home", format!("`{}` is no tenant", tenants.home));
    }
    if let Some(document) = &policy.metadata.document {
        check_template("metadata.document".to_owned(), document, REQUEST_TEXTS, REQUEST_MOMENTS)?;
    }
    if let Some(older) = &policy.by_resource {
        check_template("by_resource.document".to_owned(), &older.document, REQUEST_TEXTS, REQUEST_MOMENTS)?;
        let headers = &older.response.headers;
        check_templates("by_resource.response.headers", headers, REQUEST_TEXTS, REQUEST_MOMENTS)?;
    }
    check_templates("metadata.headers", &policy.metadata.headers, REQUEST_TEXTS, REQUEST_MOMENTS)?;
    check_templates("keys.members", &policy.keys.members, REQUEST_TEXTS, REQUEST_MOMENTS)
}

fn check_api(api: &Api) -> Result<(), Mistake> {
    if let Some(base) = &api.base {
        check_path("api.base".to_owned(), base)?;
    }
    for (name, limit) in &api.limits {
        let at = format!("api.limits.{name}");
        check_window(&at, limit.window)?;
        check_covers(&at, &limit.covers)?;
        let LimitHeaders { limit, remaining, reset } = &limit.headers;
        for field in [limit, remaining, reset].into_iter().flatten() {
            check_name(&format!("{at}.headers"), field)?;
        }
    }
    let Some(limit) = &api.error_limit else { return Ok(()) };
    check_window("api.error_limit", limit.window)?;
    check_covers("api.error_limit", &limit.covers)?;
    if limit.growth == 0 {
        return mistake(
            "api.error_limit.growth",
            "a further time is at least as long as the first: 1 or more".to_owned(),
        );
    }
    Ok(())
}

fn check_window(at: &str, window: Span) -> Result<(), Mistake> {
    if window.is_zero() { mistake(&format!("{at}.window"), "a window has a length".to_owned()) } else { Ok(()) }
}

fn check_covers(at: &str, covers: &Covers) -> Result<(), Mistake> {
    match covers {
        Covers::Everything | Covers::WithDivision => Ok(()),
        Covers::Under(paths) => paths.iter().try_for_each(|path| check_path(format!("{at}.covers.under"), path)),
    }
}

fn check_paths(policy: &Policy) -> Result<(), Mistake> {
    let paths = EndpointKind::paths(policy);
    for (number, (_, field, path)) in paths.iter().enumerate() {
        check_path((*field).to_owned(), path)?;
        if path.ends_with('/') {
            return mistake(field, format!("`{path}` ends with a slash, which these endpoints pass over"));
        }
        if let Some((_, other, _)) = paths.iter().take(number).find(|(_, _, other)| other == path) {
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

/// Forms that can be filled in with these names.
type Filled<'p> = BTreeSet<(&'p str, Vec<&'p str>)>;

fn check_error<'p>(policy: &'p Policy, at: &str, wire: &'p WireError, filled: &mut Filled<'p>) -> Result<(), Mistake> {
    if let Some(status) = wire.status.filter(|status| !(200..=599).contains(status)) {
        return mistake(&format!("{at}.status"), format!("{status} is not a status from 200 to 599"));
    }
    check_form(policy, at, wire, filled)?;
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

/// The form is there, and what it asks for is given.
fn check_form<'p>(policy: &'p Policy, at: &str, wire: &'p WireError, filled: &mut Filled<'p>) -> Result<(), Mistake> {
    let Some(name) = &wire.form else {
        return if wire.with.is_empty() {
            Ok(())
        } else {
            mistake(&format!("{at}.with"), "there is no form to fill in".to_owned())
        };
    };
    let Some(form) = policy.error_forms.get(name) else {
        return mistake(&format!("{at}.form"), format!("there is no form `{name}` in `error_forms`"));
    };
    for (name, value) in &wire.with {
        if let Some(text) = value.as_str() {
            let template = Template::new(text).map_err(|error| (format!("{at}.with.{name}"), error.to_string()))?;
            check_template(format!("{at}.with.{name}"), &template, ERROR_TEXTS, ERROR_MOMENTS)?;
        }
    }
    // Whether a form can be filled in is a matter of the names alone, and an error after the other has the same.
    if !filled.insert((name, wire.with.keys().map(String::as_str).collect())) {
        return Ok(());
    }
    let texts: Vec<&str> = ERROR_TEXTS.iter().copied().chain(wire.with.keys().map(String::as_str)).collect();
    for (part, body) in [("body", Some(&form.body)), ("page", form.page.as_ref())] {
        let Some(body) = body else { continue };
        check_template(format!("{at}: error_forms.{name}.{part}.text"), &body.text, &texts, ERROR_MOMENTS)?;
        check_templates(&format!("{at}: error_forms.{name}.{part}.headers"), &body.headers, &texts, ERROR_MOMENTS)?;
    }
    check_templates(&format!("{at}: error_forms.{name}.redirect"), &form.redirect, &texts, ERROR_MOMENTS)
}

fn check_templates(
    at: &str,
    templates: &BTreeMap<String, Template>,
    texts: &[&str],
    moments: &[&str],
) -> Result<(), Mistake> {
    for (name, template) in templates {
        check_name(at, name)?;
        if template.source().chars().any(char::is_control) {
            return mistake(&format!("{at}.{name}"), "a header field is one line".to_owned());
        }
        check_template(format!("{at}.{name}"), template, texts, moments)?;
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

fn check_template(field: String, template: &Template, texts: &[&str], moments: &[&str]) -> Result<(), Mistake> {
    template.check(texts, moments).map_err(|error| (field, error.to_string()))
}

fn mistake(field: &str, message: String) -> Result<(), Mistake> {
    Err((field.to_owned(), message))
}
