//! IMAP.

use mock_idp::proto::mail::{ArmedMailFault, MailCauseKind, MailFault, MailPoint, MailProtocol, Then};
use mock_idp::proto::{Change, mail::sasl};

use crate::mail::support::{IMAP, Talk, USER, flow, token, xoauth2};

#[test]
fn the_greeting_and_the_capabilities_are_those_of_the_profile_and_longer_after_the_login() {
    let (mut talk, greeting) = Talk::begin(flow(&[]), MailProtocol::Imap);
    assert!(greeting.starts_with("* OK The Microsoft Exchange IMAP4 service is ready. ["), "{greeting}");
    let before = talk.say("1 CAPABILITY");
    assert!(before.contains("AUTH=XOAUTH2 SASL-IR") && before.ends_with("1 OK CAPABILITY completed.\r\n"), "{before}");
    let after = Talk::logged_in(&[]).say("2 capability");
    assert!(after.contains(" MOVE ") && !before.contains(" MOVE "), "{after}");
}

#[test]
fn a_token_logs_in_on_the_line_of_the_command_and_on_a_line_of_its_own() {
    let mut flow = flow(&[]);
    let token = token(&mut flow, IMAP);
    let (mut talk, _) = Talk::begin(flow, MailProtocol::Imap);
    assert_eq!(talk.say("1 AUTHENTICATE XOAUTH2"), "+ \r\n");
    assert_eq!(talk.say(&xoauth2(USER, &token)), "1 OK AUTHENTICATE completed.\r\n");
    assert_eq!(talk.say("2 AUTHENTICATE XOAUTH2"), "2 BAD Command is not valid in this state\r\n");
}

#[test]
fn every_token_that_is_no_good_gets_the_same_words_and_a_cause_of_its_own() {
    let graph = "https://graph.microsoft.com/IMAP.AccessAsUser.All offline_access";
    for (scope, wait, user, cause) in [
        (IMAP, "59m 59s", USER, None),
        (IMAP, "60m", USER, Some(MailCauseKind::TokenExpired)),
        (graph, "1s", USER, Some(MailCauseKind::TokenForAnother)),
        ("https://outlook.office.com/SMTP.Send", "1s", USER, Some(MailCauseKind::ScopeMissing)),
    ] {
        let mut flow = flow(&[]);
        let token = token(&mut flow, scope);
        flow.advance(wait);
        let (mut talk, _) = Talk::begin(flow, MailProtocol::Imap);
        let answer = talk.say(&format!("1 AUTHENTICATE XOAUTH2 {}", xoauth2(user, &token)));
        match cause {
            None => assert_eq!(answer, "1 OK AUTHENTICATE completed.\r\n"),
            Some(cause) => {
                assert_eq!(answer, "1 NO AUTHENTICATE failed.\r\n", "{cause:?}");
                assert_eq!(talk.cause(), cause);
            }
        }
    }
    let (mut talk, _) = Talk::begin(flow(&[]), MailProtocol::Imap);
    assert_eq!(talk.say(&format!("1 AUTHENTICATE XOAUTH2 {}", xoauth2(USER, "none"))), "1 NO AUTHENTICATE failed.\r\n");
    assert_eq!(talk.say("2 AUTHENTICATE XOAUTH2 dXNlcj1h"), "2 BAD Command Argument Error. 12\r\n");
    assert_eq!(talk.say(&format!("3 LOGIN {USER} secret")), "3 NO LOGIN failed.\r\n");
    assert_eq!(talk.say("4 AUTHENTICATE XOAUTH2"), "+ \r\n");
    assert_eq!(talk.say("*"), "4 NO AUTHENTICATE failed.\r\n");
    assert_eq!(talk.cause(), MailCauseKind::LoginCancelled);
    assert_eq!(talk.say("5 SELECT INBOX"), "5 BAD Command is not valid in this state\r\n");
}

