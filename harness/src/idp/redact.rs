//! Redaction: secrets become labels, before anything is written anywhere.
//!
//! A label stays the same wherever its secret recurs, so that lineage can be read and nothing leaks.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What form-encoding leaves as it is (RFC 6749 appendix B); all else is percent-encoded.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');
/// What `encodeURIComponent` and RFC 3986 libraries leave.
const COMPONENT: &AsciiSet = &FORM.remove(b'*').remove(b'~').remove(b'!').remove(b'\'').remove(b'(').remove(b')');

/// What kind of text is redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// It was decoded, so that an encoded secret in it was encoded once too often: that must be seen.
    Decoded,
    /// A URL or a form: secrets are encoded in it as they should be.
    Encoded,
}

/// Everything that is known to be secret, or to be different in every run.
#[derive(Debug, Default)]
pub struct Redactor {
    /// From the text to its label, without the angle brackets.
    secrets: BTreeMap<String, String>,
    /// The same in the order in which they are looked for: longest first, so that none hides inside another.
    ordered: Vec<Entry>,
    /// Addresses and folders, and what stands for them.
    places: Vec<(String, String)>,
    counts: BTreeMap<&'static str, u32>,
}

#[derive(Debug)]
struct Entry {
    raw: String,
    encoded: Vec<String>,
    twice: Vec<String>,
    label: String,
}

impl Redactor {
    /// A secret with its label.
    pub fn learn(&mut self, secret: &str, label: &str) {
        if secret.len() < 4 || self.secrets.contains_key(secret) {
            return;
        }
        self.secrets.insert(secret.to_owned(), label.to_owned());
        let encoded = encodings(secret);
        let twice = encoded.iter().flat_map(|once| encodings(once)).collect();
        let entry = Entry { raw: secret.to_owned(), encoded, twice, label: label.to_owned() };
        let at = self.ordered.partition_point(|other| other.raw.len() >= entry.raw.len());
        self.ordered.insert(at, entry);
    }

    /// Every secret that is known, for whoever must see that none is left somewhere.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.secrets.iter().map(|(secret, label)| (secret.as_str(), label.as_str()))
    }

    /// A value that the client made, numbered by its kind in order of appearance: `state:1`, `code_verifier:2`.
    pub fn learn_numbered(&mut self, kind: &'static str, value: &str) {
        if value.len() < 4 || self.secrets.contains_key(value) {
            return;
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let label = format!("{kind}:{count}");
        self.learn(value, &label);
    }

    /// An address or folder of this run, and what stands for it.
    pub fn place(&mut self, text: &str, stands_for: &str) {
        for form in std::iter::once(text.to_owned()).chain(encodings(text)) {
            self.places.push((form, stands_for.to_owned()));
        }
        self.places.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
    }

    /// The text with labels.
    #[must_use]
    pub fn redact(&self, text: &str, kind: Text) -> String {
        let mut text = text.to_owned();
        for entry in &self.ordered {
            if !text.contains(&entry.raw) && !text.contains('%') {
                continue;
            }
            let plain = format!("<{}>", entry.label);
            let over = format!("<{} encoded>", entry.label);
            let encoded = if kind == Text::Encoded { &plain } else { &over };
            for form in &entry.twice {
                text = replace(text, form, &over);
            }
            for form in &entry.encoded {
                text = replace(text, form, encoded);
            }
            text = replace(text, &entry.raw, &plain);
        }
        for (form, stands_for) in &self.places {
            text = replace(text, form, stands_for);
        }
        text
    }

    /// The same for every text inside a JSON value.
    pub fn redact_json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.redact(text, Text::Encoded),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            serde_json::Value::Object(members) => members.values_mut().for_each(|member| self.redact_json(member)),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
        }
    }

    /// The label of a secret that a text still holds, in any encoding. Secrets of fewer than eight characters are not looked
    /// for: they turn up by chance.
    #[must_use]
    pub fn found_in(&self, text: &str) -> Option<&str> {
        let holds = |entry: &&Entry| {
            let forms = std::iter::once(&entry.raw).chain(&entry.encoded).chain(&entry.twice);
            entry.raw.len() >= 8 && forms.into_iter().any(|form| text.contains(form.as_str()))
        };
        self.ordered.iter().find(holds).map(|entry| entry.label.as_str())
    }
}

impl Redactor {
    /// The same in a JSON text: as it stands there, and in its strings as they are read.
    #[must_use]
    pub fn found_in_json(&self, text: &str) -> Option<&str> {
        let read = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
        self.found_in(text).or_else(|| self.found_within(&read))
    }

