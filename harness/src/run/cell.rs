//! One cell: a scenario run with a client, from the first event to the last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::adapter::protocol::{ClockControl, Command, Configuration, FailureKind, Hello, Outcome as Answer};
use crate::adapter::{Surroundings, Way};
use crate::idp::{ByName, Provider, RESOURCE_OWNER, Redactor};
use crate::record::{Recorder, Upstream};
use crate::rule;
use crate::run::browser::Browser;
use crate::run::event::{Event, EventKind, ProcessChange};
use crate::run::expectation;
use crate::run::log::Log;
use crate::run::outcome::{Level, Outcome, RuleVerdict};
use crate::run::reach::reached;
pub(crate) use crate::run::stop::Stop;
use crate::run::verb;
use crate::run::worker::{ClientSource, Unusable, Worker, greet};
use crate::scenario::{Expect, RedirectName, Scenario, Step, Stores, WorkerName};

/// What came of a cell.
#[derive(Debug)]
pub struct CellRun {
    /// Its log.
    pub events: Vec<Event>,
    /// How it ended, before known failures are looked at.
    pub outcome: Outcome,
    /// What failed: rule ids, and `expectation`.
    pub failing: BTreeSet<String>,
}

/// A cell while it runs.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) provider: Provider,
    pub(crate) redactor: Redactor,
    pub(crate) log: Log,
    pub(crate) source: ClientSource,
    pub(crate) browser: Browser,
    pub(crate) workers: BTreeMap<String, Worker>,
    pub(crate) missing: Vec<String>,
    /// Redirects that reach the client later: by name, the URL and what was changed in it.
    pub(crate) redirects: BTreeMap<RedirectName, (String, Option<&'static str>)>,
    stores: Stores,
    by_name: Option<ByName>,
    /// What stands between all others and the provider, where the cell is recorded, and the file.
    recorder: Option<(Recorder, PathBuf)>,
    storage: tempfile::TempDir,
    failing: BTreeSet<String>,
    reasons: Vec<String>,
    step: u32,
    line: u32,
}

/// Runs a scenario with a client that said `hello`. With `record`, the conversation is written to that file as a HAR.
pub async fn run_cell(
    scenario: &Arc<Scenario>,
    source: &ClientSource,
    hello: &Hello,
    seed: u64,
    record: Option<&Path>,
) -> CellRun {
    let mut missing = missing_capabilities(scenario, hello);
    if !source.is_made_for(&scenario.profile.to_string()) {
        missing = vec![format!("a client made for {}", scenario.profile.name())];
    }
    if !missing.is_empty() {
        missing.sort();
        return not_run(scenario, hello, seed, Outcome::NotSupported { missing });
    }
    let mut cell = match Cell::begin(scenario, source, hello, seed, record).await {
        Ok(cell) => cell,
        Err(stop) => return not_run(scenario, hello, seed, Outcome::Broken { why: stop.to_string() }),
    };
    let stopped = cell.steps(scenario).await.err();
    cell.end(scenario, stopped).await
}

/// What the scenario needs and the client does not have.
fn missing_capabilities(scenario: &Scenario, hello: &Hello) -> Vec<String> {
    let has = |name: &String| match name.as_str() {
        "clock" => hello.clock == ClockControl::Inject,
        name => hello.capabilities.iter().any(|capability| capability == name),
    };
    scenario.capabilities().into_iter().filter(|name| !has(name)).collect()
}

/// The log of a cell that never began.
fn not_run(scenario: &Scenario, hello: &Hello, seed: u64, outcome: Outcome) -> CellRun {
    let at = crate::run::cell::start_text(scenario);
    let mut log = Log::default();
    log.write((at.clone(), 0), started(scenario, hello, seed));
    log.write((at, 0), EventKind::CellEnded { outcome: outcome.clone() });
    CellRun { events: log.into_events(), outcome, failing: BTreeSet::new() }
}

/// What is left of a cell whose log would give a secret away: its beginning, and why there is no more.
fn leaked(events: Vec<Event>, label: String) -> CellRun {
    let why = format!("the log would have held the secret {label}; it was thrown away");
    let outcome = Outcome::Broken { why };
    let mut events: Vec<Event> = events.into_iter().take(1).collect();
    let last = events.first().map(|first| Event {
        seq: 2,
        at: first.at.clone(),
        since_start_ms: first.since_start_ms,
        what: EventKind::CellEnded { outcome: outcome.clone() },
    });
    events.extend(last);
    CellRun { events, outcome, failing: BTreeSet::new() }
}

