//! Where values stand in a text: `name=value`, `"name": "value"`, `<name>value</name>`, and what looks like a secret by itself.

use std::ops::Range;

use super::jwt;

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) value: Range<usize>,
    pub(super) form: Form,
}

/// How the two are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As a parameter.
    Parameter,
    /// As a member of an object, or an element.
    Member,
    /// As a member that is a number.
    Number,
}

/// Names are not longer.
const LONGEST_NAME: usize = 64;

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$' | b'[' | b']')
}

const fn ends_value(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, b'&' | b'"' | b'\'' | b'<' | b'>' | b';' | b'\\' | b'#' | b')' | b'}' | 0)
}

/// All pairs of a form or a query that begins at `offset`, split at `&` alone, with their values still encoded.
pub(super) fn form_pairs(text: &[u8], offset: usize) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut at = offset;
    for part in text.split(|byte| *byte == b'&') {
        let length = part.iter().take_while(|byte| **byte != b'=').count();
        let name = form_urlencoded::parse(part.get(..length).unwrap_or_default()).next();
        let name = name.map(|(name, _)| name.into_owned()).unwrap_or_default();
        let first = (at + length + 1).min(at + part.len());
        pairs.push(Pair { name, value: first..at + part.len(), form: Form::Parameter });
        at += part.len() + 1;
    }
    pairs
}

/// All pairs in a text of any kind.
pub(super) fn pairs(text: &[u8]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    // From the end on, so that where a value ends is known and need not be looked for from each of many signs.
    let mut end = text.len();
    for (at, byte) in text.iter().enumerate().rev() {
        match byte {
            b'=' | b':' => pairs.extend(around(text, at, end).into_iter().rev()),
            b'<' => pairs.extend(element(text, at)),
            _ => {}
        }
        if ends_value(*byte) {
            end = at;
        }
    }
    pairs.reverse();
    pairs
}

fn byte(text: &[u8], at: usize) -> Option<u8> {
    text.get(at).copied()
}

fn count(text: &[u8], from: usize, most: usize, is: impl Fn(u8) -> bool) -> usize {
    text.get(from..).unwrap_or_default().iter().take(most).take_while(|byte| is(**byte)).count()
}

/// The pairs around the sign between name and value: more than one where the value is a list. A value without quotes goes up to `end`.
fn around(text: &[u8], sign: usize, end: usize) -> Vec<Pair> {
    let Some((name, is_quoted)) = name_before(text, sign) else { return Vec::new() };
    let is_colon = byte(text, sign) == Some(b':');
    let spaces = count(text, sign + 1, 8, |byte| byte.is_ascii_whitespace());
    let first = sign + 1 + spaces;
    let form = if is_quoted || is_colon { Form::Member } else { Form::Parameter };
    let pair = |value: Range<usize>, form: Form| Pair { name: name.clone(), value, form };
    match byte(text, first) {
        Some(quote @ (b'"' | b'\'')) => vec![pair(quoted(text, first, quote), form)],
        Some(b'[') if is_quoted => {
            let mut pairs = Vec::new();
            let mut at = first + 1;
            while let Some(next) = byte(text, at) {
                match next {
                    b'"' => {
                        let value = quoted(text, at, b'"');
                        at = value.end + 1;
                        pairs.push(pair(value, form));
                    }
                    b',' | b' ' | b'\n' | b'\r' | b'\t' => at += 1,
                    _ => break,
                }
            }
            pairs
        }
        Some(b'0'..=b'9') if is_quoted && is_colon => {
            let length = count(text, first, 40, |byte| byte.is_ascii_digit());
            vec![pair(first..first + length, Form::Number)]
        }
        Some(_) if !is_colon && !is_quoted && spaces == 0 => vec![pair(first..end.max(first), form)],
        Some(_) | None => Vec::new(),
    }
}

fn name_before(text: &[u8], sign: usize) -> Option<(String, bool)> {
    let before = text.get(..sign)?;
    let spaces = before.iter().rev().take(4).take_while(|byte| byte.is_ascii_whitespace()).count();
    let before = before.get(..before.len() - spaces)?;
    let is_quoted = matches!(before.last(), Some(b'"' | b'\''));
    let before = if is_quoted { before.get(..before.len() - 1)? } else { before };
    let length = before.iter().rev().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count();
    if length == 0 {
        return None;
    }
    let name = before.get(before.len() - length..)?;
    Some((String::from_utf8_lossy(name).into_owned(), is_quoted))
}

/// What is between the quote at `first` and the next one that no backslash precedes.
fn quoted(text: &[u8], first: usize, quote: u8) -> Range<usize> {
    let mut end = first + 1;
    while let Some(next) = byte(text, end) {
        if next == quote {
            break;
        }
        end += if next == b'\\' { 2 } else { 1 };
    }
    first + 1..end.min(text.len())
}

