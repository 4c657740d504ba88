//! Which scenarios a report points to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::token::{Token, tokens};
use super::weigh::{Weights, words_of};
use crate::scenario::Scenario;

/// The share of a text, by weight and in percent, that must be in the report.
const SHARE: u64 = 70;
/// What must be found of a text for it to tell something by itself, in hundredths.
const ENOUGH: u64 = 700;
/// The same of a text that is there whole.
const ENOUGH_WHOLE: u64 = 500;
/// What every word of a text that is there whole, word behind word, is worth beside its weight.
const IN_ORDER: u64 = 200;
/// From how many words on a text that is there whole tells something, however ordinary they are.
const SENTENCE: usize = 4;
/// How many places in a report are looked at for one text.
const PLACES: usize = 200;

/// What a report points to.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    /// The scenarios that it says enough for, the best first.
    pub found: Vec<Candidate>,
    /// Others that something in it reminds of, the nearest first.
    pub near: Vec<Candidate>,
}

/// A scenario, and what speaks for it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// What was found of its texts, the strongest first. Never empty.
    pub evidence: Vec<Evidence>,
    /// The weight of it all, in hundredths.
    pub score: u64,
}

/// A text of a scenario's that is in the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The text, as the scenario has it.
    pub says: String,
    /// The line of the report on which it begins, from 1.
    pub line: u32,
    /// How much of it is there, by weight and in percent.
    pub share: u64,
    /// What it weighs, in hundredths.
    pub weight: u64,
    /// Whether it tells something by itself.
    pub is_enough: bool,
    /// The place of the text among the scenario's.
    place: usize,
}

/// The report, ready to be searched.
struct Report {
    tokens: Vec<Token>,
    places: BTreeMap<String, Vec<usize>>,
}

impl Report {
    fn read(text: &str) -> Self {
        let tokens = tokens(text);
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, token) in tokens.iter().enumerate() {
            places.entry(token.word.clone()).or_default().push(place);
        }
        Self { tokens, places }
    }

    fn holds_at(&self, words: &[String], from: usize) -> bool {
        let there = self.tokens.get(from..).unwrap_or_default();
        there.len() >= words.len() && words.iter().zip(there).all(|(word, token)| *word == token.word)
    }

    /// Where the whole text is, word behind word.
    fn whole(&self, words: &[String]) -> Option<usize> {
        let rarest = words.iter().enumerate().min_by_key(|(_, word)| self.places.get(*word).map_or(0, Vec::len));
        let (offset, word) = rarest?;
        let places = self.places.get(word)?;
        places.iter().filter_map(|place| place.checked_sub(offset)).find(|from| self.holds_at(words, *from))
    }

    /// The most that is found of a text near one place, in its order: what it weighs, and where it begins.
    fn best(&self, words: &[String], weights: &Weights) -> Option<(u64, usize)> {
        let there = words.iter().filter_map(|word| Some((word, self.places.get(word)?)));
        let (_, places) = there.max_by_key(|(word, places)| (weights.of_word(word), Reverse(places.len())))?;
        let reach = words.len() + 4;
        let around = places.iter().take(PLACES).map(|place| {
            let from = place.saturating_sub(reach);
            let to = (place + reach).min(self.tokens.len());
            let window = self.tokens.get(from..to).unwrap_or_default();
            let (weight, begins) = in_order(words, window, weights);
            (weight, from + begins)
        });
        around.max_by_key(|(weight, from)| (*weight, Reverse(*from)))
    }
}

/// The heaviest common subsequence of a text and a piece of the report, and where in the piece it begins.
fn in_order(words: &[String], window: &[Token], weights: &Weights) -> (u64, usize) {
    // For each place in the piece, the best that ends before it.
    let mut best: Vec<(u64, usize)> = vec![(0, 0); window.len() + 1];
    for word in words {
        let weight = u64::from(weights.of_word(word));
        let mut diagonal = best.first().copied().unwrap_or_default();
        for (at, token) in window.iter().enumerate() {
            let left = best.get(at).copied().unwrap_or_default();
            let Some(here) = best.get_mut(at + 1) else { break };
            let above = *here;
            if token.word == *word {
                let begins = if diagonal.0 == 0 { at } else { diagonal.1 };
                *here = (diagonal.0 + weight, begins).max(above);
            }
            if left.0 > here.0 {
                *here = left;
            }
            diagonal = above;
        }
    }
    best.into_iter().max_by_key(|(weight, begins)| (*weight, Reverse(*begins))).unwrap_or_default()
}

