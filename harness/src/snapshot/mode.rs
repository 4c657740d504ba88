//! What a run may write: nothing, proposals, or the snapshots themselves.

/// What happens to a conversation that is not what its snapshot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Compare and write nothing.
    Check,
    /// Write what is new or changed beside the snapshot, as `.snap.new`, for a review.
    Pending,
    /// Accept what has no snapshot yet; what is changed is for a review.
    Unseen,
    /// Write over the snapshot.
    Accept,
}

/// What the environment says, as it is set. The names and values are insta's, so that one habit serves both.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `INSTA_UPDATE`: `auto`, `no`, `new`, `unseen`, `always` (or `1`), `force`.
    pub insta_update: Option<String>,
    /// `CI`: anything but empty, `0` and `false` means that nobody is there to review.
    pub ci: Option<String>,
    /// `TF_BUILD`: set by Azure Pipelines, which does not set `CI`.
    pub tf_build: Option<String>,
}

/// `INSTA_UPDATE` has a value that nobody defined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("INSTA_UPDATE is `{0}`; it can be auto, no, new, unseen, always or force")]
pub struct BadMode(pub String);

impl Mode {
    /// Decides: the flag first, then `INSTA_UPDATE`, then `auto`, which writes nothing on a CI machine and proposals
    /// elsewhere.
    ///
    /// # Errors
    /// [`BadMode`] when there is no flag and `INSTA_UPDATE` is not one of its values.
    pub fn decide(flag: Option<Self>, environment: &Environment) -> Result<Self, BadMode> {
        if let Some(mode) = flag {
            return Ok(mode);
        }
        match environment.insta_update.as_deref() {
            None | Some("" | "auto") if environment.is_ci() => Ok(Self::Check),
            None | Some("" | "auto" | "new") => Ok(Self::Pending),
            Some("no") => Ok(Self::Check),
            Some("unseen") => Ok(Self::Unseen),
            Some("always" | "1" | "force") => Ok(Self::Accept),
            Some(other) => Err(BadMode(other.to_owned())),
        }
    }
}

impl Environment {
    fn is_ci(&self) -> bool {
        match self.ci.as_deref() {
            Some("false" | "0" | "") => false,
            None => self.tf_build.is_some(),
            Some(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BadMode, Environment, Mode};

    #[test]
    fn modes_follow_instas_variables_and_a_flag_wins() {
        let cases = [
            ("nothing set", None, None, None, None, Mode::Pending),
            ("on a CI machine", None, None, Some("true"), None, Mode::Check),
            ("CI=false", None, None, Some("false"), Some("True"), Mode::Pending),
            ("CI=0", None, None, Some("0"), None, Mode::Pending),
            ("CI empty", None, None, Some(""), None, Mode::Pending),
            ("Azure", None, None, None, Some("True"), Mode::Check),
            ("auto on CI", None, Some("auto"), Some("1"), None, Mode::Check),
            ("new on CI", None, Some("new"), Some("1"), None, Mode::Pending),
            ("always", None, Some("always"), None, None, Mode::Accept),
            ("1", None, Some("1"), None, None, Mode::Accept),
            ("unseen", None, Some("unseen"), None, None, Mode::Unseen),
            ("no", None, Some("no"), None, None, Mode::Check),
            ("a flag", Some(Mode::Check), Some("always"), None, None, Mode::Check),
            ("a flag on CI", Some(Mode::Accept), None, Some("true"), None, Mode::Accept),
        ];
        for (name, flag, update, ci, tf, want) in cases {
            let own = |value: Option<&str>| value.map(str::to_owned);
            let environment = Environment { insta_update: own(update), ci: own(ci), tf_build: own(tf) };
            assert_eq!(Mode::decide(flag, &environment), Ok(want), "{name}");
        }
    }

    #[test]
    fn an_unknown_value_is_refused() {
        let environment = Environment { insta_update: Some("yes".to_owned()), ..Environment::default() };
        assert_eq!(Mode::decide(None, &environment), Err(BadMode("yes".to_owned())));
        assert_eq!(Mode::decide(Some(Mode::Check), &environment), Ok(Mode::Check));
    }
}
