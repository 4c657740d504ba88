//! The control API: the clock, the journal, the reset, and what it says to bad input.

use mock_idp::shell::MockIdp;
use serde_json::{Value, json};

use crate::support::{FORM, policy};
use crate::wire::{once, start};

async fn get(idp: &MockIdp, target: &str) -> (u16, Value) {
    let raw = once(idp.control_url().unwrap(), "GET", target, &[], "").await;
    (raw.status, raw.json())
}

async fn post(idp: &MockIdp, target: &str, body: &str) -> (u16, Value) {
    let raw = once(idp.control_url().unwrap(), "POST", target, &[], body).await;
    (raw.status, raw.json())
}

#[tokio::test]
async fn the_clock_is_read_moved_set_frozen_and_let_run() {
    let idp = start(policy("")).await;
    let frozen = |now: &str| (200, json!({ "now": now, "mode": "frozen" }));
    assert_eq!(get(&idp, "/clock").await, frozen("2021-11-15T02:00:00.000Z"));
    assert_eq!(post(&idp, "/clock/advance", r#"{"by":"9m 30s"}"#).await, frozen("2021-11-15T02:09:30.000Z"));
    assert_eq!(post(&idp, "/clock/set", r#"{"to":"2030-01-01T00:00:00Z"}"#).await, frozen("2030-01-01T00:00:00.000Z"));
    let date = once(idp.url(), "GET", "/me", &[], "").await;
    assert_eq!(date.header("date"), Some("Tue, 01 Jan 2030 00:00:00 GMT"), "the provider reads it");
    assert_eq!(post(&idp, "/clock/set", r#"{"to":"2021-11-15T02:00:00Z"}"#).await, frozen("2021-11-15T02:00:00.000Z"));
    let (status, running) = post(&idp, "/clock/run", "").await;
    assert_eq!((status, &running["mode"]), (200, &json!("running")));
    assert!(running["now"].as_str().unwrap().starts_with("2021-11-15T02:00:"), "{running}");
    let (_, stopped) = post(&idp, "/clock/freeze", "").await;
    assert_eq!(stopped["mode"], "frozen");
    assert_eq!(get(&idp, "/clock").await.1, stopped, "it stands");
}

#[tokio::test]
async fn the_journal_is_read_from_any_number_on_and_holds_no_secret() {
    let idp = start(policy("")).await;
    let body = "grant_type=refresh_token&refresh_token=secret-1&client_id=x&client_secret=secret-2";
    once(idp.url(), "POST", "/token?code=secret-3", &[FORM, ("cookie", "session=secret-4")], body).await;
    let raw = once(idp.control_url().unwrap(), "GET", "/journal", &[], "").await;
    assert!(!raw.text().contains("secret-"), "{}", raw.text());
    let at = "2021-11-15T02:00:00.000Z";
    let want = json!({ "written": 4, "entries": [
        { "kind": "received", "exchange": 1, "via": "main", "endpoint": "token", "method": "POST", "path": "/token", "number": 1, "at": at },
        { "kind": "refused", "exchange": 1, "cause": "client_unknown", "detail": "client `x` is not registered here", "number": 2, "at": at },
        { "kind": "committed", "exchange": 1, "status": 401, "number": 3, "at": at },
        { "kind": "left", "exchange": 1, "extent": "Whole", "number": 4, "at": at },
    ]});
    assert_eq!(raw.json(), want);
    let (_, later) = get(&idp, "/journal?after=3").await;
    assert_eq!((&later["written"], later["entries"].as_array().unwrap().len()), (&json!(4), 1));
    assert_eq!(get(&idp, "/journal?after=4").await.1, json!({ "written": 4, "entries": [] }));
}

#[tokio::test]
async fn a_reset_empties_the_realm_and_leaves_the_clock() {
    let idp = start(policy("")).await;
    once(idp.url(), "GET", "/me", &[], "").await;
    post(&idp, "/clock/advance", r#"{"by":"1h"}"#).await;
    assert_eq!(post(&idp, "/reset", "").await, (200, json!({ "status": "ok" })));
    assert_eq!(get(&idp, "/journal").await.1, json!({ "written": 0, "entries": [] }));
    assert_eq!(get(&idp, "/clock").await.1["now"], "2021-11-15T03:00:00.000Z");
}

#[tokio::test]
async fn bad_input_is_refused_with_a_reason_and_changes_nothing() {
    let idp = start(policy("")).await;
    let long = format!(r#"{{"by":"{}"}}"#, " ".repeat(70_000));
    for (method, target, body, status, says) in [
        ("POST", "/clock/advance", "", 400, "EOF"),
        ("POST", "/clock/advance", "{", 400, "EOF"),
        ("POST", "/clock/advance", "[]", 400, "invalid"),
        ("POST", "/clock/advance", r#"{"by":"soon"}"#, 400, "a length of time such as"),
        ("POST", "/clock/advance", r#"{"by":"-1s"}"#, 400, "a length of time such as"),
        ("POST", "/clock/advance", r#"{"by":5}"#, 400, "a length of time such as"),
        ("POST", "/clock/advance", r#"{"span":"5s"}"#, 400, "unknown field `span`"),
        ("POST", "/clock/advance", r#"{"by":"1s","at":"x"}"#, 400, "unknown field `at`"),
        ("POST", "/clock/advance", &long, 400, "too large"),
        ("POST", "/clock/set", r#"{"to":"yesterday"}"#, 400, "`yesterday` is not a moment"),
        ("GET", "/journal?after=x", "", 400, "after=x is not a number"),
        ("GET", "/journal?after=-1", "", 400, "after=-1 is not a number"),
        ("GET", "/clock/advance", "", 404, "POST /clock/advance"),
        ("DELETE", "/journal", "", 404, "GET  /journal"),
        ("GET", "/nothing", "", 404, "GET  /health"),
    ] {
        let raw = once(idp.control_url().unwrap(), method, target, &[], body).await;
        assert_eq!(raw.status, status, "{method} {target} {:.40}", body);
        assert!(raw.text().contains(says), "{method} {target} {:.40}: {}", body, raw.text());
    }
    assert_eq!(get(&idp, "/clock").await.1["now"], "2021-11-15T02:00:00.000Z");
    assert!(once(idp.control_url().unwrap(), "GET", "/", &[], "").await.text().contains("POST /reset"));
}

#[tokio::test]
async fn a_known_fault_is_armed_by_name_and_strikes_as_often_as_it_was_told() {
    let idp = start(mock_idp::profile::load("exact-online", &[]).unwrap().policy).await;
    let (_, known) = get(&idp, "/faults").await;
    assert_eq!(known["gateway_failure"], "A fault of the gateway came instead of a token, and none was issued.");
    let order = r#"{"name":"gateway_failure","skip":1,"times":2}"#;
    assert_eq!(post(&idp, "/faults", order).await, (200, json!({ "status": "ok" })));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(once(idp.url(), "POST", "/api/oauth2/token", &[FORM], "a=b").await.status);
    }
    assert_eq!(statuses, [400, 500, 500, 400]);
    let own = r#"{"at":"resource","effect":{"answers_unhandled":{"status":418,"body":"tea"}}}"#;
    assert_eq!(post(&idp, "/faults", own).await.0, 200);
    let struck = once(idp.url(), "GET", "/api/v1/current/Me", &[], "").await;
    assert_eq!((struck.status, struck.text().as_str()), (418, "tea"));
}

#[tokio::test]
async fn the_world_is_changed_by_order() {
    let idp = start(mock_idp::profile::load("exact-online", &[]).unwrap().policy).await;
    let orders = [
        (r#"{"password":{"to":"new"}}"#, "john.doe@acme.example has a new password"),
        (r#"{"totp_secret":{"to":"JBSWY3DPEHPK3PXP"}}"#, "john.doe@acme.example has a new TOTP secret"),
        (r#"{"totp_secret":{}}"#, "john.doe@acme.example has no TOTP secret any more"),
        (
            r#"{"access":{"division":"123456","is":{"refused":"DivisionBlocked"}}}"#,
            "john.doe@acme.example is shut out from division 123456: DivisionBlocked",
        ),
        (r#"{"access":{"is":"open"}}"#, "john.doe@acme.example is let into the resources"),
        (
            r#"{"exempted":{"from":["no_minimum_interval"]}}"#,
            "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c was exempted from rules",
        ),
        (
            r#"{"consent_withdrawn":{}}"#,
            "john.doe@acme.example took back their consent to 5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c",
        ),
        (r#"{"unlocked":{}}"#, "the account of john.doe@acme.example was unlocked"),
        (r#"{"keys_rolled":{}}"#, "the signing keys were rolled over"),
        (
            r#"{"refresh_tokens_revoked":{"client":"5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c"}}"#,
            "the refresh tokens of 5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c were revoked",
        ),
    ];
    for (order, want) in orders {
        assert_eq!(post(&idp, "/change", order).await, (200, json!({ "status": "ok" })), "{order}");
        let (_, journal) = get(&idp, "/journal").await;
        assert_eq!(journal["entries"].as_array().unwrap().last().unwrap()["text"], want, "{order}");
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_followed_says_why() {
    let idp = start(mock_idp::profile::load("exact-online", &[]).unwrap().policy).await;
    let cases = [
        ("/faults", r#"{"name":"lost_tokn"}"#, "no fault `lost_tokn` is known of this provider; known are: blocked_at"),
        ("/faults", r#"{"at":"token"}"#, "a fault is a `name`, or both `at` and `effect`"),
        ("/faults", r#"{"name":"lost_token","times":0}"#, "`times` is 1 or more"),
        ("/faults", r#"{"at":"token","effect":{"answers_handled":{"status":1}}}"#, "1 is not a status"),
        ("/change", r#"{"password":{"user":"nobody","to":"x"}}"#, "there is no user `nobody`"),
        ("/change", r#"{"refresh_tokens_revoked":{"client":"c"}}"#, "there is no client `c`"),
        ("/change", r#"{"totp_secret":{"to":"1"}}"#, "`to` is not Base32"),
        ("/change", r#"{"moved":{}}"#, "unknown variant `moved`"),
    ];
    for (path, order, why) in cases {
        let (status, body) = post(&idp, path, order).await;
        assert!(status == 400 && body["error"].as_str().unwrap().contains(why), "{order}: {body}");
    }
}

#[tokio::test]
async fn a_code_is_had_without_a_browser_for_any_profile_and_what_was_mailed_can_be_read() {
    let challenge = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    for (profile, form) in [("exact-online", ""), ("rfc", "scope=openid"), ("code-on-time", challenge)] {
        let idp = start(mock_idp::profile::load(profile, &[]).unwrap().policy).await;
        let raw = once(idp.control_url().unwrap(), "POST", "/code", &[], form).await;
        assert_eq!(raw.status, 200, "{profile}: {}", raw.text());
        assert_eq!(get(&idp, "/outbox").await, (200, json!([])), "{profile}");
    }
    let idp = start(mock_idp::profile::load("code-on-time", &[]).unwrap().policy).await;
    let raw = once(idp.control_url().unwrap(), "POST", "/code", &[], "").await;
    assert_eq!(raw.status, 400, "without a challenge: {}", raw.text());
}

#[tokio::test]
async fn a_code_is_had_without_a_browser_where_the_second_factor_is_mailed() {
    let settings = ["sign_in.second_factor.set_up=automatic", "authorization.pkce=ignored"].map(str::to_owned);
    let idp = start(mock_idp::profile::load("code-on-time", &settings).unwrap().policy).await;
    assert_eq!(post(&idp, "/change", r#"{"totp_secret":{}}"#).await.0, 200);
    let raw = once(idp.control_url().unwrap(), "POST", "/code", &[], "").await;
    assert_eq!(raw.status, 200, "{}", raw.text());
    assert_eq!(get(&idp, "/outbox").await.1.as_array().unwrap().len(), 1);
}
