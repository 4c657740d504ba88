//! Protected resources of the shipped profile: divisions, scopes, pages, rate limits, the limit on errors.

mod support;

use std::collections::BTreeSet;

use mock_idp::proto::cause::{Cause, CauseKind};
use mock_idp::proto::policy::Access;
use mock_idp::shell::demo_world;

use support::{Api, json, limits};

const ACCOUNTS: &str = "/api/v1/123456/crm/Accounts?$top=1";
const ME: &str = "/api/v1/current/Me";

#[test]
fn the_sixty_first_request_of_a_clock_minute_gets_429_until_the_minute_ends() {
    let mut api = Api::new(&[]);
    api.advance("59s 999ms");
    assert_eq!(api.repeat(60, ACCOUNTS), 200, "60 in the last millisecond of a minute");
    let refused = api.get(ACCOUNTS);
    let resets_at = "2026-03-02T10:01:00Z".parse().unwrap();
    assert_eq!(api.cause(), Some(Cause::RateLimitExceeded { limit: "minutely".to_owned(), resets_at }));
    assert_eq!((refused.status, refused.body.len()), (429, 0));
    assert_eq!(refused.headers.get("reason"), None);
    assert_eq!(refused.headers.get("content-type"), None);
    let fields = [("Minutely-Limit", "60"), ("Minutely-Remaining", "0"), ("Minutely-Reset", "1772445660000")];
    assert_eq!(limits(&refused), fields, "only those of the limit that is used up");
    api.advance("1ms");
    let served = api.get(ACCOUNTS);
    assert_eq!(served.status, 200, "the next minute");
    assert!(limits(&served).contains(&("Minutely-Remaining", "59")));
    assert!(limits(&served).contains(&("Remaining", "4939")), "what was refused did not count in the day");
}

#[test]
fn the_five_thousand_and_first_request_of_a_day_gets_429_until_midnight() {
    let mut api = Api::new(&["api.limits.minutely.count=100000"]);
    assert_eq!(api.repeat(5000, ACCOUNTS), 200);
    let refused = api.get(ACCOUNTS);
    let resets_at = "2026-03-03T00:00:00Z".parse().unwrap();
    assert_eq!(api.cause(), Some(Cause::RateLimitExceeded { limit: "daily".to_owned(), resets_at }));
    assert_eq!((refused.status, refused.body.len()), (429, 0));
    assert_eq!(limits(&refused), [("Limit", "5000"), ("Remaining", "0"), ("Reset", "1772496000000")]);
    api.advance("13h 59m 59s 999ms");
    assert_eq!(api.get(ACCOUNTS).status, 429, "a millisecond before midnight");
    api.advance("1ms");
    let served = api.get(ACCOUNTS);
    assert_eq!(served.status, 200, "midnight");
    assert!(limits(&served).contains(&("Remaining", "4999")));
}

#[test]
fn an_answer_from_a_division_carries_six_fields_whatever_its_status() {
    let mut api = Api::new(&[]);
    let cases = [
        (ACCOUNTS, 200),
        ("/api/v1/123456/no/Thing", 404),
        ("/api/v1/123456/bulk/CRM/Accounts", 400),
        ("/api/v1/123456/crm/Accounts?$top=x", 400),
    ];
    for (number, (target, status)) in cases.into_iter().enumerate() {
        let response = api.get(target);
        let (day, minute) = ((4999 - number).to_string(), (59 - number).to_string());
        let fields = [
            ("Limit", "5000"),
            ("Remaining", day.as_str()),
            ("Reset", "1772496000000"),
            ("Minutely-Limit", "60"),
            ("Minutely-Remaining", minute.as_str()),
            ("Minutely-Reset", "1772445660000"),
        ];
        assert_eq!((response.status, limits(&response).as_slice()), (status, fields.as_slice()), "{target}");
    }
}

#[test]
fn a_path_without_a_division_is_not_counted_and_has_no_fields() {
    let mut api = Api::new(&[]);
    for target in [ME, "/api/v1/system/Users"] {
        assert_eq!(api.repeat(70, target), 200);
        assert!(limits(&api.get(target)).is_empty());
    }
    assert!(limits(&api.get(ACCOUNTS)).contains(&("Remaining", "4999")));
}

