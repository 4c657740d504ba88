use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use tokio::sync::oneshot;
use url::Url;

use super::*;
use crate::adapter::Way;
use crate::capture::har::read_file;
use crate::capture::{Body, Capture};
use crate::idp::{Provider, Redactor};
use crate::run::browser::{Arrival, Browser};
use crate::scenario::{Authorize, Scenario, ScenarioId};

const SCENARIO: &str = "title: x\nabout: x\nsources: [x]\nsteps: [authorize]\n";

/// As RFC 7636 appendix B has it.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn challenge() -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest.as_ref())
}

/// A provider, a recorder before it, and what a client and its user do: sign in, redeem the code, call, refresh, be refused.
struct Day {
    provider: Provider,
    secrets: Redactor,
    addresses: Vec<(String, String)>,
    end: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<Recording>>,
}

impl Day {
    async fn begin(profile: &str, scope: Option<&str>, file: &Path) -> Self {
        let scope = scope.map_or(String::new(), |scope| format!("world: {{ client: {{ scope: {scope:?} }} }}\n"));
        let text = format!("{SCENARIO}profile: {profile}\n{scope}");
        let id = ScenarioId::new("a/b").unwrap();
        let scenario = Scenario::parse(id, "b.yaml", &text).unwrap().remove(0);
        let mut secrets = Redactor::default();
        let provider = Provider::start(&scenario, Way::ByAddress, 1, &mut secrets).await.unwrap();
        let behind = provider.listen("a", &mut secrets).await.unwrap();
        let upstream = Upstream::new(&behind, None).unwrap();
        let here: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let recorder = Recorder::begin(vec![upstream], here, file, Telling::Rewritten).await.unwrap();
        let addresses = recorder.addresses();
        let (end, ended) = oneshot::channel();
        let served = tokio::spawn(recorder.serve(async { drop(ended.await) }));
        Self { provider, secrets, addresses, end, served }
    }

    fn here(&self) -> &str {
        &self.addresses[0].1
    }

    /// The parameters of a code's redirect.
    async fn sign_in(&self) -> Vec<(String, String)> {
        let endpoints = self.provider.endpoints(self.here());
        let client = self.provider.registration();
        let mut url = Url::parse(&endpoints.authorization).unwrap();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", &client.redirect_uri)
            .append_pair("state", "state-of-this-test")
            .append_pair("code_challenge", &challenge())
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(client.scope.iter().map(|scope| ("scope", scope)));
        let mut browser = Browser::new(self.here(), Way::ByAddress).unwrap();
        let owner = Authorize::default();
        let arrival = browser.authorize(&self.provider, url.as_str(), &client.redirect_uri, &owner).await.unwrap();
        let Arrival::Redirected(location) = arrival else { panic!("{arrival:?}") };
        Url::parse(&location).unwrap().query_pairs().into_owned().collect()
    }

    async fn token(&self, form: &[(&str, &str)], by_basic: bool) -> (u16, serde_json::Value) {
        let client = self.provider.registration();
        let secret = client.secret.clone().unwrap_or_default();
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = http.post(self.provider.endpoints(self.here()).token);
        if by_basic {
            let coded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = STANDARD.encode(format!("{}:{}", coded(&client.id), coded(&secret)));
            request = request.header("Authorization", format!("Basic {pair}"));
        } else {
            body.extend_pairs([("client_id", client.id.as_str()), ("client_secret", secret.as_str())]);
        }
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body.finish());
        let response = request.send().await.unwrap();
        (response.status().as_u16(), serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
    }

    async fn whole(&self, resource: &str) {
        let redirect = self.sign_in().await;
        let code = redirect.iter().find(|(name, _)| name == "code").unwrap_or_else(|| panic!("{redirect:?}")).1.clone();
        let redirect_uri = self.provider.registration().redirect_uri;
        let (status, tokens) = self
            .token(
                &[
                    ("grant_type", "authorization_code"),
                    ("code", &code),
                    ("redirect_uri", &redirect_uri),
                    ("code_verifier", VERIFIER),
                ],
                false,
            )
            .await;
        assert_eq!(status, 200, "{tokens}");
        let part = |tokens: &serde_json::Value, name: &str| tokens[name].as_str().unwrap().to_owned();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}{resource}", self.here());
        let bearer = format!("Bearer {}", part(&tokens, "access_token"));
        assert_eq!(http.get(&url).header("Authorization", bearer).send().await.unwrap().status(), 200);
        self.provider.advance(601_000);
        // Nor does every provider give one.
        let Some(old) = tokens["refresh_token"].as_str().map(str::to_owned) else { return };
        let (status, next) = self.token(&[("grant_type", "refresh_token"), ("refresh_token", &old)], true).await;
        assert_eq!(status, 200, "{next}");
        self.provider.advance(601_000);
        // Or another one each time.
        let newest = next["refresh_token"].as_str().unwrap_or(&old).to_owned();
        for token in [newest.as_str(), old.as_str(), "damaged-in-some-way"] {
            self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)], true).await;
        }
    }

    async fn end(mut self) -> (Recording, Redactor) {
        self.end.send(()).unwrap();
        let recorded = self.served.await.unwrap().unwrap();
        self.provider.read_journal(&mut self.secrets).unwrap();
        (recorded, self.secrets)
    }
}

