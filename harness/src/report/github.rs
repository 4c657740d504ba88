//! GitHub annotations: workflow commands on stdout that put each problem at its line of the scenario's file.

use crate::report::summary::{CellResult, RunSummary};
use crate::run::outcome::{Level, Outcome};
use crate::snapshot::store::State;

/// One line for each problem of each run; empty when there is none.
#[must_use]
pub fn render(runs: &[RunSummary]) -> String {
    let mut lines = Vec::new();
    for run in runs {
        for cell in &run.cells {
            lines.extend(of_cell(run, cell));
        }
        for orphan in &run.orphans {
            let file = orphan.display().to_string();
            lines.push(command("error", &file, 1, "orphaned snapshot", "no scenario has this id"));
        }
    }
    lines.concat()
}

fn of_cell(run: &RunSummary, cell: &CellResult) -> Vec<String> {
    let mut lines = Vec::new();
    let file = cell.facts.file.as_str();
    let title = |what: &str| format!("{}: {what}", run.client);
    let line_of = |exchanges: &[u32]| cell.steps_of(exchanges).first().map_or(1, |(_, line, _)| *line);
    match &cell.outcome {
        Outcome::Fail { reasons } => {
            for reason in reasons {
                let (id, why) = reason.split_once(": ").unwrap_or(("failed", reason));
                let rule = cell.broken_rules(Level::Must).find(|result| result.rule == id);
                let unmet = || cell.unmet().next().map_or(1, |(_, line, ..)| line);
                let line = rule.map_or_else(unmet, |result| line_of(&result.exchanges));
                lines.push(command("error", file, line, &title(id), why));
            }
        }
        Outcome::UnexpectedPass { .. } | Outcome::Inconclusive { .. } | Outcome::Broken { .. } => {
            lines.push(command("error", file, 1, &title(cell.outcome.word()), &cell.reasons().join("\n")));
        }
        Outcome::Pass | Outcome::KnownFailure { .. } | Outcome::NotSupported { .. } => {}
    }
    for warning in cell.broken_rules(Level::Should) {
        lines.push(command("warning", file, line_of(&warning.exchanges), &title(&warning.rule), &warning.why));
    }
    if let Some(open) = cell.comparison.as_ref().filter(|comparison| comparison.is_open()) {
        let (what, text) = match &open.state {
            State::Changed { diff } => ("snapshot changed", diff.as_str()),
            State::New | State::Same => ("snapshot new", "there is no snapshot yet"),
        };
        lines.push(command("error", &open.path.display().to_string(), 1, &title(what), text));
    }
    lines
}

fn command(level: &str, file: &str, line: u32, title: &str, text: &str) -> String {
    let (file, title) = (property(file), property(title));
    format!("::{level} file={file},line={line},title={title}::{}\n", message(text.trim_end()))
}

/// Escapes as the runner's own toolkit does: a text with a line break must not end the command, or begin another.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{command, render};
    use crate::report::samples;

    #[test]
    fn each_problem_is_at_its_line() {
        insta::assert_snapshot!(render(&[samples::run()]), @"
        ::error file=scenarios/exact-online/two-workers-refresh-at-once.yaml,line=14,title=reference%3A refresh/one-at-a-time::rt:1 was presented twice
        ::error file=scenarios/exact-online/two-workers-refresh-at-once.yaml,line=17,title=reference%3A expectation::step 3: status 200, found error reauthorize
        ::warning file=scenarios/exact-online/two-workers-refresh-at-once.yaml,line=12,title=reference%3A token/credentials-in-header::client_secret came in the body
        ::error file=scenarios/a/stale.yaml,line=1,title=reference%3A unexpected pass::a/b (ci/known-failing/reference.yaml:4)
        ::error file=scenarios/a/inconclusive.yaml,line=1,title=reference%3A inconclusive::refresh_token_superseded
        ::error file=scenarios/a/broken.yaml,line=1,title=reference%3A broken::the adapter left with status 1%0ATraceback
        ::error file=snapshots/reference/a/changed.snap,line=1,title=reference%3A snapshot changed::@@ -1 +1 @@%0A-old%0A+new
        ::error file=snapshots/reference/a/new.snap,line=1,title=reference%3A snapshot new::there is no snapshot yet
        ::error file=snapshots/reference/a/gone.snap,line=1,title=orphaned snapshot::no scenario has this id
        ");
    }

    #[test]
    fn no_text_can_begin_another_command() {
        let line = command("error", "a,b:c", 1, "t\n::set", "100%\r\n::stop-commands::x");
        assert_eq!(line, "::error file=a%2Cb%3Ac,line=1,title=t%0A%3A%3Aset::100%25%0D%0A::stop-commands::x\n");
    }
}
