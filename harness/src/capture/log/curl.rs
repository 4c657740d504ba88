//! What `curl -v` and `curl -i` print, and HTTP messages as they are on the wire: what each line says.

use jiff::civil::Time;

use super::command::{self, Command};
use super::lines::Line;
use super::time::clock;
use super::trace::{Kind, announced, dump};

/// What a line says, and where.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) line: usize,
    /// The time of day (`--trace-time`).
    pub(super) clock: Option<Time>,
    pub(super) what: What,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// `curl` was called.
    Called(Box<Command>),
    /// What `curl` tells beside.
    Told(String),
    /// A line of the head of a request; the empty one ends it.
    SentHead(String),
    /// A piece of its body.
    SentBody(Vec<u8>),
    /// A line of the head of an answer.
    ReceivedHead(String),
    /// A piece of its body, to the byte.
    ReceivedBody(Vec<u8>),
    /// Why there was no answer.
    Failed(String),
    /// Anything else: a line of a body, or of something beside.
    Text(String),
}

/// Where in a message as it is on the wire the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Nowhere,
    RequestHead,
    RequestBody,
    AnswerHead,
}

/// Whether a line is one that only traffic has.
pub(super) fn is_traffic(line: &str) -> bool {
    let (_, text) = unprefixed(line);
    let has = |mark: &str, is: fn(&str) -> bool| text.strip_prefix(mark).is_some_and(is);
    has("> ", is_request_line) || has("< ", is_status_line) || is_request_line(text) || is_status_line(text) || {
        matches!(announced(text), Some((Kind::SentHead | Kind::ReceivedHead, _)))
    }
}

/// `POST /path HTTP/1.1` (RFC 9112 section 3), or the same with HTTP/2.
pub(super) fn is_request_line(text: &str) -> bool {
    let mut parts = text.trim_end().split(' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_method = (3..=16).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase());
    is_method && !target.is_empty() && is_version(version)
}

/// `HTTP/1.1 400 Bad Request` (RFC 9112 section 4), or `HTTP/2 400`.
pub(super) fn is_status_line(text: &str) -> bool {
    status(text).is_some()
}

/// The status of a status line.
pub(super) fn status(text: &str) -> Option<u16> {
    let mut parts = text.split_ascii_whitespace();
    let version = parts.next().filter(|version| is_version(version))?;
    let status = parts.next().filter(|status| status.len() == 3 && text.starts_with(version))?;
    status.parse().ok().filter(|status| (100..600).contains(status))
}

fn is_version(text: &str) -> bool {
    matches!(text, "HTTP/1.0" | "HTTP/1.1" | "HTTP/2" | "HTTP/2.0" | "HTTP/3" | "HTTP/3.0")
}

/// What the lines say, one after the other.
pub(super) fn said(lines: &[Line]) -> Vec<Said> {
    let mut all = Vec::new();
    let mut wire = Wire::Nowhere;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let (clock, text) = unprefixed(&line.text);
        let mut say = |what| all.push(Said { line: line.number, clock, what });
        if let Some((kind, _)) = announced(text) {
            let (bytes, count) = dump(lines.get(at..).unwrap_or_default());
            at += count;
            dumped(kind, bytes, &mut say);
            continue;
        }
        if let Some(call) = command::called(text) {
            let mut call = call.to_owned();
            while let (true, Some(next)) = (is_continued(&call), lines.get(at)) {
                call.pop();
                call.push(' ');
                call.push_str(next.text.trim());
                at += 1;
            }
            wire = Wire::Nowhere;
            say(What::Called(Box::new(command::read(&call))));
            continue;
        }
        for text in parted(unmetered(text)) {
            wire = if let Some(what) = marked(text) {
                say(what);
                Wire::Nowhere
            } else {
                on_wire(wire, text, &mut say)
            };
        }
    }
    all
}

fn is_continued(call: &str) -> bool {
    call.ends_with(['\\', '^', '`'])
}

/// A line as it is on the wire, or one that is nothing of the kind.
fn on_wire(wire: Wire, text: &str, say: &mut impl FnMut(What)) -> Wire {
    if is_status_line(text) {
        say(What::ReceivedHead(text.to_owned()));
        return Wire::AnswerHead;
    }
    if is_request_line(text) {
        say(What::SentHead(text.to_owned()));
        return Wire::RequestHead;
    }
    match wire {
        Wire::RequestHead => {
            say(What::SentHead(text.to_owned()));
            if text.is_empty() { Wire::RequestBody } else { Wire::RequestHead }
        }
        Wire::RequestBody => {
            say(What::SentBody(format!("{text}\n").into_bytes()));
            Wire::RequestBody
        }
        Wire::AnswerHead => {
            say(What::ReceivedHead(text.to_owned()));
            if text.is_empty() { Wire::Nowhere } else { Wire::AnswerHead }
        }
        Wire::Nowhere => {
            say(What::Text(text.to_owned()));
            Wire::Nowhere
        }
    }
}

fn dumped(kind: Kind, bytes: Vec<u8>, say: &mut impl FnMut(What)) {
    let head = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        text.strip_suffix('\n').unwrap_or(&text).split('\n').map(str::to_owned).collect()
    };
    match kind {
        Kind::SentHead => {
            let mut lines = head(&bytes);
            // The dump of text does not show that the last line, which is empty, ends.
            if lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(String::new());
            }
            lines.into_iter().for_each(|line| say(What::SentHead(line)));
        }
        Kind::ReceivedHead => head(&bytes).into_iter().for_each(|line| say(What::ReceivedHead(line))),
        Kind::SentData => say(What::SentBody(bytes)),
        Kind::ReceivedData => say(What::ReceivedBody(bytes)),
        Kind::Other => {}
    }
}

