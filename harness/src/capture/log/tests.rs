//! Files as people paste them, and what is read of each; then what must hold for any text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::lines::{LARGEST, LONGEST_LINE, MOST_LINES};
use super::{Pasted, Words, read_any, read_any_file};
use crate::capture::{Body, Capture, CaptureError};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/logs")
}

fn read(text: &str) -> Result<Pasted, CaptureError> {
    read_any(text.as_bytes())
}

fn traffic(text: &str) -> Capture {
    match read(text).unwrap() {
        Pasted::Traffic(capture) => capture,
        Pasted::Words(words) => panic!("words: {words:?}"),
    }
}

fn words(text: &str) -> Words {
    match read(text).unwrap() {
        Pasted::Words(words) => words,
        Pasted::Traffic(capture) => panic!("traffic: {capture:?}"),
    }
}

fn wrong(error: CaptureError) -> String {
    match error {
        CaptureError::Wrong { .. } => error.to_string(),
        CaptureError::Io(error) => panic!("{error}"),
    }
}

fn body(body: &Body) -> String {
    match body {
        Body::Absent => "none".to_owned(),
        Body::NotRecorded => "not in the log".to_owned(),
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// What was read, in words that a person can compare with the file.
fn shown(pasted: &Pasted) -> String {
    let mut out = String::new();
    match pasted {
        Pasted::Traffic(capture) => {
            writeln!(out, "{}", capture.creator).unwrap();
            for it in &capture.exchanges {
                let took = it.took_ms.map(|took| format!(" ({took} ms)")).unwrap_or_default();
                writeln!(out, "{} {} {}{took}", it.started, it.request.method, it.request.url).unwrap();
                it.request
                    .headers
                    .iter()
                    .for_each(|field| writeln!(out, "    {}: {}", field.name, field.value).unwrap());
                writeln!(out, "    body: {}", body(&it.request.body)).unwrap();
                if let Some(response) = &it.response {
                    writeln!(out, "  {}", response.status).unwrap();
                    response
                        .headers
                        .iter()
                        .for_each(|field| writeln!(out, "    {}: {}", field.name, field.value).unwrap());
                    writeln!(out, "    body: {}", body(&response.body)).unwrap();
                }
                it.error.iter().for_each(|error| writeln!(out, "  no answer: {error}").unwrap());
            }
        }
        Pasted::Words(words) => {
            for it in &words.sayings {
                let time = it.time.map_or("no time".to_owned(), |time| time.to_string());
                writeln!(out, "line {}, {time}:", it.line).unwrap();
                it.text.lines().for_each(|line| writeln!(out, "    {line}").unwrap());
                let known = [
                    ("error", it.error.clone()),
                    ("description", it.description.clone()),
                    ("AADSTS", it.aadsts.map(|code| code.to_string())),
                    ("code", it.code.clone()),
                    ("status", it.status.map(|status| status.to_string())),
                    ("correlation", it.correlation_id.clone()),
                    ("trace", it.trace_id.clone()),
                    ("timestamp", it.timestamp.map(|at| at.to_string())),
                ];
                known.iter().filter_map(|(name, it)| Some((name, it.as_ref()?))).for_each(|(name, it)| {
                    writeln!(out, "  {name}: {it}").unwrap();
                });
            }
        }
    }
    let notes = match pasted {
        Pasted::Traffic(capture) => &capture.notes,
        Pasted::Words(words) => &words.notes,
    };
    for note in notes {
        let place = note.entry.map_or(String::new(), |entry| format!("entry {entry}: "));
        writeln!(out, "note: {place}{}", note.text).unwrap();
    }
    out
}

/// Each file has one beside it that says what is read of it. `ACCEPT=1` writes them; read them before you commit them.
#[test]
fn of_each_pasted_log_is_read_what_the_file_beside_it_says() {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension != "read"));
    names.sort();
    assert!(names.len() >= 19, "{names:?}");
    for path in names {
        let beside = PathBuf::from(format!("{}.read", path.display()));
        let found = match read_any_file(&path) {
            Ok(pasted) => shown(&pasted),
            Err(error) => format!("refused: {error}\n"),
        };
        if std::env::var_os("ACCEPT").is_some() {
            std::fs::write(&beside, &found).unwrap();
        }
        let wanted = std::fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(found, wanted, "{}", path.display());
    }
}

