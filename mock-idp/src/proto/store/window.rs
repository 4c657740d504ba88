//! What limits count: requests in windows of the clock, and who is shut out.

use std::collections::BTreeMap;

use crate::proto::client::ClientId;
use crate::proto::time::{Span, Timestamp};

/// The most windows, and the most keys shut out, that are kept. What ends first gives way.
const MOST: usize = 50_000;

/// What has a count of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WindowKey {
    /// The name of the limit; none for the limit on errors.
    pub(crate) limit: Option<String>,
    pub(crate) client: Option<ClientId>,
    pub(crate) user: Option<String>,
    pub(crate) division: Option<String>,
    pub(crate) endpoint: Option<String>,
}

/// The counts of windows that have not ended, and who is shut out.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// By the end of the window, so that those that are over stand in front.
    counts: BTreeMap<(Timestamp, WindowKey), u32>,
    blocks: BTreeMap<WindowKey, Block>,
}

#[derive(Debug)]
struct Block {
    until: Timestamp,
    length: Span,
    /// Until when the next one follows on it.
    remembered: Timestamp,
}

impl Windows {
    /// How many were counted in the window that ends at `ends`.
    pub(crate) fn counted(&self, ends: Timestamp, key: &WindowKey) -> u32 {
        self.counts.get(&(ends, key.clone())).copied().unwrap_or(0)
    }

    /// Counts one more, and says how many there are.
    pub(crate) fn count(&mut self, ends: Timestamp, key: WindowKey) -> u32 {
        let count = self.counts.entry((ends, key)).or_insert(0);
        *count = count.saturating_add(1);
        let counted = *count;
        if self.counts.len() > MOST {
            self.counts.pop_first();
        }
        counted
    }

    /// Until when this key is shut out, if it is.
    pub(crate) fn shut_out(&self, now: Timestamp, key: &WindowKey) -> Option<Timestamp> {
        self.blocks.get(key).map(|block| block.until).filter(|until| now < *until)
    }

    /// Shuts a key out: for `first`, or `growth` times as long as the last time if that is remembered.
    pub(crate) fn shut(&mut self, now: Timestamp, key: WindowKey, first: Span, growth: u32, remembered: Span) {
        self.blocks.retain(|_, block| now < block.remembered);
        let longer = |last: &Block| Span::from_millis(last.length.as_millis().saturating_mul(u64::from(growth)));
        let length = self.blocks.get(&key).map_or(first, longer);
        let until = now.plus(length);
        if self.blocks.len() >= MOST {
            let soonest = self.blocks.iter().min_by_key(|(_, block)| block.until).map(|(key, _)| key.clone());
            soonest.and_then(|key| self.blocks.remove(&key));
        }
        self.blocks.insert(key, Block { until, length, remembered: until.plus(remembered) });
    }

    /// Forgets the windows that are over.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        while let Some(first) = self.counts.first_entry()
            && first.key().0 <= now
        {
            first.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(client: usize) -> WindowKey {
        let client = Some(ClientId(client.to_string()));
        WindowKey { limit: None, client, user: None, division: None, endpoint: None }
    }

    #[test]
    fn windows_that_are_over_are_forgotten_and_no_others() {
        let mut windows = Windows::default();
        let at = Timestamp::from_millis;
        windows.count(at(60), key(1));
        windows.count(at(120), key(1));
        windows.forget(at(59));
        assert_eq!((windows.counted(at(60), &key(1)), windows.counts.len()), (1, 2));
        windows.forget(at(60));
        assert_eq!((windows.counted(at(60), &key(1)), windows.counts.len()), (0, 1));
    }

    #[test]
    fn there_are_never_more_than_the_most() {
        let mut windows = Windows::default();
        for number in 0..MOST + 10 {
            windows.count(Timestamp::from_millis(60), key(number));
        }
        assert_eq!(windows.counts.len(), MOST);
    }

    #[test]
    fn each_time_grows_until_the_last_one_is_forgotten() {
        let mut windows = Windows::default();
        let span = Span::from_millis;
        let cases = [("first", 0, 100), ("while remembered", 100 + 49, 200), ("forgotten", 349 + 50, 100)];
        for (name, now, length) in cases {
            let now = Timestamp::from_millis(now);
            windows.shut(now, key(1), span(100), 2, span(50));
            assert_eq!(windows.shut_out(now, &key(1)), Some(now.plus(span(length))), "{name}");
            assert_eq!(windows.shut_out(now.plus(span(length)), &key(1)), None, "{name}: over");
        }
    }
}
