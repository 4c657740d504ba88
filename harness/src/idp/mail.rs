//! Lines of mail dialogues, as the log shows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::idp::redact::{Redactor, Text};

/// The longest line that is shown whole, in characters.
const LONGEST: usize = 400;

/// What was said, line by line, without secrets: a response of SASL is shown as what it encodes.
pub(super) fn said(text: &[u8], redactor: &Redactor) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let shown = |line: &str| {
        let show = |word: &str| decoded(word, redactor).unwrap_or_else(|| word.to_owned());
        let words: Vec<String> = line.split(' ').map(show).collect();
        let line = redactor.redact(&words.join(" "), Text::Decoded);
        match line.char_indices().nth(LONGEST) {
            Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
            None => line,
        }
    };
    text.trim_end_matches(['\r', '\n']).lines().map(shown).collect()
}

/// What a word of Base64 encodes, if that is a response or a challenge of SASL, or has a secret in it.
fn decoded(word: &str, redactor: &Redactor) -> Option<String> {
    if word.len() < 8 {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(word).ok()?).ok()?;
    let is_response = text.contains('\u{1}') || text.contains('\0');
    let is_challenge = text.starts_with('{') && text.ends_with('}');
    // AUTH LOGIN sends the name and the password bare.
    let is_told = text.contains('@') || redactor.redact(&text, Text::Decoded) != text;
    if !is_response && !is_challenge && !is_told {
        return None;
    }
    Some(text.replace(['\u{1}', '\0'], " ").trim().to_owned())
}
