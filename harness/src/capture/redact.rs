//! Taking secrets out of a recording, so that what belongs together is still seen: each secret becomes a label, the same wherever it recurs.
//!
//! What a secret is follows from where it stands (the parameters of RFC 6749 and its kin, header fields, cookies) and from its shape: whatever looks
//! drawn at random is taken for one. Where the harness is unsure it takes more out rather than less.

mod places;
mod spellings;

use std::collections::BTreeMap;

use url::Url;

use super::model::{Body, CapturedExchange, HeaderField};
use places::Found;
use spellings::spellings;

/// What every label begins with. Its letters are the same in every encoding.
pub const LABEL: &str = "redacted.";
/// Shorter values are in too many places that have nothing to do with them.
const SHORTEST: usize = 4;

/// The secrets that have been seen, and what stands for them.
#[derive(Debug, Default)]
pub struct Redactor {
    /// Spellings of secrets and what takes their place, the longest first.
    replacements: Vec<(String, String)>,
    labels: BTreeMap<String, String>,
    numbers: BTreeMap<&'static str, u32>,
}

impl Redactor {
    /// Nothing has been seen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many secrets have been seen.
    #[must_use]
    pub fn known(&self) -> usize {
        self.labels.len()
    }

    /// The exchange without its secrets. Those that it has are known from now on.
    #[must_use]
    pub fn redact(&mut self, exchange: &CapturedExchange) -> CapturedExchange {
        for Found { kind, value } in places::secrets(exchange) {
            self.learn(kind, &value);
        }
        let mut out = exchange.clone();
        out.request.url = Url::parse(&self.text(out.request.url.as_str())).unwrap_or_else(|_| out.request.url.clone());
        self.fields(&mut out.request.headers);
        self.body(&mut out.request.body);
        if let Some(response) = &mut out.response {
            self.fields(&mut response.headers);
            self.body(&mut response.body);
        }
        out.error = out.error.map(|error| self.text(&error));
        out
    }

    /// Makes a value known as a secret.
    pub fn learn(&mut self, kind: &'static str, value: &str) {
        if value.len() < SHORTEST || value.starts_with(LABEL) || self.labels.contains_key(value) {
            return;
        }
        let number = self.numbers.entry(kind).or_default();
        *number += 1;
        let label = format!("{LABEL}{kind}.{number}");
        self.labels.insert(value.to_owned(), label.clone());
        for spelling in spellings(value) {
            let at = self.replacements.partition_point(|(known, _)| known.len() >= spelling.len());
            self.replacements.insert(at, (spelling, label.clone()));
        }
    }

    /// The text with labels in the place of all known secrets, in whatever spelling.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (secret, label) in &self.replacements {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), label);
            }
        }
        text
    }

    /// Whether a known secret is left in a text.
    #[must_use]
    pub fn leaks(&self, text: &str) -> bool {
        self.replacements.iter().any(|(secret, _)| text.contains(secret.as_str()))
    }

    fn fields(&self, headers: &mut [HeaderField]) {
        for field in headers {
            field.value = match places::basic(&field.value) {
                Some((id, secret)) => places::basic_again(&self.text(&id), &self.text(&secret)),
                None => self.text(&field.value),
            };
        }
    }

    fn body(&self, body: &mut Body) {
        if let Body::Bytes(bytes) = body {
            *bytes = match std::str::from_utf8(bytes) {
                Ok(text) => self.text(text).into_bytes(),
                // What is no text is not kept: nobody could see what is in it.
                Err(_) => format!("{LABEL}{} bytes", bytes.len()).into_bytes(),
            };
        }
    }
}
