//! The authorization endpoint: every mistake in a request, and what goes back to the client.

use mock_idp::proto::cause::CauseKind;
use mock_idp::shell::demo_world;

use crate::support::{Fields, Flow, encode, parameter, policy, text};

const CLIENT: &str = "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c";
const CALLBACK: &str = "https://client.example/callback";

/// Where an error must be shown.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Shown {
    /// On a page of the provider, with this status and without a redirect.
    Page(u16),
    /// By redirect to the client, with this `error` and the state.
    Client(&'static str),
}

#[test]
fn each_mistake_in_a_request_has_its_own_cause_and_its_own_place() {
    use Shown::{Client, Page};
    let id = ("client_id", CLIENT);
    let back = ("redirect_uri", CALLBACK);
    let code = ("response_type", "code");
    let cases: [(&str, Fields<'_>, CauseKind, Shown); 12] = [
        ("repeated", &[id, id, back, code], CauseKind::ParameterRepeated, Page(400)),
        (
            "unknown parameter repeated",
            &[id, back, code, ("x", "1"), ("x", "1")],
            CauseKind::ParameterRepeated,
            Page(400),
        ),
        ("no client", &[back, code], CauseKind::ParameterMissing, Page(400)),
        ("empty client", &[("client_id", ""), back, code], CauseKind::ParameterMissing, Page(400)),
        ("unknown client", &[("client_id", "x"), back, code], CauseKind::ClientUnknownAtAuthorization, Page(400)),
        (
            "other redirect",
            &[id, ("redirect_uri", "https://evil.example/"), code],
            CauseKind::RedirectUriNotRegistered,
            Page(400),
        ),
        (
            "longer redirect",
            &[id, ("redirect_uri", "https://client.example/callback/"), code],
            CauseKind::RedirectUriNotRegistered,
            Page(400),
        ),
        (
            "fragment",
            &[id, ("redirect_uri", "https://client.example/callback#x"), code],
            CauseKind::RedirectUriNotRegistered,
            Page(400),
        ),
        ("no response type", &[id, back], CauseKind::ParameterMissing, Client("invalid_request")),
        (
            "implicit",
            &[id, back, ("response_type", "token")],
            CauseKind::ResponseTypeUnsupported,
            Client("unsupported_response_type"),
        ),
        (
            "both",
            &[id, back, ("response_type", "code token")],
            CauseKind::ResponseTypeUnsupported,
            Client("unsupported_response_type"),
        ),
        (
            "challenge method",
            &[id, back, code, ("code_challenge", "x"), ("code_challenge_method", "S512")],
            CauseKind::CodeChallengeMethodUnsupported,
            Client("invalid_request"),
        ),
    ];
    for (name, fields, cause, shown) in cases {
        let mut flow = Flow::rfc("");
        let response = flow.visit(&format!("/authorize?{}&state=s1", encode(fields)));
        assert_eq!(flow.refused(), Some(cause), "{name}");
        let got = match parameter(&response, "error") {
            Some(error) if error == "invalid_request" => Client("invalid_request"),
            Some(_) => Client("unsupported_response_type"),
            None => Page(response.status),
        };
        assert_eq!(got, shown, "{name}");
        let location = response.headers.get("location").unwrap_or_default();
        match shown {
            Page(_) => assert_eq!(location, "", "{name}: an error like this is never redirected"),
            Client(_) => {
                // Those of an implicit request stand in the fragment (RFC 6749 section 4.2.2.1).
                let join = if name == "implicit" { '#' } else { '?' };
                assert!(location.starts_with(&format!("https://client.example/callback{join}")), "{name}: {location}");
                assert_eq!(parameter(&response, "state").as_deref(), Some("s1"), "{name}");
                assert_eq!(parameter(&response, "code"), None, "{name}");
            }
        }
    }
}

#[test]
fn a_query_that_is_not_encoded_is_refused_on_a_page() {
    for query in ["client_id=%2", "client_id=%zz", "client_id=%ff%fe"] {
        let mut flow = Flow::rfc("");
        let response = flow.visit(&format!("/authorize?{query}"));
        assert_eq!((response.status, flow.refused()), (400, Some(CauseKind::ParameterMissing)), "{query}");
    }
}

#[test]
fn the_endpoint_takes_get_and_post_and_nothing_else() {
    for (method, taken) in [("GET", true), ("POST", true), ("PUT", false), ("DELETE", false), ("HEAD", false)] {
        let mut flow = Flow::rfc("");
        let url = flow.authorization_url(&[]);
        let (path, query) = url.split_once('?').unwrap();
        let response = match method {
            "POST" => flow.send("POST", path, &[crate::support::FORM], query),
            _ => flow.send(method, &url, &[], ""),
        };
        assert_eq!(response.status, if taken { 303 } else { 405 }, "{method}");
        assert_eq!(flow.refused(), (!taken).then_some(CauseKind::MethodNotAllowed), "{method}");
        assert_eq!(response.headers.get("allow"), (!taken).then_some("GET, POST"), "{method}");
    }
}

#[test]
fn a_redirect_uri_may_be_left_out_only_where_exactly_one_is_registered() {
    let cases = [("one", 1, "true", None), ("two", 2, "true", Some(())), ("not allowed", 1, "false", Some(()))];
    for (name, registered, optional, refused) in cases {
        let set = format!("authorization: {{ redirect_uri: {{ optional_when_single: {optional} }} }}");
        let mut world = demo_world();
        world.clients[0].redirect_uris = vec![CALLBACK.to_owned(), "https://other.example/".to_owned()];
        world.clients[0].redirect_uris.truncate(registered);
        let mut flow = Flow::new(policy(&set), world);
        let response = flow.visit(&format!("/authorize?response_type=code&client_id={CLIENT}"));
        assert_eq!(flow.refused(), refused.map(|()| CauseKind::RedirectUriMissing), "{name}");
        assert_eq!(response.status, if refused.is_some() { 400 } else { 303 }, "{name}");
    }
}

#[test]
fn a_policy_may_ask_for_https_or_compare_scheme_and_host_only() {
    let mut world = demo_world();
    world.clients[0].redirect_uris = vec!["http://client.example/callback".to_owned()];
    let mut flow = Flow::new(policy("authorization: { redirect_uri: { https_only: true } }"), world.clone());
    let response = flow.visit(&flow.authorization_url(&[]));
    assert_eq!((response.status, flow.refused()), (400, Some(CauseKind::RedirectUriNotHttps)));
    assert_eq!(response.headers.get("location"), None);
    let mut flow = Flow::new(policy(""), world);
    assert_eq!(flow.visit(&flow.authorization_url(&[])).status, 303, "http is taken where nothing else is asked");

    let set = "authorization: { redirect_uri: { matching: scheme_and_host } }";
    let cases = [
        ("https://client.example/elsewhere?a=b", None),
        ("https://client.example.evil.example/", Some(CauseKind::RedirectUriNotRegistered)),
        ("http://client.example/callback", Some(CauseKind::RedirectUriNotRegistered)),
        ("not a uri", Some(CauseKind::RedirectUriNotRegistered)),
    ];
    for (uri, want) in cases {
        let mut flow = Flow::rfc(set);
        let fields = [("client_id", CLIENT), ("response_type", "code"), ("redirect_uri", uri)];
        flow.visit(&format!("/authorize?{}", encode(&fields)));
        assert_eq!(flow.refused(), want, "{uri}");
    }
}

#[test]
fn exact_online_answers_mistakes_on_pages_of_its_own() {
    let id = ("client_id", CLIENT);
    let code = ("response_type", "code");
    let html = "text/html; charset=utf-8";
    let cases: [(&str, Fields<'_>, u16, &str, &str); 5] = [
        (
            "mismatch",
            &[id, code, ("redirect_uri", "https://a/<b>")],
            400,
            html,
            "<p>Callback URI 'https:&#x2f;&#x2f;a&#x2f;&lt;b&gt;' is not valid</p>",
        ),
        (
            "not https",
            &[id, code, ("redirect_uri", "http://client.example/callback")],
            401,
            html,
            "<p>Not authorized</p>",
        ),
        (
            "unknown client",
            &[("client_id", "x<y>"), code],
            400,
            html,
            "<p>Client with identifier 'x&lt;y&gt;' not found.</p>",
        ),
        ("no redirect", &[id, code], 400, html, "<p>Invalid authorization request</p>"),
        (
            "both",
            &[id, ("redirect_uri", CALLBACK), ("response_type", "code token")],
            400,
            html,
            "<p>Invalid authorization request</p>",
        ),
    ];
    for (name, fields, status, content_type, body) in cases {
        let mut flow = Flow::of("exact-online@2021-11");
        let response = flow.visit(&format!("/api/oauth2/auth?{}", encode(fields)));
        assert_eq!(response.status, status, "{name}");
        assert_eq!(response.headers.get("content-type"), Some(content_type), "{name}");
        assert_eq!(response.headers.get("location"), None, "{name}");
        assert_eq!(text(&response), format!("<!doctype html><title>Exact Online</title>{body}"), "{name}");
    }
}

#[test]
fn a_trailing_slash_on_the_path_makes_no_difference() {
    let mut flow = Flow::of("exact-online");
    let url = flow.authorization_url(&[]).replace("/auth?", "/auth/?");
    assert_eq!(flow.visit(&url).status, 303);
    assert_eq!(flow.refused(), None);
}

#[test]
fn state_comes_back_unchanged_whatever_is_in_it() {
    let long = "x".repeat(2000);
    let states = [
        "xyz",
        " ",
        "a b+c",
        "%41%",
        "ü€😀",
        "<script>alert(1)</script>",
        "a&code=evil#frag?x=y",
        "\"'\\",
        "a\r\nSet-Cookie: b",
        "eyJhIjoxfQ==",
        &long,
    ];
    for state in states {
        for profile in ["exact-online", "exact-online@2021-11"] {
            let mut flow = Flow::of(profile);
            let response = flow.sign_in(&[("state", state)]);
            assert_eq!(parameter(&response, "state").as_deref(), Some(state), "{profile} {state}");
            assert!(parameter(&response, "code").is_some(), "{profile} {state}");
            let location = response.headers.get("location").unwrap();
            assert!(location.chars().all(|c| c.is_ascii_graphic()), "{location}");
            assert_eq!(location.matches("code=").count(), 1, "{location}");
        }
    }
    let mut flow = Flow::rfc("");
    assert_eq!(parameter(&flow.sign_in(&[]), "state"), None, "no state sent, none comes back");
}

#[test]
fn a_code_of_exact_online_is_percent_encoded_in_the_url() {
    let mut flow = Flow::of("exact-online");
    let response = flow.sign_in(&[]);
    let location = response.headers.get("location").unwrap();
    let code = parameter(&response, "code").unwrap();
    assert!(code.starts_with("stampNL001.") && code.contains('!'), "{code}");
    assert!(location.contains("%21") && !location.contains('!'), "{location}");
    assert_eq!(location, format!("{CALLBACK}?{}", encode(&[("code", &code)])));
}

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[test]
fn pkce_is_ignored_checked_or_required_as_the_policy_says() {
    let ignored = "authorization: { pkce: ignored }";
    let required = "authorization: { pkce: { checked: { methods: [S256], required: true } } }";
    let s256: &[(&str, &str)] = &[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let plain: &[(&str, &str)] = &[("code_challenge", VERIFIER)];
    let odd: &[(&str, &str)] = &[("code_challenge", "x"), ("code_challenge_method", "S512")];
    let wrong = Some("e".repeat(43));
    let right = Some(VERIFIER.to_owned());
    let cases = [
        ("ignored, none", ignored, &[][..], None, Ok(())),
        ("ignored, odd method", ignored, odd, None, Ok(())),
        ("ignored, wrong verifier", ignored, s256, wrong.clone(), Ok(())),
        ("checked, none", "", &[][..], None, Ok(())),
        ("checked, right", "", s256, right.clone(), Ok(())),
        ("checked, plain right", "", plain, right.clone(), Ok(())),
        ("checked, plain wrong", "", plain, wrong.clone(), Err(CauseKind::CodeVerifierWrong)),
        ("checked, wrong", "", s256, wrong, Err(CauseKind::CodeVerifierWrong)),
        ("checked, missing", "", s256, None, Err(CauseKind::CodeVerifierMissing)),
        ("checked, verifier without a challenge", "", &[][..], right.clone(), Err(CauseKind::CodeVerifierWrong)),
        ("required, none", required, &[][..], None, Err(CauseKind::CodeChallengeMissing)),
        ("required, plain", required, plain, None, Err(CauseKind::CodeChallengeMethodUnsupported)),
        ("required, right", required, s256, right, Ok(())),
    ];
    for (name, set, challenge, verifier, want) in cases {
        let mut flow = Flow::rfc(set);
        let response = flow.sign_in(challenge);
        let got = match parameter(&response, "code") {
            None => Err(flow.refused().unwrap()),
            Some(code) => {
                let mut fields =
                    vec![("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
                fields.extend(verifier.as_deref().map(|verifier| ("code_verifier", verifier)));
                flow.token(&fields);
                flow.refused().map_or(Ok(()), Err)
            }
        };
        assert_eq!(got, want, "{name}");
    }
}
