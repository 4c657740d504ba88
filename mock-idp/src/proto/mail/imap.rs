//! IMAP (RFC 9051, and what RFC 3501 clients expect): from the greeting to the end of a session.
//!
//! Owns states and dispatch; `framing` finds the commands, `selected` keeps what the client knows of a mailbox, `work` does what a command asks.

mod fetch;
mod framing;
mod message;
mod search;
mod selected;
mod text;
mod work;

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder as _;
use imap_codec::imap_types::command::{Command, CommandBody};

use crate::proto::mail::exchange::{SaslExchange, SaslStep};
use crate::proto::mail::imap::selected::Selected;
use crate::proto::mail::login::{Login, Outcome};
use crate::proto::mail::room::Room;
use crate::proto::mail::session::{Answer, Dialogue, Framing, line_framing};
use crate::proto::mail::smtp::{is_password, trimmed};
use crate::proto::mail::{Credentials, MailCause, MailCauseKind, SaslMechanism};
use crate::proto::policy::MailText;
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// The dialogue.
#[derive(Debug, Default)]
pub(crate) struct Imap {
    state: State,
    awaits: Awaits,
}

/// The states of RFC 9051 section 3.
#[derive(Debug, Default)]
enum State {
    #[default]
    NotAuthenticated,
    Authenticated(Login),
    Selected(Login, Selected),
    /// Somebody is logged in, and has no mailbox here.
    Nowhere(MailCause),
}

/// What comes next.
#[derive(Debug, Default)]
enum Awaits {
    #[default]
    Command,
    Response {
        tag: String,
        exchange: SaslExchange,
    },
    /// The end of IDLE (RFC 2177).
    Done {
        tag: String,
    },
}

/// The words for a cause where the policy has none.
const fn standard(kind: MailCauseKind) -> &'static str {
    match kind {
        MailCauseKind::CommandInvalid => "BAD Command unknown or its arguments are invalid",
        MailCauseKind::CommandOutOfOrder | MailCauseKind::LoginMissing | MailCauseKind::HelloMissing => {
            "BAD Command is not valid in this state"
        }
        MailCauseKind::LineTooLong => "BAD Line too long\n* BYE Line too long",
        MailCauseKind::TlsMissing => "NO [PRIVACYREQUIRED] TLS is required",
        MailCauseKind::MechanismUnknown => "NO Unsupported authentication mechanism",
        MailCauseKind::InitialResponseRefused | MailCauseKind::ResponseMalformed => "BAD Invalid response",
        MailCauseKind::LoginCancelled => "BAD Authentication cancelled",
        MailCauseKind::SessionExpired => "NO [EXPIRED] Session is over\n* BYE Session is over",
        MailCauseKind::FolderUnknown => "NO [NONEXISTENT] No such mailbox",
        MailCauseKind::FolderKept => "NO [CANNOT] Mailbox exists or cannot be changed",
        MailCauseKind::MessageUnknown => "BAD No such message",
        MailCauseKind::MessageTooLarge => "NO [TOOBIG] Message is too large",
        MailCauseKind::ReadOnly => "NO [READ-ONLY] Mailbox is selected for reading only",
        MailCauseKind::UserDiffers
        | MailCauseKind::ApplicationNotAdmitted
        | MailCauseKind::MailboxUnknown
        | MailCauseKind::ProtocolOff
        | MailCauseKind::ProtocolOffForMailbox => "NO [AUTHORIZATIONFAILED] Access denied",
        MailCauseKind::Injected
        | MailCauseKind::BasicRefused
        | MailCauseKind::PasswordWrong
        | MailCauseKind::TokenUnknown
        | MailCauseKind::TokenExpired
        | MailCauseKind::TokenEnded
        | MailCauseKind::TokenRevoked
        | MailCauseKind::TokenForAnother
        | MailCauseKind::ScopeMissing
        | MailCauseKind::SendAsDenied
        | MailCauseKind::RecipientInvalid => "NO [AUTHENTICATIONFAILED] Authentication failed",
    }
}

