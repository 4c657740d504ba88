//! OpenID Connect at the profile of the RFCs: ID tokens, response types and modes, UserInfo, refresh, logout.

pub(crate) mod discovery;
mod endpoints;
mod grants;
pub(crate) mod support;
mod tampering;

use mock_idp::proto::Change;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::jose::subject_of;
use serde_json::{Value, json};

use crate::openid::support::{OPENID, body, claims, half_hash, names, op, posted, signed_by};
use crate::support::{Fields, Flow, form, parameter, text};

#[test]
fn the_id_token_of_a_code_says_who_signed_in_when_for_whom_and_for_which_request() {
    let mut flow = op(&[]);
    let code = parameter(&flow.sign_in(&[OPENID, ("nonce", "n-1"), ("state", "s")]), "code").unwrap();
    flow.advance("10s");
    let response = body(&flow.exchange(&code));
    assert_eq!(names(&response), ["access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope"]);
    let token = response["id_token"].as_str().unwrap();
    assert_eq!(signed_by(&mut flow, token), Some("rs256-1".to_owned()));
    let claims = claims(token);
    let now = flow.now.as_seconds();
    let access = response["access_token"].as_str().unwrap();
    assert_eq!(
        claims,
        json!({
            "iss": "http://127.0.0.1:8080", "sub": subject_of(&flow.user.name), "aud": flow.client.id.0,
            "exp": now + 3600, "iat": now, "auth_time": now - 10, "nonce": "n-1", "at_hash": half_hash(access),
        })
    );
}

#[test]
fn without_the_scope_openid_it_is_plain_oauth() {
    let mut flow = op(&[]);
    let code = parameter(&flow.sign_in(&[("scope", "api")]), "code").unwrap();
    let response = body(&flow.exchange(&code));
    assert_eq!(names(&response), ["access_token", "token_type", "expires_in", "scope"], "no offline_access either");
    assert_eq!(flow.try_call(response["access_token"].as_str().unwrap()), Ok(()));
}

#[test]
fn each_response_type_gives_what_it_names_where_it_belongs() {
    let cases = [
        ("code", '?', vec!["code", "state", "iss"]),
        ("token", '#', vec!["access_token", "token_type", "expires_in", "scope", "state", "iss"]),
        ("id_token", '#', vec!["id_token", "state", "iss"]),
        ("id_token token", '#', vec!["access_token", "token_type", "expires_in", "scope", "id_token", "state", "iss"]),
        ("token id_token", '#', vec!["access_token", "token_type", "expires_in", "scope", "id_token", "state", "iss"]),
        ("code id_token", '#', vec!["code", "id_token", "state", "iss"]),
        ("code token", '#', vec!["code", "access_token", "token_type", "expires_in", "scope", "state", "iss"]),
        (
            "code id_token token",
            '#',
            vec!["code", "access_token", "token_type", "expires_in", "scope", "id_token", "state", "iss"],
        ),
    ];
    for (response_type, join, want) in cases {
        let mut flow = op(&[]);
        let asked = [("response_type", response_type), OPENID, ("nonce", "n"), ("state", "s")];
        let response = flow.sign_in(&asked);
        let location = response.headers.get("location").unwrap_or_default();
        let (uri, parameters) = location.split_once(join).unwrap_or_else(|| panic!("{response_type}: {response:?}"));
        assert_eq!(uri, "https://client.example/callback", "{response_type}");
        let pairs: Vec<(String, String)> = form_urlencoded::parse(parameters.as_bytes()).into_owned().collect();
        assert_eq!(pairs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), want, "{response_type}");
        let of = |name: &str| parameter(&response, name);
        if let Some(token) = of("id_token") {
            let claims = claims(&token);
            assert_eq!(claims["nonce"], "n", "{response_type}");
            assert_eq!(claims.get("at_hash").cloned(), of("access_token").map(|token| half_hash(&token).into()));
            assert_eq!(claims.get("c_hash").cloned(), of("code").map(|code| half_hash(&code).into()));
            let alone = response_type == "id_token";
            assert_eq!(claims.get("name").is_some(), alone, "{response_type}: nowhere else to ask for the claims");
        }
        if let Some(code) = of("code") {
            assert!(body(&flow.exchange(&code))["id_token"].is_string(), "{response_type}");
        }
    }
}

