//! Where the secrets of an exchange stand.

use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use html5gum::{Token, Tokenizer};

use super::find::{self, Form, Pair};
use super::names::{is_open, kind_of, looks_drawn};
use super::vault::Cover;
use super::view::View;

/// How much of a value tells whether it looks drawn at random.
const LOOKED_AT: usize = 128;
/// A longer value is not kept as one that everybody may know.
const LONGEST_OPEN: usize = 512;

/// What kind of text it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role<'a> {
    /// A URL.
    Url,
    /// The value of a header field of this name.
    Field(&'a str),
    /// A form.
    Form,
    /// A text of any other kind.
    Text,
}

/// Something that is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) kind: &'static str,
    /// Where in the text; nowhere that could be said of what only a decoded page shows.
    pub(super) source: Option<Range<usize>>,
    pub(super) value: Vec<u8>,
    /// Whether it is a number, which a label in quotes can replace.
    pub(super) is_bare: bool,
}

/// Names of form fields that pages have given to what is typed there.
pub(super) type FieldNames = BTreeMap<String, &'static str>;

/// All secrets of a text, and the values that everybody may know.
pub(super) fn spots(text: &str, role: Role<'_>, fields: &mut FieldNames) -> (Vec<Spot>, Vec<Vec<u8>>) {
    let bytes = text.as_bytes();
    let mut search = Search { spots: Vec::new(), covered: Cover::of(bytes.len()), open: Vec::new(), fields };
    match role {
        Role::Url => search.pairs(bytes, query_pairs(bytes)),
        Role::Form => search.pairs(bytes, find::form_pairs(bytes, 0)),
        Role::Field(name) => search.field(name, bytes),
        Role::Text => {}
    }
    for (depth, view) in View::chain(bytes).iter().enumerate() {
        search.view(view, depth == 0);
    }
    if text.contains("<input") || text.contains("<INPUT") {
        search.page(text);
    }
    (search.spots, search.open)
}

/// The pairs of the query, and of the fragment of an implicit grant's redirect.
fn query_pairs(url: &[u8]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let Some(start) = url.iter().position(|byte| matches!(byte, b'?' | b'#')) else { return pairs };
    let mut at = start + 1;
    for part in url.get(at..).unwrap_or_default().split(|byte| *byte == b'#') {
        pairs.extend(find::form_pairs(part, at));
        at += part.len() + 1;
    }
    pairs
}

struct Search<'a> {
    spots: Vec<Spot>,
    covered: Cover,
    open: Vec<Vec<u8>>,
    fields: &'a mut FieldNames,
}

