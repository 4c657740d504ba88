//! Reading a known-failures file, with the place of every mistake.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_yaml::{CroppedRegion, Location, Spanned};

use super::pattern::Pattern;
use super::{Baseline, BaselineError, EXPECTATION, Entry};

/// Columns shown before and after a mistake, as the YAML reader itself does.
const AROUND: usize = 64;

/// A place in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(Location);

impl Place {
    /// The line, from 1.
    pub(super) fn line(self) -> u64 {
        self.0.line()
    }
}

/// The file as it was read.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    client: Spanned<String>,
    known: Vec<RawEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    scenario: Spanned<String>,
    fails: Spanned<Vec<Spanned<String>>>,
    because: Spanned<String>,
    #[serde(default)]
    link: Option<Spanned<String>>,
}

impl Source {
    /// A mistake at a place, with the lines around it.
    pub(super) fn at(&self, place: Place, why: &str) -> BaselineError {
        let lines = self.text.lines().count().max(1);
        let error = serde_yaml::Error::WithSnippet {
            regions: vec![CroppedRegion::new(self.text.as_str(), self.name.as_str(), 1, lines, place.0)],
            crop_radius: AROUND,
            error: Box::new(serde_yaml::Error::Message { msg: why.to_owned(), location: place.0 }),
        };
        self.mistake(&error)
    }

    /// A mistake of the file as a whole.
    pub(super) fn whole(&self, why: &str) -> BaselineError {
        BaselineError::Mistake { line: 0, text: format!("{}: {why}", self.name) }
    }

    fn mistake(&self, error: &serde_yaml::Error) -> BaselineError {
        let line = error.location().map_or(0, |place| place.line());
        let options = serde_yaml::render_options! { source_name: Some(self.name.as_str()) };
        let text = error.render_with_options(options);
        // Without a place there is no snippet either, and so no name of the file.
        let text = if text.contains(&self.name) { text } else { format!("{}: {text}", self.name) };
        BaselineError::Mistake { line, text }
    }
}

/// Reads a file.
pub(super) fn load(name: &str, text: &str) -> Result<Baseline, BaselineError> {
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    let raw: RawFile = serde_yaml::from_str(text).map_err(|error| source.mistake(&error))?;
    if raw.client.value.trim().is_empty() {
        return Err(source.at(Place(raw.client.referenced), "`client` is empty"));
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut seen: BTreeMap<Pattern, u64> = BTreeMap::new();
    for raw in raw.known {
        let entry = entry(&source, raw)?;
        let line = entry.place.line();
        if let Some(first) = seen.insert(entry.scenario.clone(), line) {
            let why = format!("`{}` is listed twice; first in line {first}", entry.scenario.text());
            return Err(source.at(entry.place, &why));
        }
        entries.push(entry);
    }
    Ok(Baseline { client: raw.client.value, source, entries })
}

fn entry(source: &Source, raw: RawEntry) -> Result<Entry, BaselineError> {
    let place = Place(raw.scenario.referenced);
    let scenario = Pattern::new(&raw.scenario.value)
        .map_err(|why| source.at(place, &format!("`{}` is no scenario's id or pattern: {why}", raw.scenario.value)))?;
    if raw.fails.value.is_empty() {
        let why = format!("`fails` is empty: list what fails, as rule ids or `{EXPECTATION}`");
        return Err(source.at(Place(raw.fails.referenced), &why));
    }
    let mut fails: Vec<(String, Place)> = Vec::new();
    for id in raw.fails.value {
        let place = Place(id.referenced);
        if fails.iter().any(|(known, _)| *known == id.value) {
            return Err(source.at(place, &format!("`{}` is listed twice", id.value)));
        }
        fails.push((id.value, place));
    }
    let because = raw.because.value.trim();
    if because.is_empty() || because.to_ascii_uppercase().starts_with("TODO") {
        let why = "`because` needs a reason, in a sentence: whoever reads this next has to know when it can go";
        return Err(source.at(Place(raw.because.referenced), why));
    }
    let link = match raw.link {
        Some(link) if !link.value.starts_with("https://") && !link.value.starts_with("http://") => {
            return Err(source.at(Place(link.referenced), "`link` is a web address"));
        }
        link => link.map(|link| link.value),
    };
    Ok(Entry { scenario, place, fails, because: because.to_owned(), link })
}
