//! Names: of scenarios, profiles and workers. Each is its own type and cannot hold anything else.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::located::text;
use super::problem::Problem;

/// The longest segment of an id and the longest name, in characters: they become file names.
const MAX_NAME: usize = 80;
/// The harness's own browser in the event log; no worker may be called that.
const RESOURCE_OWNER: &str = "resource-owner";
/// The second client of the harness in the event log; no worker may be called that either.
const CALLER: &str = "caller";

/// What the log calls requests of the harness's own.
const HARNESS: &str = "harness";

/// A scenario's id: the path of its file below the scenario folder, without `.yaml`.
///
/// Segments are kebab-case and joined by `/`: `exact-online/two-workers-refresh-at-once`. Where the file is run for several
/// profiles, `@` and the profile's name follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScenarioId(String);

impl ScenarioId {
    /// Checks an id.
    ///
    /// # Errors
    /// [`InvalidName`] unless every segment is kebab-case and at most 80 characters long.
    pub fn new(id: &str) -> Result<Self, InvalidName> {
        for segment in id.split('/') {
            kebab(segment).map_err(|problem| InvalidName::new(problem.message))?;
        }
        Ok(Self(id.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the cell of this scenario's file for one of its profiles: `group/name@profile`.
    pub(super) fn beside(&self, profile: &ProfileName) -> Self {
        Self(format!("{}@{profile}", self.0))
    }

    /// What a scenario has between being read and being told its id.
    pub(super) fn unnamed() -> Self {
        Self(String::new())
    }
}

impl fmt::Display for ScenarioId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidName {
    message: String,
}

impl InvalidName {
    pub(super) fn new(message: String) -> Self {
        Self { message }
    }
}

/// A provider's profile, perhaps with an era: `exact-online` or `exact-online@2021-11`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileName {
    name: String,
    era: Option<String>,
}

impl ProfileName {
    /// The profile without its era.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The era, if one is named.
    #[must_use]
    pub fn era(&self) -> Option<&str> {
        self.era.as_deref()
    }

    /// What a file has in this place that names none, or several in another.
    pub(super) fn unnamed() -> Self {
        Self { name: String::new(), era: None }
    }

    pub(super) fn is_unnamed(&self) -> bool {
        self.name.is_empty()
    }

    fn parse(text: &str) -> Result<Self, Problem> {
        let form = "write the profile's name, or name@era, as in `exact-online@2021-11`";
        let (name, era) = match text.split_once('@') {
            Some((name, era)) => (name, Some(era)),
            None => (text, None),
        };
        kebab(name).map_err(|problem| problem.help(form))?;
        if let Some(era) = era {
            let shift = name.chars().count() + 1;
            kebab(era).map_err(|problem| problem.shifted(shift).help(form))?;
        }
        Ok(Self { name: name.to_owned(), era: era.map(str::to_owned) })
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.era.as_ref().map_or(Ok(()), |era| write!(f, "@{era}"))
    }
}

impl<'de> Deserialize<'de> for ProfileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, Self::parse)
    }
}

impl JsonSchema for ProfileName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ProfileName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*(@[a-z0-9]+(-[a-z0-9]+)*)?$" })
    }
}

/// A worker of the client: one process. Workers of one scenario share their storage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerName(String);

impl WorkerName {
    /// The worker's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        kebab(text)?;
        if text == HARNESS {
            return Err(Problem::new("no worker can be called `harness`: that is the harness itself"));
        }
        if text == CALLER {
            return Err(Problem::new("no worker can be called `caller`: that is the harness's second client"));
        }
        if text == RESOURCE_OWNER {
            return Err(Problem::new("no worker can be called `resource-owner`: that is the harness's browser"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The worker of a step that names none: `a`.
impl Default for WorkerName {
    fn default() -> Self {
        Self("a".to_owned())
    }
}

impl fmt::Display for WorkerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for WorkerName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, Self::parse)
    }
}

impl JsonSchema for WorkerName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "WorkerName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": KEBAB_PATTERN })
    }
}

/// What [`kebab`] accepts, for schemas.
pub(super) const KEBAB_PATTERN: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

/// Accepts lower-case words of letters and digits, joined by single hyphens.
pub(super) fn kebab(text: &str) -> Result<(), Problem> {
    words(text, '-')
}

/// Accepts parts that `check` accepts, joined by `joint`.
pub(super) fn joined(text: &str, joint: char, check: fn(&str) -> Result<(), Problem>) -> Result<(), Problem> {
    let mut at = 0;
    for part in text.split(joint) {
        check(part).map_err(|problem| problem.shifted(at))?;
        at += part.chars().count() + 1;
    }
    Ok(())
}

/// Accepts lower-case words of letters and digits, joined by single underscores.
pub(super) fn snake(text: &str) -> Result<(), Problem> {
    words(text, '_')
}

fn words(text: &str, joint: char) -> Result<(), Problem> {
    let named = || Problem::new(format!("`{text}` must be lower-case words joined by `{joint}`"));
    if text.is_empty() {
        return Err(Problem::new("an empty name"));
    }
    if text.chars().count() > MAX_NAME {
        return Err(Problem::new(format!("a name of more than {MAX_NAME} characters")));
    }
    let mut before = joint;
    for (index, character) in text.chars().enumerate() {
        let fits =
            character.is_ascii_lowercase() || character.is_ascii_digit() || (character == joint && before != joint);
        if !fits {
            return Err(named().within(index, 1));
        }
        before = character;
    }
    if before == joint { Err(named().within(text.chars().count() - 1, 1)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kebab_case_segments() {
        for good in ["a", "exact-online/two-workers", "a/b/c9", "9/1"] {
            assert_eq!(ScenarioId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "/", "a/", "/a", "a//b", "A", "a_b", "a--b", "-a", "a-", "a b", "a/../b", "é", "a.yaml"] {
            assert!(ScenarioId::new(bad).is_err(), "{bad}");
        }
        assert!(ScenarioId::new(&"x".repeat(80)).is_ok());
        assert!(ScenarioId::new(&"x".repeat(81)).is_err());
    }

    #[test]
    fn a_profile_name_may_carry_an_era() {
        let plain = ProfileName::parse("exact-online").unwrap();
        assert_eq!((plain.name(), plain.era(), plain.to_string().as_str()), ("exact-online", None, "exact-online"));
        let dated = ProfileName::parse("entra@2024").unwrap();
        assert_eq!((dated.name(), dated.era(), dated.to_string().as_str()), ("entra", Some("2024"), "entra@2024"));
        for (bad, offset) in [("Entra", 0), ("entra@", 6), ("entra@20_24", 8), ("a@b@c", 3), ("@2021", 0)] {
            let problem = ProfileName::parse(bad).unwrap_err();
            assert_eq!(problem.offset, offset, "{bad}");
        }
    }

    #[test]
    fn no_worker_is_called_as_the_browser_is() {
        assert!(WorkerName::parse("worker-2").is_ok());
        assert!(WorkerName::parse("resource-owner").is_err());
    }
}
