//! The values that are known, their labels, and the search for them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::LABEL;
use super::jwt::Jwt;
use super::view::{View, canonical, folded};

/// A value that is shorter turns up by chance.
const SHORTEST: usize = 8;
/// A short value that stands alone is replaced from this length on.
const SHORTEST_ALONE: usize = 4;
/// A text of the Base64 alphabet that is shorter has no value of [`SHORTEST`] bytes in it.
const SHORTEST_RUN: usize = 11;

/// What stands for a value.
pub(super) type Label = Arc<str>;

/// What is to be replaced in a text, by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) source: Range<usize>,
    pub(super) label: Label,
    /// Whether the label needs quotes where the value had none.
    pub(super) is_bare: bool,
}

/// What of a text will be replaced.
#[derive(Debug)]
pub(super) struct Cover(Vec<bool>);

impl Cover {
    pub(super) fn of(length: usize) -> Self {
        Self(vec![false; length])
    }

    pub(super) fn add(&mut self, source: &Range<usize>) {
        self.0.get_mut(source.clone()).unwrap_or_default().fill(true);
    }

    /// Whether both ends of a part are in what is covered.
    pub(super) fn holds(&self, source: &Range<usize>) -> bool {
        let is_in = |at: Option<usize>| at.and_then(|at| self.0.get(at)).is_some_and(|is_covered| *is_covered);
        is_in(Some(source.start)) && is_in(source.end.checked_sub(1))
    }
}

/// The values that are known.
#[derive(Debug, Default)]
pub(super) struct Vault {
    labels: BTreeMap<Vec<u8>, Label>,
    /// Those that are replaced where their name tells them, by kind: the same short value is another thing elsewhere.
    short: BTreeMap<(&'static str, Vec<u8>), Label>,
    /// Short ones that are replaced where they stand alone.
    alone: Vec<(Vec<u8>, Label)>,
    /// By their first bytes.
    index: BTreeMap<[u8; SHORTEST], Vec<(Vec<u8>, Label)>>,
    numbers: BTreeMap<&'static str, u32>,
    open: BTreeSet<Vec<u8>>,
    jwts: BTreeMap<Label, Jwt>,
    /// A kind that is passed over, so that a test can see what would leak.
    #[cfg(test)]
    pub(super) blind_to: Option<&'static str>,
}

impl Vault {
    /// The label of a value; nothing if it is none, or a label already.
    pub(super) fn label(&mut self, kind: &'static str, value: &[u8]) -> Option<Label> {
        #[cfg(test)]
        if self.blind_to == Some(kind) {
            return None;
        }
        let mut value = canonical(value);
        if kind == "user" {
            // Addresses are the same in any case.
            value.make_ascii_lowercase();
        }
        let is_nothing = matches!(value.as_slice(), b"" | b"null" | b"true" | b"false" | b"undefined");
        if is_nothing || value.starts_with(LABEL.as_bytes()) {
            return None;
        }
        if let Some(label) = self.labels.get(&value) {
            return Some(Arc::clone(label));
        }
        // Signs that are weak do not make a secret of what everybody may know, such as a client's identifier in a cookie.
        let is_weak = matches!(kind, "cookie" | "flow" | "session" | "value" | "encoded");
        let is_open = self.open.contains(&value) || value.starts_with(b"http:") || value.starts_with(b"https:");
        if value.len() < SHORTEST || is_common(&value) || (is_weak && is_open) {
            return Some(self.short_label(kind, value));
        }
        let label = self.next(kind);
        if let Some(jwt) = Jwt::read(&value) {
            // Payload and signature travel apart where somebody keeps them in two cookies.
            jwt.parts.iter().for_each(|part| self.learn(part.clone(), &label));
            for personal in jwt.personal.clone() {
                self.label("person", personal.as_bytes());
            }
            self.jwts.insert(Arc::clone(&label), jwt);
        }
        self.learn(value, &label);
        Some(label)
    }

