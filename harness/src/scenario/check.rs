//! What must agree between different parts of a scenario.

use super::document::Scenario;
use super::id::WorkerName;
use super::problem::{Position, Problem};
use super::step::Step;
use super::verb::{Callback, Code, RedirectName, Verb};
use crate::adapter::protocol::AuthorizationGrant;

/// Checks a scenario whose parts are each well formed.
pub(super) fn check(scenario: &Scenario) -> Result<(), Problem> {
    let workers = scenario.workers();
    stores(scenario, &workers)?;
    let mut kept: Vec<&RedirectName> = Vec::new();
    let mut begun = false;
    for step in &scenario.steps {
        match &step.verb {
            Verb::Authorize(authorize) => {
                if authorize.grant == AuthorizationGrant::Implicit && authorize.code != Code::Kept {
                    let problem = Problem::new("the implicit grant has no code").help("leave `code` out");
                    return Err(problem.at_position(place(step), 1));
                }
                let Some(name) = &authorize.keep_redirect_as else { continue };
                if authorize.callback != Callback::Once {
                    let problem =
                        Problem::new("a redirect that is kept is delivered by `deliver`, as often as that stands");
                    return Err(problem.help("leave `callback` out").at_position(place(step), 1));
                }
                if kept.contains(&name) {
                    let problem = Problem::new(format!("there is another redirect `{}`", name.as_str()));
                    return Err(problem.at_position(place(step), 1));
                }
                kept.push(name);
            }
            Verb::Deliver(deliver) if !kept.contains(&&deliver.redirect) => {
                let known: Vec<&str> = kept.iter().map(|name| name.as_str()).collect();
                let problem = Problem::unknown("redirect", deliver.redirect.as_str(), &known);
                let problem = match known.is_empty() {
                    true => problem.help("an earlier `authorize: { keep_redirect_as: … }` keeps one"),
                    false => problem,
                };
                return Err(problem.at_position(place(step), 1));
            }
            Verb::Fault(fault) => {
                if let Some(worker) = fault.worker.as_ref().filter(|worker| !workers.contains(worker)) {
                    return Err(stranger(worker, &workers).at_position(place(step), 1));
                }
            }
            Verb::Poll(_) if !begun => {
                let problem = Problem::new("there is nothing to poll for");
                return Err(problem.help("an earlier `device` begins it").at_position(place(step), 1));
            }
            Verb::Device(_) => begun = true,
            Verb::Deliver(_)
            | Verb::Grant(_)
            | Verb::Poll(_)
            | Verb::Call(_)
            | Verb::Http(_)
            | Verb::Mail(_)
            | Verb::Refresh(_)
            | Verb::Token(_)
            | Verb::Advance(_)
            | Verb::Race(_)
            | Verb::Crash(_)
            | Verb::Restart(_)
            | Verb::Change(_)
            | Verb::Expect(_) => {}
        }
    }
    Ok(())
}

/// Either all workers share one store, or each is in one.
fn stores(scenario: &Scenario, workers: &[WorkerName]) -> Result<(), Problem> {
    let stores = &scenario.world.stores;
    if let Some(unused) = stores.listed().find(|listed| !workers.contains(&listed.value)) {
        return Err(stranger(&unused.value, workers).at(unused));
    }
    if stores.is_one() {
        return Ok(());
    }
    let homeless = workers.iter().find(|worker| stores.of(worker.as_str()).is_none());
    let Some(homeless) = homeless else { return Ok(()) };
    let first = scenario.steps.iter().find(|step| step.workers().contains(&homeless));
    let problem = Problem::new(format!("worker `{homeless}` is in no store"));
    Err(problem.help("list it in `world.stores`").at_position(first.map(place).unwrap_or_default(), 1))
}

fn stranger(worker: &WorkerName, workers: &[WorkerName]) -> Problem {
    let names: Vec<&str> = workers.iter().map(WorkerName::as_str).collect();
    let problem = Problem::unknown("worker", worker.as_str(), &names);
    Problem { message: format!("no step is done by worker `{worker}`"), ..problem }
}

fn place(step: &Step) -> Position {
    Position { line: step.line, column: step.column }
}
