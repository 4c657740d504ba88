//! The little of DER (X.690) that keys and certificates are written in.

/// SEQUENCE.
pub(super) fn sequence(body: &[u8]) -> Vec<u8> {
    tagged(0x30, body)
}

/// SET.
pub(super) fn set(body: &[u8]) -> Vec<u8> {
    tagged(0x31, body)
}

/// OBJECT IDENTIFIER, already encoded.
pub(super) fn object(body: &[u8]) -> Vec<u8> {
    tagged(0x06, body)
}

/// UTF8String.
pub(super) fn utf8(text: &str) -> Vec<u8> {
    tagged(0x0c, text.as_bytes())
}

/// UTCTime.
pub(super) fn utc_time(text: &str) -> Vec<u8> {
    tagged(0x17, text.as_bytes())
}

/// BIT STRING of whole bytes.
pub(super) fn bit_string(body: &[u8]) -> Vec<u8> {
    tagged(0x03, &[&[0], body].concat())
}

/// An explicit tag of the context.
pub(super) fn explicit(number: u8, body: &[u8]) -> Vec<u8> {
    tagged(0xa0 | number, body)
}

/// INTEGER: no leading zeros but one where the first bit would make it negative.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let mut bytes = bytes.get(start..).unwrap_or_default().to_vec();
    if bytes.first().is_some_and(|byte| *byte >= 0x80) {
        bytes.insert(0, 0);
    }
    tagged(0x02, &bytes)
}

fn tagged(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(body.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        Ok(_) | Err(_) => {
            let length: Vec<u8> = body.len().to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(length.len()).unwrap_or_default());
            out.extend(length);
        }
    }
    out.extend_from_slice(body);
    out
}
