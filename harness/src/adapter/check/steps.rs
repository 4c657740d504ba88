//! The steps of a check, in the order in which a scenario uses the protocol.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use crate::adapter::check::exchange::{authorization_request, code_redirection, token_redirection, token_request};
use crate::adapter::check::grants;
use crate::adapter::check::stub::{ACCESS_TOKEN, RESOURCE_BODY, Seen, Stub};
use crate::adapter::check::talk::{Problems, Talk, should_fail_as, should_go_well};
use crate::adapter::hello::problems_of_hello;
use crate::adapter::protocol::{
    AuthorizationGrant, ClientAuthentication, ClientRegistration, ClockControl, Command, Configuration, Documented,
    Endpoints, FailureKind, Outcome, VERSION,
};
use crate::adapter::way::Way;

/// When the check's world begins: 2021-11-15T02:00:00Z.
const START: f64 = 1_636_941_600.0;

/// A provider's origin, for those that take no other; nothing is there.
const NAME: &str = "https://login.example";

/// How far the clock of an adapter that injects it may be off, in seconds: rounding.
const ROUNDING: f64 = 0.001;

/// How far the clock of an adapter that cannot move it may be from this machine's, in seconds.
const SAME_MACHINE: f64 = 60.0;

/// Takes all steps.
pub(super) async fn all(talk: &mut Talk) {
    let world = World::new().await;
    talk.step("hello", "`hello` with protocol 1.x, a name fit for a folder, and the library under test", None, hello)
        .await;
    let world = match world {
        Ok(world) => world,
        Err(error) => {
            let problem = format!("the harness could not open a port or a folder: {error}");
            return talk
                .step("the check's own provider", "a port on the loopback interface", None, async |_| vec![problem])
                .await;
        }
    };
    let (configure, clock) = (
        world.configure(talk.way, talk.declares("device_code")),
        "the time that the library reads now, as the adapter's `clock` declares it",
    );
    talk.step("configure", "`done`", None, async |talk| should_go_well(talk.ask(&configure).await.as_ref())).await;
    talk.step("clock", clock, Some("clock"), move_clock).await;
    let mut url = None;
    let expected = "the absolute URL of the authorization request, with response_type, client_id and redirect_uri";
    let code = Some("authorization_code");
    talk.step("authorize", expected, code, async |talk| authorize(talk, &world, &mut url).await).await;
    let expected = "one token request with the code decoded once (`%21` is `!`), then `done`";
    talk.step("callback", expected, code, async |talk| callback(talk, &world, url).await).await;
    let expected =
        "the same with response_type `token`, then `done` for an access token in the fragment, and no token request";
    talk.step("the implicit grant", expected, Some("implicit"), async |talk| implicit(talk, &world).await).await;
    let expected = "one request with `Authorization: Bearer …`, then its status and body";
    talk.step("call", expected, Some("call"), async |talk| call(talk, &world).await).await;
    grants::all(talk, &world).await;
    let expected = "an answer to each, under its own number, in any order";
    talk.step("two requests at once", expected, Some("clock"), two_at_once).await;
    let expected = "an `error` of kind `unsupported`, and the session goes on";
    talk.step("an unknown operation", expected, None, unknown_operation).await;
    talk.step("quit", "`done`, then exit status 0", None, async |talk| talk.quit().await).await;
}

/// What the adapter is configured with.
pub(super) struct World {
    stub: Stub,
    storage: TempDir,
    pub(super) client: ClientRegistration,
}

impl World {
    async fn new() -> io::Result<Self> {
        let client = ClientRegistration {
            id: "check-client".to_owned(),
            secret: Some("check secret+1".to_owned()),
            authentication: ClientAuthentication::ClientSecretPost,
            redirect_uri: "https://client.example/callback".to_owned(),
            scope: None,
            capabilities: Vec::new(),
        };
        Ok(Self { stub: Stub::start().await?, storage: tempfile::tempdir()?, client })
    }

    fn configure(&self, way: Way, devices: bool) -> Command {
        let storage: &Path = self.storage.path();
        let endpoints = match way {
            Way::ByAddress => Endpoints {
                authorization: self.authorization_endpoint(),
                token: self.stub.url("/token"),
                device_authorization: devices.then(|| self.stub.url("/device")),
            },
            Way::ByName => Endpoints {
                authorization: format!("{NAME}/authorize"),
                token: format!("{NAME}/token"),
                device_authorization: devices.then(|| format!("{NAME}/device")),
            },
        };
        Command::Configure(Box::new(Configuration {
            worker: "a".to_owned(),
            endpoints,
            client: self.client.clone(),
            storage: storage.to_string_lossy().into_owned(),
            ca_file: None,
            now: START,
            documented: Documented::default(),
            openid: None,
            mail: None,
        }))
    }

    fn authorization_endpoint(&self) -> String {
        self.stub.url("/authorize")
    }

    /// The only request since the last look; notes all.
    pub(super) fn only_request(&self, talk: &mut Talk, path: &str) -> Result<Seen, String> {
        let mut seen = self.stub.take_seen();
        for request in &seen {
            talk.note(format!("{} {} {}", request.method, request.path, request.body).trim_end().to_owned());
        }
        match (seen.pop(), seen.len()) {
            (Some(request), 0) if request.path == path => Ok(request),
            (Some(request), 0) => Err(format!("the request went to {}, not to {path}", request.path)),
            (Some(_), others) => Err(format!("{} requests were sent, not one", others + 1)),
            (None, _) => Err(format!("no request reached {path}")),
        }
    }
}

