//! From what `curl` prints to exchanges: which lines belong to which request, and what of it is missing.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::command::{Command, Sent};
use super::curl::{Said, What, is_request_line, is_status_line, status};
use super::draft::{Draft, date, field, url, value};
use super::time::ASSUMED_YEAR;
use crate::capture::model::{Body, CapturedRequest, CapturedResponse, HeaderField, Note};

/// What is known of a connection.
#[derive(Debug, Clone, Default)]
struct Connection {
    /// Whether it has TLS, once anything is known of it.
    is_secure: Option<bool>,
    /// The host, and the port where it is not the one of the scheme.
    host: Option<String>,
}

/// A request and its answer, as far as they were read.
#[derive(Debug, Clone, Default)]
struct Transfer {
    line: usize,
    clock: Option<Time>,
    command: Option<Command>,
    connection: Connection,
    sent_head: Vec<String>,
    has_sent_head: bool,
    sent: Option<Vec<u8>>,
    head: Vec<String>,
    has_head: bool,
    /// The body to the byte, from a trace.
    received: Option<Vec<u8>>,
    /// The lines that may be the body, and where they are.
    text: Vec<(usize, String)>,
    /// Whether what follows is no body any more.
    is_over: bool,
    failed: Option<String>,
}

/// What was read of a whole text.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    pub(super) drafts: Vec<Draft>,
    pub(super) notes: Vec<Note>,
    /// The lines that belong to no exchange.
    pub(super) unread: Vec<(usize, String)>,
    clocks: Vec<Option<Time>>,
    /// What of the last command has not been used.
    command: Option<(usize, Command)>,
    connection: Connection,
    open: Option<Transfer>,
}

/// Puts exchanges together.
pub(super) fn transfers(said: Vec<Said>) -> Transfers {
    let mut all = Transfers::default();
    for it in said {
        all.take(it);
    }
    all.close();
    all.close_command();
    all.tell_times();
    all
}

impl Transfers {
    fn take(&mut self, said: Said) {
        let Said { line, clock, what } = said;
        match what {
            What::Called(command) => {
                self.close();
                self.close_command();
                self.connection = Connection::default();
                self.command = Some((line, *command));
            }
            What::Told(text) => self.told(&text),
            What::SentHead(text) => self.sent_head(line, clock, text),
            What::SentBody(bytes) => {
                if let Some(open) = &mut self.open {
                    open.sent.get_or_insert_default().extend(bytes);
                }
            }
            What::ReceivedHead(text) => self.received_head(line, clock, text),
            What::ReceivedBody(bytes) => {
                if let Some(open) = &mut self.open {
                    open.received.get_or_insert_default().extend(bytes);
                }
            }
            What::Failed(why) => self.failed(line, why),
            What::Text(text) => match &mut self.open {
                Some(open) if open.has_head && !open.is_over => open.text.push((line, text)),
                Some(_) | None => self.unread.push((line, text)),
            },
        }
    }

