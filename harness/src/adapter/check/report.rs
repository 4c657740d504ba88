//! What a check found, as data and as text.

use std::fmt;

/// The steps of a check, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// The adapter's name and its library, once it has said them.
    pub adapter: Option<String>,
    /// All steps, also those that were not reached.
    pub steps: Vec<CheckStep>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckStep {
    /// What is tried, in a few words.
    pub title: &'static str,
    /// What a good adapter does, in a sentence.
    pub expected: &'static str,
    /// The conversation, in order: lines beginning with `>` were sent to the adapter, with `<` came from it, with `*` happened
    /// at the provider.
    pub lines: Vec<String>,
    /// How it went.
    pub verdict: StepVerdict,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepVerdict {
    /// As it should.
    Good,
    /// Not so: one sentence for each thing that is wrong.
    Wrong(Vec<String>),
    /// It was not tried, and why.
    Skipped(String),
}

impl CheckReport {
    /// Whether nothing is wrong. A step that was skipped because of an earlier one is not held against it: the earlier one is.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| !matches!(step.verdict, StepVerdict::Wrong(_)))
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(adapter) = &self.adapter {
            writeln!(f, "{adapter}\n")?;
        }
        for (n, step) in self.steps.iter().enumerate() {
            write!(f, "{:>2}. {step}", n + 1)?;
        }
        let count = |wanted: fn(&StepVerdict) -> bool| self.steps.iter().filter(|step| wanted(&step.verdict)).count();
        let good = count(|verdict| matches!(verdict, StepVerdict::Good));
        let wrong = count(|verdict| matches!(verdict, StepVerdict::Wrong(_)));
        let skipped = count(|verdict| matches!(verdict, StepVerdict::Skipped(_)));
        write!(f, "\n{good} good, {wrong} wrong, {skipped} skipped")
    }
}

impl fmt::Display for CheckStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match &self.verdict {
            StepVerdict::Good => "good",
            StepVerdict::Wrong(_) => "WRONG",
            StepVerdict::Skipped(_) => "skipped",
        };
        writeln!(f, "{}: {word}", self.title)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "      {line}"))?;
        match &self.verdict {
            StepVerdict::Good => Ok(()),
            StepVerdict::Skipped(why) => writeln!(f, "    {why}"),
            StepVerdict::Wrong(problems) => {
                problems.iter().try_for_each(|problem| writeln!(f, "    wrong: {problem}"))?;
                writeln!(f, "    expected: {}", self.expected)
            }
        }
    }
}
