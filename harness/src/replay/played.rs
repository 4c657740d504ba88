//! What comes of playing a recording, and how it is said in a few words.

use url::Url;

use super::compare::{Difference, Weight};
use super::params::{json, of_url};
use super::turn::TurnKind;
use crate::capture::CapturedResponse;
use crate::run::person::text_of;
use crate::scenario::Authorize;

/// What is said where there is no answer.
pub(super) const NO_ANSWER: &str = "no answer";

/// What came of playing a recording.
#[derive(Debug, Clone)]
pub struct Played {
    /// The turns of the conversation, by where they end.
    pub turns: Vec<PlayedTurn>,
    /// What was assumed of the world at the beginning.
    pub world: Vec<String>,
    /// How many exchanges of the recording are none of the provider's.
    pub foreign: usize,
}

/// A turn, as recorded and as played.
#[derive(Debug, Clone)]
pub struct PlayedTurn {
    /// What it is.
    pub kind: TurnKind,
    /// The entries of the recording, from 1.
    pub entries: Vec<usize>,
    /// Its places in the recording's list of exchanges.
    pub exchanges: Vec<usize>,
    /// When it ended, in milliseconds since 1970 by the provider's clock.
    pub at: i64,
    /// The request line, without the values of parameters.
    pub request: String,
    /// What was answered, in a few words.
    pub recorded: String,
    /// What is answered here.
    pub here: String,
    /// Whether that is the same.
    pub verdict: Verdict,
    /// What a person was asked and did, where one took part.
    pub visit: Option<PersonAsked>,
}

/// A person at a provider's pages, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonAsked {
    /// Where the browser was sent at last: to the client. Nothing where it never was.
    pub end: Option<Url>,
    /// What the person did there.
    pub owner: Authorize,
    /// What the page says is wrong where it ends here, if that is one of those that say so.
    pub message: Option<String>,
}

/// Whether two answers are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// In all that matters; perhaps with remarks.
    Agrees(Vec<Difference>),
    /// They are not.
    Differs(Vec<Difference>),
    /// That cannot be said, for this reason.
    NotCompared(String),
}

impl Played {
    /// Nothing was played.
    pub(super) const fn nothing() -> Self {
        Self { turns: Vec::new(), world: Vec::new(), foreign: 0 }
    }

    /// The first turn that differs.
    #[must_use]
    pub fn first_difference(&self) -> Option<(usize, &PlayedTurn)> {
        self.turns.iter().enumerate().find(|(_, turn)| matches!(turn.verdict, Verdict::Differs(_)))
    }

    /// How many turns agree, and how many were compared.
    #[must_use]
    pub fn agreement(&self) -> (usize, usize) {
        let compared = self.turns.iter().filter(|turn| !matches!(turn.verdict, Verdict::NotCompared(_)));
        let agree = self.turns.iter().filter(|turn| matches!(turn.verdict, Verdict::Agrees(_)));
        (agree.count(), compared.count())
    }
}

pub(super) fn verdict(differences: Vec<Difference>) -> Verdict {
    if differences.iter().any(|it| it.weight == Weight::Behaviour) {
        Verdict::Differs(differences)
    } else {
        Verdict::Agrees(differences)
    }
}

pub(super) fn names(url: &Url) -> String {
    let all = of_url(url);
    match all.iter().find(|(name, _)| name == "error") {
        Some((_, error)) => format!("error {error}"),
        None => all.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", "),
    }
}

pub(super) fn page_summary(page: &CapturedResponse) -> String {
    let says = text_of(&String::from_utf8_lossy(page.body.bytes()));
    let says: String = says.chars().take(120).collect();
    format!("page {}: {says}", page.status)
}

/// An answer in a few words.
pub(super) fn summary(response: Option<&CapturedResponse>) -> String {
    let Some(response) = response else { return NO_ANSWER.to_owned() };
    let error = |value: &serde_json::Value| {
        let error = value.get("error")?;
        let code = error.as_str().or_else(|| error.get("code")?.as_str())?.to_owned();
        let said =
            value.get("error_description").or_else(|| error.pointer("/message/value")).or_else(|| error.get("message"));
        let said = said.and_then(serde_json::Value::as_str).and_then(|said| said.lines().next()).unwrap_or_default();
        Some(format!(" {code}: {said}"))
    };
    let said = json(response).as_ref().and_then(error);
    let plain = || {
        let text = String::from_utf8_lossy(response.body.bytes()).into_owned();
        let line: String = text.lines().next().unwrap_or_default().chars().take(80).collect();
        if response.status >= 400 && !line.is_empty() { format!(" {line}") } else { String::new() }
    };
    format!("{}{}", response.status, said.unwrap_or_else(plain))
}