    fn told(&mut self, text: &str) {
        let of = |name: &str| text.split_once(&format!("[:{name}: ")).and_then(|(_, rest)| rest.strip_suffix(']'));
        if text.starts_with("Trying ") {
            self.connection = Connection::default();
        } else if let Some(to) =
            text.strip_prefix("Connected to ").or_else(|| text.strip_prefix("Established connection to "))
        {
            let host = to.split(' ').next().unwrap_or_default();
            let port = to.split_once("port ").and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next());
            self.connection.is_secure = Some(port == Some("443"));
            let port = port.filter(|port| !matches!(*port, "443" | "80")).map(|port| format!(":{port}"));
            self.connection.host = Some(format!("{host}{}", port.unwrap_or_default()));
        } else if ["SSL connection", "TLSv1", "ALPN", "schannel", "ALPN,"].iter().any(|mark| text.starts_with(mark)) {
            self.connection.is_secure = Some(true);
        } else if let Some(scheme) = of("scheme") {
            self.connection.is_secure = Some(scheme == "https");
        } else if let Some(authority) = of("authority") {
            self.connection.host = Some(authority.to_owned());
        } else if text.starts_with("Connection #") || text.starts_with("Closing connection") {
            if let Some(open) = &mut self.open {
                open.is_over |= open.text.iter().any(|(_, text)| !text.trim().is_empty());
            }
        } else if ["Empty reply from server", "Recv failure", "Operation timed out"]
            .iter()
            .any(|mark| text.starts_with(mark))
            && let Some(open) = &mut self.open
        {
            open.failed = Some(text.to_owned());
        }
    }

    fn sent_head(&mut self, line: usize, clock: Option<Time>, text: String) {
        let goes_on = self.open.as_ref().is_some_and(|open| {
            !open.has_sent_head && !open.has_head && (open.sent_head.is_empty() || !is_request_line(&text))
        });
        if !goes_on {
            self.close();
            let (line, command) = match self.command.take() {
                Some((_, command)) => (line, Some(command)),
                None => (line, None),
            };
            let connection = self.connection.clone();
            self.open = Some(Transfer { line, clock, command, connection, ..Transfer::default() });
        }
        if let Some(open) = &mut self.open {
            open.has_sent_head = text.is_empty();
            open.sent_head.push(text);
        }
    }

    fn received_head(&mut self, line: usize, clock: Option<Time>, text: String) {
        if is_status_line(&text) {
            let is_answered = self.open.as_ref().is_none_or(|open| {
                let before = open.head.first().and_then(|first| status(first));
                before.is_some_and(|status| status >= 200)
            });
            if is_answered {
                self.close();
                let command = self.command.take().map(|(_, command)| command);
                let connection = self.connection.clone();
                self.open = Some(Transfer { line, clock, command, connection, ..Transfer::default() });
            }
            if let Some(open) = &mut self.open {
                // What came before was `100 Continue` and the like.
                open.head.clear();
                open.has_head = false;
            }
        }
        let Some(open) = &mut self.open else {
            self.unread.push((line, text));
            return;
        };
        // What comes behind the body are trailers.
        if !open.has_head {
            open.has_head = text.is_empty();
            open.head.push(text);
        }
    }

    fn failed(&mut self, line: usize, why: String) {
        match (&mut self.open, self.command.take()) {
            (Some(open), None) => open.failed = Some(why),
            (_, Some((_, command))) => {
                self.close();
                let connection = self.connection.clone();
                let failed = Some(why);
                self.open = Some(Transfer { line, command: Some(command), connection, failed, ..Transfer::default() });
                self.close();
            }
            (None, None) => self.unread.push((line, why)),
        }
    }

    /// A command of which nothing came but perhaps a body.
    fn close_command(&mut self) {
        let Some((line, command)) = self.command.take() else { return };
        // They are in the order of the log, so that those behind the command are at the end.
        let mut shown = Vec::new();
        while let Some((_, text)) = self.unread.pop_if(|(at, _)| *at > line) {
            shown.push(text.trim().to_owned());
        }
        shown.reverse();
        let shown = shown.join("\n").trim().chars().take(2000).collect::<String>();
        let what = if shown.is_empty() {
            "nothing of the answer is in the log".to_owned()
        } else {
            format!("the log does not show the status (`curl -i` does); it shows: {shown}")
        };
        self.open = Some(Transfer { line, command: Some(command), failed: Some(what), ..Transfer::default() });
        self.close();
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let (line, clock) = (open.line, open.clock);
        match open.into_draft(&mut self.unread) {
            Ok(Some(draft)) => {
                self.drafts.push(draft);
                self.clocks.push(clock);
            }
            // A tunnel through a proxy: the requests are those inside it.
            Ok(None) => self.connection.is_secure = Some(true),
            Err(why) => self.notes.push(Note { entry: None, text: format!("line {line}: {why}: left out") }),
        }
    }

    /// Times are those at which the answers say that they were made. Where not all say so, and all have a time of day, those are taken.
    fn tell_times(&mut self) {
        let is_dated = |it: &Draft| it.time.is_some();
        if self.drafts.is_empty() || self.drafts.iter().all(is_dated) || self.clocks.iter().any(Option::is_none) {
            if self.drafts.iter().any(is_dated) {
                let text = "times are those of the header field Date, in whole seconds".to_owned();
                self.notes.push(Note { entry: None, text });
            }
            return;
        }
        let dated = self.drafts.iter().find_map(|it| it.time);
        let day = dated.map_or(Date::constant(ASSUMED_YEAR, 1, 1), |at| TimeZone::UTC.to_datetime(at).date());
        let (mut days, mut before) = (0, Time::midnight());
        for (it, clock) in self.drafts.iter_mut().zip(self.clocks.iter().flatten()) {
            // Past midnight.
            days += i64::from(*clock < before);
            before = *clock;
            let at = TimeZone::UTC.to_timestamp(DateTime::from_parts(day, *clock));
            it.time = at.ok().and_then(|at| at.checked_add(SignedDuration::from_hours(24 * days)).ok());
        }
        let text = format!("the log has times of day alone: {day} is assumed, and UTC");
        self.notes.push(Note { entry: None, text });
    }
}

