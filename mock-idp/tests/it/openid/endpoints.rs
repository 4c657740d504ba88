//! Revocation, introspection, pushed requests, registration.

use mock_idp::proto::cause::CauseKind;
use serde_json::{Value, json};

use crate::openid::support::{OPENID, body, names, op};
use crate::support::{FORM, Flow, encode, parameter, text};

/// A request with the client's secret in the body, to any endpoint.
fn call(flow: &mut Flow, path: &str, fields: &[(&str, &str)]) -> mock_idp::proto::message::Response {
    let (id, secret) = (flow.client.id.0.clone(), flow.client.secret.clone().unwrap());
    let own = [("client_id", id.as_str()), ("client_secret", secret.expose().as_str())];
    let fields: Vec<(&str, &str)> = own.into_iter().chain(fields.iter().copied()).collect();
    flow.send("POST", path, &[FORM], &encode(&fields))
}

fn signed_in(flow: &mut Flow) -> (String, String) {
    let code = parameter(&flow.sign_in(&[("scope", "openid api offline_access")]), "code").unwrap();
    let response = body(&flow.exchange(&code));
    (response["access_token"].as_str().unwrap().to_owned(), response["refresh_token"].as_str().unwrap().to_owned())
}

#[test]
fn a_revoked_token_is_dead_and_a_refresh_token_takes_its_chain_along() {
    let mut flow = op(&[]);
    let (access, refresh) = signed_in(&mut flow);
    assert_eq!(call(&mut flow, "/revoke", &[("token", &access), ("token_type_hint", "refresh_token")]).status, 200);
    assert_eq!(flow.try_call(&access), Err(CauseKind::AccessTokenEnded));
    let renewed = flow.try_refresh(&refresh).unwrap();
    assert_eq!(call(&mut flow, "/revoke", &[("token", renewed.rt())]).status, 200);
    assert_eq!(flow.try_refresh(renewed.rt()).err(), Some(CauseKind::ChainEnded));
    assert_eq!(flow.try_call(&renewed.access), Err(CauseKind::AccessTokenEnded));
    assert_eq!(call(&mut flow, "/revoke", &[("token", "unknown")]).status, 200, "RFC 7009 section 2.2");
    assert_eq!(call(&mut flow, "/revoke", &[]).status, 400);
    assert_eq!(flow.send("POST", "/revoke", &[FORM], "token=x").status, 401);
}

#[test]
fn a_client_cannot_revoke_what_is_another_clients() {
    let mut flow = op(&["registration.path=/register"]);
    let (access, refresh) = signed_in(&mut flow);
    let registered = flow.send(
        "POST",
        "/register",
        &[("content-type", "application/json")],
        r#"{"redirect_uris":["https://o.example/"]}"#,
    );
    let other = body(&registered);
    let text = |name: &str| other[name].as_str().unwrap().to_owned();
    for token in [&access, &refresh] {
        let (id, secret) = (text("client_id"), text("client_secret"));
        let fields = [("client_id", id.as_str()), ("client_secret", &secret), ("token", token)];
        assert_eq!(flow.send("POST", "/revoke", &[FORM], &encode(&fields)).status, 200, "it learns nothing");
    }
    assert_eq!(flow.try_call(&access), Ok(()));
    assert!(flow.try_refresh(&refresh).is_ok());
}

#[test]
fn introspection_says_whether_a_token_is_good_now() {
    let mut flow = op(&[]);
    let (access, refresh) = signed_in(&mut flow);
    let ask = |flow: &mut Flow, token: &str| body(&call(flow, "/introspect", &[("token", token)]));
    let seen = ask(&mut flow, &access);
    assert_eq!(names(&seen), ["active", "scope", "client_id", "username", "sub", "token_type", "exp", "iss"]);
    assert_eq!((&seen["active"], &seen["scope"]), (&json!(true), &json!("openid api offline_access")));
    assert_eq!(seen["exp"], flow.now.as_seconds() + 3600);
    assert_eq!(ask(&mut flow, &refresh)["active"], true);
    assert_eq!(ask(&mut flow, "unknown"), json!({"active": false}));
    flow.advance("59m 59s 999ms");
    assert_eq!(ask(&mut flow, &access)["active"], true);
    flow.advance("1ms");
    assert_eq!(ask(&mut flow, &access), json!({"active": false}));
    flow.try_refresh(&refresh).unwrap();
    assert_eq!(ask(&mut flow, &refresh), json!({"active": false}), "superseded");
    // Anybody could try tokens out, so only who proves who they are is told (section 2.1).
    assert_eq!(flow.send("POST", "/introspect", &[FORM], &encode(&[("token", &access)])).status, 401);
}