/// The time of day and the number of the transfer (`--trace-ids`), and what is behind them.
fn unprefixed(text: &str) -> (Option<Time>, &str) {
    let is_mark = |rest: &str| {
        ["* ", "> ", "< ", "{ ", "} ", "== ", "=> ", "<= ", ">", "<", "[", "*"]
            .iter()
            .any(|mark| rest.starts_with(mark))
    };
    let timed = clock(text).and_then(|(time, rest)| Some((time, rest.strip_prefix(' ')?)));
    let (time, text) = match timed.filter(|(_, rest)| is_mark(rest)) {
        Some((time, rest)) => (Some(time), rest),
        None => (None, text),
    };
    let numbered = text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).filter(|(ids, rest)| {
        let is_number = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        ids.split_once('-').is_some_and(|(a, b)| is_number(a) && (is_number(b) || b == "x")) && is_mark(rest)
    });
    (time, numbered.map_or(text, |(_, rest)| rest))
}

/// A line that `curl` has marked.
fn marked(text: &str) -> Option<What> {
    if let Some(told) = text.strip_prefix("* ").or_else(|| text.strip_prefix("== Info: ")) {
        return Some(What::Told(told.trim().to_owned()));
    }
    if let Some(failed) = text.strip_prefix("curl: (") {
        let what = failed.split_once(") ").map_or(failed, |(_, what)| what);
        return Some(What::Failed(what.to_owned()));
    }
    for (mark, is_sent) in [('>', true), ('<', false)] {
        let Some(rest) = text.strip_prefix(mark) else { continue };
        let line = rest.strip_prefix(' ').unwrap_or(rest).trim_end().to_owned();
        // A body of HTML begins with `<` too.
        let is_line = rest.trim().is_empty() || rest.starts_with(' ');
        return is_line.then_some(if is_sent { What::SentHead(line) } else { What::ReceivedHead(line) });
    }
    let is_count = (text.starts_with("{ [") || text.starts_with("} [")) && text.ends_with(" bytes data]");
    is_count.then(|| What::Told(String::new()))
}

/// The line without the progress meter, which goes to the same terminal.
fn unmetered(text: &str) -> &str {
    let trimmed = text.trim_start();
    if trimmed.starts_with("% Total ") || trimmed.starts_with("Dload  Upload ") {
        return "";
    }
    let is_meter = trimmed.starts_with(|c: char| c.is_ascii_digit()) && text.matches("--:--:--").count() > 0;
    let behind = text.rsplit_once("--:--:--").filter(|_| is_meter).map(|(_, behind)| behind.trim_start());
    behind.map_or(text, |behind| behind.trim_start_matches(|c: char| c.is_ascii_digit() || ".kMG".contains(c)))
}

/// A body without a line break at its end has the next remark behind it on its line.
fn parted(text: &str) -> Vec<&str> {
    let marks = ["* Connection #", "* Closing connection", "* Curl_http_done"];
    let at = marks.iter().filter_map(|mark| text.find(mark)).min().filter(|at| *at > 0);
    at.and_then(|at| text.split_at_checked(at)).map_or_else(|| vec![text], |(body, told)| vec![body, told])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<What> {
        let lines: Vec<Line> =
            text.split('\n').zip(1..).map(|(text, number)| Line { number, text: text.to_owned() }).collect();
        said(&lines).into_iter().map(|said| said.what).collect()
    }

    #[test]
    fn request_and_status_lines_are_told_from_what_resembles_them() {
        for line in
            ["> POST /a HTTP/1.1", "> GET / HTTP/2", "< HTTP/2 401 ", "HTTP/1.1 400 Bad Request", "GET /a HTTP/1.1"]
        {
            assert!(is_traffic(line), "{line}");
        }
        for line in [
            "> quoted text",
            "HTTP/1.1 is old",
            "HTTP/1.1 999 x",
            "HTTP/1.1 4000",
            "Get /a HTTP/1.1",
            "GET /a b HTTP/1.1",
            " HTTP/1.1 400 x",
            "",
        ] {
            assert!(!is_traffic(line), "{line}");
        }
    }

    #[test]
    fn meters_times_and_numbers_of_transfers_are_taken_off() {
        let sent = || What::SentHead("GET / HTTP/1.1".to_owned());
        let told = |text: &str| What::Told(text.to_owned());
        assert_eq!(of("13:10:14.682869 > GET / HTTP/1.1"), [sent()]);
        assert_eq!(of("13:10:14.682869 [0-0] > GET / HTTP/1.1"), [sent()]);
        assert_eq!(
            of(
                "  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0*   Trying 127.0.0.1:1..."
            ),
            [told("Trying 127.0.0.1:1...")]
        );
        assert_eq!(of("{ [5 bytes data]"), [told("")]);
        assert_eq!(
            of("{}* Connection #0 to host a left intact"),
            [What::Text("{}".to_owned()), told("Connection #0 to host a left intact")]
        );
        assert_eq!(of("13:10:14 it is late"), [What::Text("13:10:14 it is late".to_owned())]);
    }

    #[test]
    fn html_is_no_head() {
        assert_eq!(of("<html>"), [What::Text("<html>".to_owned())]);
        assert_eq!(of("< "), [What::ReceivedHead(String::new())]);
        assert_eq!(of("<"), [What::ReceivedHead(String::new())]);
    }

    #[test]
    fn a_call_goes_on_behind_a_backslash() {
        let What::Called(command) = &of("$ curl -v https://a/ \\\n  -d b=1\nc")[0] else { panic!("no call") };
        assert_eq!(command.body, command::Sent::Text("b=1".to_owned()));
    }
}
