use mock_idp::profile::load;
use serde_json::{Value, json};

use super::*;
use crate::capture::Capture;
use crate::capture::har::read;
use crate::replay::play::Conversation;

const CLIENT: &str = "client_id=5a3b&client_secret=redacted.client_secret.1";

fn entry(at: &str, request: &Value, response: &Value) -> Value {
    json!({"startedDateTime": at, "time": 5, "request": request, "response": response, "cache": {}, "timings": {}})
}

fn post(path: &str, form: &str) -> Value {
    let kind = "application/x-www-form-urlencoded";
    json!({
        "method": "POST", "url": format!("https://start.exactonline.nl{path}"), "httpVersion": "HTTP/1.1", "cookies": [],
        "headers": [{"name": "Content-Type", "value": kind}], "queryString": [],
        "postData": {"mimeType": kind, "text": form}, "headersSize": -1, "bodySize": -1,
    })
}

fn answer(status: u16, body: &Value) -> Value {
    json!({
        "status": status, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [],
        "headers": [{"name": "Content-Type", "value": "application/json"}], "redirectURL": "", "headersSize": -1, "bodySize": -1,
        "content": {"size": 1, "mimeType": "application/json", "text": body.to_string()},
    })
}

fn pair(number: u32) -> Value {
    json!({
        "access_token": format!("access-token-{number}-as-recorded"), "token_type": "bearer", "expires_in": "600",
        "refresh_token": format!("refresh-token-{number}-as-recorded"),
    })
}

fn refresh(number: u32) -> Value {
    post(
        "/api/oauth2/token",
        &format!("grant_type=refresh_token&refresh_token=refresh-token-{number}-as-recorded&{CLIENT}"),
    )
}

