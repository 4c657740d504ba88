//! The part of a conversation that shows a failure.

use std::collections::BTreeSet;

use crate::snapshot::transcript::Line;

/// A step with more lines than this is shown only around what matters.
const LONG_STEP: usize = 60;
/// Lines kept around each marked one in a long step.
const AROUND: usize = 4;
/// Of more exchanges than this that show the same, only the first ones and the last one are marked.
const MANY: usize = 6;
/// Lines shown from the end when nothing points anywhere.
const TAIL: usize = 40;

/// One line of an excerpt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// A line of the conversation.
    Line(&'a str),
    /// A line that shows the failure.
    Culprit(&'a str),
    /// So many lines are left out here.
    Gap(usize),
}

/// The steps in which `culprits` (exchanges) or unmet expectations are, the rest as gaps; the end of the conversation when
/// there is neither.
pub(super) fn excerpt<'a>(lines: &'a [Line], culprits: &BTreeSet<u32>) -> Vec<Shown<'a>> {
    let marked = few(culprits);
    let is_marked = |line: &Line| line.unmet || line.exchange.is_some_and(|exchange| marked.contains(&exchange));
    let steps: BTreeSet<u32> = lines.iter().filter(|line| is_marked(line)).map(|line| line.step).collect();
    let mut keep = vec![false; lines.len()];
    if steps.is_empty() {
        keep.iter_mut().rev().take(TAIL).for_each(|kept| *kept = true);
    }
    for step in steps {
        let of_step = || lines.iter().enumerate().filter(move |(_, line)| line.step == step);
        let whole = of_step().count() <= LONG_STEP;
        let near: Vec<usize> = of_step().filter(|(_, line)| is_marked(line)).map(|(index, _)| index).collect();
        // A step's first two lines are an empty one and its heading.
        let heading = of_step().nth(1).map(|(index, _)| index);
        for (index, kept) in keep.iter_mut().enumerate() {
            let in_step = lines.get(index).is_some_and(|line| line.step == step);
            let close = || near.iter().any(|found| found.abs_diff(index) <= AROUND);
            *kept |= in_step && (whole || heading == Some(index) || close());
        }
    }
    let mut shown = Vec::new();
    for (line, kept) in lines.iter().zip(keep) {
        match (kept, shown.last_mut()) {
            (true, _) if is_marked(line) => shown.push(Shown::Culprit(&line.text)),
            (true, _) => shown.push(Shown::Line(&line.text)),
            (false, Some(Shown::Gap(count))) => *count += 1,
            (false, Some(Shown::Line(_) | Shown::Culprit(_)) | None) => shown.push(Shown::Gap(1)),
        }
    }
    shown
}

/// All of a few, or the first ones and the last one of many.
fn few(culprits: &BTreeSet<u32>) -> BTreeSet<u32> {
    culprits.iter().take(MANY - 1).chain(culprits.last()).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{Shown, excerpt};
    use crate::snapshot::transcript::Line;

    fn line(step: u32, exchange: Option<u32>) -> Line {
        Line { step, exchange, unmet: false, text: format!("{step} {exchange:?}") }
    }

    fn summary(shown: &[Shown<'_>]) -> String {
        let one = |shown: &Shown<'_>| match shown {
            Shown::Line(_) => ".".to_owned(),
            Shown::Culprit(_) => ">".to_owned(),
            Shown::Gap(count) => format!("({count})"),
        };
        shown.iter().map(one).collect()
    }

    #[test]
    fn the_step_of_a_culprit_is_shown_whole_and_others_left_out() {
        let lines: Vec<Line> =
            [(0, None), (1, None), (1, Some(1)), (2, None), (2, Some(2)), (2, Some(3)), (3, None), (0, None)]
                .map(|(step, exchange)| line(step, exchange))
                .into();
        assert_eq!(summary(&excerpt(&lines, &[2].into())), "(3).>.(2)");
    }

    #[test]
    fn an_unmet_expectation_is_a_culprit_too() {
        let mut lines = vec![line(1, None), line(2, None), line(2, None)];
        lines[2].unmet = true;
        assert_eq!(summary(&excerpt(&lines, &[].into())), "(1).>");
    }

    #[test]
    fn a_long_step_is_shown_around_what_matters() {
        let lines: Vec<Line> = (0..100).map(|n| line(1, Some(n))).collect();
        assert_eq!(summary(&excerpt(&lines[..60], &[30].into())).len(), 60);
        assert_eq!(summary(&excerpt(&lines[..61], &[30].into())), "(1).(24)....>....(26)");
    }

    #[test]
    fn of_many_culprits_the_first_and_the_last_are_marked() {
        let lines: Vec<Line> = (0..20).map(|n| line(1, Some(n))).collect();
        assert_eq!(summary(&excerpt(&lines, &(0..6).collect())), ">>>>>>..............");
        assert_eq!(summary(&excerpt(&lines, &(0..20).collect())), ">>>>>..............>");
    }

    #[test]
    fn without_a_culprit_the_end_is_shown() {
        let lines: Vec<Line> = (0..50).map(|n| line(1, Some(n))).collect();
        assert_eq!(summary(&excerpt(&lines, &[].into())), format!("(10){}", ".".repeat(40)));
        assert_eq!(excerpt(&[], &[1].into()), []);
    }
}
