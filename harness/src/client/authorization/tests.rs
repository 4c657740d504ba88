use super::*;
use crate::adapter::protocol::ClientAuthentication;

const CODE: AuthorizationGrant = AuthorizationGrant::Code;
const NOW: Timestamp = Timestamp::EPOCH;

fn client(scope: Option<&str>) -> ClientRegistration {
    ClientRegistration {
        id: "{5c2b}".to_owned(),
        secret: Some("s".to_owned()),
        authentication: ClientAuthentication::ClientSecretPost,
        redirect_uri: "https://app.example/cb?tenant=1".to_owned(),
        scope: scope.map(str::to_owned),
        capabilities: Vec::new(),
    }
}

fn query(url: &str) -> Vec<(String, String)> {
    Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

fn code(text: &str) -> Granted {
    Granted::Code(text.to_owned())
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn the_request_carries_what_rfc_6749_section_4_1_1_asks_for_and_no_scope_unless_configured() {
    let url = request_url("https://idp.example/auth", &client(None), "xyz", CODE, &[], None).unwrap();
    let expected = vec![
        pair("response_type", "code"),
        pair("client_id", "{5c2b}"),
        pair("redirect_uri", "https://app.example/cb?tenant=1"),
        pair("state", "xyz"),
    ];
    assert_eq!(query(&url), expected);
    let url = request_url("https://idp.example/auth", &client(Some("a b")), "xyz", CODE, &[], None).unwrap();
    assert!(query(&url).contains(&pair("scope", "a b")));
}

#[test]
fn a_query_of_the_endpoint_is_kept() {
    let url = request_url("https://idp.example/auth?tenant=9", &client(None), "xyz", CODE, &[], None).unwrap();
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
        assert_eq!(response.result, Ok(Granted::Code(code.to_owned())), "{sent}");
        let twin = AuthorizationResponse::parse(&url, Some(Mistake::EncodesCodeTwice)).unwrap();
        assert_eq!(twin.result, Ok(Granted::Code(sent.to_owned())), "{sent}");
    }
}

#[test]
fn an_error_response_is_read_with_its_description() {
    let url = "https://app.example/cb?error=access_denied&error_description=no+thanks&state=s";
    let error = ErrorResponse { error: "access_denied".to_owned(), description: Some("no thanks".to_owned()) };
    let response = AuthorizationResponse::parse(url, None).unwrap();
    assert_eq!(response, AuthorizationResponse { issuer: None, state: Some("s".to_owned()), result: Err(error) });
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
    log.opened("s", CODE, None, NOW).unwrap();
    assert_eq!(log.admit(Some("t"), &code("code"), None).unwrap(), Admission::ForeignState);
    assert_eq!(log.admit(None, &code("code"), None).unwrap(), Admission::ForeignState);
    assert_eq!(
        log.admit(Some("s"), &code("code"), None).unwrap(),
        Admission::Redeem { begun_at: Some(NOW), binding: None }
    );
    assert_eq!(log.admit(Some("s"), &code("code"), None).unwrap(), Admission::Spent);
    assert_eq!(log.admit(Some("s"), &code("other"), None).unwrap(), Admission::ForeignState);
}

#[test]
fn two_open_requests_do_not_get_in_each_others_way() {
    let folder = tempfile::tempdir().unwrap();
    AuthorizationLog::new(folder.path()).opened("one", CODE, None, NOW).unwrap();
    AuthorizationLog::new(folder.path()).opened("two", CODE, None, NOW).unwrap();
    let log = AuthorizationLog::new(folder.path());
    assert_eq!(
        log.admit(Some("one"), &code("a"), None).unwrap(),
        Admission::Redeem { begun_at: Some(NOW), binding: None }
    );
    assert_eq!(
        log.admit(Some("two"), &code("b"), None).unwrap(),
        Admission::Redeem { begun_at: Some(NOW), binding: None }
    );
}

#[test]
fn the_twins_admit_what_the_correct_client_does_not_and_nothing_beside() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuthorizationLog::new(folder.path());
    assert_eq!(log.admit(Some("t"), &code("a"), Some(Mistake::RedeemsCodeTwice)).unwrap(), Admission::ForeignState);
    assert_eq!(
        log.admit(Some("t"), &code("a"), Some(Mistake::IgnoresState)).unwrap(),
        Admission::Redeem { begun_at: None, binding: None }
    );
    assert_eq!(log.admit(Some("t"), &code("a"), Some(Mistake::IgnoresState)).unwrap(), Admission::Spent);
    assert_eq!(
        log.admit(Some("t"), &code("a"), Some(Mistake::RedeemsCodeTwice)).unwrap(),
        Admission::Redeem { begun_at: None, binding: None }
    );
}

