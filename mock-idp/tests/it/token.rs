//! The token endpoint: malformed requests, client authentication, and codes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::client::ClientId;
use mock_idp::proto::secret::Secret;
use mock_idp::shell::demo_world;

use crate::answers::{BARE, CHAIN, assert_chain_error};
use crate::support::{FORM, Flow, Pair, encode, parameter, policy, text};

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

fn malformed() -> Vec<Malformed> {
    let form = || vec![(FORM.0, FORM.1.to_owned())];
    let of_type = |content_type: &str| vec![(FORM.0, content_type.to_owned())];
    let credentials = format!("client_id={ID}&client_secret={SECRET}");
    let refresh = format!("grant_type=refresh_token&refresh_token=x&{credentials}");
    let case = |name, headers, body: String, cause, exact, rfc| Malformed {
        name,
        method: "POST",
        headers,
        body,
        cause,
        exact,
        rfc,
    };
    let get = |name, method| Malformed {
        name,
        method,
        headers: form(),
        body: refresh.clone(),
        cause: CauseKind::MethodNotAllowed,
        exact: (405, WRONG_METHOD),
        rfc: (405, WRONG_METHOD),
    };
    let bare = (400, BARE);
    let json = format!(
        r#"{{"grant_type":"refresh_token","refresh_token":"x","client_id":"{ID}","client_secret":"{SECRET}"}}"#
    );
    vec![
        case("no body", form(), String::new(), CauseKind::ParameterMissing, bare, (400, MISSING)),
        case("no body and no type", vec![], String::new(), CauseKind::BodyNotForm, bare, (400, NO_FORM)),
        case("no type", vec![], refresh.clone(), CauseKind::BodyNotForm, bare, (400, NO_FORM)),
        case("text", of_type("text/plain"), refresh.clone(), CauseKind::BodyNotForm, bare, (400, NO_FORM)),
        case(
            "multipart",
            of_type("multipart/form-data; boundary=x"),
            refresh.clone(),
            CauseKind::BodyNotForm,
            bare,
            (400, NO_FORM),
        ),
        case("JSON", of_type("application/json"), json.clone(), CauseKind::BodyNotForm, bare, (400, NO_FORM)),
        case("JSON called a form", form(), json, CauseKind::ParameterMissing, bare, (400, MISSING)),
        case(
            "repeated",
            form(),
            format!("{refresh}&refresh_token=y"),
            CauseKind::ParameterRepeated,
            bare,
            (400, REPEATED),
        ),
        case(
            "repeated alike",
            form(),
            format!("{refresh}&grant_type=refresh_token"),
            CauseKind::ParameterRepeated,
            bare,
            (400, REPEATED),
        ),
        case("bad escape", form(), format!("{refresh}&x=%zz"), CauseKind::BodyNotForm, bare, (400, NO_FORM)),
        case("cut escape", form(), format!("{refresh}&x=%2"), CauseKind::BodyNotForm, bare, (400, NO_FORM)),
        case("not UTF-8", form(), format!("{refresh}&x=%ff"), CauseKind::BodyNotForm, bare, (400, NO_FORM)),
        case("no grant type", form(), credentials.clone(), CauseKind::ParameterMissing, bare, (400, MISSING)),
        case(
            "empty grant type",
            form(),
            format!("grant_type=&{credentials}"),
            CauseKind::ParameterMissing,
            bare,
            (400, MISSING),
        ),
        case(
            "no refresh token",
            form(),
            format!("grant_type=refresh_token&{credentials}"),
            CauseKind::ParameterMissing,
            bare,
            (400, MISSING),
        ),
        case(
            "no code",
            form(),
            format!("grant_type=authorization_code&{credentials}"),
            CauseKind::ParameterMissing,
            bare,
            (400, MISSING),
        ),
        case(
            "unknown grant",
            form(),
            format!("grant_type=password&{credentials}"),
            CauseKind::GrantTypeUnsupported,
            (400, r#"{"error":"unsupported_grant_type"}"#),
            (400, BAD_GRANT),
        ),
        case(
            "no client",
            form(),
            "grant_type=refresh_token".to_owned(),
            CauseKind::ClientAuthenticationMissing,
            bare,
            (401, BAD_CLIENT),
        ),
        case(
            "no secret",
            form(),
            format!("grant_type=refresh_token&client_id={ID}"),
            CauseKind::ClientAuthenticationMissing,
            bare,
            (401, BAD_CLIENT),
        ),
        case(
            "unknown client",
            form(),
            "grant_type=refresh_token&client_id=x&client_secret=y".to_owned(),
            CauseKind::ClientUnknown,
            bare,
            (401, BAD_CLIENT),
        ),
        case(
            "wrong secret",
            form(),
            format!("grant_type=refresh_token&client_id={ID}&client_secret=y"),
            CauseKind::ClientSecretWrong,
            bare,
            (401, BAD_CLIENT),
        ),
        case(
            "secret with a blank before it",
            form(),
            format!("grant_type=refresh_token&client_id={ID}&client_secret=+{SECRET}"),
            CauseKind::ClientSecretWrong,
            bare,
            (401, BAD_CLIENT),
        ),
        case(
            "wrong secret by Basic",
            [form(), vec![basic(ID, "y")]].concat(),
            "grant_type=refresh_token".to_owned(),
            CauseKind::ClientSecretWrong,
            bare,
            (401, BAD_CLIENT),
        ),
        case(
            "Basic that cannot be read",
            [form(), vec![("authorization", "Basic !!!".to_owned())]].concat(),
            "grant_type=refresh_token".to_owned(),
            CauseKind::ClientAuthenticationMissing,
            bare,
            (401, BAD_CLIENT),
        ),
        get("GET", "GET"),
        get("PUT", "PUT"),
    ]
}

#[test]
fn a_malformed_request_gets_the_answer_that_the_provider_would_give() {
    for case in malformed() {
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
    let cases: [(&str, Vec<(&str, &str)>, CauseKind, &str); 6] = [
        (
            "encoded twice",
            vec![grant, ("code", &encoded), ("redirect_uri", redirect)],
            CauseKind::CodeMalformed,
            malformed,
        ),
        ("cut", vec![grant, ("code", &code[1..]), ("redirect_uri", redirect)], CauseKind::CodeMalformed, malformed),
        ("unknown", vec![grant, ("code", &unknown), ("redirect_uri", redirect)], CauseKind::CodeUnknown, CHAIN),
        ("no redirect", vec![grant, ("code", &code)], CauseKind::RedirectUriMismatch, BARE),
        (
            "redirect",
            vec![grant, ("code", &code), ("redirect_uri", "https://client.example/")],
            CauseKind::RedirectUriMismatch,
            BARE,
        ),
        (
            "redirect case",
            vec![grant, ("code", &code), ("redirect_uri", "https://client.example/Callback")],
            CauseKind::RedirectUriMismatch,
            BARE,
        ),
    ];
    for (name, fields, cause, body) in cases {
        let response = flow.token(&fields);
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
