//! Requests to services beside the provider, with the requests that those make themselves.

use std::sync::Arc;

use crate::proto::cause::Cause;
use crate::proto::endpoint::{EndpointKind, Route};
use crate::proto::grant::issue::Trace;
use crate::proto::idp::Idp;
use crate::proto::idp::dispatch::Dispatched;
use crate::proto::journal::What;
use crate::proto::message::{ExchangeId, Reply, Request};
use crate::proto::params::Params;
use crate::proto::service::{AccountChange, Begun, Done, begin, finish};
use crate::proto::time::Timestamp;

impl Idp {
    /// Serves a request to a service. What the service asks the provider is an exchange of its own, with all that belongs to one, faults
    /// too; the answer to the outer request waits for as long as the inner one does.
    pub(super) fn serve_service(
        &mut self,
        now: Timestamp,
        exchange: ExchangeId,
        route: Route<'_>,
        request: &Request,
        form: &Result<Params, Cause>,
        trace: &Trace,
    ) -> Dispatched {
        let begun = self.with_turn(now, exchange, route, request, form, (trace, None), |turn, sessions| {
            begin(turn, sessions, request)
        });
        let (done, not_before) = match begun.0 {
            Begun::Done(done) => (done, None),
            Begun::Asking(asking) => {
                let reply = self.ask(now, &asking.request);
                let not_before = reply.as_ref().and_then(|reply| reply.delivery.not_before);
                let done = self.with_turn(now, exchange, route, request, form, (trace, None), |turn, sessions| {
                    finish(turn, sessions, request, asking, reply.as_ref())
                });
                (done.0, not_before)
            }
        };
        let Done { outcome, change } = done;
        if let Some(change) = change {
            self.change_account(now, change);
        }
        Dispatched { outcome, unsigned: Vec::new(), not_before }
    }

    /// Makes a request of a service's own. A service is not asked by another.
    fn ask(&mut self, now: Timestamp, request: &Request) -> Option<Reply> {
        let policy = Arc::clone(&self.policy);
        if Route::of(&policy, request).kind == EndpointKind::Service {
            return None;
        }
        let reply = self.handle(now, request);
        self.left(now, reply.exchange, reply.delivery.extent);
        Some(reply)
    }

    fn change_account(&mut self, now: Timestamp, change: AccountChange) {
        let AccountChange { place, account, text } = change;
        match place.and_then(|place| self.world.service_accounts.get_mut(place)) {
            Some(known) => *known = account,
            None => self.world.service_accounts.push(account),
        }
        self.state.journal.write(now, What::Changed { text });
    }
}
