//! A provider made of answers that a test writes down, and a client in front of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::adapter::protocol::{
    AdapterEvent, AuthorizationGrant, ClientAuthentication, ClientRegistration, Command, Configuration, Documented,
    Endpoints, FailureKind, OpenId, Outcome,
};
use crate::client::store::{StoredTokens, TokenStore};
use crate::client::time::Timestamp;
use crate::client::{Events, Mistake, ReferenceClient};

/// When every test begins, in seconds since 1970. Tests count from here.
pub(crate) const START: u32 = 1_636_941_600;

/// How long a test waits for what must come; only a test that fails waits so long.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// What the provider answers.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: String,
        body: String,
    },
    /// Not a byte: the connection is closed.
    Lost,
}

pub(crate) fn answer(status: u16, body: &str) -> Reply {
    Reply::Answer { status, headers: String::new(), body: body.to_owned() }
}

/// The n-th pair, as Exact Online writes it.
pub(crate) fn pair(n: u32) -> Reply {
    let text = format!(r#"{{"access_token":"a{n}","token_type":"bearer","expires_in":"600","refresh_token":"r{n}"}}"#);
    answer(200, &text)
}

pub(crate) const TOO_EARLY: &str =
    r#"{ "error":"access_denied","error_description":"Rate limit exceeded: access_token not expired" }"#;
pub(crate) const OLD_TOKEN: &str = r#"{"error":"unauthorized_client","error_description":"Old refresh token used."}"#;

/// A request that waits for its answer.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    reply: oneshot::Sender<Reply>,
}

impl Exchange {
    pub(crate) fn answer(self, reply: Reply) {
        drop(self.reply.send(reply));
    }

    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    /// The request in one line: `refresh r1`, `code abc`, `GET /me with a1`.
    pub(crate) fn line(&self) -> String {
        let form = self.form();
        match form.get("grant_type").map(String::as_str) {
            Some("refresh_token") => format!("refresh {}", form["refresh_token"]),
            Some("authorization_code") => format!("code {}", form["code"]),
            _ => {
                let token = self.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
                format!("{} {} with {}", self.method, self.target, token.unwrap_or("nothing"))
            }
        }
    }
}

/// The provider's socket, and the storage folder that the workers share.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) url: String,
    exchanges: mpsc::UnboundedReceiver<Exchange>,
    pub(crate) folder: TempDir,
    pub(crate) interval: Option<u64>,
    pub(crate) authentication: ClientAuthentication,
    pub(crate) openid: Option<OpenId>,
}

impl Desk {
    /// With the interval of Exact Online.
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, exchanges) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, sender.clone()));
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let authentication = ClientAuthentication::ClientSecretPost;
        Self { url, exchanges, folder, interval: Some(570), authentication, openid: None }
    }

    /// A worker that has redeemed a code at the start, and holds the first pair.
    pub(crate) async fn authorized(mistake: Option<Mistake>) -> (Self, TestWorker) {
        let mut desk = Self::new().await;
        let worker = desk.worker("a", mistake).await;
        desk.authorize(&worker, 1).await;
        (desk, worker)
    }

    pub(crate) async fn authorize(&mut self, worker: &TestWorker, n: u32) {
        let url = worker.callback_url(&format!("code{n}")).await;
        let (outcome, sent) = self.run(worker, Command::Callback { url }, [pair(n)]).await;
        assert_eq!((outcome, sent), (Outcome::Done, vec![format!("code code{n}")]));
    }

    pub(crate) async fn worker(&self, name: &str, mistake: Option<Mistake>) -> TestWorker {
        let (sender, said) = mpsc::unbounded_channel();
        let events = Events::new(move |event| drop(sender.send(event)));
        let worker = TestWorker { client: Arc::new(ReferenceClient::new(mistake)), events, said };
        let command = Command::Configure(Box::new(self.configuration(name)));
        assert_eq!(worker.start(command).await.unwrap(), Outcome::Done);
        worker
    }

    pub(crate) fn configuration(&self, worker: &str) -> Configuration {
        Configuration {
            worker: worker.to_owned(),
            endpoints: Endpoints {
                authorization: format!("{}/auth", self.url),
                token: format!("{}/token", self.url),
                device_authorization: Some(format!("{}/device", self.url)),
            },
            client: ClientRegistration {
                id: "client".to_owned(),
                secret: Some("secret".to_owned()),
                authentication: self.authentication,
                redirect_uri: "https://app.example/cb".to_owned(),
                scope: None,
                capabilities: Vec::new(),
            },
            storage: self.folder.path().to_str().unwrap().to_owned(),
            ca_file: None,
            now: f64::from(START),
            documented: Documented { refresh_interval: self.interval },
            openid: self.openid.clone(),
            mail: None,
        }
    }

    /// The next request, once it is there.
    pub(crate) async fn next(&mut self) -> Exchange {
        timeout(PATIENCE, self.exchanges.recv()).await.expect("no request came").unwrap()
    }

    /// Runs `command` and answers what it sends with `replies` in turn. Returns what it sent: exactly one request a reply.
    pub(crate) async fn run<const N: usize>(
        &mut self,
        worker: &TestWorker,
        command: Command,
        replies: [Reply; N],
    ) -> (Outcome, Vec<String>) {
        let mut replies = VecDeque::from(replies);
        let mut sent = Vec::new();
        let mut running = worker.start(command);
        let outcome = loop {
            tokio::select! {
                exchange = self.exchanges.recv() => {
                    let exchange = exchange.unwrap();
                    sent.push(exchange.line());
                    exchange.answer(replies.pop_front().unwrap_or_else(|| panic!("one request too many: {sent:?}")));
                }
                outcome = timeout(PATIENCE, &mut running) => break outcome.expect("it hangs").unwrap(),
            }
        };
        assert!(replies.is_empty(), "{} answers were not asked for after {sent:?}: {outcome:?}", replies.len());
        (outcome, sent)
    }

    /// What the file holds.
    pub(crate) fn on_disk(&self) -> Option<StoredTokens> {
        TokenStore::new(self.folder.path(), None).load().unwrap()
    }

    /// The tokens in the file, as `a1 r1`.
    pub(crate) fn pair_on_disk(&self) -> String {
        match self.on_disk() {
            Some(tokens) => {
                let refresh_token = tokens.refresh_token.as_ref().map_or("none", |token| token.expose());
                format!("{} {refresh_token}", tokens.access_token.expose())
            }
            None => "nothing".to_owned(),
        }
    }
}

