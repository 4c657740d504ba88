//! The tokens of a cell: which begat which, and how each ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::run::event::{Event, EventKind};
use crate::snapshot::clock_text;

/// More lines than this for one chain are cut in the middle.
const LONG: usize = 24;
/// What is kept of a long chain's beginning and end.
const KEPT: (usize, usize) = (8, 14);
/// Forks beyond this depth are not indented further.
const DEEPEST: usize = 12;

/// A code, a refresh token, or an access token that came alone.
#[derive(Debug)]
struct Node<'a> {
    label: &'a str,
    exchange: u32,
    at: i64,
    parent: Option<&'a str>,
    expires: Option<i64>,
    /// Access tokens and sessions that came with it.
    with: Vec<&'a str>,
}

#[derive(Debug)]
struct End<'a> {
    exchange: Option<u32>,
    at: i64,
    why: &'a str,
    by: Option<&'a str>,
}

#[derive(Debug, Default)]
struct Family<'a> {
    chains: BTreeMap<Option<u32>, Vec<Node<'a>>>,
    ends: BTreeMap<&'a str, End<'a>>,
    /// The time of the last event.
    last: i64,
}

/// One block of lines for each chain: a token a line, in the order of descent, with what became of it. A token that has
/// more than one descendant forks the chain.
#[must_use]
pub(super) fn lineage(events: &[Event]) -> Vec<String> {
    let family = Family::of(events);
    let mut lines = Vec::new();
    for (chain, nodes) in &family.chains {
        let name = chain.map_or_else(|| "outside any chain".to_owned(), |chain| format!("chain {chain}"));
        let dead = chain.and_then(|chain| family.ends.get(format!("chain:{chain}").as_str()));
        lines.push(dead.map_or_else(|| name.clone(), |end| format!("{name}   dead: {}", end.text())));
        lines.extend(cut(family.chain(nodes, dead.is_some())));
    }
    lines
}

impl<'a> Family<'a> {
    fn of(events: &'a [Event]) -> Self {
        let mut family = Self::default();
        for event in events {
            family.last = family.last.max(event.since_start_ms);
            if let EventKind::Issued { exchange, label, token, parent, chain, expires_at_ms } = &event.what {
                let nodes = family.chains.entry(*chain).or_default();
                let node = Node {
                    label,
                    exchange: *exchange,
                    at: event.since_start_ms,
                    parent: parent.as_deref(),
                    expires: *expires_at_ms,
                    with: Vec::new(),
                };
                family_add(nodes, node, token == "refresh_token" || token == "authorization_code");
            } else if let EventKind::Ended { exchange, label, why, by } = &event.what {
                let end = End { exchange: *exchange, at: event.since_start_ms, why, by: by.as_deref() };
                family.ends.entry(label).or_insert(end);
            }
        }
        for nodes in family.chains.values_mut() {
            join_companions(nodes);
        }
        family
    }

    /// The lines of one chain. Walks with a stack of its own: a chain can be as long as a year of refreshes.
    fn chain(&self, nodes: &[Node<'_>], dead: bool) -> Vec<String> {
        let labels: BTreeSet<&str> = nodes.iter().map(|node| node.label).collect();
        let mut children: BTreeMap<&str, Vec<&Node<'_>>> = BTreeMap::new();
        let mut roots: Vec<&Node<'_>> = Vec::new();
        for node in nodes {
            match node.parent.filter(|parent| *parent != node.label && labels.contains(parent)) {
                Some(parent) => children.entry(parent).or_default().push(node),
                None => roots.push(node),
            }
        }
        let mut lines = Vec::new();
        let mut stack: Vec<(usize, String, &Node<'_>)> =
            roots.into_iter().rev().map(|node| (0, String::new(), node)).collect();
        while let Some((depth, descent, node)) = stack.pop() {
            let line = self.line(node, dead);
            lines.push(format!("{:indent$}{descent}{line}", "", indent = 2 + 2 * depth.min(DEEPEST)));
            // Taken out, so that a label that stands twice is not walked twice.
            let next = children.remove(node.label).unwrap_or_default();
            let forks = next.len() > 1;
            let descent = if forks { format!("{} → ", node.label) } else { "→ ".to_owned() };
            let depth = if forks { depth + 1 } else { depth };
            stack.extend(next.into_iter().rev().map(|child| (depth, descent.clone(), child)));
        }
        lines
    }

    fn line(&self, node: &Node<'_>, dead: bool) -> String {
        let with = if node.with.is_empty() { String::new() } else { format!(" with {}", node.with.join(", ")) };
        let fate = match (self.ends.get(node.label), node.expires) {
            (Some(end), _) => end.text(),
            (None, Some(expires)) if expires <= self.last => format!("expired at {}", clock_text(expires)),
            (None, Some(_) | None) if dead => "dead with its chain".to_owned(),
            (None, Some(_) | None) => "alive".to_owned(),
        };
        format!("{}{with}   issued by #{} at {}   {fate}", node.label, node.exchange, clock_text(node.at))
    }
}

impl End<'_> {
    fn text(&self) -> String {
        let by = self.by.map_or_else(String::new, |by| format!(" by {by}"));
        let who = self.exchange.map_or_else(|| "by the scenario".to_owned(), |exchange| format!("#{exchange}"));
        format!("{}{by} ({who} at {})", self.why.replace('_', " "), clock_text(self.at))
    }
}

/// Adds a token: codes and refresh tokens make the chain, and what is issued beside one is only its companion.
fn family_add<'a>(nodes: &mut Vec<Node<'a>>, node: Node<'a>, makes_chain: bool) {
    if makes_chain {
        nodes.push(node);
    } else {
        let label = node.label;
        nodes.push(Node { label: "", with: vec![label], ..node });
    }
}

