//! Every scenario recorded, and the recording explained, imported, run and played again.

#![expect(clippy::print_stdout, reason = "the shares are for whoever runs the tests")]

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

/// Whether the profile that a recording came from explains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// It does, and no other does it as well.
    Alone,
    /// It does, and others do it as well: the recording does not tell them apart.
    AmongOthers,
    /// It does, and another with less assumed.
    AfterAnother,
    /// Its provider does, with other settings or with answers that no profile gives: the scenario has those, or made them up.
    WithMore,
    /// It does not.
    Not,
}

/// What came of one recording.
#[derive(Debug)]
struct Fate {
    passes: bool,
    /// How many expectations had to be taken out of the imported scenario.
    weakened: usize,
    /// How many answers agree, and of how many that were compared.
    agree: usize,
    compared: usize,
    named: Named,
    /// What is wrong.
    why: String,
}

fn named(all: &[Explanation], settled: Option<&Explanation>, own: &str) -> Named {
    let unrefuted: Vec<&Explanation> = all.iter().filter(|it| it.refuted().is_none()).collect();
    let best: Vec<&str> = unrefuted
        .iter()
        .filter(|it| unrefuted.first().is_some_and(|first| it.equals(first)))
        .map(|it| it.profile.as_str())
        .collect();
    let provider = |name: &str| name.split('@').next().map(str::to_owned);
    let is_settled = settled.is_some_and(|it| it.refuted().is_none() && provider(&it.profile) == provider(own));
    match best.as_slice() {
        [only] if *only == own => Named::Alone,
        several if several.contains(&own) => Named::AmongOthers,
        _ if unrefuted.iter().any(|it| it.profile == own) => Named::AfterAnother,
        _ if is_settled => Named::WithMore,
        _ => Named::Not,
    }
}

/// Nothing where there is no request in it.
fn fate(file: &Path, scenario: &Scenario) -> Option<Fate> {
    let capture = read_file(file).unwrap();
    if capture.exchanges.is_empty() {
        return None;
    }
    let own = scenario.profile.to_string();
    let all = explain(&capture, &[], Reach::World, &mut |_, _| {}).unwrap();
    let settled = settle(&capture, &all, &mut |_, _| {}).unwrap();
    let named = named(&all, settled.as_ref(), &own);
    let mut fate = Fate { passes: false, weakened: 0, agree: 0, compared: 0, named, why: String::new() };
    let Some(best) = settled else {
        fate.why = "no profile has its endpoints".to_owned();
        return Some(fate);
    };
    (fate.agree, fate.compared) = best.found.played.agreement();
    if let Some(turn) = best.refuted() {
        fate.why = format!("{}: entries {:?}: {:?}", best.profile, turn.entries, turn.verdict);
    }
    let mut imported = import(&capture, &best, "it.har").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let id = ScenarioId::new("imported/it").unwrap();
    match runtime.block_on(prove(&mut imported, &id)) {
        Ok(proof) => {
            let scenario = Scenario::parse(id, "it.yaml", &imported.text()).unwrap().remove(0);
            let judged = scenario.reaches.len() + scenario.steps.iter().filter(|step| step.expect.is_some()).count();
            fate.passes = proof.run.outcome == Outcome::Pass && judged > 0;
            fate.weakened = proof.weakened;
            if !fate.passes {
                fate.why = format!("{:?}\n{}", proof.run.outcome, imported.text());
            }
        }
        Err(error) => fate.why = format!("{error}\n{}", imported.text()),
    }
    Some(fate)
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
        let fate = |it: &Arc<Scenario>| Some((it.id.to_string(), fate(&recording(folder.path(), &it.id), it)?));
        part.iter().filter_map(fate).collect()
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
    let sum = |what: &dyn Fn(&Fate) -> usize| all.values().map(what).sum::<usize>();
    let are = |named| all.values().filter(|fate| fate.named == named).count();
    println!("{}: {} recordings", groups.join(", "), all.len());
    println!("  imported scenarios that pass: {}", sum(&|it| usize::from(it.passes)));
    println!("  expectations that were taken out of them: {}", sum(&|it| it.weakened));
    println!("  answers that agree: {} of {}", sum(&|it| it.agree), sum(&|it| it.compared));
    println!("  explained by the profile that they came from, and by no other as well: {}", are(Named::Alone));
    println!("    and by others as well: {}", are(Named::AmongOthers));
    println!("    and by another with less assumed: {}", are(Named::AfterAnother));
    println!("    with other settings, or with answers that no profile gives: {}", are(Named::WithMore));
}

/// Those of which this does not hold.
fn lacking(all: &BTreeMap<String, Fate>, which: impl Fn(&Fate) -> bool) -> BTreeSet<&str> {
    all.iter().filter(|(_, fate)| !which(fate)).map(|(id, _)| id.as_str()).collect()
}

fn all_go_all_the_way(groups: &[&str]) {
    let all = fates(groups);
    assert_eq!(lacking(&all, |fate| fate.passes), BTreeSet::new(), "do not pass when they are imported");
    assert_eq!(lacking(&all, |fate| fate.agree == fate.compared), BTreeSet::new(), "are not answered as recorded");
    assert_eq!(lacking(&all, |fate| fate.named != Named::Not), BTreeSet::new(), "are not explained by their profile");
}

#[test]
fn recordings_with_exact_online_are_explained_imported_and_played_again() {
    all_go_all_the_way(&["exact-online"]);
}

#[test]
fn recordings_with_entra_are_explained_imported_and_played_again() {
    all_go_all_the_way(&["entra", "exchange-online"]);
}

#[test]
fn recordings_with_others_are_explained_imported_and_played_again() {
    all_go_all_the_way(&["rfc", "code-on-time", "side-by-side", "intrexx"]);
}
