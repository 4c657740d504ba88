//! Folders of scenarios.

use std::fs;
use std::path::Path;

use include_dir::{Dir, DirEntry, File};

use super::sample::HEAD;
use crate::scenario::{LoadError, MAX_FILE_BYTES, Scenario, SourceFile, load_dir, load_embedded, load_files};

fn good() -> String {
    format!("{HEAD}steps: [authorize]\n")
}

fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let place = root.join(path);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(place, content).unwrap();
}

fn ids(scenarios: &[Scenario]) -> Vec<&str> {
    scenarios.iter().map(|scenario| scenario.id.as_str()).collect()
}

#[test]
fn a_folder_is_read_in_the_order_of_ids() {
    let root = tempfile::tempdir().unwrap();
    for path in ["b.yaml", "a/z.yaml", "a/b/c.yaml", "a-b.yaml"] {
        write(root.path(), path, good());
    }
    for path in ["README.md", "a/notes.txt", ".hidden.yaml", ".git/x.yaml"] {
        write(root.path(), path, "not a scenario");
    }
    let scenarios = load_dir(root.path()).unwrap();
    assert_eq!(ids(&scenarios), ["a-b", "a/b/c", "a/z", "b"]);
    assert_eq!(scenarios[1].file, root.path().join("a/b/c.yaml").display().to_string());
}

#[test]
fn every_bad_file_is_reported() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "good.yaml", good());
    write(root.path(), "bad.yaml", "title: [\n");
    write(root.path(), "Upper.yaml", good());
    write(root.path(), "short.yml", good());
    write(root.path(), "large.yaml", vec![b'#'; MAX_FILE_BYTES + 1]);
    write(root.path(), "latin.yaml", b"title: x\nabout: caf\xe9\n");
    let errors = load_dir(root.path()).unwrap_err();
    let said: Vec<String> = errors
        .iter()
        .map(|error| {
            let name = Path::new(error.path()).file_name().unwrap().to_string_lossy().into_owned();
            match error {
                LoadError::Invalid(error) => format!("{name}:{}:{} {}", error.line(), error.column(), error.message()),
                LoadError::Refused { why, .. } => format!("{name} {why}"),
                LoadError::Unreadable { cause, .. } => format!("{name} {cause}"),
            }
        })
        .collect();
    assert_eq!(
        said,
        [
            "Upper.yaml the path is no scenario id: `Upper` must be lower-case words joined by `-`",
            "bad.yaml:1:8 unclosed bracket '['",
            "large.yaml:1:1 the file is larger than 256 KiB",
            "latin.yaml:2:11 the file is not UTF-8",
            "short.yml scenario files end in `.yaml`",
        ]
    );
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_refused_and_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    write(root.path(), "a.yaml", good());
    write(elsewhere.path(), "b.yaml", good());
    std::os::unix::fs::symlink(root.path(), root.path().join("loop")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("b.yaml"), root.path().join("b.yaml")).unwrap();
    let errors = load_dir(root.path()).unwrap_err();
    assert_eq!(errors.len(), 2);
    for error in errors {
        assert!(error.to_string().contains("symbolic links are not followed"), "{error}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    let errors = load_dir(&root.path().join("none")).unwrap_err();
    assert!(matches!(errors.as_slice(), [LoadError::Unreadable { .. }]), "{errors:?}");
}

#[test]
fn an_empty_folder_has_no_scenarios() {
    let root = tempfile::tempdir().unwrap();
    assert!(load_dir(root.path()).unwrap().is_empty());
}

#[test]
fn embedded_scenarios_are_the_same() {
    const TEXT: &[u8] = b"title: t\nabout: a\nsources: [s]\nprofile: p\nsteps: [authorize]\n";
    const INNER: [DirEntry<'_>; 2] =
        [DirEntry::File(File::new("group/b.yaml", TEXT)), DirEntry::File(File::new("group/README.md", b""))];
    const OUTER: [DirEntry<'_>; 2] =
        [DirEntry::Dir(Dir::new("group", &INNER)), DirEntry::File(File::new("a.yaml", TEXT))];
    let scenarios = load_embedded(&Dir::new("", &OUTER)).unwrap();
    assert_eq!(ids(&scenarios), ["a", "group/b"]);
    assert_eq!(scenarios[1].file, "scenarios/group/b.yaml");
}

#[test]
fn an_id_has_one_file() {
    let file = |display: &str| SourceFile {
        path: "a.yaml".to_owned(),
        display: display.to_owned(),
        bytes: good().into_bytes(),
    };
    let errors = load_files([file("one/a.yaml"), file("two/a.yaml")]).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].to_string(), "error: there is another scenario `a`\n --> two/a.yaml");
}
