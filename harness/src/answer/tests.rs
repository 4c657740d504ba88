mod sockets;

use jiff::Timestamp;
use url::Url;

use super::script::{Reply, Script};
use crate::capture::{Body, Capture, CapturedExchange, CapturedRequest, CapturedResponse, HeaderField};

const IDP: &str = "https://idp.example";

fn headers(fields: &[(&str, &str)]) -> Vec<HeaderField> {
    fields.iter().map(|(name, value)| HeaderField { name: (*name).to_owned(), value: (*value).to_owned() }).collect()
}

fn get(path: &str) -> CapturedRequest {
    let url = Url::parse(&format!("{IDP}{path}")).unwrap();
    CapturedRequest { method: "GET".to_owned(), url, headers: Vec::new(), body: Body::Absent }
}

fn called(path: &str, token: &str) -> CapturedRequest {
    CapturedRequest { headers: headers(&[("Authorization", &format!("Bearer {token}"))]), ..get(path) }
}

fn post(path: &str, form: &str) -> CapturedRequest {
    let headers = headers(&[("Content-Type", "application/x-www-form-urlencoded")]);
    CapturedRequest { method: "POST".to_owned(), headers, body: Body::Bytes(form.into()), ..get(path) }
}

fn refresh(token: &str) -> CapturedRequest {
    post(
        "/token",
        &format!(
            "grant_type=refresh_token&refresh_token={token}&client_id=then&client_secret=redacted.client_secret.1"
        ),
    )
}

/// The same of a client that is another in all that it draws.
fn refresh_now(token: &str) -> CapturedRequest {
    post("/token", &format!("client_secret=other&client_id=now&refresh_token={token}&grant_type=refresh_token"))
}

fn json(status: u16, body: &str) -> CapturedResponse {
    CapturedResponse {
        status,
        headers: headers(&[("Content-Type", "application/json")]),
        body: Body::Bytes(body.into()),
    }
}

fn to(location: &str) -> CapturedResponse {
    CapturedResponse { status: 302, headers: headers(&[("Location", location)]), body: Body::Absent }
}

fn capture(pairs: Vec<(CapturedRequest, Option<CapturedResponse>)>) -> Capture {
    let exchange = |(at, (request, response)): (usize, (CapturedRequest, Option<CapturedResponse>))| CapturedExchange {
        entry: at + 1,
        started: Timestamp::UNIX_EPOCH,
        took_ms: None,
        error: response.is_none().then(|| "it broke off".to_owned()),
        request,
        response,
        jwts: Vec::new(),
        pkce: None,
    };
    Capture { exchanges: pairs.into_iter().enumerate().map(exchange).collect(), ..Capture::default() }
}

fn script(pairs: Vec<(CapturedRequest, CapturedResponse)>) -> Script {
    let pairs = pairs.into_iter().map(|(request, response)| (request, Some(response))).collect();
    let mut script = Script::new(capture(pairs));
    script.listens(vec![(IDP.to_owned(), "http://127.0.0.1:1".to_owned())]);
    script
}

/// Which entry answered, or nothing.
fn entry(script: &mut Script, request: &CapturedRequest) -> Option<usize> {
    let (_, line) = script.answer(request);
    line.split_once("→ entry ")?.1.split(':').next()?.parse().ok()
}

fn entries(script: &mut Script, requests: &[CapturedRequest]) -> Vec<Option<usize>> {
    requests.iter().map(|request| entry(script, request)).collect()
}

const OK: &str = "{}";