#[test]
fn what_is_remembered_does_not_grow_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuthorizationLog::new(folder.path());
    for n in 0..=REMEMBERED {
        log.opened(&n.to_string(), CODE, None, NOW).unwrap();
    }
    assert!(!log.close(Some("0")).unwrap());
    assert!(log.close(Some("1")).unwrap());
}

#[test]
fn the_implicit_grant_asks_for_a_token_and_finds_it_in_the_fragment() {
    let grant = AuthorizationGrant::Implicit;
    let url = request_url("https://idp.example/auth", &client(None), "xyz", grant, &[], None).unwrap();
    assert_eq!(query(&url)[0], pair("response_type", "token"));
    let answer = "access_token=s.A%21b&token_type=Bearer&expires_in=600&state=s&refresh_token=r";
    let response = AuthorizationResponse::parse(&format!("https://app.example/cb#{answer}"), None).unwrap();
    assert_eq!(response.state.as_deref(), Some("s"));
    let Ok(Granted::Token(token)) = response.result else { panic!("no token") };
    let stored = token.into_stored(None, NOW, NOW, None);
    assert_eq!((stored.access_token.expose(), stored.refresh_token), ("s.A!b", None));
    assert_eq!(stored.expires_at, Some(NOW.plus(std::time::Duration::from_secs(600))));
}

#[test]
fn an_access_token_that_does_not_stand_alone_in_the_fragment_is_refused() {
    let cases = [
        "?access_token=a&token_type=bearer&state=s",
        "#access_token=a&state=s",
        "#access_token=&token_type=bearer&state=s",
        "#access_token=a&token_type=mac&state=s",
        "?state=s#access_token=a&token_type=bearer&state=s",
    ];
    for answer in cases {
        let failure = AuthorizationResponse::parse(&format!("https://app.example/cb{answer}"), None).unwrap_err();
        assert_eq!(failure.code.as_deref(), Some("invalid_response"), "{answer}");
    }
}

#[test]
fn an_error_in_a_fragment_is_read_too() {
    let response = AuthorizationResponse::parse("https://app.example/cb#error=access_denied&state=s", None).unwrap();
    let error = ErrorResponse { error: "access_denied".to_owned(), description: None };
    assert_eq!(response, AuthorizationResponse { issuer: None, state: Some("s".to_owned()), result: Err(error) });
}

#[test]
fn a_state_admits_only_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let log = AuthorizationLog::new(folder.path());
    log.opened("s", AuthorizationGrant::Implicit, None, NOW).unwrap();
    assert_eq!(log.admit(Some("s"), &code("a"), None).unwrap(), Admission::ForeignState);
    let answer = "https://app.example/cb#access_token=a&token_type=bearer&state=s";
    let token = || AuthorizationResponse::parse(answer, None).unwrap().result.unwrap();
    assert_eq!(log.admit(Some("s"), &token(), None).unwrap(), Admission::Redeem { begun_at: Some(NOW), binding: None });
    assert_eq!(log.admit(Some("s"), &token(), None).unwrap(), Admission::Spent);
}
