//! The documents that say what is offered, held against what answers.

use mock_idp::profile::{builtin_names, load};
use mock_idp::proto::cause::CauseKind;
use serde_json::Value;

use crate::openid::support::{OPENID, body, names, op, posted, signed_by};
use crate::support::{FORM, Flow, parameter};

fn metadata(flow: &mut Flow) -> Value {
    body(&flow.send("GET", "/.well-known/openid-configuration", &[], ""))
}

fn texts(document: &Value, name: &str) -> Vec<String> {
    let list = document[name].as_array().unwrap_or_else(|| panic!("{name}: {document}"));
    list.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

#[test]
fn both_documents_are_the_same_and_name_the_issuer_that_was_asked() {
    let mut flow = op(&[]);
    let openid = flow.send("GET", "/.well-known/openid-configuration", &[], "");
    let oauth = flow.send("GET", "/.well-known/oauth-authorization-server", &[], "");
    assert_eq!((openid.status, openid.headers.get("content-type")), (200, Some("application/json")));
    assert_eq!(openid.body, oauth.body);
    assert_eq!(body(&openid)["issuer"], "http://127.0.0.1:8080");
    assert_eq!(flow.send("POST", "/.well-known/openid-configuration", &[FORM], "").status, 405);
}

/// Every member, with the test that uses what it states; a member that is added without one is red.
#[test]
fn every_member_of_the_document_is_one_that_a_test_uses() {
    let mut flow = op(&["registration.path=/register"]);
    let used = [
        ("issuer", "both_documents_are_the_same_and_name_the_issuer_that_was_asked"),
        ("authorization_endpoint", "every_endpoint_that_is_named_answers"),
        ("token_endpoint", "every_endpoint_that_is_named_answers"),
        ("jwks_uri", "keys_roll_over_and_the_old_one_stays_for_a_day"),
        ("registration_endpoint", "a_client_registers_itself_and_signs_a_user_in"),
        ("scopes_supported", "what_is_stated_is_taken_and_nothing_else"),
        ("response_types_supported", "each_response_type_gives_what_it_names_where_it_belongs"),
        (
            "response_modes_supported",
            "a_response_mode_says_where_the_parameters_stand_and_tokens_never_stand_in_a_query",
        ),
        ("grant_types_supported", "what_is_stated_is_taken_and_nothing_else"),
        ("token_endpoint_auth_methods_supported", "each_way_to_authenticate_that_is_stated_is_taken"),
        ("token_endpoint_auth_signing_alg_values_supported", "each_way_to_authenticate_that_is_stated_is_taken"),
        ("revocation_endpoint", "a_revoked_token_is_dead_and_a_refresh_token_takes_its_chain_along"),
        ("revocation_endpoint_auth_methods_supported", "each_way_to_authenticate_that_is_stated_is_taken"),
        ("revocation_endpoint_auth_signing_alg_values_supported", "each_way_to_authenticate_that_is_stated_is_taken"),
        ("introspection_endpoint", "introspection_says_whether_a_token_is_good_now"),
        ("introspection_endpoint_auth_methods_supported", "introspection_says_whether_a_token_is_good_now"),
        (
            "introspection_endpoint_auth_signing_alg_values_supported",
            "each_way_to_authenticate_that_is_stated_is_taken",
        ),
        ("code_challenge_methods_supported", "what_is_stated_is_taken_and_nothing_else"),
        ("pushed_authorization_request_endpoint", "a_pushed_request_is_good_once_for_a_minute_and_for_its_client"),
        ("require_pushed_authorization_requests", "a_provider_may_take_pushed_requests_only"),
        ("device_authorization_endpoint", "a_device_is_connected_by_a_code_that_a_person_types"),
        ("authorization_response_iss_parameter_supported", "each_response_type_gives_what_it_names_where_it_belongs"),
        ("userinfo_endpoint", "userinfo_answers_what_the_scope_of_the_token_asks_for"),
        ("end_session_endpoint", "signing_out_ends_the_session_and_goes_only_where_the_client_registered"),
        ("subject_types_supported", "two_clients_see_the_same_subject"),
        ("id_token_signing_alg_values_supported", "id_tokens_and_access_tokens_are_signed_as_the_profile_says"),
        ("claims_supported", "every_claim_that_is_stated_is_seen"),
        ("prompt_values_supported", "what_is_stated_is_taken_and_nothing_else"),
        ("claims_parameter_supported", "what_is_stated_is_taken_and_nothing_else"),
        ("request_parameter_supported", "what_an_authorization_request_lacks_is_told_to_the_client"),
        ("request_uri_parameter_supported", "what_is_stated_is_taken_and_nothing_else"),
    ];
    let here = [
        include_str!("discovery.rs"),
        include_str!("endpoints.rs"),
        include_str!("grants.rs"),
        include_str!("../openid.rs"),
    ]
    .concat();
    assert_eq!(names(&metadata(&mut flow)), used.map(|(name, _)| name));
    for (name, test) in used {
        assert!(here.contains(&format!("\nfn {test}()")), "{name}: there is no test {test}");
    }
}

#[test]
fn every_endpoint_that_is_named_answers() {
    let mut flow = op(&["registration.path=/register"]);
    let document = metadata(&mut flow);
    let mut count = 0;
    for (name, value) in document.as_object().unwrap() {
        if !name.ends_with("_endpoint") && name != "jwks_uri" {
            continue;
        }
        count += 1;
        let path = value.as_str().unwrap().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
        for method in ["GET", "POST"] {
            let headers = if method == "POST" { vec![FORM] } else { Vec::new() };
            let response = flow.send(method, &path, &headers, "");
            assert_ne!(response.status, 404, "{name}: {method} {path}");
            assert_ne!(flow.refused(), Some(CauseKind::PathUnknown), "{name}");
        }
    }
    assert_eq!(count, 10);
}

/// What a profile does not have is in no document, and is not there.
#[test]
fn what_is_switched_off_is_neither_stated_nor_there() {
    let off = [
        ("revocation", "revocation_endpoint", "/revoke"),
        ("introspection", "introspection_endpoint", "/introspect"),
        ("pushed_authorization", "pushed_authorization_request_endpoint", "/par"),
        ("device", "device_authorization_endpoint", "/device-authorization"),
        ("registration", "registration_endpoint", "/register"),
        ("openid.userinfo", "userinfo_endpoint", "/userinfo"),
        ("openid.end_session", "end_session_endpoint", "/end-session"),
    ];
    for (field, member, path) in off {
        let mut flow = op(&[&format!("{field}=null")]);
        assert_eq!(metadata(&mut flow).get(member), None, "{member}");
        assert_eq!(flow.send("POST", path, &[FORM], "").status, 404, "{path}");
    }
    for name in builtin_names() {
        let policy = load(name, &[]).unwrap().policy;
        let mut flow = Flow::of(name);
        let stated = policy.metadata.openid_configuration.as_deref().unwrap_or("/.well-known/openid-configuration");
        let found = flow.send("GET", &policy.path_in(stated, None), &[], "").status == 200;
        assert_eq!(found, policy.metadata.openid_configuration.is_some(), "{name}");
    }
}

#[test]
fn what_is_stated_is_taken_and_nothing_else() {
    let mut flow = op(&[]);
    let document = metadata(&mut flow);
    let scopes = texts(&document, "scopes_supported");
    let response = flow.sign_in(&[("scope", &scopes.join(" "))]);
    assert!(parameter(&response, "code").is_some(), "{response:?}");
    flow.sign_in(&[("scope", "address")]);
    assert_eq!(flow.refused(), Some(CauseKind::ScopeUnknown));

    let grants = texts(&document, "grant_types_supported");
    for grant in
        ["urn:ietf:params:oauth:grant-type:token-exchange", "x"].into_iter().chain(grants.iter().map(String::as_str))
    {
        flow.token(&[("grant_type", grant)]);
        let refused = flow.refused() == Some(CauseKind::GrantTypeUnsupported);
        // RFC 7591 section 2: `implicit` names the grant of section 4.2, which has no token request.
        assert_eq!(refused, !grants.iter().any(|known| known == grant) || grant == "implicit", "{grant}");
    }
    let methods = texts(&document, "code_challenge_methods_supported");
    assert_eq!(methods, ["S256", "plain"]);
    for method in methods.iter().map(String::as_str).chain(["S512"]) {
        let challenge = if method == "plain" { VERIFIER.to_owned() } else { CHALLENGE.to_owned() };
        let response = flow.sign_in(&[OPENID, ("code_challenge", &challenge), ("code_challenge_method", method)]);
        let Some(code) = parameter(&response, "code") else {
            assert_eq!((flow.refused(), method), (Some(CauseKind::CodeChallengeMethodUnsupported), "S512"));
            continue;
        };
        let redirect_uri = flow.client.redirect_uris[0].clone();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        assert_eq!(flow.token(&fields).status, 200, "{method}");
    }
    // `none` is told whether there is a session; the others show a page although there is one.
    for prompt in texts(&document, "prompt_values_supported") {
        let url = flow.authorization_url(&[OPENID, ("prompt", &prompt)]);
        let response = flow.visit(&url);
        assert_eq!(response.status, if prompt == "none" { 302 } else { 303 }, "{prompt}");
    }
    for (member, parameter) in
        [("claims_parameter_supported", "claims"), ("request_uri_parameter_supported", "request_uri")]
    {
        assert_eq!(document[member], false, "{parameter}");
    }
    flow.visit(&flow.authorization_url(&[("request_uri", "https://client.example/request.jwt")]));
    assert_eq!(flow.refused(), Some(CauseKind::RequestUriUnknown), "nothing is fetched");
}

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[test]
fn every_claim_that_is_stated_is_seen() {
    let mut flow = op(&["openid.id_token.scope_claims=id_token"]);
    let document = metadata(&mut flow);
    let asked = [("response_type", "code id_token token"), OPENID, ("nonce", "n")];
    let token = parameter(&flow.sign_in(&asked), "id_token").unwrap();
    let mut seen = names(&crate::openid::support::claims(&token));
    let mut stated = texts(&document, "claims_supported");
    seen.sort_unstable();
    stated.sort_unstable();
    assert_eq!(seen, stated);
}

#[test]
fn two_clients_see_the_same_subject() {
    let mut flow = op(&["registration.path=/register"]);
    let (one, _) = posted(&mut flow);
    let registered = flow.send(
        "POST",
        "/register",
        &[("content-type", "application/json")],
        r#"{"redirect_uris":["https://other.example/cb"]}"#,
    );
    let other = body(&registered);
    flow.client = flow.idp.world().clients.last().unwrap().clone();
    assert_eq!(other["client_id"], flow.client.id.0.as_str());
    flow.advance("30s");
    let (two, _) = posted(&mut flow);
    let (one_claims, two_claims) = (crate::openid::support::claims(&one), crate::openid::support::claims(&two));
    assert_eq!(one_claims["sub"], two_claims["sub"], "subject_types_supported is public");
    assert_ne!(one_claims["aud"], two_claims["aud"]);
    assert!(signed_by(&mut flow, &two).is_some());
}