#[test]
fn a_challenge_in_json_comes_before_the_refusal_where_the_policy_says_so() {
    let settings = ["mail.challenge=always", "mail.imap.server.mechanisms=[xoauth2, oauthbearer]"];
    let (mut talk, _) = Talk::begin(flow(&settings), MailProtocol::Imap);
    let challenge = talk.say(&format!("1 AUTHENTICATE XOAUTH2 {}", xoauth2(USER, "none")));
    let json = sasl::decode(challenge.trim_end().strip_prefix("+ ").unwrap().as_bytes()).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["status"], "400");
    assert_eq!(talk.say(""), "1 NO AUTHENTICATE failed.\r\n");
    let response = sasl::encode(format!("n,a={USER},\x01auth=Bearer none\x01\x01").as_bytes());
    let challenge = talk.say(&format!("2 AUTHENTICATE OAUTHBEARER {response}"));
    let json = sasl::decode(challenge.trim_end().strip_prefix("+ ").unwrap().as_bytes()).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["status"], "invalid_token");
    assert_eq!(talk.say("AQ=="), "2 NO AUTHENTICATE failed.\r\n");
}

#[test]
fn a_password_lets_in_where_the_policy_allows_it_and_the_right_one_only() {
    let (mut talk, _) = Talk::begin(flow(&["mail.basic=allowed"]), MailProtocol::Imap);
    assert_eq!(talk.say(&format!("1 LOGIN {USER} wrong")), "1 NO LOGIN failed.\r\n");
    assert_eq!(talk.send(format!("2 LOGIN {USER} {{28}}\r\n").as_bytes()), "+ Ready for additional command text.\r\n");
    assert_eq!(talk.say("correct horse battery staple"), "2 OK LOGIN completed.\r\n");
}

#[test]
fn somebody_without_a_mailbox_is_authenticated_and_not_connected() {
    let mut flow = flow(&[]);
    let token = token(&mut flow, IMAP);
    let (mut talk, _) = Talk::begin(flow, MailProtocol::Imap);
    let login = format!("1 AUTHENTICATE XOAUTH2 {}", xoauth2("billing@acme.example", &token));
    assert_eq!(talk.say(&login), "1 OK AUTHENTICATE completed.\r\n");
    let answer = talk.say("2 SELECT INBOX");
    assert_eq!(answer, "2 BAD User is authenticated but not connected.\r\n* BYE Connection closed. 14\r\n");
    assert_eq!((talk.then, talk.cause()), (Then::Close, MailCauseKind::UserDiffers));
}

#[test]
fn imap_can_be_switched_off_for_one_mailbox_and_for_all() {
    for mailbox in [None, Some(USER.to_owned())] {
        let mut flow = flow(&[]);
        let token = token(&mut flow, IMAP);
        let change = Change::MailProtocol { mailbox, protocol: MailProtocol::Imap, open: false };
        flow.idp.change(flow.now, &change);
        let (mut talk, _) = Talk::begin(flow, MailProtocol::Imap);
        let first = talk.say(&format!("1 AUTHENTICATE XOAUTH2 {}", xoauth2(USER, &token)));
        let both = first + &talk.say("2 NOOP");
        assert!(both.contains("BAD User is authenticated but not connected."), "{both}");
    }
}

#[test]
fn a_session_ends_at_the_second_at_which_its_token_does_and_says_so_unasked_in_idle() {
    let mut talk = Talk::logged_in(&[]);
    assert!(talk.say("1 SELECT INBOX").ends_with("1 OK [READ-WRITE] SELECT completed.\r\n"));
    assert_eq!(talk.say("2 IDLE"), "+ IDLE accepted, awaiting DONE command.\r\n");
    let due = talk.flow.now.plus("1h".parse().unwrap());
    assert_eq!(talk.flow.idp.mail_due(), Some(due));
    assert_eq!(talk.advance("59m 59s"), "");
    assert_eq!(talk.advance("1s"), "* BYE Session invalidated - AccessTokenExpired\r\n");
    assert_eq!((talk.then, talk.cause()), (Then::Close, MailCauseKind::SessionExpired));

    let mut talk = Talk::logged_in(&[]);
    assert_eq!(talk.advance("60m"), "", "nothing is said to who does not wait");
    assert!(talk.say("1 NOOP").starts_with("1 NO Session invalidated - AccessTokenExpired\r\n* BYE "));
}

