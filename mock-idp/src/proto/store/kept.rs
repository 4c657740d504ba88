//! A map that forgets its oldest entries: anyone may make some.

use std::collections::BTreeMap;

/// The most entries that are kept. The oldest gives way.
pub(super) const MOST: usize = 10_000;

/// Entries by an identifier that nobody can guess.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    entries: BTreeMap<String, (u64, T)>,
    order: BTreeMap<u64, String>,
    next: u64,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), order: BTreeMap::new(), next: 0 }
    }
}

impl<T> Kept<T> {
    pub(crate) fn insert(&mut self, id: String, value: T) {
        self.remove(&id);
        if self.order.len() >= MOST
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
        self.order.insert(self.next, id.clone());
        self.entries.insert(id, (self.next, value));
        self.next += 1;
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.entries.get(id).map(|(_, value)| value)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let (number, value) = self.entries.remove(id)?;
        self.order.remove(&number);
        Some(value)
    }

    pub(crate) fn change_all(&mut self, change: impl Fn(&mut T)) {
        self.entries.values_mut().for_each(|(_, value)| change(value));
    }

    /// Takes an entry out if it fits.
    pub(crate) fn take_fitting(&mut self, id: &str, fits: impl FnOnce(&T) -> bool) -> Option<T> {
        if self.get(id).is_some_and(fits) { self.remove(id) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_gives_way_when_there_are_too_many() {
        let mut kept = Kept::default();
        for number in 0..=MOST {
            kept.insert(number.to_string(), number);
        }
        assert_eq!(kept.get("0"), None);
        assert_eq!(kept.get("1"), Some(&1));
        assert_eq!((kept.entries.len(), kept.order.len()), (MOST, MOST));
    }
}
