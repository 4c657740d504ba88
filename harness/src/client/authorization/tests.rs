use super::*;
use crate::adapter::protocol::ClientAuthentication;

fn client(scope: Option<&str>) -> ClientRegistration {
    ClientRegistration {
        id: "{5c2b}".to_owned(),
        secret: Some("s".to_owned()),
        authentication: ClientAuthentication::ClientSecretPost,
        redirect_uri: "https://app.example/cb?tenant=1".to_owned(),
        scope: scope.map(str::to_owned),
    }
}

fn query(url: &str) -> Vec<(String, String)> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn the_request_carries_what_rfc_6749_section_4_1_1_asks_for_and_no_scope_unless_configured() {
    let url = request_url("https://idp.example/auth", &client(None), "xyz", None).unwrap();
    let expected = vec![
        pair("response_type", "code"),
        pair("client_id", "{5c2b}"),
        pair("redirect_uri", "https://app.example/cb?tenant=1"),
        pair("state", "xyz"),
    ];
    assert_eq!(query(&url), expected);
    let url = request_url("https://idp.example/auth", &client(Some("a b")), "xyz", None).unwrap();
    assert!(query(&url).contains(&pair("scope", "a b")));
}

#[test]
fn a_query_of_the_endpoint_is_kept() {
    let url = request_url("https://idp.example/auth?tenant=9", &client(None), "xyz", None).unwrap();
    assert_eq!(query(&url)[0], pair("tenant", "9"));
}

#[test]
fn every_state_is_another_but_the_twins() {
    assert_ne!(fresh_state(None).unwrap(), fresh_state(None).unwrap());
    let twin = || fresh_state(Some(Mistake::ConstantState)).unwrap();
    assert_eq!(twin(), twin());
}

#[test]
fn the_code_is_decoded_exactly_once() {
    let cases = [("a.b%21c", "a.b!c"), ("a%2521c", "a%21c"), ("a%2Bb", "a+b")];
    for (sent, code) in cases {
        let url = format!("https://app.example/cb?code={sent}&state=s");
        let response = AuthorizationResponse::parse(&url, None).unwrap();
        assert_eq!(response.result, Ok(code.to_owned()), "{sent}");
        let twin = AuthorizationResponse::parse(&url, Some(Mistake::EncodesCodeTwice)).unwrap();
        assert_eq!(twin.result, Ok(sent.to_owned()), "{sent}");
    }
}

#[test]
fn an_error_response_is_read_with_its_description() {
    let url = "https://app.example/cb?error=access_denied&error_description=no+thanks&state=s";
    let error = ErrorResponse { error: "access_denied".to_owned(), description: Some("no thanks".to_owned()) };
    let response = AuthorizationResponse::parse(url, None).unwrap();
    assert_eq!(response, AuthorizationResponse { state: Some("s".to_owned()), result: Err(error) });
}

#[test]
fn a_response_with_a_parameter_twice_or_with_nothing_is_refused() {
    for query in ["code=a&code=b&state=s", "code=a&state=s&state=t", "state=s", "code=&state=s", ""] {
        let failure = AuthorizationResponse::parse(&format!("https://app.example/cb?{query}"), None).unwrap_err();
        assert_eq!(failure.code.as_deref(), Some("invalid_response"), "{query}");
    }
}

#[test]
fn a_state_admits_one_code_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuthorizationLog::new(folder.path());
    log.opened("s").unwrap();
    assert_eq!(log.admit(Some("t"), "code", None).unwrap(), Admission::ForeignState);
    assert_eq!(log.admit(None, "code", None).unwrap(), Admission::ForeignState);
    assert_eq!(log.admit(Some("s"), "code", None).unwrap(), Admission::Redeem);
    assert_eq!(log.admit(Some("s"), "code", None).unwrap(), Admission::Spent);
    assert_eq!(log.admit(Some("s"), "other", None).unwrap(), Admission::ForeignState);
}

#[test]
fn two_open_requests_do_not_get_in_each_others_way() {
    let folder = tempfile::tempdir().unwrap();
    AuthorizationLog::new(folder.path()).opened("one").unwrap();
    AuthorizationLog::new(folder.path()).opened("two").unwrap();
    let log = AuthorizationLog::new(folder.path());
    assert_eq!(log.admit(Some("one"), "a", None).unwrap(), Admission::Redeem);
    assert_eq!(log.admit(Some("two"), "b", None).unwrap(), Admission::Redeem);
}

#[test]
fn the_twins_admit_what_the_correct_client_does_not_and_nothing_beside() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuthorizationLog::new(folder.path());
    assert_eq!(log.admit(Some("t"), "a", Some(Mistake::RedeemsCodeTwice)).unwrap(), Admission::ForeignState);
    assert_eq!(log.admit(Some("t"), "a", Some(Mistake::IgnoresState)).unwrap(), Admission::Redeem);
    assert_eq!(log.admit(Some("t"), "a", Some(Mistake::IgnoresState)).unwrap(), Admission::Spent);
    assert_eq!(log.admit(Some("t"), "a", Some(Mistake::RedeemsCodeTwice)).unwrap(), Admission::Redeem);
}

#[test]
fn what_is_remembered_does_not_grow_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuthorizationLog::new(folder.path());
    for n in 0..=REMEMBERED {
        log.opened(&n.to_string()).unwrap();
    }
    assert!(!log.close(Some("0")).unwrap());
    assert!(log.close(Some("1")).unwrap());
}
