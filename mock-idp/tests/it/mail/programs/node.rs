//! imapflow and nodemailer, in Node.

use std::process::{Command, Stdio};

use mock_idp::proto::mail::{MailCauseKind, MailProtocol};

use crate::mail::programs::{Lines, Service, folder, printed};
use crate::mail::support::{IMAP, SMTP, USER};

/// Node with the libraries and the CA, and `mail.js` with a task.
fn node(service: &Service, task: &str) -> Command {
    // Where the adapters' own Node is, the machine's is too old.
    let own = folder("../../../harness/adapters/node/node");
    let mut command = Command::new(if own.exists() { own.into_os_string() } else { "node".into() });
    command.arg(folder("mail.js")).args([task, &service.port(MailProtocol::Imap), &service.port(MailProtocol::Smtp)]);
    command.args([USER, &service.token(IMAP), &service.token(SMTP)]).env("NODE_EXTRA_CA_CERTS", service.ca());
    command
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs imapflow and nodemailer: mock-idp/tests/programs/setup"]
async fn node_sends_and_reads_and_reports_its_familiar_errors() {
    let service = Service::start().await;
    let (_, text) = printed(&mut node(&service, "all"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert_eq!(lines[..2], ["sent", "read By Node"]);
    for (line, parts) in lines[2..].iter().zip([
        &[r#""code":"EAUTH","responseCode":535"#, "Invalid login: 535 5.7.3 Authentication unsuccessful ["][..],
        &[r#""code":"EMESSAGE","responseCode":554"#, "Message failed: 554 5.2.252 SendAsDenied; john.doe@acme.example"],
        &[r#""responseText":"AUTHENTICATE failed.""#, r#""authenticationFailed":true"#],
        &["User is authenticated but not connected.", r#""message":"Authentication failed""#],
    ]) {
        assert!(parts.iter().all(|part| line.contains(part)), "{line} lacks one of {parts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs imapflow and nodemailer: mock-idp/tests/programs/setup"]
async fn node_logs_in_until_its_tokens_are_over_and_then_reports_a_failed_login_each_time() {
    let service = Service::start().await;
    // The tokens are got here, and are an hour old when the program begins.
    let (mut young, mut old) = (node(&service, "all"), node(&service, "all"));
    service.advance(3599);
    let (_, text) = printed(&mut young);
    assert!(text.starts_with("sent\nread By Node\n"), "{text}");
    let before = service.causes().len();
    service.advance(1);
    let (_, text) = printed(&mut old);
    let (sends, reads) = (r#""code":"EAUTH","responseCode":535"#, r#""authenticationFailed":true"#);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    for (line, part) in lines.iter().zip([sends, reads, sends, sends, reads, reads]) {
        assert!(line.contains(part), "{line} lacks {part}");
    }
    let causes = service.causes().split_off(before);
    assert_eq!(causes, [MailCauseKind::TokenExpired; 6]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs imapflow and nodemailer: mock-idp/tests/programs/setup"]
async fn node_sees_what_comes_until_its_token_is_over_and_the_connection_closed() {
    let service = Service::start().await;
    let mut child = node(&service, "watch").stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let lines = Lines::of(child.stdout.take().unwrap());
    lines.until("watching");
    service.advance(3599);
    assert!(service.idp.realm().deliver(USER, b"Subject: News\r\n\r\nHello.\r\n".to_vec()));
    lines.until("exists 1");
    service.advance(1);
    lines.until("closed");
    child.kill().unwrap();
    child.wait().unwrap();
}