#[test]
fn the_body_of_a_request_is_that_of_the_command_above_it_and_a_note_says_where_that_cannot_be() {
    let log = |data: &str, length: usize| {
        format!(
            "$ curl -v http://127.0.0.1:1/a -d {data}\n> POST /a HTTP/1.1\n> Host: 127.0.0.1:1\n> Content-Length: {length}\n>\n< HTTP/1.1 204 No Content\n<\n"
        )
    };
    let sent = |text: &str| {
        let capture = traffic(text);
        (body(&capture.exchanges[0].request.body), capture.notes.iter().filter(|note| note.entry.is_some()).count())
    };
    assert_eq!(sent(&log("b=1", 3)), ("b=1".to_owned(), 0));
    assert_eq!(sent(&log("b=1", 4)), ("b=1".to_owned(), 1));
    assert_eq!(sent(&log("@file", 4)), ("not in the log".to_owned(), 1));
    let above = log("b=1", 3);
    let without = above.split_once('\n').unwrap().1;
    assert_eq!(sent(without), ("not in the log".to_owned(), 2), "the scheme is not known either");
}

#[test]
fn several_transfers_on_one_connection_keep_its_scheme_and_a_new_connection_has_its_own() {
    let one = |path: &str| {
        format!(
            "> GET {path} HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 204 x\n<\n* Connection #0 to host a.example left intact\n"
        )
    };
    let log = format!(
        "* Connected to a.example (192.0.2.1) port 443 (#0)\n{}* Re-using existing connection! (#0) with host a.example\n{}*   Trying 192.0.2.1:80...\n* Connected to a.example (192.0.2.1) port 80 (#1)\n{}",
        one("/1"),
        one("/2"),
        one("/3")
    );
    let urls: Vec<String> = traffic(&log).exchanges.iter().map(|it| it.request.url.to_string()).collect();
    assert_eq!(urls, ["https://a.example/1", "https://a.example/2", "http://a.example/3"]);
}

#[test]
fn an_interim_answer_is_passed_over_and_a_tunnel_is_no_exchange() {
    let log = "> CONNECT a.example:443 HTTP/1.1\n>\n< HTTP/1.1 200 Connection established\n<\n> POST /a HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 100 Continue\n<\n< HTTP/1.1 400 x\n< Content-Type: text/plain\n<\nno\n";
    let capture = traffic(log);
    assert_eq!(capture.exchanges.len(), 1);
    let it = &capture.exchanges[0];
    assert_eq!((it.request.url.as_str(), it.response.as_ref().unwrap().status), ("https://a.example/a", 400));
    assert_eq!(body(&it.response.as_ref().unwrap().body), "no");
}

#[test]
fn a_body_ends_with_its_length_or_its_json_and_what_is_behind_it_is_counted() {
    let log =
        |head: &str, body: &str| format!("> GET /a HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 200 OK\n{head}<\n{body}");
    let received = |head: &str, text: &str| {
        let capture = traffic(&log(head, text));
        let unread =
            capture.notes.iter().find(|note| note.text.contains("belong to no request")).map(|note| note.text.clone());
        (body(&capture.exchanges[0].response.as_ref().unwrap().body), unread)
    };
    let line = |number: usize| Some(format!("1 lines belong to no request: {number}"));
    assert_eq!(received("< Content-Length: 2\n", "ab\nrest"), ("ab".to_owned(), line(8)));
    assert_eq!(
        received("< Content-Type: application/json\n", "{\"a\":\n1}\nrest"),
        ("{\"a\":\n1}".to_owned(), line(9))
    );
    assert_eq!(received("< Content-Type: text/plain\n", "ab\nrest"), ("ab\nrest".to_owned(), None));
    assert_eq!(received("< Content-Length: 2\n", ""), ("not in the log".to_owned(), None));
    assert_eq!(received("< Content-Length: 0\n", "rest"), ("none".to_owned(), line(7)));
    assert_eq!(received("", ""), ("none".to_owned(), None));
}

