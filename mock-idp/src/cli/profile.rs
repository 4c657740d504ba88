//! `profiles` and `profile`.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::Subcommand;
use mock_idp::profile::{Profile, builtin_names, diff, load, policy_schema};

use super::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print a profile: its quirks with their sources, and the policy that they add up to.
    Show {
        /// A shipped profile, or a .yaml file.
        name: String,
        /// Change a policy field first, as in `refresh.minimum_interval.span=1s`.
        #[arg(long, value_name = "FIELD=VALUE")]
        set: Vec<String>,
        /// Print only the policy, as YAML.
        #[arg(long)]
        policy: bool,
    },
    /// Print what differs between two profiles.
    Diff {
        /// The one.
        before: String,
        /// The other.
        after: String,
    },
    /// Print the JSON Schema of a policy: every field that a quirk can set.
    Schema,
}

pub(crate) fn profiles() -> Result<(), Failure> {
    let mut text = String::new();
    for name in builtin_names() {
        let profile = load(name, &[])?;
        let _ = writeln!(text, "{:24} {}", profile.name, profile.title);
        let _ = writeln!(text, "{:24} {}", "", profile.about);
    }
    Ok(io::stdout().write_all(text.as_bytes())?)
}

pub(crate) fn profile(command: &Command) -> Result<(), Failure> {
    let text = match command {
        Command::Show { name, set, policy } => {
            let profile = load(name, set)?;
            if *policy { policy_yaml(&profile) } else { show(&profile) }
        }
        Command::Diff { before, after } => differences(&load(before, &[])?, &load(after, &[])?),
        Command::Schema => format!("{:#}\n", policy_schema()),
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn policy_yaml(profile: &Profile) -> String {
    serde_yaml::to_string(&profile.policy).unwrap_or_default()
}

fn show(profile: &Profile) -> String {
    let mut text = format!("{} · {}\n{}\n", profile.name, profile.title, profile.about);
    if let Some(base) = &profile.extends {
        let _ = writeln!(text, "extends: {base}");
    }
    let _ = writeln!(text, "hosts: {}\n\nQuirks", profile.policy.hosts.join(", "));
    for quirk in &profile.quirks {
        let _ = writeln!(text, "\n  {} ({})", quirk.id, quirk.sure.word());
        let _ = writeln!(text, "    {}", quirk.about);
        let _ = writeln!(text, "    source: {}", quirk.source.join("; "));
    }
    let _ = write!(text, "\nPolicy\n\n{}", policy_yaml(profile));
    text
}

fn differences(before: &Profile, after: &Profile) -> String {
    let mut text = String::new();
    for difference in diff(before, after) {
        let _ = writeln!(text, "{}", difference.field);
        let _ = writeln!(text, "  {:24} {}", before.name, difference.before.as_deref().unwrap_or("–"));
        let _ = writeln!(text, "  {:24} {}", after.name, difference.after.as_deref().unwrap_or("–"));
        if let Some(quirk) = difference.quirk {
            let about = after.quirks.iter().chain(&before.quirks).find(|it| it.id == quirk);
            let source = about.map(|quirk| quirk.source.join("; ")).unwrap_or_default();
            let _ = writeln!(text, "  quirk {quirk}: {source}");
        }
    }
    if text.is_empty() {
        let _ = writeln!(text, "{} and {} behave alike", before.name, after.name);
    }
    text
}