#[test]
fn a_response_mode_says_where_the_parameters_stand_and_tokens_never_stand_in_a_query() {
    let mut flow = op(&[]);
    let response = flow.sign_in(&[OPENID, ("response_mode", "fragment"), ("state", "s")]);
    assert!(response.headers.get("location").unwrap().starts_with("https://client.example/callback#code="));
    let page = flow.sign_in(&[OPENID, ("response_mode", "form_post"), ("state", "s\"><b>")]);
    assert_eq!(page.status, 200);
    let posted = form(&page);
    assert_eq!(posted.action, "https://client.example/callback");
    let fields: Vec<String> = posted.hidden().into_iter().map(|(name, _)| name).collect();
    assert_eq!(fields, ["code", "state", "iss"]);
    assert!(posted.hidden().contains(&("state".to_owned(), "s\"><b>".to_owned())));
    assert!(!text(&page).contains("<b>"), "what the client sent opens no tag");
    for (mode, response_type) in [("query", "id_token"), ("query", "code token"), ("web_message", "code")] {
        let asked = [("response_type", response_type), OPENID, ("nonce", "n"), ("response_mode", mode)];
        let response = flow.sign_in(&asked);
        assert_eq!(flow.refused(), Some(CauseKind::ResponseModeUnsupported), "{mode} for {response_type}");
        assert_eq!(parameter(&response, "error").as_deref(), Some("invalid_request"));
    }
    // An error goes where the success would have gone.
    let page = flow.sign_in(&[("scope", "nothing"), ("response_mode", "form_post"), ("state", "s")]);
    let fields: Vec<String> = form(&page).hidden().into_iter().map(|(name, _)| name).collect();
    assert_eq!(fields, ["error", "error_description", "state", "iss"]);
}

