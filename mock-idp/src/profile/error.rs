//! What can be wrong with a profile.

/// Why a profile cannot be used. Each says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// There is no such profile.
    #[error("there is no profile `{name}`{}", hint(.nearest.as_deref()))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name that there is.
        nearest: Option<String>,
    },
    /// The file cannot be read.
    #[error("cannot read {path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// What it builds on cannot be used.
    #[error("{path}:{line}: extends: {why}")]
    Extends {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u64,
        /// Why.
        why: Box<ProfileError>,
    },
    /// It is not YAML, or not a profile.
    #[error("{path}: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// What is wrong and where, with the lines around it.
        message: String,
    },
    /// A quirk sets what cannot be set.
    #[error("{path}:{line}: quirk `{quirk}`: `{field}`: {message}")]
    Quirk {
        /// The file.
        path: String,
        /// The line of the quirk, from 1.
        line: u64,
        /// The quirk.
        quirk: String,
        /// The field, as a path in the policy.
        field: String,
        /// What is wrong.
        message: String,
    },
    /// A setting from the command line is wrong.
    #[error("`--set {setting}`: {message}")]
    Setting {
        /// As given.
        setting: String,
        /// What is wrong.
        message: String,
    },
    /// Profiles extend one another in a circle, or too deeply.
    #[error("{path}: `extends` goes round in a circle, or deeper than {limit}")]
    Circle {
        /// The file.
        path: String,
        /// The limit.
        limit: usize,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
