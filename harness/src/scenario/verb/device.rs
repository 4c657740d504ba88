//! `device`: the client begins the device authorization grant (RFC 8628), and the harness plays the resource owner on the page where the code is
//! typed. `poll`: the client polls until it comes to an end.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::none::no_arguments;

/// The client gets codes for a device. A step without `expect` must succeed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Device {
    /// What the resource owner answers.
    pub answer: DeviceAnswer,
}

/// The resource owner's answer for a device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceAnswer {
    /// Types the code, signs in, agrees.
    #[default]
    Allow,
    /// Types the code, signs in, refuses.
    Refuse,
    /// Does nothing.
    None,
}

impl Device {
    /// The verb.
    pub const NAME: &str = "device";

    /// The capability that the client needs, for this verb and for `poll`.
    pub const CAPABILITY: &str = "device_code";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        match self.answer {
            DeviceAnswer::Allow => "connect a device".to_owned(),
            DeviceAnswer::Refuse => "connect a device; the resource owner refuses".to_owned(),
            DeviceAnswer::None => "connect a device; the resource owner does nothing".to_owned(),
        }
    }
}

/// The client polls for its device. While it waits for the time to pass, the clock moves on, second by second. A step without `expect` must
/// succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Poll;

impl Poll {
    /// The verb.
    pub const NAME: &str = "poll";

    /// The step in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        "poll until it is over".to_owned()
    }
}

impl<'de> Deserialize<'de> for Poll {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        no_arguments(deserializer, Self::NAME).map(|()| Self)
    }
}
