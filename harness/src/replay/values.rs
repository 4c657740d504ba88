//! Lineage: which value here stands for which value of the recording.
//!
//! What a provider has issued comes back in requests: codes, tokens, cookies, identifiers of pages. An answer here is laid beside the recorded one, and
//! what stands at the same place is the same thing.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::params::of_url;
use crate::capture::{CapturedResponse, HeaderField};
use crate::run::form::Form;

/// Members of answers whose values a client presents again.
const ISSUED: [&str; 6] = ["access_token", "refresh_token", "id_token", "device_code", "user_code", "code"];

/// So long is a value that is looked for within others.
const WITHIN: usize = 12;

/// The values of a recording, and of the realm that it is played in.
#[derive(Debug, Default)]
pub(super) struct Values {
    here: BTreeMap<String, String>,
    /// By value, the entry whose recorded answer issued it.
    issued: BTreeMap<String, usize>,
}

impl Values {
    /// Makes a value known that stands for a recorded one.
    pub(super) fn stands_for(&mut self, recorded: &str, here: &str) {
        if !recorded.is_empty() {
            self.here.insert(recorded.to_owned(), here.to_owned());
        }
    }

    /// What stands for a recorded value.
    pub(super) fn of(&self, recorded: &str) -> Option<&str> {
        self.here.get(recorded).map(String::as_str)
    }

    /// The entry that issued a value for which nothing stands here.
    pub(super) fn lost(&self, recorded: &str) -> Option<usize> {
        if self.here.contains_key(recorded) { None } else { self.issued.get(recorded).copied() }
    }

    /// A text of a request with the values that stand here.
    pub(super) fn replaced(&self, text: &str) -> String {
        if let Some(here) = self.here.get(text) {
            return here.clone();
        }
        // Longer ones first: one may begin another.
        let mut within: Vec<(&String, &String)> =
            self.here.iter().filter(|(recorded, _)| recorded.len() >= WITHIN && text.contains(*recorded)).collect();
        within.sort_by_key(|(recorded, _)| std::cmp::Reverse(recorded.len()));
        within.into_iter().fold(text.to_owned(), |text, (recorded, here)| text.replace(recorded, here))
    }

    /// The same in every text of a JSON value.
    pub(super) fn replaced_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.replaced(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.replaced_json(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.replaced_json(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Lays an answer beside the recorded one.
    pub(super) fn lay_beside(&mut self, entry: usize, recorded: &CapturedResponse, here: &CapturedResponse) {
        let json = |response: &CapturedResponse| serde_json::from_slice::<Value>(response.body.bytes()).ok();
        match (json(recorded), json(here)) {
            (Some(recorded), here) => self.json(entry, &recorded, here.as_ref()),
            (None, _) => self.page(entry, recorded, here),
        }
        for (name, value) in recorded.headers.iter().filter_map(cookie) {
            if let Some((_, own)) = here.headers.iter().filter_map(cookie).find(|(own, _)| *own == name) {
                self.stands_for(value, own);
            }
        }
        self.challenge(recorded.header("www-authenticate"), here.header("www-authenticate"));
    }

    /// Lays a redirect to the client beside the recorded one.
    pub(super) fn redirects(&mut self, entry: usize, recorded: &Url, here: Option<&Url>) {
        let own = here.map(of_url).unwrap_or_default();
        for (name, value) in of_url(recorded) {
            if ISSUED.contains(&name.as_str()) {
                self.issued.insert(value.clone(), entry);
            }
            if let Some((_, own)) = own.iter().find(|(key, _)| *key == name) {
                self.stands_for(&value, own);
            }
        }
    }

    fn json(&mut self, entry: usize, recorded: &Value, here: Option<&Value>) {
        match recorded {
            Value::Object(members) => {
                for (name, value) in members {
                    if let (true, Some(text)) = (ISSUED.contains(&name.as_str()), value.as_str()) {
                        self.issued.insert(text.to_owned(), entry);
                    }
                    self.json(entry, value, here.and_then(|here| here.get(name)));
                }
            }
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.json(entry, item, here.and_then(|here| here.get(number)));
                }
            }
            Value::String(text) => {
                if let Some(own) = here.and_then(Value::as_str).filter(|own| own != text) {
                    self.stands_for(text, own);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn page(&mut self, entry: usize, recorded: &CapturedResponse, here: &CapturedResponse) {
        let form = |response: &CapturedResponse| Form::read(&String::from_utf8_lossy(response.body.bytes()));
        let Some(recorded) = form(recorded) else { return };
        let own = form(here).unwrap_or_default();
        for field in recorded.fields {
            if ISSUED.contains(&field.name.as_str()) {
                self.issued.insert(field.value.clone(), entry);
            }
            if let Some(own) = own.fields.iter().find(|own| own.name == field.name) {
                self.stands_for(&field.value, &own.value);
            }
        }
    }

    /// What a challenge asks a client to send on (RFC 9470, or claims as Microsoft has them).
    fn challenge(&mut self, recorded: Option<&str>, here: Option<&str>) {
        let claims = |text: &str| {
            let (_, rest) = text.split_once("claims=\"")?;
            rest.split_once('"').map(|(claims, _)| claims.to_owned())
        };
        if let (Some(recorded), Some(here)) = (recorded.and_then(claims), here.and_then(claims)) {
            self.stands_for(&recorded, &here);
        }
    }
}

fn cookie(field: &HeaderField) -> Option<(&str, &str)> {
    if !field.name.eq_ignore_ascii_case("set-cookie") {
        return None;
    }
    field.value.split(';').next()?.split_once('=')
}
