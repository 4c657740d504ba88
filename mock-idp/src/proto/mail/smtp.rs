//! Submission (RFC 6409): SMTP (RFC 5321) with STARTTLS (RFC 3207), AUTH (RFC 4954) and CHUNKING (RFC 3030).

mod content;
mod refusal;

use std::sync::Arc;

use smtp_proto::{MAIL_BODY_BINARYMIME, MailFrom, Request};

use crate::proto::mail::exchange::{SaslExchange, SaslStep};
use crate::proto::mail::login::{Login, Outcome};
use crate::proto::mail::room::Room;
use crate::proto::mail::session::{Answer, Dialogue, Framing, Then, line_framing};
use crate::proto::mail::smtp::refusal::refuse;
use crate::proto::mail::{MailCause, SaslMechanism};
use crate::proto::policy::MailText;
use crate::proto::time::Timestamp;

/// The most recipients of a message (RFC 5321 section 4.5.3.1.8 asks for 100 at least).
const MOST_RECIPIENTS: usize = 1_000;

/// The dialogue.
#[derive(Debug, Default)]
pub(crate) struct Smtp {
    /// What the client called itself since the connection, or since its TLS, began.
    client: Option<String>,
    login: Option<Login>,
    envelope: Option<Envelope>,
    awaits: Awaits,
}

/// What comes next.
#[derive(Debug, Default)]
enum Awaits {
    #[default]
    Command,
    Response(SaslExchange),
    Data,
    Chunk {
        length: usize,
        is_last: bool,
    },
}

/// A message in the making.
#[derive(Debug, Default)]
struct Envelope {
    from: String,
    to: Vec<String>,
    /// Whether it was announced as BINARYMIME, which DATA cannot carry (RFC 3030 section 3).
    is_binary: bool,
    /// What came in chunks.
    body: Vec<u8>,
}

fn say(text: &str) -> Answer {
    Answer::of(format!("{text}\r\n"))
}

impl Dialogue for Smtp {
    fn greet(&mut self, room: &mut Room<'_>) -> Answer {
        say(&format!("220 {}", room.greeting()))
    }

    fn frame(&self, room: &Room<'_>, input: &[u8], seen: usize) -> Framing {
        match &self.awaits {
            Awaits::Command | Awaits::Response(_) => line_framing(input, room.server.longest_line),
            Awaits::Chunk { length, .. } if input.len() >= *length => Framing::Complete(*length),
            Awaits::Chunk { .. } => Framing::Incomplete,
            Awaits::Data => content::framing(input, seen, room.mail.message_limit),
        }
    }

    fn act(&mut self, room: &mut Room<'_>, unit: &[u8]) -> Answer {
        match std::mem::take(&mut self.awaits) {
            Awaits::Command => self.command(room, unit),
            Awaits::Response(exchange) => self.respond(room, exchange, trimmed(unit)),
            Awaits::Data => {
                let mut envelope = self.envelope.take().unwrap_or_default();
                envelope.body = content::unstuffed(unit);
                self.submit(room, envelope)
            }
            Awaits::Chunk { is_last, .. } => self.chunk(room, unit, is_last),
        }
    }

    fn too_large(&mut self, room: &mut Room<'_>) -> Answer {
        let limit = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
        let cause = match self.awaits {
            Awaits::Data | Awaits::Chunk { .. } => MailCause::MessageTooLarge { limit: limit(room.mail.message_limit) },
            Awaits::Command | Awaits::Response(_) => MailCause::LineTooLong { limit: limit(room.server.longest_line) },
        };
        let Answer { bytes, .. } = refuse(room, cause);
        Answer::last(bytes)
    }

    fn secured(&mut self) {
        // The client says who it is once more (RFC 3207 section 4.2).
        *self = Self::default();
    }

    fn notice(&mut self, _: &mut Room<'_>) -> Answer {
        Answer::default()
    }

    fn due(&self) -> Option<Timestamp> {
        None
    }

    fn shown(&self, unit: &[u8]) -> Vec<u8> {
        match &self.awaits {
            Awaits::Data | Awaits::Chunk { .. } => format!("<{} bytes>", unit.len()).into_bytes(),
            Awaits::Response(exchange) if is_password(exchange.mechanism()) => b"<response>".to_vec(),
            Awaits::Response(_) => unit.to_vec(),
            Awaits::Command => {
                let text = String::from_utf8_lossy(unit);
                let mut words = text.split_ascii_whitespace();
                let mechanism = words.next().filter(|it| it.eq_ignore_ascii_case("AUTH")).and_then(|_| words.next());
                match (mechanism, words.next()) {
                    (Some(name), Some(_)) if SaslMechanism::named(name).is_none_or(is_password) => {
                        format!("AUTH {name} <response>").into_bytes()
                    }
                    (_, _) => unit.to_vec(),
                }
            }
        }
    }
}

/// Whether what a mechanism sends is a password.
pub(super) const fn is_password(mechanism: SaslMechanism) -> bool {
    match mechanism {
        SaslMechanism::Login | SaslMechanism::Plain => true,
        SaslMechanism::OauthBearer | SaslMechanism::Xoauth2 => false,
    }
}

