//! The sign-in pages: steps, sessions, consent, and what a stranger can do to them.

use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::message::Response;
use mock_idp::proto::secret::Secret;
use mock_idp::shell::demo_world;

use crate::browser::Cookies;
use crate::support::{Fields, Flow, form, parameter, policy, text};

/// The first page of a sign-in.
fn first_page(flow: &mut Flow) -> Response {
    let response = flow.visit(&flow.authorization_url(&[("state", "s1")]));
    flow.follow(response)
}

/// The page that asks for the authenticator's code.
fn totp_page(flow: &mut Flow) -> Response {
    let page = first_page(flow);
    flow.fill(&page)
}

#[test]
fn a_wrong_password_is_told_so_and_the_right_one_still_goes_on() {
    let cases = [
        ("wrong password", "john.doe@acme.example", "wrong"),
        ("wrong name", "jane.doe@acme.example", "correct horse battery staple"),
        ("other case", "john.doe@acme.example", "Correct horse battery staple"),
        ("empty", "", ""),
    ];
    for (name, user, password) in cases {
        let mut flow = Flow::rfc("");
        let page = first_page(&mut flow);
        let again = flow.submit(&form(&page), &[("username", user), ("password", password)]);
        assert_eq!((again.status, flow.refused()), (200, Some(CauseKind::PasswordWrong)), "{name}");
        assert!(text(&again).contains("The user name or password is incorrect."), "{name}");
        let next = flow.fill(&again);
        assert!(form(&next).field("one-time-code").is_some(), "{name}");
    }
}

#[test]
fn an_authenticator_code_is_good_for_its_step_and_one_before_and_after() {
    for (drift, want) in
        [(-2, Some(CauseKind::TotpWrong)), (-1, None), (0, None), (1, None), (2, Some(CauseKind::TotpWrong))]
    {
        let mut flow = Flow::rfc("");
        let page = totp_page(&mut flow);
        let code = flow.totp(drift);
        let next = flow.submit(&form(&page), &[("totp", &code)]);
        assert_eq!(flow.refused(), want, "{drift}");
        assert_eq!(next.status, if want.is_some() { 200 } else { 303 }, "{drift}");
    }
}

#[test]
fn a_code_that_comes_late_is_refused_from_the_moment_its_window_ends() {
    for (wait, want) in [("59s 999ms", None), ("1m", Some(CauseKind::TotpWrong))] {
        let mut flow = Flow::rfc("");
        let page = totp_page(&mut flow);
        let code = flow.totp(0);
        flow.advance(wait);
        flow.submit(&form(&page), &[("totp", &code)]);
        assert_eq!(flow.refused(), want, "{wait}");
    }
}

#[test]
fn an_authenticator_code_is_good_once() {
    let mut flow = Flow::rfc("");
    flow.authorize();
    flow.cookies = Cookies::default();
    let page = totp_page(&mut flow);
    let code = flow.totp(0);
    let again = flow.submit(&form(&page), &[("totp", &code)]);
    assert_eq!(flow.refused(), Some(CauseKind::TotpUsedBefore));
    assert!(text(&again).contains("already used"), "{}", text(&again));
    let older = flow.totp(-1);
    flow.submit(&form(&again), &[("totp", &older)]);
    assert_eq!(flow.refused(), Some(CauseKind::TotpUsedBefore), "an older one was passed over");
    flow.advance("30s");
    assert_eq!(flow.fill(&again).status, 302, "consent was given before");
}

#[test]
fn a_code_is_taken_with_blanks_as_authenticator_apps_show_it() {
    let mut flow = Flow::rfc("");
    let page = totp_page(&mut flow);
    let code = flow.totp(0);
    let (one, other) = code.split_at(3);
    flow.submit(&form(&page), &[("totp", &format!(" {one} {other} "))]);
    assert_eq!(flow.refused(), None);
}

#[test]
fn a_user_without_an_authenticator_is_not_asked_for_its_code() {
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    let mut flow = Flow::new(policy(""), world);
    let page = totp_page(&mut flow);
    assert!(text(&page).contains("Allow access?"), "{}", text(&page));
}

