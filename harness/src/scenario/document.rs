//! A scenario as its file says it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::by_profile;
use super::error::ScenarioError;
use super::id::{KEBAB_PATTERN, ProfileName, ScenarioId, WorkerName, joined, kebab, snake};
use super::located::{Located, checked, text};
use super::operation::Operation;
use super::problem::Problem;
use super::step::Step;
use super::verb::{Device, Verb};
use super::world::World;
use super::yaml;
use crate::adapter::protocol::AuthorizationGrant;

/// The largest scenario file, in bytes.
pub const MAX_FILE_BYTES: usize = 256 * 1024;

/// A scenario: a world, steps, expectations.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Scenario", extend("oneOf" = [{ "required": ["profile"] }, { "required": ["profiles"] }]))]
pub struct Scenario {
    /// The path below the scenario folder, without `.yaml`.
    #[serde(skip, default = "ScenarioId::unnamed")]
    pub id: ScenarioId,
    /// The id of the file, where it is run for several profiles and `id` says for which.
    #[serde(skip)]
    pub base: Option<ScenarioId>,
    /// The file, as messages name it.
    #[serde(skip)]
    pub file: String,
    /// What happens, in one line.
    #[serde(deserialize_with = "one_line")]
    #[schemars(length(min = 1))]
    pub title: String,
    /// What goes on and why it matters.
    #[serde(deserialize_with = "filled")]
    #[schemars(length(min = 1))]
    pub about: String,
    /// Texts that a customer pastes when this has happened to them.
    #[serde(default, deserialize_with = "texts")]
    #[schemars(inner(length(min = 1)), extend("uniqueItems" = true))]
    pub reproduces: Vec<String>,
    /// What to change in a client that fails.
    #[serde(default)]
    pub remedy: Option<String>,
    /// Where this is known from: documents, issues, reports. At least one.
    #[serde(deserialize_with = "at_least_one_text")]
    #[schemars(length(min = 1), inner(length(min = 1)), extend("uniqueItems" = true))]
    pub sources: Vec<String>,
    /// Words to select scenarios by, in kebab-case.
    #[serde(default, deserialize_with = "tags")]
    #[schemars(inner(regex(pattern = KEBAB_PATTERN)), extend("uniqueItems" = true))]
    pub tags: Vec<String>,
    /// The provider: a profile's name, or name@era. Either this or `profiles` must be there.
    #[serde(default = "ProfileName::unnamed")]
    #[schemars(!default)]
    pub profile: ProfileName,
    /// The providers, where the scenario is run once for each of several: at least two.
    #[serde(default, deserialize_with = "profiles")]
    #[schemars(length(min = 2), extend("uniqueItems" = true))]
    pub profiles: Vec<ProfileName>,
    /// The quirks of the profile that this scenario shows: without any one of them, the built-in client's conversation is another.
    #[serde(default, deserialize_with = "tags")]
    #[schemars(inner(regex(pattern = KEBAB_PATTERN)), extend("uniqueItems" = true))]
    pub shows: Vec<String>,
    /// A quirk that is left out of the profile, to see what it does.
    #[serde(skip)]
    pub without: Option<String>,
    /// The world at the start.
    #[serde(default)]
    pub world: World,
    /// What the client must be able to do beyond what the verbs ask for.
    #[serde(default, deserialize_with = "names")]
    #[schemars(inner(regex(pattern = "^[a-z0-9]+(_[a-z0-9]+)*$")), extend("uniqueItems" = true))]
    pub needs: Vec<String>,
    /// What is done, in order. At least one step.
    #[serde(deserialize_with = "steps")]
    #[schemars(length(min = 1))]
    pub steps: Vec<Step>,
    /// What must occur, or the run shows nothing: a refusal's cause, `issued:` and a kind of token, a reason for which a
    /// token ended, or `fault`.
    #[serde(default, deserialize_with = "events")]
    #[schemars(inner(regex(pattern = "^[a-z0-9]+([_:][a-z0-9]+)*$")), extend("uniqueItems" = true))]
    pub reaches: Vec<String>,
    /// The rules that the scenario is about. Each must be put to the test.
    #[serde(default, deserialize_with = "rules")]
    #[schemars(inner(regex(pattern = "^[a-z0-9]+([/-][a-z0-9]+)*$")), extend("uniqueItems" = true))]
    pub rules: Vec<String>,
}

impl Scenario {
    /// Reads a scenario, or one for each of its profiles. `file` is how messages name the file.
    ///
    /// # Errors
    /// [`ScenarioError`] with the place of the first mistake; also for a text of more than [`MAX_FILE_BYTES`].
    pub fn parse(id: ScenarioId, file: &str, text: &str) -> Result<Vec<Self>, ScenarioError> {
        let fail = |problem| ScenarioError::new(file, text, problem);
        if text.len() > MAX_FILE_BYTES {
            return Err(ScenarioError::too_large(file));
        }
        let scenario: Self = yaml::read(text).map_err(fail)?;
        by_profile::check(&scenario).map_err(fail)?;
        super::check::check(&scenario).map_err(fail)?;
        Ok(by_profile::cells(Self { id, file: file.to_owned(), ..scenario }))
    }

