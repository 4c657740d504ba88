//! `scenarios/README.md` says what the code does.

use super::sample::parse;
use crate::scenario::{Verb, json_schema};

const GUIDE: &str = include_str!("../../../../scenarios/README.md");

/// The YAML blocks of the guide, those that are whole scenarios and those that are steps.
fn blocks() -> Vec<String> {
    GUIDE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_block_of_yaml_loads() {
    let blocks = blocks();
    assert!(blocks.iter().any(|block| block.starts_with("title:")), "the worked example is there");
    for block in blocks {
        let whole = block.contains("title:");
        let text = if whole { block } else { format!("{}steps:\n{block}", super::sample::HEAD) };
        parse(&text).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn every_verb_has_an_example_and_every_field_a_row() {
    let steps: Vec<_> = blocks()
        .into_iter()
        .filter(|block| !block.contains("title:"))
        .flat_map(|block| parse(&format!("{}steps:\n{block}", super::sample::HEAD)).unwrap().steps)
        .collect();
    for name in Verb::NAMES {
        assert!(steps.iter().any(|step| step.verb.name() == name), "no example of `{name}`");
        assert!(GUIDE.contains(&format!("### `{name}`")), "no heading for `{name}`");
    }
    for field in json_schema()["properties"].as_object().unwrap().keys() {
        assert!(GUIDE.contains(&format!("| `{field}`")), "no row for `{field}`");
    }
}
