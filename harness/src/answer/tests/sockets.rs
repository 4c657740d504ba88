//! A real conversation is recorded, and given to a client of today over real sockets.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::Url;

use super::*;
use crate::adapter::Way;
use crate::answer::{Answered, Answerer};
use crate::capture::har::read_file;
use crate::idp::{Provider, Redactor};
use crate::record::{Recorder, Telling, Upstream};
use crate::run::browser::{Arrival, Browser};
use crate::scenario::{Authorize, Scenario, ScenarioId};

const SCENARIO: &str = "title: x\nabout: x\nsources: [x]\nsteps: [authorize]\n";

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn provider(profile: &str, scope: Option<&str>) -> Provider {
    let scope = scope.map_or(String::new(), |scope| format!("world: {{ client: {{ scope: {scope:?} }} }}\n"));
    let text = format!("{SCENARIO}profile: {profile}\n{scope}");
    let scenario = Scenario::parse(ScenarioId::new("a/b").unwrap(), "b.yaml", &text).unwrap().remove(0);
    Provider::start(&scenario, Way::ByAddress, 1, &mut Redactor::default()).await.unwrap()
}

/// A client and what it draws.
struct Client<'a> {
    /// Who registered it, and knows what its user types.
    provider: &'a Provider,
    here: String,
    state: &'a str,
    redirect: String,
    secret: String,
    verifier: &'a str,
}

/// What a day came to.
#[derive(Debug, Default)]
struct Day {
    back: Vec<(String, String)>,
    tokens: Vec<(u16, Value)>,
    called: u16,
}

impl Day {
    /// What a client of another state and secret must see as well.
    fn came_to(&self) -> Vec<(u16, Option<&str>, Vec<&String>)> {
        self.tokens
            .iter()
            .map(|(status, body)| {
                (*status, body["error"].as_str(), body.as_object().map(|it| it.keys().collect()).unwrap_or_default())
            })
            .collect()
    }
}

impl Client<'_> {
    async fn sign_in(&self) -> Vec<(String, String)> {
        let client = self.provider.registration();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.verifier.as_bytes());
        let mut url = Url::parse(&self.provider.endpoints(&self.here).authorization).unwrap();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("state", self.state)
            .append_pair("code_challenge", &BASE64_URL_SAFE_NO_PAD.encode(digest))
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(client.scope.iter().map(|scope| ("scope", scope)));
        let mut browser = Browser::new(&self.here, Way::ByAddress).unwrap();
        let owner = Authorize::default();
        let arrival = browser.authorize(self.provider, url.as_str(), &self.redirect, &owner).await.unwrap();
        let Arrival::Redirected(location) = arrival else { panic!("{arrival:?}") };
        assert!(location.starts_with(&self.redirect), "{location}");
        Url::parse(&location).unwrap().query_pairs().into_owned().collect()
    }

    async fn token(&self, pairs: &[(&str, &str)]) -> (u16, Value) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let id = self.provider.registration().id;
        form.extend_pairs(pairs).extend_pairs([("client_id", &id), ("client_secret", &self.secret)]);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(self.provider.endpoints(&self.here).token).body(form.finish());
        let response = request.header("Content-Type", "application/x-www-form-urlencoded").send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Signs in, redeems the code, calls, refreshes, refreshes with what that gave, and once more with the first token.
    async fn day(&self, resource: &str) -> Day {
        let back = self.sign_in().await;
        let code = back.iter().find(|(name, _)| name == "code").unwrap_or_else(|| panic!("{back:?}")).1.clone();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", self.redirect.as_str()),
            ("code_verifier", self.verifier),
        ];
        let mut tokens = vec![self.token(&form).await];
        let first = tokens[0].1["refresh_token"].as_str().unwrap_or_else(|| panic!("{tokens:?}")).to_owned();
        let bearer = format!("Bearer {}", tokens[0].1["access_token"].as_str().unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let call = http.get(format!("{}{resource}", self.here)).header("Authorization", bearer);
        let called = call.send().await.unwrap().status().as_u16();
        let mut token = first.clone();
        for _ in 0..2 {
            self.provider.advance(601_000);
            tokens.push(self.token(&[("grant_type", "refresh_token"), ("refresh_token", &token)]).await);
            token = tokens.last().unwrap().1["refresh_token"].as_str().unwrap_or(&token).to_owned();
        }
        tokens.push(self.token(&[("grant_type", "refresh_token"), ("refresh_token", &first)]).await);
        Day { back, tokens, called }
    }
}

/// Records a day of a client as it is registered.
async fn recorded(provider: &Provider, resource: &str, file: &Path) -> Day {
    let behind = provider.listen("a", &mut Redactor::default()).await.unwrap();
    let upstream = Upstream::new(&behind, None).unwrap();
    let recorder = Recorder::begin(vec![upstream], anywhere(), file, Telling::Rewritten).await.unwrap();
    let here = recorder.addresses()[0].1.clone();
    let (end, ended) = oneshot::channel::<()>();
    let served = tokio::spawn(recorder.serve(async { drop(ended.await) }));
    let registered = provider.registration();
    let client = Client {
        provider,
        here,
        state: "state-of-then",
        redirect: registered.redirect_uri,
        secret: registered.secret.unwrap_or_default(),
        verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    };
    let day = client.day(resource).await;
    drop(end);
    served.await.unwrap().unwrap();
    day
}

