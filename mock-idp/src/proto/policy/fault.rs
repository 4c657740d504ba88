//! Faults that a provider is known for, each by a name of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::proto::endpoint::EndpointKind;
use crate::proto::fault::{Action, Fault};
use crate::proto::message::{Extent, Response};
use crate::proto::openid::Tampering;
use crate::proto::policy::WireError;

/// Something that is known to go wrong at a provider now and then.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct NamedFault {
    /// What the customer sees and what was behind it, in a sentence or two.
    pub about: String,
    /// Which requests it strikes.
    pub at: FaultAt,
    /// What it does to them.
    pub effect: FaultEffect,
}

/// An endpoint that a fault strikes at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum FaultAt {
    /// The authorization endpoint.
    Authorization,
    /// The token endpoint.
    Token,
    /// Protected resources.
    Resource,
    /// The documents that say what is offered.
    Metadata,
    /// The published keys.
    Keys,
    /// The UserInfo endpoint.
    Userinfo,
    /// The sign-in pages; the last of them sends the browser back to the client.
    SignIn,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum FaultEffect {
    /// The request is not handled, and this is the answer.
    AnswersUnhandled(FaultResponse),
    /// The request is handled, and this is the answer instead of the right one.
    AnswersHandled(FaultResponse),
    /// The request is not handled, and refused with this error of the provider's.
    Refuses(WireError),
    /// The request is handled, and no answer comes.
    DropsReply,
    /// The request is handled, and the ID tokens that it issues are tampered with.
    TampersIdToken(Tampering),
    /// The request is handled, and these members of the JSON answer are replaced; `null` takes one out.
    ChangesMembers(Map<String, Value>),
    /// The request is handled, and these parameters of the redirect are replaced; `null` takes one out.
    ChangesParameters(BTreeMap<String, Option<String>>),
}

/// An answer that is not the provider's own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct FaultResponse {
    /// The status.
    pub status: u16,
    /// Header fields, `Content-Type` among them.
    #[cfg_attr(feature = "profiles", serde(default, skip_serializing_if = "BTreeMap::is_empty"))]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[cfg_attr(feature = "profiles", serde(default))]
    pub body: String,
}

impl NamedFault {
    /// Refuses what cannot be sent: a status that is none, or a header that would break its line.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn checked(self) -> Result<Self, String> {
        let answer = match &self.effect {
            FaultEffect::AnswersUnhandled(answer) | FaultEffect::AnswersHandled(answer) => answer,
            FaultEffect::DropsReply
            | FaultEffect::TampersIdToken(_)
            | FaultEffect::ChangesMembers(_)
            | FaultEffect::ChangesParameters(_)
            | FaultEffect::Refuses(_) => return Ok(self),
        };
        if !(200..=599).contains(&answer.status) {
            return Err(format!("{} is not a status from 200 to 599", answer.status));
        }
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        for (name, value) in &answer.headers {
            if name.is_empty() || !name.chars().all(token) || value.chars().any(char::is_control) {
                return Err(format!("header `{name}` cannot be sent"));
            }
        }
        Ok(self)
    }

    /// The fault, to strike the next request that it fits.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let action = match &self.effect {
            FaultEffect::AnswersUnhandled(answer) => Action::AnswerBefore(answer.response()),
            FaultEffect::AnswersHandled(answer) => Action::AnswerAfter(answer.response()),
            FaultEffect::Refuses(wire) => Action::Refuse(Box::new(wire.clone())),
            FaultEffect::DropsReply => Action::Deliver(Extent::Dropped),
            FaultEffect::TampersIdToken(tampering) => Action::IdToken(tampering.clone()),
            FaultEffect::ChangesMembers(members) => Action::Members(members.clone()),
            FaultEffect::ChangesParameters(parameters) => Action::Parameters(parameters.clone()),
        };
        Fault { at: self.at.endpoint(), grant: None, client: None, via: None, skip: 0, times: 1, action }
    }
}

impl FaultAt {
    /// The endpoint.
    #[must_use]
    pub const fn endpoint(self) -> EndpointKind {
        match self {
            Self::Authorization => EndpointKind::Authorization,
            Self::Token => EndpointKind::Token,
            Self::Resource => EndpointKind::Resource,
            Self::Metadata => EndpointKind::Metadata,
            Self::Keys => EndpointKind::Keys,
            Self::Userinfo => EndpointKind::Userinfo,
            Self::SignIn => EndpointKind::SignIn,
        }
    }
}

impl FaultResponse {
    fn response(&self) -> Response {
        let mut response = Response::empty(self.status);
        for (name, value) in &self.headers {
            response.headers.push(name, value);
        }
        response.body = self.body.clone().into_bytes();
        response
    }
}
