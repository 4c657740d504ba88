use super::*;
use crate::client::throttle::Limits;

fn read(status: u16, body: &str) -> TokenAnswer {
    read_as(status, body, None)
}

fn read_as(status: u16, body: &str, mistake: Option<Mistake>) -> TokenAnswer {
    TokenAnswer::read(
        Ok(HttpReply {
            status,
            retry_after: None,
            limits: Limits::default(),
            challenge: None,
            cookies: Vec::new(),
            body: body.as_bytes().to_vec(),
        }),
        mistake,
    )
}

fn issued(answer: TokenAnswer) -> TokenResponse {
    match answer {
        TokenAnswer::Issued(response) => response,
        TokenAnswer::Refused(_) | TokenAnswer::Unusable(_) => panic!("{answer:?}"),
    }
}

fn unusable(answer: TokenAnswer) -> Unusable {
    match answer {
        TokenAnswer::Unusable(unusable) => unusable,
        TokenAnswer::Refused(_) | TokenAnswer::Issued(_) => panic!("{answer:?}"),
    }
}

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

#[test]
fn expires_in_is_read_as_a_number_as_text_and_as_nothing() {
    let cases = [
        ("a number", "600", seconds(600)),
        ("text", "\"600\"", seconds(600)),
        ("text with blanks", "\" 600 \"", seconds(600)),
        ("a fraction", "0.5", Some(Duration::from_millis(500))),
        ("zero", "0", seconds(0)),
        ("less than nothing", "-1", seconds(0)),
        ("more than can be counted", "1e300", Some(Duration::MAX)),
        ("null", "null", None),
        ("words", "\"soon\"", None),
        ("not a number", "\"NaN\"", None),
        ("an object", "{}", None),
    ];
    for (name, value, lifetime) in cases {
        let body = format!(r#"{{"access_token":"a","token_type":"bearer","expires_in":{value}}}"#);
        assert_eq!(issued(read(200, &body)).expires_in, lifetime, "{name}");
    }
    assert_eq!(issued(read(200, r#"{"access_token":"a","token_type":"bearer"}"#)).expires_in, None);
}

#[test]
fn only_the_twin_minds_an_expires_in_that_is_text() {
    let twin = Some(Mistake::ExpiresInMustBeNumber);
    let text = r#"{"access_token":"a","token_type":"bearer","expires_in":"600"}"#;
    let number = r#"{"access_token":"a","token_type":"bearer","expires_in":600}"#;
    assert!(unusable(read_as(200, text, twin)).in_doubt);
    assert_eq!(issued(read_as(200, number, twin)).expires_in, seconds(600));
}

#[test]
fn token_type_is_bearer_in_any_case_and_nothing_else() {
    for (token_type, good) in [("Bearer", true), ("bearer", true), ("BEARER", true), ("mac", false), ("", false)] {
        let answer = read(200, &format!(r#"{{"access_token":"a","token_type":"{token_type}"}}"#));
        assert_eq!(matches!(answer, TokenAnswer::Issued(_)), good, "{token_type}");
    }
}

#[test]
fn unknown_members_do_not_matter() {
    let answer = read(200, r#"{"foo":[1],"access_token":"a","token_type":"bearer","scope":"x","refresh_token":"r"}"#);
    assert_eq!(issued(answer).refresh_token, Some(Secret::new("r")));
}

#[test]
fn answers_that_are_neither_tokens_nor_a_refusal_say_whether_tokens_may_have_been_issued() {
    let fault = r#"{"fault":{"faultstring":"Unable to identify proxy for host"}}"#;
    let cases = [
        ("empty", 200, "", true),
        ("blank", 200, " \r\n", true),
        ("HTML", 200, "<html>", true),
        ("a JSON array", 200, "[]", true),
        ("no access token", 200, r#"{"token_type":"bearer"}"#, true),
        ("an empty access token", 200, r#"{"access_token":"","token_type":"bearer"}"#, true),
        ("an error with status 200", 200, r#"{"error":"access_denied"}"#, true),
        ("a redirect", 302, "", true),
        ("too many requests", 429, r#"{"error":"invalid_grant"}"#, false),
        ("plain text", 400, "Bad Request", false),
        ("gateway fault below 500", 404, fault, false),
        ("gateway fault", 500, fault, true),
        ("an OAuth error with status 503", 503, r#"{"error":"invalid_grant"}"#, true),
        ("temporarily unavailable", 400, r#"{"error":"temporarily_unavailable"}"#, true),
    ];
    for (name, status, body, in_doubt) in cases {
        assert_eq!(unusable(read(status, body)).in_doubt, in_doubt, "{name}");
    }
}

#[test]
fn no_answer_is_in_doubt_unless_nothing_was_sent() {
    assert!(!unusable(TokenAnswer::read(Err(HttpError::Connect), None)).in_doubt);
    assert!(unusable(TokenAnswer::read(Err(HttpError::Interrupted), None)).in_doubt);
    assert!(unusable(TokenAnswer::read(Err(HttpError::Timeout), None)).in_doubt);
    assert!(unusable(TokenAnswer::read(Err(HttpError::TooLong), None)).in_doubt);
}

#[test]
fn a_refusal_is_too_early_only_with_both_the_code_and_the_words() {
    let cases = [
        (r#"{ "error":"access_denied","error_description":"Rate limit exceeded: access_token not expired" }"#, true),
        (r#"{"error":"access_denied","error_description":"the user said no"}"#, false),
        (r#"{"error":"access_denied"}"#, false),
        (r#"{"error":"invalid_grant","error_description":"Rate limit exceeded"}"#, false),
    ];
    for (body, too_early) in cases {
        match read(400, body) {
            TokenAnswer::Refused(refusal) => assert_eq!(refusal.is_too_early(), too_early, "{body}"),
            answer @ (TokenAnswer::Issued(_) | TokenAnswer::Unusable(_)) => panic!("{answer:?}"),
        }
    }
}

fn at(seconds: u32) -> Timestamp {
    Timestamp::from_seconds(f64::from(seconds))
}

fn stored(body: &str, previous: Option<&StoredTokens>, mistake: Option<Mistake>) -> StoredTokens {
    issued(read(200, body)).into_stored(previous, at(1000), at(1035), mistake)
}

const FIRST: &str = r#"{"access_token":"a1","token_type":"bearer","expires_in":"600","refresh_token":"r1"}"#;
const SECOND: &str = r#"{"access_token":"a2","token_type":"bearer","expires_in":"600","refresh_token":"r2"}"#;
const WITHOUT: &str = r#"{"access_token":"a3","token_type":"bearer","expires_in":"600"}"#;

#[test]
fn a_slow_answer_ends_from_when_it_was_asked_for_and_counts_from_when_it_came() {
    let tokens = stored(FIRST, None, None);
    assert_eq!((tokens.expires_at, tokens.obtained_at), (Some(at(1600)), at(1035)));
}

#[test]
fn the_new_refresh_token_replaces_the_old_one_which_stays_when_none_comes() {
    let first = stored(FIRST, None, None);
    let refresh_token = |body, mistake| stored(body, Some(&first), mistake).refresh_token;
    assert_eq!(refresh_token(SECOND, None), Some(Secret::new("r2")));
    assert_eq!(refresh_token(WITHOUT, None), Some(Secret::new("r1")));
    assert_eq!(refresh_token(SECOND, Some(Mistake::KeepsFirstRefreshToken)), Some(Secret::new("r1")));
}

#[test]
fn new_tokens_clear_what_was_known_about_the_old_ones() {
    let mut first = stored(FIRST, None, None);
    first.refresh_attempted_at = Some(at(1));
    first.refresh_not_before = Some(at(2));
    first.refresh_refused = Some("invalid_grant".to_owned());
    let second = stored(SECOND, Some(&first), None);
    assert_eq!((second.refresh_attempted_at, second.refresh_not_before, second.refresh_refused), (None, None, None));
}

#[test]
fn the_twin_takes_a_lifetime_for_a_point_in_time() {
    assert_eq!(stored(FIRST, None, Some(Mistake::ExpiresInAsTimestamp)).expires_at, Some(at(600)));
}
