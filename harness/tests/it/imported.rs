//! Every scenario recorded, and the recording explained, imported, run and played again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use idp_harness::capture::har::read_file;
use idp_harness::import::{import, prove};
use idp_harness::replay::{Explanation, Reach, explain, settle};
use idp_harness::run::outcome::Outcome;
use idp_harness::run::{ClientSource, Plan, Settings, recording, run_plan};
use idp_harness::scenario::{Scenario, ScenarioId};

use crate::support::scenarios;

/// What came of one recording.
#[derive(Debug, Default)]
struct Fate {
    /// Whether the imported scenario passes.
    passes: bool,
    /// How many expectations had to be taken out of it.
    weakened: usize,
    /// How many answers agree, and of how many that were compared.
    agree: usize,
    compared: usize,
    /// Whether the profile that it came from explains it.
    is_named: bool,
    /// Whether no other profile explains it with less assumed.
    is_best: bool,
    /// How many profiles explain it as well.
    among: usize,
    /// What had to be taken as recorded, since no profile answers so.
    answers: bool,
    /// What is wrong.
    why: String,
}

fn fate(file: &Path, scenario: &Scenario) -> Fate {
    let capture = read_file(file).unwrap();
    let mut fate = Fate::default();
    let own = scenario.profile.to_string();
    let all = explain(&capture, &[], Reach::World, &mut |_, _| {}).unwrap();
    let first = all.first().unwrap();
    let remaining: Vec<&Explanation> = all.iter().filter(|it| it.refuted().is_none() && it.equals(first)).collect();
    fate.among = remaining.len();
    fate.is_best = remaining.iter().any(|it| it.profile == own);
    fate.is_named = all.iter().any(|it| it.refuted().is_none() && it.profile == own);
    let Some(best) = settle(&capture, &all, &mut |_, _| {}).unwrap() else {
        fate.why = "no profile has its endpoints".to_owned();
        return fate;
    };
    if remaining.is_empty() {
        fate.is_named = best.refuted().is_none() && best.profile.split('@').next() == own.split('@').next();
        fate.answers = true;
    }
    (fate.agree, fate.compared) = best.found.played.agreement();
    if let Some(turn) = best.refuted() {
        fate.why = format!("{}: entries {:?}: {:?}", best.profile, turn.entries, turn.verdict);
    }
    let mut imported = import(&capture, &best, "it.har").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(prove(&mut imported, &ScenarioId::new("imported/it").unwrap())) {
        Ok(proof) => {
            fate.passes = proof.run.outcome == Outcome::Pass;
            fate.weakened = proof.weakened;
            if !fate.passes {
                fate.why = format!("{:?}\n{}", proof.run.outcome, imported.text());
            }
        }
        Err(error) => fate.why = format!("{error}\n{}", imported.text()),
    }
    fate
}

/// Records the scenarios of these groups, and prints and gives what came of each recording.
fn fates(groups: &[&str]) -> BTreeMap<String, Fate> {
    let folder = tempfile::tempdir().unwrap();
    let scenarios: Vec<Arc<Scenario>> = scenarios()
        .into_iter()
        .filter(|scenario| groups.iter().any(|group| scenario.id.to_string().starts_with(&format!("{group}/"))))
        .collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let source = ClientSource::BuiltIn(None);
        let hello = source.hello().await.unwrap();
        let plan = Plan { scenarios: scenarios.clone(), source, hello };
        let settings = Settings { jobs: 2, seed: 1, record: Some(folder.path().to_owned()) };
        run_plan(&plan, &settings, |scenario, run| assert_eq!(run.outcome, Outcome::Pass, "{}", scenario.id)).await;
    });
    let (one, two) = scenarios.split_at(scenarios.len() / 2);
    let half = |part: &[Arc<Scenario>]| -> Vec<(String, Fate)> {
        part.iter().map(|it| (it.id.to_string(), fate(&recording(folder.path(), &it.id), it))).collect()
    };
    let all: BTreeMap<String, Fate> = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(two));
        half(one).into_iter().chain(other.join().unwrap()).collect()
    });
    report(groups, &all);
    all
}

fn report(groups: &[&str], all: &BTreeMap<String, Fate>) {
    for (id, fate) in all.iter().filter(|(_, fate)| !fate.why.is_empty()) {
        println!("{id}: {}", fate.why);
    }
    let count = |which: &dyn Fn(&Fate) -> bool| all.values().filter(|fate| which(fate)).count();
    let sum = |what: &dyn Fn(&Fate) -> usize| all.values().map(what).sum::<usize>();
    println!("{}: {} recordings", groups.join(", "), all.len());
    println!(
        "  {} imported scenarios pass, with {} expectations taken out",
        count(&|it| it.passes),
        sum(&|it| it.weakened)
    );
    println!("  {} of {} answers agree", sum(&|it| it.agree), sum(&|it| it.compared));
    println!("  {} are explained by the profile that they came from", count(&|it| it.is_named));
    println!("    {} by it alone", count(&|it| it.is_named && it.among == 1));
    println!(
        "    {} by others as well, which the recording does not tell from it",
        count(&|it| it.is_named && it.among > 1)
    );
    println!(
        "    {} if some answers are taken as they are, since no profile gives them",
        count(&|it| it.is_named && it.answers)
    );
}

fn lacking(all: &BTreeMap<String, Fate>, which: impl Fn(&Fate) -> bool) -> BTreeSet<&str> {
    all.iter().filter(|(_, fate)| !which(fate)).map(|(id, _)| id.as_str()).collect()
}

#[test]
fn recordings_with_exact_online_are_explained_imported_and_played_again() {
    let all = fates(&["exact-online"]);
    assert_eq!(lacking(&all, |fate| fate.passes), BTreeSet::new());
    assert_eq!(lacking(&all, |fate| fate.agree == fate.compared), BTreeSet::new());
    assert_eq!(lacking(&all, |fate| fate.is_named), BTreeSet::new());
}

#[test]
fn recordings_with_entra_are_explained_imported_and_played_again() {
    let all = fates(&["entra"]);
    assert_eq!(lacking(&all, |fate| fate.passes), BTreeSet::new());
    assert_eq!(lacking(&all, |fate| fate.agree == fate.compared), BTreeSet::new());
    assert_eq!(lacking(&all, |fate| fate.is_named), BTreeSet::new());
}

#[test]
fn recordings_with_others_are_explained_imported_and_played_again() {
    let all = fates(&["rfc", "code-on-time", "side-by-side", "intrexx"]);
    assert_eq!(lacking(&all, |fate| fate.passes), BTreeSet::new());
    assert_eq!(lacking(&all, |fate| fate.agree == fate.compared), BTreeSet::new());
    assert_eq!(lacking(&all, |fate| fate.is_named), BTreeSet::new());
}
