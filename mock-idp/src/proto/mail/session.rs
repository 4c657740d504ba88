//! Sessions: bytes in, bytes out, one command a turn.

use std::collections::BTreeMap;

use crate::proto::journal::{Journal, What};
use crate::proto::mail::fault::MailFaults;
use crate::proto::mail::imap::Imap;
use crate::proto::mail::pop::Pop;
use crate::proto::mail::room::Room;
use crate::proto::mail::smtp::Smtp;
use crate::proto::mail::store::MailStore;
use crate::proto::message::ExchangeId;
use crate::proto::mint::{Mint, Purpose};
use crate::proto::policy::{MailServer, Policy};
use crate::proto::secret::Secret;
use crate::proto::store::Store;
use crate::proto::time::Timestamp;
use crate::proto::world::World;

/// A mail protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum MailProtocol {
    /// IMAP (RFC 9051).
    Imap,
    /// Submission (RFC 6409).
    Smtp,
    /// POP3 (RFC 1939).
    Pop,
}

impl MailProtocol {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Imap, Self::Smtp, Self::Pop];

    /// Its name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Smtp => "smtp",
            Self::Pop => "pop",
        }
    }

    /// Whether TLS comes before the first word.
    #[must_use]
    pub const fn is_implicit_tls(self) -> bool {
        match self {
            Self::Imap | Self::Pop => true,
            Self::Smtp => false,
        }
    }

    /// The protocol whose server has this port in production.
    #[must_use]
    pub fn at(policy: &Policy, port: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.server(policy).is_some_and(|server| server.port == port))
    }

    /// The server of a policy.
    #[must_use]
    pub fn server(self, policy: &Policy) -> Option<&MailServer> {
        let mail = policy.mail.as_ref()?;
        match self {
            Self::Imap => mail.imap.as_ref().map(|it| &it.server),
            Self::Smtp => mail.smtp.as_ref().map(|it| &it.server),
            Self::Pop => mail.pop.as_ref().map(|it| &it.server),
        }
    }
}

/// The number of a session, from 1 in each realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailSessionId(pub u32);

impl std::fmt::Display for MailSessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What becomes of the connection once what was said has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Then {
    /// It goes on.
    #[default]
    GoOn,
    /// A TLS handshake comes; then [`secured`](crate::proto::Idp::mail_secured) is to be called.
    StartTls,
    /// It is closed.
    Close,
}

/// Bytes to send.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outgoing {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// And then.
    pub then: Then,
}

/// What a server says in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) then: Then,
}

impl Answer {
    /// This, whole lines.
    pub(crate) fn of(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::GoOn }
    }

    /// The same, and the connection is closed.
    pub(crate) fn last(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::Close }
    }
}

/// How far what came is a unit that can be acted on. Depends on the bytes and the state alone, and not on how they came in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Framing {
    /// More must come.
    Incomplete,
    /// So many bytes are there, and the client waits for these before it sends the rest: a literal (RFC 9051 section 4.3).
    Invites { at: usize, line: Vec<u8> },
    /// So many bytes are a unit.
    Complete(usize),
    /// The unit is larger than anything that is read.
    TooLarge,
}

/// A unit that is a line, with LF at its end, and so many bytes before that at most.
pub(super) fn line_framing(input: &[u8], longest: usize) -> Framing {
    match input.iter().take(longest + 2).position(|byte| *byte == b'\n') {
        // One byte more only if it is the CR of the end.
        Some(at) if at > longest && input.get(longest) != Some(&b'\r') => Framing::TooLarge,
        Some(at) => Framing::Complete(at + 1),
        None if input.len() >= longest + 2 => Framing::TooLarge,
        None => Framing::Incomplete,
    }
}

