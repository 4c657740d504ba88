//! What somebody who posts forms by hand could try: nothing but a proof lets them in, and nothing but a code earns trust.

use mock_idp::proto::cause::CauseKind;
use mock_idp::shell::demo_world;

use crate::second_factor::{at_second_factor, enrolled, enter, is_back, with};
use crate::support::{Flow, form, text};

fn trusted_devices(flow: &Flow) -> usize {
    let cookies = flow.log.iter().flat_map(|(_, _, reply)| reply.response.headers.all("set-cookie"));
    cookies.filter(|cookie| cookie.starts_with("trusted-device=")).count()
}

/// Opens an authorization request and shows the first page.
fn first_page(flow: &mut Flow) -> mock_idp::proto::message::Response {
    let url = flow.authorization_url(&[("scope", "openid")]);
    let response = flow.visit(&url);
    flow.follow(response)
}

#[test]
fn a_device_is_trusted_by_a_code_and_not_by_a_password_or_a_consent_that_says_so() {
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    let mut flow = with(world, &["sign_in.consent=always"]);
    let page = first_page(&mut flow);
    let (name, password) = (flow.user.name.clone(), flow.user.password.expose().clone());
    let fields = [("username", name.as_str()), ("password", &password), ("trust", "yes")];
    let response = flow.submit(&form(&page), &fields);
    let page = flow.follow(response);
    let response = flow.submit(&form(&page), &[("consent", "allow"), ("trust", "yes")]);
    assert!(is_back(&response));
    assert_eq!(trusted_devices(&flow), 0);
    let mut flow = enrolled(&[]);
    let page = at_second_factor(&mut flow);
    let code = flow.totp(0);
    assert!(is_back(&enter(&mut flow, &page, &[("code", &code), ("trust", "yes")])));
    assert_eq!(trusted_devices(&flow), 1);
}

#[test]
fn a_name_alone_lets_nobody_in() {
    for (set_up, address) in [("opt_in", Some("john@acme.example")), ("automatic", None)] {
        let mut world = demo_world();
        world.users[0].totp_secret = None;
        world.users[0].name = "john".into();
        world.users[0].email = address.map(str::to_owned);
        let set_up = format!("sign_in.second_factor.set_up={set_up}");
        let mut flow = with(world, &["sign_in.steps=[user_name, second_factor]", &set_up]);
        let page = first_page(&mut flow);
        let response = flow.submit(&form(&page), &[("username", "john")]);
        let page = flow.follow(response);
        assert!(text(&page).contains("Verification code"), "{set_up}: {}", text(&page));
        let response = flow.submit(&form(&page), &[("send", "email")]);
        let page = flow.follow(response);
        assert_eq!(flow.idp.outbox().count(), 0, "{set_up}: nothing was set up that could be sent");
        assert!(!is_back(&enter(&mut flow, &page, &[("code", "")])), "{set_up}");
        assert_eq!(flow.refused(), Some(CauseKind::SecondFactorWrong), "{set_up}");
    }
}

#[test]
fn codes_are_mailed_to_who_chose_that_and_where_the_policy_has_it() {
    let only_app = "sign_in.second_factor.methods=[app]";
    for (what, by_email, more, sent) in
        [("chosen", true, vec![], 1), ("not chosen", false, vec![], 0), ("not offered", true, vec![only_app], 0)]
    {
        let mut world = demo_world();
        world.users[0].second_factor_by_email = by_email;
        let mut flow = with(world, &more);
        let page = at_second_factor(&mut flow);
        flow.submit(&form(&page), &[("send", "email")]);
        assert_eq!(flow.idp.outbox().count(), sent, "{what}");
    }
}
