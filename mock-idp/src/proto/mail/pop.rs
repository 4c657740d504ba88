//! POP3 (RFC 1939) with CAPA (RFC 2449) and AUTH (RFC 5034). It knows INBOX alone.

use std::collections::BTreeSet;

use crate::proto::mail::exchange::{SaslExchange, SaslStep};
use crate::proto::mail::login::{Login, Outcome};
use crate::proto::mail::room::Room;
use crate::proto::mail::session::{Answer, Dialogue, Framing, line_framing};
use crate::proto::mail::smtp::{is_password, trimmed};
use crate::proto::mail::store::INBOX;
use crate::proto::mail::{Credentials, MailCause, MailCauseKind, SaslMechanism};
use crate::proto::policy::{BasicLogin, MailText};
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// The dialogue.
#[derive(Debug, Default)]
pub(crate) struct Pop {
    state: State,
}

/// The states of RFC 1939, and what lies between two lines of a login.
#[derive(Debug, Default)]
enum State {
    /// Nobody is logged in; perhaps somebody has said who they are.
    #[default]
    Authorization,
    /// The same, and USER was taken.
    Named(String),
    /// A login is under way.
    Response(SaslExchange),
    /// Somebody is logged in.
    Transaction(Maildrop),
    /// Somebody is logged in, and has no mailbox.
    Nowhere(MailCause),
}

/// The messages as they were when the session began.
#[derive(Debug)]
struct Maildrop {
    login: Login,
    /// The numbers of the messages in the folder, and their sizes in bytes.
    messages: Vec<(u32, usize)>,
    uid_validity: u32,
    deleted: BTreeSet<usize>,
}

/// The words for a cause where the policy has none.
const fn standard(kind: MailCauseKind) -> &'static str {
    match kind {
        MailCauseKind::CommandInvalid => "-ERR Unknown command",
        MailCauseKind::CommandOutOfOrder | MailCauseKind::LoginMissing | MailCauseKind::HelloMissing => {
            "-ERR Command is not valid in this state"
        }
        MailCauseKind::LineTooLong => "-ERR Line too long",
        MailCauseKind::InitialResponseRefused | MailCauseKind::ResponseMalformed => "-ERR Protocol error",
        MailCauseKind::MechanismUnknown => "-ERR Unrecognized authentication type",
        MailCauseKind::LoginCancelled => "-ERR Authentication cancelled",
        MailCauseKind::MessageUnknown => "-ERR No such message",
        MailCauseKind::SessionExpired => "-ERR Session is over",
        MailCauseKind::Injected
        | MailCauseKind::TlsMissing
        | MailCauseKind::BasicRefused
        | MailCauseKind::PasswordWrong
        | MailCauseKind::TokenUnknown
        | MailCauseKind::TokenExpired
        | MailCauseKind::TokenEnded
        | MailCauseKind::TokenRevoked
        | MailCauseKind::TokenForAnother
        | MailCauseKind::ScopeMissing
        | MailCauseKind::UserDiffers
        | MailCauseKind::ApplicationNotAdmitted
        | MailCauseKind::MailboxUnknown
        | MailCauseKind::ProtocolOff
        | MailCauseKind::ProtocolOffForMailbox
        | MailCauseKind::FolderUnknown
        | MailCauseKind::FolderKept
        | MailCauseKind::MessageTooLarge
        | MailCauseKind::ReadOnly
        | MailCauseKind::SendAsDenied
        | MailCauseKind::RecipientInvalid => "-ERR Authentication failed",
    }
}

fn refuse(room: &mut Room<'_>, cause: MailCause) -> Answer {
    let text = room.refuse(cause, standard);
    match text.split_once('\n') {
        Some((line, _)) => Answer::last(format!("{line}\r\n")),
        None => Answer::of(format!("{text}\r\n")),
    }
}

fn say(text: &str) -> Answer {
    Answer::of(format!("+OK {text}\r\n"))
}

