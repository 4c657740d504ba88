//! Time-based one-time passwords (RFC 6238) with HMAC-SHA-1, as authenticator apps make them.
//!
//! Fifteen lines over the workspace's one crypto library; the crates for it bring a second one.

use aws_lc_rs::hmac;

use crate::proto::policy::Totp;
use crate::proto::time::Timestamp;

/// The code of the time step that `now` lies in, plus `drift` steps.
#[must_use]
pub fn code(policy: &Totp, secret: &[u8], now: Timestamp, drift: i64) -> String {
    let digits = policy.digits.clamp(6, 8);
    let step = step(policy, now).saturating_add_signed(drift);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), &step.to_be_bytes());
    // RFC 4226 section 5.3: four bytes from the place that the last four bits name.
    let bytes = tag.as_ref();
    let place = usize::from(bytes.last().copied().unwrap_or_default() & 0xf);
    let word = bytes.iter().skip(place).take(4).fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) & 0x7fff_ffff;
    format!("{:0width$}", word % 10_u32.pow(digits), width = digits as usize)
}

/// The number of the time step that `now` lies in (section 4.2).
pub(crate) fn step(policy: &Totp, now: Timestamp) -> u64 {
    u64::try_from(now.as_millis()).unwrap_or(0) / policy.period.as_millis().max(1000)
}

/// The number of the time step whose code this is, if it is within the window.
pub(crate) fn matching_step(policy: &Totp, secret: &[u8], now: Timestamp, presented: &str) -> Option<u64> {
    let window = i64::from(policy.window.min(100));
    (-window..=window)
        .find(|drift| code(policy, secret, now, *drift) == presented)
        .map(|drift| step(policy, now).saturating_add_signed(drift))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::time::Span;

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b_come_out() {
        let policy = Totp { digits: 8, ..Totp::default() };
        let vectors = [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
        ];
        for (seconds, want) in vectors {
            assert_eq!(code(&policy, b"12345678901234567890", Timestamp::from_millis(seconds * 1000), 0), want);
        }
    }

    #[test]
    fn a_code_is_taken_within_the_window_and_not_beyond() {
        let policy = Totp { window: 1, period: Span::from_seconds(30), digits: 6 };
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let made = code(&policy, b"secret", at(3000), 0);
        for (seconds, taken) in [(2969, false), (2970, true), (3000, true), (3029, true), (3059, true), (3060, false)] {
            assert_eq!(matching_step(&policy, b"secret", at(seconds), &made).is_some(), taken, "{seconds}");
        }
    }
}
