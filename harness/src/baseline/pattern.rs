//! Which scenarios an entry is about: one id, or a pattern with `*` and `**`.

/// A scenario's id, or a pattern: `*` stands for any text within one segment, `**` as a whole segment for any number of
/// them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern(String);

impl Pattern {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("it is empty");
        }
        for segment in text.split('/') {
            if segment.is_empty() {
                return Err("a segment between `/` is empty");
            }
            if segment.contains("**") && segment != "**" {
                return Err("`**` is a segment of its own");
            }
        }
        Ok(Self(text.to_owned()))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    pub(super) fn matches(&self, id: &str) -> bool {
        let pattern: Vec<&str> = self.0.split('/').collect();
        let id: Vec<&str> = id.split('/').collect();
        wild(
            &pattern,
            &id,
            |part| *part == "**",
            |part, segment| {
                let (part, segment): (Vec<char>, Vec<char>) = (part.chars().collect(), segment.chars().collect());
                wild(&part, &segment, |c| *c == '*', |one, other| one == other)
            },
        )
    }
}

/// Whether `items` are what `pattern` says, where whatever `any` accepts stands for any number of items. In time
/// proportional to the product of the lengths: only the last `any` is ever tried again.
fn wild<P, I>(pattern: &[P], items: &[I], any: impl Fn(&P) -> bool, same: impl Fn(&P, &I) -> bool) -> bool {
    let (mut at, mut item) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(found) = items.get(item) {
        match pattern.get(at) {
            Some(part) if any(part) => {
                retry = Some((at, item));
                at += 1;
            }
            Some(part) if same(part, found) => {
                at += 1;
                item += 1;
            }
            Some(_) | None => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    at = star + 1;
                    item = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(any)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_match_within_a_segment_and_double_stars_across() {
        let cases = [
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
            ("a/b", "a", false),
            ("a/*", "a/b", true),
            ("a/*", "a/b/c", false),
            ("a/*", "a", false),
            ("*", "a", true),
            ("*", "a/b", false),
            ("**", "a/b/c", true),
            ("a/**", "a/b/c", true),
            ("a/**", "b/c", false),
            ("**/c", "a/b/c", true),
            ("**/c", "c", true),
            ("**/b*/c", "a/b1/b2/c", true),
            ("a/two-*-at-once", "a/two-workers-at-once", true),
            ("a/two-*-at-once", "a/two-workers-at-onceX", false),
            ("a/*x*y", "a/1x2x3y", true),
            ("a/*x*y", "a/1y2x", false),
        ];
        for (pattern, id, want) in cases {
            assert_eq!(Pattern::new(pattern).unwrap().matches(id), want, "{pattern} {id}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_meant_is_refused() {
        for pattern in ["", "a//b", "/a", "a/", "a/b**", "***"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_of_stars_is_matched_quickly() {
        let pattern = Pattern::new(&"*a".repeat(2000)).unwrap();
        assert!(!pattern.matches(&("a".repeat(4000) + "b")));
    }
}
