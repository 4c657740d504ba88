//! Second factors by policy: backup codes, e-mail, trusted devices, lock-out, set-up.

mod accounts;
mod holes;
mod set_up;

use mock_idp::profile::load;
use mock_idp::proto::Change;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::message::Response;
use mock_idp::proto::secret::Secret;
use mock_idp::proto::world::World;
use mock_idp::shell::demo_world;

use crate::support::{Flow, form, parameter, text};

/// Everything on, as Code On Time has it.
const FULL: &str = "sign_in.second_factor={ methods: [app, email], backup_codes: { count: 10, digits: 8 }, trust: 180d, \
    email_lifetime: 3m, set_up: opt_in, set_up_path: /sign-in/second-factor }";
const STEPS: &str = "sign_in.steps=[password, second_factor]";

fn with(world: World, more: &[&str]) -> Flow {
    let settings: Vec<String> = [FULL, STEPS].iter().chain(more).map(|it| (*it).to_owned()).collect();
    Flow::new(load("rfc", &settings).unwrap().policy, world)
}

/// A user with an app, an address, and two backup codes.
fn enrolled(more: &[&str]) -> Flow {
    let mut world = demo_world();
    world.users[0].second_factor_by_email = true;
    world.users[0].backup_codes = ["11111111", "22222222"].map(|code| Secret::new(code.to_owned())).to_vec();
    with(world, more)
}

/// Goes as far as the page that asks for a code.
fn at_second_factor(flow: &mut Flow) -> Response {
    let url = flow.authorization_url(&[("scope", "openid")]);
    let response = flow.visit(&url);
    let page = flow.follow(response);
    let page = flow.fill(&page);
    assert!(text(&page).contains("Verification code"), "{}", text(&page));
    page
}

/// Enters a code: the page that follows, or the way back to the client once consent is given.
fn enter(flow: &mut Flow, page: &Response, fields: &[(&str, &str)]) -> Response {
    let response = flow.submit(&form(page), fields);
    let response = flow.follow(response);
    if text(&response).contains("Allow access?") { flow.fill(&response) } else { response }
}

fn is_back(response: &Response) -> bool {
    parameter(response, "code").is_some()
}

#[test]
fn each_backup_code_is_good_once_and_stands_for_a_lost_authenticator() {
    let mut flow = enrolled(&[]);
    for (code, good) in
        [("1111 1111", true), ("11111111", false), ("2222-2222", true), ("22222222", false), ("", false)]
    {
        flow.cookies = Default::default();
        let page = at_second_factor(&mut flow);
        let response = enter(&mut flow, &page, &[("code", code)]);
        assert_eq!(is_back(&response), good, "{code}");
        if !good {
            assert_eq!(flow.refused(), Some(CauseKind::SecondFactorWrong), "{code}");
            assert!(text(&response).contains("The verification code is incorrect."));
        }
    }
}

#[test]
fn a_mailed_code_is_in_the_outbox_and_good_once_for_its_time_and_only_the_newest() {
    let mut flow = enrolled(&[]);
    let send = |flow: &mut Flow, page: &Response| {
        let response = flow.submit(&form(page), &[("send", "email")]);
        let page = flow.follow(response);
        let mail = flow.idp.outbox().last().unwrap().clone();
        assert_eq!((mail.to.as_str(), mail.code.expose().len(), mail.at), ("john.doe@acme.example", 6, flow.now));
        assert!(mail.text().contains(mail.code.expose()));
        (page, mail.code.expose().clone())
    };
    let page = at_second_factor(&mut flow);
    assert!(text(&page).contains("It can be sent to j***@acme.example."), "{}", text(&page));
    let (page, first) = send(&mut flow, &page);
    let (page, second) = send(&mut flow, &page);
    assert!(!is_back(&enter(&mut flow, &page, &[("code", &first)])), "a newer one takes its place");
    flow.advance("2m 59s 999ms");
    assert!(is_back(&enter(&mut flow, &page, &[("code", &second)])));
    flow.cookies = Default::default();
    let page = at_second_factor(&mut flow);
    assert!(!is_back(&enter(&mut flow, &page, &[("code", &second)])), "once");
    let (page, third) = send(&mut flow, &page);
    flow.advance("3m");
    assert!(!is_back(&enter(&mut flow, &page, &[("code", &third)])), "for three minutes");
    assert_eq!(flow.idp.outbox().count(), 3);
    flow.idp.reset();
    assert_eq!(flow.idp.outbox().count(), 0);
}

#[test]
fn an_authenticator_code_is_taken_within_its_window_and_once() {
    for (drift, window, good) in [(1, 1, true), (2, 1, false), (-6, 6, true), (6, 6, true), (7, 6, false)] {
        let mut flow = enrolled(&[&format!("sign_in.totp.window={window}")]);
        let page = at_second_factor(&mut flow);
        let code = flow.totp(drift);
        assert_eq!(is_back(&enter(&mut flow, &page, &[("code", &code)])), good, "{drift} of {window}");
    }
    let mut flow = enrolled(&[]);
    let code = flow.totp(0);
    let page = at_second_factor(&mut flow);
    assert!(is_back(&enter(&mut flow, &page, &[("code", &code)])));
    flow.cookies = Default::default();
    let page = at_second_factor(&mut flow);
    assert!(!is_back(&enter(&mut flow, &page, &[("code", &code)])));
    assert_eq!(flow.refused(), Some(CauseKind::TotpUsedBefore));
}