fn chain() -> Vec<(CapturedRequest, CapturedResponse)> {
    vec![
        (refresh("redacted.refresh_token.1"), json(200, r#"{"refresh_token":"redacted.refresh_token.2"}"#)),
        (refresh("redacted.refresh_token.2"), json(200, r#"{"refresh_token":"redacted.refresh_token.3"}"#)),
        (refresh("redacted.refresh_token.1"), json(400, r#"{"error":"invalid_grant"}"#)),
        (refresh("redacted.refresh_token.1"), json(400, r#"{"error":"invalid_request"}"#)),
    ]
}

#[test]
fn a_refresh_gets_what_was_recorded_for_its_own_token_in_order_and_then_the_last_again() {
    let mut it = script(chain());
    let (one, two) = (refresh_now("kept-from-before"), refresh_now("redacted.refresh_token.2"));
    let asked = [one.clone(), one.clone(), two.clone(), one.clone(), one.clone(), two];
    assert_eq!(entries(&mut it, &asked), [Some(1), Some(3), Some(2), Some(4), Some(4), Some(2)]);
    let (_, line) = it.answer(&one);
    assert_eq!(
        line,
        "POST /token (refresh) → entry 4: 400 invalid_request; again: the recording has no further answer"
    );
    assert_eq!(it.end().unasked, [""; 0]);
}

#[test]
fn a_token_that_the_recording_never_had_is_given_to_one_lineage_and_a_second_one_to_none() {
    let mut it = script(chain());
    assert_eq!(entry(&mut it, &refresh_now("kept-from-before")), Some(1));
    assert_eq!(entry(&mut it, &refresh_now("made-up")), None);
    assert_eq!(entry(&mut it, &refresh_now("redacted.refresh_token.3")), None, "issued, and never used");
    assert_eq!(it.end().unmatched, ["POST /token (refresh)", "POST /token (refresh)"]);
}

#[test]
fn a_token_that_was_issued_later_takes_nobody_elses_place() {
    let mut it = script(chain());
    // Were it unknown, it would be bound to the first.
    assert_eq!(entry(&mut it, &refresh_now("redacted.refresh_token.3")), None);
    assert_eq!(entry(&mut it, &refresh_now("kept-from-before")), Some(1));
}

#[test]
fn requests_are_of_one_meaning_only_with_method_path_slash_tenant_and_grant() {
    let mut it = script(vec![
        (post("/t1/token", "grant_type=client_credentials&scope=a"), json(200, OK)),
        (get("/t1/.well-known/openid-configuration"), json(200, OK)),
        (get("/me/"), json(200, OK)),
    ]);
    let same = post("/t1/token", "grant_type=client_credentials&scope=b&client_id=x");
    assert_eq!(entry(&mut it, &same), Some(1));
    let others = [
        post("/t2/token", "grant_type=client_credentials"),
        post("/t1/token/", "grant_type=client_credentials"),
        post("/t1/token", "grant_type=password&username=a&password=b"),
        get("/t1/token"),
        get("/me"),
        get("/t2/.well-known/openid-configuration"),
    ];
    for other in others {
        let (reply, line) = it.answer(&other);
        assert!(matches!(&reply, Reply::Unmatched(text) if text.contains("the nearest is entry")), "{line}");
    }
    assert_eq!(it.end().unmatched.len(), 6);
}

#[test]
fn of_several_that_fit_the_one_with_the_same_scope_is_taken() {
    let mut it = script(vec![
        (post("/token", "grant_type=client_credentials&scope=a"), json(200, OK)),
        (post("/token", "grant_type=client_credentials&scope=b"), json(200, OK)),
    ]);
    let with = |scope: &str| post("/token", &format!("scope={scope}&grant_type=client_credentials"));
    assert_eq!(entries(&mut it, &[with("b"), with("a"), with("a"), with("c")]), [Some(2), Some(1), Some(1), Some(1)]);
}

#[test]
fn a_page_of_a_list_is_not_another_and_the_query_may_be_in_any_order() {
    let mut it = script(vec![(get("/items?page=1&top=5"), json(200, OK)), (get("/items?page=2&top=5"), json(200, OK))]);
    let asked =
        [get("/items?top=5&page=2"), get("/items?page=3&top=5"), get("/items"), get("/items?page=1&top=5&_=99")];
    assert_eq!(entries(&mut it, &asked), [Some(2), None, None, Some(1)]);
    // Of the client's own: whether it is there counts for nothing in a query that is nobody's business.
    let mut it = script(vec![(get("/x?client-request-id=redacted.value.1"), json(200, OK))]);
    assert_eq!(entry(&mut it, &get("/x?client-request-id=77")), Some(1));
}

#[test]
fn a_call_with_a_newer_token_gets_what_another_got_but_never_its_refusal() {
    let mut it = script(vec![
        (post("/token", "grant_type=client_credentials"), json(200, r#"{"access_token":"redacted.access_token.1"}"#)),
        (called("/a", "redacted.access_token.1"), json(200, OK)),
        (called("/b", "redacted.access_token.1"), json(401, OK)),
        (post("/token", "grant_type=client_credentials"), json(200, r#"{"access_token":"redacted.access_token.2"}"#)),
        (called("/b", "redacted.access_token.2"), json(200, OK)),
        (called("/c", "redacted.access_token.1"), json(401, OK)),
    ]);
    let (one, two) = ("redacted.access_token.1", "redacted.access_token.2");
    let asked =
        [called("/b", one), called("/b", two), called("/a", two), called("/c", two), get("/a"), called("/a", "x")];
    assert_eq!(entries(&mut it, &asked), [Some(3), Some(5), Some(2), None, None, None]);
}

fn authorize(state: &str, redirect: &str) -> CapturedRequest {
    let redirect: String = form_urlencoded::byte_serialize(redirect.as_bytes()).collect();
    get(&format!("/authorize?response_type=code&client_id=a&redirect_uri={redirect}&state={state}&scope=x"))
}

#[test]
fn two_sign_ins_at_once_keep_their_states_by_what_the_pages_carried() {
    let then = "https://then.example/cb";
    let page = |flow: &str| CapturedResponse {
        headers: headers(&[("Content-Type", "text/html")]),
        ..json(200, &format!("<input type=hidden name=flowToken value={flow}>"))
    };
    let back = |n: u8| to(&format!("{then}?code=redacted.code.{n}&state=redacted.state.{n}"));
    let mut it = script(vec![
        (authorize("redacted.state.1", then), page("redacted.flow.1")),
        (post("/login", "user=redacted.user.1&flowToken=redacted.flow.1"), back(1)),
        (authorize("redacted.state.2", then), page("redacted.flow.2")),
        (post("/login", "user=redacted.user.1&flowToken=redacted.flow.2"), back(2)),
    ]);
    for state in ["first", "second"] {
        it.answer(&authorize(state, "http://127.0.0.1:9/now"));
    }
    // The second is quicker.
    for (flow, location) in [
        ("redacted.flow.2", "http://127.0.0.1:9/now?code=redacted.code.2&state=second"),
        ("redacted.flow.1", "http://127.0.0.1:9/now?code=redacted.code.1&state=first"),
    ] {
        let (reply, _) = it.answer(&post("/login", &format!("user=me&flowToken={flow}")));
        let Reply::Answer { headers, .. } = reply else { panic!("{reply:?}") };
        assert_eq!(headers[0].value, location);
    }
}

#[test]
fn answers_keep_fields_and_bytes_and_lose_what_is_of_the_connection() {
    let fields = [
        ("X-B", "2"),
        ("Set-Cookie", "a=redacted.cookie.1; Domain=idp.example; Path=/; Secure; HttpOnly"),
        ("Content-Encoding", "gzip"),
        ("Set-Cookie", "b=2"),
        ("Transfer-Encoding", "chunked"),
        ("Date", "Mon, 02 Mar 2026 09:00:00 GMT"),
        ("Content-Length", "99"),
    ];
    let body = Body::Bytes(vec![0xff, b'h']);
    let mut it = script(vec![(get("/x"), CapturedResponse { status: 200, headers: headers(&fields), body })]);
    let (reply, line) = it.answer(&get("/x"));
    let kept = headers(&[
        ("X-B", "2"),
        ("Set-Cookie", "a=redacted.cookie.1; Path=/; HttpOnly"),
        ("Set-Cookie", "b=2"),
        ("Date", "Mon, 02 Mar 2026 09:00:00 GMT"),
    ]);
    assert_eq!(reply, Reply::Answer { status: 200, headers: kept, body: vec![0xff, b'h'], is_cut: false });
    assert_eq!(line, "GET /x → entry 1: 200");
}

#[test]
fn what_cannot_be_given_is_said() {
    let with_token = |token: &str| json(200, &format!(r#"{{"id_token":"{token}"}}"#));
    let code = |n: u8| post("/token", &format!("grant_type=authorization_code&code=redacted.code.{n}"));
    let mut it = script(vec![
        (code(1), with_token("redacted.id_token.1")),
        (code(2), with_token("redacted.id_token.2")),
        (get("/big"), CapturedResponse { body: Body::NotRecorded, ..json(200, OK) }),
    ]);
    let said: Vec<String> = [code(1), code(2), get("/big")].iter().map(|request| it.answer(request).1).collect();
    assert!(said[0].ends_with("its ID token is a label, which a client that checks it refuses"), "{}", said[0]);
    assert_eq!(said[1], "POST /token (code) → entry 2: 200", "said once");
    assert!(said[2].ends_with("its body is not in the recording"), "{}", said[2]);
}

#[test]
fn labels_in_a_path_stand_for_what_is_there_now() {
    let mut it = script(vec![(get("/users/redacted.user.1/mail"), json(200, OK))]);
    let asked = [
        get("/users/me@x.example/mail"),
        get("/users/redacted.user.1/mail"),
        get("/users/a/b/mail"),
        get("/users//mail"),
    ];
    assert_eq!(entries(&mut it, &asked), [Some(1), Some(1), None, None]);
}

#[test]
fn the_clients_own_server_is_left_out_and_a_provider_is_first() {
    let other = |url: &str| CapturedRequest { url: Url::parse(url).unwrap(), ..get("/") };
    let it = script(vec![
        (other("https://api.example/x"), json(200, OK)),
        (authorize("s", "https://app.example/cb"), to("https://app.example/cb?code=c")),
        (other("https://app.example/cb?code=c"), json(200, OK)),
        (other("data:text/plain,x"), json(200, OK)),
    ]);
    assert_eq!(it.origins(), [IDP, "https://api.example"]);
    assert_eq!(it.left_out().len(), 2);
    assert_eq!(it.end().unasked, ["entry 1: GET /x", "entry 2: GET /authorize (authorization)"]);
}
