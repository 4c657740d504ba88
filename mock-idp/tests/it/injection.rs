//! What others type or send stays text: in pages, in headers, in where the browser goes.

use mock_idp::profile::load;
use mock_idp::proto::cause::CauseKind;
use mock_idp::shell::demo_world;

use crate::support::{Flow, form, parameter, text};

const EVIL: &str = "\"><script>alert(1)</script>{{ 7*7 }}\r\nSet-Cookie: evil=1";

/// The names in this world are hostile.
fn hostile(profile: &str) -> Flow {
    let mut world = demo_world();
    world.clients[0].name = EVIL.to_owned();
    world.users[0].name = format!("{EVIL}@acme.example");
    world.users[0].full_name = EVIL.to_owned();
    Flow::new(
        load(profile, &["sign_in.steps=[password, second_factor]".to_owned(), SECOND.to_owned()]).unwrap().policy,
        world,
    )
}

const SECOND: &str =
    "sign_in.second_factor={ methods: [app, email], backup_codes: {}, trust: 1d, set_up_path: /second-factor }";

/// Nothing of what came in opened a tag, was run as a template, or ended a header.
fn is_harmless(flow: &Flow) {
    for (_, request, reply) in &flow.log {
        let body = String::from_utf8_lossy(&reply.response.body);
        let at = request.target();
        assert!(!body.contains("<script>alert"), "{at}: {body}");
        assert!(!body.contains("49"), "{at}: a value was read as a template: {body}");
        for (name, value) in reply.response.headers.iter() {
            assert!(!value.contains('\n') && !value.contains('\r'), "{at}: {name}: {value:?}");
            assert!(!(name.eq_ignore_ascii_case("set-cookie") && value.starts_with("evil")), "{at}");
        }
    }
}

#[test]
fn hostile_names_states_and_hints_are_text_on_every_page() {
    let mut flow = hostile("rfc");
    for more in [
        [("state", EVIL), ("login_hint", EVIL), ("prompt", "login")],
        [("state", EVIL), ("response_mode", "form_post"), ("prompt", "consent")],
        [("state", EVIL), ("scope", EVIL), ("nonce", EVIL)],
        [("state", EVIL), ("redirect_uri", EVIL), ("nonce", EVIL)],
        [("state", EVIL), ("response_type", EVIL), ("nonce", EVIL)],
        [("client_id", EVIL), ("redirect_uri", EVIL), ("state", EVIL)],
    ] {
        flow.cookies = Default::default();
        flow.advance("2m");
        let response = flow.visit(&flow.authorization_url(&more));
        let mut page = flow.follow(response);
        for _ in 0..4 {
            if page.status != 200 || !text(&page).contains("<form") || !form(&page).action.starts_with('/') {
                break;
            }
            page = flow.fill(&page);
        }
        let location = page.headers.get("location").unwrap_or("https://client.example/callback").to_owned();
        assert!(location.starts_with("https://client.example/callback"), "{location}");
        if let Some(state) = parameter(&page, "state") {
            assert_eq!(state, EVIL, "and it comes back as it was sent");
        }
    }
    flow.visit("/second-factor");
    flow.visit(&format!("/device?{}", crate::support::encode(&[("user_code", EVIL)])));
    flow.visit(&format!("/end-session?{}", crate::support::encode(&[("state", EVIL), ("client_id", EVIL)])));
    flow.visit(&format!("/sign-in?{}", crate::support::encode(&[("i", EVIL)])));
    assert!(flow.log.len() > 20, "{}", flow.log.len());
    is_harmless(&flow);
}

#[test]
fn the_browser_is_sent_nowhere_but_to_what_a_client_registered() {
    let evil = [
        "https://evil.example/",
        "//evil.example/",
        "https://client.example.evil.example/callback",
        "https://client.example/callback@evil.example",
        "https://client.example\\@evil.example/callback",
        "https://client.example/callback/../../x",
        "javascript:alert(1)",
        "data:text/html,x",
    ];
    for uri in evil {
        for mode in ["query", "fragment", "form_post"] {
            let mut flow = Flow::of("rfc");
            let response = flow.visit(&flow.authorization_url(&[("redirect_uri", uri), ("response_mode", mode)]));
            assert_eq!((response.status, response.headers.get("location")), (400, None), "{uri}");
            assert_eq!(flow.refused(), Some(CauseKind::RedirectUriNotRegistered));
            assert!(!text(&response).contains("<form"), "{uri}");
        }
        let mut flow = Flow::of("rfc");
        let response =
            flow.visit(&format!("/end-session?{}", crate::support::encode(&[("post_logout_redirect_uri", uri)])));
        assert_eq!((response.status, response.headers.get("location")), (400, None), "{uri}");
    }
}

#[test]
fn a_form_from_another_site_or_browser_changes_nothing() {
    let mut flow = Flow::of("rfc");
    let response = flow.visit(&flow.authorization_url(&[]));
    let page = flow.follow(response);
    let victim = std::mem::take(&mut flow.cookies);
    let (name, password) = (flow.user.name.clone(), flow.user.password.expose().clone());
    let fields = [("username", &*name), ("password", &*password)];
    flow.submit(&form(&page), &fields);
    assert_eq!(flow.refused(), Some(CauseKind::InteractionUnknown), "without the cookie");
    let response = flow.visit(&flow.authorization_url(&[]));
    let other = flow.follow(response);
    flow.submit(&form(&page), &fields);
    assert_eq!(flow.refused(), Some(CauseKind::InteractionUnknown), "with the cookie of another browser");
    flow.cookies = victim;
    flow.submit(&form(&other), &fields);
    assert_eq!(flow.refused(), Some(CauseKind::InteractionUnknown), "the other way round");
}

#[test]
fn cookies_are_out_of_reach_of_scripts_and_other_sites_and_secure_where_the_browser_is() {
    for (origin, secure) in [("http://127.0.0.1:8080", false), ("https://idp.example", true)] {
        let mut flow = Flow::of("rfc");
        let mut request = crate::support::request("GET", &flow.authorization_url(&[]), &[], "");
        request.origin = origin.to_owned();
        let reply = flow.idp.handle(flow.now, &request);
        let cookies: Vec<&str> = reply.response.headers.all("set-cookie").collect();
        assert!(!cookies.is_empty());
        for cookie in cookies {
            assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
            assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
        }
    }
}

#[test]
fn every_page_forbids_frames_scripts_and_being_kept() {
    let mut flow = Flow::of("rfc");
    flow.sign_in(&[("scope", "openid")]);
    flow.visit("/device");
    flow.visit("/end-session");
    let pages: Vec<_> = flow
        .log
        .iter()
        .map(|(_, _, reply)| &reply.response)
        .filter(|response| response.headers.get("content-type").is_some_and(|kind| kind.starts_with("text/html")))
        .collect();
    assert!(pages.len() >= 5, "{}", pages.len());
    for page in pages {
        let rules = page.headers.get("content-security-policy").unwrap();
        assert!(rules.contains("default-src 'none'") && rules.contains("frame-ancestors 'none'"), "{rules}");
        assert!(!rules.contains("unsafe-eval") && !rules.contains("script-src"), "{rules}");
        assert_eq!(page.headers.get("cache-control"), Some("no-store"));
        assert_eq!(page.headers.get("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.headers.get("referrer-policy"), Some("no-referrer"));
    }
}
