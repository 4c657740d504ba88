//! Submission.

use mock_idp::proto::Change;
use mock_idp::proto::mail::{MailCauseKind, MailProtocol, Then};

use crate::mail::support::{IMAP, SMTP, Talk, USER, flow, token, xoauth2};

/// A session with TLS, greeted twice as it must be.
fn secured(settings: &[&str], scope: &str) -> (Talk, String) {
    let mut flow = flow(settings);
    let token = token(&mut flow, scope);
    let (mut talk, _) = Talk::begin(flow, MailProtocol::Smtp);
    talk.say("EHLO client.example");
    assert_eq!(talk.say("STARTTLS"), "220 2.0.0 SMTP server ready\r\n");
    assert_eq!(talk.then, Then::StartTls);
    talk.flow.idp.mail_secured(talk.flow.now, talk.session);
    talk.say("EHLO client.example");
    (talk, token)
}

fn logged_in(settings: &[&str]) -> Talk {
    let (mut talk, token) = secured(settings, SMTP);
    assert_eq!(talk.say(&format!("AUTH XOAUTH2 {}", xoauth2(USER, &token))), "235 2.7.0 Authentication successful\r\n");
    talk
}

#[test]
fn auth_is_offered_once_there_is_tls_and_the_client_greets_again() {
    let (mut talk, greeting) = Talk::begin(flow(&[]), MailProtocol::Smtp);
    let hello = "220 AM0PR02CA0134.outlook.office365.com Microsoft ESMTP MAIL Service ready at Mon, 15 Nov 2021 02:00:00 +0000\r\n";
    assert_eq!(greeting, hello);
    let before = talk.say("EHLO x");
    assert!(before.contains("250-STARTTLS\r\n") && !before.contains("AUTH"), "{before}");
    assert!(talk.say("AUTH XOAUTH2").starts_with("530 5.7.0 "));
    talk.say("STARTTLS");
    talk.flow.idp.mail_secured(talk.flow.now, talk.session);
    assert_eq!(talk.say("AUTH XOAUTH2"), "503 5.5.2 Send hello first\r\n");
    let after = talk.say("EHLO x");
    assert!(after.contains("250-AUTH LOGIN XOAUTH2\r\n") && !after.contains("STARTTLS"), "{after}");
    assert!(after.ends_with("250 SMTPUTF8\r\n"));

    let (mut none, _) = Talk::begin(flow(&["mail.smtp.server.mechanisms=[]"]), MailProtocol::Smtp);
    none.say("EHLO x");
    none.say("STARTTLS");
    none.flow.idp.mail_secured(none.flow.now, none.session);
    assert!(!none.say("EHLO x").contains("AUTH"));
}

#[test]
fn what_was_sent_in_clear_text_behind_starttls_is_thrown_away() {
    let (mut talk, _) = Talk::begin(flow(&[]), MailProtocol::Smtp);
    let answer = talk.send(b"EHLO x\r\nSTARTTLS\r\nEHLO evil\r\n");
    assert!(answer.ends_with("220 2.0.0 SMTP server ready\r\n"), "{answer}");
    talk.flow.idp.mail_secured(talk.flow.now, talk.session);
    assert_eq!(talk.say("MAIL FROM:<a@b.example>"), "503 5.5.2 Send hello first\r\n");
}

#[test]
fn a_token_logs_in_on_one_line_and_on_two() {
    let (mut talk, token) = secured(&[], SMTP);
    assert_eq!(talk.say("AUTH XOAUTH2"), "334 \r\n");
    assert_eq!(talk.say(&xoauth2(USER, &token)), "235 2.7.0 Authentication successful\r\n");
    assert!(talk.say("AUTH XOAUTH2").starts_with("503 "));
}

