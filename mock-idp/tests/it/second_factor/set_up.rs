//! Setting up a second factor.

use mock_idp::proto::base32;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::message::Response;
use mock_idp::proto::secret::Secret;
use mock_idp::proto::totp;
use mock_idp::shell::demo_world;

use crate::second_factor::{at_second_factor, enrolled, enter, is_back, with};
use crate::support::{Flow, form, text};

const PATH: &str = "/sign-in/second-factor";

/// A user without a second factor, signed in.
fn signed_in() -> Flow {
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    let mut flow = with(world, &[]);
    assert!(is_back(&flow.sign_in(&[("scope", "openid")])));
    flow
}

/// Posts a form of the set-up and shows what follows.
fn post(flow: &mut Flow, page: &Response, fields: &[(&str, &str)]) -> Response {
    let response = flow.submit(&form(page), fields);
    flow.follow(response)
}

fn chosen(flow: &mut Flow) -> Response {
    let page = flow.visit(PATH);
    let password = flow.user.password.expose().clone();
    post(flow, &page, &[("password", &password)])
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

/// The secret that the page shows as a key to type.
fn key(page: &Response) -> Vec<u8> {
    base32::decode(between(&text(page), "<code id=\"setup-key\">", "</code>")).unwrap()
}

fn code_of(flow: &Flow, secret: &[u8]) -> String {
    totp::code(&flow.idp.policy().sign_in.totp, secret, flow.now, 0)
}

fn backup_codes(page: &Response) -> Vec<String> {
    let text = text(page);
    let list = between(&text, "<ul id=\"backup-codes\">", "</ul>");
    list.split("<code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

#[test]
fn nothing_holds_until_a_code_was_right_and_backup_codes_are_not_taken_for_that() {
    let mut flow = signed_in();
    let page = flow.visit(PATH);
    assert!(text(&page).contains("Confirm the password"));
    let wrong = post(&mut flow, &page, &[("password", "wrong")]);
    assert_eq!(flow.refused(), Some(CauseKind::PasswordWrong));
    assert!(text(&wrong).contains("incorrect"));
    let page = chosen(&mut flow);
    let (secret, codes) = (key(&page), backup_codes(&page));
    assert_eq!((secret.len(), codes.len()), (20, 10));
    assert!(codes.iter().all(|code| code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit())), "{codes:?}");
    assert!(text(&page).contains("<svg viewBox"));
    let file = flow.visit(&format!("{PATH}?save=backup-codes"));
    assert_eq!(text(&file).lines().collect::<Vec<_>>(), codes);
    assert!(file.headers.get("content-disposition").unwrap().contains("attachment"));
    let page = post(&mut flow, &page, &[("app", "yes"), ("do", "enable")]);
    let page = post(&mut flow, &page, &[("code", &codes[0])]);
    assert_eq!(flow.refused(), Some(CauseKind::SecondFactorWrong), "a backup code proves no app");
    let mut other = Flow { cookies: Default::default(), log: Vec::new(), ..flow };
    assert!(is_back(&other.sign_in(&[("scope", "openid")])), "nothing holds yet");
    let mut flow = other;
    // The other browser's sign-in left the set-up to its own session.
    let page2 = flow.visit(PATH);
    assert!(text(&page2).contains("Confirm the password"), "{}", text(&page));
    let page = chosen(&mut flow);
    let secret = key(&page);
    let page = post(&mut flow, &page, &[("app", "yes"), ("do", "enable")]);
    let code = code_of(&flow, &secret);
    let done = post(&mut flow, &page, &[("code", &code)]);
    assert!(text(&done).contains("Two-factor authentication is on."), "{}", text(&done));
    flow.cookies = Default::default();
    flow.advance("30s");
    let page = at_second_factor(&mut flow);
    let code = code_of(&flow, &secret);
    assert!(is_back(&enter(&mut flow, &page, &[("code", &code)])));
}

#[test]
fn codes_by_e_mail_are_set_up_by_a_code_that_arrives() {
    let mut flow = signed_in();
    let page = chosen(&mut flow);
    let nothing = post(&mut flow, &page, &[("do", "enable")]);
    assert_eq!(flow.refused(), Some(CauseKind::SecondFactorNotChosen));
    let page = post(&mut flow, &nothing, &[("email", "yes"), ("do", "enable")]);
    let code = flow.idp.outbox().last().unwrap().code.expose().clone();
    let done = post(&mut flow, &page, &[("code", &code)]);
    assert!(text(&done).contains("is on."));
    flow.cookies = Default::default();
    let page = at_second_factor(&mut flow);
    assert!(text(&page).contains("Get a code by e-mail") && !text(&page).contains("authenticator app shows"));
}

#[test]
fn a_new_set_of_backup_codes_takes_the_place_of_the_old_one() {
    let mut flow = signed_in();
    let page = chosen(&mut flow);
    let before = backup_codes(&page);
    let page = post(&mut flow, &page, &[("do", "generate")]);
    let after = backup_codes(&page);
    assert!(after.len() == 10 && after.iter().all(|code| !before.contains(code)));
}

#[test]
fn coming_back_asks_for_a_code_and_turning_it_off_ends_all_trust() {
    let mut flow = enrolled(&[]);
    let page = at_second_factor(&mut flow);
    let code = flow.totp(0);
    assert!(is_back(&enter(&mut flow, &page, &[("code", &code), ("trust", "yes")])));
    let page = flow.visit(PATH);
    assert!(text(&page).contains("Enter a code to see"));
    let page = post(&mut flow, &page, &[("code", "11111111")]);
    assert_eq!(backup_codes(&page), ["22222222"], "the one that was used is gone");
    let done = post(&mut flow, &page, &[("do", "disable")]);
    assert!(text(&done).contains("is off"), "{}", text(&done));
    // On again, with a new secret: the old cookie is worth nothing.
    let page = chosen(&mut flow);
    let secret = key(&page);
    let page = post(&mut flow, &page, &[("app", "yes"), ("do", "enable")]);
    flow.advance("30s");
    let code = code_of(&flow, &secret);
    post(&mut flow, &page, &[("code", &code)]);
    let url = flow.authorization_url(&[("scope", "openid"), ("prompt", "login")]);
    let response = flow.visit(&url);
    let page = flow.follow(response);
    assert!(text(&flow.fill(&page)).contains("Verification code"), "the device is trusted no more");
}

#[test]
fn the_set_up_is_for_who_is_signed_in_and_for_forms_of_that_browser() {
    let mut flow = signed_in();
    let page = flow.visit(PATH);
    let forged = flow.post(PATH, &[("password", "x"), ("form", "forged")]);
    assert_eq!(flow.refused(), Some(CauseKind::InteractionUnknown), "{forged:?}");
    let cookies = std::mem::take(&mut flow.cookies);
    assert_eq!((flow.visit(PATH).status, flow.refused()), (400, Some(CauseKind::SignInFirst)));
    flow.submit(&form(&page), &[("password", "x")]);
    assert_eq!(flow.refused(), Some(CauseKind::SignInFirst));
    flow.cookies = cookies;
    flow.advance("8h");
    assert_eq!((flow.visit(PATH).status, flow.refused()), (400, Some(CauseKind::SignInFirst)));
}

#[test]
fn failures_at_the_set_up_lock_the_account_too() {
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    world.users[0].backup_codes = vec![Secret::new("11111111".into())];
    let mut flow = with(world, &["sign_in.lock_out={ failures: 2 }"]);
    assert!(is_back(&flow.sign_in(&[("scope", "openid")])));
    let page = flow.visit(PATH);
    for _ in 0..2 {
        post(&mut flow, &page, &[("password", "wrong")]);
    }
    let password = flow.user.password.expose().clone();
    post(&mut flow, &page, &[("password", &password)]);
    assert_eq!(flow.refused(), Some(CauseKind::AccountLocked));
}

#[test]
fn a_mailed_code_is_no_proof_that_the_app_works() {
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    world.users[0].second_factor_by_email = true;
    let mut flow = with(world, &[]);
    let page = at_second_factor(&mut flow);
    let mailed = |flow: &mut Flow, page: &Response| {
        let page = post(flow, page, &[("send", "email")]);
        (page, flow.idp.outbox().last().unwrap().code.expose().clone())
    };
    let (page, code) = mailed(&mut flow, &page);
    assert!(is_back(&enter(&mut flow, &page, &[("code", &code)])));
    let page = flow.visit(PATH);
    let (page, code) = mailed(&mut flow, &page);
    let page = post(&mut flow, &page, &[("code", &code)]);
    let secret = key(&page);
    // Another code is sent while the app alone is to be confirmed: none comes, and none would be taken.
    let page = post(&mut flow, &page, &[("app", "yes"), ("do", "enable")]);
    let (page, code) = mailed(&mut flow, &page);
    assert_eq!(flow.idp.outbox().count(), 2);
    post(&mut flow, &page, &[("code", &code)]);
    assert_eq!(flow.refused(), Some(CauseKind::SecondFactorWrong));
    let code = code_of(&flow, &secret);
    assert!(text(&post(&mut flow, &page, &[("code", &code)])).contains("is on"));
}