impl Transfer {
    /// The exchange; none where it only asks a proxy for a tunnel. Lines behind the body go to `unread`.
    fn into_draft(self, unread: &mut Vec<(usize, String)>) -> Result<Option<Draft>, String> {
        let mut notes = Vec::new();
        let Some(request) = self.request(&mut notes)? else { return Ok(None) };
        let response = self.response(&request.method, &mut notes, unread);
        let mut error = self.failed.clone();
        if response.is_none() {
            error.get_or_insert_with(|| "the log shows no answer".to_owned());
        }
        let time = response.as_ref().and_then(|it| date(&it.headers));
        Ok(Some(Draft { line: self.line, time, took_ms: None, request, response, error, notes }))
    }

    fn request(&self, notes: &mut Vec<String>) -> Result<Option<CapturedRequest>, String> {
        let first = self.sent_head.first();
        let mut parts = first.map(String::as_str).unwrap_or_default().split(' ');
        let command = self.command.as_ref();
        let method = match parts.next().filter(|method| !method.is_empty()) {
            Some(method) => method.to_owned(),
            None => command.and_then(|it| it.method.clone()).ok_or("an answer to a request that is not in the log")?,
        };
        if method == "CONNECT" {
            return Ok(None);
        }
        let shown: Vec<HeaderField> = self.sent_head.iter().skip(1).filter_map(|line| field(line)).collect();
        let headers = if first.is_none() { command.map(|it| it.headers.clone()).unwrap_or_default() } else { shown };
        let asked = command.and_then(|it| it.url.as_deref()).filter(|url| url.contains("://"));
        let scheme = match self.connection.is_secure {
            Some(true) => Some("https"),
            Some(false) => Some("http"),
            None => asked.and_then(|url| url.split_once("://")).map(|(scheme, _)| scheme),
        };
        let host = value(&headers, "host").or(self.connection.host.as_deref());
        let target = match parts.next() {
            Some(target) => target,
            None => command.and_then(|it| it.url.as_deref()).unwrap_or_default(),
        };
        // `curl` takes a URL without a scheme to be one of http.
        let bare = (first.is_none() && !target.contains("://")).then(|| format!("http://{target}"));
        if scheme.is_none() && first.is_some() && !target.contains("://") {
            notes.push("the scheme is not in the log: https is assumed".to_owned());
        }
        let target = bare.as_deref().unwrap_or(target);
        let url = url(target, scheme, host, notes).ok_or_else(|| format!("{target:?} is no URL"))?;
        let body = self.sent_body(&headers, notes);
        Ok(Some(CapturedRequest { method, url, headers, body }))
    }