/// `<d:name m:type="x">value<`.
fn element(text: &[u8], open: usize) -> Option<Pair> {
    let rest = text.get(open + 1..)?;
    let length = count(rest, 0, LONGEST_NAME, |byte| is_name(byte) || byte == b':');
    let close = rest.iter().take(256).position(|byte| *byte == b'>')?;
    if length == 0 || rest.get(close.checked_sub(1)?) == Some(&b'/') {
        return None;
    }
    let name = String::from_utf8_lossy(rest.get(..length)?).into_owned();
    let first = open + close + 2;
    let length = count(text, first, usize::MAX, |byte| byte != b'<');
    Some(Pair { name, value: first..first + length, form: Form::Member })
}

/// Signed tokens, wherever they stand.
pub(super) fn jwts(text: &[u8]) -> Vec<Range<usize>> {
    /// A text that begins like a token so often and is none will not become one.
    const TRIES: usize = 4;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.iter().position(is_part)) {
        let first = at + next;
        let run = text.get(first..).unwrap_or_default();
        let run = run.get(..run.iter().take_while(|byte| is_part(byte)).count()).unwrap_or_default();
        at = first + run.len();
        let starts = run.windows(3).enumerate().filter(|(_, window)| *window == b"eyJ").map(|(start, _)| start);
        let token = starts.take(TRIES).find_map(|start| Some((start, jwt::length_of(run.get(start..)?)?)));
        found.extend(token.map(|(start, length)| first + start..first + start + length));
    }
    found
}

/// Mail addresses, wherever they stand.
pub(super) fn addresses(text: &[u8]) -> Vec<Range<usize>> {
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-' | b'\'');
    let mut found = Vec::new();
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'@') {
        let before = text.get(..at).unwrap_or_default();
        let local = before.iter().rev().take(64).take_while(|byte| is_local(byte)).count();
        let mut local = before.get(before.len() - local..).unwrap_or_default();
        while let [b'\'' | b'.' | b'-', rest @ ..] = local {
            local = rest;
        }
        let length = count(text, at + 1, 255, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        let mut domain = text.get(at + 1..at + 1 + length).unwrap_or_default();
        while let [start @ .., b'.' | b'-'] = domain {
            domain = start;
        }
        let labels: Vec<&[u8]> = domain.split(|byte| *byte == b'.').collect();
        let is_host = labels.len() >= 2
            && labels.iter().all(|label| !label.is_empty())
            && labels.last().is_some_and(|last| last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic));
        if !local.is_empty() && is_host {
            found.push(at - local.len()..at + 1 + domain.len());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_seen_in_every_kind_of_text() {
        let cases = [
            ("https://a.example/?code=x%2F1&state=2#y", vec![("code", "x%2F1"), ("state", "2")]),
            (
                r#"{"a": "b\"c", "n":12, "l": ["x","y"], "o":{"p":true}}"#,
                vec![("a", "b\\\"c"), ("n", "12"), ("l", "x"), ("l", "y")],
            ),
            (r#"var t = "x"; o.sFT='y'; {name:"z"}"#, vec![("t", "x"), ("o.sFT", "y"), ("name", "z")]),
            (r#"<d:Email m:type="t">x@y</d:Email>"#, vec![("d:Email", "x@y"), ("type", "t")]),
            ("https://a.example:80/ at 12:30", vec![]),
        ];
        for (text, want) in cases {
            let pairs = pairs(text.as_bytes()).into_iter();
            let told: Vec<(String, &str)> = pairs.map(|pair| (pair.name, text.get(pair.value).unwrap())).collect();
            let mut told: Vec<(&str, &str)> = told.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            told.retain(|(_, value)| !value.is_empty());
            assert_eq!(told, want, "{text}");
        }
    }

    #[test]
    fn a_form_is_split_at_ampersands_alone() {
        let text = "password=a;b%26c\"d&i=1&x";
        let pairs = form_pairs(text.as_bytes(), 0);
        let told: Vec<(&str, &str)> =
            pairs.iter().map(|pair| (pair.name.as_str(), text.get(pair.value.clone()).unwrap())).collect();
        assert_eq!(told, [("password", "a;b%26c\"d"), ("i", "1"), ("x", "")]);
    }

    #[test]
    fn mail_addresses_are_seen_and_versions_are_not() {
        let seen = |text: &str| {
            addresses(text.as_bytes()).into_iter().map(|range| text.get(range).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(seen("to <john.doe@acme.example>, a@b.nl."), ["john.doe@acme.example", "a@b.nl"]);
        for text in ["jquery@3.1.1", "@media screen", "a@localhost", "x@y.", "http://@a.example"] {
            assert_eq!(seen(text), [""; 0], "{text}");
        }
    }
}