/// Puts access tokens and sessions on the line of the token that the same exchange issued, whichever came first.
fn join_companions(nodes: &mut Vec<Node<'_>>) {
    let (companions, mut chain): (Vec<_>, Vec<_>) = nodes.drain(..).partition(|node| node.label.is_empty());
    for companion in companions {
        if let Some(host) = chain.iter_mut().find(|node| node.exchange == companion.exchange) {
            host.with.extend(companion.with);
        } else if let Some(label) = companion.with.first().copied() {
            chain.push(Node { label, with: Vec::new(), ..companion });
        }
    }
    *nodes = chain;
}

fn cut(lines: Vec<String>) -> Vec<String> {
    if lines.len() <= LONG {
        return lines;
    }
    let (head, tail) = KEPT;
    let left_out = lines.len() - head - tail;
    let mut kept: Vec<String> = lines.iter().take(head).cloned().collect();
    kept.push(format!("  … {left_out} more"));
    kept.extend(lines.into_iter().skip(head + left_out));
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::lineage;
    use crate::report::samples::{self, Log};
    use crate::run::outcome::Outcome;
    use crate::snapshot::transcript::tests::any_log;

    #[test]
    fn a_chain_is_told_token_by_token() {
        let lines = lineage(&samples::two_workers("c", samples::failed()));
        insta::assert_snapshot!(lines.join("\n"), @"
        chain 1
          code:1   issued by #1 at 00:00:00   redeemed (#2 at 00:00:00)
          → rt:1 with at:1   issued by #2 at 00:00:00   superseded by rt:2 (#3 at 00:09:31)
          → rt:2 with at:2   issued by #3 at 00:09:31   alive
        ");
    }

    #[test]
    fn a_token_redeemed_twice_forks_its_chain_and_a_dead_chain_says_so() {
        let mut log = Log::of("x", "c");
        log.issued(1, "refresh_token", "rt:1", None, Some(1000));
        log.issued(2, "refresh_token", "rt:2", Some("rt:1"), Some(1001));
        log.issued(3, "refresh_token", "rt:3", Some("rt:1"), None);
        log.issued(4, "refresh_token", "rt:4", Some("rt:2"), None);
        log.issued(5, "access_token", "at:9", Some("rt:4"), None);
        log.advance(1000).ended(Some(6), "chain:1", "replayed", None).ended(None, "rt:4", "revoked", None);
        insta::assert_snapshot!(lineage(&log.end(Outcome::Pass)).join("\n"), @"
        chain 1   dead: replayed (#6 at 00:00:01)
          rt:1   issued by #1 at 00:00:00   expired at 00:00:01
            rt:1 → rt:2   issued by #2 at 00:00:00   dead with its chain
            → rt:4   issued by #4 at 00:00:00   revoked (by the scenario at 00:00:01)
            → at:9   issued by #5 at 00:00:00   dead with its chain
            rt:1 → rt:3   issued by #3 at 00:00:00   dead with its chain
        ");
    }

    #[test]
    fn a_long_chain_is_cut_in_the_middle() {
        let chain = |length: u32| {
            let mut log = Log::of("x", "c");
            for n in 1..=length {
                log.issued(n, "refresh_token", &format!("rt:{n}"), Some(&format!("rt:{}", n - 1)), None);
            }
            lineage(&log.end(Outcome::Pass))
        };
        assert_eq!(chain(24).len(), 25);
        let lines = chain(25);
        assert_eq!((lines.len(), lines[9].as_str()), (24, "  … 3 more"));
        assert!(lines[23].contains("rt:25"), "{lines:?}");
        assert_eq!(chain(20_000).len(), 24);
    }

    proptest! {
        #[test]
        fn any_log_has_a_lineage(log in any_log()) {
            let _ = lineage(&log);
        }
    }
}