    fn sent_body(&self, headers: &[HeaderField], notes: &mut Vec<String>) -> Body {
        let length: Option<usize> = value(headers, "content-length").and_then(|length| length.parse().ok());
        if let Some(sent) = self.sent.as_ref() {
            let mut sent = sent.clone();
            // Lines end where bodies need not.
            if length.is_none() {
                sent.truncate(sent.trim_ascii_end().len());
                // People part long forms at their ampersands.
                if value(headers, "content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded")) {
                    sent.retain(|byte| *byte != b'\n');
                }
            }
            sent.truncate(length.unwrap_or(sent.len()));
            return if sent.is_empty() { Body::Absent } else { Body::Bytes(sent) };
        }
        let is_expected = length.is_some_and(|length| length > 0) || value(headers, "transfer-encoding").is_some();
        match self.command.as_ref().map(|command| &command.body) {
            Some(Sent::Text(text)) => {
                if let Some(length) = length.filter(|length| *length != text.len()) {
                    let has = text.len();
                    notes.push(format!(
                        "the body is that of the command line, which has {has} bytes, and {length} were sent"
                    ));
                }
                Body::Bytes(text.clone().into_bytes())
            }
            Some(Sent::Elsewhere(why)) => {
                notes.push(format!("the body of the request is not in the log: {why}"));
                Body::NotRecorded
            }
            Some(Sent::Nothing) | None if is_expected => {
                notes.push("the body of the request is not in the log: `curl -v` does not show it".to_owned());
                Body::NotRecorded
            }
            Some(Sent::Nothing) | None => Body::Absent,
        }
    }

    fn response(
        &self,
        method: &str,
        notes: &mut Vec<String>,
        unread: &mut Vec<(usize, String)>,
    ) -> Option<CapturedResponse> {
        let status = self.head.first().and_then(|first| status(first))?;
        let headers: Vec<HeaderField> = self.head.iter().skip(1).filter_map(|line| field(line)).collect();
        let length: Option<usize> = value(&headers, "content-length").and_then(|length| length.parse().ok());
        let has_none = method == "HEAD" || matches!(status, 100..=199 | 204 | 205 | 304) || length == Some(0);
        let body = if let Some(received) = &self.received {
            Some(received.clone()).filter(|received| !received.is_empty())
        } else if has_none {
            unread.extend(self.text.iter().cloned());
            None
        } else {
            self.body(length, value(&headers, "content-type").unwrap_or_default(), unread)
        };
        let body = match body {
            Some(bytes) => {
                if let Some(length) = length.filter(|length| *length > bytes.len()) {
                    notes.push(format!("{} of the {length} bytes of the answer's body are in the log", bytes.len()));
                }
                Body::Bytes(bytes)
            }
            None if has_none || (length.is_none() && value(&headers, "content-type").is_none()) => Body::Absent,
            None => {
                notes.push("the body of the answer is not in the log".to_owned());
                Body::NotRecorded
            }
        };
        Some(CapturedResponse { status, headers, body })
    }

    /// The body among the lines behind the head: as long as the head says, or a JSON value where it is one, or all of it.
    fn body(&self, length: Option<usize>, kind: &str, unread: &mut Vec<(usize, String)>) -> Option<Vec<u8>> {
        let is_blank = |(_, text): &&(usize, String)| text.trim().is_empty();
        let lines = self.text.get(self.text.iter().take_while(is_blank).count()..).unwrap_or_default();
        let joined = lines.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
        let json = || {
            let mut values = serde_json::Deserializer::from_str(&joined).into_iter::<Value>();
            let is_read = kind.contains("json") && matches!(values.next(), Some(Ok(_)));
            is_read.then(|| values.byte_offset())
        };
        let end = length.filter(|length| *length <= joined.len()).or_else(json).unwrap_or(joined.len());
        let (body, rest) = joined.split_at_checked(end).unwrap_or((&joined, ""));
        let left = rest.trim_start_matches('\n');
        if !left.trim().is_empty() {
            let kept = left.split('\n').count();
            unread.extend(lines.iter().skip(lines.len().saturating_sub(kept)).cloned());
        }
        let body = if length.is_none() { body.trim_end() } else { body };
        (!body.is_empty()).then(|| body.as_bytes().to_vec())
    }
}
