//! Proof Key for Code Exchange (RFC 7636).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::proto::policy::PkceMethod;

/// A challenge that came with an authorization request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) method: PkceMethod,
    pub(crate) value: String,
}

impl Challenge {
    /// Whether the verifier fits (section 4.6). A verifier has 43 to 128 unreserved characters (section 4.1).
    pub(crate) fn fits(&self, verifier: &str) -> bool {
        let formed = (43..=128).contains(&verifier.len())
            && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        formed
            && match self.method {
                PkceMethod::Plain => verifier == self.value,
                PkceMethod::S256 => {
                    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes())) == self.value
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_appendix_b_fits_and_no_other() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let s256 = Challenge { method: PkceMethod::S256, value: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into() };
        assert!(s256.fits(verifier));
        assert!(!s256.fits(&verifier.replace('d', "e")));
        let plain = Challenge { method: PkceMethod::Plain, value: verifier.into() };
        assert!(plain.fits(verifier));
        assert!(!plain.fits("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for (length, fits) in [(42, false), (43, true), (128, true), (129, false)] {
            let verifier = "a".repeat(length);
            assert_eq!(
                Challenge { method: PkceMethod::Plain, value: verifier.clone() }.fits(&verifier),
                fits,
                "{length}"
            );
        }
        let odd = format!("{}!", "a".repeat(43));
        assert!(!Challenge { method: PkceMethod::Plain, value: odd.clone() }.fits(&odd));
    }
}
