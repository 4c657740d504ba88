//! The format of a `.snap` file: a header, which is a YAML map and never empty, and the text.
//!
//! insta can read such a file but offers no way to write one, so writing is ours. Reading is too: insta's reader prints
//! to stderr by itself and does not say where a mistake is. A test holds the two readers together.

use std::path::{Component, Path};

use serde::Deserialize;

use crate::run::event::{Event, EventKind};
use crate::snapshot::facts::ScenarioFacts;

/// A snapshot: where it comes from, and the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapFile {
    /// The header.
    pub header: Header,
    /// The text.
    pub text: String,
}

/// The header of a snapshot. Nothing in it changes from run to run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// The scenario's file, relative.
    pub source: String,
    /// The scenario's title.
    #[serde(default)]
    pub description: String,
    /// What else the conversation depends on.
    #[serde(default)]
    pub info: Info,
}

/// What a conversation depends on beside the scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Info {
    /// The client.
    #[serde(default)]
    pub client: String,
    /// The profile, with its era.
    #[serde(default)]
    pub profile: String,
    /// The seed, in decimal. Text, because YAML's integers end below the largest seed.
    #[serde(default)]
    pub seed: String,
}

impl Header {
    /// The header for a cell: from the facts, and from the event that begins the cell.
    #[must_use]
    pub fn of(facts: &ScenarioFacts, events: &[Event]) -> Self {
        let mut info = Info::default();
        if let Some(EventKind::CellStarted { client, profile, seed, .. }) = events.first().map(|event| &event.what) {
            info = Info { client: client.clone(), profile: profile.clone(), seed: seed.to_string() };
        }
        // A path of the machine would differ from one checkout to the next.
        let relative = Path::new(&facts.file).components().all(|part| matches!(part, Component::Normal(_)));
        let source = if relative { facts.file.clone() } else { format!("scenarios/{}.yaml", facts.file_id()) };
        Self { source, description: facts.title.clone(), info }
    }
}

impl SnapFile {
    /// The file as text, with LF line ends and exactly one at the end.
    #[must_use]
    pub fn render(&self) -> String {
        let Header { source, description, info } = &self.header;
        let mut out = String::from("---\n");
        for (key, value) in [("source", source), ("description", description)] {
            out.push_str(&line("", key, value));
        }
        out.push_str("info:\n");
        for (key, value) in [("client", &info.client), ("profile", &info.profile), ("seed", &info.seed)] {
            out.push_str(&line("  ", key, value));
        }
        out.push_str("---\n");
        out.push_str(&normal(&self.text));
        out.push('\n');
        out
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// A sentence that says what is wrong and in which line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.split_inclusive('\n');
        if lines.next().map(str::trim_end) != Some("---") {
            return Err("line 1: a snapshot begins with `---`".to_owned());
        }
        let mut header = String::new();
        let mut closed = false;
        for line in lines.by_ref() {
            if line.trim_end() == "---" {
                closed = true;
                break;
            }
            header.push_str(line);
        }
        if !closed {
            return Err("the header is not closed by a second `---`".to_owned());
        }
        let header: Header = serde_yaml::from_str(&header).map_err(|error| {
            // The header begins on the second line of the file.
            let line = error.location().map_or(2, |place| place.line() + 1);
            format!("line {line}: {}", error.without_snippet().render())
        })?;
        Ok(Self { header, text: normal(&lines.collect::<String>()) })
    }
}

/// Whether two texts are the same snapshot: blanks at the end and the kind of line end do not count (as in insta).
#[must_use]
pub fn same_text(one: &str, other: &str) -> bool {
    normal(one) == normal(other)
}

/// Without blanks at the end, and with LF line ends.
pub(super) fn normal(text: &str) -> String {
    text.trim_end().replace("\r\n", "\n")
}

fn line(indent: &str, key: &str, value: &str) -> String {
    format!("{indent}{key}: {}\n", scalar(value))
}

