use std::fs;
use std::path::{Path, PathBuf};

use super::{Comparison, Entry, State, Store, StoreError, Written};
use crate::report::samples;
use crate::snapshot::mode::Mode;
use crate::snapshot::snap_file::Header;

const ID: &str = "entra/rotation";

struct World {
    folder: tempfile::TempDir,
    header: Header,
}

impl World {
    fn new() -> Self {
        let header = Header::of(&samples::plain_facts(ID), &[]);
        Self { folder: tempfile::tempdir().unwrap(), header }
    }

    fn store(&self) -> Store {
        Store::new(self.folder.path())
    }

    fn compare(&self, text: &str, mode: Mode) -> Comparison {
        let entry = Entry { client: "authlib", scenario: ID, header: &self.header, text };
        self.store().compare(&entry, mode).unwrap()
    }

    /// Every file below the root, relative.
    fn files(&self) -> Vec<String> {
        fn all(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { all(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        all(self.folder.path(), &mut found);
        let mut names: Vec<String> =
            found.iter().map(|path| path.strip_prefix(self.folder.path()).unwrap().display().to_string()).collect();
        names.sort();
        names
    }
}

const SNAP: &str = "authlib/entra/rotation.snap";
const NEW: &str = "authlib/entra/rotation.snap.new";

#[test]
fn each_mode_writes_what_it_may_and_no_more() {
    let cases = [
        ("check, new", Mode::Check, None, Written::Nothing, &[][..]),
        ("check, changed", Mode::Check, Some("old"), Written::Nothing, &[SNAP]),
        ("check, same", Mode::Check, Some("text"), Written::Nothing, &[SNAP]),
        ("pending, new", Mode::Pending, None, Written::Pending, &[NEW]),
        ("pending, changed", Mode::Pending, Some("old"), Written::Pending, &[SNAP, NEW]),
        ("pending, same", Mode::Pending, Some("text"), Written::Nothing, &[SNAP]),
        ("unseen, new", Mode::Unseen, None, Written::Accepted, &[SNAP]),
        ("unseen, changed", Mode::Unseen, Some("old"), Written::Pending, &[SNAP, NEW]),
        ("accept, new", Mode::Accept, None, Written::Accepted, &[SNAP]),
        ("accept, changed", Mode::Accept, Some("old"), Written::Accepted, &[SNAP]),
        ("accept, same", Mode::Accept, Some("text"), Written::Nothing, &[SNAP]),
    ];
    for (name, mode, stored, written, files) in cases {
        let world = World::new();
        if let Some(stored) = stored {
            world.compare(stored, Mode::Accept);
        }
        let comparison = world.compare("text", mode);
        assert_eq!(comparison.written, written, "{name}");
        assert_eq!(world.files(), files, "{name}");
        let open = stored != Some("text") && written != Written::Accepted;
        assert_eq!(comparison.is_open(), open, "{name}");
    }
}

#[test]
fn a_change_comes_with_its_diff() {
    let world = World::new();
    world.compare("one\ntwo\n", Mode::Accept);
    let diff = "@@ -1,2 +1,2 @@\n one\n-two\n+three\n".to_owned();
    assert_eq!(world.compare("one\nthree\n", Mode::Check).state, State::Changed { diff });
}

#[test]
fn line_ends_and_blanks_at_the_end_are_no_change() {
    let world = World::new();
    world.compare("one\ntwo\n", Mode::Accept);
    let path = world.folder.path().join(SNAP);
    let text = fs::read_to_string(&path).unwrap().replace('\n', "\r\n") + "\r\n";
    fs::write(&path, &text).unwrap();
    assert_eq!(world.compare("one\ntwo", Mode::Accept).state, State::Same);
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "nothing is rewritten for that");
}

#[test]
fn a_proposal_that_is_out_of_date_is_removed_by_a_run_that_may_write() {
    for (mode, left) in [(Mode::Check, true), (Mode::Pending, false), (Mode::Unseen, false), (Mode::Accept, false)] {
        let world = World::new();
        world.compare("text", Mode::Accept);
        world.compare("other", Mode::Pending);
        assert_eq!(world.compare("text", mode).state, State::Same);
        assert_eq!(world.files().contains(&NEW.to_owned()), left, "{mode:?}");
    }
}

#[test]
fn a_new_title_is_written_only_when_accepting() {
    let mut world = World::new();
    world.compare("text", Mode::Accept);
    world.header.description = "Another title".to_owned();
    assert_eq!(world.compare("text", Mode::Pending).written, Written::Nothing);
    let accepted = world.compare("text", Mode::Accept);
    assert_eq!((accepted.state, accepted.written), (State::Same, Written::Accepted));
    assert!(fs::read_to_string(world.folder.path().join(SNAP)).unwrap().contains("description: Another title\n"));
}

#[test]
fn a_file_that_is_no_snapshot_is_named_and_only_written_over_when_accepting() {
    let world = World::new();
    world.compare("text", Mode::Accept);
    fs::write(world.folder.path().join(SNAP), "<<<<<<< HEAD\n").unwrap();
    let entry = Entry { client: "authlib", scenario: ID, header: &world.header, text: "text" };
    let error = world.store().compare(&entry, Mode::Pending).unwrap_err().to_string();
    assert!(error.ends_with("entra/rotation.snap: line 1: a snapshot begins with `---`"), "{error}");
    assert_eq!(world.compare("text", Mode::Accept).written, Written::Accepted);
}

#[test]
fn files_hold_no_path_of_the_machine() {
    let world = World::new();
    world.compare("text", Mode::Accept);
    world.compare("other", Mode::Pending);
    for name in world.files() {
        let text = fs::read_to_string(world.folder.path().join(name)).unwrap();
        assert!(!text.contains(&world.folder.path().display().to_string()), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_snapshot_can_be_read_by_whoever_can_read_the_folder() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.compare("text", Mode::Accept);
    let plain = world.folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&world.folder.path().join(SNAP)), mode(&plain));
}

#[test]
fn orphans_are_what_no_planned_scenario_owns() {
    let world = World::new();
    world.compare("text", Mode::Accept);
    world.compare("other", Mode::Pending);
    let orphans = |client, planned: &[&str]| world.store().orphans(client, planned.iter().copied()).unwrap();
    assert_eq!(orphans("authlib", &[ID, "entra/not-run-yet"]), Vec::<PathBuf>::new());
    assert_eq!(orphans("authlib", &["entra/renamed"]), [world.folder.path().join(SNAP)]);
    assert_eq!(orphans("another", &[]), Vec::<PathBuf>::new(), "a client without snapshots has no orphans");
}

#[test]
fn names_cannot_leave_the_root_or_hide() {
    let store = Store::new("snapshots");
    for (client, scenario) in [
        ("..", "a"),
        ("a/b", "a"),
        ("", "a"),
        ("c", "../a"),
        ("c", "a/../../b"),
        ("c", "/etc/passwd"),
        ("c", ""),
        ("c", "a/"),
        ("c", ".hidden"),
        ("c", "a\\b"),
        ("c:d", "a"),
    ] {
        assert!(matches!(store.path(client, scenario), Err(StoreError::BadName { .. })), "{client} {scenario}");
    }
    assert_eq!(store.path("c", "a/b@2021-11").unwrap(), Path::new("snapshots/c/a/b@2021-11.snap"));
}

#[test]
fn pending_proposals_are_listed_in_order_without_hidden_files() {
    let world = World::new();
    world.compare("text", Mode::Pending);
    fs::write(world.folder.path().join("authlib/.x.snap.new"), "").unwrap();
    fs::write(world.folder.path().join("authlib/a.snap.new"), "").unwrap();
    let pending = world.store().pending().unwrap();
    let names: Vec<_> =
        pending.iter().map(|p| p.snapshot.strip_prefix(world.folder.path()).unwrap().to_owned()).collect();
    assert_eq!(names, [Path::new("authlib/a.snap"), Path::new(SNAP)]);
    assert!(pending[0].accept().is_err(), "an empty file does not become a snapshot");
}