#[test]
fn a_sign_in_belongs_to_the_browser_that_began_it() {
    let other = {
        let mut flow = Flow::rfc("");
        flow.idp = mock_idp::proto::Idp::new(
            std::sync::Arc::new(policy("")),
            demo_world(),
            mock_idp::proto::Seed::from_number(2),
        );
        first_page(&mut flow);
        flow.cookies
    };
    for (name, cookies) in [("no cookie", Cookies::default()), ("another's", other)] {
        let mut flow = Flow::rfc("");
        let page = first_page(&mut flow);
        let own = std::mem::replace(&mut flow.cookies, cookies);
        let fields = [("username", "john.doe@acme.example"), ("password", "correct horse battery staple")];
        let response = flow.submit(&form(&page), &fields);
        assert_eq!((response.status, flow.refused()), (400, Some(CauseKind::InteractionUnknown)), "{name}");
        let shown = flow.visit(&format!("/sign-in?i={}", form(&page).hidden()[0].1));
        assert_eq!((shown.status, flow.refused()), (400, Some(CauseKind::InteractionUnknown)), "{name}");
        flow.cookies = own;
        assert_eq!(flow.fill(&page).status, 200, "{name}: the stranger took nothing from its owner");
        assert_eq!(flow.refused(), None, "{name}");
    }
}

#[test]
fn a_sign_in_ends_half_an_hour_after_it_began() {
    for (wait, want) in [("29m 59s 999ms", None), ("30m", Some(CauseKind::InteractionUnknown))] {
        let mut flow = Flow::rfc("");
        let page = first_page(&mut flow);
        flow.advance(wait);
        flow.fill(&page);
        assert_eq!(flow.refused(), want, "{wait}");
    }
    let mut flow = Flow::rfc("");
    for target in ["/sign-in", "/sign-in?i=", "/sign-in?i=nothing"] {
        assert_eq!(flow.visit(target).status, 400, "{target}");
        assert_eq!(flow.refused(), Some(CauseKind::InteractionUnknown), "{target}");
    }
}