    /// What the client must be able to do: what the steps ask for, and `needs`.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<String> {
        let mut needed: BTreeSet<&str> = self.needs.iter().map(String::as_str).collect();
        let workers = self.workers();
        let stores: BTreeSet<Option<&str>> =
            workers.iter().map(|worker| self.world.stores.of(worker.as_str())).collect();
        if workers.len() > stores.len() {
            needed.insert("shared_store");
        }
        if self.world.client.openid.is_some() {
            needed.insert("openid");
        }
        if self.world.mail.password {
            needed.insert("mail_password");
        }
        if !self.world.client.capabilities.is_empty() {
            needed.insert("claims_challenge");
        }
        for step in &self.steps {
            match &step.verb {
                Verb::Authorize(authorize) => drop(needed.insert(match authorize.grant {
                    AuthorizationGrant::Code => "authorization_code",
                    AuthorizationGrant::Implicit => "implicit",
                })),
                Verb::Advance(_) => drop(needed.insert("clock")),
                Verb::Crash(_) | Verb::Restart(_) => drop(needed.insert("shared_store")),
                Verb::Race(race) => {
                    let workers: BTreeSet<&WorkerName> = race.lanes.iter().map(|lane| &lane.worker).collect();
                    if workers.len() < race.lanes.len() {
                        needed.insert("concurrent");
                    }
                    // A worker is told the time while it is busy.
                    if race.advance.is_some() {
                        needed.extend(["clock", "concurrent"]);
                    }
                }
                Verb::Grant(grant) => drop(needed.insert(grant.capability())),
                Verb::Device(_) | Verb::Poll(_) => drop(needed.insert(Device::CAPABILITY)),
                Verb::Mail(mail) => drop(needed.insert(mail.capability())),
                Verb::Deliver(_)
                | Verb::Call(_)
                | Verb::Http(_)
                | Verb::Refresh(_)
                | Verb::Token(_)
                | Verb::Fault(_)
                | Verb::Change(_)
                | Verb::Expect(_) => {}
            }
            for operation in step.verb.operations() {
                let Operation::Call(call) = operation else { continue };
                let more = [(call.all_pages, "pages"), (call.session, "cookies"), (call.key, "keys")];
                needed.extend(more.into_iter().filter(|(asked, _)| *asked).map(|(_, capability)| capability));
            }
            needed.extend(step.verb.operations().iter().map(|operation| operation.name()));
        }
        needed.into_iter().map(str::to_owned).collect()
    }

    /// The workers in the order in which the steps first name them.
    #[must_use]
    pub fn workers(&self) -> Vec<WorkerName> {
        let mut workers: Vec<WorkerName> = Vec::new();
        for worker in self.steps.iter().flat_map(Step::workers) {
            if !workers.contains(worker) {
                workers.push(worker.clone());
            }
        }
        workers
    }
}

fn one_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer, |text| {
        if text.trim().contains('\n') {
            return Err(Problem::new("the title must be one line").help("say more under `about`"));
        }
        not_empty(text).map(|()| text.trim().to_owned())
    })
}

fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer, |text| not_empty(text).map(|()| text.to_owned()))
}

fn not_empty(text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() { Err(Problem::new("an empty text")) } else { Ok(()) }
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    list(deserializer, not_empty)
}

fn at_least_one_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    checked(deserializer, |Texts(texts): Texts| {
        let problem = Problem::new("name at least one source").help("a document, an issue, a report, a URL");
        if texts.is_empty() { Err(problem) } else { Ok(texts) }
    })
}

/// [`texts`] as a type.
struct Texts(Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        texts(deserializer).map(Self)
    }
}

fn tags<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    list(deserializer, kebab)
}

fn profiles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ProfileName>, D::Error> {
    let mut found: Vec<ProfileName> = Vec::new();
    for entry in Vec::<Located<ProfileName>>::deserialize(deserializer)? {
        if found.contains(&entry.value) {
            return Err(Problem::new(format!("`{}` is listed twice", entry.value)).at(&entry).raise());
        }
        found.push(entry.value);
    }
    Ok(found)
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    list(deserializer, snake)
}

fn events<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    list(deserializer, |name| joined(name, ':', snake))
}

fn rules<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    list(deserializer, |rule| joined(rule, '/', kebab))
}

/// Reads a list of texts, each checked, none twice.
fn list<'de, D: Deserializer<'de>>(
    deserializer: D,
    check: impl Fn(&str) -> Result<(), Problem>,
) -> Result<Vec<String>, D::Error> {
    let mut found: Vec<String> = Vec::new();
    for entry in Vec::<Located<String>>::deserialize(deserializer)? {
        check(&entry.value).map_err(|problem| problem.at(&entry).raise())?;
        if found.contains(&entry.value) {
            return Err(Problem::new(format!("`{}` is listed twice", entry.value)).at(&entry).raise());
        }
        found.push(entry.value);
    }
    Ok(found)
}

fn steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Step>, D::Error> {
    checked(deserializer, |steps: Vec<Step>| {
        if steps.is_empty() { Err(Problem::new("a scenario needs at least one step")) } else { Ok(steps) }
    })
}