#[test]
fn without_times_requests_are_a_millisecond_apart_and_a_note_says_so() {
    let one = "> GET /a HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 204 x\n<\n";
    let capture = traffic(&one.repeat(2));
    let times: Vec<String> = capture.exchanges.iter().map(|it| it.started.to_string()).collect();
    assert_eq!(times, ["2000-01-01T00:00:00Z", "2000-01-01T00:00:00.001Z"]);
    assert!(capture.notes.iter().any(|note| note.text.starts_with("times are not known")));
    let timed = one.replace("> GET", "23:59:59.5 > GET") + &one.replace("> GET", "00:00:01 > GET");
    let capture = traffic(&timed);
    let times: Vec<String> = capture.exchanges.iter().map(|it| it.started.to_string()).collect();
    assert_eq!(times, ["2000-01-01T23:59:59.5Z", "2000-01-02T00:00:01Z"]);
    assert!(!capture.notes.iter().any(|note| note.text.starts_with("times are not known")));
}

#[test]
fn what_is_said_twice_is_read_twice_and_what_is_talked_about_is_not_read() {
    let said = |text: &str| words(text).sayings.len();
    let block = "AADSTS50196: The server terminated an operation.\n";
    assert_eq!(said(&block.repeat(3)), 3);
    assert_eq!(said("message = \"Old refresh token used.\""), 1);
    assert_eq!(said("Old refresh token used.\n\nOld refresh token used.\n"), 2);
    for talk in [
        "We had AADSTS50196 twice.",
        "Voer stappen uit om een “Old refresh token used” melding op te lossen.",
        "Itgenoda219 op Exact Online: hoe nu verder?",
        "Itgenoda219 op Exact Online: Error \"Old refresh token used.\" bij verbinden",
        "Meer over de melding \"Uw sessie is verlopen\" staat hier.",
        "2021-11-03 09:12:44 Information itgendhb001: Closing.",
    ] {
        assert!(wrong(read(talk).unwrap_err()).starts_with("line 1, column 1: neither requests nor errors"), "{talk}");
    }
}

