//! A review: each proposal with its diff, and a person's decision on it.

use std::io::{self, BufRead, Write};

use crate::snapshot::diff;
use crate::snapshot::snap_file::{SnapFile, normal};
use crate::snapshot::store::{Pending, StoreError};
use crate::snapshot::style::{Ink, Palette};

/// What came of a review.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// Proposals that are snapshots now.
    pub accepted: usize,
    /// Proposals that were dropped.
    pub rejected: usize,
    /// Proposals that still wait.
    pub skipped: usize,
    /// Proposals that could not be read; they still wait.
    pub unreadable: usize,
}

/// Why a review stopped.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// The terminal.
    #[error("the terminal: {0}")]
    Terminal(#[from] io::Error),
    /// A file that could not be moved or removed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a person can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Accept,
    Reject,
    Skip,
    Quit,
}

/// Shows every proposal and asks `a`ccept, `r`eject, `s`kip or `q`uit. An input that ends is a `q`: nothing is decided by
/// silence. A file that cannot be read is named and left alone.
///
/// # Errors
/// [`ReviewError`] when the terminal or a file cannot be written. What was decided before stays decided.
pub fn review(
    pending: &[Pending],
    mut input: impl BufRead,
    mut output: impl Write,
    palette: Palette,
) -> Result<Reviewed, ReviewError> {
    let mut result = Reviewed::default();
    let mut quit = false;
    for (place, proposal) in pending.iter().enumerate() {
        if quit {
            result.skipped += 1;
            continue;
        }
        let heading = format!("{} of {}  {}", place + 1, pending.len(), proposal.snapshot.display());
        writeln!(output, "{}", palette.ink(Ink::Strong, &heading))?;
        let (old, new) = match proposal.read() {
            Ok(both) => both,
            Err(error) => {
                writeln!(output, "{}\n", palette.ink(Ink::Bad, &error.to_string()))?;
                result.unreadable += 1;
                continue;
            }
        };
        show(old.as_ref(), &new, &mut output, palette)?;
        match ask(&mut input, &mut output)? {
            Answer::Accept => {
                proposal.accept()?;
                result.accepted += 1;
            }
            Answer::Reject => {
                proposal.reject()?;
                result.rejected += 1;
            }
            Answer::Skip => result.skipped += 1,
            Answer::Quit => {
                result.skipped += 1;
                quit = true;
            }
        }
        writeln!(output)?;
    }
    Ok(result)
}

fn show(old: Option<&SnapFile>, new: &SnapFile, output: &mut impl Write, palette: Palette) -> io::Result<()> {
    writeln!(output, "{}", crate::snapshot::wire::visible(&new.header.description))?;
    let before = old.map_or_else(String::new, |old| normal(&old.text) + "\n");
    let difference = diff::unified(&before, &(normal(&new.text) + "\n"));
    if old.is_none() {
        writeln!(output, "{}", palette.ink(Ink::Notice, "there is no snapshot yet"))?;
    }
    if difference.is_empty() {
        writeln!(output, "{}", palette.ink(Ink::Notice, "the text is the same; only the header differs"))?;
    }
    for line in diff::paint(&difference, palette) {
        writeln!(output, "{line}")?;
    }
    Ok(())
}

fn ask(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<Answer> {
    loop {
        write!(output, "[a]ccept  [r]eject  [s]kip  [q]uit > ")?;
        output.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(output)?;
            return Ok(Answer::Quit);
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "a" | "accept" => return Ok(Answer::Accept),
            "r" | "reject" => return Ok(Answer::Reject),
            "s" | "skip" => return Ok(Answer::Skip),
            "q" | "quit" => return Ok(Answer::Quit),
            _ => writeln!(output, "please answer a, r, s or q")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Reviewed, review};
    use crate::snapshot::store::Store;
    use crate::snapshot::style::Palette;

    fn snap(text: &str) -> String {
        format!("---\nsource: scenarios/a.yaml\ndescription: A title\n---\n{text}\n")
    }

    /// Three proposals: `a` changed, `b` new, `c` unreadable.
    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let client = folder.path().join("c");
        fs::create_dir_all(&client).unwrap();
        fs::write(client.join("a.snap"), snap("one\ntwo")).unwrap();
        fs::write(client.join("a.snap.new"), snap("one\nTWO")).unwrap();
        fs::write(client.join("b.snap.new"), snap("fresh")).unwrap();
        fs::write(client.join("c.snap.new"), "<<<<<<<").unwrap();
        let store = Store::new(folder.path());
        (folder, store)
    }

    fn answer(store: &Store, input: &str) -> (Reviewed, String) {
        let mut output = Vec::new();
        let reviewed = review(&store.pending().unwrap(), input.as_bytes(), &mut output, Palette::Plain).unwrap();
        (reviewed, String::from_utf8(output).unwrap())
    }

    #[test]
    fn what_is_accepted_becomes_the_snapshot_and_what_is_rejected_goes() {
        let (folder, store) = store();
        let (reviewed, output) = answer(&store, "a\nR\n");
        assert_eq!(reviewed, Reviewed { accepted: 1, rejected: 1, skipped: 0, unreadable: 1 });
        assert_eq!(fs::read_to_string(folder.path().join("c/a.snap")).unwrap(), snap("one\nTWO"));
        assert!(!folder.path().join("c/b.snap").exists() && !folder.path().join("c/b.snap.new").exists());
        assert_eq!(store.pending().unwrap().len(), 1, "the unreadable one is left");
        let output = output.replace(&folder.path().display().to_string(), "snapshots").replace("> \n", ">\n");
        insta::assert_snapshot!(output, @"
        1 of 3  snapshots/c/a.snap
        A title
        @@ -1,2 +1,2 @@
         one
        -two
        +TWO
        [a]ccept  [r]eject  [s]kip  [q]uit >
        2 of 3  snapshots/c/b.snap
        A title
        there is no snapshot yet
        @@ -0,0 +1 @@
        +fresh
        [a]ccept  [r]eject  [s]kip  [q]uit >
        3 of 3  snapshots/c/c.snap
        snapshots/c/c.snap.new: line 1: a snapshot begins with `---`
        ");
    }

    #[test]
    fn an_input_that_ends_decides_nothing() {
        let (_folder, store) = store();
        assert_eq!(answer(&store, "").0, Reviewed { skipped: 3, ..Reviewed::default() });
        assert_eq!(answer(&store, "s\nq\n").0, Reviewed { skipped: 3, ..Reviewed::default() });
        assert_eq!(store.pending().unwrap().len(), 3);
    }

    #[test]
    fn an_answer_that_is_none_is_asked_again() {
        let (_folder, store) = store();
        let (reviewed, output) = answer(&store, "what\n\nq\n");
        assert_eq!((reviewed.skipped, output.matches("please answer").count()), (3, 2));
    }
}
