//! POP3.

use mock_idp::proto::mail::{MailCauseKind, MailProtocol, Then};

use crate::mail::support::{IMAP, POP, Talk, USER, flow, token, xoauth2};

fn begun(settings: &[&str], scope: &str) -> (Talk, String) {
    let mut flow = flow(settings);
    let token = token(&mut flow, scope);
    (Talk::begin(flow, MailProtocol::Pop).0, token)
}

fn logged_in(settings: &[&str]) -> Talk {
    let (mut talk, token) = begun(settings, POP);
    talk.deliver("One");
    talk.deliver("Two");
    assert_eq!(talk.say("AUTH XOAUTH2"), "+ \r\n");
    assert_eq!(talk.say(&xoauth2(USER, &token)), "+OK User successfully authenticated.\r\n");
    talk
}

#[test]
fn a_token_comes_on_a_line_of_its_own_only() {
    let (mut talk, token) = begun(&[], POP);
    assert_eq!(talk.say(&format!("AUTH XOAUTH2 {}", xoauth2(USER, &token))), "-ERR Protocol error\r\n");
    assert_eq!(talk.cause(), MailCauseKind::InitialResponseRefused);
    let (mut talk, token) = begun(&["mail.pop.server.initial_response=true"], POP);
    let answer = talk.say(&format!("AUTH XOAUTH2 {}", xoauth2(USER, &token)));
    assert_eq!(answer, "+OK User successfully authenticated.\r\n");
}

#[test]
fn every_login_that_fails_gets_the_same_words() {
    let failure = "-ERR Authentication failure: unknown user name or bad password.\r\n";
    let (mut talk, token) = begun(&[], IMAP);
    talk.say("AUTH XOAUTH2");
    assert_eq!(talk.say(&xoauth2(USER, &token)), failure);
    assert_eq!(talk.cause(), MailCauseKind::ScopeMissing);
    assert_eq!(talk.say(&format!("USER {USER}")), failure);
    assert_eq!(talk.cause(), MailCauseKind::BasicRefused);
    let (mut talk, _) = begun(&["mail.basic=allowed"], POP);
    assert_eq!(talk.say(&format!("USER {USER}")), "+OK Send PASS\r\n");
    assert_eq!(talk.say("PASS wrong"), failure);
    talk.say(&format!("USER {USER}"));
    assert_eq!(talk.say("PASS correct horse battery staple"), "+OK User successfully logged on.\r\n");
}

#[test]
fn a_response_of_more_than_4096_characters_is_a_protocol_error() {
    for (length, wanted) in [(4096, "-ERR Protocol error\r\n"), (4097, "-ERR Line too long\r\n")] {
        let (mut talk, _) = begun(&[], POP);
        talk.say("AUTH XOAUTH2");
        let response = "!".repeat(length);
        assert_eq!(talk.send(format!("{response}\n").as_bytes()), wanted);
        assert_eq!(talk.then == Then::Close, length > 4096);
    }
}

#[test]
fn messages_are_counted_listed_read_and_deleted_when_the_session_ends() {
    let mut talk = logged_in(&[]);
    assert_eq!(talk.say("STAT"), "+OK 2 112\r\n");
    assert_eq!(talk.say("LIST"), "+OK 2 messages\r\n1 56\r\n2 56\r\n.\r\n");
    assert_eq!(talk.say("UIDL 2"), "+OK 2 1-2\r\n");
    assert!(talk.say("TOP 1 0").ends_with("Subject: One\r\n\r\n.\r\n"));
    assert!(talk.say("RETR 2").ends_with("Subject: Two\r\n\r\nHello.\r\n.\r\n"));
    assert_eq!(talk.say("RETR 3"), "-ERR No such message\r\n");
    talk.say("DELE 1");
    assert_eq!(talk.say("STAT"), "+OK 1 56\r\n");
    assert_eq!(talk.say("LIST 1"), "-ERR No such message\r\n");
    let there = |talk: &Talk| talk.flow.idp.folders(USER).unwrap().get("INBOX").unwrap().messages.len();
    assert_eq!(there(&talk), 2);
    assert_eq!(talk.say("QUIT"), "+OK Microsoft Exchange Server POP3 server signing off.\r\n");
    assert_eq!((there(&talk), talk.then), (1, Then::Close));
    let mut talk = logged_in(&[]);
    talk.say("DELE 1");
    talk.say("RSET");
    talk.say("QUIT");
    assert_eq!(there(&talk), 2);
}

#[test]
fn commands_need_a_login_and_the_token_of_it() {
    let (mut talk, _) = begun(&[], POP);
    assert_eq!(talk.say("STAT"), "-ERR Command is not valid in this state\r\n");
    assert_eq!(talk.say("DANCE"), "-ERR Unknown command\r\n");
    for (wait, wanted) in [("59m 59s", "+OK 2 112\r\n"), ("60m", "-ERR Session is over\r\n")] {
        let mut talk = logged_in(&[]);
        talk.advance(wait);
        assert_eq!(talk.say("STAT"), wanted, "{wait}");
    }
}

#[test]
fn the_capabilities_name_the_mechanisms() {
    let (mut talk, _) = begun(&[], POP);
    assert_eq!(talk.say("CAPA"), "+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN XOAUTH2\r\n.\r\n");
    let (mut none, _) = Talk::begin(flow(&["mail.pop.server.mechanisms=[]"]), MailProtocol::Pop);
    assert_eq!(none.say("CAPA"), "+OK\r\nTOP\r\nUIDL\r\n.\r\n");
    assert_eq!(talk.say("AUTH"), "+OK\r\nPLAIN\r\nXOAUTH2\r\n.\r\n");
}

#[test]
fn a_message_is_as_large_as_it_is_sent() {
    let (mut talk, token) = begun(&[], POP);
    assert!(talk.flow.idp.deliver(talk.flow.now, USER, b"Subject: x\n\n.Hi".to_vec()));
    talk.say("AUTH XOAUTH2");
    talk.say(&xoauth2(USER, &token));
    assert_eq!(talk.say("STAT"), "+OK 1 19\r\n");
    assert_eq!(talk.say("RETR 1"), "+OK 19 octets\r\nSubject: x\r\n\r\n..Hi\r\n.\r\n");
}