#[test]
fn har_and_postman_are_read_by_their_readers_and_a_log_line_named_log_is_not() {
    let har = r#"{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[]}}"#;
    assert_eq!(traffic(har).creator, "x 1");
    assert_eq!(
        traffic(&format!("\u{feff} {{\"comment\":{{\"log\":1}},{}", har.trim_start_matches('{'))).creator,
        "x 1"
    );
    assert_eq!(traffic(r#"{"info":{"name":"y"},"item":[]}"#).creator, "Postman y");
    let docker = r#"{"log":"AADSTS50196: Loop.\n","stream":"stderr","time":"2021-11-03T09:12:44Z"}"#;
    assert_eq!(words(docker).sayings[0].aadsts, Some(50196));
    assert!(wrong(read(r#"{"log":{"entries":[{"#).unwrap_err()).contains("cut off"));
    for (start, what) in
        [(&b"\x1f\x8b\x08"[..], "gzip"), (b"\xff\xfea\0", "UTF-16"), (b"2053:9:websocket;0:~", "mitmproxy")]
    {
        let error = wrong(read_any(start).unwrap_err());
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn limits_are_kept_and_say_where() {
    let refused = |text: &[u8]| wrong(read_any(text).unwrap_err());
    let error = "AADSTS50196: Loop.\n";
    let line = |length: usize| format!("{error}{}\n{error}", "x".repeat(length));
    assert_eq!(words(&line(LONGEST_LINE)).sayings.len(), 2);
    assert_eq!(refused(line(LONGEST_LINE + 1).as_bytes()), "line 2, column 1: the line has more than 4 MiB");
    assert_eq!(refused(b"a\nbc\0d"), "line 2, column 3: this is no text: it has a NUL byte here");
    let total = |count: usize| format!("{error}{}", format!("{}\n", "x".repeat(1023)).repeat(count));
    assert_eq!(words(&total(LARGEST / 1024 - 1)).sayings.len(), 1);
    assert!(refused(total(LARGEST / 1024).as_bytes()).contains("more than 32 MiB"));
    let lines = |count: usize| format!("{error}{}", "\n".repeat(count));
    assert_eq!(words(&lines(MOST_LINES - 1)).sayings.len(), 1);
    assert!(refused(lines(MOST_LINES).as_bytes()).contains("more than 1000000 lines"));
    assert!(refused(b"").contains("neither requests nor errors"));
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced_and_noted_and_colours_are_taken_off() {
    let pasted = read_any(&b"x\n\x1b[31mAADSTS50196:\x1b[0m Loop caf\xe9.\n"[..]).unwrap();
    let Pasted::Words(words) = pasted else { panic!("{pasted:?}") };
    assert_eq!(words.sayings[0].text, "AADSTS50196: Loop caf\u{fffd}.");
    assert!(words.notes[0].text.starts_with("1 lines have bytes that are not UTF-8 (the first is line 2)"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(read_any(bytes.as_slice()));
    }

    #[test]
    fn any_order_of_the_pieces_of_logs_is_read_or_refused(picked in proptest::collection::vec((0..PIECES.len(), 0..4_usize), 0..40)) {
        let text: String = picked.iter().map(|(piece, end)| format!("{}{}", PIECES[*piece], ["\n", "", "\r\n", " "][*end])).collect();
        if let Ok(Pasted::Traffic(capture)) = read(&text) {
            prop_assert!(capture.exchanges.windows(2).all(|two| two[0].started <= two[1].started));
        }
    }
}

/// What logs are made of, and what is nearly that.
const PIECES: [&str; 46] = [
    "> POST /a HTTP/1.1",
    "> Host: a.example",
    ">",
    "> ",
    "< HTTP/1.1 400 Bad",
    "< HTTP/2 100",
    "<",
    "< Content-Length: 3",
    "< Content-Type: application/json",
    "{ [5 bytes data]",
    "* Connected to é (::1) port 443 (#0)",
    "* Connection #0 to host",
    "{\"a\":1}",
    "{",
    "[",
    "}",
    "{\"error\":\"é\"",
    "$ curl -v 'x",
    "curl -d \"$'",
    "curl: (6) no",
    "=> Send header, 9 bytes (0x9)",
    "=> Send data, 3 bytes (0x3)",
    "<= Recv header, 9 bytes (0x9)",
    "0000: HTTP/1.1 400 x",
    "0010: é",
    "POST /é HTTP/1.1",
    "HTTP/1.1 204",
    "23:59:59.9 > GET / HTTP/1.1",
    "2021-11-03 09:12:44,1 ERROR x",
    "Dec 31 23:59:59 h p: x",
    "[",
    "<34>",
    "AADSTS50196: é",
    "Trace ID: é",
    "Timestamp: 2021",
    "itgenoda219: é",
    "   at A.B(C)",
    "\u{1b}[3",
    "“Old refresh token used",
    "{\"method\":\"GET\",\"url\":\"/é\",\"status\":200}",
    "{\"type\":\"response\",\"id\":1,\"status\":200}",
    "{\"kind\":\"received\",\"number\":1,\"at\":\"\",\"exchange\":1,\"path\":\"//\",\"method\":\"GET\"}",
    "\"GET /a HTTP/1.1\" 400",
    "x://http \"GET / HTTP/1.1\" 400",
    "% Total    %",
    "error=é&error_description=\\u00",
];
