//! The shipped profiles, embedded.

use crate::profile::error::ProfileError;

/// Name and text of each shipped profile, in order of name.
const FILES: &[(&str, &str)] = &[
    ("code-on-time", include_str!("../../profiles/code-on-time.yaml")),
    ("entra", include_str!("../../profiles/entra.yaml")),
    ("exact-online", include_str!("../../profiles/exact-online.yaml")),
    ("exact-online@2017", include_str!("../../profiles/exact-online@2017.yaml")),
    ("exact-online@2018", include_str!("../../profiles/exact-online@2018.yaml")),
    ("exact-online@2021", include_str!("../../profiles/exact-online@2021.yaml")),
    ("exact-online@2021-11", include_str!("../../profiles/exact-online@2021-11.yaml")),
    ("exchange-online", include_str!("../../profiles/exchange-online.yaml")),
    ("intrexx", include_str!("../../profiles/intrexx.yaml")),
    ("rfc", include_str!("../../profiles/rfc.yaml")),
];

/// The names of the shipped profiles.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The text of a shipped profile.
///
/// # Errors
/// [`ProfileError::Unknown`], with the nearest name.
pub fn builtin(name: &str) -> Result<&'static str, ProfileError> {
    let found = FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    found.ok_or_else(|| ProfileError::Unknown { name: name.to_owned(), nearest: nearest(name) })
}

fn nearest(name: &str) -> Option<String> {
    builtin_names()
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, known)| *distance <= known.len() / 2)
        .min()
        .map(|(_, known)| known.to_owned())
}
