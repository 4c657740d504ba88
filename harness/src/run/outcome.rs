//! Verdicts: of one rule, and of one cell. Owns the words; decides nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How binding a rule is (RFC 2119).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Breaking it fails the cell.
    Must,
    /// Breaking it warns.
    Should,
}

/// What was found about one rule in one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleResult {
    /// The rule's id.
    pub rule: String,
    /// How binding it is.
    pub level: Level,
    /// What was found.
    pub verdict: RuleVerdict,
    /// Why, with the evidence in words; empty when kept.
    pub why: String,
    /// The exchanges that show it, in order.
    pub exchanges: Vec<u32>,
}

/// The verdict on one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// The rule was put to the test and kept.
    Kept,
    /// The rule was broken.
    Broken,
}

/// How a cell ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// All rules kept, all expectations met, the interesting state reached.
    Pass,
    /// The client broke a rule that binds, or an expectation was not met.
    Fail {
        /// One line each: rule ids and expectations.
        reasons: Vec<String>,
    },
    /// It failed as the known-failures file says it does.
    KnownFailure {
        /// What failed.
        reasons: Vec<String>,
        /// The cause that the file gives.
        because: String,
    },
    /// The known-failures file says that it fails, and it did not (or in other rules than stated).
    UnexpectedPass {
        /// What the file says that did not happen.
        stale: Vec<String>,
    },
    /// Nothing wrong was seen, but the state that the scenario is about was never reached, or a rule that it is about was
    /// never put to the test.
    Inconclusive {
        /// What is missing.
        missing: Vec<String>,
    },
    /// The client cannot do what the scenario needs.
    NotSupported {
        /// Which capabilities are missing.
        missing: Vec<String>,
    },
    /// The harness or the adapter broke; nothing is known about the client.
    Broken {
        /// How.
        why: String,
    },
}

impl Outcome {
    /// The verdict's word, as reports print it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail { .. } => "fail",
            Self::KnownFailure { .. } => "known failure",
            Self::UnexpectedPass { .. } => "unexpected pass",
            Self::Inconclusive { .. } => "inconclusive",
            Self::NotSupported { .. } => "not supported",
            Self::Broken { .. } => "broken",
        }
    }
}
