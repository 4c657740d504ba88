//! Programs that people use, in processes of their own: curl by the production names and a proxy, and what Python has on board by host, port and
//! CA. What else there is must be installed first, by `mock-idp/tests/programs/setup`; those tests are ignored else.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use mock_idp::profile::load;
use mock_idp::proto::journal::What;
use mock_idp::proto::mail::{MailCauseKind, MailProtocol};
use mock_idp::proto::time::Span;
use mock_idp::shell::{CertificateAuthority, Config, MockIdp};

use crate::mail::support::{HOME, IMAP, POP, SMTP, USER};

mod debian;
mod node;
mod relay;

/// A provider with its mail servers.
struct Service {
    idp: MockIdp,
    folder: tempfile::TempDir,
}

/// The lines that a program prints while it runs. They are read whether anybody waits for them or not: a program must not be held up by its
/// own log.
struct Lines(mpsc::Receiver<String>);

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || lines.map(|line| sender.send(line)).all(|sent| sent.is_ok()));
        Self(receiver)
    }

    /// Waits for a line with this text, and gives what comes behind it.
    fn until(&self, text: &str) -> String {
        let mut seen = String::new();
        loop {
            let line = self.0.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nobody says {text:?}:\n{seen}"));
            if let Some((_, rest)) = line.split_once(text) {
                return rest.trim().to_owned();
            }
            seen = format!("{seen}{line}\n");
        }
    }
}

/// How long a program may take for a line.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file among the programs' own.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs").join(name)
}

