//! Faults: what a scenario injects on purpose.

use crate::proto::client_authentication::claimed_id;
use crate::proto::endpoint::EndpointKind;
use crate::proto::journal::{Journal, What};
use crate::proto::message::{Delivery, ExchangeId, Extent, Request, Response};
use crate::proto::params::Params;
use crate::proto::time::{Span, Timestamp};

/// A fault: which requests it strikes, when, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The endpoint.
    pub at: EndpointKind,
    /// Only requests of this `grant_type`.
    pub grant: Option<String>,
    /// Only requests that say that they come from this `client_id`, in their parameters or by HTTP Basic. Requests to resources say
    /// nothing of the kind.
    pub client: Option<String>,
    /// Only requests through this listener.
    pub via: Option<String>,
    /// How many matching requests go by first.
    pub skip: u32,
    /// How many it strikes then.
    pub times: u32,
    /// What it does to them.
    pub action: Action,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// This is the answer. Nothing else happens: the request is not handled.
    AnswerBefore(Response),
    /// The request is handled and committed; then this is the answer instead.
    AnswerAfter(Response),
    /// The request is not handled, and the connection is closed.
    DropBefore,
    /// The request is handled; then the reply is sent like this.
    Deliver(Extent),
    /// The request is handled; then the reply waits for so long.
    Delay(Span),
}

impl Action {
    fn text(&self) -> String {
        match self {
            Self::AnswerBefore(response) => format!("answered {} without handling the request", response.status),
            Self::AnswerAfter(response) => format!("handled the request, answered {} instead", response.status),
            Self::DropBefore => "closed the connection without handling the request".to_owned(),
            Self::Deliver(Extent::Whole) => "handled the request".to_owned(),
            Self::Deliver(Extent::Dropped) => "handled the request, dropped the reply".to_owned(),
            Self::Deliver(Extent::CutAfter(bytes)) => format!("handled the request, cut the reply after {bytes} bytes"),
            Self::Delay(span) => format!("handled the request, held the reply back for {span}"),
        }
    }
}

/// The faults of a realm that have not struck out.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The action of the first fault that strikes this request. Each fault counts the request, whether or not an earlier one
    /// strikes it.
    pub(crate) fn strike(&mut self, endpoint: EndpointKind, request: &Request, params: &Params) -> Option<Action> {
        let mut struck = None;
        for fault in &mut self.0 {
            if !fault.matches(endpoint, request, params) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if struck.is_none() {
                fault.times = fault.times.saturating_sub(1);
                struck = Some(fault.action.clone());
            }
        }
        self.0.retain(|fault| fault.times > 0);
        struck
    }
}

impl Fault {
    fn matches(&self, endpoint: EndpointKind, request: &Request, params: &Params) -> bool {
        let is = |name, want: &Option<String>| want.as_deref().is_none_or(|want| params.first(name) == Some(want));
        self.times > 0
            && self.at == endpoint
            && self.via.as_ref().is_none_or(|via| *via == request.via)
            && is("grant_type", &self.grant)
            && self.client.as_ref().is_none_or(|id| claimed_id(&request.headers, params).as_ref() == Some(id))
    }
}

/// Applies what is left of an action after the request was handled.
pub(crate) fn after(action: &Action, response: &mut Response, now: Timestamp) -> Delivery {
    match action {
        Action::AnswerBefore(answer) | Action::AnswerAfter(answer) => {
            *response = answer.clone();
            Delivery::default()
        }
        Action::DropBefore => Delivery { not_before: None, extent: Extent::Dropped },
        Action::Deliver(extent) => Delivery { not_before: None, extent: *extent },
        Action::Delay(span) => Delivery { not_before: Some(now.plus(*span)), extent: Extent::Whole },
    }
}

pub(crate) fn note(journal: &mut Journal, now: Timestamp, exchange: ExchangeId, action: &Action) {
    journal.write(now, What::FaultStruck { exchange, text: action.text() });
}
