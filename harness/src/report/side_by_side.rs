//! Scenarios that are run for several profiles: what each client did with one provider beside what it did with another.

use std::collections::BTreeMap;

use crate::report::summary::RunSummary;
use crate::run::event::EventKind;
use crate::run::outcome::Outcome;

/// All scenarios that were run for several profiles; rows in which a client did not end the same everywhere come first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SideBySide<'a> {
    /// The profiles, in the order in which they first occur.
    pub profiles: Vec<&'a str>,
    /// The scenarios.
    pub rows: Vec<Row<'a>>,
}

/// One scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// The id of its file.
    pub base: &'a str,
    /// The clients in the order of the runs, each with how it ended for each profile; none where it was not run.
    pub clients: Vec<(&'a str, Vec<Option<&'a Outcome>>)>,
}

impl Row<'_> {
    /// Whether a client ended otherwise with one provider than with another.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.clients.iter().any(|(_, outcomes)| differ(outcomes))
    }
}

/// Whether there are two outcomes with different verdicts. What was not run is none.
pub(super) fn differ(outcomes: &[Option<&Outcome>]) -> bool {
    let mut words = outcomes.iter().flatten().map(|outcome| outcome.word());
    words.next().is_some_and(|first| words.any(|word| word != first))
}

impl<'a> SideBySide<'a> {
    /// Finds them in what was run. Without rows where nothing was run for more than one profile.
    #[must_use]
    pub fn of(runs: &'a [RunSummary]) -> Self {
        let mut profiles: Vec<&str> = Vec::new();
        let mut found: BTreeMap<&str, BTreeMap<(usize, &str), &Outcome>> = BTreeMap::new();
        for (number, run) in runs.iter().enumerate() {
            for cell in &run.cells {
                if let Some(EventKind::CellStarted { base: Some(base), profile, .. }) =
                    cell.events.first().map(|event| &event.what)
                {
                    if !profiles.contains(&profile.as_str()) {
                        profiles.push(profile);
                    }
                    found.entry(base).or_default().insert((number, profile), &cell.outcome);
                }
            }
        }
        let row = |(base, outcomes): (&'a str, BTreeMap<(usize, &'a str), &'a Outcome>)| {
            let of =
                |number: usize| profiles.iter().map(|it| outcomes.get(&(number, *it)).copied()).collect::<Vec<_>>();
            let clients = runs.iter().enumerate().map(|(number, run)| (run.client.as_str(), of(number)));
            Row { base, clients: clients.filter(|(_, it)| it.iter().any(Option::is_some)).collect() }
        };
        let mut rows: Vec<Row<'_>> = found.into_iter().map(row).collect();
        rows.sort_by_key(|row| !row.differs());
        Self { profiles, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::SideBySide;
    use crate::report::RunSummary;
    use crate::report::samples::sides;
    use crate::run::outcome::Outcome;

    #[test]
    fn rows_in_which_a_client_ends_otherwise_come_first() {
        let runs: Vec<RunSummary> = sides();
        let table = SideBySide::of(&runs);
        assert_eq!(table.profiles, ["exact-online", "entra"]);
        let bases: Vec<(&str, bool)> = table.rows.iter().map(|row| (row.base, row.differs())).collect();
        assert_eq!(bases, [("side/b", true), ("side/a", false)]);
        let twin = table.rows.first().and_then(|row| row.clients.last()).unwrap();
        assert_eq!(twin.0, "twin");
        assert!(matches!(twin.1.as_slice(), [Some(Outcome::Fail { .. }), Some(Outcome::Pass)]));
    }

    #[test]
    fn what_is_run_for_one_profile_has_no_row() {
        assert_eq!(SideBySide::of(&[crate::report::samples::run()]), SideBySide::default());
    }
}