#[test]
fn a_session_saves_the_steps_until_it_ends_or_is_passed_over() {
    let cases: [(&str, &str, Fields<'_>, bool); 5] = [
        ("at once", "0s", &[], false),
        ("just before its end", "7h 59m 59s 999ms", &[], false),
        ("at its end", "8h", &[], true),
        ("passed over", "1m", &[("force_login", "1")], true),
        ("not passed over", "1m", &[("force_login", "0")], false),
    ];
    for (name, wait, more, asked) in cases {
        let mut flow = Flow::rfc("");
        let first = flow.authorize();
        flow.advance(wait);
        let response = flow.visit(&flow.authorization_url(more));
        assert_eq!(response.status, if asked { 303 } else { 302 }, "{name}");
        if !asked {
            assert_ne!(parameter(&response, "code"), Some(first), "{name}: a code of its own");
        }
    }
    let mut flow = Flow::rfc("sign_in: { session: 0s }");
    flow.authorize();
    assert_eq!(flow.visit(&flow.authorization_url(&[])).status, 303, "without sessions every sign-in asks");
}

#[test]
fn consent_is_asked_always_or_the_first_time_or_never() {
    let asked = |flow: &mut Flow| {
        let response = flow.visit(&flow.authorization_url(&[]));
        let mut page = flow.follow(response);
        let mut asked = false;
        while page.status == 200 {
            asked |= text(&page).contains("Allow access?");
            page = flow.fill(&page);
        }
        assert!(parameter(&page, "code").is_some());
        asked
    };
    for (consent, want) in [("always", [true, true]), ("first_time", [true, false]), ("never", [false, false])] {
        let mut flow = Flow::rfc(&format!("sign_in: {{ consent: {consent} }}"));
        assert_eq!([asked(&mut flow), asked(&mut flow)], want, "{consent}");
    }
}

#[test]
fn a_refusal_goes_back_to_the_client_without_a_code_and_is_not_remembered() {
    for profile in ["exact-online", "exact-online@2021-11"] {
        let mut flow = Flow::of(profile);
        let page = totp_page(&mut flow);
        let page = flow.fill(&page);
        let response = flow.submit(&form(&page), &[("consent", "refuse")]);
        assert_eq!(flow.refused(), Some(CauseKind::ConsentRefused));
        assert_eq!(parameter(&response, "error").as_deref(), Some("access_denied"));
        assert_eq!(parameter(&response, "state").as_deref(), Some("s1"));
        assert_eq!(parameter(&response, "code"), None);
        let page = first_page(&mut flow);
        assert!(text(&page).contains("Allow access?"), "{profile}: a refusal is no consent");
    }
}

#[test]
fn a_form_that_is_posted_twice_refuses_nothing() {
    let mut flow = Flow::rfc("");
    let page = totp_page(&mut flow);
    let code = flow.totp(0);
    flow.submit(&form(&page), &[("totp", &code)]);
    let twice = flow.submit(&form(&page), &[("totp", &code)]);
    assert_eq!((twice.status, flow.refused()), (303, None), "the consent page waits, it was not answered");
    let page = flow.follow(twice);
    assert!(parameter(&flow.fill(&page), "code").is_some());
}

#[test]
fn the_pages_take_get_and_post_and_nothing_else() {
    let mut flow = Flow::rfc("");
    let page = first_page(&mut flow);
    let target = format!("/sign-in?i={}", form(&page).hidden()[0].1);
    let cookie = flow.cookies.header().unwrap();
    for method in ["PUT", "DELETE", "PATCH"] {
        let response = flow.send(method, &target, &[("cookie", &cookie)], "");
        assert_eq!((response.status, flow.refused()), (405, Some(CauseKind::MethodNotAllowed)), "{method}");
    }
    assert_eq!(flow.visit(&target).status, 200);
}

#[test]
fn nothing_that_a_stranger_sends_can_open_a_tag_on_a_page() {
    let evil = "\"><script>alert(1)</script>";
    let mut world = demo_world();
    world.users[0].name = format!("john{evil}");
    world.users[0].password = Secret::new("p".to_owned());
    world.clients[0].name = format!("Acme{evil}");
    world.clients[0].redirect_uris = vec![format!("https://client.example/{evil}")];
    let title = format!("sign_in: {{ title: '{evil}' }}");
    let mut flow = Flow::new(policy(&title), world);
    let response = flow.visit(&flow.authorization_url(&[("state", evil)]));
    let mut page = flow.follow(response);
    let mut pages = 0;
    while page.status == 200 {
        let body = text(&page);
        assert!(!body.contains("<script"), "{body}");
        assert!(
            page.headers.get("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'"))
        );
        pages += 1;
        page = flow.fill(&page);
    }
    assert_eq!(pages, 3, "password, authenticator, consent");
    for target in [format!("/authorize?client_id={evil}"), format!("/sign-in?i={evil}"), format!("/{evil}")] {
        for profile in ["rfc", "exact-online"] {
            let mut flow = if profile == "rfc" { Flow::rfc("") } else { Flow::of(profile) };
            let target = target.replace("/authorize", &flow.idp.policy().authorization.path);
            let body = text(&flow.visit(&target));
            assert!(!body.contains("<script"), "{profile} {target}: {body}");
        }
    }
}

#[test]
fn cookies_are_kept_from_scripts_and_other_sites_and_from_plain_connections() {
    let mut flow = Flow::rfc("");
    let page = totp_page(&mut flow);
    let begun = flow.visit(&flow.authorization_url(&[]));
    assert_eq!(begun.headers.get("set-cookie"), None, "a browser that has one keeps it");
    let code = flow.totp(0);
    let session = flow.submit(&form(&page), &[("totp", &code)]);
    flow.cookies = Cookies::default();
    let browser = flow.visit(&flow.authorization_url(&[]));
    for (name, response) in [("session", &session), ("sign-in", &browser)] {
        let cookie = response.headers.get("set-cookie").unwrap();
        assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    }
    let mut request = crate::support::request("GET", &flow.authorization_url(&[]), &[], "");
    request.origin = "https://127.0.0.1:8080".to_owned();
    let secure = flow.idp.handle(flow.now, &request).response;
    assert!(secure.headers.get("set-cookie").unwrap().ends_with("; Secure"));
}

#[test]
fn exact_online_names_its_cookie_its_field_and_its_page_as_the_real_one_does() {
    let mut flow = Flow::of("exact-online");
    let response = flow.visit(&flow.authorization_url(&[]));
    assert!(response.headers.get("location").unwrap().starts_with("/docs/Login.aspx?i="));
    let page = flow.follow(response);
    assert_eq!(form(&page).field("password").unwrap().name, "LoginForm$Password");
    let page = flow.fill(&page);
    let code = flow.totp(0);
    let response = flow.submit(&form(&page), &[("totp", &code)]);
    assert!(response.headers.get("set-cookie").unwrap().starts_with("ASP.NET_SessionId="));
}
