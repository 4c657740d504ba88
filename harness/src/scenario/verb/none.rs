//! What verbs without arguments share.

use serde::Deserializer;
use serde::de::IgnoredAny;

use crate::scenario::located::checked;
use crate::scenario::problem::Problem;

/// Reads the nothing behind `verb`.
pub(super) fn no_arguments<'de, D: Deserializer<'de>>(deserializer: D, verb: &str) -> Result<(), D::Error> {
    checked(deserializer, |value: Option<IgnoredAny>| match value {
        None => Ok(()),
        Some(_) => Err(Problem::new(format!("`{verb}` takes no arguments")).help(format!("write `{verb}` alone"))),
    })
}
