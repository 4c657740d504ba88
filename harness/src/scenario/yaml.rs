//! From YAML text to a type, with every mistake in words and in its place.
//!
//! Owns the reader's limits and the translation of the YAML library's errors. Knows nothing of scenarios.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_yaml::{DefaultMessageFormatter, Error, MergeKeyPolicy, MessageFormatter, Options};

use super::located::narrow;
use super::problem::{Position, Problem, listed};

/// How deep lists and maps may lie in one another. A scenario needs seven.
const MAX_DEPTH: usize = 32;
/// How many values a file may hold, each alias counted as all that it stands for.
const MAX_NODES: usize = 50_000;

/// Reads one YAML document.
///
/// The text is read twice: first for its syntax alone, since an unclosed bracket otherwise shows as a value of the wrong
/// type.
///
/// # Errors
/// A located [`Problem`]: no valid YAML, nested deeper than [`MAX_DEPTH`], more than [`MAX_NODES`] values, a key given
/// twice, or not what `T` reads.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    parse::<IgnoredAny>(text)?;
    parse(text)
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Problem> {
    serde_yaml::from_str_with_options(text, options()).map_err(|error| explain(&error, text))
}

fn options() -> Options {
    serde_yaml::options! {
        with_snippet: false,
        // `yes` is a text to every reader of YAML 1.2 and to an editor with our schema.
        strict_booleans: true,
        reject_unsupported_tags: true,
        // An anchor's home would be a field that nobody knows.
        merge_keys: MergeKeyPolicy::Error,
        budget: serde_yaml::budget! { max_depth: MAX_DEPTH, max_nodes: MAX_NODES },
    }
}

/// Turns the library's error into ours, at the place it names or at the place a travelling problem brought along.
fn explain(error: &Error, text: &str) -> Problem {
    let (position, length) = match error.location() {
        Some(place) if place.line() > 0 => (
            Position { line: narrow(place.line()), column: narrow(place.column()) },
            usize::try_from(place.span().len()).unwrap_or(0),
        ),
        Some(_) | None => (Position { line: 1, column: 1 }, 0),
    };
    let problem = translate(error, &Source { text, position, length }).at_position(position, length);
    inside_quotes(problem, text)
}

/// A travelling problem counts characters of the value; in the file the value may begin with a quotation mark.
fn inside_quotes(mut problem: Problem, text: &str) -> Problem {
    if problem.length == 0 {
        problem.length = 1;
    }
    let (Some(position), 1..) = (problem.position, problem.offset) else { return problem };
    let quoted = matches!(character(text, position), Some('"' | '\''));
    let aliased = character(text, position) == Some('*');
    let shift = u32::try_from(problem.offset + usize::from(quoted)).unwrap_or(u32::MAX);
    let shifted = Position { column: position.column.saturating_add(shift), ..position };
    // A text over several lines, or one that stands elsewhere, is pointed at as a whole.
    if aliased || character(text, shifted).is_none() {
        problem.length = 1;
    } else {
        problem.position = Some(shifted);
    }
    problem.offset = 0;
    problem
}

fn character(text: &str, at: Position) -> Option<char> {
    text.lines().nth(at.line.checked_sub(1)? as usize)?.chars().nth(at.column.checked_sub(1)? as usize)
}

/// What stands where an error points.
struct Source<'a> {
    text: &'a str,
    position: Position,
    length: usize,
}

impl Source<'_> {
    /// What was found there, for "expected …, found …". A list or map without brackets has no length of its own.
    fn found(&self) -> String {
        match (character(self.text, self.position), self.length) {
            (Some('['), 0 | 1) | (Some('-'), 0) => "a list".to_owned(),
            (Some('{'), 0 | 1) => "a map".to_owned(),
            (None, _) => "nothing".to_owned(),
            (Some(first), 0) if first.is_whitespace() || first == ':' => "nothing".to_owned(),
            (Some(_), 0) => "a map".to_owned(),
            (Some(_), length) => {
                let line = self.text.lines().nth(self.position.line.saturating_sub(1) as usize).unwrap_or_default();
                let start = self.position.column.saturating_sub(1) as usize;
                format!("`{}`", line.chars().skip(start).take(length.min(40)).collect::<String>())
            }
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's error enum is open and larger than what we reword")]
fn translate(error: &Error, source: &Source<'_>) -> Problem {
    let expected = |what: &str| Problem::new(format!("expected {what}, found {}", source.found()));
    match error {
        Error::AliasError { error, .. } => translate(error, source),
        Error::WithSnippet { error, .. } => translate(error, source),
        Error::Message { msg, .. } => Problem::recover(msg).unwrap_or_else(|| Problem::new(msg.clone())),
        Error::SerdeUnknownField { field, expected, .. } => Problem::unknown("field", field, expected),
        Error::SerdeUnknownVariant { variant, expected, .. } => Problem::unknown("value", variant, expected),
        Error::SerdeMissingField { field, .. } => Problem::new(format!("the field `{field}` is missing")),
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            Problem::new(format!("expected {expected}, found {unexpected}"))
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => Problem::new(format!("`{key}` is given twice")),
        Error::DuplicateMappingKey { key: None, .. } => Problem::new("a key is given twice"),
        Error::Unexpected { expected: "mapping start", .. } => expected("a map"),
        Error::Unexpected { expected: "sequence start", .. } => expected("a list"),
        Error::Unexpected { expected: "string scalar", .. } => expected("text"),
        Error::NullIntoString { .. } => Problem::new("expected text, found nothing"),
        Error::InvalidScalar { ty: "boolean", .. } | Error::InvalidBooleanStrict { .. } => {
            expected("`true` or `false`")
        }
        Error::InvalidScalar { ty, .. } => match *ty {
            "u8" | "u16" | "u32" | "u64" | "usize" => expected("a whole number, not negative"),
            _ => expected(ty),
        },
        Error::Eof { .. } => Problem::new("the file is empty"),
        Error::MergeKeyNotAllowed { .. } => Problem::new("merge keys (`<<`) are not used here"),
        Error::ExternallyTaggedEnumExpectedScalarOrMapping { .. } => expected("a word"),
        Error::UnexpectedValueForUnitEnumVariant { .. } => expected("nothing after this word"),
        Error::MultipleDocuments { .. } => {
            Problem::new("a second document begins here").help("a file holds one document; remove the `---`")
        }
        Error::UnsupportedTag { tag, .. } => Problem::new(format!("YAML tags such as `{tag}` are not used here")),
        Error::Budget { breach, .. } => budget(breach),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => Problem::new("the aliases in this file stand for too much"),
        other => Problem::new(DefaultMessageFormatter.format_message(other).into_owned()),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is open; other limits are its own words")]
fn budget(breach: &serde_yaml::budget::BudgetBreach) -> Problem {
    use serde_yaml::budget::BudgetBreach;
    match breach {
        BudgetBreach::Depth { .. } => Problem::new(format!("nested more than {MAX_DEPTH} levels deep")),
        BudgetBreach::Nodes { .. } => Problem::new(format!("more than {MAX_NODES} values in one file")),
        other => Problem::new(format!("too large a file: {other:?}")),
    }
}

/// What a one-of-several map says when it says nothing, or too much.
pub(super) fn exactly_one_of(names: &[&str], given: &[&str]) -> Problem {
    let found = if given.is_empty() { "none is given".to_owned() } else { format!("found {}", listed(given)) };
    Problem::new(format!("exactly one of {} is needed; {found}", listed(names)))
}
