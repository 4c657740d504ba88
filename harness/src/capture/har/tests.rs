use std::io::{self, Read};

use super::*;
use crate::capture::{Body, Capture};

fn har(entries: &[String]) -> String {
    format!(
        "{{\"log\":{{\"version\":\"1.2\",\"creator\":{{\"name\":\"x\",\"version\":\"1\"}},\"entries\":[{}]}}}}",
        entries.join(",")
    )
}

/// An entry, with these members in the place of what it has.
fn with(request: &str, response: &str) -> String {
    let mut asked =
        serde_json::json!({"method": "GET", "url": "https://idp.example/token?a=b#c", "headers": [], "bodySize": 0});
    let mut answered = serde_json::json!({"status": 200, "headers": [], "content": {"size": 2, "mimeType": "application/json", "text": "{}"}});
    for (place, members) in [(&mut asked, request), (&mut answered, response)] {
        let members: serde_json::Value = serde_json::from_str(members).unwrap();
        place.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    }
    let started = "2021-11-15T03:00:00.5+01:00";
    serde_json::json!({"startedDateTime": started, "time": 12.4, "request": asked, "response": answered}).to_string()
}

fn taken(entry: String) -> Capture {
    read(har(&[entry]).as_bytes()).unwrap()
}

fn refused(text: &[u8]) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn an_entry_is_read_as_the_format_has_it() {
    let capture = taken(with(r#"{"headers":[{"name":"A","value":"1"},{"name":"A","value":"2"}]}"#, "{}"));
    let [it] = capture.exchanges.as_slice() else { panic!("{capture:?}") };
    assert_eq!((it.entry, it.started.to_string(), it.took_ms), (1, "2021-11-15T02:00:00.5Z".to_owned(), Some(12)));
    assert_eq!(it.request.url.as_str(), "https://idp.example/token?a=b", "without the fragment");
    assert_eq!(it.request.headers.len(), 2);
    assert_eq!(it.request.body, Body::Absent);
    let response = it.response.as_ref().unwrap();
    assert_eq!((response.status, response.body.bytes()), (200, &b"{}"[..]));
    assert_eq!(capture.creator, "x 1");
}

#[test]
fn what_exporters_make_of_it_is_read_too() {
    let body = |request: &str| taken(with(request, "{}")).exchanges[0].request.body.clone();
    let text = |text: &str| Body::Bytes(text.as_bytes().to_vec());
    assert_eq!(body(r#"{"postData":{"mimeType":"x","params":[{"name":"a b","value":"é"}]}}"#), text("a+b=%C3%A9"));
    assert_eq!(body(r#"{"postData":{"text":"a=1","params":[{"name":"a","value":"2"}]}}"#), text("a=1"));
    assert_eq!(body(r#"{"postData":{"text":"YT0x","encoding":"base64"}}"#), text("a=1"));
    assert_eq!(body(r#"{"postData":{}}"#), Body::Absent, "Firefox of old, at GET");
    assert_eq!(body(r#"{"bodySize":7}"#), Body::NotRecorded);
    let pairs =
        taken(with(r#"{"headers":[["Accept","*/*"],[":authority","x"],{"name":":path","value":"/"},7]}"#, "{}"));
    assert_eq!(pairs.exchanges[0].request.headers.len(), 1, "pairs, and pseudo-header fields");

    let answer = |response: &str| taken(with("{}", response));
    let coded = answer(r#"{"content":{"size":2,"mimeType":"x","text":"e30=","encoding":"base64"}}"#);
    assert_eq!(coded.exchanges[0].response.as_ref().unwrap().body, text("{}"));
    let not_coded = answer(r#"{"content":{"size":2,"mimeType":"x","text":"{}","encoding":"base64"}}"#);
    assert_eq!(not_coded.exchanges[0].response.as_ref().unwrap().body, text("{}"));
    assert_eq!(not_coded.notes.len(), 1);
    let lost = answer(r#"{"content":{"size":9,"mimeType":"application/json"}}"#);
    assert_eq!((&lost.exchanges[0].response.as_ref().unwrap().body, lost.notes.len()), (&Body::NotRecorded, 1));
    let redirect = answer(r#"{"status":302,"redirectURL":"https://a.example/?code=1"}"#);
    assert_eq!(redirect.exchanges[0].response.as_ref().unwrap().header("location"), Some("https://a.example/?code=1"));
    let failed = answer(r#"{"status":0,"_error":"net::ERR_CONNECTION_RESET"}"#);
    assert!(failed.exchanges[0].response.is_none());
    assert_eq!(failed.exchanges[0].error.as_deref(), Some("net::ERR_CONNECTION_RESET"));
    assert!(taken(with(r#"{"url":"data:text/plain,x"}"#, "{}")).exchanges.is_empty());
}

#[test]
fn entries_are_put_in_order_a_byte_order_mark_is_passed_over_and_what_chrome_took_out_is_said() {
    let early = with("{}", "{}").replace("03:00:00.5", "02:00:00");
    let text = har(&[with("{}", "{}"), early]).replace("\"x\",\"version\"", "\"WebInspector\",\"version\"");
    let capture = read([&b"\xef\xbb\xbf"[..], text.as_bytes()].concat().as_slice()).unwrap();
    assert_eq!(capture.exchanges.iter().map(|it| it.entry).collect::<Vec<_>>(), [2, 1]);
    assert!(capture.notes[0].text.contains("sanitized"), "{:?}", capture.notes);
    let whole = har(&[with(r#"{"headers":[{"name":"Cookie","value":"a=b"}]}"#, "{}")])
        .replace("\"x\",\"version\"", "\"WebInspector\",\"version\"");
    assert!(read(whole.as_bytes()).unwrap().notes.is_empty());
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    let good = har(&[with("{}", "{}"), with("{}", "{}")]);
    let (cut, _) = good.rsplit_once("example").unwrap();
    let deep = har(&[with("{}", "{}"), format!("{{\"request\":{}1{}}}", "[".repeat(200), "]".repeat(200))]);
    let bytes = [&good.as_bytes()[..good.len() - 20], b"\xff\xfe", &good.as_bytes()[good.len() - 20..]].concat();
    for (text, wanted) in [
        (cut.as_bytes(), "(entry 2): the file is cut off here"),
        (deep.as_bytes(), "(entry 2): it is nested more than 100 levels deep"),
        (&bytes, "(entry 2): the byte at offset "),
        (b"", "line 1, column 0: the file is cut off here"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04....", "ZIP"),
        (b"\xff\xfe{\0", "UTF-16"),
        (b"1234:9:version", "mitmproxy"),
        (b"[]", "line 1, column 1: invalid type: sequence, expected an object with `log`"),
        (b"{}", "line 1, column 1: this is no HAR: there is no `log` with `entries`"),
        (br#"{"log":{"entries":{}}}"#, "invalid type: map, expected a list of entries"),
        (har(&["7".to_owned()]).as_bytes(), "entry 1, request: it is missing, or of another type"),
        (har(&[with(r#"{"url":"/token"}"#, "{}")]).as_bytes(), "entry 1, request.url: \"/token\" is no URL"),
        (har(&[with(r#"{"method":7}"#, "{}")]).as_bytes(), "entry 1, request.method: "),
        (har(&[with("{}", r#"{"status":"ok"}"#)]).as_bytes(), "entry 1, response.status: "),
        (har(&[with("{}", r#"{"status":99}"#)]).as_bytes(), "entry 1, response.status: no status of HTTP"),
        (har(&[with("{}", "{}").replace("2021-11-15", "yesterday")]).as_bytes(), "entry 1, startedDateTime: "),
        (format!("{good}x").as_bytes(), "trailing characters"),
    ] {
        let said = refused(text);
        assert!(said.contains(wanted), "{said}, not {wanted}");
    }
}

/// A document of 100 MB that is never in memory: pictures, and one token response among them.
struct Large {
    left: usize,
    piece: Vec<u8>,
    at: usize,
}

impl Read for Large {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            self.at = 0;
            self.piece = match self.left {
                0 => return Ok(0),
                1 => b"]}}".to_vec(),
                _ => {
                    let picture = format!(
                        "{{\"content\":{{\"size\":1,\"mimeType\":\"image/png\",\"text\":\"{}\"}}}}",
                        "A".repeat(1 << 20)
                    );
                    format!(",{}", with("{}", &picture)).into_bytes()
                }
            };
            self.left -= 1;
        }
        let count = buffer.len().min(self.piece.len() - self.at);
        buffer[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[test]
fn a_large_file_is_read_in_a_stream_and_pictures_are_not_kept() {
    let head = format!("{{\"log\":{{\"entries\":[{}", with("{}", "{}"));
    let capture = read(Large { left: 101, piece: head.into_bytes(), at: 0 }).unwrap();
    assert_eq!(capture.exchanges.len(), 101);
    let kept: usize =
        capture.exchanges.iter().filter_map(|it| it.response.as_ref()).map(|it| it.body.bytes().len()).sum();
    assert_eq!(kept, 2);
}

mod hostile;
mod ways;