impl Dialogue for Pop {
    fn greet(&mut self, room: &mut Room<'_>) -> Answer {
        say(&room.greeting())
    }

    fn frame(&self, room: &Room<'_>, input: &[u8], _: usize) -> Framing {
        line_framing(input, room.server.longest_line)
    }

    fn act(&mut self, room: &mut Room<'_>, unit: &[u8]) -> Answer {
        let line = trimmed(unit);
        if let State::Response(exchange) = &self.state {
            let exchange = exchange.clone();
            self.state = State::Authorization;
            return self.respond(room, exchange, line);
        }
        let text = String::from_utf8_lossy(line).into_owned();
        let (command, arguments) = text.split_once(' ').unwrap_or((&text, ""));
        let command = command.to_ascii_uppercase();
        match command.as_str() {
            "CAPA" => capabilities(room),
            "QUIT" => self.quit(room),
            "AUTH" => self.auth(room, arguments),
            "USER" => self.user(room, arguments),
            "PASS" => self.pass(room, arguments),
            "STAT" | "LIST" | "UIDL" | "RETR" | "TOP" | "DELE" | "RSET" | "NOOP" => {
                self.transaction(room, command, arguments)
            }
            _ => refuse(room, MailCause::CommandInvalid { command: command.chars().take(16).collect() }),
        }
    }

    fn too_large(&mut self, room: &mut Room<'_>) -> Answer {
        let limit = u64::try_from(room.server.longest_line).unwrap_or(u64::MAX);
        let Answer { bytes, .. } = refuse(room, MailCause::LineTooLong { limit });
        Answer::last(bytes)
    }

    fn secured(&mut self) {}

    fn notice(&mut self, _: &mut Room<'_>) -> Answer {
        Answer::default()
    }

    fn due(&self) -> Option<Timestamp> {
        None
    }

    fn shown(&self, unit: &[u8]) -> Vec<u8> {
        if let State::Response(exchange) = &self.state {
            return if is_password(exchange.mechanism()) { b"<response>".to_vec() } else { unit.to_vec() };
        }
        let text = String::from_utf8_lossy(unit);
        let command = text.split_ascii_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        match command.as_str() {
            "PASS" => b"PASS <password>".to_vec(),
            "AUTH" if text.split_ascii_whitespace().nth(2).is_some() => {
                let name = text.split_ascii_whitespace().nth(1).unwrap_or_default();
                if SaslMechanism::named(name).is_none_or(is_password) {
                    format!("AUTH {name} <response>").into_bytes()
                } else {
                    unit.to_vec()
                }
            }
            _ => unit.to_vec(),
        }
    }
}

fn capabilities(room: &Room<'_>) -> Answer {
    let mut text = "+OK\r\n".to_owned();
    for name in room.mail.pop.iter().flat_map(|pop| &pop.capabilities) {
        text.push_str(name);
        text.push_str("\r\n");
    }
    let names: Vec<&str> = room.server.mechanisms.iter().map(|mechanism| mechanism.name()).collect();
    if !names.is_empty() {
        text.extend(["SASL ", &names.join(" "), "\r\n"]);
    }
    Answer::of(text + ".\r\n")
}

impl Pop {
    fn is_logged_in(&self) -> bool {
        matches!(self.state, State::Transaction(_) | State::Nowhere(_))
    }

