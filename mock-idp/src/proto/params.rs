//! Form and query parameters, parsed once (RFC 6749 appendix B).

use std::borrow::Cow;

use crate::proto::cause::Cause;

/// Parameters in order. A parameter without a value counts as absent (sections 3.1 and 3.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

/// The percent-encoding is broken, or what it encodes is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotEncoded;

impl Params {
    /// Reads `application/x-www-form-urlencoded` text, as a query or a body.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, NotEncoded> {
        let mut pairs = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The first value of the parameter, if it has one.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The same, with this parameter where it is not there.
    pub(crate) fn with_default(&self, name: &str, value: &str) -> Self {
        let mut params = self.clone();
        if params.first(name).is_none() {
            params.0.push((name.to_owned(), value.to_owned()));
        }
        params
    }

    /// The value, or the cause that it is missing.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Cause> {
        self.first(name).ok_or(Cause::ParameterMissing { name })
    }

    /// Refuses parameters that came more than once (sections 3.1 and 3.2).
    pub(crate) fn check_unrepeated(&self) -> Result<(), Cause> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        }) {
            Some(name) => Err(Cause::ParameterRepeated { name: name.to_owned() }),
            None => Ok(()),
        }
    }
}

/// Decodes strictly: `+` is a blank, `%` needs two hexadecimal digits, the result is UTF-8. Libraries decode leniently, and a
/// provider that refuses a broken encoding could not be told from one that reads something else.
fn decode(text: &[u8]) -> Result<String, NotEncoded> {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = rest.get(at + 3..).unwrap_or_default(),
            _ => return Err(NotEncoded),
        }
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded: Cow<'_, [u8]> = percent_encoding::percent_decode(&spaced).into();
    String::from_utf8(decoded.into_owned()).map_err(|_| NotEncoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_once_and_strictly() {
        let cases = [
            ("code=a%21b", Ok(Some("a!b"))),
            ("code=a%2521b", Ok(Some("a%21b"))),
            ("code=a+b", Ok(Some("a b"))),
            ("code=", Ok(None)),
            ("code", Ok(None)),
            ("", Ok(None)),
            ("&&code=x&", Ok(Some("x"))),
            ("code=%2", Err(NotEncoded)),
            ("code=%zz", Err(NotEncoded)),
            ("code=%ff", Err(NotEncoded)),
            ("x=1&code=a=b", Ok(Some("a=b"))),
        ];
        for (text, want) in cases {
            let got = Params::parse(text.as_bytes()).map(|params| params.first("code").map(str::to_owned));
            assert_eq!(got, want.map(|value| value.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_named() {
        let params = Params::parse(b"a=1&b=2&a=1").unwrap();
        assert_eq!(params.check_unrepeated(), Err(Cause::ParameterRepeated { name: "a".into() }));
        assert_eq!(Params::parse(b"a=1&b=2").unwrap().check_unrepeated(), Ok(()));
    }
}
