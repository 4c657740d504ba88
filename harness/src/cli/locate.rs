//! Finding scenarios and choosing among them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use idp_harness::scenario::{Scenario, load_dir, load_embedded};
use include_dir::{Dir, include_dir};

use super::exit::Exit;
use super::output::complain;

/// The shipped scenarios: what is used where there is no folder `scenarios`.
static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// The shipped scenarios, whatever folder there is.
pub(crate) fn shipped() -> Result<Vec<Arc<Scenario>>, Exit> {
    let loaded = load_embedded(&SHIPPED);
    loaded.map(|all| all.into_iter().map(Arc::new).collect()).map_err(|errors| {
        for error in &errors {
            complain(Exit::Broke, error);
        }
        Exit::Broke
    })
}

/// The file of a shipped scenario.
pub(crate) fn shipped_text(scenario: &Scenario) -> Option<&'static str> {
    SHIPPED.get_file(scenario.file.strip_prefix("scenarios/")?)?.contents_utf8()
}

/// Where scenarios are, and which of them are meant.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Scenarios by id; `*` stands for a part of a name, `**` for any folders. All of them, if none is named.
    #[arg(value_name = "SCENARIO")]
    pub(crate) patterns: Vec<String>,
    /// Only scenarios with this tag. Can be given several times; one is enough.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// The folder of scenarios; `scenarios`, or the shipped ones where there is none.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) scenarios: Option<PathBuf>,
}

/// All scenarios, and which are selected.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) all: Vec<Arc<Scenario>>,
    pub(crate) chosen: Vec<Arc<Scenario>>,
}

impl Selection {
    /// Loads all scenarios and chooses. Complains about every file that is wrong.
    pub(crate) fn load(&self) -> Result<Selected, Exit> {
        let folder = Path::new("scenarios");
        let loaded = match &self.scenarios {
            Some(folder) => load_dir(folder),
            None if folder.is_dir() => load_dir(folder),
            None => load_embedded(&SHIPPED),
        };
        let all: Vec<Arc<Scenario>> = match loaded {
            Ok(scenarios) => scenarios.into_iter().map(Arc::new).collect(),
            Err(errors) => {
                for error in &errors {
                    complain(Exit::WrongInput, error);
                }
                return Err(Exit::WrongInput);
            }
        };
        let chosen: Vec<_> = all.iter().filter(|scenario| self.chooses(scenario)).cloned().collect();
        if chosen.is_empty() {
            return Err(complain(Exit::NothingSelected, self.nothing(&all)));
        }
        Ok(Selected { all, chosen })
    }

    fn chooses(&self, scenario: &Scenario) -> bool {
        let by_name = self.patterns.is_empty() || self.patterns.iter().any(|pattern| is_meant(pattern, scenario));
        let by_tag = self.tag.is_empty() || self.tag.iter().any(|tag| scenario.tags.contains(tag));
        by_name && by_tag
    }

    fn nothing(&self, all: &[Arc<Scenario>]) -> String {
        let near = self.patterns.first().and_then(|pattern| {
            // What begins alike is nearer than what is merely spelt alike: people leave ends off.
            let shared = |id: &str| id.chars().zip(pattern.chars()).take_while(|(one, other)| one == other).count();
            let spelt = |id: &str| std::cmp::Reverse(strsim::damerau_levenshtein(id, pattern));
            all.iter().map(|scenario| scenario.id.as_str()).max_by_key(|id| (shared(id), spelt(id)))
        });
        let hint = near.map(|id| format!("; the nearest is {id}")).unwrap_or_default();
        format!("no scenario is selected{hint}. `idp-harness list` shows all {}", all.len())
    }
}

/// Whether a pattern means a scenario: by its own id, or by that of the file, which means every profile that it is run for.
fn is_meant(pattern: &str, scenario: &Scenario) -> bool {
    matches(pattern, scenario.id.as_str()) || matches(pattern, scenario.file_id().as_str())
}

/// Whether a pattern matches an id. A pattern that names a folder matches everything in it, and one may be written as a path.
fn matches(pattern: &str, id: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let pattern = pattern.strip_prefix("scenarios/").unwrap_or(pattern);
    let pattern = pattern.strip_suffix(".yaml").unwrap_or(pattern).trim_end_matches('/');
    let want: Vec<&str> = pattern.split('/').collect();
    let have: Vec<&str> = id.split('/').collect();
    segments(&want, &have)
}

fn segments(want: &[&str], have: &[&str]) -> bool {
    match (want, have) {
        ([], _) => true,
        (["**", rest @ ..], have) => (0..=have.len()).any(|skip| segments(rest, have.get(skip..).unwrap_or_default())),
        ([_, ..], []) => false,
        ([first, rest @ ..], [name, below @ ..]) => segment(first.as_bytes(), name.as_bytes()) && segments(rest, below),
    }
}

fn segment(want: &[u8], have: &[u8]) -> bool {
    match (want, have) {
        ([], []) => true,
        ([b'*', rest @ ..], have) => (0..=have.len()).any(|skip| segment(rest, have.get(skip..).unwrap_or_default())),
        ([one, rest @ ..], [other, left @ ..]) if one == other => segment(rest, left),
        (_, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_choose_by_name_folder_and_star() {
        let id = "exact-online/refresh/two-workers";
        let cases = [
            ("exact-online/refresh/two-workers", true),
            ("scenarios/exact-online/refresh/two-workers.yaml", true),
            ("exact-online", true),
            ("exact-online/", true),
            ("exact-online/*", true),
            ("**/two-workers", true),
            ("**/two-*", true),
            ("*/refresh/*-workers", true),
            ("two-workers", false),
            ("exact-online/two-*", false),
            ("exact", false),
            ("exact-online/refresh/two-workers/x", false),
        ];
        for (pattern, want) in cases {
            assert_eq!(matches(pattern, id), want, "{pattern}");
        }
    }
}