    /// A value that everybody may know.
    pub(super) fn open(&mut self, value: &[u8]) {
        let value = canonical(value);
        if value.len() >= SHORTEST {
            self.open.insert(value);
        }
    }

    fn learn(&mut self, value: Vec<u8>, label: &Label) {
        if let Some(first) = value.first_chunk::<SHORTEST>() {
            self.index.entry(*first).or_default().push((value.clone(), Arc::clone(label)));
            self.labels.insert(value, Arc::clone(label));
        }
    }

    fn short_label(&mut self, kind: &'static str, value: Vec<u8>) -> Label {
        if let Some(label) = self.short.get(&(kind, value.clone())) {
            return Arc::clone(label);
        }
        let label = self.next(kind);
        let is_told_alone = matches!(kind, "password" | "otp" | "client_secret");
        if is_told_alone && value.len() >= SHORTEST_ALONE && !is_common(&value) {
            self.alone.push((value.clone(), Arc::clone(&label)));
        }
        self.short.insert((kind, value), Arc::clone(&label));
        label
    }

    fn next(&mut self, kind: &'static str) -> Label {
        let number = self.numbers.entry(kind).or_default();
        *number += 1;
        Arc::from(format!("{LABEL}{kind}.{number}"))
    }

    /// The signed token that a label stands for.
    pub(super) fn jwt(&self, label: &Label) -> Option<&Jwt> {
        self.jwts.get(label)
    }

    /// How many labels there are.
    pub(super) fn count(&self) -> usize {
        self.numbers.values().map(|number| usize::try_from(*number).unwrap_or(usize::MAX)).sum()
    }

    /// Where a text has known values in any encoding. `covered` will be replaced already.
    pub(super) fn search(&mut self, text: &[u8], covered: &[Finding]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut cover = Cover::of(text.len());
        covered.iter().for_each(|found| cover.add(&found.source));
        for view in View::chain(text) {
            let bytes = folded(&view.bytes);
            for (range, label) in self.known_in(&bytes) {
                let source = view.source(range);
                cover.add(&source);
                findings.push(Finding { source, label, is_bare: false });
            }
            for range in runs(&view.bytes) {
                let source = view.source(range.clone());
                if !cover.holds(&source) && self.is_known_encoded(view.get(range.clone())) {
                    let label = self.label("encoded", view.get(range));
                    cover.add(&source);
                    findings.extend(label.map(|label| Finding { source, label, is_bare: false }));
                }
            }
        }
        findings
    }

    /// Where a text has short values that stand alone.
    pub(super) fn search_alone(&self, text: &[u8]) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.alone.is_empty() {
            return findings;
        }
        for view in View::chain(text) {
            let bytes = folded(&view.bytes);
            for (value, label) in &self.alone {
                for range in standing_alone(&bytes, value) {
                    let source = view.source(range);
                    findings.push(Finding { source, label: Arc::clone(label), is_bare: false });
                }
            }
        }
        findings
    }

    fn known_in(&self, bytes: &[u8]) -> Vec<(Range<usize>, Label)> {
        let mut found = Vec::new();
        if self.index.is_empty() {
            return found;
        }
        let lowered = bytes.to_ascii_lowercase();
        for at in 0..bytes.len() {
            // Addresses of users are known in lower case, and written in any.
            for bytes in [bytes, &lowered] {
                let rest = bytes.get(at..).unwrap_or_default();
                let candidates = rest.first_chunk::<SHORTEST>().and_then(|first| self.index.get(first));
                let there = candidates.into_iter().flatten().filter(|(value, _)| rest.starts_with(value));
                if let Some((value, label)) = there.max_by_key(|(value, _)| value.len()) {
                    found.push((at..at + value.len(), Arc::clone(label)));
                }
            }
        }
        found
    }

