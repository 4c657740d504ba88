//! Faults: what a scenario injects on purpose.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::proto::client_authentication::claimed_id;
use crate::proto::endpoint::EndpointKind;
use crate::proto::journal::{Journal, What};
use crate::proto::message::{Delivery, ExchangeId, Extent, Request, Response};
use crate::proto::openid::Tampering;
use crate::proto::params::Params;
use crate::proto::policy::WireError;
use crate::proto::time::{Span, Timestamp};

/// A fault: which requests it strikes, when, and how.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// This is the answer. Nothing else happens: the request is not handled.
    AnswerBefore(Response),
    /// The request is not handled, and refused with this error of the provider's.
    Refuse(Box<WireError>),
    /// The request is handled and committed; then this is the answer instead.
    AnswerAfter(Response),
    /// The request is not handled, and the connection is closed.
    DropBefore,
    /// The request is handled; then the reply is sent like this.
    Deliver(Extent),
    /// The request is handled; then the reply waits for so long.
    Delay(Span),
    /// The request is handled, and the ID tokens that it issues are tampered with.
    IdToken(Tampering),
    /// The request is handled; then these members of the JSON that it answers with are replaced, or taken out where they are `null`.
    Members(Map<String, Value>),
    /// The request is handled; then these parameters of the redirect that it answers with are replaced, or taken out where there is none.
    Parameters(BTreeMap<String, Option<String>>),
}

impl Action {
    fn text(&self) -> String {
        match self {
            Self::AnswerBefore(response) => format!("answered {} without handling the request", response.status),
            Self::Refuse(_) => "refused without handling the request".to_owned(),
            Self::AnswerAfter(response) => format!("handled the request, answered {} instead", response.status),
            Self::DropBefore => "closed the connection without handling the request".to_owned(),
            Self::Deliver(Extent::Whole) => "handled the request".to_owned(),
            Self::Deliver(Extent::Dropped) => "handled the request, dropped the reply".to_owned(),
            Self::Deliver(Extent::CutAfter(bytes)) => format!("handled the request, cut the reply after {bytes} bytes"),
            Self::Delay(span) => format!("handled the request, held the reply back for {span}"),
            Self::IdToken(tampering) => tampering.text(),
            Self::Members(members) => {
                let names: Vec<&str> = members.keys().map(String::as_str).collect();
                format!("handled the request, changed {} in the answer", names.join(", "))
            }
            Self::Parameters(parameters) => {
                let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
                format!("handled the request, changed {} in the redirect", names.join(", "))
            }
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
        Action::IdToken(_) | Action::Refuse(_) => Delivery::default(),
        Action::Members(members) => {
            change_members(response, members);
            Delivery::default()
        }
        Action::Parameters(parameters) => {
            change_parameters(response, parameters);
            Delivery::default()
        }
        Action::Delay(span) => Delivery { not_before: Some(now.plus(*span)), extent: Extent::Whole },
    }
}

/// What is no JSON object stays as it is.
fn change_members(response: &mut Response, members: &Map<String, Value>) {
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&response.body) else { return };
    for (name, value) in members {
        if value.is_null() {
            body.shift_remove(name);
        } else {
            body.insert(name.clone(), value.clone());
        }
    }
    response.body = Value::Object(body).to_string().into_bytes();
}

/// What is no redirect stays as it is. The parameters are those of the fragment if there is one, else of the query.
fn change_parameters(response: &mut Response, changes: &BTreeMap<String, Option<String>>) {
    let Some(location) = response.headers.get("location").map(str::to_owned) else { return };
    let join = if location.contains('#') { '#' } else { '?' };
    let (base, text) = location.split_once(join).unwrap_or((&location, ""));
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut left = changes.clone();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        match left.remove(name.as_ref()) {
            None if changes.contains_key(name.as_ref()) => {}
            None => {
                query.append_pair(&name, &value);
            }
            Some(Some(other)) => {
                query.append_pair(&name, &other);
            }
            Some(None) => {}
        }
    }
    query.extend_pairs(left.into_iter().filter_map(|(name, value)| Some((name, value?))));
    response.headers.set("Location", format!("{base}{join}{}", query.finish()));
}

pub(crate) fn note(journal: &mut Journal, now: Timestamp, exchange: ExchangeId, action: &Action) {
    journal.write(now, What::FaultStruck { exchange, text: action.text() });
}
