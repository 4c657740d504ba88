//! msmtp and mbsync, as Debian has them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use mock_idp::proto::mail::{MailCauseKind, MailProtocol};

use crate::mail::programs::{Service, path, printed};
use crate::mail::support::{IMAP, SMTP, USER};

impl Service {
    /// A file that nobody else may read, as both programs want it.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    fn msmtp(&self, token: &str, from: &str) -> (Option<i32>, String) {
        let token = self.file("token", token);
        let settings = format!(
            "account default\nhost localhost\nport {}\ntls on\ntls_trust_file {}\nauth xoauth2\nuser {USER}\nfrom {from}\n\
             passwordeval \"cat '{}'\"\n",
            self.port(MailProtocol::Smtp),
            self.ca().display(),
            token.display()
        );
        let letter = self.file("letter", &format!("From: <{from}>\nTo: <{USER}>\nSubject: By msmtp\n\nHello.\n"));
        let mut command = Command::new("msmtp");
        command.arg(format!("--file={}", path(&self.file("msmtprc", &settings)))).arg(USER);
        printed(command.stdin(Stdio::from(fs::File::open(letter).unwrap())))
    }

    fn mbsync(&self, token: &str, user: &str) -> (Option<i32>, String) {
        let token = self.file("token", token);
        let maildir = self.folder.path().join("mail");
        fs::create_dir_all(&maildir).unwrap();
        let settings = format!(
            "IMAPAccount mock\nHost localhost\nPort {}\nUser {user}\nPassCmd \"cat '{}'\"\nAuthMechs XOAUTH2\nSSLType IMAPS\n\
             CertificateFile {}\n\nIMAPStore remote\nAccount mock\n\nMaildirStore local\nPath {maildir}/\nInbox {maildir}/INBOX\n\n\
             Channel mock\nFar :remote:\nNear :local:\nPatterns INBOX\nCreate Near\nSync All\nExpunge None\nSyncState *\n",
            self.port(MailProtocol::Imap),
            token.display(),
            self.ca().display(),
            maildir = maildir.display()
        );
        printed(Command::new("mbsync").arg("--config").arg(self.file("mbsyncrc", &settings)).arg("--all"))
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs msmtp: mock-idp/tests/programs/setup"]
async fn msmtp_sends_and_says_what_the_server_said() {
    let service = Service::start().await;
    let (status, text) = service.msmtp(&service.token(SMTP), USER);
    assert_eq!(status, Some(0), "{text}");
    assert!(service.inbox().contains("Subject: By msmtp"));
    // EX_NOPERM and EX_UNAVAILABLE of sysexits.h.
    for (token, from, code, wanted) in [
        (IMAP, USER, 77, "msmtp: authentication failed (method XOAUTH2)\nmsmtp: server message: 535 5.7.3 "),
        (SMTP, "other@acme.example", 69, "msmtp: server message: 554 5.2.252 SendAsDenied; "),
    ] {
        let (status, text) = service.msmtp(&service.token(token), from);
        assert_eq!(status, Some(code), "{text}");
        assert!(text.contains(wanted), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs msmtp: mock-idp/tests/programs/setup"]
async fn msmtp_sends_until_its_token_is_over() {
    let service = Service::start().await;
    let token = service.token(SMTP);
    service.advance(3599);
    let (status, text) = service.msmtp(&token, USER);
    assert_eq!(status, Some(0), "{text}");
    service.advance(1);
    let (status, text) = service.msmtp(&token, USER);
    assert_eq!(status, Some(77), "{text}");
    assert!(text.contains("msmtp: server message: 535 5.7.3 "), "{text}");
    assert_eq!(service.causes(), [MailCauseKind::TokenExpired]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mbsync and its plugin for XOAUTH2: mock-idp/tests/programs/setup"]
async fn mbsync_reads_and_stores_and_says_what_the_server_said() {
    let service = Service::start().await;
    let realm = service.idp.realm();
    assert!(realm.deliver(USER, b"Subject: For mbsync\r\n\r\nHello.\r\n".to_vec()));
    let (status, text) = service.mbsync(&service.token(IMAP), USER);
    assert_eq!(status, Some(0), "{text}");
    let new = service.folder.path().join("mail/INBOX/new");
    let files: Vec<PathBuf> = fs::read_dir(&new).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert!(fs::read_to_string(file).unwrap().contains("Subject: For mbsync"));

    // What is new here goes there (APPEND).
    fs::write(new.join("1.local"), "Subject: From here\n\nHello.\n").unwrap();
    let (status, text) = service.mbsync(&service.token(IMAP), USER);
    assert_eq!(status, Some(0), "{text}");
    assert!(service.inbox().contains("Subject: From here"));

    for (token, user, wanted) in [
        (SMTP, USER, "returned an error: NO AUTHENTICATE failed."),
        (IMAP, "billing@acme.example", "returned an error: BAD User is authenticated but not connected."),
    ] {
        let (status, text) = service.mbsync(&service.token(token), user);
        assert_eq!(status, Some(1), "{text}");
        assert!(text.contains(wanted), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mbsync and its plugin for XOAUTH2: mock-idp/tests/programs/setup"]
async fn mbsync_reads_until_its_token_is_over() {
    let service = Service::start().await;
    let token = service.token(IMAP);
    service.advance(3599);
    let (status, text) = service.mbsync(&token, USER);
    assert_eq!(status, Some(0), "{text}");
    service.advance(1);
    let (status, text) = service.mbsync(&token, USER);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("returned an error: NO AUTHENTICATE failed."), "{text}");
    assert_eq!(service.causes(), [MailCauseKind::TokenExpired]);
}