/// A worker and what it said unasked.
#[derive(Debug)]
pub(crate) struct TestWorker {
    client: Arc<ReferenceClient>,
    events: Events,
    said: mpsc::UnboundedReceiver<AdapterEvent>,
}

impl TestWorker {
    pub(crate) fn start(&self, command: Command) -> JoinHandle<Outcome> {
        let (client, events) = (Arc::clone(&self.client), self.events.clone());
        tokio::spawn(async move { client.handle(command, &events).await })
    }

    /// Sets the worker's clock to so many seconds after the start.
    pub(crate) async fn at(&self, seconds: u32) {
        let now = f64::from(START + seconds);
        assert_eq!(self.client.handle(Command::Clock { now }, &self.events).await, Outcome::Clock { now });
    }

    /// Makes an authorization request and comes back with `code`, written as it stands in the URL.
    pub(crate) async fn callback_url(&self, code: &str) -> String {
        let Outcome::Authorize { url } =
            self.client.handle(Command::Authorize { grant: AuthorizationGrant::Code }, &self.events).await
        else {
            panic!("no authorization request")
        };
        let state = url.split("state=").nth(1).unwrap();
        format!("https://app.example/cb?code={code}&state={state}")
    }

    /// Runs an implicit grant that brings `access_token` for 600 seconds.
    pub(crate) async fn implicit(&self, access_token: &str) {
        let command = Command::Authorize { grant: AuthorizationGrant::Implicit };
        let Outcome::Authorize { url } = self.client.handle(command, &self.events).await else {
            panic!("no authorization request")
        };
        let state = url.split("state=").nth(1).unwrap();
        let answer = format!("access_token={access_token}&token_type=bearer&expires_in=600&state={state}");
        let url = format!("https://app.example/cb#{answer}");
        assert_eq!(self.client.handle(Command::Callback { url }, &self.events).await, Outcome::Done);
    }

    /// Waits until the worker says that it waits for the lock.
    pub(crate) async fn waits(&mut self) {
        self.waits_for("lock").await;
    }

    /// Waits until the worker says that it waits for this.
    pub(crate) async fn waits_for(&mut self, on: &str) {
        let said = timeout(PATIENCE, self.said.recv()).await.expect("it does not wait");
        assert_eq!(said, Some(AdapterEvent::Waiting { on: on.to_owned() }));
    }

    pub(crate) fn has_said_nothing(&mut self) -> bool {
        self.said.try_recv().is_err()
    }
}

/// `GET /me` at the desk.
pub(crate) fn call(desk: &Desk) -> Command {
    Command::Call {
        method: "GET".to_owned(),
        url: format!("{}/me", desk.url),
        headers: BTreeMap::new(),
        body: None,
        all_pages: false,
        session: false,
        key: None,
    }
}

pub(crate) fn called(status: u16) -> Outcome {
    Outcome::Call { status, body: Some(String::new()), rows: None }
}

pub(crate) fn failed(outcome: &Outcome) -> (FailureKind, Option<&str>) {
    match outcome {
        Outcome::Error(failure) => (failure.kind, failure.code.as_deref()),
        Outcome::Hello(_)
        | Outcome::Authorize { .. }
        | Outcome::Device { .. }
        | Outcome::Call { .. }
        | Outcome::Mail { .. }
        | Outcome::Token { .. }
        | Outcome::SignedIn { .. }
        | Outcome::Clock { .. }
        | Outcome::Done => panic!("it went well: {outcome:?}"),
    }
}

pub(crate) fn seconds_after_start(seconds: u32) -> Timestamp {
    Timestamp::from_seconds(f64::from(START + seconds))
}

/// Reads one request, hands it over, writes its answer. A connection that ends before the request does is nobody's.
async fn take(stream: TcpStream, exchanges: mpsc::UnboundedSender<Exchange>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut request = lines[0].split(' ').map(str::to_owned);
    let headers: BTreeMap<_, _> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let (reply, answered) = oneshot::channel();
    let (method, target) = (request.next()?, request.next()?);
    let body = String::from_utf8(body).unwrap();
    exchanges.send(Exchange { method, target, headers, body, reply }).ok()?;
    match answered.await.unwrap_or(Reply::Lost) {
        Reply::Lost => None,
        Reply::Answer { status, headers, body } => {
            let length = body.len();
            let text =
                format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).await.ok()
        }
    }
}
