//! Code On Time: what seed 004 says of its OAuth 2.0 API.

use mock_idp::profile::load;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::secret::Secret;
use mock_idp::shell::demo_world;

use crate::openid::discovery::{CHALLENGE, VERIFIER};
use crate::openid::support::{body, claims, names};
use crate::support::{FORM, Flow, encode, parameter};

/// A native app: no secret.
fn app() -> Flow {
    let mut world = demo_world();
    world.clients[0].secret = None;
    world.users[0].api_key = Some(Secret::new("key-1".to_owned()));
    Flow::new(load("code-on-time", &[]).unwrap().policy, world)
}

const PKCE: [(&str, &str); 3] = [
    ("scope", "offline_access openid profile email"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

fn exchange(flow: &mut Flow, code: &str) -> mock_idp::proto::message::Response {
    let (id, redirect_uri) = (flow.client.id.0.clone(), flow.client.redirect_uris[0].clone());
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", &*id),
        ("redirect_uri", &*redirect_uri),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    flow.send("POST", "/oauth2/v2/token", &[FORM], &encode(&fields))
}

#[test]
fn hypermedia_leads_to_both_endpoints_and_a_native_app_signs_in_there() {
    let mut flow = app();
    let links = body(&flow.send("GET", "/oauth2/v2", &[], ""))["_links"].clone();
    let href = |name: &str| links[name]["href"].as_str().unwrap().to_owned();
    assert_eq!(href("authorize"), "http://127.0.0.1:8080/oauth2/v2/auth");
    assert_eq!(href("token"), "http://127.0.0.1:8080/oauth2/v2/token");
    let code = parameter(&flow.sign_in(&PKCE), "code").unwrap();
    let tokens = body(&exchange(&mut flow, &code));
    assert_eq!(names(&tokens), ["access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope"]);
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["aud"], flow.client.id.0.as_str());
}

#[test]
fn a_code_is_good_for_two_minutes_to_the_millisecond() {
    for (span, status) in [("1m 59s 999ms", 200), ("2m", 400)] {
        let mut flow = app();
        let code = parameter(&flow.sign_in(&PKCE), "code").unwrap();
        flow.advance(span);
        assert_eq!(exchange(&mut flow, &code).status, status, "{span}");
        assert_eq!(flow.refused(), (status == 400).then_some(CauseKind::CodeExpired));
    }
}

#[test]
fn the_api_takes_a_token_or_an_api_key_and_answers_401_when_the_token_expired() {
    let mut flow = app();
    let code = parameter(&flow.sign_in(&PKCE), "code").unwrap();
    let access = body(&exchange(&mut flow, &code))["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {access}");
    let ask = |flow: &mut Flow, header: (&str, &str)| {
        let response = flow.send("GET", "/v2", &[header], "");
        (response.status, flow.refused())
    };
    assert_eq!(ask(&mut flow, ("authorization", &bearer)), (200, None));
    assert_eq!(ask(&mut flow, ("x-api-key", "key-1")), (200, None));
    assert_eq!(ask(&mut flow, ("x-api-key", "key-2")), (401, Some(CauseKind::ApiKeyUnknown)));
    assert_eq!(ask(&mut flow, ("accept", "*/*")), (401, Some(CauseKind::AccessTokenMissing)));
    flow.advance("1h");
    assert_eq!(ask(&mut flow, ("authorization", &bearer)), (401, Some(CauseKind::AccessTokenExpired)));
    assert_eq!(ask(&mut flow, ("x-api-key", "key-1")), (200, None));
}

#[test]
fn without_a_challenge_of_s256_nobody_is_asked_to_sign_in() {
    let mut flow = app();
    flow.sign_in(&[("scope", "openid")]);
    assert_eq!(flow.refused(), Some(CauseKind::CodeChallengeMissing));
    flow.sign_in(&[("scope", "openid"), ("code_challenge", VERIFIER), ("code_challenge_method", "plain")]);
    assert_eq!(flow.refused(), Some(CauseKind::CodeChallengeMethodUnsupported));
}
