//! Any bytes at a mail server: no panic, the same answer however they come in parts, and no memory for what is not to be read.
//!
//! Of an input the first byte says which server and whether somebody logs in, the second how many of the next bytes say where the rest is cut;
//! the rest is sent.

#![no_main]

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use mock_idp::profile::load;
use mock_idp::proto::mail::{MailProtocol, MailSessionId, Then, sasl};
use mock_idp::proto::message::{Headers, Request, RequestBody};
use mock_idp::proto::policy::Policy;
use mock_idp::proto::time::Timestamp;
use mock_idp::proto::world::{Mailbox, World};
use mock_idp::proto::{Idp, Seed};
use mock_idp::shell::demo_world;

const MAILBOX: &str = "billing@acme.example";
const TENANT: &str = "4a7c1f2e-9b35-4d68-8e01-6f2d3c5b7a90";
/// The longest message that the server takes, and so the most that it may keep of one.
const MESSAGE_LIMIT: usize = 2000;
/// What one command may be answered with, many times over.
const ANSWER_LIMIT: usize = 1 << 20;

static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let settings = ["mail.message_limit=2000", "mail.imap.server.longest_line=4000"].map(str::to_owned);
    Arc::new(load("exchange-online", &settings).unwrap().policy)
});

fn world() -> World {
    let mut world = demo_world();
    let applications = world.clients.iter().map(|client| client.id.clone()).collect();
    world.mailboxes.push(Mailbox { address: MAILBOX.to_owned(), applications, ..Mailbox::default() });
    world
}

/// A provider with a session at one of its servers, at the same point each time.
struct Talk {
    idp: Idp,
    now: Timestamp,
    session: MailSessionId,
    then: Then,
    said: Vec<u8>,
}

impl Talk {
    fn begin(protocol: MailProtocol, logs_in: bool) -> Self {
        let now = "2026-03-02T09:00:00Z".parse().unwrap();
        let mut idp = Idp::new(Arc::clone(&POLICY), world(), Seed::from_number(1));
        let token = token(&mut idp, now);
        let session = idp.mail_open(now, "main", protocol).unwrap();
        let mut talk = Self { idp, now, session, then: Then::GoOn, said: Vec::new() };
        let raw = b"From: Ann <ann@sender.example>\r\nSubject: One\r\n\r\nHello.\r\n".to_vec();
        assert!(talk.idp.deliver(now, MAILBOX, raw));
        talk.hear();
        if protocol == MailProtocol::Smtp {
            talk.send(b"EHLO x\r\nSTARTTLS\r\n");
            talk.idp.mail_secured(now, session);
            talk.then = Then::GoOn;
        }
        if logs_in {
            let response = sasl::encode(format!("user={MAILBOX}\x01auth=Bearer {token}\x01\x01").as_bytes());
            talk.send(
                match protocol {
                    MailProtocol::Imap => format!("a AUTHENTICATE XOAUTH2 {response}\r\n"),
                    MailProtocol::Smtp => format!("EHLO x\r\nAUTH XOAUTH2 {response}\r\n"),
                    MailProtocol::Pop => format!("AUTH XOAUTH2\r\n{response}\r\n"),
                }
                .as_bytes(),
            );
        }
        talk.said.clear();
        talk
    }

    fn hear(&mut self) {
        let outgoing = self.idp.mail_take(self.session);
        self.said.extend(outgoing.bytes);
        self.then = outgoing.then;
    }

    fn send(&mut self, bytes: &[u8]) {
        self.idp.mail_receive(self.now, self.session, bytes);
        self.hear();
    }
}

/// An access token of the demo client's own.
fn token(idp: &mut Idp, now: Timestamp) -> String {
    let mut headers = Headers::new();
    headers.push("Content-Type", "application/x-www-form-urlencoded");
    let form = "grant_type=client_credentials&client_id=5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c&client_secret=demo-client-secret\
                &scope=https%3A%2F%2Foutlook.office365.com%2F.default";
    let reply = idp.handle(
        now,
        &Request {
            via: "fuzz".to_owned(),
            method: "POST".to_owned(),
            origin: "https://login.microsoftonline.com".to_owned(),
            path: format!("/{TENANT}/oauth2/v2.0/token"),
            query: None,
            headers,
            body: RequestBody::Whole(form.as_bytes().to_vec()),
        },
    );
    let body = String::from_utf8(reply.response.body).unwrap();
    let (_, rest) = body.split_once("\"access_token\":\"").unwrap_or_else(|| panic!("{body}"));
    rest.split('"').next().unwrap().to_owned()
}

/// All that is said to these bytes. A second handshake is never made.
fn conversation(protocol: MailProtocol, logs_in: bool, bytes: &[u8], cuts: &BTreeSet<usize>) -> (String, Then) {
    let mut talk = Talk::begin(protocol, logs_in);
    let mut from = 0;
    for to in cuts.iter().copied().chain([bytes.len()]) {
        if talk.then == Then::GoOn {
            talk.send(&bytes[from..to]);
            from = to;
        }
    }
    assert!(talk.said.len() <= ANSWER_LIMIT + bytes.len() * MESSAGE_LIMIT, "{} bytes", talk.said.len());
    let kept = talk.idp.folders(MAILBOX).into_iter().flat_map(|folders| folders.iter());
    let kept: usize = kept.flat_map(|(_, folder)| &folder.messages).map(|message| message.raw.len()).sum();
    // Copies are by reference; counted here as if they were not.
    assert!(kept <= (bytes.len() + 100) * MESSAGE_LIMIT, "{kept} bytes are kept");
    // Nobody is invited to a literal that is there already.
    let said = String::from_utf8_lossy(&talk.said).replace("+ Ready for additional command text.\r\n", "");
    (said, talk.then)
}

fuzz_target!(|input: &[u8]| {
    let [which, count, rest @ ..] = input else { return };
    let protocol = MailProtocol::ALL[usize::from(which % 3)];
    let logs_in = which & 0x80 == 0;
    let count = usize::from(*count).min(rest.len()).min(16);
    let (places, bytes) = rest.split_at(count);
    let cuts = places.iter().map(|place| usize::from(*place) * bytes.len() / 256).collect();
    let whole = conversation(protocol, logs_in, bytes, &BTreeSet::new());
    assert_eq!(whole, conversation(protocol, logs_in, bytes, &cuts), "in parts");
});