impl Search<'_> {
    fn put(&mut self, kind: &'static str, source: Range<usize>, value: &[u8], is_bare: bool) {
        if !source.is_empty() && !self.covered.holds(&source) {
            self.covered.add(&source);
            self.spots.push(Spot { kind, source: Some(source), value: value.to_vec(), is_bare });
        }
    }

    /// What a name, or else the look of the value, says. A code in an object is one of an error, unless it looks drawn at random.
    fn kind(&self, pair: &Pair, value: &[u8]) -> Option<&'static str> {
        let start = value.get(..LOOKED_AT).unwrap_or(value);
        let drawn = looks_drawn(&percent_encoding::percent_decode(start).decode_utf8_lossy());
        let named = self.fields.get(&pair.name).copied().or_else(|| kind_of(&pair.name));
        match (named, pair.form) {
            (Some("code"), Form::Member) => {
                let is_random = drawn && value.iter().any(u8::is_ascii_digit);
                is_random.then_some("code")
            }
            (Some(kind @ ("otp" | "password" | "user_code")), Form::Number) => (value.len() >= 4).then_some(kind),
            (_, Form::Number) => None,
            (Some(kind), _) => Some(kind),
            (None, _) => (drawn && !is_open(&pair.name)).then_some("value"),
        }
    }

    fn pairs(&mut self, text: &[u8], pairs: Vec<Pair>) {
        for pair in pairs {
            let value = text.get(pair.value.clone()).unwrap_or_default();
            match self.kind(&pair, value) {
                Some(kind) => self.put(kind, pair.value, value, false),
                None if is_open(&pair.name) && value.len() <= LONGEST_OPEN => self.open.push(value.to_vec()),
                None => {}
            }
        }
    }

    fn view(&mut self, view: &View, is_raw: bool) {
        for pair in find::pairs(&view.bytes) {
            let value = view.get(pair.value.clone());
            match self.kind(&pair, value) {
                // Inside another text a number cannot be replaced by a text.
                Some(_) if pair.form == Form::Number && !is_raw => {}
                Some(kind) => {
                    let (source, is_bare) = (view.source(pair.value.clone()), pair.form == Form::Number);
                    self.put(kind, source, value, is_bare);
                }
                None if is_open(&pair.name) && value.len() <= LONGEST_OPEN => self.open.push(value.to_vec()),
                None => {}
            }
        }
        // Where a name tells more, it came first.
        for range in find::jwts(&view.bytes) {
            self.put("token", view.source(range.clone()), view.get(range), false);
        }
        for range in find::addresses(&view.bytes) {
            self.put("user", view.source(range.clone()), view.get(range), false);
        }
    }

    fn field(&mut self, name: &str, value: &[u8]) {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "authorization" | "proxy-authorization" => {
                let scheme = value.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
                let spaces =
                    value.get(scheme..).unwrap_or_default().iter().take_while(|b| b.is_ascii_whitespace()).count();
                let is_token = ["bearer", "dpop"].iter().any(|known| {
                    value.get(..scheme).is_some_and(|scheme| scheme.eq_ignore_ascii_case(known.as_bytes()))
                });
                let kind = if is_token { "access_token" } else { "credentials" };
                let first = if scheme + spaces < value.len() { scheme + spaces } else { 0 };
                self.put(kind, first..value.len(), value.get(first..).unwrap_or_default(), false);
            }
            "cookie" => {
                let mut at = 0;
                for pair in value.split(|byte| *byte == b';') {
                    self.cookie(value, at..at + pair.len());
                    at += pair.len() + 1;
                }
            }
            "set-cookie" => {
                let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
                self.cookie(value, 0..end);
            }
            "location" | "content-location" | "referer" | "link" => self.pairs(value, query_pairs(value)),
            _ => {
                let tells = ["token", "auth", "secret", "session", "api-key", "apikey"];
                let is_drawn = std::str::from_utf8(value).is_ok_and(looks_drawn);
                let by_part = || (is_drawn && tells.iter().any(|part| name.contains(part))).then_some("value");
                // `User-Agent` and the like are no users: of names of people only whole fields are known.
                if let Some(kind) = kind_of(&name).or_else(by_part) {
                    self.put(kind, 0..value.len(), value, false);
                }
            }
        }
    }

    fn cookie(&mut self, value: &[u8], range: Range<usize>) {
        let pair = value.get(range.clone()).unwrap_or_default();
        let Some(sign) = pair.iter().position(|byte| *byte == b'=') else { return };
        let end = range.start + pair.trim_ascii_end().len();
        let source = range.start + sign + 1..end.max(range.start + sign + 1);
        self.put("cookie", source.clone(), value.get(source).unwrap_or_default(), false);
    }

    /// What the forms of a page carry along, and the names of the fields in which secrets will be typed.
    fn page(&mut self, text: &str) {
        for token in Tokenizer::new(text).flatten() {
            let Token::StartTag(tag) = token else { continue };
            if tag.name.as_slice() != b"input" {
                continue;
            }
            let attribute = |name: &[u8]| {
                tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
            };
            let (name, value, kind) =
                (attribute(b"name"), attribute(b"value"), attribute(b"type").to_ascii_lowercase());
            let completes = attribute(b"autocomplete").to_ascii_lowercase();
            let typed = match (kind.as_str(), completes.as_str()) {
                ("password", _) => Some("password"),
                (_, "one-time-code") => Some("otp"),
                ("email", _) | (_, "username" | "email") => Some("user"),
                (_, _) => None,
            };
            if let Some(kind) = typed.filter(|_| !name.is_empty()) {
                self.fields.insert(name.clone(), kind);
            }
            let carried = kind_of(&name).or(typed).or((kind == "hidden" && looks_drawn(&value)).then_some("flow"));
            if is_open(&name) {
                self.open.push(value.into_bytes());
            } else if let Some(kind) = carried.filter(|_| value.len() >= 8) {
                self.spots.push(Spot { kind, source: None, value: value.into_bytes(), is_bare: false });
            }
        }
    }
}

/// Name and secret of HTTP Basic, as they are under the Base64 (RFC 6749 section 2.3.1: both are form-encoded first).
pub(super) fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The same the other way.
pub(super) fn basic_again(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}
