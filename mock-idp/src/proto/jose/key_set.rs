//! The keys of a realm, and their roll-over.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::proto::jose::key::{Algorithm, SigningKey};
use crate::proto::mint::Seed;
use crate::proto::time::{Span, Timestamp};

/// Which keys sign, and which are still published. A roll-over gives every algorithm a new key; the one before it stays published
/// for a while, so that what it signed can still be verified.
#[derive(Debug)]
pub(crate) struct KeySet {
    seed: Seed,
    /// Whether RSA keys have certificates.
    certified: bool,
    /// How many keys are published before they sign.
    ahead: u32,
    /// When each roll-over happened.
    rolled: Vec<Timestamp>,
    made: BTreeMap<(Algorithm, u32), Arc<SigningKey>>,
}

impl KeySet {
    pub(crate) const fn new(seed: Seed, certified: bool, ahead: u32) -> Self {
        Self { seed, certified, ahead, rolled: Vec::new(), made: BTreeMap::new() }
    }

    /// New keys from now on.
    pub(crate) fn roll(&mut self, now: Timestamp) {
        self.rolled.push(now);
    }

    fn number(&self) -> u32 {
        u32::try_from(self.rolled.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The key that signs now.
    pub(crate) fn current(&mut self, algorithm: Algorithm) -> Option<Arc<SigningKey>> {
        self.key(algorithm, self.number())
    }

    /// A key that is not published yet.
    pub(crate) fn next(&mut self, algorithm: Algorithm) -> Option<Arc<SigningKey>> {
        self.key(algorithm, self.number().saturating_add(self.ahead).saturating_add(1))
    }

    fn key(&mut self, algorithm: Algorithm, number: u32) -> Option<Arc<SigningKey>> {
        if !self.made.contains_key(&(algorithm, number)) {
            let key = SigningKey::new(self.seed, algorithm, number)?;
            let key = if self.certified { key.certified(number) } else { key };
            self.made.insert((algorithm, number), Arc::new(key));
        }
        self.made.get(&(algorithm, number)).map(Arc::clone)
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
        let coming = number.saturating_add(1)..=number.saturating_add(self.ahead);
        let numbers: Vec<u32> = std::iter::once(number).chain(coming).chain(retired).collect();
        let mut keys = Vec::new();
        for number in numbers {
            for algorithm in algorithms.clone() {
                keys.extend(self.key(algorithm, number).map(|key| key.public_jwk()));
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
        let mut keys = KeySet::new(Seed::from_number(1), false, 0);
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
