//! A scenario before it is written down.

use std::fmt::Write as _;

/// The widest line of a comment, in characters.
const WIDTH: usize = 130;

/// So many things that would explain as much as a guess are named beside it.
pub(super) const ALTERNATIVES: usize = 3;

/// A step before it is written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What stands above it: what was guessed, and what else it may have been.
    pub comments: Vec<String>,
    /// The verb, with what it takes, in YAML.
    pub verb: String,
    /// The worker, where it is not the first.
    pub worker: Option<String>,
    /// What its answer must be, in YAML.
    pub expect: Option<String>,
    /// For readers.
    pub note: Option<String>,
}

impl Draft {
    /// A verb with what it takes.
    pub(super) fn new(verb: impl Into<String>) -> Self {
        Self { verb: verb.into(), ..Self::default() }
    }

    pub(super) fn comment(mut self, text: impl Into<String>) -> Self {
        self.comments.push(text.into());
        self
    }

    pub(super) fn expect(mut self, text: impl Into<String>) -> Self {
        self.expect = Some(text.into());
        self
    }
}

/// A scenario that was made of a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// What stands at the top: where it is from, and what is missing.
    pub comments: Vec<String>,
    /// The title.
    pub title: String,
    /// What goes on.
    pub about: String,
    /// The error texts of the recording.
    pub reproduces: Vec<String>,
    /// What to change, where that is known.
    pub remedy: Option<String>,
    /// Where it is known from.
    pub sources: Vec<String>,
    /// The profile.
    pub profile: String,
    /// Lines of `world`, in YAML, without their indent.
    pub world: Vec<String>,
    /// The steps.
    pub steps: Vec<Draft>,
    /// What must occur in the run.
    pub reaches: Vec<String>,
}

impl Imported {
    /// How many things were guessed.
    #[must_use]
    pub fn guesses(&self) -> usize {
        let comments = self.comments.iter().chain(self.steps.iter().flat_map(|step| &step.comments));
        comments.filter(|text| text.starts_with("guessed")).count()
    }

    /// Drops what the step at this line (from 1) of the text must be answered with, and says why. Nothing if there is no such step.
    pub fn weaken(&mut self, line: usize, why: &str) -> bool {
        let (_, lines) = self.text_and_lines();
        let Some(place) = lines.iter().rposition(|begins| *begins <= line) else { return false };
        let Some(step) = self.steps.get_mut(place) else { return false };
        if step.expect.as_deref() == Some(ANY) {
            return false;
        }
        let was = step.expect.take().map_or(String::new(), |was| format!(" (recorded: {was})"));
        // What must succeed without an `expect` gets one that it cannot fail.
        let must_succeed = ["authorize", "grant", "device", "poll"].iter().any(|verb| step.verb.starts_with(verb));
        step.expect = must_succeed.then(|| ANY.to_owned());
        step.comments.push(format!("{why}{was}"));
        true
    }

    /// Makes sure that something is judged, if only that the client does not crash.
    pub(super) fn judge_something(&mut self) {
        if !self.reaches.is_empty() || self.steps.iter().any(|step| step.expect.is_some()) {
            return;
        }
        let has_answer = |step: &&mut Draft| {
            let verbs = ["authorize", "call", "refresh", "grant", "device", "poll", "deliver", "http"];
            verbs.iter().any(|verb| step.verb.starts_with(verb))
        };
        if let Some(step) = self.steps.iter_mut().find(has_answer) {
            step.expect = Some(ANY.to_owned());
        }
    }

    /// As a scenario file.
    #[must_use]
    pub fn text(&self) -> String {
        self.text_and_lines().0
    }

    /// The file, and the line (from 1) on which each step begins.
    fn text_and_lines(&self) -> (String, Vec<usize>) {
        let mut text = String::new();
        // Writing to a string cannot fail.
        for it in &self.comments {
            comment(&mut text, "", it);
        }
        let _ = writeln!(text, "title: {}", quoted(&self.title));
        let _ = writeln!(text, "about: {}", quoted(&self.about));
        if !self.reproduces.is_empty() {
            text.push_str("reproduces:\n");
            for it in &self.reproduces {
                let _ = writeln!(text, "  - {}", quoted(it));
            }
        }
        if let Some(remedy) = &self.remedy {
            let _ = writeln!(text, "remedy: {}", quoted(remedy));
        }
        let sources: Vec<String> = self.sources.iter().map(|source| quoted(source)).collect();
        let _ = writeln!(text, "sources: [{}]", sources.join(", "));
        let _ = writeln!(text, "tags: [imported]\nprofile: {}", self.profile);
        if !self.world.is_empty() {
            text.push_str("world:\n");
            for line in &self.world {
                let _ = writeln!(text, "  {line}");
            }
        }
        text.push_str("steps:\n");
        let mut lines = Vec::new();
        for step in &self.steps {
            for it in &step.comments {
                comment(&mut text, "  ", it);
            }
            lines.push(text.lines().count() + 1);
            let is_alone = !step.verb.contains(' ');
            let more = step.worker.is_some() || step.expect.is_some() || step.note.is_some();
            let _ = writeln!(text, "  - {}{}", step.verb, if is_alone && more { ": ~" } else { "" });
            if let Some(worker) = &step.worker {
                let _ = writeln!(text, "    worker: {worker}");
            }
            if let Some(expect) = &step.expect {
                let _ = writeln!(text, "    expect: {expect}");
            }
            if let Some(note) = &step.note {
                let _ = writeln!(text, "    note: {}", quoted(note));
            }
        }
        if !self.reaches.is_empty() {
            let reaches: Vec<String> = self.reaches.iter().map(|name| quoted(name)).collect();
            let _ = writeln!(text, "reaches: [{}]", reaches.join(", "));
        }
        (text, lines)
    }
}

/// However it ends.
const ANY: &str = "{ any: true }";

fn comment(text: &mut String, indent: &str, what: &str) {
    let mut line = format!("{indent}#");
    for word in what.split_whitespace() {
        if line.chars().count() + word.chars().count() >= WIDTH {
            let _ = writeln!(text, "{line}");
            line = format!("{indent}#  ");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

/// A text as YAML: JSON's strings are YAML's, where they have no characters that YAML counts among line breaks.
pub(super) fn quoted(text: &str) -> String {
    let one_line: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}') { ' ' } else { c })
        .collect();
    serde_json::Value::String(one_line.trim().to_owned()).to_string()
}