/// A refusal: the policy's line after the tag, and what may be said after it, with which the connection ends.
fn refuse(room: &mut Room<'_>, tag: &str, cause: MailCause) -> Answer {
    let text = room.refuse(cause, standard);
    match text.split_once('\n') {
        Some((line, last)) => Answer::last(format!("{tag} {line}\r\n{last}\r\n")),
        None => Answer::of(format!("{tag} {text}\r\n")),
    }
}

fn completed(tag: &str, command: &str) -> String {
    format!("{tag} OK {command} completed.\r\n")
}

impl Dialogue for Imap {
    fn greet(&mut self, room: &mut Room<'_>) -> Answer {
        Answer::of(format!("* OK {}\r\n", room.greeting()))
    }

    fn frame(&self, room: &Room<'_>, input: &[u8], _: usize) -> Framing {
        match self.awaits {
            Awaits::Command => framing::frame(input, room.server.longest_line, room.mail.message_limit),
            Awaits::Response { .. } | Awaits::Done { .. } => line_framing(input, room.server.longest_line),
        }
    }

    fn act(&mut self, room: &mut Room<'_>, unit: &[u8]) -> Answer {
        match std::mem::take(&mut self.awaits) {
            Awaits::Command => self.line(room, unit),
            Awaits::Response { tag, exchange } => self.respond(room, tag, exchange, trimmed(unit)),
            Awaits::Done { tag } => self.done(room, &tag, trimmed(unit)),
        }
    }

    fn too_large(&mut self, room: &mut Room<'_>) -> Answer {
        let limit = u64::try_from(room.server.longest_line).unwrap_or(u64::MAX);
        let Answer { bytes, .. } = refuse(room, "*", MailCause::LineTooLong { limit });
        Answer::last(bytes)
    }

    fn secured(&mut self) {}

    fn notice(&mut self, room: &mut Room<'_>) -> Answer {
        let (Awaits::Done { .. }, State::Selected(login, selected)) = (&self.awaits, &mut self.state) else {
            return Answer::default();
        };
        if let Err(cause) = room.check_time(login) {
            return Answer::last(untagged(&room.refuse(cause, standard)));
        }
        Answer::of(selected.news(room, login, true))
    }

    fn due(&self) -> Option<Timestamp> {
        match (&self.awaits, &self.state) {
            (Awaits::Done { .. }, State::Selected(login, _)) => login.ends,
            (_, _) => None,
        }
    }

    fn shown(&self, unit: &[u8]) -> Vec<u8> {
        match &self.awaits {
            Awaits::Done { .. } => unit.to_vec(),
            Awaits::Response { exchange, .. } if is_password(exchange.mechanism()) => b"<response>".to_vec(),
            Awaits::Response { .. } => unit.to_vec(),
            Awaits::Command => shown(unit),
        }
    }
}

/// What is said of a refusal without being asked: the lines that need no tag, or the text as a farewell.
fn untagged(text: &str) -> String {
    match text.split_once('\n') {
        Some((_, last)) => format!("{last}\r\n"),
        None => format!("* BYE {}\r\n", text.split_once(' ').map_or(text, |(_, text)| text)),
    }
}

/// A command without passwords and without the content of messages.
fn shown(unit: &[u8]) -> Vec<u8> {
    let line = unit.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let text = String::from_utf8_lossy(trimmed(line)).into_owned();
    let mut words = text.split(' ');
    let (tag, command) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_ascii_uppercase());
    match command.as_str() {
        "LOGIN" => {
            let user = words.next().unwrap_or_default();
            format!("{tag} LOGIN {user} <password>").into_bytes()
        }
        "AUTHENTICATE" => {
            let mechanism = words.next().unwrap_or_default();
            match (words.next(), SaslMechanism::named(mechanism)) {
                (None, _) => text.into_bytes(),
                (Some(_), Some(known)) if !is_password(known) => text.into_bytes(),
                (Some(_), _) => format!("{tag} AUTHENTICATE {mechanism} <response>").into_bytes(),
            }
        }
        _ => text.into_bytes(),
    }
}

