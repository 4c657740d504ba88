//! Discovery (OpenID Connect Discovery 1.0 section 3) and authorization server metadata (RFC 8414 section 2).
//!
//! Every member follows from the policy that the endpoints themselves obey, so that the documents state only what works.

use serde_json::{Map, Value, json};

use crate::proto::endpoint::{TENANT, add_headers};
use crate::proto::grant::issue::Turn;
use crate::proto::message::Response;
use crate::proto::openid::claims::SCOPES;
use crate::proto::policy::{ClientAuthentication, Pkce, PkceMethod, ResponseMode, Subject};
use crate::proto::template::Medium;
use crate::proto::tenant::Authority;

/// The document. Both kinds have the same members: each specification lets the other's stand.
pub(crate) fn metadata(turn: &Turn<'_>) -> Response {
    let older = turn.policy.by_resource.as_ref().filter(|_| turn.by_resource);
    let template = older.map(|older| &older.document).or(turn.policy.metadata.document.as_ref());
    let context = turn.context().with("issuer", turn.issuer_of(tenant_in_documents(turn).as_deref()));
    let body = match template {
        Some(template) => template.render(Medium::Plain, &context),
        None => {
            let mut all = Map::new();
            authorization_server(turn, &mut all);
            openid_provider(turn, &mut all);
            Value::Object(all).to_string()
        }
    };
    let mut response = Response::with_body(200, "application/json", body);
    add_headers(&mut response, &turn.policy.metadata.headers, &context);
    response
}

/// What stands for the tenant in the issuer of a document: the tenant, or the placeholder where the document is for several.
pub(super) fn tenant_in_documents(turn: &Turn<'_>) -> Option<String> {
    let tenants = turn.policy.tenants.as_ref()?;
    Some(match turn.authority? {
        Authority::One { id, .. } => id.to_owned(),
        Authority::Shared { .. } => tenants.placeholder.clone(),
    })
}

/// A path of the policy, with the tenant of the request in its place.
fn here(turn: &Turn<'_>, path: &str) -> String {
    path.replace(TENANT, turn.authority.map_or(TENANT, |authority| authority.name()))
}

fn authorization_server(turn: &Turn<'_>, all: &mut Map<String, Value>) {
    let (policy, bases) = (turn.policy, turn.bases);
    let mut put = |name: &str, value: Value| all.insert(name.to_owned(), value);
    let server = |path: &str| Value::from(format!("{}{}", bases.server, here(turn, path)));
    let browser = |path: &str| Value::from(format!("{}{}", bases.browser, here(turn, path)));
    put("issuer", turn.issuer_of(tenant_in_documents(turn).as_deref()).into());
    put("authorization_endpoint", browser(&policy.authorization.path));
    put("token_endpoint", server(&policy.token.path));
    if let Some(path) = &policy.keys.path {
        put("jwks_uri", server(path));
    }
    if let Some(registration) = &policy.registration {
        put("registration_endpoint", server(&registration.path));
    }
    if let Some(offered) = &policy.scopes.offered {
        put("scopes_supported", offered.iter().map(String::as_str).collect());
    }
    put("response_types_supported", policy.authorization.response_types.iter().map(|it| it.name()).collect());
    // Without `response_mode`, each response type has its own.
    let modes: Vec<&str> = match &policy.authorization.response_modes {
        Some(modes) => modes.iter().map(|mode| mode.name()).collect(),
        None => ResponseMode::ALL
            .into_iter()
            .filter(|mode| policy.authorization.response_types.iter().any(|it| it.default_mode() == *mode))
            .map(ResponseMode::name)
            .collect(),
    };
    put("response_modes_supported", json!(modes));
    let mut grants: Vec<&str> = policy.token.grants.iter().map(|grant| grant.name()).collect();
    if policy.authorization.response_types.iter().any(|it| it.has_token() || it.has_id_token()) {
        grants.push("implicit");
    }
    put("grant_types_supported", json!(grants));
    let methods = authentication_methods(&policy.token.client_authentication, true);
    put("token_endpoint_auth_methods_supported", json!(methods));
    let signs = policy.token.client_authentication.contains(&ClientAuthentication::PrivateKeyJwt);
    let algorithms = json!(crate::proto::jose::Algorithm::ALL.map(crate::proto::jose::Algorithm::name));
    if signs {
        put("token_endpoint_auth_signing_alg_values_supported", algorithms.clone());
    }
    let confidential = authentication_methods(&policy.token.client_authentication, false);
    if let Some(revocation) = &policy.revocation {
        put("revocation_endpoint", server(&revocation.path));
        put("revocation_endpoint_auth_methods_supported", json!(methods));
        if signs {
            put("revocation_endpoint_auth_signing_alg_values_supported", algorithms.clone());
        }
    }
    if let Some(introspection) = &policy.introspection {
        put("introspection_endpoint", server(&introspection.path));
        put("introspection_endpoint_auth_methods_supported", json!(confidential));
        if signs {
            put("introspection_endpoint_auth_signing_alg_values_supported", algorithms);
        }
    }
    if let Pkce::Checked { methods, .. } = &policy.authorization.pkce {
        put("code_challenge_methods_supported", methods.iter().copied().map(PkceMethod::name).collect());
    }
    if let Some(pushed) = &policy.pushed_authorization {
        put("pushed_authorization_request_endpoint", server(&pushed.path));
        put("require_pushed_authorization_requests", pushed.required.into());
    }
    if let Some(device) = &policy.device {
        put("device_authorization_endpoint", server(&device.path));
    }
    if policy.authorization.names_issuer {
        put("authorization_response_iss_parameter_supported", true.into());
    }
}

fn openid_provider(turn: &Turn<'_>, all: &mut Map<String, Value>) {
    let (policy, bases) = (turn.policy, turn.bases);
    let Some(openid) = &policy.openid else { return };
    let mut put = |name: &str, value: Value| all.insert(name.to_owned(), value);
    if let Some(path) = &openid.userinfo {
        put("userinfo_endpoint", format!("{}{}", bases.server, here(turn, path)).into());
    }
    if let Some(path) = &openid.end_session {
        put("end_session_endpoint", format!("{}{}", bases.browser, here(turn, path)).into());
    }
    let subject = match openid.subject {
        Subject::Public => "public",
        Subject::Pairwise => "pairwise",
    };
    put("subject_types_supported", json!([subject]));
    let algorithms: Vec<&str> = policy.keys.algorithms.iter().map(|algorithm| algorithm.name()).collect();
    put("id_token_signing_alg_values_supported", json!(algorithms));
    let protocol = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "c_hash"];
    let offered = |word: &str| policy.scopes.offered.as_ref().is_none_or(|offered| offered.contains(word));
    let users = SCOPES.iter().filter(|(word, _)| offered(word)).flat_map(|(_, names)| names.iter().copied());
    put("claims_supported", protocol.into_iter().chain(users).collect());
    put("prompt_values_supported", json!(["none", "login", "consent", "select_account"]));
    // The defaults of these are `false`, `true` and `false`, so silence would promise the second.
    put("claims_parameter_supported", false.into());
    put("request_parameter_supported", false.into());
    put("request_uri_parameter_supported", false.into());
}

/// The names of the ways to authenticate (OpenID Connect Core section 9). Public clients do not.
fn authentication_methods(offered: &[ClientAuthentication], public: bool) -> Vec<&'static str> {
    let mut names: Vec<&str> = offered.iter().map(|method| method.name()).collect();
    if public {
        names.push("none");
    }
    names
}