#[test]
fn what_an_authorization_request_lacks_is_told_to_the_client() {
    let cases: [(Fields<'_>, CauseKind, &str); 7] = [
        (&[("response_type", "id_token"), OPENID], CauseKind::NonceMissing, "invalid_request"),
        (&[("response_type", "id_token"), ("nonce", "n")], CauseKind::OpenIdScopeMissing, "invalid_scope"),
        (&[("scope", "openid phone")], CauseKind::ScopeUnknown, "invalid_scope"),
        (&[("response_type", "none")], CauseKind::ResponseTypeUnsupported, "unsupported_response_type"),
        (&[("request", "e30.e30.")], CauseKind::RequestObjectUnsupported, "request_not_supported"),
        (
            &[("code_challenge", "x"), ("code_challenge_method", "S512")],
            CauseKind::CodeChallengeMethodUnsupported,
            "invalid_request",
        ),
        (&[("response_mode", "jwt")], CauseKind::ResponseModeUnsupported, "invalid_request"),
    ];
    for (more, cause, error) in cases {
        let mut flow = op(&[]);
        let response = flow.sign_in(more);
        assert_eq!(flow.refused(), Some(cause), "{more:?}");
        assert_eq!(parameter(&response, "error").as_deref(), Some(error), "{more:?}");
        assert_eq!(parameter(&response, "iss").as_deref(), Some("http://127.0.0.1:8080"), "{more:?}");
    }
}

#[test]
fn userinfo_answers_what_the_scope_of_the_token_asks_for() {
    let cases = [
        ("openid", vec!["sub"]),
        ("openid profile", vec!["sub", "name", "preferred_username"]),
        ("email openid", vec!["sub", "email", "email_verified"]),
    ];
    for (scope, want) in cases {
        let mut flow = op(&[]);
        let code = parameter(&flow.sign_in(&[("scope", scope)]), "code").unwrap();
        let access = body(&flow.exchange(&code))["access_token"].as_str().unwrap().to_owned();
        let header = format!("Bearer {access}");
        let answer = flow.send("GET", "/userinfo", &[("authorization", &header)], "");
        assert_eq!(names(&body(&answer)), want, "{scope}");
        let by_form = flow.post("/userinfo", &[("access_token", &access)]);
        assert_eq!(by_form.body, answer.body, "{scope}: RFC 6750 section 2.2");
        flow.advance("1h");
        assert_eq!(flow.send("GET", "/userinfo", &[("authorization", &header)], "").status, 401);
        assert_eq!(flow.refused(), Some(CauseKind::AccessTokenExpired));
    }
    let mut flow = op(&[]);
    let code = parameter(&flow.sign_in(&[("scope", "api")]), "code").unwrap();
    let access = body(&flow.exchange(&code))["access_token"].as_str().unwrap().to_owned();
    let answer = flow.send("GET", "/userinfo", &[("authorization", &format!("Bearer {access}"))], "");
    assert_eq!((answer.status, flow.refused()), (403, Some(CauseKind::ScopeMissing)));
    let challenge = answer.headers.get("www-authenticate").unwrap();
    assert!(challenge.contains("insufficient_scope"), "{challenge}");
    assert_eq!(flow.send("GET", "/userinfo", &[], "").status, 401);
    assert_eq!(flow.refused(), Some(CauseKind::AccessTokenMissing));
}

#[test]
fn a_refreshed_id_token_is_of_the_same_user_and_sign_in_and_has_no_nonce() {
    let mut flow = op(&[]);
    let code = parameter(&flow.sign_in(&[OPENID, ("nonce", "n")]), "code").unwrap();
    let first = body(&flow.exchange(&code));
    let before = claims(first["id_token"].as_str().unwrap());
    flow.advance("30m");
    let second = body(&flow.refresh(first["refresh_token"].as_str().unwrap()));
    let after = claims(second["id_token"].as_str().unwrap());
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!((after["iat"].as_i64(), after.get("nonce")), (Some(flow.now.as_seconds()), None));
    assert_eq!(after["at_hash"], half_hash(second["access_token"].as_str().unwrap()));
}

#[test]
fn a_refresh_can_ask_for_less_and_never_for_more() {
    let mut flow = op(&[]);
    let code = parameter(&flow.sign_in(&[("scope", "openid api offline_access")]), "code").unwrap();
    let first = body(&flow.exchange(&code));
    let refresh = first["refresh_token"].as_str().unwrap().to_owned();
    let ask = |flow: &mut Flow, refresh: &str, scope: &str| {
        flow.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", scope)])
    };
    let refused = ask(&mut flow, &refresh, "openid email");
    assert_eq!((refused.status, body(&refused)["error"].as_str()), (400, Some("invalid_scope")));
    assert_eq!(flow.refused(), Some(CauseKind::ScopeWidened));
    let less = body(&ask(&mut flow, &refresh, "openid"));
    assert_eq!(less["scope"], "openid");
    assert_eq!(flow.try_call(less["access_token"].as_str().unwrap()), Err(CauseKind::ScopeMissing));
    // What was narrowed once can be had again: the grant is as wide as it was (RFC 6749 section 6).
    let whole = body(&flow.refresh(less["refresh_token"].as_str().unwrap()));
    assert_eq!(whole["scope"], "openid api offline_access");
    assert_eq!(flow.try_call(whole["access_token"].as_str().unwrap()), Ok(()));
}

#[test]
fn keys_roll_over_and_the_old_one_stays_for_a_day() {
    let mut flow = op(&[]);
    let (old, _) = posted(&mut flow);
    flow.change(&Change::KeysRolled);
    let (new, _) = posted(&mut flow);
    assert_eq!(signed_by(&mut flow, &old), Some("rs256-1".to_owned()));
    assert_eq!(signed_by(&mut flow, &new), Some("rs256-2".to_owned()));
    flow.advance("23h 59m 59s 999ms");
    assert_eq!(signed_by(&mut flow, &old), Some("rs256-1".to_owned()));
    flow.advance("1ms");
    assert_eq!(signed_by(&mut flow, &old), None);
    assert_eq!(signed_by(&mut flow, &new), Some("rs256-2".to_owned()));
}

#[test]
fn id_tokens_and_access_tokens_are_signed_as_the_profile_says() {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let id_token = format!("openid.id_token.algorithm={algorithm}");
        let access_token = format!("token.access_token_jwt={algorithm}");
        let mut flow = op(&[&id_token, &access_token]);
        let (id_token, access_token) = posted(&mut flow);
        let kid = format!("{}-1", algorithm.to_lowercase());
        for token in [&id_token, &access_token] {
            assert_eq!(signed_by(&mut flow, token).as_ref(), Some(&kid));
        }
        let claims = claims(&access_token);
        let want = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti", "auth_time", "scope"];
        assert_eq!(names(&claims), want, "RFC 9068 section 2.2");
    }
    let mut flow = op(&["token.access_token_jwt=null"]);
    let (_, access_token) = posted(&mut flow);
    assert!(!access_token.contains('.'), "opaque: {access_token}");
    let answer = flow.send("GET", "/userinfo", &[("authorization", &format!("Bearer {access_token}"))], "");
    assert_eq!(answer.status, 200);
}

