//! A dialogue with a mail server, through the public surface.

use std::collections::BTreeMap;
use std::sync::Mutex;

use mock_idp::profile::load;
use mock_idp::proto::journal::What;
use mock_idp::proto::mail::{MailCauseKind, MailProtocol, MailSessionId, Then};
use mock_idp::proto::policy::Policy;
use mock_idp::shell::demo_world;

use crate::support::{Flow, Pair};

pub(super) const HOME: &str = "4a7c1f2e-9b35-4d68-8e01-6f2d3c5b7a90";
pub(super) const USER: &str = "john.doe@acme.example";
pub(super) const IMAP: &str = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access";
pub(super) const SMTP: &str = "https://outlook.office.com/SMTP.Send offline_access";
pub(super) const POP: &str = "https://outlook.office.com/POP.AccessAsUser.All offline_access";

/// A provider with a session at one of its mail servers.
pub(super) struct Talk {
    pub(super) flow: Flow,
    pub(super) session: MailSessionId,
    pub(super) then: Then,
}

pub(super) fn flow(settings: &[&str]) -> Flow {
    let spread = "token.access_token_lifetime_spread=0s";
    let settings = [spread].iter().chain(settings).map(|setting| (*setting).to_owned()).collect();
    let mut flow = Flow::new(policy(settings), demo_world());
    flow.tenant = Some(HOME);
    flow
}

/// The policy with these settings, read once: it has more than a hundred quirks.
fn policy(settings: Vec<String>) -> Policy {
    static READ: Mutex<BTreeMap<Vec<String>, Policy>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap();
    read.entry(settings).or_insert_with_key(|settings| load("exchange-online", settings).unwrap().policy).clone()
}

/// An access token of the user, for a scope.
pub(super) fn token(flow: &mut Flow, scope: &str) -> String {
    let redirect = flow.sign_in(&[("scope", scope)]);
    let location = redirect.headers.get("location").unwrap().to_owned();
    let query = location.split_once('?').unwrap().1.to_owned();
    let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1.into_owned();
    let response = flow.exchange(&code);
    assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
    Pair::of(&response).access
}

/// The response of XOAUTH2.
pub(super) fn xoauth2(user: &str, token: &str) -> String {
    mock_idp::proto::mail::sasl::encode(format!("user={user}\x01auth=Bearer {token}\x01\x01").as_bytes())
}

impl Talk {
    /// A session, and the server's first words.
    pub(super) fn begin(mut flow: Flow, protocol: MailProtocol) -> (Self, String) {
        let session = flow.idp.mail_open(flow.now, "main", protocol).unwrap();
        let mut talk = Self { flow, session, then: Then::GoOn };
        let greeting = talk.heard();
        (talk, greeting)
    }

    /// A session of a user who is logged in by IMAP.
    pub(super) fn logged_in(settings: &[&str]) -> Self {
        let mut flow = flow(settings);
        let token = token(&mut flow, IMAP);
        let (mut talk, _) = Self::begin(flow, MailProtocol::Imap);
        let answer = talk.say(&format!("A0 AUTHENTICATE XOAUTH2 {}", xoauth2(USER, &token)));
        assert_eq!(answer, "A0 OK AUTHENTICATE completed.\r\n");
        talk
    }

    /// What the server has to say.
    pub(super) fn heard(&mut self) -> String {
        let outgoing = self.flow.idp.mail_take(self.session);
        self.then = outgoing.then;
        String::from_utf8(outgoing.bytes).unwrap()
    }

    /// Sends bytes, and hears the answer.
    pub(super) fn send(&mut self, bytes: &[u8]) -> String {
        self.flow.idp.mail_receive(self.flow.now, self.session, bytes);
        self.heard()
    }

    /// Sends a line, and hears the answer.
    pub(super) fn say(&mut self, line: &str) -> String {
        self.send(format!("{line}\r\n").as_bytes())
    }

    /// Time passes.
    pub(super) fn advance(&mut self, span: &str) -> String {
        self.flow.advance(span);
        self.flow.idp.mail_notice(self.flow.now);
        self.heard()
    }

    /// A message comes.
    pub(super) fn deliver(&mut self, subject: &str) {
        let raw = format!("From: Ann <ann@sender.example>\r\nSubject: {subject}\r\n\r\nHello.\r\n");
        assert!(self.flow.idp.deliver(self.flow.now, USER, raw.into_bytes()));
    }

    /// Why the last refusal was one.
    pub(super) fn cause(&self) -> MailCauseKind {
        let cause = |what: &What| if let What::MailRefused { cause, .. } = what { Some(cause.kind()) } else { None };
        let causes = self.flow.idp.journal().after(0).filter_map(|entry| cause(&entry.what));
        causes.last().unwrap()
    }
}
