//! The snapshots in the repository: readable by insta and by its own tool.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{program, root, text};

fn all(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            found.push(path);
        }
    }
}

#[test]
fn insta_reads_every_snapshot() {
    let mut found = Vec::new();
    all(&root().join("snapshots"), &mut found);
    assert!(found.len() >= 60, "{}", found.len());
    for path in found {
        let snapshot = insta::Snapshot::from_file(&path).unwrap();
        let source = snapshot.metadata().source().unwrap_or_default().to_owned();
        assert!(root().join(&source).is_file(), "{}: {source}", path.display());
    }
}

/// What a support engineer compares a customer's report with: the conversation of a client that fails.
#[test]
fn the_conversations_of_two_clients_that_lose_their_link_are_as_their_snapshots_say() {
    for client in ["keeps-first-refresh-token", "reads-settings-file"] {
        let scenario = "exact-online/works-once-then-old-refresh-token-used";
        let output = program(&root(), &["run", "--client", client, "--snapshots", "check", scenario]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("snapshots: 1 same"), "{}", text(&output));
    }
}

/// `CARGO_INSTA` names the real `cargo-insta`; `ci/check` installs it and sets the variable.
#[test]
fn the_real_cargo_insta_reviews_what_is_pending() {
    let Some(insta) = std::env::var_os("CARGO_INSTA") else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // A package is all that cargo-insta wants to be at home in.
    std::fs::create_dir(at.join("src")).unwrap();
    std::fs::write(at.join("src/lib.rs"), "").unwrap();
    std::fs::write(
        at.join("Cargo.toml"),
        "[package]\nname = \"x\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )
    .unwrap();
    let from = root().join("snapshots/reference/exact-online/expires-in-is-text.snap");
    let to = at.join("snapshots/reference/exact-online");
    std::fs::create_dir_all(&to).unwrap();
    let text = std::fs::read_to_string(from).unwrap();
    std::fs::write(to.join("one.snap"), &text).unwrap();
    std::fs::write(to.join("one.snap.new"), text.replace("<rt:1>", "<rt:9>")).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(&insta).args(arguments).current_dir(at).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    let pending = run(&["insta", "pending-snapshots", "--workspace-root", "."]);
    assert!(pending.contains("one.snap"), "{pending}");
    run(&["insta", "accept", "--workspace-root", "."]);
    let accepted = std::fs::read_to_string(to.join("one.snap")).unwrap();
    assert!(accepted.contains("<rt:9>") && !to.join("one.snap.new").exists());
}
