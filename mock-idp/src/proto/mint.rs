//! The seeded source of everything unguessable: codes, tokens, session and form identifiers.
//!
//! One ChaCha stream per purpose, so that a draw for one kind of value does not change the values of another.

use std::fmt::Write as _;

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

use crate::proto::time::Span;

/// The seed of a realm. Same seed, same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// The seed that stands for a small number.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(number.to_le_bytes()) {
            *to = from;
        }
        Self(bytes)
    }
}

/// What a value is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Authorization codes.
    Code,
    /// Access tokens.
    AccessToken,
    /// Refresh tokens.
    RefreshToken,
    /// Sign-in interactions.
    Interaction,
    /// Browser sessions.
    Session,
    /// Pushed authorization requests.
    PushedRequest,
    /// Device codes.
    DeviceCode,
    /// User codes of devices.
    UserCode,
    /// Identifiers and secrets of clients that register themselves.
    Registration,
    /// Codes that are sent by e-mail.
    MailedCode,
    /// Cookies of trusted devices.
    TrustedDevice,
    /// Secrets of authenticator apps, and backup codes.
    SetUp,
    /// Identifiers of requests.
    Trace,
    /// Lifetimes of access tokens.
    Lifetime,
    /// What stands for a token until it is signed.
    Unsigned,
    /// Identifiers in tokens that nobody reads.
    TokenIdentifier,
    /// Names of mail sessions.
    MailSession,
    /// Cookies of services beside the provider.
    ServiceSession,
}

/// In the order of the streams: a new purpose goes to the end, so that the values of the others stay.
const PURPOSES: [Purpose; 18] = [
    Purpose::Code,
    Purpose::AccessToken,
    Purpose::RefreshToken,
    Purpose::Interaction,
    Purpose::Session,
    Purpose::PushedRequest,
    Purpose::DeviceCode,
    Purpose::UserCode,
    Purpose::Registration,
    Purpose::MailedCode,
    Purpose::TrustedDevice,
    Purpose::SetUp,
    Purpose::Trace,
    Purpose::Lifetime,
    Purpose::Unsigned,
    Purpose::TokenIdentifier,
    Purpose::MailSession,
    Purpose::ServiceSession,
];

/// One generator per purpose.
#[derive(Debug)]
pub(crate) struct Mint {
    streams: [ChaCha12Rng; PURPOSES.len()],
}

impl Mint {
    pub(crate) fn new(seed: Seed) -> Self {
        let mut stream = 0;
        Self {
            streams: PURPOSES.map(|_| {
                let mut rng = ChaCha12Rng::from_seed(seed.0);
                rng.set_stream(stream);
                stream += 1;
                rng
            }),
        }
    }

    /// `length` characters drawn evenly from `alphabet`, which holds 1 to 256 ASCII characters.
    pub(crate) fn draw(&mut self, purpose: Purpose, alphabet: &[u8], length: usize, into: &mut String) {
        let place = PURPOSES.iter().position(|known| *known == purpose).unwrap_or_default();
        let Some(rng) = self.streams.get_mut(place) else { return };
        // Bytes past the largest multiple of the alphabet's size are thrown away, else the first characters of the
        // alphabet would come more often.
        let size = alphabet.len().clamp(1, 256);
        let limit = 256 - 256 % size;
        let mut buffer = [0; 64];
        // A division for each character is most of the cost of a long token, and most alphabets have 16, 32 or 64.
        let place = |byte: usize| if size.is_power_of_two() { byte & (size - 1) } else { byte % size };
        into.reserve(length);
        let mut wanted = length;
        while wanted > 0 {
            rng.fill_bytes(&mut buffer);
            let mut drawn = [0; 64];
            let kept = buffer.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < limit).take(wanted);
            let mut count = 0;
            for (to, byte) in drawn.iter_mut().zip(kept) {
                *to = alphabet.get(place(byte)).copied().unwrap_or(b'A');
                count += 1;
            }
            // The alphabets are ASCII.
            into.push_str(drawn.get(..count).and_then(|drawn| std::str::from_utf8(drawn).ok()).unwrap_or_default());
            wanted -= count;
        }
    }

    /// So many bytes.
    pub(crate) fn bytes(&mut self, purpose: Purpose, length: usize) -> Vec<u8> {
        let place = PURPOSES.iter().position(|known| *known == purpose).unwrap_or_default();
        let mut bytes = vec![0; length];
        if let Some(rng) = self.streams.get_mut(place) {
            rng.fill_bytes(&mut bytes);
        }
        bytes
    }

    /// A random UUID (RFC 9562 section 5.4).
    /// So many hexadecimal digits in upper case.
    pub(crate) fn hexadecimal(&mut self, purpose: Purpose, length: usize) -> String {
        let mut text = String::new();
        self.draw(purpose, b"0123456789ABCDEF", length, &mut text);
        text
    }

    pub(crate) fn uuid(&mut self, purpose: Purpose) -> String {
        let mut bytes = self.bytes(purpose, 16);
        for (place, keep, set) in [(6, 0x0f, 0x40), (8, 0x3f, 0x80)] {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = *byte & keep | set;
            }
        }
        uuid_text(&bytes)
    }

    /// A whole number of seconds from zero to `most`.
    pub(crate) fn seconds(&mut self, purpose: Purpose, most: Span) -> Span {
        if most.is_zero() {
            return most;
        }
        let drawn = self.bytes(purpose, 8).iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        Span::from_seconds(drawn % (most.as_seconds() + 1))
    }

    /// An identifier for a form or a session: 32 characters of base64url, 192 bits.
    pub(crate) fn identifier(&mut self, purpose: Purpose) -> String {
        let mut text = String::with_capacity(32);
        self.draw(purpose, crate::proto::shape::BASE64URL, 32, &mut text);
        text
    }
}

/// Sixteen bytes as a UUID is written (RFC 9562 section 4).
pub(crate) fn uuid_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().take(16).enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(mint: &mut Mint, purpose: Purpose) -> String {
        mint.identifier(purpose)
    }

    #[test]
    fn the_same_seed_gives_the_same_values_and_another_seed_others() {
        let mut one = Mint::new(Seed::from_number(1));
        let mut same = Mint::new(Seed::from_number(1));
        let mut other = Mint::new(Seed::from_number(2));
        let first = text(&mut one, Purpose::Code);
        assert_eq!(first, text(&mut same, Purpose::Code));
        assert_ne!(first, text(&mut other, Purpose::Code));
        assert_ne!(first, text(&mut one, Purpose::Code));
    }

    #[test]
    fn a_draw_for_one_purpose_leaves_the_others_as_they_are() {
        let mut one = Mint::new(Seed::from_number(1));
        let mut other = Mint::new(Seed::from_number(1));
        text(&mut other, Purpose::Session);
        assert_eq!(text(&mut one, Purpose::AccessToken), text(&mut other, Purpose::AccessToken));
    }

    #[test]
    fn every_character_of_an_odd_alphabet_comes_about_as_often() {
        let mut mint = Mint::new(Seed::from_number(7));
        let mut drawn = String::new();
        mint.draw(Purpose::Code, b"abc", 30_000, &mut drawn);
        for letter in ["a", "b", "c"] {
            let count = drawn.matches(letter).count();
            assert!((9_500..10_500).contains(&count), "{letter} came {count} times");
        }
    }
}