fn start_text(scenario: &Scenario) -> String {
    scenario.world.start.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn started(scenario: &Scenario, hello: &Hello, seed: u64) -> EventKind {
    EventKind::CellStarted {
        scenario: scenario.id.to_string(),
        base: scenario.base.as_ref().map(ToString::to_string),
        client: hello.adapter.name.clone(),
        library: format!("{} {}", hello.library.name, hello.library.version),
        profile: scenario.profile.to_string(),
        seed,
        clock: match hello.clock {
            ClockControl::Inject => "inject",
            ClockControl::Real => "none",
        }
        .to_owned(),
        keeps_superseded_tokens: Provider::keeps_superseded_tokens(scenario),
    }
}

impl Cell {
    async fn begin(
        scenario: &Scenario,
        source: &ClientSource,
        hello: &Hello,
        seed: u64,
        record: Option<&Path>,
    ) -> Result<Self, Stop> {
        if source.way() == Way::ByName && record.is_some() {
            return Err(Stop::Unrecorded);
        }
        let mut redactor = Redactor::default();
        let provider = Provider::start(scenario, source.way(), seed, &mut redactor).await?;
        let by_name = match source.way() {
            Way::ByAddress => None,
            Way::ByName => Some(ByName::prepare(&provider, &mut redactor)?),
        };
        let mut recorder = record.map(|file| Recorder::open(file, provider.clock())).transpose()?;
        let door = door(&provider, recorder.as_mut(), RESOURCE_OWNER, &mut redactor).await?;
        let browser = Browser::new(&door, source.way())?;
        let storage = tempfile::Builder::new().prefix("idp-harness-").tempdir().map_err(Stop::Storage)?;
        redactor.place(&storage.path().to_string_lossy(), "{storage}");
        let mut log = Log::default();
        log.write(provider.time(), started(scenario, hello, seed));
        Ok(Self {
            provider,
            redactor,
            log,
            source: source.clone(),
            browser,
            workers: BTreeMap::new(),
            missing: Vec::new(),
            redirects: BTreeMap::new(),
            stores: scenario.world.stores.clone(),
            by_name,
            recorder: recorder.zip(record.map(Path::to_owned)),
            storage,
            failing: BTreeSet::new(),
            reasons: Vec::new(),
            step: 0,
            line: 0,
        })
    }

    async fn steps(&mut self, scenario: &Scenario) -> Result<(), Stop> {
        for step in &scenario.steps {
            (self.step, self.line) = (self.step + 1, step.line);
            let started = EventKind::StepStarted {
                step: self.step,
                line: step.line,
                verb: step.verb.name().to_owned(),
                text: step.describe(),
            };
            self.write(started);
            verb::run(self, step).await?;
        }
        Ok(())
    }

    async fn end(mut self, scenario: &Scenario, stopped: Option<Stop>) -> CellRun {
        let mut ends_badly = None;
        for (name, worker) in &mut self.workers {
            worker.events = None;
            if let Some(session) = worker.session.take() {
                if stopped.is_some() {
                    session.kill().await;
                } else if let Err(broken) = session.quit().await {
                    ends_badly = Some(Stop::Session { worker: name.clone(), broken: broken.into() });
                }
            }
        }
        self.provider.idle().await;
        let recorded = match self.recorder.take() {
            Some((recorder, file)) => {
                recorder.serve(std::future::ready(())).await.map(|_| Some(file)).map_err(Stop::Storage)
            }
            None => Ok(None),
        };
        let mut stopped = self.sync().err().or(stopped).or(ends_badly);
        // Now all secrets are known.
        let recorded = recorded.and_then(|file| file.map_or(Ok(()), |file| self.holds_no_secret(&file)));
        stopped = stopped.or(recorded.err());
        let results = rule::judge(self.log.events());
        for result in &results {
            if result.verdict == RuleVerdict::Broken && result.level == Level::Must {
                self.failing.insert(result.rule.clone());
                self.reasons.push(format!("{}: {}", result.rule, result.why));
            }
        }
        let mut missing = std::mem::take(&mut self.missing);
        let got = reached(self.log.events());
        missing.extend(
            scenario.reaches.iter().filter(|name| !got.contains(*name)).map(|name| format!("never reached: {name}")),
        );
        let tested: BTreeSet<&str> = results.iter().map(|result| result.rule.as_str()).collect();
        let untested = scenario.rules.iter().filter(|rule| !tested.contains(rule.as_str()));
        missing.extend(untested.map(|rule| format!("never put to the test: {rule}")));
        for result in results {
            self.write(EventKind::RuleDecided(result));
        }
        let outcome = match stopped {
            Some(stop) => match stop.unsupported() {
                Some(what) => Outcome::NotSupported { missing: vec![what] },
                None => Outcome::Broken { why: self.redactor.redact(&stop.to_string(), crate::idp::Text::Encoded) },
            },
            None if !self.failing.is_empty() => Outcome::Fail { reasons: std::mem::take(&mut self.reasons) },
            None if !missing.is_empty() => Outcome::Inconclusive { missing },
            None => Outcome::Pass,
        };
        self.write(EventKind::CellEnded { outcome: outcome.clone() });
        if let Some(label) = self.leak() {
            return leaked(self.log.into_events(), label);
        }
        CellRun { events: self.log.into_events(), outcome, failing: self.failing }
    }

    /// The label of a secret that the log holds in spite of all redaction: the last look before anything is written.
    fn leak(&self) -> Option<String> {
        let text = serde_json::to_string(self.log.events()).ok()?;
        self.redactor.found_in(&text).map(str::to_owned)
    }

    /// Looks for every secret that the log knows in a recording, as it stands there and as it is read. A recording that holds one is removed.
    fn holds_no_secret(&self, file: &Path) -> Result<(), Stop> {
        let text = std::fs::read_to_string(file).map_err(Stop::Storage)?;
        let label = self.redactor.found_in_json(&text).map(str::to_owned);
        let Some(label) = label else { return Ok(()) };
        std::fs::remove_file(file).map_err(Stop::Storage)?;
        Err(Stop::Leaked(label))
    }

    /// Writes something that happens now.
    pub(crate) fn write(&mut self, what: EventKind) {
        self.log.write(self.provider.time(), what);
    }

    /// Writes what the provider journalled.
    pub(crate) fn sync(&mut self) -> Result<(), Stop> {
        self.log.sync(&mut self.provider, &mut self.redactor)?;
        for found in self.provider.take_turned_away() {
            self.expectation(false, self.line, "nothing is asked of hosts but the provider's".to_owned(), found);
        }
        Ok(())
    }

    /// A way to the provider, by which the log knows who comes, and its origin.
    pub(crate) async fn door(&mut self, via: &str) -> Result<String, Stop> {
        door(&self.provider, self.recorder.as_mut().map(|(recorder, _)| recorder), via, &mut self.redactor).await
    }

    /// Brings a worker up, if it is not.
    pub(crate) async fn up(&mut self, name: &str) -> Result<(), Stop> {
        if let Some(worker) = self.workers.get(name) {
            return if worker.session.is_some() { Ok(()) } else { Err(Stop::Down(name.to_owned())) };
        }
        let door = self.door(name).await?;
        let (origin, surroundings) = match &self.by_name {
            Some(by_name) => (by_name.origin().to_owned(), by_name.surroundings(&door)),
            None => (door, Surroundings::default()),
        };
        let store = self.stores.of(name).map(str::to_owned);
        // Each store is a folder of its own: an installation that knows nothing of the others.
        let storage = self.storage.path().join(store.as_deref().unwrap_or("store"));
        std::fs::create_dir_all(&storage).map_err(Stop::Storage)?;
        let storage = storage.to_string_lossy().into_owned();
        let mail = self.provider.listen_mail(name, self.source.way(), &mut self.redactor).await?;
        let worker = Worker { origin, surroundings, storage, store, mail, session: None, events: None };
        self.workers.insert(name.to_owned(), worker);
        self.start(name).await
    }

    /// Starts a worker's process and configures it.
    pub(crate) async fn start(&mut self, name: &str) -> Result<(), Stop> {
        let broken = |broken: Unusable| Stop::Session { worker: name.to_owned(), broken };
        let Some(worker) = self.workers.get(name) else { return Ok(()) };
        let mut session = self.source.open(&worker.surroundings).map_err(|it| broken(it.into()))?;
        let events = session.take_events();
        greet(&session).await.map_err(broken)?;
        let configuration = Configuration {
            worker: name.to_owned(),
            endpoints: self.provider.endpoints(&worker.origin),
            client: self.provider.registration(),
            storage: worker.storage.clone(),
            ca_file: self.ca_file(worker.mail.is_some())?,
            now: self.provider.now_seconds(),
            documented: self.provider.documented(),
            openid: self.provider.openid(&worker.origin),
            mail: worker.mail.clone(),
        };
        let configured = session.request(&Command::Configure(Box::new(configuration))).await;
        if let Answer::Error(failure) = configured.map_err(|it| broken(it.into()))? {
            if failure.kind == FailureKind::Unsupported {
                return Err(Stop::Unsupported("configure"));
            }
            return Err(broken(Unusable::Refused { op: "configure", why: failure.message }));
        }
        if let Some(worker) = self.workers.get_mut(name) {
            worker.session = Some(session);
            worker.events = events;
        }
        self.process(name, ProcessChange::Started);
        self.set_clock(name).await
    }

    /// A file with the certificate of the provider's CA, where there is TLS.
    fn ca_file(&self, has_mail: bool) -> Result<Option<String>, Stop> {
        if let Some(by_name) = &self.by_name {
            return Ok(Some(by_name.ca_file().to_owned()));
        }
        if !has_mail {
            return Ok(None);
        }
        let path = self.storage.path().join("ca.pem");
        std::fs::write(&path, self.provider.ca_pem()?).map_err(Stop::Storage)?;
        Ok(Some(path.to_string_lossy().into_owned()))
    }

    /// Kills a worker.
    pub(crate) async fn kill(&mut self, name: &str) {
        if let Some(worker) = self.workers.get_mut(name) {
            worker.events = None;
            if let Some(session) = worker.session.take() {
                session.kill().await;
            }
        }
        self.process(name, ProcessChange::Killed);
    }

    /// Logs what happened to a worker's process.
    pub(crate) fn process(&mut self, name: &str, change: ProcessChange) {
        let store = self.workers.get(name).and_then(|worker| worker.store.clone());
        self.write(EventKind::Process { worker: name.to_owned(), change, store });
    }

    /// Asks a worker to do something and waits for its answer, which is logged after everything that led to it.
    pub(crate) async fn ask(&mut self, name: &str, op: &'static str, command: Command) -> Result<Answer, Stop> {
        self.up(name).await?;
        let session = self.workers.get(name).and_then(|worker| worker.session.as_ref());
        let session = session.ok_or_else(|| Stop::Down(name.to_owned()))?;
        let answer = session.request(&command).await;
        let answer = answer.map_err(|broken| Stop::Session { worker: name.to_owned(), broken: broken.into() })?;
        self.report(name, op, answer)
    }

    /// Logs a worker's answer.
    pub(crate) fn report(&mut self, name: &str, op: &'static str, answer: Answer) -> Result<Answer, Stop> {
        self.sync()?;
        if let Answer::Error(failure) = &answer
            && failure.kind == FailureKind::Unsupported
        {
            return Err(Stop::Unsupported(op));
        }
        if let Answer::Authorize { url } = &answer {
            self.learn(url);
        }
        let outcome = self.redacted(&answer);
        self.write(EventKind::ClientReported { worker: name.to_owned(), op: op.to_owned(), outcome });
        Ok(answer)
    }

    /// Learns the client's own values from an authorization request.
    fn learn(&mut self, url: &str) {
        let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "state" => self.redactor.learn_numbered("state", &value),
                "nonce" => self.redactor.learn_numbered("nonce", &value),
                "code_challenge" => self.redactor.learn_numbered("code_challenge", &value),
                _ => {}
            }
        }
    }

    fn redacted(&self, answer: &Answer) -> Answer {
        let redact = || {
            let mut value = serde_json::to_value(answer).ok()?;
            self.redactor.redact_json(&mut value);
            serde_json::from_value(value).ok()
        };
        redact().unwrap_or(Answer::Done)
    }

    /// Compares an answer with what a step expects of it.
    pub(crate) fn check(&mut self, expect: Option<&Expect>, line: u32, answer: &Answer) {
        let Some(expect) = expect else { return };
        let (met, found) = expectation::answer(expect, answer);
        self.expectation(met, line, expect.to_string(), found);
    }

    /// Notes whether an expectation was met.
    pub(crate) fn expectation(&mut self, met: bool, line: u32, expected: String, found: String) {
        let found = self.redactor.redact(&found, crate::idp::Text::Encoded);
        if !met {
            self.failing.insert("expectation".to_owned());
            self.reasons.push(format!("expectation: step {}: expected {expected}, found {found}", self.step));
        }
        self.write(EventKind::Expectation { step: self.step, line, met, expected, found });
    }
}

async fn door(
    provider: &Provider,
    recorder: Option<&mut Recorder>,
    via: &str,
    redactor: &mut Redactor,
) -> Result<String, Stop> {
    let door = provider.listen(via, redactor).await?;
    let Some(recorder) = recorder else { return Ok(door) };
    let here = recorder.before(Upstream::new(&door, None)?).await?;
    Provider::known_as(&here, redactor);
    Ok(here)
}

/// The line of a step's `expect`, or of the step.
pub(crate) fn expect_line(step: &Step) -> u32 {
    step.expect_line.unwrap_or(step.line)
}

/// The name of a step's worker as the log has it.
pub(crate) fn name_of(worker: &WorkerName) -> String {
    worker.as_str().to_owned()
}
