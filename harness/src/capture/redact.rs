//! Taking secrets out of a recording, so that what belongs together is still seen: each secret becomes a label, the same wherever it recurs.
//!
//! Two passes over an exchange. The first learns: from names (parameters, members, elements, header fields, cookies, fields of forms), from
//! shapes (signed tokens, mail addresses), and whatever looks drawn at random is taken for a secret. Where the harness is unsure it takes
//! more out rather than less. The second replaces every known value in every encoding: it reads each text as a chain of decoded
//! views, of which each byte knows where it comes from, so that no list of spellings can lack one.
//!
//! A value of fewer than eight bytes is replaced where its name tells it (passwords, one-time codes and client secrets of four and more
//! also wherever they stand alone): it turns up everywhere by chance. What is compressed, in several parts, or no text is not kept.

mod find;
mod jwt;
mod names;
mod places;
#[cfg(test)]
mod tests;
mod vault;
mod view;

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use url::Url;

use super::model::{Body, CapturedExchange, HeaderField, JwtSummary, Pkce};
use places::{FieldNames, Role};
use vault::{Finding, Label, Vault, replaced};

/// What every label begins with. Its letters are the same in every encoding.
pub const LABEL: &str = "redacted.";

/// Whether what is called so is a secret, or one person's own.
pub(crate) fn is_secret_name(name: &str) -> bool {
    names::kind_of(name).is_some()
}

/// The secrets that have been seen, and what stands for them.
#[derive(Debug, Default)]
pub struct Redactor {
    vault: Vault,
    fields: FieldNames,
    /// The challenges that were sent (RFC 7636 section 4.3), by what a verifier must come to.
    challenges: BTreeSet<String>,
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
        self.vault.count()
    }

    /// The exchange without its secrets. Those that it has are known from now on.
    #[must_use]
    pub fn redact(&mut self, exchange: &CapturedExchange) -> CapturedExchange {
        let mut out = exchange.clone();
        keep_text(&mut out.request.body, &out.request.headers);
        if let Some(response) = &mut out.response {
            keep_text(&mut response.body, &response.headers);
        }
        let pkce = self.pkce(&out);
        let mut used = BTreeSet::new();
        // First all that the exchange tells, so that what is told at its end is taken out at its beginning as well.
        let mut found = Vec::new();
        each_text(&mut out, &mut |text, role| found.push(self.learn_from(text, role)));
        let mut found = found.into_iter();
        each_text(&mut out, &mut |text, _| {
            let mut findings = found.next().unwrap_or_default();
            findings.extend(self.vault.search(text.as_bytes(), &findings));
            findings.extend(self.vault.search_alone(text.as_bytes()));
            used.extend(findings.iter().map(|finding| finding.label.clone()));
            *text = text_of(replaced(text.as_bytes(), findings));
        });
        out.pkce = pkce;
        out.jwts = used.iter().filter_map(|label| self.summary(label)).collect();
        out
    }

    /// Makes a value known as a secret.
    pub fn learn(&mut self, kind: &'static str, value: &str) {
        self.vault.label(kind, value.as_bytes());
    }

    /// An entry as it may be written: once more without all known secrets. Nothing if one is left all the same.
    #[must_use]
    pub fn seal(&mut self, entry: &str) -> Option<String> {
        let findings = self.vault.search(entry.as_bytes(), &[]);
        let entry = text_of(replaced(entry.as_bytes(), findings));
        let is_clean = self.vault.search(entry.as_bytes(), &[]).is_empty();
        (is_clean && serde_json::from_str::<serde_json::Value>(&entry).is_ok()).then_some(entry)
    }

    /// The secrets that a text tells, as labels in their places.
    fn learn_from(&mut self, text: &str, role: Role<'_>) -> Vec<Finding> {
        if let (Role::Field(_), Some((id, secret))) = (role, places::basic(text)) {
            return self.basic(text, &id, &secret);
        }
        let (spots, open) = places::spots(text, role, &mut self.fields);
        open.iter().for_each(|value| self.vault.open(value));
        let mut findings = Vec::new();
        for spot in spots {
            let label = self.vault.label(spot.kind, &spot.value);
            if let (Some(label), Some(source)) = (label, spot.source) {
                findings.push(Finding { source, label, is_bare: spot.is_bare });
            }
        }
        findings
    }

    /// The identifier stays, and what is under the Base64 can still be read.
    fn basic(&mut self, text: &str, id: &str, secret: &str) -> Vec<Finding> {
        self.vault.open(id.as_bytes());
        let Some(label) = self.vault.label("client_secret", secret.as_bytes()) else { return Vec::new() };
        let again = Label::from(places::basic_again(id, &label));
        vec![Finding { source: 0..text.len(), label: again, is_bare: false }]
    }

    /// What is left of a signed token.
    fn summary(&self, label: &Label) -> Option<JwtSummary> {
        let jwt = self.vault.jwt(label)?;
        Some(JwtSummary { label: label.to_string(), header: jwt.header.clone(), claims: jwt.claims.clone() })
    }

    /// Takes note of challenges, and tells which a verifier answers.
    fn pkce(&mut self, exchange: &CapturedExchange) -> Option<Pkce> {
        let request = &exchange.request;
        let form = form_urlencoded::parse(request.body.bytes());
        let pairs: Vec<(String, String)> =
            request.url.query_pairs().chain(form).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        let value = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        self.challenges.extend(value("code_challenge"));
        let verifier = value("code_verifier")?;
        let hashed = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let answered = [hashed, verifier.clone()].into_iter().find(|challenge| self.challenges.contains(challenge));
        let verifier = self.vault.label("code_verifier", verifier.as_bytes())?.to_string();
        let challenge = answered.and_then(|challenge| self.vault.label("code_challenge", challenge.as_bytes()));
        Some(Pkce { verifier, challenge: challenge.map(|label| label.to_string()) })
    }
}

