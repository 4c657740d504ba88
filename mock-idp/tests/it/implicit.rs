//! The implicit grant (RFC 6749 section 4.2), and how Exact Online asks for every factor each time.

use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::message::Response;

use crate::support::{Flow, parameter};

const TOKEN: (&str, &str) = ("response_type", "token");

fn access_token(response: &Response) -> String {
    parameter(response, "access_token").unwrap_or_else(|| panic!("no token: {response:?}"))
}

#[test]
fn the_token_comes_in_the_fragment_with_its_type_its_life_and_the_state_and_without_a_refresh_token() {
    let mut flow = Flow::of("exact-online");
    let response = flow.sign_in(&[TOKEN, ("state", "a b")]);
    let location = response.headers.get("location").unwrap();
    let (uri, fragment) = location.split_once('#').unwrap();
    assert_eq!((response.status, uri), (302, "https://client.example/callback"));
    let names: Vec<String> = form_urlencoded::parse(fragment.as_bytes()).map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["access_token", "token_type", "expires_in", "state"]);
    let of = |name: &str| parameter(&response, name).unwrap();
    assert_eq!((of("token_type"), of("expires_in"), of("state")), ("bearer".into(), "600".into(), "a b".into()));
    let token = access_token(&response);
    assert_eq!(flow.try_call(&token), Ok(()));
    flow.advance("9m 59s 999ms");
    assert_eq!(flow.try_call(&token), Ok(()), "to the end of its 600 seconds");
    flow.advance("1ms");
    assert_eq!(flow.try_call(&token), Err(CauseKind::AccessTokenExpired));
    assert_eq!(flow.idp.valid_refresh_tokens(flow.now), 0);
}

#[test]
fn every_ten_minutes_password_and_a_new_authenticator_code_are_asked_again() {
    let mut flow = Flow::of("exact-online");
    flow.sign_in(&[TOKEN]);
    let pages = |flow: &mut Flow, more: &[(&str, &str)]| {
        let before = flow.log.len();
        let response = flow.sign_in(more);
        let forms = flow.log[before..].iter().filter(|(_, request, _)| request.method == "POST").count();
        (response, forms)
    };
    flow.advance("10m");
    let (response, forms) = pages(&mut flow, &[TOKEN]);
    assert_eq!(forms, 2, "password and code, and no consent, which was given before");
    let token = access_token(&response);
    assert_eq!(flow.try_call(&token), Ok(()));
    let (_, forms) = pages(&mut flow, &[]);
    assert_eq!(forms, 0, "the code grant knows the session");
}

#[test]
fn the_same_authenticator_code_is_refused_the_second_time() {
    let mut flow = Flow::of("exact-online");
    flow.sign_in(&[TOKEN]);
    let response = flow.sign_in(&[TOKEN]);
    assert_eq!((response.status, parameter(&response, "access_token")), (200, None));
    assert_eq!(flow.refused(), Some(CauseKind::TotpUsedBefore));
}

#[test]
fn an_implicit_grant_leaves_refresh_tokens_alone_and_a_newer_code_grant_leaves_it_alone() {
    let mut flow = Flow::with("exact-online", &["refresh.access_tokens_of_ended_chain=die"]);
    let pair = flow.grant();
    flow.advance("10m");
    let token = access_token(&flow.sign_in(&[TOKEN]));
    let next = flow.try_refresh(pair.rt()).unwrap();
    flow.advance("1m");
    flow.grant();
    assert_eq!(flow.try_refresh(next.rt()), Err(CauseKind::ChainEnded), "a newer grant ends older chains");
    assert_eq!(flow.try_call(&token), Ok(()), "what has no refresh token is no such chain");
}

#[test]
fn what_goes_wrong_after_the_redirection_uri_is_checked_goes_into_the_fragment() {
    let mut flow = Flow::of("exact-online");
    let url = flow.authorization_url(&[TOKEN, ("state", "s")]);
    let page = flow.visit(&url);
    let mut page = flow.follow(page);
    page = flow.fill(&page);
    page = flow.fill(&page);
    let form = crate::support::form(&page);
    let response = flow.submit(&form, &[("consent", "deny")]);
    assert_eq!(flow.refused(), Some(CauseKind::ConsentRefused));
    let location = response.headers.get("location").unwrap();
    assert!(location.starts_with("https://client.example/callback#error=access_denied&"), "{location}");
    assert_eq!(parameter(&response, "state").as_deref(), Some("s"));
}