/// A line without its end.
pub(super) fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

impl Smtp {
    fn command(&mut self, room: &mut Room<'_>, unit: &[u8]) -> Answer {
        let line = trimmed(unit);
        let word = String::from_utf8_lossy(line.split(|byte| *byte == b' ').next().unwrap_or_default());
        let word: String = word.chars().take(refusal::LONGEST_NAME).collect::<String>().to_ascii_uppercase();
        if word == "AUTH" {
            return self.auth(room, line);
        }
        // The parser wants the end of the line as the specification has it.
        let whole = [line, b"\r\n"].concat();
        let request = match Request::parse(&mut whole.iter()) {
            Ok(request) => request.into_owned(),
            Err(error) => return refusal::refuse_syntax(room, &error, word, line),
        };
        let name = request.name().to_owned();
        match request {
            Request::Ehlo { host } => self.hello(room, host, true),
            Request::Helo { host } => self.hello(room, host, false),
            Request::StartTls => self.start_tls(room),
            Request::Mail { from } => self.mail(room, from),
            Request::Rcpt { to } => self.recipient(room, to.address),
            Request::Data => self.data(room),
            Request::Bdat { chunk_size, is_last } => self.begin_chunk(room, chunk_size, is_last),
            Request::Rset => {
                self.envelope = None;
                say("250 2.0.0 Resetting")
            }
            Request::Noop { .. } => say("250 2.0.0 OK"),
            Request::Vrfy { .. } | Request::Expn { .. } => say("252 2.1.5 Cannot VRFY user"),
            Request::Help { .. } => say("214 2.0.0 See RFC 5321"),
            Request::Quit => {
                let text = room.text(MailText::Bye, "2.0.0 Bye", &room.context());
                Answer::last(format!("221 {text}\r\n"))
            }
            Request::Lhlo { .. }
            | Request::Etrn { .. }
            | Request::Atrn { .. }
            | Request::Burl { .. }
            | Request::Auth { .. } => refuse(room, MailCause::CommandInvalid { command: name }),
        }
    }

    fn hello(&mut self, room: &mut Room<'_>, host: String, is_extended: bool) -> Answer {
        let context = room.context().with("client", host.clone());
        let otherwise = format!("{} greets you", room.name());
        let first = room.text(MailText::Hello, &otherwise, &context);
        self.client = Some(host);
        self.envelope = None;
        if !is_extended {
            return say(&format!("250 {first}"));
        }
        let mut lines = vec![first];
        for extension in room.mail.smtp.iter().flat_map(|smtp| &smtp.extensions) {
            if extension != "STARTTLS" {
                lines.push(extension.clone());
            } else if room.is_secured {
                let names: Vec<&str> = room.server.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
                // A keyword without a mechanism is none (RFC 4954 section 3).
                if !names.is_empty() {
                    lines.push(format!("AUTH {}", names.join(" ")));
                }
            } else {
                lines.push(extension.clone());
            }
        }
        let last = lines.len().saturating_sub(1);
        let text: String = lines
            .iter()
            .enumerate()
            .map(|(at, line)| format!("250{}{line}\r\n", if at == last { ' ' } else { '-' }))
            .collect();
        Answer::of(text)
    }

    fn start_tls(&mut self, room: &mut Room<'_>) -> Answer {
        if room.is_secured {
            return refuse(room, MailCause::CommandOutOfOrder { command: "STARTTLS".to_owned() });
        }
        let text = room.text(MailText::TlsReady, "2.0.0 Ready to start TLS", &room.context());
        Answer { bytes: format!("220 {text}\r\n").into_bytes(), then: Then::StartTls }
    }

    fn auth(&mut self, room: &mut Room<'_>, line: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(line);
        let mut words = text.split_ascii_whitespace().skip(1);
        if self.client.is_none() {
            return refuse(room, MailCause::HelloMissing);
        }
        if !room.is_secured {
            return refuse(room, MailCause::TlsMissing { command: "AUTH".to_owned() });
        }
        if self.login.is_some() || self.envelope.is_some() {
            return refuse(room, MailCause::CommandOutOfOrder { command: "AUTH".to_owned() });
        }
        let Some(name) = words.next() else {
            return refuse(room, MailCause::CommandInvalid { command: "AUTH".to_owned() });
        };
        let mechanism = SaslMechanism::named(name).filter(|it| room.server.mechanisms.contains(it));
        let Some(mechanism) = mechanism else {
            return refuse(room, MailCause::MechanismUnknown { mechanism: name.to_owned() });
        };
        let exchange = SaslExchange::new(mechanism);
        match words.next() {
            Some(_) if !room.server.initial_response => refuse(room, MailCause::InitialResponseRefused),
            Some(response) => self.respond(room, exchange, response.as_bytes()),
            None => {
                let challenge = exchange.first_challenge();
                self.awaits = Awaits::Response(exchange);
                say(&format!("334 {challenge}"))
            }
        }
    }