impl Imap {
    fn line(&mut self, room: &mut Room<'_>, unit: &[u8]) -> Answer {
        let first = unit.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let text = String::from_utf8_lossy(trimmed(first)).into_owned();
        let mut words = text.split(' ');
        let tag = words.next().filter(|tag| !tag.is_empty()).unwrap_or("*").to_owned();
        let name: String = words.next().unwrap_or_default().chars().take(16).collect::<String>().to_ascii_uppercase();
        room.command.clone_from(&name);
        if framing::announced(trimmed(unit)).is_some() {
            // A literal that is not to be sent.
            let limit = u64::try_from(room.mail.message_limit).unwrap_or(u64::MAX);
            return refuse(room, &tag, MailCause::MessageTooLarge { limit });
        }
        if name == "AUTHENTICATE" {
            return self.authenticate(room, tag, words);
        }
        match CommandCodec::default().decode(unit) {
            Ok((_, Command { tag, body })) => self.command(room, tag.as_ref(), &name, body),
            Err(_) => refuse(room, &tag, MailCause::CommandInvalid { command: name }),
        }
    }

    fn authenticate<'a>(
        &mut self,
        room: &mut Room<'_>,
        tag: String,
        mut words: impl Iterator<Item = &'a str>,
    ) -> Answer {
        if !matches!(self.state, State::NotAuthenticated) {
            return refuse(room, &tag, MailCause::CommandOutOfOrder { command: "AUTHENTICATE".to_owned() });
        }
        let named = words.next().unwrap_or_default();
        let mechanism = SaslMechanism::named(named).filter(|it| room.server.mechanisms.contains(it));
        let Some(mechanism) = mechanism else {
            return refuse(room, &tag, MailCause::MechanismUnknown { mechanism: named.to_owned() });
        };
        let exchange = SaslExchange::new(mechanism);
        match words.next() {
            Some(_) if !room.server.initial_response => refuse(room, &tag, MailCause::InitialResponseRefused),
            Some(response) => self.respond(room, tag, exchange, response.as_bytes()),
            None => {
                let challenge = exchange.first_challenge();
                self.awaits = Awaits::Response { tag, exchange };
                Answer::of(format!("+ {challenge}\r\n"))
            }
        }
    }

    fn respond(&mut self, room: &mut Room<'_>, tag: String, mut exchange: SaslExchange, response: &[u8]) -> Answer {
        "AUTHENTICATE".clone_into(&mut room.command);
        match exchange.respond(room, response) {
            SaslStep::Ask(challenge) => {
                self.awaits = Awaits::Response { tag, exchange };
                Answer::of(format!("+ {challenge}\r\n"))
            }
            SaslStep::Decided(outcome) => self.decided(room, &tag, outcome, MailText::Authenticated, "AUTHENTICATE"),
        }
    }

    fn decided(
        &mut self,
        room: &mut Room<'_>,
        tag: &str,
        outcome: Result<Outcome, MailCause>,
        which: MailText,
        command: &str,
    ) -> Answer {
        self.state = match outcome {
            Err(cause) => return refuse(room, tag, cause),
            Ok(Outcome::Nowhere(cause)) => State::Nowhere(cause),
            Ok(Outcome::In(login)) => State::Authenticated(login),
        };
        let text = room.text(which, &format!("{command} completed."), &room.context());
        Answer::of(format!("{tag} OK {text}\r\n"))
    }

    fn capabilities(&self, room: &Room<'_>) -> String {
        let is_in = !matches!(self.state, State::NotAuthenticated);
        let Some(imap) = &room.mail.imap else { return String::new() };
        let names = if is_in { &imap.capabilities_after_login } else { &imap.capabilities };
        format!("* CAPABILITY {}\r\n", names.join(" "))
    }

    /// What can be done in any state, and logins; else on to what needs one.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what needs a login is matched there, command by command")]
    fn command(&mut self, room: &mut Room<'_>, tag: &str, name: &str, body: CommandBody<'_>) -> Answer {
        match body {
            CommandBody::Capability => {
                let text = self.capabilities(room);
                Answer::of(text + &completed(tag, name))
            }
            CommandBody::Logout => {
                let text = room.text(MailText::Bye, "Logging out", &room.context());
                Answer::last(format!("* BYE {text}\r\n{}", completed(tag, name)))
            }
            CommandBody::Id { .. } => Answer::of(id(room) + &completed(tag, name)),
            CommandBody::StartTLS => refuse(room, tag, MailCause::CommandOutOfOrder { command: name.to_owned() }),
            CommandBody::Login { username, password } => {
                if !matches!(self.state, State::NotAuthenticated) {
                    return refuse(room, tag, MailCause::CommandOutOfOrder { command: name.to_owned() });
                }
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let password = Secret::new(text(password.declassify().as_ref()));
                let credentials = Credentials::Password { user: text(username.as_ref()), password };
                let outcome = room.admit(&credentials);
                self.decided(room, tag, outcome, MailText::LoggedIn, name)
            }
            other => self.with_login(room, tag, name, other),
        }
    }

    fn with_login(&mut self, room: &mut Room<'_>, tag: &str, name: &str, body: CommandBody<'_>) -> Answer {
        let login = match &self.state {
            State::NotAuthenticated if matches!(body, CommandBody::Noop) => return Answer::of(completed(tag, name)),
            State::NotAuthenticated => {
                return refuse(room, tag, MailCause::LoginMissing { command: name.to_owned() });
            }
            State::Nowhere(cause) => {
                let cause = cause.clone();
                return refuse(room, tag, cause);
            }
            State::Authenticated(login) | State::Selected(login, _) => login.clone(),
        };
        if let Err(cause) = room.check_session(&login) {
            return refuse(room, tag, cause);
        }
        if let CommandBody::Idle = body {
            return self.idle(room, tag);
        }
        let selected = match std::mem::take(&mut self.state) {
            State::Selected(_, selected) => Some(selected),
            State::NotAuthenticated | State::Authenticated(_) | State::Nowhere(_) => None,
        };
        let mut desk = work::Desk { room, login, selected, tag, name };
        let answer = desk.work(body);
        let work::Desk { login, selected, .. } = desk;
        self.state = match selected {
            Some(selected) => State::Selected(login, selected),
            None => State::Authenticated(login),
        };
        answer
    }

    /// What came since the last command is told at once: nobody would hear of it before the next change else.
    fn idle(&mut self, room: &mut Room<'_>, tag: &str) -> Answer {
        self.awaits = Awaits::Done { tag: tag.to_owned() };
        let mut answer = b"+ IDLE accepted, awaiting DONE command.\r\n".to_vec();
        answer.extend(self.news(room));
        Answer::of(answer)
    }

    /// What changed in the selected mailbox.
    fn news(&mut self, room: &mut Room<'_>) -> Vec<u8> {
        match &mut self.state {
            State::Selected(login, selected) => selected.news(room, login, true),
            State::NotAuthenticated | State::Authenticated(_) | State::Nowhere(_) => Vec::new(),
        }
    }

    fn done(&mut self, room: &mut Room<'_>, tag: &str, line: &[u8]) -> Answer {
        "IDLE".clone_into(&mut room.command);
        if !line.eq_ignore_ascii_case(b"DONE") {
            return refuse(room, tag, MailCause::CommandInvalid { command: "IDLE".to_owned() });
        }
        let login = match &self.state {
            State::Authenticated(login) | State::Selected(login, _) => login.clone(),
            State::NotAuthenticated | State::Nowhere(_) => return Answer::of(completed(tag, "IDLE")),
        };
        if let Err(cause) = room.check_session(&login) {
            return refuse(room, tag, cause);
        }
        let news = self.news(room);
        Answer::of([news, completed(tag, "IDLE").into_bytes()].concat())
    }
}

/// What the server says of itself (RFC 2971).
fn id(room: &Room<'_>) -> String {
    let pairs: Vec<String> = room
        .mail
        .imap
        .iter()
        .flat_map(|imap| &imap.id)
        .map(|(name, value)| format!("\"{name}\" \"{value}\""))
        .collect();
    if pairs.is_empty() { "* ID NIL\r\n".to_owned() } else { format!("* ID ({})\r\n", pairs.join(" ")) }
}