/// A recording that answers.
struct Answering {
    here: String,
    lines: Arc<Mutex<Vec<String>>>,
    end: oneshot::Sender<()>,
    served: JoinHandle<Answered>,
}

impl Answering {
    async fn begin(capture: Capture) -> Self {
        let answerer = Answerer::begin(capture, anywhere()).await.unwrap();
        let here = answerer.addresses()[0].1.clone();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = oneshot::channel::<()>();
        let said = Arc::clone(&lines);
        let say = move |line: &str| said.lock().unwrap().push(line.to_owned());
        let served = tokio::spawn(answerer.serve(async { drop(ended.await) }, say));
        Self { here, lines, end, served }
    }

    async fn end(self) -> (Answered, Vec<String>) {
        drop(self.end);
        let answered = self.served.await.unwrap();
        let lines = self.lines.lock().unwrap().clone();
        (answered, lines)
    }
}

const DAYS: [(&str, Option<&str>, &str); 3] = [
    ("exact-online", None, "/api/v1/current/Me"),
    ("rfc", Some("openid api offline_access"), "/api/whoami"),
    ("entra", Some("User.Read offline_access"), "/v1.0/me"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_today_has_the_day_that_was_recorded() {
    for (profile, scope, resource) in DAYS {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("day.har");
        let provider = provider(profile, scope).await;
        let then = recorded(&provider, resource, &file).await;
        let answering = Answering::begin(read_file(&file).unwrap()).await;
        let client = Client {
            provider: &provider,
            here: answering.here.clone(),
            state: "a state/of today&more=1",
            redirect: "http://127.0.0.1:45123/today?app=1".to_owned(),
            secret: "another".to_owned(),
            verifier: "another-verifier-that-nobody-here-can-check-0123",
        };
        let now = client.day(resource).await;
        assert_eq!(now.came_to(), then.came_to(), "{profile}");
        assert_eq!(now.called, then.called, "{profile}");
        let names = |day: &Day| day.back.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&now), [vec!["app".to_owned()], names(&then)].concat(), "{profile}");
        assert!(now.back.contains(&("state".to_owned(), client.state.to_owned())), "{profile}: {:?}", now.back);
        assert_eq!(now.tokens[0].1["expires_in"], then.tokens[0].1["expires_in"], "{profile}");
        // Once more: the recording has said all that it has to say.
        let first = now.tokens[0].1["refresh_token"].as_str().unwrap();
        assert!(first.starts_with("redacted.refresh_token."), "{first}");
        let again = client.token(&[("grant_type", "refresh_token"), ("refresh_token", first)]).await;
        assert_eq!(again, *now.tokens.last().unwrap(), "{profile}");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let unknown = http.get(format!("{}/unheard-of?secret=1", answering.here)).send().await.unwrap();
        assert_eq!(unknown.status(), 501);
        let said = unknown.text().await.unwrap();
        assert!(said.starts_with("GET /unheard-of is not in the recording: the nearest is entry "), "{said}");
        let (answered, lines) = answering.end().await;
        assert_eq!(
            (answered.unmatched, answered.unasked),
            (vec!["GET /unheard-of".to_owned()], Vec::new()),
            "{profile}"
        );
        assert_eq!(lines.len(), answered.answered + 1);
        assert!(!lines.concat().contains("secret") && !lines.concat().contains("redacted."), "{lines:?}");
        let again = lines.iter().filter(|line| line.ends_with("again: the recording has no further answer")).count();
        assert!(again >= 1, "{lines:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_broke_off_breaks_off_and_nothing_is_added_to_an_answer() {
    let set = headers(&[("Set-Cookie", "a=1"), ("Server", "x"), ("Set-Cookie", "b=2")]);
    let answer = CapturedResponse { status: 299, headers: set, body: Body::Bytes(b"hello".to_vec()) };
    let pairs = vec![(get("/x"), None), (get("/x"), Some(answer))];
    let answering = Answering::begin(capture(pairs)).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/x", answering.here);
    let broken = http.get(&url).send().await;
    assert!(broken.is_err(), "{broken:?}");
    let response = http.get(&url).send().await.unwrap();
    assert_eq!(response.status(), 299);
    let fields: Vec<(&str, &[u8])> =
        response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let expected: [(&str, &[u8]); 4] =
        [("set-cookie", b"a=1"), ("set-cookie", b"b=2"), ("server", b"x"), ("content-length", b"5")];
    assert_eq!(fields, expected);
    let (answered, lines) = answering.end().await;
    assert_eq!(lines, ["GET /x → entry 1: no answer, as recorded (it broke off)", "GET /x → entry 2: 299"]);
    assert_eq!(answered.answered, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_cut_is_cut_where_it_was() {
    let mut cut = capture(vec![(get("/x"), Some(json(200, "{\"access_to")))]);
    cut.exchanges[0].error = Some("the connection ended within the body".to_owned());
    let answering = Answering::begin(cut).await;
    let mut response = reqwest::get(format!("{}/x", answering.here)).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.chunk().await.unwrap().as_deref(), Some(&b"{\"access_to"[..]));
    assert!(response.chunk().await.is_err());
    let (_, lines) = answering.end().await;
    assert_eq!(lines, ["GET /x → entry 1: 200; it breaks off, as recorded"]);
}

#[tokio::test]
async fn a_recording_of_nothing_cannot_answer() {
    let error = Answerer::begin(Capture::default(), anywhere()).await.unwrap_err();
    assert_eq!(error.to_string(), "the recording has no request over HTTP to a provider");
}