fn capture(entries: &[Value]) -> Capture {
    let log = json!({"log": {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": entries}});
    read(log.to_string().as_bytes()).unwrap()
}

/// A day that begins in the middle of a chain: a refresh, and ten minutes later the old token again.
fn old_token(said: &Value) -> Capture {
    capture(&[
        entry("2021-11-15T12:00:00Z", &refresh(1), &answer(200, &pair(2))),
        entry("2021-11-15T12:10:00Z", &refresh(2), &answer(200, &pair(3))),
        entry("2021-11-15T12:20:00Z", &refresh(1), &answer(401, said)),
    ])
}

fn old_token_used() -> Value {
    json!({"error": "unauthorized_client", "error_description": "Old refresh token used."})
}

fn played(capture: &Capture, profile: &str) -> Played {
    Conversation::new(capture, &load(profile, &[]).unwrap()).play(&[])
}

#[test]
fn what_somebody_else_was_asked_long_before_is_not_when_the_sign_in_was() {
    let foreign = json!({"method": "GET", "url": "https://cdn.example/a", "headers": []});
    let first = entry("2021-11-14T00:00:00Z", &foreign, &answer(200, &json!({})));
    let form =
        format!("grant_type=authorization_code&code=code-as-recorded&redirect_uri=https%3A%2F%2Fc.example%2F&{CLIENT}");
    let redeem = entry("2021-11-15T12:00:00Z", &post("/api/oauth2/token", &form), &answer(200, &pair(1)));
    let played = played(&capture(&[first, redeem]), "exact-online@2021-11");
    assert_eq!((played.agreement(), played.foreign), ((1, 1), 1), "{played:#?}");
}

#[test]
fn a_recording_that_begins_in_the_middle_is_answered_as_recorded() {
    let played = played(&old_token(&old_token_used()), "exact-online@2021-11");
    assert_eq!(played.agreement(), (3, 3), "{played:#?}");
    assert!(played.world.iter().any(|it| it.contains("signed in 60 min before")), "{:?}", played.world);
}

#[test]
fn another_error_another_type_and_a_member_less_are_behaviour_and_another_number_within_its_spread_is_a_remark() {
    let differs = |capture: &Capture| {
        let played = played(capture, "exact-online@2021-11");
        let turn = played.turns.last().unwrap().clone();
        match turn.verdict {
            Verdict::Differs(all) => {
                all.into_iter().filter(|it| it.weight == Weight::Behaviour).map(|it| it.what).collect()
            }
            Verdict::Agrees(_) | Verdict::NotCompared(_) => Vec::new(),
        }
    };
    let said = json!({"error": "invalid_grant", "error_description": "Old refresh token used."});
    assert_eq!(differs(&old_token(&said)), ["error"]);
    let said = json!({"error": "unauthorized_client", "error_description": "Something else."});
    assert_eq!(differs(&old_token(&said)), ["error_description"]);
    let first = |body: &Value| capture(&[entry("2021-11-15T12:00:00Z", &refresh(1), &answer(200, body))]);
    assert_eq!(differs(&first(&pair(2))), Vec::<String>::new());
    let mut number = pair(2);
    number["expires_in"] = json!(600);
    assert_eq!(differs(&first(&number)), ["expires_in"]);
    let mut less = pair(2);
    less.as_object_mut().unwrap().remove("refresh_token");
    assert_eq!(differs(&first(&less)), ["refresh_token"]);
}

#[test]
fn a_request_with_what_was_not_issued_here_is_not_compared() {
    let capture = capture(&[
        entry("2021-11-15T12:00:00Z", &refresh(1), &answer(200, &pair(2))),
        // Too early here: nothing is issued.
        entry("2021-11-15T12:01:00Z", &refresh(2), &answer(200, &pair(3))),
        entry("2021-11-15T12:30:00Z", &refresh(3), &answer(200, &pair(4))),
    ]);
    let played = played(&capture, "exact-online@2021-11");
    assert!(matches!(played.turns[1].verdict, Verdict::Differs(_)));
    assert_eq!(played.turns[2].verdict, Verdict::NotCompared("what entry 2 issued was not issued here".to_owned()));
}

#[test]
fn the_clock_of_a_provider_is_that_of_its_answers() {
    let at = |shift: &dyn Fn(usize) -> i64| {
        let mut capture = old_token(&old_token_used());
        for (place, it) in capture.exchanges.iter_mut().enumerate() {
            let shown = it.started.as_millisecond() + shift(place) * 1000;
            let date =
                jiff::Timestamp::from_millisecond(shown).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let field = crate::capture::HeaderField { name: "Date".to_owned(), value: date };
            it.response.as_mut().unwrap().headers.push(field);
        }
        let played = played(&capture, "exact-online@2021-11");
        let times: Vec<i64> = played.turns.iter().map(|turn| turn.at).collect();
        times.windows(2).map(|pair| (pair[1] - pair[0]) / 1000).collect::<Vec<_>>()
    };
    assert_eq!(at(&|_| 0), [600, 600]);
    assert_eq!(at(&|_| -7200), [600, 600], "a recorder whose clock is wrong");
    assert_eq!(at(&|place| i64::try_from(place).unwrap() * 3600), [4200, 4200], "a provider whose clock leaps");
}

#[test]
fn a_refusal_that_the_profile_does_not_give_is_explained_by_what_may_have_happened() {
    let said = json!({"error": "invalid_grant", "error_description": "Token is not allowed, because of invalid or empty chainId"});
    let capture = capture(&[
        entry("2021-11-15T12:00:00Z", &refresh(1), &answer(200, &pair(2))),
        entry("2021-11-15T12:10:00Z", &refresh(2), &answer(400, &said)),
    ]);
    let nothing = search(&capture, "exact-online@2021-11", &[], Reach::Nothing, &mut || ()).unwrap();
    assert_eq!(nothing.played.first_difference().map(|(turn, _)| turn), Some(1));
    let mut steps = 0;
    let found = search(&capture, "exact-online@2021-11", &[], Reach::World, &mut || steps += 1).unwrap();
    assert!(found.played.first_difference().is_none());
    let told: Vec<String> = found.assumed.iter().map(|it| told(it, &found.played)).collect();
    assert!(told[0].contains("revoked") && told[0].ends_with("before entry 2"), "{told:?}");
    assert!(!found.others[0].is_empty(), "other reasons would do as well");
    assert_eq!(steps, found.tried);
}

#[test]
fn eras_that_a_recording_does_not_tell_apart_are_told_apart_by_a_further_request() {
    let day = capture(&[entry("2021-11-15T12:00:00Z", &refresh(1), &answer(200, &pair(2)))]);
    let names = ["exact-online@2021", "exact-online@2021-11"].map(str::to_owned);
    let all = explain(&day, &names, Reach::World, &mut |_, _| ()).unwrap();
    assert!(all.iter().all(|it| it.refuted().is_none()) && all[0].equals(&all[1]));
    assert_eq!(all[0].profile, "exact-online@2021-11", "the latest first");
    let telling = tell_apart(&day, &all.iter().collect::<Vec<_>>()).unwrap();
    let at_once = telling.iter().find(|it| it.request == "refresh with the newest refresh token, at once").unwrap();
    assert!(at_once.answers.iter().any(|(answer, names)| answer.starts_with("200") && names == &["exact-online@2021"]));
    // That request, made: only one is left.
    let told = capture(&[
        entry("2021-11-15T12:00:00Z", &refresh(1), &answer(200, &pair(2))),
        entry("2021-11-15T12:00:01Z", &refresh(2), &answer(200, &pair(3))),
    ]);
    let all = explain(&told, &names, Reach::World, &mut |_, _| ()).unwrap();
    assert_eq!(all[0].profile, "exact-online@2021");
    assert!(!all[1].equals(&all[0]), "the other needs an exemption from its rule");
}

#[test]
fn the_quirks_that_a_recording_shows_are_those_without_which_it_would_be_another() {
    let day = old_token(&old_token_used());
    let all = explain(&day, &["exact-online@2021-11".to_owned()], Reach::World, &mut |_, _| ()).unwrap();
    let shown = shown_quirks(&day, &all[0], &mut |_, _| ()).unwrap();
    let ids: Vec<&str> = shown.iter().map(|(id, _, _)| id.as_str()).collect();
    assert!(ids.contains(&"old-refresh-token-used"), "{ids:?}");
    assert!(!ids.contains(&"current-me"), "{ids:?}");
}

#[test]
fn a_provider_without_the_endpoints_is_refuted_by_the_first_request_and_nothing_is_assumed() {
    let day = old_token(&old_token_used());
    let found = search(&day, "code-on-time", &[], Reach::Answers, &mut || ()).unwrap();
    assert!(found.assumed.is_empty());
    let (turn, it) = found.played.first_difference().unwrap();
    assert_eq!((turn, it.kind.name()), (0, "request"));
}
