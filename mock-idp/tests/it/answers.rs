//! The exact bytes of token answers: the successful one, and every error that Exact Online is known for.

use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::message::Response;

use crate::support::{Flow, Pair, text};

const EXACT_JSON: &str = "application/json; charset=utf-8";
const GATEWAY_JSON: &str = "application/json";

/// What most bad requests get.
pub(crate) const BARE: &str = r#"{"error":"invalid_request"}"#;

/// What tokens of a dead chain and stale codes get.
pub(crate) const CHAIN: &str =
    r#"{ "error":"invalid_grant","error_description":"Token is not allowed, because of invalid or empty chainId" }"#;

pub(crate) fn assert_chain_error(response: &Response) {
    assert_eq!((response.status, text(response).as_str()), (400, CHAIN));
    assert_eq!(response.headers.get("content-type"), Some(GATEWAY_JSON));
    let reason = "Unknown: Token is not allowed, because of invalid or empty chainId";
    assert_eq!(response.headers.get("reason"), Some(reason));
}

#[test]
fn the_successful_answer_has_these_bytes() {
    let mut flow = Flow::of("exact-online@2021-11");
    let code = flow.authorize();
    let response = flow.exchange(&code);
    let pair = Pair::of(&response);
    let want = format!(
        r#"{{"access_token":"{}","token_type":"bearer","expires_in":"600","refresh_token":"{}"}}"#,
        pair.access,
        pair.rt()
    );
    assert_eq!((response.status, text(&response)), (200, want));
    let headers: Vec<_> = response.headers.iter().collect();
    let date = ("Date", "Mon, 15 Nov 2021 02:00:00 GMT");
    let cache = [("Cache-Control", "no-store"), ("Pragma", "no-cache")];
    assert_eq!(headers, [&[("Content-Type", EXACT_JSON)][..], &cache, &[date]].concat());
    assert!(pair.access.starts_with("stampNL001.gAAAA") && pair.access.len() == 636, "{}", pair.access);
    assert!(pair.rt().starts_with("stampNL001.") && pair.rt()[15..].starts_with("!IAAAA"), "{}", pair.rt());

    let mut flow = Flow::rfc("");
    let code = flow.authorize();
    let response = flow.exchange(&code);
    let pair = Pair::of(&response);
    let want = format!(
        r#"{{"access_token":"{}","token_type":"Bearer","expires_in":3600,"refresh_token":"{}"}}"#,
        pair.access,
        pair.rt()
    );
    assert_eq!(text(&response), want);

    let set = "token: { response: { style: blank_in_braces, members: [expires_in, access_token], expires_in: text } }";
    let mut flow = Flow::rfc(set);
    let code = flow.authorize();
    let response = flow.exchange(&code);
    let pair = Pair::of(&response);
    assert_eq!(text(&response), format!(r#"{{ "expires_in":"3600","access_token":"{}" }}"#, pair.access));
}

#[test]
fn every_error_of_exact_online_has_these_bytes() {
    // An old refresh token: compact, 401, and no Reason.
    let mut flow = Flow::of("exact-online");
    let first = flow.grant();
    flow.advance("9m 30s");
    flow.refresh(first.rt());
    let old = flow.refresh(first.rt());
    let body = r#"{"error":"unauthorized_client","error_description":"Old refresh token used."}"#;
    assert_eq!((old.status, text(&old).as_str()), (401, body));
    assert_eq!((old.headers.get("content-type"), old.headers.get("reason")), (Some(EXACT_JSON), None));

    // Too early: the gateway's blanks, and its Reason.
    for profile in ["exact-online", "exact-online@2021-11"] {
        let mut flow = Flow::of(profile);
        let pair = flow.grant();
        let early = flow.refresh(pair.rt());
        let body = r#"{ "error":"access_denied","error_description":"Rate limit exceeded: access_token not expired" }"#;
        assert_eq!((early.status, text(&early).as_str()), (400, body), "{profile}");
        assert_eq!(early.headers.get("content-type"), Some(GATEWAY_JSON));
        let reason = "TooEarlyToRefreshTokens: Rate limit exceeded: access_token not expired";
        assert_eq!(early.headers.get("reason"), Some(reason), "{profile}");
    }

    // A dead chain.
    let mut flow = Flow::of("exact-online@2021-11");
    let pair = flow.grant();
    flow.refresh(pair.rt());
    assert_chain_error(&flow.refresh(pair.rt()));

    // A damaged token, and one of the right shape that nobody issued.
    let damaged = flow.refresh("stampNL001.abcd%21IAAAA");
    let body = r#"{"error":"invalid_request","error_description":"Signed data extraction has failed"}"#;
    assert_eq!((damaged.status, text(&damaged).as_str()), (400, body));
    let unknown = format!("stampNL001.abcd!IAAAA{}", "x".repeat(480));
    assert_chain_error(&flow.refresh(&unknown));
    assert_eq!(flow.refused(), Some(CauseKind::RefreshTokenUnknown));
}

#[test]
fn an_expired_refresh_token_is_told_both_times_in_american_style() {
    for (granted, presented, printed) in [
        (
            "2022-09-11T21:18:20Z",
            "2022-10-28T16:15:50Z",
            r"expired at 10\/11\/2022 9:18:20 PM and it is now 10\/28\/2022 4:15:50 PM.",
        ),
        (
            "2021-12-02T00:05:09Z",
            "2022-01-01T00:05:09Z",
            r"expired at 1\/1\/2022 12:05:09 AM and it is now 1\/1\/2022 12:05:09 AM.",
        ),
        (
            "2022-01-04T12:00:00Z",
            "2022-02-28T11:59:59Z",
            r"expired at 2\/3\/2022 12:00:00 PM and it is now 2\/28\/2022 11:59:59 AM.",
        ),
    ] {
        let mut flow = Flow::of("exact-online");
        flow.now = granted.parse().unwrap();
        let pair = flow.grant();
        flow.now = presented.parse().unwrap();
        let response = flow.refresh(pair.rt());
        let body = format!(r#"{{"error":"invalid_request","error_description":"The refresh token {printed}"}}"#);
        assert_eq!((response.status, text(&response)), (400, body));
        assert_eq!(response.headers.get("content-type"), Some(EXACT_JSON));
    }
}
