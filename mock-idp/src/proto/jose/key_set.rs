//! The keys of a realm, and their roll-over.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::proto::jose::key::{Algorithm, SigningKey};
use crate::proto::mint::Seed;
use crate::proto::time::{Span, Timestamp};

/// Which keys sign, and which are still published. A roll-over gives every algorithm a new key; the one before it stays published
/// for a while, so that what it signed can still be verified.
#[derive(Debug)]
pub(crate) struct KeySet {
    seed: Seed,
    /// When each roll-over happened.
    rolled: Vec<Timestamp>,
    made: BTreeMap<(Algorithm, u32), SigningKey>,
}

impl KeySet {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { seed, rolled: Vec::new(), made: BTreeMap::new() }
    }

    /// New keys from now on.
    pub(crate) fn roll(&mut self, now: Timestamp) {
        self.rolled.push(now);
    }

    fn number(&self) -> u32 {
        u32::try_from(self.rolled.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The key that signs now.
    pub(crate) fn current(&mut self, algorithm: Algorithm) -> Option<&SigningKey> {
        self.key(algorithm, self.number())
    }

    /// The key that will sign after the next roll-over: it is not published yet.
    pub(crate) fn next(&mut self, algorithm: Algorithm) -> Option<&SigningKey> {
        self.key(algorithm, self.number().saturating_add(1))
    }

    fn key(&mut self, algorithm: Algorithm, number: u32) -> Option<&SigningKey> {
        if !self.made.contains_key(&(algorithm, number)) {
            self.made.insert((algorithm, number), SigningKey::new(self.seed, algorithm, number)?);
        }
        self.made.get(&(algorithm, number))
    }

    /// The published keys (RFC 7517 section 5): those that sign, then those that did until less than `kept` ago.
    pub(crate) fn jwks(
        &mut self,
        algorithms: impl Iterator<Item = Algorithm> + Clone,
        kept: Span,
        now: Timestamp,
    ) -> Value {
        let number = self.number();
        let retired = (1..number).rev().filter(|retired| {
            let at = self.rolled.get(*retired as usize - 1).copied();
            at.is_some_and(|at| now < at.plus(kept))
        });
        let numbers: Vec<u32> = std::iter::once(number).chain(retired).collect();
        let mut keys = Vec::new();
        for number in numbers {
            for algorithm in algorithms.clone() {
                keys.extend(self.key(algorithm, number).map(SigningKey::public_jwk));
            }
        }
        json!({ "keys": keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retired_key_stays_published_until_its_time_is_over() {
        let mut keys = KeySet::new(Seed::from_number(1));
        let kids = |keys: &mut KeySet, now: i64| -> Vec<String> {
            let jwks = keys.jwks([Algorithm::EdDsa].into_iter(), Span::from_seconds(10), Timestamp::from_millis(now));
            jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(kids(&mut keys, 0), ["eddsa-1"]);
        keys.roll(Timestamp::from_millis(1_000));
        assert_eq!(keys.current(Algorithm::EdDsa).unwrap().kid, "eddsa-2");
        assert_eq!(kids(&mut keys, 10_999), ["eddsa-2", "eddsa-1"]);
        assert_eq!(kids(&mut keys, 11_000), ["eddsa-2"]);
    }
}