#[test]
fn a_token_that_is_no_good_and_one_of_somebody_else_get_the_same_535() {
    for (scope, user, cause) in
        [(IMAP, USER, MailCauseKind::ScopeMissing), (SMTP, "billing@acme.example", MailCauseKind::UserDiffers)]
    {
        let (mut talk, token) = secured(&[], scope);
        let answer = talk.say(&format!("AUTH XOAUTH2 {}", xoauth2(user, &token)));
        let (text, rest) = answer.split_once(" [").unwrap();
        assert_eq!(text, "535 5.7.3 Authentication unsuccessful");
        assert!(rest.starts_with("AM0PR02CA0134.prod.outlook.com 2021-11-15T02:00:00.000Z "), "{rest}");
        assert_eq!(talk.cause(), cause);
    }
    let (mut talk, _) = secured(&[], SMTP);
    talk.say("AUTH XOAUTH2");
    assert!(talk.say("*").starts_with("535 5.7.3 "), "a login that is broken off gets no 501 here");
    talk.say("AUTH LOGIN");
    talk.say("am9obi5kb2VAYWNtZS5leGFtcGxl");
    let answer = talk.say("c2VjcmV0");
    assert!(
        answer.starts_with("535 5.7.139 Authentication unsuccessful, basic authentication is disabled."),
        "{answer}"
    );
    assert!(talk.say("AUTH CRAM-MD5").starts_with("504 "));
}

#[test]
fn submission_can_be_switched_off_for_everybody_and_for_one_mailbox() {
    for (mailbox, whom) in [(None, "Tenant"), (Some(USER.to_owned()), "Mailbox")] {
        let (mut talk, token) = secured(&[], SMTP);
        let change = Change::MailProtocol { mailbox, protocol: MailProtocol::Smtp, open: false };
        talk.flow.idp.change(talk.flow.now, &change);
        let answer = talk.say(&format!("AUTH XOAUTH2 {}", xoauth2(USER, &token)));
        let text =
            format!("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the {whom}.");
        assert!(answer.starts_with(&text), "{answer}");
    }
}

#[test]
fn a_message_is_taken_and_put_into_the_mailboxes_that_are_here() {
    let mut talk = logged_in(&[]);
    assert_eq!(talk.say(&format!("MAIL FROM:<{USER}> SIZE=100 BODY=8BITMIME")), "250 2.1.0 Sender OK\r\n");
    assert_eq!(talk.say(&format!("RCPT TO:<{USER}>")), "250 2.1.5 Recipient OK\r\n");
    assert_eq!(talk.say("RCPT TO:<far@away.example>"), "250 2.1.5 Recipient OK\r\n");
    assert!(talk.say("DATA").starts_with("354 "));
    let answer = talk.send(format!("From: <{USER}>\r\nSubject: Hi\r\n\r\n..dot\r\n.\r\n").as_bytes());
    assert!(answer.starts_with("250 2.0.0 OK <"), "{answer}");
    let sent = talk.flow.idp.submissions().next().unwrap();
    assert_eq!((sent.to.len(), sent.delivered.clone()), (2, vec![USER.to_owned()]));
    let inbox = talk.flow.idp.folders(USER).unwrap().get("INBOX").unwrap();
    assert!(inbox.messages[0].raw.ends_with(b"\r\n\r\n.dot\r\n"));
}

#[test]
fn a_message_comes_in_chunks_as_well() {
    let mut talk = logged_in(&[]);
    talk.say(&format!("MAIL FROM:<{USER}>"));
    talk.say(&format!("RCPT TO:<{USER}>"));
    let head = format!("From: <{USER}>\r\n\r\n");
    let first = talk.send(format!("BDAT {}\r\n{head}", head.len()).as_bytes());
    assert_eq!(first, format!("250 2.0.0 {} octets received\r\n", head.len()));
    assert!(talk.send(b"BDAT 3 LAST\r\nHi\n").starts_with("250 2.0.0 OK <"));
    assert!(talk.flow.idp.submissions().next().unwrap().raw.ends_with(b"\r\n\r\nHi\n"));
}

#[test]
fn whose_name_a_message_is_sent_in_is_looked_at_when_it_is_there() {
    for (from, header, wanted) in [
        (USER, USER, "250 2.0.0 OK"),
        (
            "other@acme.example",
            USER,
            "554 5.2.252 SendAsDenied; john.doe@acme.example not allowed to send as other@acme.example;",
        ),
        (USER, "other@acme.example", "554 5.2.252 SendAsDenied;"),
    ] {
        let mut talk = logged_in(&[]);
        assert_eq!(talk.say(&format!("MAIL FROM:<{from}>")), "250 2.1.0 Sender OK\r\n");
        talk.say(&format!("RCPT TO:<{USER}>"));
        talk.say("DATA");
        let answer = talk.send(format!("From: <{header}>\r\n\r\n.\r\n").as_bytes());
        assert!(answer.starts_with(wanted), "{answer}");
    }
}

