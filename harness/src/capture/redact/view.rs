//! Views of a text: as it stands, and decoded once, twice, and so on, where each byte knows which bytes of the text it comes from.
//!
//! One round undoes percent-encoding, character references of HTML and escapes of JSON at once, since texts inside texts are
//! encoded in turn. When values are compared, spaces and plus signs are one: a form writes either for a space.

use std::ops::Range;

/// So many rounds at most; nobody encodes more often.
const ROUNDS: usize = 4;

/// A text, decoded so many times.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// Where each comes from.
    spans: Vec<(u32, u32)>,
}

impl View {
    fn of(text: &[u8]) -> Self {
        let spans = (0..text.len()).map(|at| (offset(at), offset(at + 1))).collect();
        Self { bytes: text.to_vec(), spans }
    }

    /// The text as it stands and what further rounds make of it, as long as they make something of it.
    pub(super) fn chain(text: &[u8]) -> Vec<Self> {
        let mut views = vec![Self::of(text)];
        while views.len() <= ROUNDS {
            let Some(next) = views.last().and_then(Self::decoded) else { break };
            views.push(next);
        }
        views
    }

    /// Where a part of the view comes from.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        let first = self.spans.get(range.start).map_or(0, |span| span.0);
        let last = range.end.checked_sub(1).and_then(|last| self.spans.get(last)).map_or(first, |span| span.1);
        index(first)..index(last.max(first))
    }

    pub(super) fn get(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// One round; nothing if there is nothing to decode.
    fn decoded(&self) -> Option<Self> {
        if !self.bytes.iter().any(|byte| matches!(byte, b'%' | b'&' | b'\\')) {
            return None;
        }
        let (length, spans) = (self.bytes.len(), self.spans.len());
        let mut next = Self { bytes: Vec::with_capacity(length), spans: Vec::with_capacity(spans) };
        let (mut at, mut is_changed) = (0, false);
        while let Some(byte) = self.bytes.get(at).copied() {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let unit = match byte {
                b'%' => percent(rest),
                b'&' => reference(rest),
                b'\\' => escape(rest),
                _ => None,
            };
            is_changed |= unit.is_some();
            let (text, length) = unit.unwrap_or_else(|| (Unit::byte(byte), 1));
            let source = self.source(at..at + length);
            for byte in text.bytes() {
                next.bytes.push(*byte);
                next.spans.push((offset(source.start), offset(source.end)));
            }
            at += length;
        }
        is_changed.then_some(next)
    }
}

/// The same with a space for every plus sign, for comparing.
pub(super) fn folded(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
}

/// What a value is when everything is decoded: the form in which values are compared.
pub(super) fn canonical(value: &[u8]) -> Vec<u8> {
    View::chain(value).pop().map(|view| folded(&view.bytes)).unwrap_or_default()
}

/// Texts are shorter than 4 GiB: bodies have a limit.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// What one unit of an encoding stands for.
#[derive(Debug, Clone, Copy)]
struct Unit {
    bytes: [u8; 4],
    length: usize,
}

impl Unit {
    const fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    fn character(c: char) -> Self {
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len();
        Self { bytes, length }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) { u32::from_str_radix(text, 16).ok() } else { None }
}

fn percent(rest: &[u8]) -> Option<(Unit, usize)> {
    let byte = u8::try_from(hex(rest.get(1..3)?)?).ok()?;
    Some((Unit::byte(byte), 3))
}

fn reference(rest: &[u8]) -> Option<(Unit, usize)> {
    const NAMED: &[(&str, char)] = &[
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("sol", '/'),
        ("equals", '='),
        ("plus", '+'),
        ("commat", '@'),
        ("num", '#'),
        ("percnt", '%'),
        ("excl", '!'),
        ("colon", ':'),
        ("semi", ';'),
        ("comma", ','),
        ("period", '.'),
        ("lowbar", '_'),
        ("dollar", '$'),
        ("quest", '?'),
        ("ast", '*'),
        ("lpar", '('),
        ("rpar", ')'),
        ("bsol", '\\'),
        ("nbsp", ' '),
    ];
    let end = rest.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest.get(1..end)?).ok()?;
    let c = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(digits) => char::from_u32(hex(digits.as_bytes())?)?,
            None => char::from_u32(number.parse().ok()?)?,
        },
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((Unit::character(c), end + 1))
}

fn escape(rest: &[u8]) -> Option<(Unit, usize)> {
    let unit = |c: char| Some((Unit::character(c), 2));
    match rest.get(1)? {
        b'"' => unit('"'),
        b'\'' => unit('\''),
        b'\\' => unit('\\'),
        b'/' => unit('/'),
        b'n' => unit('\n'),
        b'r' => unit('\r'),
        b't' => unit('\t'),
        b'b' => unit('\u{8}'),
        b'f' => unit('\u{c}'),
        b'x' => Some((Unit::character(char::from_u32(hex(rest.get(2..4)?)?)?), 4)),
        b'u' => {
            let first = hex(rest.get(2..6)?)?;
            if let Some(c) = char::from_u32(first) {
                return Some((Unit::character(c), 6));
            }
            // A pair of surrogates (RFC 8259 section 7).
            let second = hex(rest.get(8..12).filter(|_| rest.get(6..8) == Some(b"\\u"))?)?;
            let c = 0x1_0000 + (first.checked_sub(0xD800)? << 10) + second.checked_sub(0xDC00)?;
            Some((Unit::character(char::from_u32(c)?), 12))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_has_the_same_canonical_form() {
        let forms = [
            "stamp.AB!/=\"ü😀",
            "stamp.AB%21%2F%3D%22%C3%BC%F0%9F%98%80",
            "stamp.AB%21%2f%3d%22%c3%bc%f0%9f%98%80",
            "stamp.AB&#33;&#x2f;&#x3D;&quot;&#252;&#x1F600;",
            "stamp.AB!\\/\\u003d\\\"\\u00fc\\ud83d\\ude00",
            "stamp.AB%2521%252F%253D%2522%25C3%25BC%25F0%259F%2598%2580",
            "stamp.AB!\\\\/\\\\u003d\\\\\\\"ü😀",
            "stamp.AB%5Cu0021%26%23x2f%3B%3D&quot;ü😀",
        ];
        for form in forms {
            assert_eq!(canonical(form.as_bytes()), canonical(forms[0].as_bytes()), "{form}");
        }
        assert_eq!(canonical(b"a+b"), canonical(b"a%20b"));
        assert_eq!(canonical(b"a+b"), canonical(b"a%2Bb"));
    }

    #[test]
    fn what_only_looks_like_an_encoding_stays() {
        for text in ["100% sure", "%zz", "&nothing;", "& ", "\\q", "\\u12", "&#xffffffff;", "%", "\\", "\\ud83dx"] {
            assert_eq!(View::chain(text.as_bytes()).len(), 1, "{text}");
        }
    }

    #[test]
    fn each_byte_knows_where_it_comes_from() {
        let views = View::chain(b"x=a%2526b");
        let last = views.last().unwrap();
        assert_eq!(last.bytes, b"x=a&b");
        assert_eq!(last.source(2..5), 2..9);
        assert_eq!(last.source(3..4), 3..8);
    }
}
