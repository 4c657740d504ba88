//! Which behaviours of a provider the scenarios show, and the proof that they do.
//!
//! A scenario names in `shows` the quirks that it shows. The proof is to leave the quirk out: the log must then be another one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::client::Mistake;
use crate::idp::{Behaviour, Era, ProviderError, begins, places};
use crate::run::outcome::Outcome;
use crate::run::{CellRun, ClientSource, Plan, Settings, run_plan};
use crate::scenario::Scenario;

/// Scenarios by the profile and the id of the quirk that they show.
#[derive(Debug, Default)]
pub struct Coverage(BTreeMap<(String, String), Vec<Arc<Scenario>>>);

/// A scenario that says that it shows a quirk and does not: without the quirk its log is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproven {
    /// The scenario's id.
    pub scenario: String,
    /// The quirk's id.
    pub quirk: String,
}

impl Coverage {
    /// What the scenarios say that they show.
    ///
    /// # Errors
    /// [`ProviderError::Profile`] when a profile cannot be read.
    pub fn of(scenarios: &[Arc<Scenario>]) -> Result<Self, ProviderError> {
        let mut shown = Self::default();
        let mut known = BTreeMap::new();
        for scenario in scenarios.iter().filter(|scenario| !scenario.shows.is_empty()) {
            let places = match known.entry(scenario.profile.to_string()) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let places = places(entry.key())?;
                    entry.insert(places)
                }
            };
            for quirk in &scenario.shows {
                if let Some(profile) = places.get(quirk) {
                    shown.0.entry((profile.clone(), quirk.clone())).or_default().push(Arc::clone(scenario));
                }
            }
        }
        Ok(shown)
    }

    /// The scenarios that show a quirk of a profile.
    #[must_use]
    pub fn shown_by(&self, profile: &str, quirk: &str) -> &[Arc<Scenario>] {
        self.0.get(&(profile.to_owned(), quirk.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The quirks, as `profile: id`, that no scenario shows.
    #[must_use]
    pub fn missing(&self, eras: &[Era]) -> Vec<String> {
        let rows = eras.iter().flat_map(|era| era.behaviours.iter().map(move |it| (&era.profile, it)));
        rows.filter(|(profile, it)| self.shown_by(profile, &it.id).is_empty())
            .map(|(profile, it)| format!("{profile}: {}", it.id))
            .collect()
    }

    /// The tables as Markdown: a section for each time, a row for each behaviour that is established, and below them the defaults that
    /// had to be stated. `scenarios` is the way from the page to the scenarios.
    #[must_use]
    pub fn markdown(&self, eras: &[Era], scenarios: &str) -> String {
        let mut text = String::new();
        for era in eras {
            let _ = write!(text, "\n## {} (`{}`)\n\n{}\n", era.title, era.profile, one_line(&era.about));
            for (established, heading) in [(true, ""), (false, "\nNot established, and so a stated default:\n")] {
                let rows: Vec<&Behaviour> = era.behaviours.iter().filter(|it| it.established == established).collect();
                if rows.is_empty() {
                    continue;
                }
                let _ = write!(
                    text,
                    "{heading}\n| behaviour | raised by | how sure | source | scenarios |\n| --- | --- | --- | --- | --- |\n"
                );
                for row in rows {
                    text.push_str(&self.row(&era.profile, row, scenarios));
                }
            }
        }
        text
    }

    fn row(&self, profile: &str, behaviour: &Behaviour, scenarios: &str) -> String {
        let links: Vec<String> = self
            .shown_by(profile, &behaviour.id)
            .iter()
            .map(|scenario| format!("[{0}]({scenarios}/{1}.yaml)", short(scenario), scenario.file_id()))
            .collect();
        format!(
            "| {} `{}` | {} | {} | {} | {} |\n",
            cell(&behaviour.about),
            behaviour.id,
            behaviour.raised_by.join(", "),
            behaviour.sure,
            cell(&behaviour.sources.join("; ")),
            links.join(", ")
        )
    }

    /// Runs every scenario once as it is and once without each quirk that it says it shows: with the built-in client, and where that one
    /// does not come to the point, since it makes no mistakes, with its broken twins.
    ///
    /// # Errors
    /// Why a client did not begin, in a sentence.
    pub async fn prove(&self, jobs: usize) -> Result<Vec<Unproven>, String> {
        let pairs = self.0.iter().flat_map(|((_, quirk), by)| by.iter().map(move |it| (Arc::clone(it), quirk.clone())));
        let mut open: Vec<(Arc<Scenario>, String)> = pairs.collect();
        let twins = Mistake::all().iter().copied().map(Some);
        for client in std::iter::once(None).chain(twins) {
            if open.is_empty() {
                break;
            }
            open = still_open(ClientSource::BuiltIn(client), open, jobs).await?;
        }
        let unproven = open.into_iter().map(|(scenario, quirk)| Unproven { scenario: scenario.id.to_string(), quirk });
        Ok(unproven.collect())
    }
}

/// The pairs of a scenario and a quirk whose log is the same without the quirk, with this client.
async fn still_open(
    source: ClientSource,
    pairs: Vec<(Arc<Scenario>, String)>,
    jobs: usize,
) -> Result<Vec<(Arc<Scenario>, String)>, String> {
    let mut scenarios: BTreeMap<String, (Arc<Scenario>, Vec<String>)> = BTreeMap::new();
    for (scenario, quirk) in pairs {
        let entry = scenarios.entry(scenario.id.to_string());
        entry.or_insert_with(|| (scenario, Vec::new())).1.push(quirk);
    }
    let mut runs: Vec<Arc<Scenario>> = Vec::new();
    let mut open = Vec::new();
    for (scenario, quirks) in scenarios.values() {
        runs.push(Arc::clone(scenario));
        for quirk in quirks {
            let without = Scenario { without: Some(quirk.clone()), shows: Vec::new(), ..(**scenario).clone() };
            match begins(&without) {
                Ok(true) => runs.push(Arc::new(without)),
                // What it sets or names is the quirk's own.
                Ok(false) => {}
                // A profile that is no profile without the quirk proves nothing.
                Err(_) => open.push((Arc::clone(scenario), quirk.clone())),
            }
        }
    }
    let hello = source.hello().await.map_err(|error| error.to_string())?;
    let plan = Plan { scenarios: runs, source, hello };
    let mut whole: Option<(Arc<Scenario>, CellRun)> = None;
    run_plan(&plan, &Settings { jobs, seed: 1, record: None }, |scenario, run| match (&scenario.without, &whole) {
        (None, _) => whole = Some((Arc::clone(scenario), run)),
        (Some(quirk), Some((as_it_is, whole))) => {
            let broken = [whole, &run].into_iter().any(|it| matches!(it.outcome, Outcome::Broken { .. }));
            if broken || whole.events == run.events {
                open.push((Arc::clone(as_it_is), quirk.clone()));
            }
        }
        // The run as it is comes first.
        (Some(_), None) => {}
    })
    .await;
    Ok(open)
}

/// The scenario's id without its provider's folder.
fn short(scenario: &Scenario) -> String {
    let id = scenario.id.to_string();
    id.split_once('/').map_or(id.clone(), |(_, rest)| rest.to_owned())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text in a cell of a table: a bar would end it.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}
