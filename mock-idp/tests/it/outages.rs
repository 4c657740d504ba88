//! What goes wrong by the clock and by name: nightly maintenance, faults that a provider is known for, users without rights.

use mock_idp::proto::cause::{Cause, CauseKind};
use mock_idp::proto::message::Extent;
use mock_idp::proto::policy::Access;
use mock_idp::proto::{Change, EndpointKind};

use crate::support::{Flow, text};

/// From the start of every flow, 02:00 UTC, to the beginning of the maintenance.
const TO_THE_NIGHT: &str = "1h";

#[test]
fn from_three_to_half_past_three_everything_answers_503_and_nothing_is_lost() {
    let mut flow = Flow::of("exact-online");
    let pair = flow.grant();
    flow.advance("59m 59s 999ms");
    let pair = flow.try_refresh(pair.rt()).unwrap();
    flow.advance("1ms");
    let until = "2021-11-15T03:30:00Z".parse().unwrap();
    let refused = flow.refresh(pair.rt());
    assert_eq!(flow.cause(), Some(Cause::Maintenance { until }));
    let body = "Server maintenance: Due to server maintenance the Exact Online server is unavailable.";
    assert_eq!((refused.status, text(&refused).as_str()), (503, body));
    assert_eq!(flow.call(&pair.access).status, 503, "resources too");
    assert_eq!(flow.visit("/api/oauth2/auth").status, 503, "and pages");
    flow.advance("29m 59s 999ms");
    assert_eq!(flow.try_refresh(pair.rt()), Err(CauseKind::Maintenance), "to the last moment");
    flow.advance("1ms");
    assert!(flow.try_refresh(pair.rt()).is_ok(), "the same token is as good as before");
}

#[test]
fn the_eras_have_no_maintenance() {
    for era in ["exact-online@2017", "exact-online@2018", "exact-online@2021", "exact-online@2021-11"] {
        let mut flow = Flow::of(era);
        let pair = flow.grant();
        flow.advance(TO_THE_NIGHT);
        assert!(flow.try_refresh(pair.rt()).is_ok(), "{era}");
    }
}

#[test]
fn each_known_fault_strikes_once_and_says_whether_a_token_was_issued() {
    let policy = Flow::of("exact-online").idp.policy().clone();
    assert_eq!(policy.faults.len(), 7);
    for (name, fault) in &policy.faults {
        let mut flow = Flow::of("exact-online");
        let pair = flow.grant();
        flow.advance("9m 30s");
        flow.idp.add_fault(fault.fault());
        if fault.fault().at == EndpointKind::Resource {
            let struck = flow.call(&pair.access).status;
            assert!(struck >= 400, "{name}: {struck}");
            assert_eq!(flow.try_call(&pair.access), Ok(()), "{name}: once");
            continue;
        }
        let struck = flow.refresh(pair.rt());
        assert!(struck.status >= 400, "{name}: {}", struck.status);
        let again = flow.try_refresh(pair.rt());
        let want = if name == "lost_token" { Some(CauseKind::RefreshTokenSuperseded) } else { None };
        assert_eq!(again.err(), want, "{name}");
    }
}

#[test]
fn a_lost_token_looks_like_a_fault_of_the_gateway() {
    let mut flow = Flow::of("exact-online");
    let pair = flow.grant();
    flow.advance("9m 30s");
    let fault = flow.idp.policy().faults["lost_token"].fault();
    flow.idp.add_fault(fault);
    let struck = flow.refresh(pair.rt());
    assert_eq!((struck.status, struck.headers.get("content-type")), (500, Some("application/json")));
    assert!(text(&struck).starts_with(r#"{"fault":{"faultstring":"Failed to execute the ExtractVariables"#));
    assert_eq!(flow.log.last().unwrap().2.delivery.extent, Extent::Whole);
}

#[test]
fn a_user_who_lost_all_rights_is_refused_at_the_refresh_and_let_in_again_later() {
    let mut flow = Flow::of("exact-online");
    let pair = flow.grant();
    flow.advance("10m");
    let user = flow.user.name.clone();
    let access = |access| Change::Access { user: user.clone(), division: None, access };
    flow.change(&access(Access::Refused("InactiveUser".to_owned())));
    let refused = flow.refresh(pair.rt());
    assert_eq!(flow.refused(), Some(CauseKind::UserRefused));
    assert_eq!((refused.status, refused.headers.get("reason")), (403, Some("InactiveUser")));
    flow.change(&access(Access::Open));
    assert!(flow.try_refresh(pair.rt()).is_ok());
}
