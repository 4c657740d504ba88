//! A value and where it stands in the file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use serde_yaml::Spanned;

use super::problem::{Position, Problem};

/// A value with the place where the file writes it; for an alias, where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) position: Position,
    /// In characters; 0 or 1 for a list or a map.
    pub(super) length: usize,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        let place = spanned.referenced;
        let position = Position { line: narrow(place.line()), column: narrow(place.column()) };
        Ok(Self { value: spanned.value, position, length: usize::try_from(place.span().len()).unwrap_or(0) })
    }
}

impl<T> Located<T> {
    /// The place alone.
    pub(super) fn place(&self) -> Located<()> {
        Located { value: (), position: self.position, length: self.length }
    }

    /// Another value at the same place.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), position: self.position, length: self.length }
    }
}

/// Lines and columns of a file within the size limit always fit.
pub(super) fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// In a schema, where a value stands is of no interest.
impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Reads a text and turns it into a `T`; what `parse` finds wrong is located within that text.
pub(super) fn text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, Problem>,
) -> Result<T, D::Error> {
    let text = Located::<String>::deserialize(deserializer)?;
    parse(&text.value).map_err(|problem| problem.at(&text).raise())
}

/// Reads any value and checks it; what `check` finds wrong is located at its beginning.
pub(super) fn checked<'de, D: Deserializer<'de>, V: Deserialize<'de>, T>(
    deserializer: D,
    check: impl FnOnce(V) -> Result<T, Problem>,
) -> Result<T, D::Error> {
    let Located { value, position, length } = Located::<V>::deserialize(deserializer)?;
    check(value).map_err(|problem| problem.at_position(position, length).raise())
}
