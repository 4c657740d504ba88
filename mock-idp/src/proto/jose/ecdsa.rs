//! ECDSA over P-256 with the nonce of RFC 6979: the same key and message give the same signature.
//!
//! aws-lc-rs draws its nonce from the system, which would make every run differ. Only the arithmetic modulo the group's order is
//! written here; points, digests and HMAC are the library's. It takes no care to run in constant time: the keys are no secrets.

use aws_lc_rs::{agreement, digest, hmac};

/// A number below 2^256, as its two halves; ordered as numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Number {
    high: u128,
    low: u128,
}

/// The order of the group (FIPS 186-4 D.1.2.3).
const ORDER: Number =
    Number { high: 0xffff_ffff_0000_0000_ffff_ffff_ffff_ffff, low: 0xbce6_faad_a717_9e84_f3b9_cac2_fc63_2551 };
const ZERO: Number = Number { high: 0, low: 0 };
const ONE: Number = Number { high: 0, low: 1 };

impl Number {
    fn from_bytes(bytes: [u8; 32]) -> Self {
        let half = |range: &[u8]| range.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        let (high, low) = bytes.split_at(16);
        Self { high: half(high), low: half(low) }
    }

    fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let both = self.high.to_be_bytes().into_iter().chain(self.low.to_be_bytes());
        for (to, from) in bytes.iter_mut().zip(both) {
            *to = from;
        }
        bytes
    }

    /// The sum modulo 2^256, and whether it went over.
    const fn plus(self, other: Self) -> (Self, bool) {
        let (low, carry) = self.low.overflowing_add(other.low);
        let (high, over) = self.high.overflowing_add(other.high);
        let (high, again) = high.overflowing_add(carry as u128);
        (Self { high, low }, over || again)
    }

    /// The difference modulo 2^256.
    const fn minus(self, other: Self) -> Self {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        Self { high: self.high.wrapping_sub(other.high).wrapping_sub(borrow as u128), low }
    }

    /// A number below 2^256 reduced: the order is more than half of that.
    fn reduced(self) -> Self {
        if self >= ORDER { self.minus(ORDER) } else { self }
    }

    /// Sum modulo the order, of numbers below it.
    fn add(self, other: Self) -> Self {
        let (sum, over) = self.plus(other);
        if over { sum.minus(ORDER) } else { sum.reduced() }
    }

    fn bits(self) -> impl Iterator<Item = bool> {
        let of = |half: u128| (0..128).rev().map(move |bit| half >> bit & 1 == 1);
        of(self.high).chain(of(self.low))
    }

    /// Product modulo the order, by doubling.
    fn times(self, other: Self) -> Self {
        other.bits().fold(ZERO, |sum, bit| {
            let doubled = sum.add(sum);
            if bit { doubled.add(self) } else { doubled }
        })
    }

    /// Inverse modulo the order, which is a prime: by Fermat's little theorem.
    fn inverse(self) -> Self {
        let exponent = ORDER.minus(Self { high: 0, low: 2 });
        exponent.bits().fold(ONE, |product, bit| {
            let squared = product.times(product);
            if bit { squared.times(self) } else { squared }
        })
    }
}

/// The public key of a private one, uncompressed: `0x04`, x, y. None for a private key that is no number from 1 to below the order.
pub(super) fn public_key(private: &[u8; 32]) -> Option<Vec<u8>> {
    let key = agreement::PrivateKey::from_private_key(&agreement::ECDH_P256, private).ok()?;
    Some(key.compute_public_key().ok()?.as_ref().to_vec())
}

/// Signs SHA-256 of a message: r and s, 32 bytes each (RFC 7518 section 3.4).
pub(super) fn sign(private: &[u8; 32], message: &[u8]) -> Option<Vec<u8>> {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, message).as_ref()) {
        *to = *from;
    }
    let hash = Number::from_bytes(hash).reduced();
    let key = Number::from_bytes(*private);
    let mut nonces = Nonces::new(private, &hash.to_bytes());
    loop {
        let nonce = nonces.next();
        if nonce == ZERO || nonce >= ORDER {
            continue;
        }
        let point = public_key(&nonce.to_bytes())?;
        let x: [u8; 32] = point.get(1..33)?.try_into().ok()?;
        let r = Number::from_bytes(x).reduced();
        let s = nonce.inverse().times(hash.add(r.times(key)));
        if r != ZERO && s != ZERO {
            return Some([r.to_bytes(), s.to_bytes()].concat());
        }
    }
}

/// The generator of RFC 6979 section 3.2.
struct Nonces {
    key: [u8; 32],
    value: [u8; 32],
    fresh: bool,
}

impl Nonces {
    fn new(private: &[u8; 32], hash: &[u8; 32]) -> Self {
        let mut state = Self { key: [0; 32], value: [1; 32], fresh: true };
        for step in [0, 1] {
            let value = state.value;
            state.key = state.mac(&[&value, &[step], private, hash]);
            state.value = state.mac(&[&value]);
        }
        state
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.key));
        parts.iter().for_each(|part| context.update(part));
        let mut tag = [0; 32];
        for (to, from) in tag.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        tag
    }

    fn next(&mut self) -> Number {
        if !self.fresh {
            let value = self.value;
            self.key = self.mac(&[&value, &[0]]);
            self.value = self.mac(&[&value]);
        }
        self.fresh = false;
        let value = self.value;
        self.value = self.mac(&[&value]);
        Number::from_bytes(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    fn bytes(hex: &str) -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// RFC 6979 appendix A.2.5, with SHA-256.
    #[test]
    fn the_signatures_are_those_of_the_rfc() {
        let key: [u8; 32] =
            bytes("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").try_into().unwrap();
        let cases = [
            (
                "sample",
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                 f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
            ),
            (
                "test",
                "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367\
                 019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
            ),
        ];
        for (message, want) in cases {
            assert_eq!(sign(&key, message.as_bytes()).unwrap(), bytes(want), "{message}");
        }
    }

    #[test]
    fn the_library_verifies_what_is_signed_here_and_nothing_else() {
        for number in 0..50_u8 {
            let mut key = [7; 32];
            key[31] = number;
            let signature = sign(&key, &[number]).unwrap();
            let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key(&key).unwrap());
            assert!(public.verify(&[number], &signature).is_ok(), "{number}");
            assert!(public.verify(&[number, 1], &signature).is_err(), "{number}");
        }
    }

    #[test]
    fn arithmetic_is_modulo_the_order() {
        let last = ORDER.minus(ONE);
        assert_eq!(last.add(ONE), ZERO);
        assert_eq!(last.add(last), ORDER.minus(Number { high: 0, low: 2 }));
        assert_eq!(last.times(last), ONE);
        assert_eq!(last.inverse(), last);
        assert_eq!(Number { high: 3, low: 5 }.inverse().times(Number { high: 3, low: 5 }), ONE);
    }
}
