//! Which account, and how fresh: prompt, max_age, login_hint (OpenID Connect Core section 3.1.2.1).

use mock_idp::profile::load;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::secret::Secret;
use mock_idp::proto::world::User;
use mock_idp::shell::demo_world;

use crate::openid::support::{body, claims};
use crate::support::{Flow, form, parameter, text};

const OPENID: (&str, &str) = ("scope", "openid");

/// Two users without a second factor.
fn two() -> Flow {
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    world.users.push(User {
        name: "jane".into(),
        password: Secret::new("pw".into()),
        full_name: "Jane <b>".into(),
        ..User::default()
    });
    Flow::new(load("rfc", &[]).unwrap().policy, world)
}

fn sign_in_as(flow: &mut Flow, user: usize, more: &[(&str, &str)]) -> String {
    flow.user = flow.idp.world().users[user].clone();
    let response = flow.sign_in(&[&[OPENID], more].concat());
    parameter(&response, "code").unwrap_or_else(|| panic!("{response:?}"))
}

#[test]
fn prompt_none_asks_nobody_and_says_why_it_cannot_answer() {
    let mut flow = two();
    let none = |flow: &mut Flow| {
        let url = flow.authorization_url(&[OPENID, ("prompt", "none"), ("state", "s")]);
        let response = flow.visit(&url);
        (parameter(&response, "error"), parameter(&response, "state"), response.status)
    };
    assert_eq!(none(&mut flow), (Some("login_required".into()), Some("s".into()), 302));
    sign_in_as(&mut flow, 0, &[]);
    assert_eq!(none(&mut flow).0, None);
    let client = flow.client.id.clone();
    let user = flow.user.name.clone();
    flow.change(&mock_idp::proto::Change::ConsentWithdrawn { user, client });
    assert_eq!(none(&mut flow).0.as_deref(), Some("consent_required"));
    sign_in_as(&mut flow, 1, &[("prompt", "login")]);
    assert_eq!(none(&mut flow).0.as_deref(), Some("account_selection_required"));
    flow.advance("8h");
    assert_eq!(none(&mut flow).0.as_deref(), Some("login_required"), "the session is over");
}

#[test]
fn prompts_that_contradict_each_other_are_refused() {
    for prompt in ["none login", "login none", "sudo"] {
        let mut flow = two();
        let response = flow.sign_in(&[OPENID, ("prompt", prompt)]);
        assert_eq!(flow.refused(), Some(CauseKind::PromptInvalid), "{prompt}");
        assert_eq!(parameter(&response, "error").as_deref(), Some("invalid_request"));
    }
    let mut flow = two();
    sign_in_as(&mut flow, 0, &[("prompt", "login consent")]);
}

#[test]
fn consent_can_be_asked_again() {
    let mut flow = two();
    sign_in_as(&mut flow, 0, &[]);
    let url = flow.authorization_url(&[OPENID, ("prompt", "consent")]);
    let response = flow.visit(&url);
    let page = flow.follow(response);
    assert!(text(&page).contains("Allow access?"));
    let refused = flow.submit(&form(&page), &[("consent", "refuse")]);
    assert_eq!(parameter(&refused, "error").as_deref(), Some("access_denied"));
}

#[test]
fn a_sign_in_that_is_too_old_is_done_again_and_auth_time_says_when() {
    let mut flow = two();
    sign_in_as(&mut flow, 0, &[]);
    let first = flow.now.as_seconds();
    flow.advance("100s");
    let auth_time = |flow: &mut Flow, more: &[(&str, &str)]| {
        let code = sign_in_as(flow, 0, more);
        claims(body(&flow.exchange(&code))["id_token"].as_str().unwrap())["auth_time"].as_i64().unwrap()
    };
    assert_eq!(auth_time(&mut flow, &[("max_age", "100")]), first);
    flow.advance("1ms");
    let url = flow.authorization_url(&[OPENID, ("max_age", "100"), ("prompt", "none")]);
    assert_eq!(parameter(&flow.visit(&url), "error").as_deref(), Some("login_required"));
    assert_eq!(auth_time(&mut flow, &[("max_age", "100")]), first + 100);
    flow.advance("1s");
    assert_eq!(auth_time(&mut flow, &[("max_age", "0")]), first + 101, "always anew");
    assert_eq!(auth_time(&mut flow, &[]), first + 101);
    let response = flow.sign_in(&[OPENID, ("max_age", "soon")]);
    assert_eq!(parameter(&response, "error").as_deref(), Some("invalid_request"));
}

#[test]
fn of_several_accounts_the_resource_owner_picks_one_or_another() {
    let mut flow = two();
    sign_in_as(&mut flow, 0, &[]);
    sign_in_as(&mut flow, 1, &[("prompt", "login")]);
    let url = flow.authorization_url(&[OPENID]);
    let response = flow.visit(&url);
    let page = flow.follow(response);
    let shown = text(&page);
    assert!(
        shown.contains("Choose an account") && shown.contains("jane") && shown.contains("john.doe@acme.example"),
        "{shown}"
    );
    let picked = flow.submit(&form(&page), &[("account", "john.doe@acme.example")]);
    let picked = flow.follow(picked);
    let code = parameter(&picked, "code").unwrap();
    let sub = claims(body(&flow.exchange(&code))["id_token"].as_str().unwrap())["sub"].clone();
    assert_eq!(sub, mock_idp::proto::jose::subject_of("john.doe@acme.example"));
    // Somebody who is not signed in cannot be picked.
    for fields in [[("account", "nobody")], [("another", "yes")]] {
        let response = flow.visit(&url);
        let page = flow.follow(response);
        let response = flow.submit(&form(&page), &fields);
        assert!(text(&flow.follow(response)).contains("password"), "{fields:?}");
    }
    // A hint names one of them, and nobody is asked.
    let url = flow.authorization_url(&[OPENID, ("login_hint", "jane"), ("prompt", "none")]);
    let code = parameter(&flow.visit(&url), "code").unwrap();
    let sub = claims(body(&flow.exchange(&code))["id_token"].as_str().unwrap())["sub"].clone();
    assert_eq!(sub, mock_idp::proto::jose::subject_of("jane"));
}

#[test]
fn one_account_is_picked_by_itself_unless_the_client_wants_it_shown() {
    let mut flow = two();
    sign_in_as(&mut flow, 0, &[]);
    assert_eq!(flow.visit(&flow.authorization_url(&[OPENID])).status, 302);
    let url = flow.authorization_url(&[OPENID, ("prompt", "select_account")]);
    let response = flow.visit(&url);
    assert!(text(&flow.follow(response)).contains("Choose an account"));
}

#[test]
fn an_account_that_is_picked_signs_in_again_where_its_sign_in_is_too_old_for_the_client() {
    for (max_age, again) in [("101", false), ("100", false), ("99", true), ("0", true)] {
        let mut flow = two();
        sign_in_as(&mut flow, 0, &[]);
        flow.advance("100s");
        let url = flow.authorization_url(&[OPENID, ("prompt", "select_account"), ("max_age", max_age)]);
        let response = flow.visit(&url);
        let page = flow.follow(response);
        let name = flow.user.name.clone();
        let picked = flow.submit(&form(&page), &[("account", &name)]);
        let page = flow.follow(picked);
        assert_eq!(parameter(&page, "code").is_none(), again, "{max_age}");
        if again {
            assert!(text(&page).contains(&format!("value=\"{name}\"")), "{max_age}: the name is filled in");
            assert!(parameter(&flow.fill(&page), "code").is_some(), "{max_age}");
        }
    }
}
