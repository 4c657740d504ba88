//! A page in Markdown, for the summary of a job on GitHub: the sums of each client, and the providers side by side.

use std::fmt::Write as _;

use crate::report::side_by_side::{SideBySide, differ};
use crate::report::summary::RunSummary;
use crate::run::outcome::Outcome;

/// The page.
#[must_use]
pub fn render(runs: &[RunSummary]) -> String {
    let mut text = String::from(
        "### Clients\n\n| client | library | passed | failed | other |\n| --- | --- | --- | --- | --- |\n",
    );
    for run in runs {
        let counts = run.counts();
        let other = counts.total() - counts.passed - counts.failed;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {other} |",
            escaped(&run.client),
            escaped(&run.library),
            counts.passed,
            counts.failed
        );
    }
    text.push_str(&side_by_side(runs));
    text
}

fn side_by_side(runs: &[RunSummary]) -> String {
    let table = SideBySide::of(runs);
    if table.rows.is_empty() {
        return String::new();
    }
    let profiles: Vec<String> = table.profiles.iter().map(|profile| escaped(profile)).collect();
    let mut text = format!("\n### Side by side\n\n| scenario | client | {} |\n", profiles.join(" | "));
    text.push_str(&"| --- ".repeat(profiles.len() + 2));
    text.push_str("|\n");
    for row in &table.rows {
        let names: Vec<String> = row.clients.iter().map(|(client, _)| escaped(client)).collect();
        let column = |place: usize| {
            let of = |(_, outcomes): &(&str, Vec<Option<&Outcome>>)| {
                let word = outcomes.get(place).copied().flatten().map_or("-", Outcome::word);
                if differ(outcomes) { format!("**{word}**") } else { word.to_owned() }
            };
            row.clients.iter().map(of).collect::<Vec<_>>().join("<br>")
        };
        let columns: Vec<String> = (0..profiles.len()).map(column).collect();
        let _ = writeln!(text, "| {} | {} | {} |", escaped(row.base), names.join("<br>"), columns.join(" | "));
    }
    text
}

/// A text in a cell of a table: a bar would end it, and nothing in it is markup.
fn escaped(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace('&', "&amp;").replace('<', "&lt;").replace('|', "\\|").replace('`', "\\`").replace('*', "\\*")
}

#[cfg(test)]
mod tests {
    use super::{escaped, render};
    use crate::report::samples::sides;

    #[test]
    fn the_page_has_the_sums_and_the_providers_side_by_side() {
        insta::assert_snapshot!(render(&sides()), @"
        ### Clients

        | client | library | passed | failed | other |
        | --- | --- | --- | --- | --- |
        | reference | reference 1 | 4 | 0 | 0 |
        | twin | twin 1 | 3 | 1 | 0 |

        ### Side by side

        | scenario | client | exact-online | entra |
        | --- | --- | --- | --- |
        | side/b | reference<br>twin | pass<br>**fail** | pass<br>**pass** |
        | side/a | reference<br>twin | pass<br>pass | pass<br>pass |
        ");
    }

    #[test]
    fn no_text_ends_its_cell_or_is_markup() {
        assert_eq!(escaped("a|b\n<br> `x`"), "a\\|b &lt;br> \\`x\\`");
    }
}
