//! Exit codes: the one table.

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All as expected.
    Fine,
    /// A client failed, or a run proved nothing.
    ClientFailed,
    /// The input is wrong: a scenario, a profile, an argument, a known-failures file.
    WrongInput,
    /// The harness or an adapter broke.
    Broke,
    /// No scenario was selected.
    NothingSelected,
    /// A snapshot is changed, new or orphaned.
    Snapshots,
    /// Nothing is wrong but that a known failure no longer fails.
    StaleKnownFailure,
    /// It was interrupted.
    Interrupted,
    /// As the command that it ran.
    Command(u8),
}

impl Exit {
    /// Its number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::ClientFailed => 1,
            Self::WrongInput => 2,
            Self::Broke => 3,
            Self::NothingSelected => 4,
            Self::Snapshots => 5,
            Self::StaleKnownFailure => 6,
            Self::Interrupted => 130,
            Self::Command(code) => code,
        }
    }

    /// The more telling of two: trouble of our own hides what a client did, and that hides the state of files.
    pub(crate) fn or(self, other: Self) -> Self {
        const ORDER: [Exit; 8] = [
            Exit::Interrupted,
            Exit::WrongInput,
            Exit::Broke,
            Exit::NothingSelected,
            Exit::ClientFailed,
            Exit::Snapshots,
            Exit::StaleKnownFailure,
            Exit::Fine,
        ];
        ORDER.into_iter().find(|exit| *exit == self || *exit == other).unwrap_or(self)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_codes_are_those_that_are_documented() {
        let table = [
            (Exit::Fine, 0),
            (Exit::ClientFailed, 1),
            (Exit::WrongInput, 2),
            (Exit::Broke, 3),
            (Exit::NothingSelected, 4),
            (Exit::Snapshots, 5),
            (Exit::StaleKnownFailure, 6),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in table {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
    }

    #[test]
    fn a_broken_run_is_never_reported_as_a_failed_client() {
        assert_eq!(Exit::ClientFailed.or(Exit::Broke), Exit::Broke);
        assert_eq!(Exit::Snapshots.or(Exit::ClientFailed), Exit::ClientFailed);
        assert_eq!(Exit::StaleKnownFailure.or(Exit::Fine), Exit::StaleKnownFailure);
    }
}