async fn hello(talk: &mut Talk) -> Problems {
    let outcome = talk.ask(&Command::Hello { protocol: VERSION.to_owned() }).await;
    let Some(Outcome::Hello(hello)) = outcome else { return should_go_well(outcome.as_ref()) };
    let problems = problems_of_hello(&hello);
    talk.hello = Some(*hello);
    problems
}

/// Forward by an hour, then back by ten minutes: a library that only ever sees time pass is found out.
async fn move_clock(talk: &mut Talk) -> Problems {
    let mut problems = Vec::new();
    for now in [START + 3600.0, START + 3000.5] {
        let outcome = talk.ask(&Command::Clock { now }).await;
        problems.extend(should_go_well(outcome.as_ref()));
        let Some(Outcome::Clock { now: read }) = outcome else { return problems };
        let declared = talk.hello.as_ref().map(|hello| hello.clock);
        match declared {
            Some(ClockControl::Inject) if (read - now).abs() > ROUNDING => {
                problems.push(format!("it declares `inject`, was told {now} and reads {read}"));
            }
            Some(ClockControl::Real) if (read - machine_time()).abs() > SAME_MACHINE => {
                problems.push(format!("it declares `real` and reads {read}, which is not this machine's time"));
            }
            Some(ClockControl::Inject | ClockControl::Real) | None => {}
        }
    }
    problems
}

fn machine_time() -> f64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0.0, |since| since.as_secs_f64())
}

async fn authorize(talk: &mut Talk, world: &World, url: &mut Option<String>) -> Problems {
    let grant = AuthorizationGrant::Code;
    let outcome = talk.ask(&Command::Authorize { grant }).await;
    let Some(Outcome::Authorize { url: asked }) = outcome else { return should_go_well(outcome.as_ref()) };
    let problems = authorization_request(&asked, &world.authorization_endpoint(), &world.client, grant);
    *url = Some(asked);
    problems
}

async fn callback(talk: &mut Talk, world: &World, url: Option<String>) -> Problems {
    let Some(url) = url else { return vec!["there was no authorization request to answer".to_owned()] };
    let outcome = talk.ask(&Command::Callback { url: code_redirection(&url, &world.client) }).await;
    let mut problems = should_go_well(outcome.as_ref());
    match world.only_request(talk, "/token") {
        Ok(request) => problems.extend(token_request(&request, &world.client)),
        Err(problem) => problems.push(problem),
    }
    problems
}

async fn implicit(talk: &mut Talk, world: &World) -> Problems {
    let grant = AuthorizationGrant::Implicit;
    let outcome = talk.ask(&Command::Authorize { grant }).await;
    let Some(Outcome::Authorize { url }) = outcome else { return should_go_well(outcome.as_ref()) };
    let mut problems = authorization_request(&url, &world.authorization_endpoint(), &world.client, grant);
    let redirection = token_redirection(&url, &world.client, ACCESS_TOKEN);
    problems.extend(should_go_well(talk.ask(&Command::Callback { url: redirection }).await.as_ref()));
    problems.extend(world.stub.take_seen().first().map(|seen| format!("it sent a request to {}", seen.path)));
    problems
}

async fn call(talk: &mut Talk, world: &World) -> Problems {
    let url = world.stub.url("/resource");
    let headers = BTreeMap::from([("X-Check".to_owned(), "1".to_owned())]);
    let outcome = talk
        .ask(&Command::Call {
            method: "GET".to_owned(),
            url,
            headers,
            body: None,
            all_pages: false,
            session: false,
            key: None,
        })
        .await;
    let mut problems = should_go_well(outcome.as_ref());
    match world.only_request(talk, "/resource") {
        Ok(request) if request.header("x-check") != "1" => {
            problems.push("the header `X-Check: 1` is missing".to_owned())
        }
        Ok(_) => {}
        Err(problem) => problems.push(problem),
    }
    if let Some(Outcome::Call { status, body, .. }) = outcome {
        if status != 200 {
            problems.push(format!("it reports status {status}; the resource answers 200 to the token that was issued"));
        } else if body.as_deref() != Some(RESOURCE_BODY) {
            problems.push(format!("it reports the body {body:?}, not {RESOURCE_BODY:?}"));
        }
    }
    problems
}

async fn two_at_once(talk: &mut Talk) -> Problems {
    let sent = [START + 4000.0, START + 4000.0].map(|now| talk.send(&Command::Clock { now }));
    let mut problems = Vec::new();
    for request in sent.into_iter().flatten() {
        problems.extend(should_go_well(talk.answer(request).await.as_ref()));
    }
    problems
}

async fn unknown_operation(talk: &mut Talk) -> Problems {
    let Some(request) = talk.send_value("no_such_operation", json!({ "op": "no_such_operation" })) else {
        return Vec::new();
    };
    let outcome = talk.answer(request).await;
    should_fail_as(FailureKind::Unsupported, outcome.as_ref())
}
