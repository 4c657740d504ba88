//! Every run gives the same bytes, in whatever order and company.

use std::sync::Arc;

use idp_harness::client::Mistake;
use idp_harness::run::ClientSource;
use idp_harness::scenario::Scenario;
use idp_harness::snapshot::ScenarioFacts;
use idp_harness::snapshot::transcript;

use crate::support::{run, scenarios};

/// Everything that a run would write, by scenario.
async fn written(source: ClientSource, jobs: usize, backwards: bool) -> Vec<(String, String, String)> {
    let mut plan = scenarios();
    if backwards {
        plan.reverse();
    }
    written_of(source, jobs, plan).await
}

/// The same for some scenarios.
async fn written_of(source: ClientSource, jobs: usize, plan: Vec<Arc<Scenario>>) -> Vec<(String, String, String)> {
    run(source, plan, jobs)
        .await
        .into_iter()
        .map(|(id, run)| {
            let facts = ScenarioFacts { id: id.clone(), ..ScenarioFacts::default() };
            let text = transcript::render(&run.events, &facts);
            (id, serde_json::to_string(&run.events).unwrap(), text)
        })
        .collect()
}

/// Names the scenario that differs, and the first line of its conversation that does.
fn assert_same(one: &[(String, String, String)], other: &[(String, String, String)]) {
    assert_eq!(one.len(), other.len());
    for ((id, events, text), (other_id, other_events, other_text)) in one.iter().zip(other) {
        assert_eq!(id, other_id);
        let line = text.lines().zip(other_text.lines()).find(|(line, other)| line != other);
        assert!(line.is_none() && text == other_text, "{id}: {line:?}");
        assert!(events == other_events, "{id}: the events differ");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_and_one_in_another_order_give_the_same_bytes() {
    let first = written(ClientSource::BuiltIn(None), 4, false).await;
    assert_same(&first, &written(ClientSource::BuiltIn(None), 4, false).await);
    assert_same(&first, &written(ClientSource::BuiltIn(None), 1, true).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_races_does_so_in_the_same_way_every_time() {
    for twin in [Mistake::NoLock, Mistake::StaleAfterLock, Mistake::SavesLate] {
        let first = written(ClientSource::BuiltIn(Some(twin)), 2, false).await;
        for jobs in [1, 8] {
            assert_same(&first, &written(ClientSource::BuiltIn(Some(twin)), jobs, jobs == 8).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_runs_out_while_a_reply_is_held_does_so_in_the_same_way_every_time() {
    let plan = || {
        let all = scenarios().into_iter();
        all.filter(|it| it.id.as_str() == "exact-online/slow-refresh-outlives-a-lock").collect::<Vec<_>>()
    };
    let twin = || ClientSource::BuiltIn(Some(Mistake::LockRunsOut));
    let first = written_of(twin(), 1, plan()).await;
    assert_eq!(first.len(), 1);
    for _ in 0..5 {
        assert_same(&first, &written_of(twin(), 1, plan()).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_run_itself_is_written() {
    for (id, events, text) in written(ClientSource::BuiltIn(None), 4, false).await {
        for volatile in ["127.0.0.1", "/tmp", "demo-client-secret", "correct horse", "stampNL001"] {
            assert!(!events.contains(volatile) && !text.contains(volatile), "{id} holds {volatile}");
        }
    }
}