/// Ranks the scenarios by what of their `reproduces` is in a report.
#[must_use]
pub fn diagnose(text: &str, scenarios: &[Arc<Scenario>]) -> Diagnosis {
    let read: Vec<(&Arc<Scenario>, Vec<Vec<String>>)> = scenarios
        .iter()
        .map(|scenario| (scenario, scenario.reproduces.iter().map(|text| words_of(text)).collect()))
        .collect();
    let weights = Weights::of(read.iter().flat_map(|(_, texts)| texts.iter().map(Vec::as_slice)));
    let report = Report::read(text);
    let mut known: BTreeMap<&[String], Option<Found>> = BTreeMap::new();
    let mut candidates = Vec::new();
    for (scenario, texts) in &read {
        let mut evidence = Vec::new();
        for (place, (words, says)) in texts.iter().zip(&scenario.reproduces).enumerate() {
            let found = known.entry(words).or_insert_with(|| search(&report, words, &weights));
            let Some(found) = found.as_ref() else { continue };
            let line = report.tokens.get(found.from).map_or(0, |token| token.line);
            let (share, weight, is_enough) = (found.share, found.weight, found.is_enough);
            evidence.push(Evidence { says: says.clone(), line, share, weight, is_enough, place });
        }
        evidence.sort_by_key(|it| (Reverse(it.is_enough), Reverse(it.weight), it.place));
        // Beside what tells something, only what is there whole supports it.
        if evidence.first().is_some_and(|it| it.is_enough) {
            evidence.retain(|it| it.is_enough || it.share == 100);
        }
        if !evidence.is_empty() {
            let score = evidence.iter().map(|it| it.weight).sum();
            candidates.push(Candidate { scenario: Arc::clone(scenario), evidence, score });
        }
    }
    candidates.sort_by_cached_key(|it| {
        let first = it.evidence.iter().map(|it| it.place).min();
        let tells: u64 = it.evidence.iter().filter(|it| it.is_enough).map(|it| it.weight).sum();
        (Reverse(tells), Reverse(likeness(it)), Reverse(it.score), first, it.scenario.id.to_string())
    });
    let (found, near) = candidates.into_iter().partition(|it| it.evidence.iter().any(|it| it.is_enough));
    Diagnosis { found, near }
}

struct Found {
    from: usize,
    share: u64,
    weight: u64,
    is_enough: bool,
}

fn search(report: &Report, words: &[String], weights: &Weights) -> Option<Found> {
    let total: u64 = words.iter().map(|word| u64::from(weights.of_word(word))).sum();
    let is_everybodys = weights.is_everybodys(words);
    if let Some(from) = report.whole(words) {
        let weight = total + IN_ORDER * words.len() as u64;
        let is_enough = !is_everybodys && (words.len() >= SENTENCE || total >= ENOUGH_WHOLE);
        let weight = if is_everybodys { weight / 4 } else { weight };
        return Some(Found { from, share: 100, weight, is_enough });
    }
    let (weight, from) = report.best(words, weights)?;
    let share = weight * 100 / total.max(1);
    let is_enough = !is_everybodys && share >= SHARE && weight >= ENOUGH;
    // What is less than half there only reminds of it.
    (share >= SHARE / 2).then_some(Found {
        from,
        share,
        weight: if is_enough { weight } else { weight / 8 },
        is_enough,
    })
}

/// How many words of the scenario's own name its strongest text has: where several reproduce one text, the one that is called by it is meant.
fn likeness(candidate: &Candidate) -> usize {
    let says: BTreeSet<String> = candidate.evidence.iter().take(1).flat_map(|it| words_of(&it.says)).collect();
    let id = candidate.scenario.id.to_string();
    let name = id.rsplit('/').next().unwrap_or_default();
    name.split('-').filter(|word| says.contains(*word)).count()
}
