//! What is wrong with an adapter's introduction.

use crate::adapter::protocol::{Hello, VERSION};

/// The longest name: it becomes a folder.
const NAME_LENGTH: usize = 64;

/// What makes an adapter unusable, one sentence each; empty when it is fine. Two versions with the same major number understand
/// each other.
#[must_use]
pub fn problems_of_hello(hello: &Hello) -> Vec<String> {
    let mut problems = Vec::new();
    match (major(&hello.protocol), major(VERSION)) {
        (None, _) => problems.push(format!("`protocol` is `{}`, which is not of the form `1.0`", hello.protocol)),
        (theirs, ours) if theirs != ours => {
            problems.push(format!("it speaks protocol {}, the harness speaks {VERSION}", hello.protocol));
        }
        _ => {}
    }
    let name = &hello.adapter.name;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || name.len() > NAME_LENGTH || !name.chars().all(allowed) {
        problems.push(format!(
            "`adapter.name` is `{name}`; it must be 1 to {NAME_LENGTH} letters, digits, `-`, `_` or `.`, and not begin with `.`"
        ));
    }
    let texts = [
        ("adapter.version", &hello.adapter.version),
        ("library.name", &hello.library.name),
        ("library.version", &hello.library.version),
        ("library.language", &hello.library.language),
    ];
    problems
        .extend(texts.iter().filter(|(_, text)| text.trim().is_empty()).map(|(name, _)| format!("`{name}` is empty")));
    problems
}

fn major(version: &str) -> Option<u32> {
    let (major, minor) = version.split_once('.')?;
    minor.parse::<u32>().ok()?;
    major.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::protocol::{ClockControl, Library, Named};

    fn hello(protocol: &str, name: &str) -> Hello {
        Hello {
            protocol: protocol.to_owned(),
            adapter: Named { name: name.to_owned(), version: "1".to_owned() },
            library: Library {
                name: "lib".to_owned(),
                version: "1".to_owned(),
                language: "rust".to_owned(),
                issues: None,
            },
            capabilities: Vec::new(),
            clock: ClockControl::Inject,
        }
    }

    #[test]
    fn versions_with_the_same_major_number_get_along() {
        for (version, fine) in
            [("1.0", true), ("1.9", true), ("2.0", false), ("0.9", false), ("1", false), ("x.y", false)]
        {
            assert_eq!(problems_of_hello(&hello(version, "a")).is_empty(), fine, "{version}");
        }
    }

    #[test]
    fn a_name_is_one_that_a_folder_can_have() {
        let long = "x".repeat(NAME_LENGTH + 1);
        let cases =
            [("my-adapter_1.0", true), ("", false), ("..", false), ("a/b", false), ("ä", false), (&long, false)];
        for (name, fine) in cases {
            assert_eq!(problems_of_hello(&hello("1.0", name)).is_empty(), fine, "{name}");
        }
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let mut bad = hello("9", "a b");
        bad.library.language = " ".to_owned();
        assert_eq!(problems_of_hello(&bad).len(), 3);
    }
}
