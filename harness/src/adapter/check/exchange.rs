//! What is right about the requests that a client sends: the authorization request and the token request.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::adapter::check::stub::Seen;
use crate::adapter::check::talk::Problems;
use crate::adapter::protocol::{AuthorizationGrant, ClientRegistration};

/// The code as the client must send it; in the redirection URI it is percent-encoded, `!` as `%21`.
pub(super) const CODE: &str = "check.Ab1d!code";

/// Checks the URL of the authorization request (RFC 6749 sections 4.1.1 and 4.2.1).
pub(super) fn authorization_request(
    url: &str,
    endpoint: &str,
    client: &ClientRegistration,
    grant: AuthorizationGrant,
) -> Problems {
    let parsed = match Url::parse(url) {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("`url` is not an absolute URL: {error}")],
    };
    let mut problems = Vec::new();
    let mut without_query = parsed.clone();
    without_query.set_query(None);
    if without_query.as_str() != endpoint {
        problems.push(format!("it goes to {without_query}, not to the authorization endpoint {endpoint}"));
    }
    let parameters: BTreeMap<String, String> = parsed.query_pairs().into_owned().collect();
    let expected =
        [("response_type", grant.response_type()), ("client_id", &client.id), ("redirect_uri", &client.redirect_uri)];
    for (name, value) in expected {
        problems.extend(differs("the parameter", name, parameters.get(name), value));
    }
    problems
}

/// The redirection URI with which the provider answers the authorization request at `url` (RFC 6749 section 4.1.2).
pub(super) fn code_redirection(url: &str, client: &ClientRegistration) -> String {
    let mut answer = form_urlencoded::Serializer::new(String::new());
    answer.append_pair("code", CODE).extend_pairs(state_of(url));
    format!("{}?{}", client.redirect_uri, answer.finish())
}

/// The same for the implicit grant: all of it in the fragment (RFC 6749 section 4.2.2).
pub(super) fn token_redirection(url: &str, client: &ClientRegistration, access_token: &str) -> String {
    let mut answer = form_urlencoded::Serializer::new(String::new());
    answer.append_pair("access_token", access_token).append_pair("token_type", "bearer");
    answer.append_pair("expires_in", "600").extend_pairs(state_of(url));
    format!("{}#{}", client.redirect_uri, answer.finish())
}

/// The state of an authorization request, which comes back as it was.
fn state_of(url: &str) -> Option<(String, String)> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(name, _)| name == "state").map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// Checks the token request of a code (RFC 6749 section 4.1.3).
pub(super) fn token_request(request: &Seen, client: &ClientRegistration) -> Problems {
    let grant = [("grant_type", "authorization_code"), ("code", CODE), ("redirect_uri", &client.redirect_uri)];
    form_request("the token request", request, &grant, client)
}

/// Checks a request with these parameters and its client authentication (RFC 6749 section 2.3.1, in the body). `what` names it.
pub(super) fn form_request(
    what: &str,
    request: &Seen,
    parameters: &[(&str, &str)],
    client: &ClientRegistration,
) -> Problems {
    let mut problems = Vec::new();
    if request.method != "POST" {
        problems.push(format!("{what} is a {}, not a POST", request.method));
    }
    let content_type = request.header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if content_type != "application/x-www-form-urlencoded" {
        problems.push(format!("its content type is `{content_type}`, not `application/x-www-form-urlencoded`"));
    }
    let form = request.form();
    let secret = client.secret.as_deref().unwrap_or_default();
    let credentials = [("client_id", client.id.as_str()), ("client_secret", secret)];
    for (name, value) in parameters.iter().chain(&credentials) {
        problems.extend(differs(&format!("in {what}"), name, form.get(*name), value));
    }
    if by_basic(request) {
        problems.push("it authenticates by HTTP Basic, where `configure` says `client_secret_post`".to_owned());
    }
    problems
}

fn by_basic(request: &Seen) -> bool {
    let header = request.header("authorization");
    header.split_once(' ').is_some_and(|(scheme, credentials)| {
        scheme.eq_ignore_ascii_case("basic") && STANDARD.decode(credentials.trim()).is_ok()
    })
}

fn differs(place: &str, name: &str, found: Option<&String>, expected: &str) -> Option<String> {
    match found {
        None => Some(format!("{place} `{name}` is missing")),
        Some(found) if found != expected => Some(format!("{place} `{name}` is `{found}`, not `{expected}`")),
        Some(_) => None,
    }
}
