//! What exporters do beside the format.

use super::*;
use crate::capture::HeaderField;

fn noted(capture: &Capture) -> Vec<&str> {
    capture.notes.iter().map(|note| note.text.as_str()).collect()
}

#[test]
fn a_body_is_put_together_from_params_without_encoding_them_twice() {
    let body = |request: &str| taken(with(request, "{}")).exchanges[0].request.body.clone();
    let text = |text: &str| Body::Bytes(text.as_bytes().to_vec());
    let params = |value: &str| format!(r#"{{"postData":{{"params":[{{"name":"code","value":"{value}"}}]}}}}"#);
    assert_eq!(body(&params("a/b c")), text("code=a%2Fb+c"));
    assert_eq!(body(&params("a%2Fb")), text("code=a%2Fb"));
    let multipart =
        r#"{"postData":{"mimeType":"multipart/form-data; boundary=x","params":[{"name":"a","value":"b"}]}}"#;
    assert_eq!(body(multipart), Body::NotRecorded);
}

#[test]
fn a_body_that_is_missing_is_told_from_none() {
    let cases = [
        (r#"{"content":{}}"#, Body::NotRecorded),
        (r#"{"content":null}"#, Body::NotRecorded),
        (r#"{"content":{"size":0}}"#, Body::Absent),
        (r#"{"content":{"size":0,"comment":"Response bodies are not included."}}"#, Body::NotRecorded),
        (r#"{"content":{"size":5,"text":""}}"#, Body::NotRecorded),
        (r#"{"status":204,"content":{"size":-1}}"#, Body::Absent),
        (r#"{"status":302,"content":{}}"#, Body::Absent),
        (r#"{"status":302,"content":{"size":10}}"#, Body::NotRecorded),
    ];
    for (response, want) in cases {
        let capture = taken(with("{}", response));
        assert_eq!(capture.exchanges[0].response.as_ref().unwrap().body, want, "{response}");
    }
}

#[test]
fn base64_is_decoded_with_its_flag_without_it_and_never_when_it_is_none() {
    let cases = [
        (r#"{"size":1,"mimeType":"text/html","text":"PGI-aMOpPC9i\nPg","encoding":"base64"}"#, "<b>hé</b>", 0),
        (r#"{"size":1,"mimeType":"application/json","text":"eyJhIjoxfQ"}"#, r#"{"a":1}"#, 1),
        (r#"{"size":1,"mimeType":"text/html","text":"PGI+aMOpPC9iPg=="}"#, "<b>hé</b>", 1),
        (r#"{"size":1,"mimeType":"application/json","text":"12345678"}"#, "12345678", 0),
        (r#"{"size":1,"mimeType":"text/plain","text":"eyJhIjoxfQ"}"#, "eyJhIjoxfQ", 0),
    ];
    for (content, want, notes) in cases {
        let capture = taken(with("{}", &format!(r#"{{"content":{content}}}"#)));
        let body = capture.exchanges[0].response.as_ref().unwrap().body.bytes();
        assert_eq!((std::str::from_utf8(body).unwrap(), capture.notes.len()), (want, notes), "{content}");
    }
}

#[test]
fn cookies_and_header_fields_are_found_in_other_places() {
    let capture = taken(with(
        r#"{"headers":{"A":"1",":path":"/"},"cookies":[{"name":"a","value":"1"},{"name":"b","value":"2"}]}"#,
        "{}",
    ));
    let field = |name: &str, value: &str| HeaderField { name: name.to_owned(), value: value.to_owned() };
    assert_eq!(capture.exchanges[0].request.headers, [field("A", "1"), field("Cookie", "a=1; b=2")]);
    assert_eq!(capture.notes.len(), 1);
}

#[test]
fn times_without_zone_are_utc_and_numbers_are_milliseconds() {
    let at = |started: &str| {
        let capture = taken(with("{}", "{}").replace("\"2021-11-15T03:00:00.5+01:00\"", started));
        (capture.exchanges[0].started.to_string(), capture.notes.len())
    };
    assert_eq!(at("\"2021-11-15T03:00:00.5000000\""), ("2021-11-15T03:00:00.5Z".to_owned(), 1));
    assert_eq!(at("1636942800500"), ("2021-11-15T02:20:00.5Z".to_owned(), 0));
}

#[test]
fn no_answer_is_a_status_of_nothing() {
    for response in [r#"{"status":0,"_error":"gone"}"#, r#"{"status":-1,"_error":"gone"}"#] {
        let capture = taken(with("{}", response));
        let it = &capture.exchanges[0];
        assert_eq!((it.response.is_none(), it.error.as_deref()), (true, Some("gone")), "{response}");
    }
}

#[test]
fn clocks_that_disagree_are_noted_by_origin_and_those_that_nearly_agree_are_not() {
    let at = |seconds: u32| {
        let field = format!(r#"{{"headers":[{{"name":"Date","value":"Mon, 15 Nov 2021 02:00:{seconds:02} GMT"}}]}}"#);
        with("{}", &field)
    };
    let notes = |entries: &[String]| read(har(entries).as_bytes()).unwrap();
    assert!(notes(&[at(5)]).notes.is_empty());
    let capture = notes(&[at(0), at(30), at(31)]);
    assert_eq!(
        noted(&capture),
        ["the clock of https://idp.example is 29 s ahead of that of the machine which recorded it"]
    );
}

#[test]
fn what_is_written_is_read_again_as_it_was() {
    let sent = [r#"{"bodySize":7}"#, "{}", r#"{"postData":{"text":"a=1"}}"#];
    let answers = [
        r#"{"content":{"size":9}}"#,
        r#"{"status":0,"_error":"x"}"#,
        r#"{"content":{"size":1,"mimeType":"x","text":"//4=","encoding":"base64"}}"#,
    ];
    for (sent, answer) in sent.iter().zip(answers) {
        let first = taken(with(sent, answer)).exchanges.remove(0);
        let again = taken(entry(&first)).exchanges.remove(0);
        assert_eq!(again.request.body, first.request.body);
        assert_eq!(again.response.map(|it| it.body), first.response.map(|it| it.body));
        assert_eq!((again.error, again.started, again.took_ms), (first.error, first.started, first.took_ms));
    }
}