    fn found_within(&self, value: &serde_json::Value) -> Option<&str> {
        match value {
            serde_json::Value::String(text) => self.found_in(text),
            serde_json::Value::Array(items) => items.iter().find_map(|item| self.found_within(item)),
            serde_json::Value::Object(members) => {
                let found = |(name, member): (&String, &serde_json::Value)| {
                    self.found_in(name).or_else(|| self.found_within(member))
                };
                members.iter().find_map(found)
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => None,
        }
    }
}

fn replace(text: String, from: &str, to: &str) -> String {
    if text.contains(from) { text.replace(from, to) } else { text }
}

/// The encoded forms of a text that differ from it.
fn encodings(text: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for set in [FORM, COMPONENT] {
        let upper = utf8_percent_encode(text, set).to_string();
        let lower = lower_hex(&upper);
        for form in [upper, lower] {
            if form != text && !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms
}

/// The same with the hexadecimal digits of escapes in lower case.
fn lower_hex(text: &str) -> String {
    let mut left = 0;
    text.chars()
        .map(|c| {
            if c == '%' {
                left = 2;
                c
            } else if left > 0 {
                left -= 1;
                c.to_ascii_lowercase()
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_json_however_that_escapes_it() {
        let mut redactor = Redactor::default();
        redactor.learn("a+secret/of=mine", "rt:1");
        for text in [
            r#"{"a":["a+secret/of=mine"]}"#,
            r#"{"a":"x a\u002bsecret\/of\u003Dmine"}"#,
            r#"{"a%2Bsecret%2Fof%3Dmine":1}"#,
        ] {
            assert_eq!(redactor.found_in_json(text), Some("rt:1"), "{text}");
        }
        assert_eq!(redactor.found_in_json(r#"{"a":"a+secret/of=yours"}"#), None);
    }

    #[test]
    fn a_secret_gets_the_same_label_in_every_encoding() {
        let mut redactor = Redactor::default();
        redactor.learn("stamp.ABCD!EFGH", "code:1");
        let cases = [
            ("code=stamp.ABCD%21EFGH&x=1", Text::Encoded, "code=<code:1>&x=1"),
            ("code=stamp.ABCD!EFGH", Text::Encoded, "code=<code:1>"),
            ("code=stamp.ABCD%2521EFGH", Text::Encoded, "code=<code:1 encoded>"),
            ("stamp.ABCD!EFGH", Text::Decoded, "<code:1>"),
            ("stamp.ABCD%21EFGH", Text::Decoded, "<code:1 encoded>"),
        ];
        for (text, kind, want) in cases {
            assert_eq!(redactor.redact(text, kind), want, "{text}");
        }
    }

    #[test]
    fn a_secret_that_was_overlooked_is_found_in_every_encoding() {
        let mut redactor = Redactor::default();
        redactor.learn("stamp.ABCD!EFGH", "code:1");
        for text in ["x stamp.ABCD!EFGH", "x stamp.ABCD%21EFGH", "x stamp.ABCD%2521EFGH"] {
            assert_eq!(redactor.found_in(text), Some("code:1"), "{text}");
            assert_eq!(redactor.found_in(&redactor.redact(text, Text::Encoded)), None, "{text}");
        }
    }

    #[test]
    fn a_secret_inside_a_longer_one_does_not_hide_it() {
        let mut redactor = Redactor::default();
        redactor.learn("abcd", "one");
        redactor.learn("abcdefgh", "two");
        assert_eq!(redactor.redact("abcdefgh abcd", Text::Decoded), "<two> <one>");
    }

    #[test]
    fn places_of_the_run_do_not_show() {
        let mut redactor = Redactor::default();
        redactor.place("http://127.0.0.1:4711", "{idp}");
        redactor.place("127.0.0.1:4711", "{idp}");
        assert_eq!(redactor.redact("u=http%3A%2F%2F127.0.0.1%3A4711%2Fx", Text::Encoded), "u={idp}%2Fx");
        assert_eq!(redactor.redact("Host: 127.0.0.1:4711", Text::Decoded), "Host: {idp}");
    }

    #[test]
    fn a_clients_own_values_are_numbered_by_kind() {
        let mut redactor = Redactor::default();
        redactor.learn_numbered("state", "first-state");
        redactor.learn_numbered("state", "second-state");
        redactor.learn_numbered("state", "first-state");
        assert_eq!(redactor.redact("first-state second-state", Text::Decoded), "<state:1> <state:2>");
    }
}