#[test]
fn a_trusted_device_is_not_asked_for_180_days_and_only_for_that_user() {
    let mut flow = enrolled(&[]);
    let page = at_second_factor(&mut flow);
    let code = flow.totp(0);
    assert!(is_back(&enter(&mut flow, &page, &[("code", &code), ("trust", "yes")])));
    let cookie = flow
        .log
        .iter()
        .flat_map(|(_, _, reply)| reply.response.headers.all("set-cookie"))
        .find(|it| it.starts_with("trusted-device="));
    let cookie = cookie.unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Max-Age=15552000"),
        "{cookie}"
    );
    let again = |flow: &mut Flow| {
        let url = flow.authorization_url(&[("scope", "openid"), ("prompt", "login")]);
        let response = flow.visit(&url);
        let page = flow.follow(response);
        flow.fill(&page)
    };
    flow.advance("4319h 59m 59s 999ms");
    assert!(is_back(&again(&mut flow)));
    flow.advance("1ms");
    assert!(text(&again(&mut flow)).contains("Verification code"), "180 days are over");
    // A made-up cookie is nobody's.
    flow.cookies = Default::default();
    flow.cookies.set("trusted-device", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert!(text(&again(&mut flow)).contains("Verification code"));
    let mut flow = enrolled(&["sign_in.second_factor.trust=null"]);
    let page = at_second_factor(&mut flow);
    assert!(!text(&page).contains("Trust this device"));
    let code = flow.totp(0);
    let response = enter(&mut flow, &page, &[("code", &code), ("trust", "yes")]);
    assert!(
        is_back(&response) && !response.headers.all("set-cookie").any(|it| it.starts_with("trusted")),
        "not offered, not taken"
    );
}

#[test]
fn the_account_is_locked_at_the_last_failure_whichever_factor_failed() {
    for lasts in [None, Some("15m")] {
        let lock = format!(
            "sign_in.lock_out={{ failures: 3{} }}",
            lasts.map(|span| format!(", lasts: {span}")).unwrap_or_default()
        );
        let mut flow = enrolled(&[&lock]);
        let url = flow.authorization_url(&[("scope", "openid")]);
        let response = flow.visit(&url);
        let mut page = flow.follow(response);
        let name = flow.user.name.clone();
        page = flow.submit(&form(&page), &[("username", &name), ("password", "wrong")]);
        let password = flow.user.password.expose().clone();
        let response = flow.submit(&form(&page), &[("username", &name), ("password", &password)]);
        page = flow.follow(response);
        page = flow.submit(&form(&page), &[("code", "000000")]);
        assert_eq!(flow.refused(), Some(CauseKind::SecondFactorWrong), "a wrong second factor counts as one");
        page = flow.submit(&form(&page), &[("code", "99999999")]);
        assert_eq!(flow.refused(), Some(CauseKind::SecondFactorWrong), "the third");
        let code = flow.totp(0);
        page = flow.submit(&form(&page), &[("code", &code)]);
        assert_eq!(flow.refused(), Some(CauseKind::AccountLocked), "whatever is right");
        assert!(text(&page).contains("This account is locked after too many failed attempts."));
        match lasts {
            None => {
                flow.advance("20m");
                flow.submit(&form(&page), &[("code", "1")]);
                assert_eq!(flow.refused(), Some(CauseKind::AccountLocked));
                flow.change(&Change::Unlocked { user: name });
            }
            Some(_) => {
                flow.advance("14m 59s 999ms");
                flow.submit(&form(&page), &[("code", "1")]);
                assert_eq!(flow.refused(), Some(CauseKind::AccountLocked));
                flow.advance("1ms");
            }
        }
        let code = flow.totp(0);
        assert!(is_back(&enter(&mut flow, &page, &[("code", &code)])), "{lasts:?}");
    }
}

#[test]
fn a_sign_in_that_was_right_starts_the_count_anew() {
    let mut flow = enrolled(&["sign_in.lock_out={ failures: 2 }"]);
    for _ in 0..3 {
        flow.cookies = Default::default();
        flow.advance("2m");
        let page = at_second_factor(&mut flow);
        let page = flow.submit(&form(&page), &[("code", "000000")]);
        let code = flow.totp(0);
        assert!(is_back(&enter(&mut flow, &page, &[("code", &code)])));
    }
}

#[test]
fn without_a_password_the_name_is_enough_and_a_mailed_code_proves_it() {
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    let mut flow = with(world, &["sign_in.steps=[user_name, second_factor]", "sign_in.second_factor.set_up=automatic"]);
    let url = flow.authorization_url(&[("scope", "openid"), ("login_hint", "john.doe@acme.example\"><b>")]);
    let response = flow.visit(&url);
    let page = flow.follow(response);
    assert!(!text(&page).contains("type=\"password\"") && !text(&page).contains("<b>"), "{}", text(&page));
    let unknown = flow.submit(&form(&page), &[("username", "nobody")]);
    assert_eq!((unknown.status, flow.refused()), (200, Some(CauseKind::PasswordWrong)));
    let name = flow.user.name.clone();
    let response = flow.submit(&form(&page), &[("username", &name)]);
    let page = flow.follow(response);
    let response = flow.submit(&form(&page), &[("send", "email")]);
    let page = flow.follow(response);
    let code = flow.idp.outbox().last().unwrap().code.expose().clone();
    assert!(is_back(&enter(&mut flow, &page, &[("code", &code)])));
}

#[test]
fn who_has_no_second_factor_is_not_asked_for_one_unless_it_is_set_up_for_them() {
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    let mut flow = with(world.clone(), &[]);
    assert!(is_back(&flow.sign_in(&[("scope", "openid")])));
    let mut flow = with(world, &["sign_in.second_factor.set_up=automatic"]);
    at_second_factor(&mut flow);
}