#[test]
fn folders_are_listed_with_their_uses_made_renamed_and_deleted() {
    let mut talk = Talk::logged_in(&[]);
    let all = talk.say("1 LIST \"\" \"*\"");
    assert!(all.contains("* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent Items\"\r\n"), "{all}");
    assert_eq!(talk.say("2 CREATE Archive/2021"), "2 OK CREATE completed.\r\n");
    let some = talk.say("3 LIST \"\" Archive%");
    assert_eq!(some, "* LIST (\\HasChildren \\Archive) \"/\" \"Archive\"\r\n3 OK LIST completed.\r\n");
    assert_eq!(talk.say("4 RENAME Archive/2021 Archive/2022"), "4 OK RENAME completed.\r\n");
    assert_eq!(talk.say("5 DELETE Archive/2021"), "5 NO [NONEXISTENT] No such mailbox\r\n");
    assert_eq!(talk.say("6 DELETE Archive/2022"), "6 OK DELETE completed.\r\n");
    assert_eq!(talk.say("7 DELETE inbox"), "7 NO [CANNOT] Mailbox exists or cannot be changed\r\n");
    assert_eq!(talk.say("8 SELECT Nowhere"), "8 NO [NONEXISTENT] No such mailbox\r\n");
    assert_eq!(talk.say("9 LIST \"\" \"\""), "* LIST (\\Noselect) \"/\" \"\"\r\n9 OK LIST completed.\r\n");
}