    fn auth(&mut self, room: &mut Room<'_>, arguments: &str) -> Answer {
        if self.is_logged_in() {
            return refuse(room, MailCause::CommandOutOfOrder { command: "AUTH".to_owned() });
        }
        let mut words = arguments.split_ascii_whitespace();
        let Some(name) = words.next() else {
            // What is offered, one a line (RFC 5034 section 4).
            let names: String = room.server.mechanisms.iter().map(|it| format!("{}\r\n", it.name())).collect();
            return Answer::of(format!("+OK\r\n{names}.\r\n"));
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
                self.state = State::Response(exchange);
                Answer::of(format!("+ {challenge}\r\n"))
            }
        }
    }

    fn respond(&mut self, room: &mut Room<'_>, mut exchange: SaslExchange, response: &[u8]) -> Answer {
        match exchange.respond(room, response) {
            SaslStep::Ask(challenge) => {
                self.state = State::Response(exchange);
                Answer::of(format!("+ {challenge}\r\n"))
            }
            SaslStep::Decided(outcome) => self.decided(room, outcome),
        }
    }

    fn decided(&mut self, room: &mut Room<'_>, outcome: Result<Outcome, MailCause>) -> Answer {
        let is_by_token = match &outcome {
            Ok(Outcome::In(login)) => login.token.is_some(),
            Ok(Outcome::Nowhere(_)) => true,
            Err(_) => false,
        };
        let (which, otherwise) =
            if is_by_token { (MailText::Authenticated, "Authenticated") } else { (MailText::LoggedIn, "Logged in") };
        self.state = match outcome {
            Err(cause) => return refuse(room, cause),
            Ok(Outcome::Nowhere(cause)) => State::Nowhere(cause),
            Ok(Outcome::In(login)) => State::Transaction(Maildrop::open(room, login)),
        };
        say(&room.text(which, otherwise, &room.context()))
    }

    fn user(&mut self, room: &mut Room<'_>, name: &str) -> Answer {
        if self.is_logged_in() || name.is_empty() {
            return refuse(room, MailCause::CommandOutOfOrder { command: "USER".to_owned() });
        }
        if room.mail.basic == BasicLogin::Refused {
            return refuse(room, MailCause::BasicRefused { user: name.to_owned() });
        }
        self.state = State::Named(name.to_owned());
        say("Send PASS")
    }

    fn pass(&mut self, room: &mut Room<'_>, password: &str) -> Answer {
        let State::Named(user) = &self.state else {
            return refuse(room, MailCause::CommandOutOfOrder { command: "PASS".to_owned() });
        };
        let credentials = Credentials::Password { user: user.clone(), password: Secret::new(password.to_owned()) };
        self.state = State::Authorization;
        let outcome = room.admit(&credentials);
        self.decided(room, outcome)
    }

    fn quit(&mut self, room: &mut Room<'_>) -> Answer {
        if let State::Transaction(drop) = &self.state {
            let gone: BTreeSet<u32> =
                drop.deleted.iter().filter_map(|at| drop.messages.get(*at)).map(|(uid, _)| *uid).collect();
            if !gone.is_empty() {
                room.remove(&drop.login, INBOX, |message| gone.contains(&message.uid));
            }
        }
        let text = room.text(MailText::Bye, "Bye", &room.context());
        Answer::last(format!("+OK {text}\r\n"))
    }

    fn transaction(&mut self, room: &mut Room<'_>, command: String, arguments: &str) -> Answer {
        let drop = match &mut self.state {
            State::Transaction(drop) => drop,
            State::Nowhere(cause) => {
                let cause = cause.clone();
                return refuse(room, cause);
            }
            State::Authorization | State::Named(_) | State::Response(_) => {
                return refuse(room, MailCause::LoginMissing { command });
            }
        };
        if let Err(cause) = room.check_session(&drop.login) {
            let Answer { bytes, .. } = refuse(room, cause);
            return Answer::last(bytes);
        }
        drop.act(room, &command, arguments)
    }
}

impl Maildrop {
    fn open(room: &mut Room<'_>, login: Login) -> Self {
        let inbox = room.folders(&login).get(INBOX);
        let messages = inbox.iter().flat_map(|inbox| &inbox.messages).map(|it| (it.uid, size(&it.raw))).collect();
        let uid_validity = inbox.map_or(1, |inbox| inbox.uid_validity);
        Self { login, messages, uid_validity, deleted: BTreeSet::new() }
    }

