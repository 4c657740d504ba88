//! How much a word tells: the fewer texts have it, the more, and everybody's words next to nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::token::{is_code, tokens};
use super::words::{EVERYBODYS, ORDINARY};

/// What a word of everybody's is worth.
const LITTLE: u32 = 25;
/// What a code is worth: it stands for one thing alone.
const CODE: u32 = 800;
/// The most that another word is worth.
const MOST: u32 = 500;

/// What the texts of all scenarios make of words.
#[derive(Debug)]
pub(super) struct Weights {
    /// In how many texts a word is.
    texts_with: BTreeMap<String, u32>,
    texts: u32,
    ordinary: BTreeSet<&'static str>,
    everybodys: BTreeSet<Vec<String>>,
}

/// The words of a scenario's text.
pub(super) fn words_of(text: &str) -> Vec<String> {
    tokens(text).into_iter().map(|token| token.word).collect()
}

impl Weights {
    /// By the texts of all scenarios. One that several have counts once.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a [String]>) -> Self {
        let distinct: BTreeSet<&[String]> = texts.collect();
        let mut texts_with: BTreeMap<String, u32> = BTreeMap::new();
        for text in &distinct {
            for word in text.iter().collect::<BTreeSet<_>>() {
                *texts_with.entry(word.clone()).or_default() += 1;
            }
        }
        let everybodys = EVERYBODYS.iter().map(|text| words_of(text)).collect();
        let texts = u32::try_from(distinct.len()).unwrap_or(u32::MAX);
        Self { texts_with, texts, ordinary: ORDINARY.iter().copied().collect(), everybodys }
    }

    /// What a word is worth, in hundredths.
    pub(super) fn of_word(&self, word: &str) -> u32 {
        if is_code(word) {
            return CODE;
        }
        if self.ordinary.contains(word) {
            return LITTLE;
        }
        let with = self.texts_with.get(word).copied().unwrap_or(1).max(1);
        // Twice as rare is worth one more: the logarithm to base 2, in whole steps.
        (100 * (self.texts / with).max(1).ilog2()).clamp(LITTLE, MOST)
    }

    /// Whether many programs print this, whatever is behind it.
    pub(super) fn is_everybodys(&self, text: &[String]) -> bool {
        self.everybodys.contains(text) || text.is_empty()
    }
}
