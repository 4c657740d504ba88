//! Access logs, and what HTTP libraries say of each request: `"POST /path HTTP/1.1" 400`.

use jiff::Timestamp;

use super::curl::is_request_line;
use super::draft::{Draft, url};
use super::time::leading;
use crate::capture::model::{Body, CapturedRequest, CapturedResponse};

/// The request that a line tells of: Common Log Format of web servers, and Python's `urllib3`, which has the origin before the quotes.
pub(super) fn exchange(number: usize, line: &str) -> Option<Draft> {
    let (before, rest) = line.split_once('"')?;
    let (request, behind) = rest.split_once('"')?;
    if !is_request_line(request) {
        return None;
    }
    let status = behind.split_ascii_whitespace().next()?;
    let status: u16 = status.parse().ok().filter(|status| (100..600).contains(status))?;
    let (method, target) = request.split_once(' ')?;
    let target = target.rsplit_once(' ')?.0;
    let mut notes = vec!["only the request line and the status are in the log".to_owned()];
    let origin = before.split_ascii_whitespace().next_back().map(|word| {
        word.rsplit_once(":http").map_or(word, |(_, rest)| word.get(word.len() - rest.len() - 4..).unwrap_or(word))
    });
    let origin = origin.and_then(|word| word.split_once("://"));
    let (scheme, host) = origin.map_or((None, None), |(scheme, host)| (Some(scheme), Some(host)));
    let url = url(target, scheme, host, &mut notes)?;
    let may_have_body = !matches!(method, "GET" | "HEAD" | "DELETE" | "OPTIONS");
    let body = if may_have_body { Body::NotRecorded } else { Body::Absent };
    Some(Draft {
        line: number,
        time: time(before),
        took_ms: None,
        request: CapturedRequest { method: method.to_owned(), url, headers: Vec::new(), body },
        response: Some(CapturedResponse { status, headers: Vec::new(), body: Body::NotRecorded }),
        error: None,
        notes,
    })
}

/// At the beginning of the line, or in brackets before the request.
fn time(before: &str) -> Option<Timestamp> {
    let bracketed = || before.rfind('[').and_then(|at| leading(before.get(at..)?));
    leading(before).or_else(bracketed).map(|(when, _)| when.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_servers_and_urllib3_say_the_same_in_other_words() {
        let server = r#"192.0.2.1 - - [15/Nov/2021:03:00:00 +0100] "POST /api/oauth2/token HTTP/1.1" 400 95 "-" "x/1""#;
        let library = r#"2021-11-15 02:00:00,000 DEBUG:urllib3.connectionpool:https://start.exactonline.nl:443 "POST /api/oauth2/token HTTP/1.1" 400 95"#;
        for (line, host) in [(server, "unknown.invalid"), (library, "start.exactonline.nl")] {
            let read = exchange(7, line).unwrap();
            assert_eq!(read.request.url.as_str(), format!("https://{host}/api/oauth2/token"));
            assert_eq!((read.request.method.as_str(), read.response.unwrap().status), ("POST", 400));
            assert_eq!(read.time.unwrap().to_string(), "2021-11-15T02:00:00Z", "{line}");
        }
    }

    #[test]
    fn a_quoted_text_is_no_request() {
        for line in [
            r#"he said "POST it" 400"#,
            r#""POST /a HTTP/1.1" soon"#,
            r#""POST /a HTTP/1.1" 1000"#,
            "\"POST /a HTTP/1.1",
        ] {
            assert!(exchange(1, line).is_none(), "{line}");
        }
    }
}
