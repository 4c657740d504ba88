//! Faults of mail servers: what a scenario injects on purpose.

use crate::proto::mail::{MailCause, MailProtocol};

/// What a mail server is known to say now and then, or what somebody wants it to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct MailFault {
    /// What the customer sees and what was behind it, in a sentence or two.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub about: String,
    /// At which server.
    pub at: MailProtocol,
    /// At what.
    pub on: MailPoint,
    /// What the server says: in IMAP without the tag of the command. After a line feed, what it says without being asked, and the connection
    /// is closed.
    pub says: String,
}

/// What a fault strikes at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum MailPoint {
    /// A login, in place of its decision.
    Login,
    /// A command of somebody who is logged in; in SMTP the beginning of a message.
    Command,
}

/// A fault to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArmedMailFault {
    /// What it does.
    pub fault: MailFault,
    /// Only in sessions through this listener.
    pub via: Option<String>,
    /// How many that it fits go by first.
    pub skip: u32,
    /// How many it strikes then.
    pub times: u32,
}

/// The faults that have not struck out.
#[derive(Debug, Default)]
pub(crate) struct MailFaults(Vec<ArmedMailFault>);

impl MailFaults {
    pub(crate) fn add(&mut self, fault: ArmedMailFault) {
        self.0.push(fault);
    }

    /// The first fault that strikes here. Each that fits counts it.
    pub(super) fn strike(&mut self, at: MailProtocol, on: MailPoint, via: &str) -> Result<(), MailCause> {
        let mut struck = None;
        for armed in &mut self.0 {
            let fits = armed.fault.at == at && armed.fault.on == on && armed.via.as_deref().is_none_or(|it| it == via);
            if !fits {
                continue;
            }
            if armed.skip > 0 {
                armed.skip -= 1;
            } else if struck.is_none() {
                armed.times = armed.times.saturating_sub(1);
                struck = Some(MailCause::Injected { line: armed.fault.says.clone() });
            }
        }
        self.0.retain(|armed| armed.times > 0);
        struck.map_or(Ok(()), Err)
    }
}