/// The dialogue of one protocol.
pub(crate) trait Dialogue {
    /// The first words.
    fn greet(&mut self, room: &mut Room<'_>) -> Answer;

    /// Looks how much of what came is a unit: a command with its literals, a response, a message.
    /// The first `seen` bytes were looked at before.
    fn frame(&self, room: &Room<'_>, input: &[u8], seen: usize) -> Framing;

    /// Acts on a unit.
    fn act(&mut self, room: &mut Room<'_>, unit: &[u8]) -> Answer;

    /// Answers a unit that is too large. The rest of it is never read: the connection is closed.
    fn too_large(&mut self, room: &mut Room<'_>) -> Answer;

    /// The TLS handshake is done.
    fn secured(&mut self);

    /// Time passed, or mailboxes changed. Says what is to be said without being asked; mostly nothing.
    fn notice(&mut self, room: &mut Room<'_>) -> Answer;

    /// When time will have something to say.
    fn due(&self) -> Option<Timestamp>;

    /// How a unit is shown in the journal: none of it that is content.
    fn shown(&self, unit: &[u8]) -> Vec<u8> {
        unit.to_vec()
    }
}

/// One session.
#[derive(Debug)]
struct Session {
    via: String,
    protocol: MailProtocol,
    name: String,
    dialogue: Machine,
    is_secured: bool,
    input: Vec<u8>,
    /// How far the unit that is not complete yet was looked at.
    seen: usize,
    /// How far it was invited already.
    invited: usize,
    output: Vec<u8>,
    then: Then,
}

/// The machine of a session's protocol.
#[derive(Debug)]
enum Machine {
    Imap(Box<Imap>),
    Smtp(Box<Smtp>),
    Pop(Box<Pop>),
}

impl Machine {
    fn new(protocol: MailProtocol) -> Self {
        match protocol {
            MailProtocol::Imap => Self::Imap(Box::default()),
            MailProtocol::Smtp => Self::Smtp(Box::default()),
            MailProtocol::Pop => Self::Pop(Box::default()),
        }
    }

    fn as_mut(&mut self) -> &mut dyn Dialogue {
        match self {
            Self::Imap(it) => it.as_mut(),
            Self::Smtp(it) => it.as_mut(),
            Self::Pop(it) => it.as_mut(),
        }
    }

    fn as_ref(&self) -> &dyn Dialogue {
        match self {
            Self::Imap(it) => it.as_ref(),
            Self::Smtp(it) => it.as_ref(),
            Self::Pop(it) => it.as_ref(),
        }
    }
}

/// What sessions need of the provider.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) now: Timestamp,
    pub(crate) policy: &'a Policy,
    pub(crate) world: &'a World,
    pub(crate) tokens: &'a Store,
    pub(crate) mint: &'a mut Mint,
    pub(crate) journal: &'a mut Journal,
    pub(crate) last_exchange: &'a mut u32,
}

/// The sessions of a realm, and its mailboxes.
#[derive(Debug, Default)]
pub(crate) struct MailSessions {
    sessions: BTreeMap<MailSessionId, Session>,
    pub(crate) mailboxes: MailStore,
    pub(crate) faults: MailFaults,
    last: u32,
}

impl MailSessions {
    /// A connection was made. None when the policy has no such server.
    pub(crate) fn open(
        &mut self,
        around: &mut Surroundings<'_>,
        via: &str,
        protocol: MailProtocol,
    ) -> Option<MailSessionId> {
        protocol.server(around.policy)?;
        self.last += 1;
        let id = MailSessionId(self.last);
        let name = around.mint.hexadecimal(Purpose::MailSession, 16);
        around.journal.write(around.now, What::MailOpened { session: id, via: via.to_owned(), protocol });
        let mut session = Session {
            via: via.to_owned(),
            protocol,
            name,
            dialogue: Machine::new(protocol),
            is_secured: protocol.is_implicit_tls(),
            input: Vec::new(),
            seen: 0,
            invited: 0,
            output: Vec::new(),
            then: Then::GoOn,
        };
        session.turn(around, (&mut self.mailboxes, &mut self.faults), id, |dialogue, room| dialogue.greet(room));
        self.sessions.insert(id, session);
        Some(id)
    }

    /// Bytes came.
    pub(crate) fn receive(&mut self, around: &mut Surroundings<'_>, id: MailSessionId, bytes: &[u8]) {
        let before = self.mailboxes.changes();
        if let Some(session) = self.sessions.get_mut(&id) {
            session.receive(around, (&mut self.mailboxes, &mut self.faults), id, bytes);
        }
        if self.mailboxes.changes() != before {
            self.notice(around);
        }
    }

    /// Time passed, or mailboxes changed: every session gets its say, in the order of their numbers.
    pub(crate) fn notice(&mut self, around: &mut Surroundings<'_>) {
        for (id, session) in &mut self.sessions {
            if session.then == Then::GoOn {
                session
                    .turn(around, (&mut self.mailboxes, &mut self.faults), *id, |dialogue, room| dialogue.notice(room));
            }
        }
    }

    /// The TLS handshake of a session is done.
    pub(crate) fn secured(&mut self, id: MailSessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.is_secured = true;
            session.dialogue.as_mut().secured();
        }
    }

    /// What is to be sent, once.
    pub(crate) fn take(&mut self, id: MailSessionId) -> Outgoing {
        let Some(session) = self.sessions.get_mut(&id) else {
            return Outgoing { bytes: Vec::new(), then: Then::Close };
        };
        let then = session.then;
        if then == Then::StartTls {
            session.then = Then::GoOn;
        }
        Outgoing { bytes: std::mem::take(&mut session.output), then }
    }

    /// The connection is gone.
    pub(crate) fn closed(&mut self, now: Timestamp, journal: &mut Journal, id: MailSessionId) {
        if self.sessions.remove(&id).is_some() {
            journal.write(now, What::MailClosed { session: id });
        }
    }

    /// When time will have something to say to a session.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.sessions.values().filter_map(|session| session.dialogue.as_ref().due()).min()
    }
}

impl Session {
    fn receive(
        &mut self,
        around: &mut Surroundings<'_>,
        shared: (&mut MailStore, &mut MailFaults),
        id: MailSessionId,
        bytes: &[u8],
    ) {
        self.input.extend_from_slice(bytes);
        while self.then == Then::GoOn {
            let input = std::mem::take(&mut self.input);
            let seen = self.seen;
            let mut framing = Framing::Incomplete;
            let next = ExchangeId(*around.last_exchange + 1);
            self.with_room(around, (shared.0, shared.1), next, |dialogue, room| {
                framing = dialogue.as_ref().frame(room, &input, seen);
            });
            match framing {
                Framing::Incomplete => {
                    self.seen = input.len();
                    self.input = input;
                    return;
                }
                Framing::Invites { at, line } => {
                    self.input = input;
                    if at > self.invited {
                        self.invited = at;
                        self.output.extend_from_slice(&line);
                    }
                    return;
                }
                Framing::Complete(length) => {
                    (self.seen, self.invited) = (0, 0);
                    let unit = input.get(..length).unwrap_or_default();
                    self.input = input.get(length..).unwrap_or_default().to_vec();
                    let shown = self.dialogue.as_ref().shown(unit);
                    *around.last_exchange += 1;
                    let exchange = ExchangeId(*around.last_exchange);
                    let text = Secret::new(shown);
                    around.journal.write(around.now, What::MailReceived { session: id, exchange, text });
                    self.answer(around, (shared.0, shared.1), id, exchange, |dialogue, room| dialogue.act(room, unit));
                }
                Framing::TooLarge => {
                    self.input.clear();
                    *around.last_exchange += 1;
                    let exchange = ExchangeId(*around.last_exchange);
                    self.answer(around, (shared.0, shared.1), id, exchange, |dialogue, room| dialogue.too_large(room));
                    self.then = Then::Close;
                }
            }
        }
        // What came in clear text after STARTTLS, or after the last word, is nobody's (RFC 3207 section 4.2).
        self.input.clear();
    }

    /// What the server says of its own accord.
    fn turn(
        &mut self,
        around: &mut Surroundings<'_>,
        shared: (&mut MailStore, &mut MailFaults),
        id: MailSessionId,
        say: impl FnOnce(&mut dyn Dialogue, &mut Room<'_>) -> Answer,
    ) {
        let exchange = ExchangeId(*around.last_exchange + 1);
        if self.answer(around, (shared.0, shared.1), id, exchange, say) {
            *around.last_exchange += 1;
        }
    }

    /// Lets the dialogue speak, and notes what it said; whether it said anything.
    fn answer(
        &mut self,
        around: &mut Surroundings<'_>,
        shared: (&mut MailStore, &mut MailFaults),
        id: MailSessionId,
        exchange: ExchangeId,
        say: impl FnOnce(&mut dyn Dialogue, &mut Room<'_>) -> Answer,
    ) -> bool {
        let mut answer = Answer::default();
        self.with_room(around, (shared.0, shared.1), exchange, |dialogue, room| answer = say(dialogue.as_mut(), room));
        let Answer { bytes, then } = answer;
        let said = !bytes.is_empty();
        if said {
            let text = Secret::new(bytes.clone());
            around.journal.write(around.now, What::MailSent { session: id, exchange, text });
        }
        self.output.extend_from_slice(&bytes);
        if then != Then::GoOn {
            self.then = then;
        }
        said
    }

    fn with_room(
        &mut self,
        around: &mut Surroundings<'_>,
        shared: (&mut MailStore, &mut MailFaults),
        exchange: ExchangeId,
        work: impl FnOnce(&mut Machine, &mut Room<'_>),
    ) {
        let policy = around.policy;
        let (Some(mail), Some(server)) = (policy.mail.as_ref(), self.protocol.server(policy)) else { return };
        let (mailboxes, faults) = shared;
        let mut room = Room {
            now: around.now,
            policy,
            mail,
            server,
            protocol: self.protocol,
            world: around.world,
            tokens: around.tokens,
            mailboxes,
            journal: around.journal,
            exchange,
            session: &self.name,
            is_secured: self.is_secured,
            faults,
            via: &self.via,
            command: String::new(),
        };
        work(&mut self.dialogue, &mut room);
    }
}
