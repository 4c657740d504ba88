//! Colour on a terminal: whether, and which.

/// What the user said about colour, by a flag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColourChoice {
    /// Colour on a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the environment says about colour, as it is set.
#[derive(Debug, Clone, Default)]
pub struct ColourEnvironment {
    /// `NO_COLOR`: any text that is not empty means no colour.
    pub no_color: Option<String>,
    /// `CLICOLOR`: `0` means no colour.
    pub clicolor: Option<String>,
    /// `CLICOLOR_FORCE`: anything but `0` and empty means colour without a terminal too.
    pub clicolor_force: Option<String>,
}

/// Colours, or none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Palette {
    /// Plain text.
    #[default]
    Plain,
    /// The eight colours that every terminal has.
    Ansi,
}

/// What a piece of text means. The colours follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// As it should be.
    Good,
    /// As it must not be.
    Bad,
    /// Worth a look.
    Notice,
    /// A heading.
    Strong,
    /// Context.
    Faint,
}

impl Palette {
    /// Decides: the flag first, then `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`, then whether it is a terminal.
    #[must_use]
    pub fn decide(choice: ColourChoice, environment: &ColourEnvironment, is_terminal: bool) -> Self {
        let set = |value: &Option<String>| value.as_deref().is_some_and(|value| !value.is_empty());
        let zero = |value: &Option<String>| value.as_deref() == Some("0");
        let colour = match choice {
            ColourChoice::Always => true,
            ColourChoice::Never => false,
            ColourChoice::Auto if set(&environment.no_color) => false,
            ColourChoice::Auto if set(&environment.clicolor_force) && !zero(&environment.clicolor_force) => true,
            ColourChoice::Auto => is_terminal && !zero(&environment.clicolor),
        };
        if colour { Self::Ansi } else { Self::Plain }
    }

    /// `text` in the colour of `ink`.
    #[must_use]
    pub fn ink(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Good => "32",
            Ink::Bad => "31",
            Ink::Notice => "33",
            Ink::Strong => "1",
            Ink::Faint => "2",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ColourChoice, ColourEnvironment, Ink, Palette};

    #[test]
    fn the_flag_wins_over_the_environment_and_that_over_the_terminal() {
        let environment = |no: Option<&str>, cli: Option<&str>, force: Option<&str>| ColourEnvironment {
            no_color: no.map(str::to_owned),
            clicolor: cli.map(str::to_owned),
            clicolor_force: force.map(str::to_owned),
        };
        let cases = [
            ("a terminal", ColourChoice::Auto, environment(None, None, None), true, true),
            ("a pipe", ColourChoice::Auto, environment(None, None, None), false, false),
            ("NO_COLOR", ColourChoice::Auto, environment(Some("1"), None, Some("1")), true, false),
            ("an empty NO_COLOR says nothing", ColourChoice::Auto, environment(Some(""), None, None), true, true),
            ("CLICOLOR=0", ColourChoice::Auto, environment(None, Some("0"), None), true, false),
            ("CLICOLOR_FORCE", ColourChoice::Auto, environment(None, Some("0"), Some("1")), false, true),
            ("CLICOLOR_FORCE=0", ColourChoice::Auto, environment(None, None, Some("0")), false, false),
            ("always", ColourChoice::Always, environment(Some("1"), None, None), false, true),
            ("never", ColourChoice::Never, environment(None, None, Some("1")), true, false),
        ];
        for (name, choice, environment, terminal, want) in cases {
            assert_eq!(Palette::decide(choice, &environment, terminal) == Palette::Ansi, want, "{name}");
        }
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(Palette::Plain.ink(Ink::Bad, "x"), "x");
        assert_eq!(Palette::Ansi.ink(Ink::Bad, "x"), "\u{1b}[31mx\u{1b}[0m");
    }
}