/// Runs a program to its end: its status, and all that it printed.
fn printed(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

impl Service {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = CertificateAuthority::kept_in(folder.path()).unwrap();
        let always = ["token.access_token_lifetime_spread=0s"];
        let settings: Vec<String> = always.iter().chain(settings).map(|&setting| setting.to_owned()).collect();
        let profile = load("exchange-online", &settings).unwrap();
        let start = "2026-03-02T09:00:00Z".parse().unwrap();
        let idp = MockIdp::start(Config { ca, control_port: Some(0), ..Config::new(profile, start) }).await.unwrap();
        Self { idp, folder }
    }

    fn port(&self, protocol: MailProtocol) -> String {
        let server = self.idp.mail().iter().find(|server| server.protocol == protocol).unwrap();
        server.address.port().to_string()
    }

    /// What is in the user's INBOX, one message behind the other.
    fn inbox(&self) -> String {
        self.idp.realm().with(|idp| {
            let inbox = idp.folders(USER).unwrap().get("INBOX").unwrap();
            inbox.messages.iter().map(|message| String::from_utf8_lossy(&message.raw)).collect()
        })
    }

    /// Lets time pass for the provider; the programs have the machine's.
    fn advance(&self, seconds: u64) {
        self.idp.realm().advance(Span::from_seconds(seconds));
    }

    /// Why each login and command was refused, as the provider knows it.
    fn causes(&self) -> Vec<MailCauseKind> {
        let cause = |what| if let What::MailRefused { cause, .. } = what { Some(cause.kind()) } else { None };
        let (entries, _) = self.idp.realm().journal_after(0);
        entries.into_iter().filter_map(|entry| cause(entry.what)).collect()
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// An access token for a scope, as the README gets one.
    fn token(&self, scope: &str) -> String {
        let control = self.idp.control_url().unwrap();
        let code = said(curl(&[
            "--noproxy",
            "*",
            "-X",
            "POST",
            &format!("{control}/code"),
            "--data-urlencode",
            &format!("scope={scope}"),
        ]));
        let fields = [
            "grant_type=authorization_code".to_owned(),
            format!("code={code}"),
            "redirect_uri=https://client.example/callback".to_owned(),
            "client_id=5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c".to_owned(),
            "client_secret=demo-client-secret".to_owned(),
        ];
        let url = format!("{}/{HOME}/oauth2/v2.0/token", self.idp.url());
        let mut arguments = vec!["--noproxy".to_owned(), "*".to_owned(), url];
        arguments.extend(fields.iter().flat_map(|field| ["--data-urlencode".to_owned(), field.clone()]));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let answer: serde_json::Value = serde_json::from_str(&said(curl(&arguments))).unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// curl, with nothing but the proxy and the CA.
    fn curl(&self, token: &str, more: &[&str]) -> (Option<i32>, String) {
        let ca = self.ca();
        let always = [
            "--proxy",
            self.idp.url(),
            "--proxytunnel",
            "--cacert",
            path(&ca),
            "--user",
            USER,
            "--oauth2-bearer",
            token,
        ];
        // Whatever the environment says of proxies, it is not meant here.
        curl(&[&always[..], &["--noproxy", "", "--login-options", "AUTH=XOAUTH2"], more].concat())
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn curl(arguments: &[&str]) -> (Option<i32>, String) {
    printed(Command::new("curl").args(["-qsS"]).args(arguments))
}

fn said((status, text): (Option<i32>, String)) -> String {
    assert_eq!(status, Some(0), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_sends_and_reads_by_the_names_of_production_and_says_what_it_always_says_of_a_wrong_token() {
    let service = Service::start().await;
    let (imap, smtp, pop) = (service.token(IMAP), service.token(SMTP), service.token(POP));
    let letter = service.folder.path().join("letter");
    fs::write(&letter, format!("From: <{USER}>\r\nTo: <{USER}>\r\nSubject: By curl\r\n\r\nHello.\r\n")).unwrap();
    let sends =
        ["smtp://smtp.office365.com:587", "--ssl-reqd", "--mail-from", USER, "--mail-rcpt", USER, "-T", path(&letter)];
    said(service.curl(&smtp, &sends));
    let read = said(service.curl(&imap, &["imaps://outlook.office365.com/INBOX;UID=1"]));
    assert!(read.contains("Subject: By curl"), "{read}");
    let read = said(service.curl(&pop, &["pop3s://outlook.office365.com/1"]));
    assert!(read.contains("Subject: By curl"), "{read}");
    for (token, wrong) in [
        (&smtp, &["imaps://outlook.office365.com/INBOX;UID=1"][..]),
        (&imap, &sends[..]),
        (&imap, &["pop3s://outlook.office365.com/1"][..]),
    ] {
        // Login denied.
        let (status, text) = service.curl(token, wrong);
        assert_eq!(status, Some(67), "{wrong:?}: {text}");
    }
}

const PYTHON: &str = r#"
import base64, imaplib, poplib, smtplib, ssl, sys
imap, smtp, pop, ca, user, ti, ts, tp = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
def xoauth2(token, name=user):
    return f"user={name}\x01auth=Bearer {token}\x01\x01"
def sends(token, sender):
    server = smtplib.SMTP("localhost", int(smtp))
    server.starttls(context=context)
    server.ehlo()
    server.auth("XOAUTH2", lambda challenge=None: xoauth2(token) if challenge is None else "")
    server.sendmail(sender, [user], f"From: <{sender}>\r\nSubject: By Python\r\n\r\n.Hello.\r\n")
    server.quit()
def reads(token, name=user):
    with imaplib.IMAP4_SSL("localhost", int(imap), ssl_context=context) as server:
        server.authenticate("XOAUTH2", lambda challenge: xoauth2(token, name) if not challenge else "")
        server.select()
        _, found = server.search(None, "SUBJECT", "Python")
        _, parts = server.fetch(found[0].split()[0], "(BODY.PEEK[])")
        return parts[0][1]
def pops(token):
    server = poplib.POP3_SSL("localhost", int(pop), context=context)
    server._shortcmd("AUTH XOAUTH2")
    server._shortcmd(base64.b64encode(xoauth2(token).encode()).decode())
    text = b"\n".join(server.retr(1)[1])
    server.quit()
    return text
def tries(what, *arguments):
    try:
        what(*arguments)
    except Exception as error:
        print(type(error).__name__, error)
sends(ts, user)
assert b".Hello." in reads(ti) and b"By Python" in pops(tp)
tries(sends, ti, user)
tries(sends, ts, "other@acme.example")
tries(reads, ts)
tries(reads, ti, "billing@acme.example")
tries(pops, ti)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_python_has_on_board_sends_and_reads_and_raises_its_familiar_errors() {
    let service = Service::start().await;
    let ports = [MailProtocol::Imap, MailProtocol::Smtp, MailProtocol::Pop].map(|protocol| service.port(protocol));
    let tokens = [IMAP, SMTP, POP].map(|scope| service.token(scope));
    let ca = service.ca();
    let output = Command::new("python3")
        .args(["-c", PYTHON])
        .args(&ports)
        .args([path(&ca), USER])
        .args(&tokens)
        .env_remove("HTTPS_PROXY")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    for (line, wanted) in lines.iter().zip([
        "SMTPAuthenticationError (535, b'5.7.3 Authentication unsuccessful [",
        "SMTPDataError (554, b'5.2.252 SendAsDenied; john.doe@acme.example not allowed to send as other@acme.example;",
        "error AUTHENTICATE failed.",
        "error SELECT command error: BAD [b'User is authenticated but not connected.']",
        "error_proto b'-ERR Authentication failure: unknown user name or bad password.'",
    ]) {
        assert!(line.starts_with(wanted), "{line}");
    }
}