#[test]
fn commands_at_the_wrong_time_and_messages_that_are_too_large_are_refused() {
    let (mut talk, _) = secured(&[], SMTP);
    assert_eq!(talk.say(&format!("MAIL FROM:<{USER}>")), "530 5.7.57 Client not authenticated to send mail.\r\n");
    let mut talk = logged_in(&["mail.message_limit=100"]);
    assert!(talk.say("RCPT TO:<a@b.example>").starts_with("503 "));
    assert!(talk.say("DATA").starts_with("503 "));
    assert!(talk.say(&format!("MAIL FROM:<{USER}> SIZE=101")).starts_with("552 "));
    assert_eq!(talk.say(&format!("MAIL FROM:<{USER}> SIZE=100")), "250 2.1.0 Sender OK\r\n");
    assert!(talk.say("RCPT TO:<nobody>").starts_with("501 "));
    talk.say(&format!("RCPT TO:<{USER}>"));
    talk.say("DATA");
    assert!(talk.send(&[b'x'; 101]).starts_with("552 "));
    assert_eq!(talk.then, Then::Close);
    assert!(logged_in(&[]).say("DANCE").starts_with("500 "));
    assert_eq!(logged_in(&[]).say("QUIT"), "221 2.0.0 Service closing transmission channel\r\n");
}

#[test]
fn no_message_begins_once_the_token_is_over() {
    for (wait, wanted) in [("59m 59s", "250 "), ("60m", "454 4.7.0 ")] {
        let mut talk = logged_in(&[]);
        talk.advance(wait);
        let answer = talk.say(&format!("MAIL FROM:<{USER}>"));
        assert!(answer.starts_with(wanted), "{wait}: {answer}");
    }
}

#[test]
fn a_message_of_the_limit_is_taken_and_a_larger_one_is_not_even_if_it_came_at_once() {
    let head = format!("From: <{USER}>\r\n\r\n");
    for (filling, is_taken) in [(100 - head.len() - 2, true), (100 - head.len() - 1, false)] {
        let mut talk = logged_in(&["mail.message_limit=100"]);
        talk.say(&format!("MAIL FROM:<{USER}>"));
        talk.say(&format!("RCPT TO:<{USER}>"));
        talk.say("DATA");
        let answer = talk.send(format!("{head}{}\r\n.\r\nNOOP\r\n", "x".repeat(filling)).as_bytes());
        assert_eq!(answer.starts_with("250 2.0.0 OK <"), is_taken, "{answer}");
        assert_eq!(talk.then == Then::GoOn, is_taken);
        assert_eq!(talk.flow.idp.submissions().count(), usize::from(is_taken));
    }
}

#[test]
fn a_binary_message_comes_in_chunks_alone() {
    for (body, wanted) in [("8BITMIME", "354 "), ("BINARYMIME", "503 ")] {
        let mut talk = logged_in(&[]);
        talk.say(&format!("MAIL FROM:<{USER}> BODY={body}"));
        talk.say(&format!("RCPT TO:<{USER}>"));
        let answer = talk.say("DATA");
        assert!(answer.starts_with(wanted), "{body}: {answer}");
    }
}

#[test]
fn what_is_wrong_with_a_line_is_told_apart() {
    for (line, wanted) in [
        ("DANCE", "500 5.5.1 "),
        ("MAIL TO:<a@b.example>", "501 5.5.4 "),
        ("MAIL FROM:<a@b.example> SIZE=many", "501 5.5.4 "),
        ("MAIL FROM:<a@b.example> LOVE=1", "555 5.5.4 "),
        ("BDAT many", "501 5.5.4 "),
    ] {
        let mut talk = logged_in(&[]);
        let answer = talk.say(line);
        assert!(answer.starts_with(wanted), "{line}: {answer}");
        assert_eq!(talk.cause(), MailCauseKind::CommandInvalid);
    }
    let mut talk = logged_in(&[]);
    talk.say(&format!("MAIL FROM:<{USER}>"));
    assert!(talk.say("RCPT TO:<nobody>").starts_with("501 5.1.3 "));
    assert_eq!(talk.cause(), MailCauseKind::RecipientInvalid);
}
