//! What must hold of any bytes: no panic, answers that do not depend on how the bytes came in parts, and no memory for what is not to be read.

use mock_idp::proto::mail::{MailProtocol, Then};
use proptest::prelude::*;

use crate::mail::support::{IMAP, POP, SMTP, Talk, USER, flow, token, xoauth2};

fn protocol() -> impl Strategy<Value = MailProtocol> {
    prop::sample::select(MailProtocol::ALL.to_vec())
}

/// Something that a client could send: commands of all three protocols, with a login among them, and noise.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "a NOOP",
        "a CAPABILITY",
        "a SELECT INBOX",
        "a FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE BODY[] BODY[1.MIME])",
        "a IDLE",
        "DONE",
        "a SEARCH OR SEEN NOT SUBJECT x",
        "a STORE 1 FLAGS (\\Deleted)",
        "a EXPUNGE",
        "a APPEND INBOX {5}",
        "hello",
        "a APPEND x {3+}",
        "a LIST \"\" *",
        "a COPY 1:* Archive",
        "a MOVE 1 Archive",
        "a LOGIN {4}",
        "a LOGOUT",
        "EHLO x",
        "HELO x",
        "MAIL FROM:<john.doe@acme.example>",
        "RCPT TO:<john.doe@acme.example>",
        "DATA",
        ".",
        "..",
        "From: <john.doe@acme.example>",
        "BDAT 5",
        "BDAT 3 LAST",
        "RSET",
        "QUIT",
        "STARTTLS",
        "AUTH LOGIN",
        "AUTH XOAUTH2",
        "AUTH PLAIN AA==",
        "*",
        "=",
        "STAT",
        "LIST",
        "UIDL",
        "RETR 1",
        "TOP 1 1",
        "DELE 1",
        "CAPA",
        "<login>",
        "",
    ];
    let known = prop::sample::select(known.to_vec()).prop_map(|line| format!("{line}\r\n").into_bytes());
    prop_oneof![8 => known, 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

/// A session with TLS, and what logs in to it.
fn begun(protocol: MailProtocol) -> (Talk, String) {
    let mut flow = flow(&["mail.message_limit=2000", "mail.imap.server.longest_line=4000"]);
    let scope = match protocol {
        MailProtocol::Imap => IMAP,
        MailProtocol::Smtp => SMTP,
        MailProtocol::Pop => POP,
    };
    let response = xoauth2(USER, &token(&mut flow, scope));
    let login = match protocol {
        MailProtocol::Imap => format!("a AUTHENTICATE XOAUTH2 {response}\r\n"),
        MailProtocol::Smtp => format!("EHLO x\r\nAUTH XOAUTH2 {response}\r\n"),
        MailProtocol::Pop => format!("AUTH XOAUTH2\r\n{response}\r\n"),
    };
    let (mut talk, _) = Talk::begin(flow, protocol);
    talk.deliver("One");
    if protocol == MailProtocol::Smtp {
        talk.say("EHLO x");
        talk.say("STARTTLS");
        talk.flow.idp.mail_secured(talk.flow.now, talk.session);
        talk.then = Then::GoOn;
    }
    (talk, login)
}

/// What the server says to all of it. A second handshake is never made.
fn conversation(protocol: MailProtocol, bytes: &[u8], cuts: &[usize]) -> (Vec<u8>, Then) {
    let (mut talk, _) = begun(protocol);
    let mut answer = Vec::new();
    let mut from = 0;
    for to in cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([bytes.len()]) {
        if to < from || talk.then != Then::GoOn {
            continue;
        }
        talk.flow.idp.mail_receive(talk.flow.now, talk.session, &bytes[from..to]);
        from = to;
        let outgoing = talk.flow.idp.mail_take(talk.session);
        answer.extend(outgoing.bytes);
        talk.then = outgoing.then;
    }
    (answer, talk.then)
}

fn joined(protocol: MailProtocol, pieces: &[Vec<u8>]) -> Vec<u8> {
    let (_, login) = begun(protocol);
    let fill = |piece: &Vec<u8>| if piece == b"<login>\r\n" { login.clone().into_bytes() } else { piece.clone() };
    pieces.iter().flat_map(fill).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_answer_does_not_depend_on_how_the_bytes_came_in_parts(
        protocol in protocol(),
        logs_in: bool,
        mut pieces in prop::collection::vec(piece(), 0..24),
        mut cuts in prop::collection::vec(0_usize..4096, 0..12),
    ) {
        if logs_in {
            pieces.insert(0, b"<login>\r\n".to_vec());
        }
        cuts.sort_unstable();
        let bytes = joined(protocol, &pieces);
        let mut sorted: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        sorted.sort_unstable();
        let whole = conversation(protocol, &bytes, &[]);
        let in_parts = conversation(protocol, &bytes, &sorted);
        let in_bytes: Vec<usize> = (0..bytes.len()).collect();
        prop_assert_eq!(&without_invitations(&whole.0), &without_invitations(&in_parts.0));
        prop_assert_eq!(&without_invitations(&whole.0), &without_invitations(&conversation(protocol, &bytes, &in_bytes).0));
        prop_assert_eq!(whole.1, in_parts.1);
    }

    #[test]
    fn what_never_ends_is_cut_off(protocol in protocol(), byte: u8, logs_in: bool) {
        let (mut talk, login) = begun(protocol);
        if logs_in {
            talk.send(login.as_bytes());
        }
        let byte = if byte == b'\n' { b'x' } else { byte };
        let mut sent = 0;
        while talk.then == Then::GoOn && sent < 200_000 {
            talk.flow.idp.mail_receive(talk.flow.now, talk.session, &[byte; 1000]);
            talk.then = talk.flow.idp.mail_take(talk.session).then;
            sent += 1000;
        }
        prop_assert_eq!(talk.then, Then::Close);
    }
}

/// The invitation to a literal that had come already is the one thing that differs: nobody is invited to what is there.
fn without_invitations(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer).replace("+ Ready for additional command text.\r\n", "")
}
