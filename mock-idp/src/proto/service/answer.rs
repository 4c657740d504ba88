//! What a service makes of the answer about a token.

use serde_json::{Map, Value};

use crate::proto::cause::Cause;
use crate::proto::message::{Extent, Reply};
use crate::proto::policy::AskedResource;
use crate::proto::template::Context;
use crate::proto::time::Timestamp;

/// The answer, taken for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Details {
    members: Map<String, Value>,
    status: u16,
}

impl Details {
    /// Reads the answer. Nothing came where there is no reply.
    pub(super) fn read(asked: &AskedResource, reply: Option<&Reply>) -> Result<Self, Cause> {
        let reply = reply.filter(|reply| reply.delivery.extent == Extent::Whole).ok_or(Cause::ServiceUnanswered)?;
        let status = reply.response.status;
        let at = u64::from(status);
        if asked.checks_status && !(200..300).contains(&status) {
            return Err(Cause::ServiceAnswerRefused { status: at });
        }
        if reply.response.body.trim_ascii().is_empty() {
            return Err(Cause::ServiceAnswerEmpty { status: at });
        }
        match serde_json::from_slice(&reply.response.body) {
            Ok(Value::Object(members)) => Ok(Self { members, status }),
            Ok(Value::Null) => Err(Cause::ServiceAnswerEmpty { status: at }),
            Ok(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => {
                Err(Cause::ServiceAnswerUnreadable { status: at })
            }
        }
    }

    /// The member that says who it is: a text with something in it.
    pub(super) fn claim(&self, name: &str) -> Result<&str, Cause> {
        let value = self.members.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
        value.ok_or_else(|| Cause::ServiceClaimMissing { claim: name.into(), status: u64::from(self.status) })
    }

    /// What templates know of it.
    pub(super) fn context(&self, now: Timestamp) -> Context {
        let texts = self.members.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        let context = Context::default().at("now", now);
        texts.fold(context, |context, (name, value)| context.with(name.clone(), value))
    }
}
