//! From a request to what serves it, in a turn.

use std::sync::Arc;

use crate::proto::address::Bases;
use crate::proto::cause::Cause;
use crate::proto::endpoint::{self, EndpointKind, Route};
use crate::proto::grant::issue::{Trace, Turn};
use crate::proto::idp::{Idp, State};
use crate::proto::jose::Unsigned;
use crate::proto::message::{ExchangeId, Request, Response};
use crate::proto::mint::{Mint, Purpose};
use crate::proto::openid::Tampering;
use crate::proto::params::Params;
use crate::proto::policy::{Policy, WireError};
use crate::proto::service::ServiceSessions;
use crate::proto::tenant::Authority;
use crate::proto::time::Timestamp;

/// What is to become of a request.
#[derive(Clone, Copy)]
pub(super) enum Order<'a> {
    /// It is served, and ID tokens are tampered with if so ordered.
    Serve(Option<&'a Tampering>),
    /// It is refused.
    Refuse(&'a WireError),
}

/// What came of a request, before faults that strike the answer.
#[derive(Debug)]
pub(super) struct Dispatched {
    pub(super) outcome: Result<Response, (Cause, Response)>,
    pub(super) unsigned: Vec<Unsigned>,
    /// The answer waits for this moment.
    pub(super) not_before: Option<Timestamp>,
}

/// The identifiers of a request, where the policy has any.
fn trace_of(policy: &Policy, mint: &mut Mint, request: &Request, form: &Result<Params, Cause>) -> Trace {
    let Some(tracing) = &policy.tracing else { return Trace::default() };
    let id = mint.uuid(Purpose::Trace);
    let drawn = mint.uuid(Purpose::Trace);
    let posted = form.as_ref().ok().and_then(|params| params.first(&tracing.correlation));
    let sent = request.headers.get(&tracing.correlation).or(posted);
    let is_uuid = |text: &&str| {
        let parts = text.split('-').map(str::len);
        parts.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    };
    let correlation = sent.filter(is_uuid).map(str::to_ascii_lowercase).unwrap_or(drawn);
    Trace { id, correlation }
}

impl Idp {
    pub(super) fn dispatch(
        &mut self,
        now: Timestamp,
        exchange: ExchangeId,
        route: Route<'_>,
        request: &Request,
        form: &Result<Params, Cause>,
        order: Order<'_>,
    ) -> Dispatched {
        let policy = Arc::clone(&self.policy);
        let trace = trace_of(&policy, &mut self.state.mint, request, form);
        let tampering = match order {
            Order::Serve(tampering) => tampering,
            Order::Refuse(_) => None,
        };
        if matches!(order, Order::Serve(_)) && route.kind == EndpointKind::Service {
            return self.serve_service(now, exchange, route, request, form, &trace);
        }
        let (outcome, unsigned) =
            self.with_turn(now, exchange, route, request, form, (&trace, tampering), |turn, _| match order {
                Order::Serve(_) => endpoint::serve(turn, route, request, form),
                Order::Refuse(wire) => Ok(endpoint::refused_by(turn, wire, route.kind)),
            });
        Dispatched { outcome, unsigned, not_before: None }
    }

    /// Does something in a turn: with all state that a request may change.
    #[expect(clippy::too_many_arguments, reason = "all that makes a turn what it is")]
    pub(super) fn with_turn<T>(
        &mut self,
        now: Timestamp,
        exchange: ExchangeId,
        route: Route<'_>,
        request: &Request,
        form: &Result<Params, Cause>,
        (trace, tampering): (&Trace, Option<&Tampering>),
        work: impl FnOnce(&mut Turn<'_>, &mut ServiceSessions) -> T,
    ) -> (T, Vec<Unsigned>) {
        let policy = Arc::clone(&self.policy);
        let State { store, sessions, mint, keys, journal, outbox, services, .. } = &mut self.state;
        let authority = policy.tenants.as_ref().and_then(|tenants| Authority::find(tenants, route.tenant?));
        let mut turn = Turn {
            now,
            exchange,
            policy: &policy,
            world: &self.world,
            store,
            sessions,
            mint,
            keys,
            bases: Bases::of(&self.addresses, request),
            authority,
            by_resource: route.by_resource,
            endpoint: route.kind,
            grant: form.as_ref().ok().and_then(|params| params.first("grant_type")).unwrap_or_default(),
            trace: trace.clone(),
            origin: request.headers.get("origin"),
            unsigned: Vec::new(),
            journal,
            outbox,
            registered: None,
            tampering,
        };
        let done = work(&mut turn, services);
        let registered = turn.registered.take();
        let unsigned = std::mem::take(&mut turn.unsigned);
        self.world.clients.extend(registered);
        (done, unsigned)
    }
}