#[test]
fn messages_are_fetched_in_parts_flagged_moved_and_expunged() {
    let mut talk = Talk::logged_in(&[]);
    talk.deliver("One");
    talk.deliver("Two");
    let selected = talk.say("1 SELECT INBOX");
    assert!(selected.starts_with("* 2 EXISTS\r\n"), "{selected}");
    let header = talk.say("2 FETCH 1 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
    assert_eq!(
        header,
        "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {16}\r\nSubject: One\r\n\r\n)\r\n2 OK FETCH completed.\r\n"
    );
    let text = talk.say("3 UID FETCH 2 BODY[TEXT]<1.3>");
    assert_eq!(text, "* 2 FETCH (UID 2 BODY[TEXT]<1> {3}\r\nell FLAGS (\\Seen))\r\n3 OK UID completed.\r\n");
    assert_eq!(talk.say("4 SEARCH UNSEEN"), "* SEARCH 1\r\n4 OK SEARCH completed.\r\n");
    assert_eq!(talk.say("5 UID SEARCH SUBJECT two SEEN"), "* SEARCH 2\r\n5 OK UID completed.\r\n");
    assert_eq!(talk.say("6 STORE 1 +FLAGS.SILENT (\\Deleted)"), "6 OK STORE completed.\r\n");
    assert_eq!(talk.say("7 UID MOVE 2 Archive"), "* OK [COPYUID 2 2 1]\r\n* 2 EXPUNGE\r\n7 OK UID completed.\r\n");
    assert_eq!(talk.say("8 EXPUNGE"), "* 1 EXPUNGE\r\n8 OK EXPUNGE completed.\r\n");
    assert_eq!(
        talk.say("9 STATUS Archive (MESSAGES UIDNEXT)"),
        "* STATUS \"Archive\" (MESSAGES 1 UIDNEXT 2)\r\n9 OK STATUS completed.\r\n"
    );
    assert!(talk.say("10 EXAMINE Archive").ends_with("10 OK [READ-ONLY] EXAMINE completed.\r\n"));
    assert_eq!(talk.say("11 STORE 1 +FLAGS (\\Deleted)"), "11 NO [READ-ONLY] Mailbox is selected for reading only\r\n");
}

#[test]
fn an_envelope_and_a_structure_say_what_the_message_is_made_of() {
    let mut talk = Talk::logged_in(&[]);
    let message = "From: Ann <ann@a.example>\r\nTo: b@b.example\r\nSubject: Both\r\nMIME-Version: 1.0\r\n\
                   Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHi\r\n\
                   --x\r\nContent-Type: text/html\r\n\r\n<p>Hi\r\n--x--\r\n";
    assert_eq!(
        talk.say(&format!("1 APPEND INBOX (\\Seen) {{{}}}", message.len())),
        "+ Ready for additional command text.\r\n"
    );
    assert_eq!(talk.send(format!("{message}\r\n").as_bytes()), "1 OK [APPENDUID 1 1] APPEND completed.\r\n");
    talk.say("2 SELECT INBOX");
    let envelope = talk.say("3 FETCH 1 ENVELOPE");
    assert!(envelope.contains("\"Both\" ((\"Ann\" NIL \"ann\" \"a.example\"))"), "{envelope}");
    let structure = talk.say("4 FETCH 1 BODY");
    assert!(structure.contains("BODY ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 2 0)(\"TEXT\" \"HTML\""), "{structure}");
    let part = talk.say("5 FETCH 1 BODY.PEEK[2]");
    assert!(part.contains("BODY[2] {5}\r\n<p>Hi)"), "{part}");
    assert!(talk.say("6 FETCH 1 BODY.PEEK[3]").contains("BODY[3] NIL"));
}

#[test]
fn what_another_session_did_is_told_at_noop_and_at_once_in_idle() {
    let mut talk = Talk::logged_in(&[]);
    talk.say("1 SELECT INBOX");
    talk.deliver("One");
    assert_eq!(talk.heard(), "", "not unasked");
    assert_eq!(talk.say("2 NOOP"), "* 1 EXISTS\r\n2 OK NOOP completed.\r\n");
    talk.say("3 IDLE");
    talk.deliver("Two");
    assert_eq!(talk.heard(), "* 2 EXISTS\r\n");
    assert_eq!(talk.say("DONE"), "3 OK IDLE completed.\r\n");
    talk.deliver("Three");
    let accepted = "+ IDLE accepted, awaiting DONE command.\r\n";
    assert_eq!(talk.say("4 IDLE"), format!("{accepted}* 3 EXISTS\r\n"), "what came between is no secret either");
    assert!(talk.say("no").starts_with("4 BAD "));
}

#[test]
fn a_literal_that_is_too_large_is_refused_before_it_is_sent() {
    let mut talk = Talk::logged_in(&["mail.message_limit=100"]);
    assert_eq!(talk.say("1 APPEND INBOX {101}"), "1 NO [TOOBIG] Message is too large\r\n");
    assert_eq!(talk.say("2 APPEND INBOX {100}"), "+ Ready for additional command text.\r\n");
    assert_eq!(talk.say(&"x".repeat(100)), "2 OK [APPENDUID 1 1] APPEND completed.\r\n");
    talk.say("3 APPEND INBOX {101+}");
    assert_eq!(talk.then, Then::Close, "it is on its way already");
}

#[test]
fn a_fault_answers_a_login_or_a_command_and_only_so_often() {
    let mut talk = Talk::logged_in(&[]);
    let fault = MailFault {
        about: String::new(),
        at: MailProtocol::Imap,
        on: MailPoint::Command,
        says: "BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds".to_owned(),
    };
    talk.flow.idp.add_mail_fault(ArmedMailFault { fault, via: None, skip: 1, times: 1 });
    assert_eq!(talk.say("1 NOOP"), "1 OK NOOP completed.\r\n");
    assert_eq!(talk.say("2 NOOP"), "2 BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds\r\n");
    assert_eq!(talk.say("3 NOOP"), "3 OK NOOP completed.\r\n");
}

#[test]
fn a_provider_without_mail_opens_no_session() {
    let mut flow = crate::support::Flow::with("entra", &[]);
    assert_eq!(flow.idp.mail_open(flow.now, "main", MailProtocol::Imap), None);
}
