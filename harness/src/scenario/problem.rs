//! What is wrong with a piece of a scenario, where, and what to write instead.
//!
//! Types check themselves while serde reads them, and serde's errors can carry only text. A [`Problem`] travels through
//! them as JSON behind a prefix and comes out whole on the other side. Owns that trick and the nearest-name search;
//! knows nothing of files.

use serde::{Deserialize, Serialize, de};

use super::located::Located;

/// What tells a travelling [`Problem`] from a message of serde's own.
const PREFIX: &str = "\u{1}problem:";

/// A place in a scenario file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// A mistake, before it is known in which file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Problem {
    /// Where the value begins; absent as long as nobody has said.
    pub(super) position: Option<Position>,
    /// How many characters into a text value it lies.
    pub(super) offset: usize,
    /// How many characters it covers; 0 stands for as many as the reader knows of.
    pub(super) length: usize,
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { position: None, offset: 0, length: 0, message: message.into(), help: None }
    }

    /// A name that is none of `known`. `what` says what kind of name: `verb`, `field`.
    pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> Self {
        let problem = Self::new(format!("unknown {what} `{name}`"));
        match nearest(name, known) {
            Some(candidate) => problem.help(format!("did you mean `{candidate}`?")),
            None if known.is_empty() => problem,
            None => problem.help(format!("known here: {}", listed(known))),
        }
    }

    /// An item that ought to say one of `names` says none.
    pub(super) fn nothing_of(names: &[&str]) -> Self {
        Self::new("nothing is to be done here").help(format!("write one of {}", listed(names)))
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Points at `length` characters that begin `offset` characters into the text value.
    pub(super) fn within(self, offset: usize, length: usize) -> Self {
        Self { offset, length: length.max(1), ..self }
    }

    /// The same, so many characters further into the text value.
    pub(super) fn shifted(self, by: usize) -> Self {
        let (offset, length) = (self.offset + by, self.length);
        self.within(offset, length)
    }

    /// Says where the value is, unless that is known already.
    pub(super) fn at<T>(self, value: &Located<T>) -> Self {
        self.at_position(value.position, value.length)
    }

    /// As [`Problem::at`], for what is known by its position alone.
    pub(super) fn at_position(mut self, position: Position, length: usize) -> Self {
        if self.position.is_none() {
            self.position = Some(position);
            if self.length == 0 {
                self.length = length;
            }
        }
        self
    }

    /// Hands the problem to serde.
    pub(super) fn raise<E: de::Error>(self) -> E {
        match serde_json::to_string(&self) {
            Ok(json) => E::custom(format!("{PREFIX}{json}")),
            // A struct of numbers and texts always serializes; losing the place is the worst that could happen.
            Err(_) => E::custom(self.message),
        }
    }

    /// Takes a problem back out of a message of serde's, if it holds one.
    pub(super) fn recover(message: &str) -> Option<Self> {
        serde_json::from_str(message.strip_prefix(PREFIX)?).ok()
    }
}

/// The one of `known` that `name` is most likely a slip of, if any is near enough: a third of the longer name may differ.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let wanted = plain(name);
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &plain(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= (wanted.chars().count().max(candidate.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Names for a sentence: "`a`, `b`, `c`".
pub(super) fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_up_to_a_third_of_its_length_away() {
        let known = ["authorize", "advance", "call"];
        let cases = [
            ("a letter is missing", "autorize", Some("authorize")),
            ("two letters are swapped", "autohrize", Some("authorize")),
            ("the case differs", "Call", Some("call")),
            ("three of nine differ", "authoxxxe", Some("authorize")),
            ("four of nine differ", "authxxxxe", None),
            ("a short name may lose one letter", "cll", Some("call")),
            ("a short name may not lose two", "cl", None),
            ("nothing is alike", "zzz", None),
        ];
        for (name, given, want) in cases {
            assert_eq!(nearest(given, &known), want, "{name}");
        }
    }

    #[test]
    fn a_problem_comes_out_of_an_error_as_it_went_in() {
        let problem = Problem::new("a \u{1} \"text\"").help("b").within(3, 2);
        let error: serde_json::Error = problem.clone().raise();
        // serde_json adds the place of the error to what it shows, which YAML's errors keep apart.
        let shown = error.to_string();
        let message = shown.split(" at line ").next().unwrap();
        assert_eq!(Problem::recover(message), Some(problem));
        assert_eq!(Problem::recover("invalid type"), None);
    }

    #[test]
    fn the_first_to_say_where_is_believed() {
        let here = Position { line: 2, column: 3 };
        let problem = Problem::new("x").at_position(here, 4).at_position(Position { line: 9, column: 9 }, 1);
        assert_eq!((problem.position, problem.length), (Some(here), 4));
    }
}