    /// The messages that are not deleted, with their numbers from 1.
    fn left(&self) -> impl Iterator<Item = (usize, u32, usize)> {
        let left = self.messages.iter().enumerate().filter(|(at, _)| !self.deleted.contains(at));
        left.map(|(at, (uid, size))| (at + 1, *uid, *size))
    }

    /// The message of a number that is not deleted.
    fn find(&self, word: Option<&str>) -> Result<(usize, u32, usize), MailCause> {
        let unknown = || MailCause::MessageUnknown { message: word.unwrap_or_default().to_owned() };
        let number: usize = word.and_then(|word| word.parse().ok()).ok_or_else(unknown)?;
        self.left().find(|(known, _, _)| *known == number).ok_or_else(unknown)
    }

    fn act(&mut self, room: &mut Room<'_>, command: &str, arguments: &str) -> Answer {
        let mut words = arguments.split_ascii_whitespace();
        let first = words.next();
        match command {
            "STAT" => {
                let (count, size) = self.left().fold((0, 0), |(count, size), (_, _, more)| (count + 1, size + more));
                say(&format!("{count} {size}"))
            }
            "LIST" if first.is_none() => {
                let lines: String = self.left().map(|(number, _, size)| format!("{number} {size}\r\n")).collect();
                Answer::of(format!("+OK {} messages\r\n{lines}.\r\n", self.left().count()))
            }
            "UIDL" if first.is_none() => {
                let validity = self.uid_validity;
                let lines: String =
                    self.left().map(|(number, uid, _)| format!("{number} {validity}-{uid}\r\n")).collect();
                Answer::of(format!("+OK\r\n{lines}.\r\n"))
            }
            "RSET" => {
                self.deleted.clear();
                say(&format!("{} messages", self.messages.len()))
            }
            "NOOP" => Answer::of("+OK\r\n"),
            _ => {
                let (number, uid, size) = match self.find(first) {
                    Ok(found) => found,
                    Err(cause) => return refuse(room, cause),
                };
                match command {
                    "LIST" => say(&format!("{number} {size}")),
                    "UIDL" => say(&format!("{number} {}-{uid}", self.uid_validity)),
                    "DELE" => {
                        self.deleted.insert(number - 1);
                        say("Marked to be deleted")
                    }
                    "TOP" => match words.next().and_then(|word| word.parse().ok()) {
                        Some(lines) => self.content(room, uid, Some(lines)),
                        None => refuse(room, MailCause::CommandInvalid { command: "TOP".to_owned() }),
                    },
                    _ => self.content(room, uid, None),
                }
            }
        }
    }

    /// A message, or its header and so many lines.
    fn content(&self, room: &mut Room<'_>, uid: u32, lines: Option<usize>) -> Answer {
        let found = room.folders(&self.login).get(INBOX);
        let raw = found.and_then(|inbox| inbox.messages.iter().find(|it| it.uid == uid)).map(|it| it.raw.clone());
        let Some(raw) = raw else {
            return refuse(room, MailCause::MessageUnknown { message: uid.to_string() });
        };
        let mut out = format!("+OK {} octets\r\n", size(&raw)).into_bytes();
        let mut body_left = lines;
        let mut in_body = false;
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            if in_body && let Some(left) = &mut body_left {
                if *left == 0 {
                    break;
                }
                *left -= 1;
            }
            let text = trimmed(line);
            in_body |= text.is_empty();
            if text.first() == Some(&b'.') {
                out.push(b'.');
            }
            out.extend_from_slice(text);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
        Answer::of(out)
    }
}

/// The bytes of a message as it is sent: each line ends in CRLF (RFC 1939 section 11), also where the message came with less.
fn size(raw: &[u8]) -> usize {
    raw.split_inclusive(|byte| *byte == b'\n').map(|line| trimmed(line).len() + 2).sum()
}