    fn respond(&mut self, room: &mut Room<'_>, mut exchange: SaslExchange, response: &[u8]) -> Answer {
        match exchange.respond(room, response) {
            SaslStep::Ask(challenge) => {
                self.awaits = Awaits::Response(exchange);
                say(&format!("334 {challenge}"))
            }
            SaslStep::Decided(Ok(Outcome::In(login))) => {
                let which = if login.token.is_some() { MailText::Authenticated } else { MailText::LoggedIn };
                let text = room.text(which, "2.7.0 Authentication successful", &room.context());
                self.login = Some(login);
                say(&format!("235 {text}"))
            }
            SaslStep::Decided(Ok(Outcome::Nowhere(cause)) | Err(cause)) => refuse(room, cause),
        }
    }

    fn mail(&mut self, room: &mut Room<'_>, from: MailFrom<String>) -> Answer {
        let command = || "MAIL".to_owned();
        if self.client.is_none() {
            return refuse(room, MailCause::HelloMissing);
        }
        let Some(login) = &self.login else { return refuse(room, MailCause::LoginMissing { command: command() }) };
        if let Err(cause) = room.check_session(login) {
            return refuse(room, cause);
        }
        if self.envelope.is_some() {
            return refuse(room, MailCause::CommandOutOfOrder { command: command() });
        }
        if from.size > room.mail.message_limit {
            return refuse(room, too_large(room));
        }
        let is_binary = from.flags & MAIL_BODY_BINARYMIME != 0;
        self.envelope = Some(Envelope { from: from.address, is_binary, ..Envelope::default() });
        say("250 2.1.0 Sender OK")
    }

    fn recipient(&mut self, room: &mut Room<'_>, to: String) -> Answer {
        let Some(envelope) = &mut self.envelope else {
            return refuse(room, MailCause::CommandOutOfOrder { command: "RCPT".to_owned() });
        };
        if !to.contains('@') {
            return refuse(room, MailCause::RecipientInvalid { recipient: to });
        }
        if envelope.to.len() >= MOST_RECIPIENTS {
            return say("452 4.5.3 Too many recipients");
        }
        envelope.to.push(to);
        say("250 2.1.5 Recipient OK")
    }

    fn has_recipients(&self) -> bool {
        self.envelope.as_ref().is_some_and(|envelope| !envelope.to.is_empty())
    }

    fn data(&mut self, room: &mut Room<'_>) -> Answer {
        let needs_chunks =
            self.envelope.as_ref().is_some_and(|envelope| envelope.is_binary || !envelope.body.is_empty());
        if !self.has_recipients() || needs_chunks {
            return refuse(room, MailCause::CommandOutOfOrder { command: "DATA".to_owned() });
        }
        self.awaits = Awaits::Data;
        say("354 Start mail input; end with <CRLF>.<CRLF>")
    }

    fn begin_chunk(&mut self, room: &mut Room<'_>, length: usize, is_last: bool) -> Answer {
        let so_far = self.envelope.as_ref().map_or(0, |envelope| envelope.body.len());
        if so_far.saturating_add(length) > room.mail.message_limit {
            let Answer { bytes, .. } = refuse(room, too_large(room));
            return Answer::last(bytes);
        }
        // The chunk comes whether or not it is wanted (RFC 3030 section 2).
        self.awaits = Awaits::Chunk { length, is_last };
        if length == 0 { self.act(room, &[]) } else { Answer::default() }
    }

    fn chunk(&mut self, room: &mut Room<'_>, bytes: &[u8], is_last: bool) -> Answer {
        if !self.has_recipients() {
            return refuse(room, MailCause::CommandOutOfOrder { command: "BDAT".to_owned() });
        }
        let Some(mut envelope) = self.envelope.take() else { return Answer::default() };
        envelope.body.extend_from_slice(bytes);
        if is_last {
            return self.submit(room, envelope);
        }
        self.envelope = Some(envelope);
        say(&format!("250 2.0.0 {} octets received", bytes.len()))
    }

    fn submit(&mut self, room: &mut Room<'_>, envelope: Envelope) -> Answer {
        let Some(login) = self.login.clone() else {
            return refuse(room, MailCause::LoginMissing { command: "DATA".to_owned() });
        };
        let Envelope { from, to, body, .. } = envelope;
        if body.len() > room.mail.message_limit {
            return refuse(room, too_large(room));
        }
        for sender in content::senders(&from, &body) {
            if !room.may_send_as(&login, &sender) {
                let user = login.user.clone().unwrap_or_else(|| login.mailbox.clone());
                return refuse(room, MailCause::SendAsDenied { user, sender });
            }
        }
        room.submit(&login, &from, &to, Arc::from(body));
        let queue_id = format!("{}.{}", room.session, room.exchange);
        let context = room.context().with("queue_id", queue_id.clone());
        let text = room.text(MailText::Queued, &format!("2.0.0 OK {queue_id}"), &context);
        say(&format!("250 {text}"))
    }
}

fn too_large(room: &Room<'_>) -> MailCause {
    MailCause::MessageTooLarge { limit: u64::try_from(room.mail.message_limit).unwrap_or(u64::MAX) }
}
