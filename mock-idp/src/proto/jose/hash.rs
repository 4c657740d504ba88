//! Hashes that OpenID Connect asks for.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::proto::mint::uuid_text;

/// The left half of SHA-256 in base64url: `at_hash` and `c_hash` (OpenID Connect Core sections 3.1.3.6 and 3.3.2.11). All algorithms
/// here go with SHA-256; for EdDSA the specification is silent, and SHA-256 is what is usual with ES256 beside it.
pub(crate) fn half_hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}

/// The subject identifier of a user (OpenID Connect Core section 8): a UUID that follows from the name, the same in every realm.
#[must_use]
pub fn subject_of(user: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("subject {user}").as_bytes());
    uuid_text(hash.as_ref())
}

/// The subject identifier of a user for one client alone (section 8.1).
pub(crate) fn pairwise_subject_of(user: &str, client: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, format!("subject {user} for {client}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Core appendix A.3: the access token and the `at_hash` of its ID token.
    #[test]
    fn the_half_hash_is_the_one_of_the_specification() {
        assert_eq!(half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }

    #[test]
    fn a_subject_is_the_same_for_a_name_and_looks_like_a_uuid() {
        let subject = subject_of("john");
        assert_eq!(subject, subject_of("john"));
        assert_ne!(subject, subject_of("jane"));
        assert_eq!(subject.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}
