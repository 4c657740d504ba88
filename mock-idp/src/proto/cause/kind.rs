//! Kinds of cause as text.

use std::fmt;

use crate::proto::cause::CauseKind;

/// Written out, so that it is read as text: a map's key that is read as an enum leaves no trace in the path of an error.
#[cfg(feature = "profiles")]
impl<'de> serde::Deserialize<'de> for CauseKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::ALL.iter().find(|kind| kind.name() == name).copied().ok_or_else(|| {
            let nearest = Self::ALL.iter().min_by_key(|kind| strsim::damerau_levenshtein(kind.name(), &name));
            let hint = nearest.map(|kind| format!("; did you mean `{kind}`?")).unwrap_or_default();
            serde::de::Error::custom(format!("there is no cause `{name}`{hint}"))
        })
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::CauseKind;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let mut names: Vec<_> = CauseKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CauseKind::ALL.len());
    }
}
