//! Protected resources: who is let in, and what the others are told.

use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::message::Response;
use mock_idp::shell::demo_world;

use crate::support::{Flow, policy, text};

fn assert_exact_401(response: &Response) {
    assert_eq!((response.status, response.reason.as_deref()), (401, Some("Authentication Required")));
    assert_eq!(response.headers.get("reason"), Some("Authentication Required"));
    assert_eq!(text(response), "");
    assert_eq!(response.headers.get("content-type"), None);
}

#[test]
fn a_request_without_a_good_token_gets_401() {
    let cases = [
        ("no header", None, CauseKind::AccessTokenMissing),
        ("another scheme", Some("Basic abc"), CauseKind::AccessTokenMissing),
        ("no token", Some("Bearer "), CauseKind::AccessTokenMissing),
        ("no blank", Some("Bearer"), CauseKind::AccessTokenMissing),
        ("unknown", Some("Bearer abc"), CauseKind::AccessTokenUnknown),
        ("two tokens", Some("Bearer abc def"), CauseKind::AccessTokenUnknown),
    ];
    for (name, header, want) in cases {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("authorization", *value)).collect();
        let mut flow = Flow::of("exact-online@2021-11");
        let response = flow.send("GET", "/api/v1/current/Me", &headers, "");
        assert_eq!(flow.refused(), Some(want), "{name}");
        assert_exact_401(&response);

        let mut flow = Flow::rfc("");
        let response = flow.send("GET", "/me", &headers, "");
        let challenge = if want == CauseKind::AccessTokenMissing {
            "Bearer"
        } else {
            r#"Bearer error="invalid_token", error_description="The access token is invalid.""#
        };
        assert_eq!((response.status, response.headers.get("www-authenticate")), (401, Some(challenge)), "{name}");
    }
}

#[test]
fn a_refresh_token_or_a_code_is_no_access_token() {
    let mut flow = Flow::rfc("");
    let code = flow.authorize();
    assert_eq!(flow.try_call(&code), Err(CauseKind::AccessTokenUnknown));
    let pair = flow.grant();
    assert_eq!(flow.try_call(pair.rt()), Err(CauseKind::AccessTokenUnknown));
}

#[test]
fn an_access_token_is_good_until_600_seconds_have_passed_however_often_it_is_used() {
    let mut flow = Flow::of("exact-online@2021-11");
    let pair = flow.grant();
    for _ in 0..5 {
        flow.advance("119s");
        assert_eq!(flow.try_call(&pair.access), Ok(()));
    }
    flow.advance("4s 999ms");
    assert_eq!(flow.try_call(&pair.access), Ok(()), "599.999 s");
    flow.advance("1ms");
    let response = flow.call(&pair.access);
    assert_eq!(flow.refused(), Some(CauseKind::AccessTokenExpired), "600 s");
    assert_exact_401(&response);
    assert_eq!(flow.cause().unwrap().to_string(), "at:1 expired at 2021-11-15T02:10:00.000Z");
}

#[test]
fn the_scheme_compares_without_case_and_blanks_after_it_do_not_matter() {
    let mut flow = Flow::rfc("");
    let pair = flow.grant();
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer  "] {
        flow.send("GET", "/me", &[("authorization", &format!("{scheme} {}", pair.access))], "");
        assert_eq!(flow.refused(), None, "{scheme}");
    }
}

#[test]
fn another_method_is_refused_once_the_token_is_good() {
    let mut flow = Flow::rfc("");
    let pair = flow.grant();
    let authorization = format!("Bearer {}", pair.access);
    for method in ["POST", "PUT", "DELETE", "HEAD"] {
        let response = flow.send(method, "/me", &[("authorization", &authorization)], "");
        assert_eq!((response.status, flow.refused()), (405, Some(CauseKind::MethodNotAllowed)), "{method}");
        assert_eq!(response.headers.get("allow"), Some("GET"), "{method}");
        let response = flow.send(method, "/me", &[], "");
        assert_eq!((response.status, flow.refused()), (401, Some(CauseKind::AccessTokenMissing)), "{method}");
    }
}

#[test]
fn a_resource_answers_about_the_user_and_escapes_what_it_prints() {
    let mut flow = Flow::of("exact-online@2021-11");
    let pair = flow.grant();
    let response = flow.call(&pair.access);
    let body = r#"{"d":{"results":[{"__metadata":{"uri":"http://127.0.0.1:8080/api/v1/current/Me","type":"Exact.Web.Api.System.Me"},"CurrentDivision":123456,"FullName":"John Doe","UserName":"john.doe@acme.example"}]}}"#;
    assert_eq!((response.status, text(&response).as_str()), (200, body));

    let mut world = demo_world();
    world.users[0].full_name = "John \"Jo\\hn\" Doe\n".to_owned();
    let profile = mock_idp::profile::load("exact-online", &[]).unwrap();
    let mut flow = Flow::new(profile.policy, world);
    let pair = flow.grant();
    let body: serde_json::Value = serde_json::from_slice(&flow.call(&pair.access).body).unwrap();
    assert_eq!(body["d"]["results"][0]["FullName"], "John \"Jo\\hn\" Doe\n");
}

#[test]
fn two_resources_may_share_a_path_and_differ_in_method() {
    let mut both = policy("");
    let mut post = both.resources["me"].clone();
    post.method = "POST".to_owned();
    post.path = "/{name}".to_owned();
    both.resources.insert("any".to_owned(), post);
    let mut flow = Flow::new(both, demo_world());
    let pair = flow.grant();
    let authorization = format!("Bearer {}", pair.access);
    for (method, path, want) in [
        ("GET", "/me", 200),
        ("POST", "/me", 200),
        ("PUT", "/me", 405),
        ("POST", "/x", 200),
        ("GET", "/x", 405),
        ("GET", "/x/y", 404),
    ] {
        let response = flow.send(method, path, &[("authorization", &authorization)], "");
        assert_eq!(response.status, want, "{method} {path}");
    }
}