#[test]
fn signing_out_ends_the_session_and_goes_only_where_the_client_registered() {
    let mut flow = op(&[]);
    let (id_token, _) = posted(&mut flow);
    let url = |more: &[(&str, &str)]| format!("/end-session?{}", crate::support::encode(more));
    let back = ("post_logout_redirect_uri", "https://client.example/signed-out");
    let evil = flow.visit(&url(&[("id_token_hint", &id_token), ("post_logout_redirect_uri", "https://evil.example/")]));
    assert_eq!((evil.status, flow.refused()), (400, Some(CauseKind::LogoutRedirectUriNotRegistered)));
    let forged = flow.visit(&url(&[("id_token_hint", &format!("{id_token}x")), back]));
    assert_eq!((forged.status, flow.refused()), (400, Some(CauseKind::LogoutHintInvalid)));
    let unproven = flow.visit(&url(&[back]));
    assert_eq!(flow.refused(), Some(CauseKind::LogoutRedirectUriNotRegistered), "{unproven:?}");
    assert_eq!(flow.visit(&flow.authorization_url(&[OPENID])).status, 302, "still signed in");
    let done = flow.visit(&url(&[("id_token_hint", &id_token), back, ("state", "a b")]));
    assert_eq!(done.headers.get("location"), Some("https://client.example/signed-out?state=a+b"));
    assert_eq!(flow.visit(&flow.authorization_url(&[OPENID])).status, 303, "signed out");
}

#[test]
fn without_a_proof_from_the_client_the_resource_owner_is_asked_before_signing_out() {
    let mut flow = op(&[]);
    posted(&mut flow);
    let page = flow.visit("/end-session");
    assert!(text(&page).contains("Sign out?"));
    let forged = flow.post("/end-session", &[("confirm", "yes")]);
    assert_eq!((forged.status, flow.refused()), (400, Some(CauseKind::LogoutNotConfirmed)));
    assert_eq!(flow.visit(&flow.authorization_url(&[OPENID])).status, 302, "still signed in");
    let done = flow.submit(&form(&page), &[]);
    assert!(text(&done).contains("You are signed out."), "{done:?}");
    assert_eq!(flow.visit(&flow.authorization_url(&[OPENID])).status, 303, "signed out");
    let cleared = done.headers.get("set-cookie").unwrap();
    assert!(cleared.contains("Max-Age=0") && cleared.contains("HttpOnly") && cleared.contains("SameSite=Lax"));
    assert!(matches!(claims("e30.e30.x"), Value::Object(_)));
}