/// Every text of an exchange in turn.
fn each_text(exchange: &mut CapturedExchange, work: &mut dyn FnMut(&mut String, Role<'_>)) {
    let mut url = exchange.request.url.to_string();
    work(&mut url, Role::Url);
    // A label is as good in a URL as what it stands for.
    if let Ok(url) = Url::parse(&url) {
        exchange.request.url = url;
    }
    texts_of(&mut exchange.request.headers, &mut exchange.request.body, work);
    if let Some(response) = &mut exchange.response {
        texts_of(&mut response.headers, &mut response.body, work);
    }
    if let Some(error) = &mut exchange.error {
        work(error, Role::Text);
    }
}

fn texts_of(headers: &mut [HeaderField], body: &mut Body, work: &mut dyn FnMut(&mut String, Role<'_>)) {
    let is_form = content_type(headers).contains("x-www-form-urlencoded");
    for field in headers {
        work(&mut field.value, Role::Field(&field.name));
    }
    if let Body::Bytes(bytes) = body {
        let mut text = text_of(std::mem::take(bytes));
        work(&mut text, if is_form { Role::Form } else { Role::Text });
        *bytes = text.into_bytes();
    }
}

fn content_type(headers: &[HeaderField]) -> String {
    let field = headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-type"));
    field.map(|field| field.value.to_ascii_lowercase()).unwrap_or_default()
}

/// Lets go of a body in which nobody could see what is in it.
fn keep_text(body: &mut Body, headers: &[HeaderField]) {
    let Body::Bytes(bytes) = &body else { return };
    let encoding = headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-encoding"));
    let is_packed = encoding.is_some_and(|field| !field.value.trim().eq_ignore_ascii_case("identity"));
    let is_text = std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0);
    if is_packed || !is_text || content_type(headers).starts_with("multipart/") {
        *body = Body::NotRecorded;
    }
}

/// Labels are ASCII and take the places of whole units of an encoding, so that it stays text.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
