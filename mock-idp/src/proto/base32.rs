//! Base32 (RFC 4648 section 6), as authenticator apps show their secrets.

/// Decodes. Blanks and padding are passed over, and small letters are as good as capitals; anything else that is not of the alphabet
/// makes it none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '=') {
        let value = match c.to_ascii_uppercase() {
            c @ 'A'..='Z' => u32::from(c) - u32::from('A'),
            c @ '2'..='7' => u32::from(c) - u32::from('2') + 26,
            _ => return None,
        };
        bits = bits << 5 | value;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Encodes, without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut bits, mut count) = (0_u32, 0);
    let letter = |value: u32| char::from(ALPHABET.get(value as usize & 31).copied().unwrap_or(b'A'));
    for byte in bytes {
        bits = (bits << 8 | u32::from(*byte)) & 0xfff;
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(letter(bits >> count));
        }
    }
    if count > 0 {
        text.push(letter(bits << (5 - count)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    /// RFC 4648 section 10, without the padding.
    #[test]
    fn what_is_encoded_is_what_the_rfc_says_and_decodes_again() {
        let cases =
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")];
        for (text, want) in cases {
            assert_eq!(encode(text.as_bytes()), want);
            assert_eq!(decode(want).as_deref(), Some(text.as_bytes()));
        }
    }

    #[test]
    fn base32_is_read_as_authenticator_apps_show_it() {
        assert_eq!(decode("JBSWY3DPEHPK3PXP").as_deref(), Some(b"Hello!\xde\xad\xbe\xef".as_slice()));
        assert_eq!(decode("jbsw y3dp ehpk 3pxp"), decode("JBSWY3DPEHPK3PXP"));
        assert_eq!(decode("A1"), None);
    }
}
