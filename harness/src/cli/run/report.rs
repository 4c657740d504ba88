//! Reports to files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::str::FromStr;

use idp_harness::report::ndjson::{RunFacts, Writer};
use idp_harness::report::{RuleFacts, RunSummary, github, junit, summary_page};

/// A report and where it goes.
#[derive(Debug, Clone)]
pub(super) struct Report {
    format: Format,
    file: String,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Junit,
    Ndjson,
    Github,
    Summary,
}

impl FromStr for Report {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, file) = text.split_once('=').ok_or("write it as FORMAT=FILE, as in junit=report.xml")?;
        let format = match format {
            "junit" => Format::Junit,
            "ndjson" => Format::Ndjson,
            "github" => Format::Github,
            "summary" => Format::Summary,
            other => return Err(format!("there is no report `{other}`; there are junit, ndjson, github and summary")),
        };
        if file.is_empty() {
            return Err("the file is missing; `-` is stdout".to_owned());
        }
        Ok(Self { format, file: file.to_owned() })
    }
}

impl Report {
    /// Writes the report of these runs. A file is written whole or not at all.
    pub(super) fn write(&self, runs: &[RunSummary], seed: u64) -> Result<(), String> {
        let mut text = Vec::new();
        self.render(runs, seed, &mut text).map_err(|error| format!("{}: {error}", self.file))?;
        let written = if self.file == "-" {
            io::stdout().write_all(&text)
        } else {
            let beside = format!("{}.part", self.file);
            File::create(&beside)
                .map(BufWriter::new)
                .and_then(|mut file| file.write_all(&text).and_then(|()| file.flush()))
                .and_then(|()| std::fs::rename(&beside, &self.file))
        };
        written.map_err(|error| format!("{}: {error}", self.file))
    }

    fn render(&self, runs: &[RunSummary], seed: u64, out: &mut Vec<u8>) -> Result<(), String> {
        match self.format {
            Format::Junit => out.extend(junit::render(runs).map_err(|error| error.to_string())?.into_bytes()),
            Format::Github => out.extend(github::render(runs).into_bytes()),
            Format::Summary => out.extend(summary_page::render(runs).into_bytes()),
            Format::Ndjson => {
                for run in runs {
                    ndjson(run, seed, &mut *out).map_err(|error| error.to_string())?;
                }
            }
        }
        Ok(())
    }
}

fn ndjson(run: &RunSummary, seed: u64, out: &mut Vec<u8>) -> io::Result<()> {
    let facts = RunFacts {
        harness: format!("idp-harness {}", env!("CARGO_PKG_VERSION")),
        client: run.client.clone(),
        library: run.library.clone(),
        seed,
    };
    let mut writer = Writer::new(out, &facts)?;
    for cell in &run.cells {
        writer.cell(&cell.facts.id, &run.client, &cell.events, &cell.outcome)?;
    }
    writer.finish()?;
    Ok(())
}

/// The rules, for people.
pub(super) fn rules() -> BTreeMap<String, RuleFacts> {
    idp_harness::rule::rules()
        .map(|rule| {
            let facts = RuleFacts {
                id: rule.id.to_owned(),
                level: rule.level,
                requirement: rule.requirement.to_owned(),
                source: rule.source.to_owned(),
            };
            (rule.id.to_owned(), facts)
        })
        .collect()
}
