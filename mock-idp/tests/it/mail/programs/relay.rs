//! email-oauth2-proxy, which signs in at the provider for a mail client that knows passwords only.

use std::fs;
use std::net::TcpListener;
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use mock_idp::proto::mail::MailProtocol;
use mock_idp::proto::policy::AccountEvent;
use mock_idp::proto::world::Change;
use mock_idp::shell::demo_world;

use crate::mail::programs::{Lines, Service, folder, path, printed};
use crate::mail::support::{HOME, USER};

/// The native client of the demo world, which may be redirected to any port of this machine.
const CLIENT: &str = "7c1e5d0a-3b42-4f8e-9a61-2d5f8b7c0e13";

/// The proxy, in a process of its own.
struct Relay {
    child: Child,
    log: Lines,
    imap: u16,
    smtp: u16,
    pop: u16,
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports that nobody has: the program must be told them in a file, and opens one of them as late as at its second sign-in. They are below those
/// that a system hands out to whoever connects, which is why they are still free then.
fn free_ports<const N: usize>() -> [u16; N] {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(process::id() % 500).unwrap() * 20;
    let next = || first + TRIED.fetch_add(1, Ordering::Relaxed);
    [(); N].map(|()| {
        loop {
            let port = next();
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                break port;
            }
        }
    })
}

impl Relay {
    /// Starts it for a mailbox.
    fn start(service: &Service, user: &str) -> Self {
        let [imap, smtp, pop, redirect] = free_ports();
        let provider = format!("{}/{HOME}/oauth2/v2.0", service.idp.url());
        let scope = ["IMAP.AccessAsUser.All", "POP.AccessAsUser.All", "SMTP.Send"]
            .map(|name| format!("https://outlook.office365.com/{name}"))
            .join(" ");
        let server = |kind: &str, local: u16, protocol, more: &str| {
            let port = service.port(protocol);
            format!(
                "[{kind}-{local}]\nlocal_address = 127.0.0.1\nserver_address = localhost\nserver_port = {port}\n{more}\n"
            )
        };
        let settings = [
            server("IMAP", imap, MailProtocol::Imap, ""),
            server("SMTP", smtp, MailProtocol::Smtp, "server_starttls = True\n"),
            server("POP", pop, MailProtocol::Pop, ""),
            format!(
                "[{user}]\npermission_url = {provider}/authorize\ntoken_url = {provider}/token\noauth2_scope = {scope} offline_access\n\
                 redirect_uri = http://localhost:{redirect}\nclient_id = {CLIENT}\n"
            ),
        ];
        let file = service.folder.path().join("emailproxy.config");
        fs::write(&file, settings.concat()).unwrap();
        let mut command = Command::new(folder(".venv/bin/python"));
        command.args([
            "-u",
            "-m",
            "emailproxy",
            "--no-gui",
            "--local-server-auth",
            "--debug",
            "--config-file",
            path(&file),
        ]);
        command.env("SSL_CERT_FILE", service.ca()).env("NO_PROXY", "*").stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Lines::of(child.stderr.take().unwrap());
        let relay = Self { child, log, imap, smtp, pop };
        relay.log.until("Initialised Email OAuth 2.0 Proxy");
        relay
    }

    /// A mail client that knows the proxy and a password.
    fn client(&self, task: &str, user: &str) -> Command {
        let port = match task {
            "imap" => self.imap,
            "pop" => self.pop,
            _ => self.smtp,
        };
        let mut command = Command::new(folder(".venv/bin/python"));
        command.arg(folder("plain.py")).args([task, &port.to_string(), user]);
        command
    }

    /// The resource owner goes where the proxy's log sends them.
    fn sign_in(&self, user: &str) {
        let url = self.log.until(&format!("Please visit the following URL to authenticate account {user}: "));
        let owner = demo_world().users.into_iter().next().unwrap();
        let mut person = Command::new(folder(".venv/bin/python"));
        person.arg(folder("resource_owner.py")).args([&url, USER, owner.password.expose()]);
        let (status, text) = printed(&mut person);
        assert_eq!(status, Some(0), "{text}");
        assert!(text.contains(&format!("authentication complete ({user})")), "{text}");
    }
}

/// What a program prints that has been started before.
fn ends(child: Child) -> String {
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs emailproxy: mock-idp/tests/programs/setup"]
async fn the_proxy_signs_in_once_relays_everything_and_signs_in_again_when_it_must() {
    // The proxy goes by its own clock, and refreshes ten minutes before the end: so at each connection.
    let service = Service::with(&["token.access_token_lifetime=5m"]).await;
    let relay = Relay::start(&service, USER);
    let sends = relay.client("send", USER).stdout(Stdio::piped()).spawn().unwrap();
    relay.sign_in(USER);
    assert_eq!(ends(sends), "sent");
    let realm = service.idp.realm();
    for task in ["imap", "pop"] {
        let (_, text) = printed(&mut relay.client(task, USER));
        assert!(text.contains("Subject: By the proxy"), "{task}: {text}");
    }
    // The refresh token is revoked: somebody must sign in again.
    realm.change(&Change::Account { user: USER.to_owned(), event: AccountEvent::RevokedByAdministrator });
    let reads = relay.client("imap", USER).stdout(Stdio::piped()).spawn().unwrap();
    let said = relay
        .log
        .until("Error refreshing access token for account john.doe@acme.example - received invalid response: ");
    assert!(said.contains("AADSTS50173"), "{said}");
    let (_, text) = (relay.sign_in(USER), ends(reads));
    assert!(text.contains("Subject: By the proxy"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs emailproxy: mock-idp/tests/programs/setup"]
async fn the_proxy_of_a_mailbox_of_somebody_else_passes_on_what_the_server_says() {
    let service = Service::start().await;
    let other = "billing@acme.example";
    let relay = Relay::start(&service, other);
    let sends = relay.client("send", other).stdout(Stdio::piped()).spawn().unwrap();
    relay.sign_in(other);
    let said = relay.log.until(" <-- b'535 5.7.3 ");
    assert!(said.starts_with("Authentication unsuccessful ["), "{said}");
    // The proxy closes the connection at once, often before its client has read the answer.
    let text = ends(sends);
    assert!(
        text.starts_with("SMTPAuthenticationError (535, b'5.7.3") || text.starts_with("SMTPServerDisconnected"),
        "{text}"
    );
    let (_, text) = printed(&mut relay.client("imap", other));
    assert!(text.contains("User is authenticated but not connected."), "{text}");
}
