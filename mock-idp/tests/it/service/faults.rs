//! What comes in place of a user.

use mock_idp::profile::load;
use mock_idp::proto::EndpointKind;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::fault::{Action, Fault};
use mock_idp::proto::message::{Extent, Response};
use mock_idp::proto::time::Span;

use super::support::{SERVICE, call, flow, story, token};

fn fault(action: Action) -> Fault {
    Fault { at: EndpointKind::Resource, grant: None, client: None, via: None, skip: 0, times: 1, action }
}

fn answer(status: u16, body: &str) -> Action {
    Action::AnswerBefore(Response::with_body(status, "text/plain", body))
}

#[test]
fn whatever_comes_in_place_of_a_user_is_refused_with_401_and_the_journal_tells_it_apart() {
    let cases = [
        (answer(200, "<html>Sign in</html>"), CauseKind::ServiceAnswerUnreadable),
        (answer(429, "Too Many Requests"), CauseKind::ServiceAnswerUnreadable),
        (answer(200, r#"["mail"]"#), CauseKind::ServiceAnswerUnreadable),
        (answer(200, ""), CauseKind::ServiceAnswerEmpty),
        (answer(200, " \n"), CauseKind::ServiceAnswerEmpty),
        (answer(200, "null"), CauseKind::ServiceAnswerEmpty),
        (answer(500, r#"{"error":{"code":"InternalServerError"}}"#), CauseKind::ServiceClaimMissing),
        (answer(200, r#"{"mail":null}"#), CauseKind::ServiceClaimMissing),
        (answer(200, r#"{"mail":""}"#), CauseKind::ServiceClaimMissing),
        (answer(200, r#"{"mail":{"x":1}}"#), CauseKind::ServiceClaimMissing),
        (answer(200, r#"{"mail":"a@b.example"}"#), CauseKind::ServiceUserUnknown),
        (Action::DropBefore, CauseKind::ServiceUnanswered),
        (Action::Deliver(Extent::Dropped), CauseKind::ServiceUnanswered),
        (Action::Deliver(Extent::CutAfter(20)), CauseKind::ServiceUnanswered),
        (
            Action::Members([("mail".to_owned(), serde_json::Value::Null)].into_iter().collect()),
            CauseKind::ServiceClaimMissing,
        ),
    ];
    for (action, refused) in cases {
        let mut flow = flow(&[]);
        let token = token(&mut flow);
        flow.idp.add_fault(fault(action.clone()));
        let response = call(&mut flow, &token);
        assert_eq!((response.status, flow.refused()), (401, Some(refused)), "{action:?}");
        assert!(response.body.is_empty() && response.headers.get("set-cookie").is_none(), "{action:?}");
        let struck = story(&flow).iter().position(|line| line == "2 struck");
        assert_eq!(struck, Some(2), "{:?}", story(&flow));
        assert_eq!(call(&mut flow, &token).status, 200, "and the next time all is well");
    }
}

#[test]
fn an_error_with_an_address_in_it_is_a_user_unless_the_status_is_looked_at() {
    for (checks, refused) in [("false", None), ("true", Some(CauseKind::ServiceAnswerRefused))] {
        let mut flow = flow(&[&format!("services.tokentest.vouchers.azure.asks.checks_status={checks}")]);
        let token = token(&mut flow);
        flow.idp.add_fault(fault(answer(401, r#"{"error":"expired","mail":"john.doe@acme.example"}"#)));
        let response = call(&mut flow, &token);
        assert_eq!((response.status, flow.refused()), (if refused.is_some() { 401 } else { 200 }, refused), "{checks}");
    }
}

#[test]
fn an_expired_token_is_refused_to_the_service_and_its_error_is_taken_for_a_user() {
    let mut flow = flow(&[]);
    let token = token(&mut flow);
    flow.advance("61m");
    assert_eq!(call(&mut flow, &token).status, 401);
    let told = story(&flow);
    assert_eq!(told[2], "2 refused access_token_expired");
    assert_eq!(told[5], "1 refused service_claim_missing");
}

#[test]
fn the_faults_of_the_profile_do_what_they_say() {
    let profile = load("intrexx", &[]).unwrap();
    for (name, refused) in [
        ("graph_page", CauseKind::ServiceAnswerUnreadable),
        ("graph_nothing", CauseKind::ServiceAnswerEmpty),
        ("graph_down", CauseKind::ServiceClaimMissing),
        ("graph_429", CauseKind::ServiceClaimMissing),
        ("graph_expired", CauseKind::ServiceClaimMissing),
    ] {
        let mut flow = flow(&[]);
        let token = token(&mut flow);
        flow.idp.add_fault(profile.policy.faults[name].fault());
        assert_eq!((call(&mut flow, &token).status, flow.refused()), (401, Some(refused)), "{name}");
    }
}

#[test]
fn a_late_answer_about_the_token_makes_the_service_late() {
    let mut flow = flow(&[]);
    let token = token(&mut flow);
    flow.idp.add_fault(fault(Action::Delay(Span::from_seconds(7))));
    let reply = flow.reply("GET", SERVICE, &[("authorization", &format!("Bearer {token}"))], "");
    assert_eq!(reply.response.status, 200);
    assert_eq!(reply.delivery.not_before, Some(flow.now.plus(Span::from_seconds(7))));
}

#[test]
fn a_fault_of_the_service_itself_strikes_the_outer_request_and_one_of_a_worker_does_not_strike_the_inner() {
    let mut flow = flow(&[]);
    let token = token(&mut flow);
    flow.idp.add_fault(Fault { at: EndpointKind::Service, ..fault(Action::DropBefore) });
    let reply = flow.reply("GET", SERVICE, &[("authorization", &format!("Bearer {token}"))], "");
    assert_eq!(reply.delivery.extent, Extent::Dropped);
    assert_eq!(story(&flow).len(), 4, "nobody was asked: {:?}", story(&flow));
    flow.idp.add_fault(Fault { via: Some("main".to_owned()), ..fault(Action::DropBefore) });
    assert_eq!(call(&mut flow, &token).status, 200);
}

#[test]
fn a_profile_whose_service_cannot_be_reached_or_asks_nobody_is_refused() {
    for (setting, said) in [
        ("services.tokentest.path=/common/x y", "is not a path"),
        ("services.tokentest.path=/common/login/", "is the path of `sign_in.path` too"),
        ("services.tokentest.default_voucher=okta", "`okta` is none of the `vouchers`"),
        (
            "services.tokentest.vouchers.azure.asks.validate_at=/tokentest.svc/",
            "is the path of none of the `resources`",
        ),
        ("services.tokentest.session.cookie=a b", "is no name of a header field"),
        ("services.tokentest.response.body='{{ nobody }}'", "undefined"),
    ] {
        let loaded = load("intrexx", &[setting.to_owned()]);
        let error = loaded.err().unwrap_or_else(|| panic!("{setting} is taken")).to_string();
        assert!(error.contains(said), "{setting}: {error}");
    }
}