#[test]
fn a_division_and_a_dead_token_have_counts_of_their_own() {
    let mut api = Api::new(&["token.access_token_lifetime=10m"]);
    api.change(Some("234567"), Access::Open);
    assert_eq!(api.repeat(60, ACCOUNTS), 200);
    assert_eq!(api.get(ACCOUNTS).status, 429);
    assert_eq!(api.get("/api/v1/234567/crm/Accounts?$top=1").status, 200, "another division");
    api.advance("10m");
    let expired = api.get(ACCOUNTS);
    assert_eq!((expired.status, limits(&expired).len()), (401, 0));
}

#[test]
fn the_end_of_a_window_is_written_as_the_policy_says() {
    for (unit, want) in
        [("epoch_milliseconds", "1772445660000"), ("epoch_seconds", "1772445660"), ("delta_seconds", "60")]
    {
        let mut api = Api::new(&[&format!("api.limits.minutely.reset_unit={unit}")]);
        api.advance("1ms");
        assert!(limits(&api.get(ACCOUNTS)).contains(&("Minutely-Reset", want)), "{unit}");
    }
}

#[test]
fn following_next_gives_every_row_once() {
    let cases = [
        ("crm/Accounts", "ID", vec![60, 60, 17]),
        ("crm/Accounts?$select=ID&$top=61", "ID", vec![60, 1]),
        ("crm/Accounts?$top=60", "ID", vec![60]),
        ("crm/Accounts?$top=0", "ID", vec![0]),
        ("salesinvoice/SalesInvoices", "InvoiceID", vec![60, 1]),
        ("bulk/CRM/Accounts?$select=ID", "ID", vec![1000, 1000, 1]),
        ("sync/CRM/Accounts?$select=ID,Timestamp", "ID", vec![1000, 500]),
    ];
    for (target, id, pages) in cases {
        let mut api = Api::new(&[]);
        let mut next = Some(format!("/api/v1/123456/{target}"));
        let mut ids = Vec::new();
        let mut sizes = Vec::new();
        while let Some(target) = next {
            let body = json(&api.get(&target));
            let rows = body["d"]["results"].as_array().unwrap();
            sizes.push(rows.len());
            ids.extend(rows.iter().map(|row| row[id].as_str().unwrap().to_owned()));
            assert_eq!(rows.iter().filter(|row| row["__metadata"]["uri"].is_string()).count(), rows.len());
            next = body["d"]["__next"]
                .as_str()
                .map(|url| url.strip_prefix("https://start.exactonline.nl").unwrap().to_owned());
        }
        assert_eq!(sizes, pages, "{target}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{target}: no row twice");
    }
}

#[test]
fn the_link_to_the_next_page_keeps_the_query_and_a_foreign_one_is_refused() {
    let mut api = Api::new(&[]);
    let body = json(&api.get("/api/v1/123456/crm/Accounts?$select=ID,Name&$filter=Name%20eq%20'x'&%24top=100"));
    let next = body["d"]["__next"].as_str().unwrap();
    let id = body["d"]["results"][59]["ID"].as_str().unwrap();
    let want = "https://start.exactonline.nl/api/v1/123456/crm/Accounts?$select=ID,Name&$filter=Name%20eq%20'x'";
    assert_eq!(next, format!("{want}&$top=40&$skiptoken=guid'{id}'"));
    for token in ["guid'x'".to_owned(), id.to_owned(), format!("guid'{id}'x")] {
        assert_eq!(api.get(&format!("/api/v1/123456/crm/Accounts?$skiptoken={token}")).status, 400, "{token}");
        assert_eq!(api.cause(), Some(Cause::QueryInvalid { name: "$skiptoken".to_owned() }), "{token}");
    }
}

