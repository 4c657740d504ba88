//! Injected faults: before and after the commit, which requests they strike, and what the journal says.

use mock_idp::proto::EndpointKind;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::fault::{Action, Fault};
use mock_idp::proto::journal::What;
use mock_idp::proto::message::{Delivery, Extent, Response};
use mock_idp::proto::time::Span;

use crate::support::{Flow, Pair, text};

fn fault(action: Action) -> Fault {
    Fault { at: EndpointKind::Token, grant: None, client: None, via: None, skip: 0, times: 1, action }
}

fn unavailable() -> Response {
    Response::with_body(503, "text/plain", "down").header("Retry-After", "5")
}

/// A flow with a first pair, and a fault waiting for the next token request.
fn struck(action: Action) -> (Flow, Pair) {
    let mut flow = Flow::rfc("refresh: { replay: nothing }");
    let pair = flow.grant();
    flow.idp.add_fault(fault(action));
    (flow, pair)
}

#[test]
fn a_fault_before_the_commit_leaves_the_token_good_and_one_after_it_does_not() {
    let dropped = Delivery { not_before: None, extent: Extent::Dropped };
    let cut = Delivery { not_before: None, extent: Extent::CutAfter(10) };
    let cases = [
        ("answer before", Action::AnswerBefore(unavailable()), 503, Delivery::default(), true),
        ("answer after", Action::AnswerAfter(unavailable()), 503, Delivery::default(), false),
        ("drop before", Action::DropBefore, 502, dropped, true),
        ("drop after", Action::Deliver(Extent::Dropped), 200, dropped, false),
        ("cut", Action::Deliver(Extent::CutAfter(10)), 200, cut, false),
    ];
    for (name, action, status, delivery, still_good) in cases {
        let (mut flow, pair) = struck(action);
        let form = crate::support::encode(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", pair.rt()),
            ("client_id", &flow.client.id.0),
            ("client_secret", "demo-client-secret"),
        ]);
        let reply = flow.reply("POST", "/token", &[crate::support::FORM], &form);
        assert_eq!((reply.response.status, reply.delivery), (status, delivery), "{name}");
        if status == 503 {
            assert_eq!(reply.response.headers.get("retry-after"), Some("5"), "{name}");
            assert_eq!(reply.response.headers.get("date"), Some("Mon, 15 Nov 2021 02:00:00 GMT"), "{name}");
            assert_eq!(text(&reply.response), "down", "{name}");
        }
        assert_eq!(flow.idp.valid_refresh_tokens(flow.now), 1, "{name}");
        let next = flow.try_refresh(pair.rt());
        assert_eq!(next.is_ok(), still_good, "{name}");
        assert_eq!(next.err(), (!still_good).then_some(CauseKind::RefreshTokenSuperseded), "{name}");
    }
}

#[test]
fn a_delayed_reply_is_committed_now_and_leaves_later() {
    let (mut flow, pair) = struck(Action::Delay(Span::from_seconds(35)));
    let form = format!(
        "grant_type=refresh_token&refresh_token={}&client_id={}&client_secret=demo-client-secret",
        pair.rt(),
        flow.client.id
    );
    let reply = flow.reply("POST", "/token", &[crate::support::FORM], &form);
    let want = Delivery { not_before: Some(flow.now.plus(Span::from_seconds(35))), extent: Extent::Whole };
    assert_eq!((reply.response.status, reply.delivery), (200, want));
    assert_eq!(flow.try_refresh(pair.rt()), Err(CauseKind::RefreshTokenSuperseded), "committed before it left");
}

#[test]
fn a_fault_lets_some_requests_by_and_strikes_so_many() {
    for (skip, times, want) in [
        (0, 1, [503, 400, 400, 400, 400]),
        (2, 1, [400, 400, 503, 400, 400]),
        (1, 3, [400, 503, 503, 503, 400]),
        (0, 0, [400; 5]),
    ] {
        let mut flow = Flow::rfc("");
        flow.idp.add_fault(Fault { skip, times, ..fault(Action::AnswerBefore(unavailable())) });
        assert_eq!([0; 5].map(|_| flow.refresh("x").status), want, "skip {skip}, times {times}");
    }
}

#[test]
fn faults_strike_one_at_a_time_in_order_and_each_counts_every_request() {
    let mut flow = Flow::rfc("");
    for (skip, status) in [(0, 500), (1, 501), (1, 502)] {
        let answer = Action::AnswerBefore(Response::empty(status));
        flow.idp.add_fault(Fault { skip, ..fault(answer) });
    }
    assert_eq!([0; 4].map(|_| flow.refresh("x").status), [500, 501, 502, 400]);
}