    /// Whether a text in Base64 has a known value in it, wherever it begins, and also Base64 in Base64.
    fn is_known_encoded(&self, run: &[u8]) -> bool {
        let mut texts: Vec<Vec<u8>> = decodings(run).collect();
        for _ in 0..2 {
            let holds = |text: &Vec<u8>| {
                let views = View::chain(text);
                views.iter().any(|view| !self.known_in(&folded(&view.bytes)).is_empty())
            };
            if texts.iter().any(holds) {
                return true;
            }
            let inner = texts.iter().flat_map(|text| runs(text).filter_map(|run| text.get(run)));
            texts = inner.flat_map(decodings).collect();
        }
        false
    }
}

/// Whether a value is a word of the file format, of a label or of the protocol, and would be found everywhere.
fn is_common(value: &[u8]) -> bool {
    const WORDS: &str = "startedDateTime request response httpVersion headersSize bodySize queryString postData mimeType \
                         statusText redirectURL connection serverIPAddress timings creator version idp-harness record entries \
                         comment encoding content cookies headers method status _error params x-unknown base64 receive \
                         application/json application/x-www-form-urlencoded text/html; charset=utf-8 authorization_code \
                         client_credentials grant_type client_id redirect_uri response_type code_challenge_method \
                         error_description Authorization Content-Type Set-Cookie Location https://localhost \
                         http://127.0.0.1 offline_access redacted.access_token.refresh_token.id_token.code.assertion. \
                         client_secret.password.code_verifier.code_challenge.device_code.user_code.request_uri.session. \
                         api_key.person.encoded.credentials.";
    WORDS.as_bytes().windows(value.len().max(1)).any(|window| window == value)
}

fn standing_alone<'b>(bytes: &'b [u8], value: &'b [u8]) -> impl Iterator<Item = Range<usize>> + 'b {
    let is_word = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    let windows = bytes.windows(value.len().max(1)).enumerate().filter(move |(_, window)| *window == value);
    let ranges = windows.map(|(at, window)| at..at + window.len());
    ranges.filter(move |range| !is_word(range.start.checked_sub(1)) && !is_word(Some(range.end)))
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The longest parts of a text that can be Base64, in either alphabet, with their padding.
fn runs(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes.get(at..)?.iter().position(|byte| is_base64(*byte))?;
            let length = bytes.get(start..)?.iter().take_while(|byte| is_base64(**byte)).count();
            at = start + length;
            let padding = bytes.get(at..)?.iter().take(2).take_while(|byte| **byte == b'=').count();
            if length >= SHORTEST_RUN {
                return Some(start..at + padding);
            }
        }
    })
}

/// What a text in Base64 says, read from each of its first four characters: what comes before the Base64 may look like it.
fn decodings(run: &[u8]) -> impl Iterator<Item = Vec<u8>> + use<> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let is_url_safe = run.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let engine = GeneralPurpose::new(if is_url_safe { &URL_SAFE } else { &STANDARD }, LENIENT);
    let digit = |byte: &u8| match (byte, is_url_safe) {
        (b'+', true) => b'-',
        (b'/', true) => b'_',
        (byte, _) => *byte,
    };
    let digits: Vec<u8> = run.iter().filter(|byte| **byte != b'=').map(digit).collect();
    (0..4).filter_map(move |skip| {
        let digits = digits.get(skip..)?;
        // A single digit at the end says nothing.
        let whole = if digits.len() % 4 == 1 { digits.len() - 1 } else { digits.len() };
        engine.decode(digits.get(..whole)?).ok()
    })
}

/// The text with labels: the outermost findings, and of those that overlap the first, up to the end of the last.
pub(super) fn replaced(text: &[u8], mut findings: Vec<Finding>) -> Vec<u8> {
    findings.sort_by_key(|found| (found.source.start, std::cmp::Reverse(found.source.end)));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for found in findings {
        if found.source.start >= at {
            out.extend_from_slice(text.get(at..found.source.start).unwrap_or_default());
            let quote: &[u8] = if found.is_bare { b"\"" } else { b"" };
            out.extend([quote, found.label.as_bytes(), quote].concat());
        }
        at = at.max(found.source.end);
    }
    out.extend_from_slice(text.get(at..).unwrap_or_default());
    out
}
