//! The protocol's operations by name.

use crate::adapter::protocol::{Command, Outcome};

/// Every operation, in the order in which a session uses them.
pub const NAMES: [&str; 13] = [
    "hello",
    "configure",
    "authorize",
    "callback",
    "grant",
    "device",
    "poll",
    "call",
    "mail",
    "refresh",
    "token",
    "clock",
    "quit",
];

/// The name of a command's operation, as on the wire.
#[must_use]
pub fn name_of(command: &Command) -> &'static str {
    match command {
        Command::Hello { .. } => "hello",
        Command::Configure(_) => "configure",
        Command::Authorize { .. } => "authorize",
        Command::Callback { .. } => "callback",
        Command::Grant(_) => "grant",
        Command::Device => "device",
        Command::Poll => "poll",
        Command::Call { .. } => "call",
        Command::Mail(_) => "mail",
        Command::Refresh => "refresh",
        Command::Token => "token",
        Command::Clock { .. } => "clock",
        Command::Quit => "quit",
    }
}

/// The name of a result, as on the wire.
#[must_use]
pub fn result_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Hello(_) => "hello",
        Outcome::Authorize { .. } => "authorize",
        Outcome::Device { .. } => "device",
        Outcome::Call { .. } => "call",
        Outcome::Mail { .. } => "mail",
        Outcome::Token { .. } => "token",
        Outcome::SignedIn { .. } => "signed_in",
        Outcome::Clock { .. } => "clock",
        Outcome::Done => "done",
        Outcome::Error(_) => "error",
    }
}

/// The result that an operation is answered with when it goes well; `error` is always an answer.
#[must_use]
pub fn expected_result(op: &str) -> &'static str {
    match op {
        "hello" => "hello",
        "authorize" => "authorize",
        "device" => "device",
        "call" => "call",
        "token" => "token",
        "clock" => "clock",
        _ => "done",
    }
}

/// Whether an operation may be answered with this result: the expected one, an error, who signed in at the end of a redirect, or what was
/// read of mail.
#[must_use]
pub fn answers(op: &str, result: &str) -> bool {
    result == "error"
        || result == expected_result(op)
        || matches!((op, result), ("callback", "signed_in") | ("mail", "mail"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIGURE: &str = r#"{"op":"configure","worker":"a","endpoints":{"authorization":"u","token":"u"},
        "client":{"id":"c","authentication":"none","redirect_uri":"u"},"storage":"s","now":0,"documented":{}}"#;

    #[test]
    fn every_name_is_the_one_on_the_wire() {
        for name in NAMES {
            let text = match name {
                "hello" => r#"{"op":"hello","protocol":"1.0"}"#.to_owned(),
                "callback" => r#"{"op":"callback","url":"u"}"#.to_owned(),
                "call" => r#"{"op":"call","method":"GET","url":"u"}"#.to_owned(),
                "mail" => r#"{"op":"mail","task":"look"}"#.to_owned(),
                "grant" => r#"{"op":"grant","grant":"client_credentials"}"#.to_owned(),
                "clock" => r#"{"op":"clock","now":1}"#.to_owned(),
                "configure" => CONFIGURE.to_owned(),
                other => format!(r#"{{"op":"{other}"}}"#),
            };
            let command: Command = serde_json::from_str(&text).unwrap();
            assert_eq!(name_of(&command), name);
            // What has a default is not written, for adapters of protocol 1.0.
            assert!(name != "authorize" || serde_json::to_string(&command).unwrap() == text);
        }
    }

    #[test]
    fn a_grant_stands_beside_the_operation_with_what_belongs_to_it_and_nothing_else() {
        for text in [
            r#"{"op":"grant","grant":"client_credentials"}"#,
            r#"{"op":"grant","grant":"password","user_name":"u","password":"p"}"#,
            r#"{"op":"grant","grant":"on_behalf_of","assertion":"t"}"#,
        ] {
            let command: Command = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&command).unwrap(), text);
        }
        for wrong in [
            r#"{"op":"grant"}"#,
            r#"{"op":"grant","grant":"code"}"#,
            r#"{"op":"grant","grant":"client_credentials","password":"p"}"#,
            r#"{"op":"grant","grant":"on_behalf_of"}"#,
        ] {
            serde_json::from_str::<Command>(wrong).unwrap_err();
        }
    }

    #[test]
    fn an_operation_that_is_not_listed_does_not_exist() {
        let error = serde_json::from_str::<Command>(r#"{"op":"dance"}"#).unwrap_err().to_string();
        for name in NAMES {
            assert!(error.contains(&format!("`{name}`")), "{error}");
        }
        assert_eq!(error.matches('`').count(), 2 * (NAMES.len() + 1), "{error}");
    }
}
