//! Writing to the terminal.

use std::env;
use std::io::{self, IsTerminal as _, Write as _};

use clap::ValueEnum;
use idp_harness::report::style::{ColourChoice, ColourEnvironment, Palette};
use idp_harness::report::terminal::Look;
use idp_harness::snapshot::Environment;

use super::exit::Exit;

/// When to print in colour.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Prints text; a reader that went away is no failure.
pub(crate) fn print(text: &str) {
    // Nobody is left to be told.
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Says what is wrong, and ends with `exit`.
pub(crate) fn complain(exit: Exit, text: impl std::fmt::Display) -> Exit {
    // Nobody is left to be told.
    let _ = writeln!(io::stderr(), "{text}");
    exit
}

/// How to print on this terminal.
pub(crate) fn look(colour: Colour) -> Look {
    let choice = match colour {
        Colour::Auto => ColourChoice::Auto,
        Colour::Always => ColourChoice::Always,
        Colour::Never => ColourChoice::Never,
    };
    let environment = ColourEnvironment {
        no_color: env::var("NO_COLOR").ok(),
        clicolor: env::var("CLICOLOR").ok(),
        clicolor_force: env::var("CLICOLOR_FORCE").ok(),
    };
    let width = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(120);
    Look { palette: Palette::decide(choice, &environment, io::stdout().is_terminal()), width }
}

/// What decides whether snapshots are written.
pub(crate) fn snapshot_environment() -> Environment {
    Environment {
        insta_update: env::var("INSTA_UPDATE").ok(),
        ci: env::var("CI").ok(),
        tf_build: env::var("TF_BUILD").ok(),
    }
}

/// Says something on stderr that ends nothing.
pub(crate) fn warn(what: &str) {
    let _ = writeln!(std::io::stderr(), "note: {what}");
}