/// A YAML scalar: plain where no reader can take it for anything but text, else in double quotes as JSON has them.
fn scalar(text: &str) -> String {
    let plain = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " _-./@()".contains(c))
        && !text.ends_with(' ')
        && !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        // JSON leaves these as they are; YAML does not take them.
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
            let escape = format!("\\u{:04x}", u32::from(c));
            out.push_str(&escape);
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Header, Info, SnapFile, same_text};
    use crate::report::samples;
    use crate::run::outcome::Outcome;
    use crate::snapshot::{ScenarioFacts, transcript};

    fn sample() -> SnapFile {
        let events = samples::two_workers("reference", samples::failed());
        SnapFile {
            header: Header::of(&samples::facts(), &events),
            text: transcript::render(&events, &samples::facts()),
        }
    }

    #[test]
    fn the_header_says_where_the_conversation_comes_from_and_nothing_volatile() {
        let file = sample().render();
        let header = file.split_inclusive("---\n").nth(1).unwrap();
        insta::assert_snapshot!(header, @r#"
        source: scenarios/exact-online/two-workers-refresh-at-once.yaml
        description: Two workers refresh at once
        info:
          client: reference
          profile: exact-online@2021-11
          seed: "7"
        ---
        "#);
    }

    #[test]
    fn insta_reads_what_we_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.snap");
        for title in ["Two workers", "no", "1: \"a\" # b", "- é\\", "'", "on: off", "a\u{7f}b\u{feff}\nc", ""] {
            let mut file = sample();
            file.header.description = title.to_owned();
            std::fs::write(&path, file.render()).unwrap();
            let read = insta::Snapshot::from_file(&path).unwrap();
            assert_eq!(read.metadata().source(), Some("scenarios/exact-online/two-workers-refresh-at-once.yaml"));
            assert_eq!(read.metadata().description(), Some(title).filter(|title| !title.is_empty()));
            assert!(same_text(&read.as_text().unwrap().to_string(), &file.text));
            assert_eq!(
                SnapFile::parse(&file.render()).unwrap(),
                SnapFile { text: file.text.trim_end().to_owned(), ..file }
            );
        }
    }

    #[test]
    fn a_file_as_cargo_insta_saves_it_is_read() {
        let text = "---\r\nsource: scenarios/a.yaml\r\nexpression: x\r\ninfo:\r\n  client: c\r\n---\r\none\r\n---\r\ntwo\r\n\r\n";
        let file = SnapFile::parse(text).unwrap();
        assert_eq!(file.text, "one\n---\ntwo");
        assert_eq!(file.header.info, Info { client: "c".to_owned(), ..Info::default() });
    }

    #[test]
    fn mistakes_are_said_with_their_line() {
        let cases = [
            ("no header", "text", "line 1: a snapshot begins with `---`"),
            ("empty", "", "line 1: a snapshot begins with `---`"),
            ("open header", "---\nsource: a\n", "the header is not closed by a second `---`"),
        ];
        for (name, text, want) in cases {
            assert_eq!(SnapFile::parse(text), Err(want.to_owned()), "{name}");
        }
        let error = SnapFile::parse("---\nsource: a\ninfo: 5\n---\n").unwrap_err();
        assert!(error.starts_with("line 3: "), "{error}");
        assert!(SnapFile::parse("---\n---\ntext").is_err(), "an empty header breaks every reader of insta's");
    }

    #[test]
    fn a_cell_that_never_began_has_a_header_too() {
        assert_eq!(Header::of(&samples::plain_facts("a"), &[]).info, Info::default());
        let events = samples::plain("a", "c", Outcome::Pass);
        assert_eq!(Header::of(&samples::plain_facts("a"), &events).info.seed, "7");
    }

    #[test]
    fn a_path_of_the_machine_does_not_get_into_a_header() {
        for file in ["/tmp/x/a.yaml", "../a.yaml", "./a.yaml"] {
            let facts = ScenarioFacts { file: file.to_owned(), ..samples::plain_facts("a") };
            assert_eq!(Header::of(&facts, &[]).source, "scenarios/a.yaml");
        }
        let facts = ScenarioFacts { file: "own/a.yaml".to_owned(), ..samples::plain_facts("a") };
        assert_eq!(Header::of(&facts, &[]).source, "own/a.yaml");
    }

    #[test]
    fn blanks_at_the_end_and_line_ends_do_not_count_but_everything_else_does() {
        assert!(same_text("a\nb\n", "a\r\nb \n\n"));
        assert!(!same_text("a\nb", "a \nb"));
        assert!(!same_text("a", " a"));
    }

    proptest! {
        #[test]
        fn any_header_and_text_are_read_back(title in any::<String>(), text in any::<String>()) {
            let mut file = sample();
            file.header.description = title;
            file.text = text;
            let read = SnapFile::parse(&file.render()).unwrap();
            prop_assert_eq!(&read.header, &file.header);
            prop_assert!(same_text(&read.text, &file.text));
        }
    }
}