#[test]
fn a_fault_strikes_only_the_requests_that_it_names() {
    let named = |change: &dyn Fn(&mut Fault)| {
        let mut fault = fault(Action::AnswerBefore(unavailable()));
        change(&mut fault);
        fault
    };
    let cases = [
        ("endpoint", named(&|fault| fault.at = EndpointKind::Resource), false),
        ("grant", named(&|fault| fault.grant = Some("refresh_token".into())), true),
        ("another grant", named(&|fault| fault.grant = Some("authorization_code".into())), false),
        ("client", named(&|fault| fault.client = Some("5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c".into())), true),
        ("another client", named(&|fault| fault.client = Some("x".into())), false),
        ("listener", named(&|fault| fault.via = Some("main".into())), true),
        ("another listener", named(&|fault| fault.via = Some("b".into())), false),
    ];
    for (name, fault, strikes) in cases {
        let mut flow = Flow::rfc("");
        flow.idp.add_fault(fault);
        assert_eq!(flow.refresh("x").status == 503, strikes, "{name}");
    }
}

#[test]
fn every_endpoint_can_be_struck() {
    let cases = [
        (EndpointKind::Authorization, "/authorize"),
        (EndpointKind::SignIn, "/sign-in"),
        (EndpointKind::Resource, "/me"),
        (EndpointKind::Unknown, "/nothing"),
    ];
    for (at, path) in cases {
        let mut flow = Flow::rfc("");
        flow.idp.add_fault(Fault { at, ..fault(Action::AnswerBefore(unavailable())) });
        assert_eq!(flow.visit(path).status, 503, "{at}");
        assert_ne!(flow.visit(path).status, 503, "{at}: once");
    }
}

#[test]
fn the_journal_says_what_struck_and_that_tokens_were_committed_although_the_reply_was_lost() {
    let cases = [
        (Action::AnswerBefore(unavailable()), "answered 503 without handling the request", 0, Extent::Whole),
        (Action::AnswerAfter(unavailable()), "handled the request, answered 503 instead", 2, Extent::Whole),
        (Action::DropBefore, "closed the connection without handling the request", 0, Extent::Dropped),
        (Action::Deliver(Extent::Dropped), "handled the request, dropped the reply", 2, Extent::Dropped),
        (
            Action::Deliver(Extent::CutAfter(7)),
            "handled the request, cut the reply after 7 bytes",
            2,
            Extent::CutAfter(7),
        ),
        (
            Action::Delay(Span::from_seconds(90)),
            "handled the request, held the reply back for 1m 30s",
            2,
            Extent::Whole,
        ),
    ];
    for (action, text, issued, extent) in cases {
        let (mut flow, pair) = struck(action);
        let before = flow.idp.journal().written();
        let _ = flow.refresh(pair.rt());
        let new: Vec<_> = flow.idp.journal().after(before).cloned().collect();
        let struck: Vec<_> = new
            .iter()
            .filter_map(|entry| if let What::FaultStruck { text, .. } = &entry.what { Some(text) } else { None })
            .collect();
        assert_eq!(struck, [text]);
        assert_eq!(new.iter().filter(|entry| matches!(entry.what, What::Issued(_))).count(), issued, "{text}");
        assert!(matches!(new.first().unwrap().what, What::Received(_)), "{text}");
        let [.., committed, left] = new.as_slice() else { panic!("{text}") };
        assert!(matches!(committed.what, What::Committed(_)), "{text}");
        assert!(matches!(left.what, What::Left { extent: left, .. } if left == extent), "{text}");
    }
}

#[test]
fn a_reset_takes_faults_away() {
    let mut flow = Flow::rfc("");
    flow.idp.add_fault(fault(Action::AnswerBefore(unavailable())));
    flow.idp.reset();
    assert_eq!(flow.refresh("x").status, 400);
}

#[test]
fn a_fault_of_one_client_strikes_it_however_it_says_who_it_is() {
    // `c1:x` and `c2:x`.
    let (basic, other) = (("authorization", "Basic YzE6eA=="), ("authorization", "Basic YzI6eA=="));
    let cases = [
        ("in the body", None, "grant_type=refresh_token&client_id=c1", true),
        ("by Basic", Some(basic), "grant_type=refresh_token", true),
        ("another in the body", None, "grant_type=refresh_token&client_id=c2", false),
        ("another by Basic", Some(other), "grant_type=refresh_token", false),
        ("nobody", None, "grant_type=refresh_token", false),
    ];
    for (name, header, body, struck) in cases {
        let mut flow = Flow::rfc("");
        flow.idp.add_fault(Fault { client: Some("c1".to_owned()), ..fault(Action::AnswerBefore(unavailable())) });
        let headers: Vec<(&str, &str)> = header.into_iter().chain([crate::support::FORM]).collect();
        let status = flow.send("POST", "/token", &headers, body).status;
        assert_eq!(status == 503, struck, "{name}: {status}");
    }
}
