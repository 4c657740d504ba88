//! A mistake in a scenario file as its author sees it: file, line, column, the line itself, and what to do.

use std::fmt;

use super::document::MAX_FILE_BYTES;
use super::problem::{Position, Problem};

/// How much of a long line a snippet shows, in characters.
const SNIPPET_WIDTH: usize = 110;
/// How much of it stands before the mistake, when the line must be cut there.
const SNIPPET_LEAD: usize = 40;

/// What is wrong with a scenario file. Shows itself like a compiler's message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError {
    file: String,
    position: Position,
    length: usize,
    message: String,
    help: Option<String>,
    source_line: Option<String>,
}

impl ScenarioError {
    pub(super) fn new(file: &str, text: &str, problem: Problem) -> Self {
        let position = problem.position.unwrap_or(Position { line: 1, column: 1 });
        let source_line = position.line.checked_sub(1).and_then(|index| text.lines().nth(index as usize));
        Self {
            file: file.to_owned(),
            position,
            length: problem.length.max(1),
            message: problem.message,
            help: problem.help,
            source_line: source_line.map(str::to_owned),
        }
    }

    pub(super) fn too_large(file: &str) -> Self {
        let problem = Problem::new(format!("the file is larger than {} KiB", MAX_FILE_BYTES / 1024));
        Self::new(file, "", problem.help("a scenario is something that a person reads"))
    }

    /// The file, as it was named to the loader.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line of the mistake, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.position.line
    }

    /// The column of the mistake in characters, from 1.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.position.column
    }

    /// What is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where there is something to suggest.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The whole message with the snippet, several lines without a final line break.
    #[must_use]
    pub fn render(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        let margin = " ".repeat(line.to_string().len());
        write!(f, "error: {}", printable(&self.message))?;
        write!(f, "\n{margin}--> {}:{line}:{column}", printable(&self.file))?;
        if let Some(source_line) = &self.source_line {
            let (shown, carets_at, carets) = snippet(source_line, column, self.length);
            write!(f, "\n{margin} |\n{line} | {shown}")?;
            write!(f, "\n{margin} | {}{}", " ".repeat(carets_at), "^".repeat(carets))?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n{margin} |\n{margin} = help: {}", printable(help))?;
        }
        Ok(())
    }
}

impl std::error::Error for ScenarioError {}

/// The part of `line` to show, how many characters stand before the carets, and how many carets there are.
fn snippet(line: &str, column: u32, length: usize) -> (String, usize, usize) {
    let characters: Vec<char> = printable(line.trim_end()).chars().collect();
    let at = (column.saturating_sub(1) as usize).min(characters.len());
    let cut = if characters.len() > SNIPPET_WIDTH { at.saturating_sub(SNIPPET_LEAD) } else { 0 };
    let mut shown: String = characters.iter().skip(cut).take(SNIPPET_WIDTH).collect();
    let shown_length = shown.chars().count();
    let mut carets_at = at - cut;
    let carets = length.min(shown_length.saturating_sub(carets_at)).max(1);
    if cut + shown_length < characters.len() {
        shown.push('…');
    }
    if cut > 0 {
        shown.insert(0, '…');
        carets_at += 1;
    }
    (shown, carets_at, carets)
}

/// The same number of characters with nothing in it that a terminal would act on.
fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => ' ',
            // Marks that turn the direction of writing would show another text than the file holds.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
            other if other.is_control() => char::REPLACEMENT_CHARACTER,
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, line: u32, column: u32, length: usize) -> ScenarioError {
        let problem = Problem::new("unknown verb `autorize`").help("did you mean `authorize`?");
        ScenarioError::new("scenarios/x.yaml", text, problem.at_position(Position { line, column }, length))
    }

    #[test]
    fn the_snippet_points_at_the_word() {
        let text = "title: x\nsteps:\n  - autorize\n";
        assert_eq!(
            error(text, 3, 5, 8).render(),
            "error: unknown verb `autorize`\n --> scenarios/x.yaml:3:5\n  |\n3 |   - autorize\n  |     ^^^^^^^^\n  |\n  \
             = help: did you mean `authorize`?"
        );
    }

    #[test]
    fn the_margin_is_as_wide_as_the_line_number() {
        let text = "\n".repeat(99) + "abc\n";
        let shown = error(&text, 100, 2, 1).render();
        assert!(shown.contains("\n   --> scenarios/x.yaml:100:2\n    |\n100 | abc\n    |  ^\n"), "{shown}");
    }

    #[test]
    fn carets_stay_within_the_line() {
        assert!(error("abc\n", 1, 2, 90).render().contains("\n  |  ^^\n"));
        assert!(error("abc\n", 1, 40, 1).render().contains("\n  |    ^\n"), "past the end of the line");
        assert!(!error("abc\n", 9, 1, 1).render().contains('^'), "past the end of the file");
    }

    #[test]
    fn a_long_line_is_cut_around_the_mistake() {
        let text = "a".repeat(300) + "MISTAKE" + &"b".repeat(300);
        let shown = error(&text, 1, 301, 7).render();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[3].chars().filter(|c| *c == '…').count(), 2, "{shown}");
        let carets: Vec<usize> = lines[4].char_indices().filter(|(_, c)| *c == '^').map(|(at, _)| at).collect();
        let marked: String = lines[3].chars().skip(carets[0]).take(carets.len()).collect();
        assert_eq!(marked, "MISTAKE", "{shown}");
    }

    #[test]
    fn nothing_that_a_terminal_acts_on_is_printed() {
        let shown = error("\u{1b}[31m\tred\u{202e}\n", 1, 1, 1).render();
        assert!(!shown.contains(['\u{1b}', '\t', '\u{202e}']), "{shown:?}");
        assert!(shown.contains("\u{fffd}[31m red\u{fffd}"), "{shown:?}");
    }
}
