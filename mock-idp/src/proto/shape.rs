//! What a token looks like: literal text and drawn characters.

use std::fmt;
use std::str::FromStr;

use crate::proto::mint::{Mint, Purpose};

/// The base64url alphabet (RFC 4648 section 5).
pub(crate) const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEX: &[u8] = b"0123456789abcdef";
const DIGITS: &[u8] = b"0123456789";
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The shape of a token, written as text with drawn parts in braces: `stampNL001.{base64url:4}!IAAAA{base64url:200}`.
/// Alphabets: `base64url`, `hex`, `digits`, `alphanumeric`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Drawn { alphabet: Alphabet, length: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Base64Url,
    Hex,
    Digits,
    Alphanumeric,
}

impl Alphabet {
    const ALL: [Self; 4] = [Self::Base64Url, Self::Hex, Self::Digits, Self::Alphanumeric];

    const fn name(self) -> &'static str {
        match self {
            Self::Base64Url => "base64url",
            Self::Hex => "hex",
            Self::Digits => "digits",
            Self::Alphanumeric => "alphanumeric",
        }
    }

    const fn characters(self) -> &'static [u8] {
        match self {
            Self::Base64Url => BASE64URL,
            Self::Hex => HEX,
            Self::Digits => DIGITS,
            Self::Alphanumeric => ALPHANUMERIC,
        }
    }
}

/// The most characters that one part draws, and the fewest that a whole shape must: less can be guessed.
const MOST: usize = 16_384;
const FEWEST: usize = 16;

impl Shape {
    /// Plain base64url of this many characters.
    #[must_use]
    pub fn base64url(length: usize) -> Self {
        Self(vec![Part::Drawn { alphabet: Alphabet::Base64Url, length: length.clamp(FEWEST, MOST) }])
    }

    pub(crate) fn mint(&self, mint: &mut Mint, purpose: Purpose) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Drawn { alphabet, length } => mint.draw(purpose, alphabet.characters(), *length, &mut text),
            }
        }
        text
    }

    /// Whether `text` could have been made by this shape: the right length, the literals in their places, the right
    /// alphabets between them. A provider tells a damaged token from an unknown one by this.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for part in &self.0 {
            let length = match part {
                Part::Literal(literal) => literal.len(),
                Part::Drawn { length, .. } => *length,
            };
            let Some((head, tail)) = rest.split_at_checked(length) else { return false };
            let fits = match part {
                Part::Literal(literal) => head == literal.as_bytes(),
                Part::Drawn { alphabet, .. } => head.iter().all(|byte| alphabet.characters().contains(byte)),
            };
            if !fits {
                return false;
            }
            rest = tail;
        }
        rest.is_empty()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Literal(literal) => f.write_str(literal)?,
                Part::Drawn { alphabet, length } => write!(f, "{{{}:{length}}}", alphabet.name())?,
            }
        }
        Ok(())
    }
}

/// Why a text is no shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A `{` is not closed, or a `}` not opened.
    #[error("the braces do not match")]
    Braces,
    /// What stands between braces is not `alphabet:length`.
    #[error("`{{{0}}}` is not `{{alphabet:length}}`; the alphabets are base64url, hex, digits and alphanumeric")]
    Part(String),
    /// A part is empty or too long.
    #[error("a drawn part has 1 to {MOST} characters, not {0}")]
    Length(usize),
    /// The whole could be guessed.
    #[error("a token needs at least {FEWEST} drawn characters")]
    Guessable,
}

impl FromStr for Shape {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut drawn = 0;
        while !rest.is_empty() {
            let (literal, tail) = rest.split_once('{').unwrap_or((rest, ""));
            if literal.contains('}') {
                return Err(ShapeError::Braces);
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            if literal.len() == rest.len() {
                break;
            }
            let (inside, tail) = tail.split_once('}').ok_or(ShapeError::Braces)?;
            let refused = || ShapeError::Part(inside.to_owned());
            let (name, length) = inside.split_once(':').ok_or_else(refused)?;
            let alphabet = Alphabet::ALL.into_iter().find(|it| it.name() == name).ok_or_else(refused)?;
            let length: usize = length.parse().map_err(|_| refused())?;
            if length == 0 || length > MOST {
                return Err(ShapeError::Length(length));
            }
            drawn += length;
            parts.push(Part::Drawn { alphabet, length });
            rest = tail;
        }
        if drawn < FEWEST {
            return Err(ShapeError::Guessable);
        }
        Ok(Self(parts))
    }
}

#[cfg(feature = "profiles")]
impl serde::Serialize for Shape {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "profiles")]
impl<'de> serde::Deserialize<'de> for Shape {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::mint::Seed;

    #[test]
    fn a_minted_token_fits_its_own_shape_and_no_damaged_one_does() {
        let shape: Shape = "stampNL001.{base64url:4}!IAAAA{base64url:60}".parse().unwrap();
        let token = shape.mint(&mut Mint::new(Seed::from_number(3)), Purpose::RefreshToken);
        assert!(token.starts_with("stampNL001.") && token.get(15..21) == Some("!IAAAA"), "{token}");
        assert!(shape.fits(&token));
        assert!(!shape.fits(&token.replace('!', "%21")), "still encoded");
        assert!(!shape.fits(token.get(1..).unwrap()), "cut at the front");
        assert!(!shape.fits(&format!("{token}A")), "one too long");
        assert!(!shape.fits(""));
    }

    #[test]
    fn a_shape_is_read_strictly() {
        let cases = [
            ("{base64url:16}", Ok("{base64url:16}")),
            ("a{hex:8}b{digits:8}c", Ok("a{hex:8}b{digits:8}c")),
            ("{base64url:15}", Err(ShapeError::Guessable)),
            ("plain", Err(ShapeError::Guessable)),
            ("{base65url:16}", Err(ShapeError::Part("base65url:16".into()))),
            ("{hex}", Err(ShapeError::Part("hex".into()))),
            ("{hex:16", Err(ShapeError::Braces)),
            ("hex}{hex:16}", Err(ShapeError::Braces)),
            ("{hex:0}", Err(ShapeError::Length(0))),
            ("{hex:16385}", Err(ShapeError::Length(16385))),
        ];
        for (text, want) in cases {
            assert_eq!(text.parse::<Shape>().map(|shape| shape.to_string()), want.map(str::to_owned), "{text}");
        }
    }
}
