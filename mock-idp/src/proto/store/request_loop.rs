//! Token requests that are all alike, counted to tell a loop from a client that works.

use std::collections::{BTreeMap, VecDeque};

use crate::proto::client::ClientId;
use crate::proto::policy::RequestLoop;
use crate::proto::time::Timestamp;

/// The most keys that are kept.
const MOST: usize = 10_000;

/// What makes requests alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LoopKey {
    pub(crate) tenant: Option<String>,
    pub(crate) client: ClientId,
    pub(crate) grant: &'static str,
    pub(crate) scope: Option<String>,
    pub(crate) user: Option<String>,
}

#[derive(Debug, Default)]
struct Alike {
    /// When the last ones came, oldest first; no more than do no harm.
    at: VecDeque<Timestamp>,
    blocked_until: Option<Timestamp>,
}

/// The requests of a realm.
#[derive(Debug, Default)]
pub(crate) struct RequestLoops(BTreeMap<LoopKey, Alike>);

impl RequestLoops {
    /// Counts a request. Until when those like it are refused, if they are.
    pub(crate) fn count(&mut self, now: Timestamp, key: LoopKey, policy: RequestLoop) -> Option<Timestamp> {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            self.0.pop_first();
        }
        let alike = self.0.entry(key).or_default();
        if let Some(until) = alike.blocked_until.filter(|until| now < *until) {
            return Some(until);
        }
        alike.blocked_until = None;
        while alike.at.front().is_some_and(|first| now.since(*first) >= policy.window) {
            alike.at.pop_front();
        }
        if alike.at.len() >= policy.count as usize {
            alike.at.clear();
            alike.blocked_until = Some(now.plus(policy.block));
            return alike.blocked_until;
        }
        alike.at.push_back(now);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::time::Span;

    #[test]
    fn one_too_many_in_the_window_is_refused_until_the_block_ends() {
        let policy = RequestLoop { count: 2, window: Span::from_seconds(10), block: Span::from_seconds(60) };
        let key = |scope: &str| LoopKey {
            tenant: None,
            client: ClientId("c".into()),
            grant: "refresh_token",
            scope: Some(scope.into()),
            user: None,
        };
        let at = Timestamp::from_millis;
        let mut loops = RequestLoops::default();
        assert_eq!(loops.count(at(0), key("a"), policy), None);
        assert_eq!(loops.count(at(1), key("a"), policy), None);
        assert_eq!(loops.count(at(2), key("b"), policy), None, "another scope");
        assert_eq!(loops.count(at(9_999), key("a"), policy), Some(at(69_999)));
        assert_eq!(loops.count(at(69_998), key("a"), policy), Some(at(69_999)));
        assert_eq!(loops.count(at(69_999), key("a"), policy), None, "the block is over");
        let mut slow = RequestLoops::default();
        for moment in [0, 5_000, 10_000, 15_000, 20_000] {
            assert_eq!(slow.count(at(moment), key("a"), policy), None, "two in ten seconds: {moment}");
        }
    }
}