#[test]
fn a_pushed_request_is_good_once_for_a_minute_and_for_its_client() {
    let mut flow = op(&[]);
    let redirect_uri = flow.client.redirect_uris[0].clone();
    let fields = [("response_type", "code"), ("redirect_uri", &*redirect_uri), OPENID, ("state", "pushed")];
    let push = |flow: &mut Flow| {
        let response = call(flow, "/par", &fields);
        assert_eq!(response.status, 201);
        let answer = body(&response);
        assert_eq!(answer["expires_in"], 60);
        answer["request_uri"].as_str().unwrap().to_owned()
    };
    let go = |flow: &mut Flow, uri: &str| {
        let url = format!(
            "/authorize?{}",
            encode(&[("client_id", &flow.client.id.0), ("request_uri", uri), ("state", "other")])
        );
        let response = flow.visit(&url);
        flow.follow(response)
    };
    let uri = push(&mut flow);
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
    let mut page = go(&mut flow, &uri);
    while page.status == 200 {
        page = flow.fill(&page);
    }
    assert_eq!(parameter(&page, "state").as_deref(), Some("pushed"), "what is beside it does not count");
    assert!(body(&flow.exchange(&parameter(&page, "code").unwrap()))["id_token"].is_string());
    assert_eq!(go(&mut flow, &uri).status, 400, "once");
    assert_eq!(flow.refused(), Some(CauseKind::RequestUriUnknown));
    let uri = push(&mut flow);
    flow.advance("59s 999ms");
    assert_eq!(go(&mut flow, &uri).status, 302);
    let uri = push(&mut flow);
    flow.advance("1m");
    assert_eq!(go(&mut flow, &uri).status, 400, "for a minute");
    let uri = push(&mut flow);
    let other = flow.visit(&format!("/authorize?{}", encode(&[("client_id", "other"), ("request_uri", &uri)])));
    assert_eq!(other.status, 400, "for its client");
    let wrong = call(&mut flow, "/par", &[("response_type", "code"), ("redirect_uri", "https://evil.example/")]);
    assert_eq!((wrong.status, flow.refused()), (400, Some(CauseKind::RedirectUriNotRegistered)));
    assert_eq!(call(&mut flow, "/par", &[("request_uri", &uri)]).status, 400);
    assert_eq!(flow.send("POST", "/par", &[FORM], &encode(&fields)).status, 401);
}

#[test]
fn a_provider_may_take_pushed_requests_only() {
    let mut flow = op(&["pushed_authorization.required=true"]);
    let document = body(&flow.send("GET", "/.well-known/openid-configuration", &[], ""));
    assert_eq!(document["require_pushed_authorization_requests"], true);
    let response = flow.sign_in(&[OPENID]);
    assert_eq!(flow.refused(), Some(CauseKind::PushedRequestRequired));
    assert_eq!(parameter(&response, "error").as_deref(), Some("invalid_request"));
}

fn register(flow: &mut Flow, metadata: &Value) -> mock_idp::proto::message::Response {
    flow.send("POST", "/register", &[("content-type", "application/json")], &metadata.to_string())
}

#[test]
fn a_client_registers_itself_and_signs_a_user_in() {
    let mut flow = op(&["registration.path=/register"]);
    let asked = json!({
        "redirect_uris": ["https://new.example/cb"], "client_name": "New <b>client</b>", "scope": "openid email",
        "id_token_signed_response_alg": "ES256", "token_endpoint_auth_method": "client_secret_post",
    });
    let response = register(&mut flow, &asked);
    assert_eq!(response.status, 201);
    let answer = body(&response);
    assert_eq!(
        (&answer["client_secret_expires_at"], &answer["grant_types"]),
        (&json!(0), &json!(["authorization_code"]))
    );
    flow.client = flow.idp.world().clients.last().unwrap().clone();
    assert_eq!(answer["client_id"], flow.client.id.0.as_str());
    assert_eq!(answer["client_secret"], flow.client.secret.as_ref().unwrap().expose().as_str());
    let url = flow.authorization_url(&[("scope", "openid email")]);
    let mut page = flow.visit(&url);
    page = flow.follow(page);
    assert!(text(&page).contains("New &lt;b&gt;client&lt;") && !text(&page).contains("<b>"), "{}", text(&page));
    while page.status == 200 {
        page = flow.fill(&page);
    }
    let tokens = body(&flow.exchange(&parameter(&page, "code").unwrap()));
    assert_eq!(crate::openid::support::header(tokens["id_token"].as_str().unwrap())["alg"], "ES256");
    flow.sign_in(&[("scope", "openid profile")]);
    assert_eq!(flow.refused(), Some(CauseKind::ScopeUnknown), "it registered for less");
}

#[test]
fn what_cannot_be_registered_is_refused_with_the_code_of_the_rfc() {
    let uri = "https://new.example/cb";
    let cases = [
        (json!([]), "invalid_client_metadata"),
        (json!({}), "invalid_client_metadata"),
        (json!({"redirect_uris": [7]}), "invalid_client_metadata"),
        (json!({"redirect_uris": ["/relative"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["https://new.example/cb#x"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": [uri], "post_logout_redirect_uris": ["data:text/html,x"]}), "invalid_redirect_uri"),
        (json!({"redirect_uris": [uri], "token_endpoint_auth_method": "tls_client_auth"}), "invalid_client_metadata"),
        (json!({"redirect_uris": [uri], "token_endpoint_auth_method": "private_key_jwt"}), "invalid_client_metadata"),
        (json!({"redirect_uris": [uri], "jwks_uri": "https://new.example/jwks"}), "invalid_client_metadata"),
        (json!({"redirect_uris": [uri], "grant_types": ["x"]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [uri], "response_types": ["x"]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [uri], "id_token_signed_response_alg": "none"}), "invalid_client_metadata"),
    ];
    let mut flow = op(&["registration.path=/register"]);
    let before = flow.idp.world().clients.len();
    for (metadata, error) in cases {
        let response = register(&mut flow, &metadata);
        assert_eq!((response.status, body(&response)["error"].as_str()), (400, Some(error)), "{metadata}");
    }
    assert_eq!(flow.idp.world().clients.len(), before);
    flow.idp.reset();
    assert_eq!(flow.idp.world().clients.len(), before);
}
