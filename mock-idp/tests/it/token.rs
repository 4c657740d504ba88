//! The token endpoint: malformed requests, client authentication, and codes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::client::ClientId;
use mock_idp::proto::secret::Secret;
use mock_idp::shell::demo_world;

use crate::answers::{BARE, CHAIN, assert_chain_error};
use crate::support::{FORM, Fields, Flow, Pair, encode, parameter, policy, text};

const ID: &str = "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c";
const SECRET: &str = "demo-client-secret";

/// One malformed token request, its cause, and the answers of Exact Online and of the RFC.
struct Malformed {
    name: &'static str,
    method: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
    cause: CauseKind,
    exact: (u16, &'static str),
    rfc: (u16, &'static str),
}

const MISSING: &str = r#"{"error":"invalid_request","error_description":"A required parameter is missing."}"#;
const NO_FORM: &str =
    r#"{"error":"invalid_request","error_description":"The request body must be application/x-www-form-urlencoded."}"#;
const BAD_CLIENT: &str = r#"{"error":"invalid_client","error_description":"Client authentication failed."}"#;
const WRONG_METHOD: &str = r#"{"error":"invalid_request","error_description":"Method not allowed."}"#;
const REPEATED: &str = r#"{"error":"invalid_request","error_description":"A parameter came more than once."}"#;
const BAD_GRANT: &str = r#"{"error":"unsupported_grant_type","error_description":"The grant type is not supported."}"#;

fn basic(id: &str, secret: &str) -> (&'static str, String) {
    ("authorization", format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
}

const BARE_400: (u16, &str) = (400, BARE);

fn form() -> Vec<(&'static str, String)> {
    vec![(FORM.0, FORM.1.to_owned())]
}

fn credentials() -> String {
    format!("client_id={ID}&client_secret={SECRET}")
}

/// A form that would be taken, were it sent well and its token known.
fn refresh() -> String {
    format!("grant_type=refresh_token&refresh_token=x&{}", credentials())
}

fn case(name: &'static str, body: String, cause: CauseKind, rfc: (u16, &'static str)) -> Malformed {
    Malformed { name, method: "POST", headers: form(), body, cause, exact: BARE_400, rfc }
}

fn not_a_form() -> Vec<Malformed> {
    let no_form = |name, body: String| case(name, body, CauseKind::BodyNotForm, (400, NO_FORM));
    let of_type = |name, content_type: &str, body: &str| Malformed {
        headers: vec![(FORM.0, content_type.to_owned())],
        ..no_form(name, body.to_owned())
    };
    let json = format!(r#"{{"grant_type":"refresh_token","client_id":"{ID}","client_secret":"{SECRET}"}}"#);
    let refresh = refresh();
    let method = |method| Malformed {
        method,
        exact: (405, WRONG_METHOD),
        ..case(method, refresh.clone(), CauseKind::MethodNotAllowed, (405, WRONG_METHOD))
    };
    vec![
        Malformed { headers: vec![], ..no_form("no body and no type", String::new()) },
        Malformed { headers: vec![], ..no_form("no type", refresh.clone()) },
        of_type("text", "text/plain", &refresh),
        of_type("multipart", "multipart/form-data; boundary=x", &refresh),
        of_type("JSON", "application/json", &json),
        no_form("bad escape", format!("{refresh}&x=%zz")),
        no_form("cut escape", format!("{refresh}&x=%2")),
        no_form("not UTF-8", format!("{refresh}&x=%ff")),
        case("JSON called a form", json, CauseKind::ParameterMissing, (400, MISSING)),
        method("GET"),
        method("PUT"),
    ]
}

fn bad_parameters() -> Vec<Malformed> {
    let missing = |name, body: String| case(name, body, CauseKind::ParameterMissing, (400, MISSING));
    let repeated = |name, body: String| case(name, body, CauseKind::ParameterRepeated, (400, REPEATED));
    let (credentials, refresh) = (credentials(), refresh());
    let unknown = format!("grant_type=password&{credentials}");
    vec![
        missing("no body", String::new()),
        missing("no grant type", credentials.clone()),
        missing("empty grant type", format!("grant_type=&{credentials}")),
        missing("no refresh token", format!("grant_type=refresh_token&{credentials}")),
        missing("empty refresh token", format!("grant_type=refresh_token&refresh_token=&{credentials}")),
        missing("no code", format!("grant_type=authorization_code&{credentials}")),
        repeated("repeated", format!("{refresh}&refresh_token=y")),
        repeated("repeated alike", format!("{refresh}&grant_type=refresh_token")),
        repeated("unknown repeated", format!("{refresh}&x=1&x=2")),
        Malformed {
            exact: (400, r#"{"error":"unsupported_grant_type"}"#),
            ..case("unknown grant", unknown, CauseKind::GrantTypeUnsupported, (400, BAD_GRANT))
        },
    ]
}

fn bad_clients() -> Vec<Malformed> {
    let grant = "grant_type=refresh_token";
    let bad = |name, cause, body: &str| case(name, format!("{grant}{body}"), cause, (401, BAD_CLIENT));
    let by_header =
        |name, cause, header| Malformed { headers: [form(), vec![header]].concat(), ..bad(name, cause, "") };
    let garbage = ("authorization", "Basic !!!".to_owned());
    let (missing, wrong) = (CauseKind::ClientAuthenticationMissing, CauseKind::ClientSecretWrong);
    vec![
        bad("no client", missing, ""),
        bad("no secret", missing, &format!("&client_id={ID}")),
        bad("empty secret", missing, &format!("&client_id={ID}&client_secret=")),
        bad("unknown client", CauseKind::ClientUnknown, "&client_id=x&client_secret=y"),
        bad("wrong secret", wrong, &format!("&client_id={ID}&client_secret=y")),
        bad("a blank before the secret", wrong, &format!("&client_id={ID}&client_secret=+{SECRET}")),
        by_header("wrong secret by Basic", wrong, basic(ID, "y")),
        by_header("Basic that cannot be read", missing, garbage),
    ]
}

#[test]
fn a_malformed_request_gets_the_answer_that_the_provider_would_give() {
    for case in [not_a_form(), bad_parameters(), bad_clients()].into_iter().flatten() {
        let headers: Vec<(&str, &str)> = case.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for (mut flow, (status, body)) in [(Flow::of("exact-online@2021-11"), case.exact), (Flow::rfc(""), case.rfc)] {
            let path = flow.idp.policy().token.path.clone();
            let response = flow.send(case.method, &path, &headers, &case.body);
            assert_eq!(flow.refused(), Some(case.cause), "{}", case.name);
            assert_eq!((response.status, text(&response).as_str()), (status, body), "{}", case.name);
            let challenge = (status == 401).then_some("Basic realm=\"token\"");
            assert_eq!(response.headers.get("www-authenticate"), challenge, "{}", case.name);
            assert_eq!(response.headers.get("allow"), (status == 405).then_some("POST"), "{}", case.name);
        }
    }
}

#[test]
fn a_form_may_name_its_charset_and_spell_its_type_as_it_likes() {
    for content_type in [
        "application/x-www-form-urlencoded; charset=utf-8",
        "Application/X-WWW-Form-URLEncoded",
        " application/x-www-form-urlencoded ;x",
    ] {
        let mut flow = Flow::rfc("");
        flow.send("POST", "/token", &[(FORM.0, content_type)], "");
        assert_eq!(flow.refused(), Some(CauseKind::ParameterMissing), "{content_type}");
    }
}

#[test]
fn a_client_may_use_basic_or_the_body_and_both_only_where_the_policy_says() {
    let both = Some(CauseKind::ClientAuthenticationSeveral);
    let cases = [
        ("exact-online@2021-11", true, None),
        ("exact-online@2021-11", false, None),
        ("rfc", true, both),
        ("rfc", false, None),
    ];
    for (profile, in_body, want) in cases {
        let mut flow = if profile == "rfc" { Flow::rfc("") } else { Flow::of(profile) };
        let code = flow.authorize();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "https://client.example/callback"),
        ];
        if in_body {
            fields.extend([("client_id", ID), ("client_secret", SECRET)]);
        }
        let (name, value) = basic(ID, SECRET);
        let path = flow.idp.policy().token.path.clone();
        let response = flow.send("POST", &path, &[FORM, (name, &value)], &encode(&fields));
        assert_eq!(flow.refused(), want, "{profile} {in_body}");
        assert_eq!(response.status, if want.is_some() { 400 } else { 200 }, "{profile} {in_body}");
    }
    let mut flow = Flow::rfc("token: { client_authentication: [post] }");
    let (name, value) = basic(ID, SECRET);
    flow.send("POST", "/token", &[FORM, (name, &value)], "grant_type=refresh_token&refresh_token=x");
    assert_eq!(flow.refused(), Some(CauseKind::ClientAuthenticationMethod));
}

#[test]
fn a_code_is_good_until_three_minutes_have_passed() {
    for (wait, want) in [("0s", 200), ("2m 59s 999ms", 200), ("3m", 400), ("1d", 400)] {
        let mut flow = Flow::of("exact-online@2021-11");
        let code = flow.authorize();
        flow.advance(wait);
        let response = flow.exchange(&code);
        assert_eq!(response.status, want, "{wait}");
        assert_eq!(flow.refused(), (want == 400).then_some(CauseKind::CodeExpired), "{wait}");
        if want == 400 {
            assert_chain_error(&response);
        }
    }
}

#[test]
fn a_code_that_comes_twice_is_refused_and_the_policy_says_what_becomes_of_its_tokens() {
    for (profile, refresh) in [("rfc", Some(CauseKind::ChainEnded)), ("exact-online@2021-11", None)] {
        let mut flow = if profile == "rfc" { Flow::rfc("") } else { Flow::of(profile) };
        let code = flow.authorize();
        let pair = Pair::of(&flow.exchange(&code));
        flow.advance("1s");
        let again = flow.exchange(&code);
        assert_eq!((again.status, flow.refused()), (400, Some(CauseKind::CodeRedeemed)), "{profile}");
        flow.advance("10m");
        assert_eq!(flow.try_refresh(pair.rt()).err(), refresh, "{profile}");
    }
}

#[test]
fn a_code_is_bound_to_its_client_its_redirect_uri_and_one_decoding() {
    let mut world = demo_world();
    let mut other = world.clients[0].clone();
    other.id = ClientId("other".to_owned());
    other.secret = Some(Secret::new("o".to_owned()));
    world.clients.push(other.clone());
    let redirect = "https://client.example/callback";
    let exact = mock_idp::profile::load("exact-online@2021-11", &[]).unwrap().policy;
    let mut flow = Flow::new(exact, world);
    let code = flow.authorize();
    let encoded = code.replace('!', "%21");
    let unknown = code.replace("!IAAAA", "!IAAAAx").chars().take(code.len()).collect::<String>();
    let grant = ("grant_type", "authorization_code");
    let malformed = r#"{"error":"invalid_request","error_description":"Signed data extraction has failed"}"#;
    let cases: [(&str, Fields<'_>, CauseKind, &str); 6] = [
        (
            "encoded twice",
            &[grant, ("code", &encoded), ("redirect_uri", redirect)],
            CauseKind::CodeMalformed,
            malformed,
        ),
        ("cut", &[grant, ("code", &code[1..]), ("redirect_uri", redirect)], CauseKind::CodeMalformed, malformed),
        ("unknown", &[grant, ("code", &unknown), ("redirect_uri", redirect)], CauseKind::CodeUnknown, CHAIN),
        ("no redirect", &[grant, ("code", &code)], CauseKind::RedirectUriMismatch, BARE),
        (
            "redirect",
            &[grant, ("code", &code), ("redirect_uri", "https://client.example/")],
            CauseKind::RedirectUriMismatch,
            BARE,
        ),
        (
            "redirect case",
            &[grant, ("code", &code), ("redirect_uri", "https://client.example/Callback")],
            CauseKind::RedirectUriMismatch,
            BARE,
        ),
    ];
    for (name, fields, cause, body) in cases {
        let response = flow.token(fields);
        assert_eq!(flow.refused(), Some(cause), "{name}");
        assert_eq!((response.status, text(&response).as_str()), (400, body), "{name}");
    }
    let own = std::mem::replace(&mut flow.client, other);
    assert_chain_error(&flow.exchange(&code));
    assert_eq!(flow.refused(), Some(CauseKind::CodeOfAnotherClient));
    flow.client = own;
    assert_eq!(flow.exchange(&code).status, 200, "no refusal spent the code");
}

#[test]
fn a_redirect_uri_left_out_at_both_ends_is_no_mismatch() {
    let mut flow = Flow::rfc("");
    let url = format!("/authorize?response_type=code&client_id={ID}");
    let response = flow.visit(&url);
    let mut page = flow.follow(response);
    while page.status == 200 {
        page = flow.fill(&page);
    }
    let code = parameter(&page, "code").unwrap();
    assert_eq!(flow.token(&[("grant_type", "authorization_code"), ("code", &code)]).status, 200);
}

#[test]
fn the_endpoint_is_where_the_policy_puts_it() {
    let mut flow = Flow::new(policy("token: { path: /oauth/token }"), demo_world());
    let code = flow.authorize();
    assert_eq!(flow.exchange(&code).status, 200);
    let gone = flow.send("POST", "/token", &[FORM], "");
    assert_eq!((gone.status, flow.refused()), (404, Some(CauseKind::PathUnknown)));
}
