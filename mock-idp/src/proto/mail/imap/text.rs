//! Texts as IMAP writes them (RFC 9051 section 4.3).

/// A string: quoted where that is possible, else a literal.
pub(super) fn string(text: &[u8]) -> Vec<u8> {
    let is_plain = text.len() < 1024 && text.iter().all(|byte| (0x20..0x7f).contains(byte));
    if !is_plain {
        let mut out = format!("{{{}}}\r\n", text.len()).into_bytes();
        out.extend_from_slice(text);
        return out;
    }
    let mut out = vec![b'"'];
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
    out
}

/// A string, or NIL.
pub(super) fn nstring(text: Option<&[u8]>) -> Vec<u8> {
    text.map_or_else(|| b"NIL".to_vec(), string)
}

/// The same of text.
pub(super) fn ntext(text: Option<&str>) -> Vec<u8> {
    nstring(text.map(str::as_bytes))
}

/// Things in parentheses with blanks between them.
pub(super) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let mut out = vec![b'('];
    out.extend(items.join(&b' '));
    out.push(b')');
    out
}
