//! How one secret can be written.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What `encodeURIComponent` leaves as it is (ECMA-262), the unreserved characters of RFC 3986 among them.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// What a query may have.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'%');

/// The value in every encoding that it may be met in.
pub(super) fn spellings(value: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::from([value.to_owned()]);
    let form: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    for coded in [
        form,
        utf8_percent_encode(value, COMPONENT).to_string(),
        utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(value, QUERY).to_string(),
    ] {
        found.insert(lower_hex(&coded));
        // Within a URL within a URL.
        found.insert(utf8_percent_encode(&coded, COMPONENT).to_string());
        found.insert(coded);
    }
    let quoted = serde_json::Value::from(value).to_string();
    let escaped = quoted.trim_matches('"').to_owned();
    found.insert(escaped.replace('/', "\\/"));
    found.insert(escaped);
    found.insert(html(value, "&#39;"));
    found.insert(html(value, "&#x27;"));
    for engine in [STANDARD, URL_SAFE, STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        found.insert(engine.encode(value));
        // Within something longer that is encoded: the part that does not depend on what is around it.
        for before in 1..3_usize {
            let coded = engine.encode([vec![0; before], value.as_bytes().to_vec()].concat());
            let from = (before * 8).div_ceil(6);
            let to = (before + value.len()) * 8 / 6;
            found.extend(coded.get(from..to).map(str::to_owned));
        }
        let whole = value.len() * 8 / 6;
        found.extend(engine.encode(value).get(..whole).map(str::to_owned));
    }
    found.retain(|spelling| spelling.len() >= super::SHORTEST);
    found
}

fn lower_hex(coded: &str) -> String {
    let mut out = String::with_capacity(coded.len());
    let mut rest = coded;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        out.push('%');
        let (hex, after) = behind.split_at_checked(2).unwrap_or((behind, ""));
        out.push_str(&hex.to_ascii_lowercase());
        rest = after;
    }
    out + rest
}

fn html(value: &str, apostrophe: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', apostrophe)
}