/// Every spelling of a secret that is looked for: found without the code that takes them out.
fn hidden(secret: &str) -> BTreeSet<String> {
    let json = serde_json::to_string(secret).unwrap();
    let form: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let upper = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;").replace('"', "&quot;");
    let mut all = BTreeSet::from([secret.to_owned(), json.trim_matches('"').to_owned(), form, upper, html]);
    for engine in [STANDARD, URL_SAFE] {
        for before in 0..3 {
            let coded = engine.encode([vec![0; before], secret.as_bytes().to_vec()].concat());
            // Without what depends on the bytes around it.
            let (from, to) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
            all.insert(coded.get(from..to).unwrap().to_owned());
        }
    }
    all
}

fn leaked<'a>(file: &str, secrets: &'a Redactor) -> Vec<(&'a str, &'a str)> {
    secrets
        .secrets()
        .filter(|(secret, _)| hidden(secret).iter().any(|spelling| file.contains(spelling.as_str())))
        .collect()
}

const DAYS: [(&str, Option<&str>, &str); 4] = [
    ("exact-online", None, "/api/v1/current/Me"),
    ("rfc", Some("openid api offline_access"), "/api/whoami"),
    ("entra", Some("User.Read offline_access"), "/v1.0/me"),
    ("code-on-time", None, "/v2"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_day_is_in_its_recording_in_any_encoding() {
    for (profile, scope, resource) in DAYS {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("day.har");
        let day = Day::begin(profile, scope, &file).await;
        day.whole(resource).await;
        let (recorded, secrets) = day.end().await;
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(recorded.entries >= 8 && recorded.withheld == 0, "{profile}: {recorded:?}");
        assert!(secrets.secrets().count() >= 8, "{profile}: {}", secrets.secrets().count());
        assert_eq!(leaked(&text, &secrets), [], "{profile}");
        assert!(!text.contains(VERIFIER), "{profile}");
        // What the search would find in what has not been redacted.
        let (secret, label) = secrets.secrets().next().unwrap();
        let coded = URL_SAFE.encode(format!("x{secret}y"));
        assert_eq!(leaked(&format!("{text}{coded}"), &secrets), [(secret, label)]);
    }
}

fn form(capture: &Capture, entry: usize) -> Vec<(String, String)> {
    let exchange = capture.exchanges.iter().find(|it| it.entry == entry).unwrap();
    form_urlencoded::parse(exchange.request.body.bytes()).into_owned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_together_is_still_seen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("day.har");
    let day = Day::begin("exact-online", None, &file).await;
    let upstream = day.addresses[0].0.clone();
    day.whole("/api/v1/current/Me").await;
    day.end().await;
    let capture = read_file(&file).unwrap();
    assert!(
        capture.exchanges.iter().all(|it| it.request.url.as_str().starts_with(&upstream)),
        "the provider's own URLs"
    );
    let tokens: Vec<_> = capture.exchanges.iter().filter(|it| it.request.url.path().ends_with("/token")).collect();
    let value =
        |entry: usize, name: &str| form(&capture, entry).into_iter().find(|(it, _)| it == name).map(|(_, value)| value);
    let issued = |at: usize| -> serde_json::Value {
        serde_json::from_slice(tokens[at].response.as_ref().unwrap().body.bytes()).unwrap()
    };
    let redirect = capture
        .exchanges
        .iter()
        .rev()
        .find_map(|it| it.response.as_ref()?.header("location").filter(|it| it.contains("code=")));
    let code = value(tokens[0].entry, "code").unwrap();
    assert!(redirect.unwrap().contains(&code), "{redirect:?}, {code}");
    assert_eq!(value(tokens[1].entry, "refresh_token").as_deref(), issued(0)["refresh_token"].as_str());
    assert_eq!(value(tokens[2].entry, "refresh_token").as_deref(), issued(1)["refresh_token"].as_str());
    assert_ne!(issued(0)["refresh_token"], issued(1)["refresh_token"]);
    assert_eq!(tokens[3].response.as_ref().unwrap().status, 401, "the old one");
    assert!(matches!(&tokens[3].request.body, Body::Bytes(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_whole_after_every_entry_and_a_provider_that_is_gone_is_an_entry_without_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("day.har");
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let upstream = Upstream::new(&format!("http://{gone}"), None).unwrap();
    let recorder =
        Recorder::begin(vec![upstream], "127.0.0.1:0".parse().unwrap(), &file, Telling::Rewritten).await.unwrap();
    assert_eq!(read_file(&file).unwrap().exchanges.len(), 0);
    let here = recorder.addresses()[0].1.clone();
    let (end, ended) = oneshot::channel::<()>();
    let served = tokio::spawn(recorder.serve(async { drop(ended.await) }));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for count in 1..4 {
        let answer = http.get(format!("{here}/x?code=Secret123")).send().await.unwrap();
        assert_eq!(answer.status(), 502);
        let capture = read_file(&file).unwrap();
        assert_eq!(capture.exchanges.len(), count);
        let last = capture.exchanges.last().unwrap();
        assert!(last.response.is_none() && last.error.as_deref().unwrap().starts_with("connect: "), "{last:?}");
        assert_eq!(last.request.url.query(), Some("code=redacted.code.1"));
    }
    drop(end);
    let recorded = served.await.unwrap().unwrap();
    assert_eq!((recorded.entries, recorded.secrets), (3, 1));
}

#[test]
fn an_address_of_a_provider_is_scheme_host_and_port() {
    for wrong in
        ["login.example", "ftp://login.example", "https://login.example/path", "https://a@login.example", "http://x?y"]
    {
        assert!(Upstream::new(wrong, None).is_err(), "{wrong}");
    }
    assert_eq!(Upstream::new("http://login.example:80/", None).unwrap().origin(), "http://login.example");
    assert!(Upstream::new("https://login.example", Some(b"none")).is_err());
}