#[test]
fn rows_are_an_array_in_d_where_the_profile_says_so() {
    let mut api = Api::new(&[]);
    for target in ["/api/v1/123456/system/Users", "/api/v1/system/Users"] {
        let body = json(&api.get(target));
        assert_eq!(body["d"].as_array().map(Vec::len), Some(3), "{target}");
        assert_eq!(body["d"][0]["Created"], "/Date(1577923200000)/");
    }
}

#[test]
fn a_resource_that_asks_for_a_selection_takes_one_row_instead() {
    let mut api = Api::new(&[]);
    let message = "Please add a $select or a $top=1 statement to the query string.";
    let cases =
        [("", 400), ("?$top=2", 400), ("?Select=ID", 400), ("?$select=", 400), ("?$top=1", 200), ("?$select=ID", 200)];
    for (query, status) in cases {
        let response = api.get(&format!("/api/v1/123456/bulk/CRM/Accounts{query}"));
        assert_eq!(response.status, status, "{query}");
        if status == 400 {
            assert_eq!(api.kind(), Some(CauseKind::SelectMissing), "{query}");
            let want = format!(r#"{{"error":{{"code":"","message":{{"lang":"","value":"{message}"}}}}}}"#);
            assert_eq!(String::from_utf8(response.body).unwrap(), want);
        }
    }
}

#[test]
fn the_eleventh_error_of_an_hour_shuts_out_for_an_hour() {
    let errors = "/api/v1/123456/crm/Accounts?$top=x";
    let mut api = Api::new(&[]);
    assert_eq!(api.repeat(10, errors), 400);
    assert_eq!(api.get(ACCOUNTS).status, 200, "ten do no harm");
    assert_eq!(api.get(errors).status, 400, "the eleventh is answered");
    let shut_out = api.get(ACCOUNTS);
    let until = "2026-03-02T11:00:00Z".parse().unwrap();
    assert_eq!(api.cause(), Some(Cause::ErrorLimitExceeded { until }));
    assert_eq!((shut_out.status, shut_out.body.len(), limits(&shut_out).len()), (429, 0, 0));
    assert_eq!(api.get("/api/v1/123456/salesinvoice/SalesInvoices").status, 200, "another resource");
    assert_eq!(api.get(ME).status, 200, "no division");
    api.advance("59m 59s 999ms");
    assert_eq!(api.get(ACCOUNTS).status, 429);
    api.advance("1ms");
    assert_eq!(api.get(ACCOUNTS).status, 200);
    assert_eq!(api.repeat(11, errors), 400);
    api.get(ACCOUNTS);
    let until = "2026-03-02T13:00:00Z".parse().unwrap();
    assert_eq!(api.cause(), Some(Cause::ErrorLimitExceeded { until }), "the second time is longer");
}

#[test]
fn errors_are_counted_by_the_hour_and_only_those_that_are_listed() {
    let errors = "/api/v1/123456/crm/Accounts?$top=x";
    let mut api = Api::new(&[]);
    api.advance("59m 59s 999ms");
    assert_eq!(api.repeat(10, errors), 400);
    api.advance("1ms");
    assert_eq!(api.repeat(10, errors), 400, "another hour");
    assert_eq!(api.get(ACCOUNTS).status, 200);
    assert_eq!(api.repeat(49, ACCOUNTS), 200);
    assert_eq!(api.repeat(11, ACCOUNTS), 429, "the minute is used up");
    api.advance("1m");
    assert_eq!(api.get(ACCOUNTS).status, 200, "an answer of 429 is no such error");
}

#[test]
fn expired_tokens_and_unknown_paths_are_errors_too() {
    let mut api = Api::new(&["token.access_token_lifetime=10m"]);
    assert_eq!(api.repeat(11, "/api/v1/123456/no/Thing"), 404);
    assert_eq!(api.get("/api/v1/123456/no/Thing").status, 429);
    assert_eq!(api.kind(), Some(CauseKind::ErrorLimitExceeded));
    api.advance("10m");
    assert_eq!(api.repeat(11, ACCOUNTS), 401);
    assert_eq!(api.get(ACCOUNTS).status, 429);
}

#[test]
fn who_is_not_let_in_is_told_the_reason() {
    let cases = [
        ("234567", "NoDivisionAccess"),
        ("345678", "DivisionBlocked"),
        ("456789", "LicenseExpired"),
        ("567890", "BlockedCustomer"),
    ];
    let mut api = Api::new(&[]);
    for (division, reason) in cases {
        let response = api.get(&format!("/api/v1/{division}/crm/Accounts"));
        assert_eq!((response.status, response.headers.get("reason")), (403, Some(reason)));
        assert_eq!(json(&response)["error"]["message"]["value"], "Forbidden");
        let (division, reason) = (division.into(), reason.into());
        assert_eq!(api.cause(), Some(Cause::DivisionNotAccessible { division, reason }));
    }
    for reason in ["BlockedUser", "InactiveUser"] {
        api.change(None, Access::Refused(reason.to_owned()));
        for target in [ME, ACCOUNTS] {
            let response = api.get(target);
            assert_eq!((response.status, response.headers.get("reason")), (403, Some(reason)), "{target}");
        }
    }
    api.change(None, Access::Open);
    api.change(Some("123456"), Access::Refused("LicenseExpired".to_owned()));
    assert_eq!((api.get(ME).status, api.get(ACCOUNTS).status), (200, 403));
    api.change(Some("123456"), Access::Open);
    assert_eq!(api.get(ACCOUNTS).status, 200);
}

#[test]
fn a_division_or_a_path_that_is_not_there_gets_404() {
    let mut api = Api::new(&[]);
    let cases = [
        ("/api/v1/999999/crm/Accounts", CauseKind::DivisionUnknown),
        ("/api/v1/123456/no/Thing", CauseKind::ResourceUnknown),
        ("/api/v1/current/Nobody", CauseKind::DivisionUnknown),
        ("/elsewhere", CauseKind::PathUnknown),
    ];
    for (target, kind) in cases {
        assert_eq!((api.get(target).status, api.kind()), (404, Some(kind)), "{target}");
    }
    assert!(limits(&api.get("/api/v1/999999/crm/Accounts")).is_empty(), "no division, no limit");
    assert_eq!(api.send("GET", "/api/v1/123456/no/Thing", &[], "").status, 401, "the token first");
}

#[test]
fn a_client_without_the_scope_is_told_which() {
    let webhooks = "/api/v1/123456/webhooks/WebhookSubscriptions";
    let granted = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect::<BTreeSet<_>>();
    let cases = [
        ("all", None, 200),
        ("this one", Some(granted(&["organization.administration"])), 200),
        ("another", Some(granted(&["crm.accounts"])), 403),
        ("none", Some(granted(&[])), 403),
    ];
    for (name, scopes, status) in cases {
        let mut world = demo_world();
        world.clients[0].scopes = scopes;
        let mut api = Api::with(&[], world);
        let response = api.get(webhooks);
        assert_eq!(response.status, status, "{name}");
        assert_eq!(api.get(ACCOUNTS).status, 200, "{name}: a resource that asks for none");
        if status == 403 {
            let want = "Forbidden - Application Scope Violated. Cannot read 'organization.administration' scope.";
            assert_eq!(json(&response)["error"]["message"]["value"], want);
        }
    }
}

#[test]
fn the_same_requests_get_the_same_bytes() {
    let run = || {
        let mut api = Api::new(&[]);
        let targets = ["/api/v1/123456/crm/Accounts", ACCOUNTS, "/api/v1/123456/system/Users", "/api/v1/999999/x"];
        targets.map(|target| api.get(target))
    };
    assert_eq!(run(), run());
    let mut api = Api::new(&[]);
    let before = api.get("/api/v1/123456/crm/Accounts").body;
    api.advance("3h");
    assert_eq!(api.get("/api/v1/123456/crm/Accounts").body, before, "time changes no row");
}

#[test]
fn a_reset_forgets_every_count() {
    let mut api = Api::new(&[]);
    assert_eq!(api.repeat(60, ACCOUNTS), 200);
    assert_eq!(api.get(ACCOUNTS).status, 429);
    api.idp.reset();
    api.access = api.sign_in();
    assert_eq!(api.get(ACCOUNTS).status, 200);
}
