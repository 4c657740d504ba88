//! A realm: one running instance of a profile. Realms never meet.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::proto::fault::Fault;
use crate::proto::journal::Entry;
use crate::proto::mail::{ArmedMailFault, MailProtocol, MailSessionId, Outgoing};
use crate::proto::message::{Delivery, ExchangeId, Extent, Reply, Request, Response};
use crate::proto::time::{Span, Timestamp};
use crate::proto::token::ChainId;
use crate::proto::{Change, EndpointKind, Idp};
use crate::shell::clock::Clock;
use crate::shell::hold::{Hold, HoldPoint, Holds, Release};

/// A provider with its clock.
#[derive(Debug)]
pub struct Realm {
    idp: Mutex<Idp>,
    clock: Clock,
    holds: Holds,
    body_limit: usize,
    under_way: watch::Sender<usize>,
    /// Changes with everything that may give a mail session something to send.
    mail: watch::Sender<()>,
}

/// Counts a request for as long as it is under way, also when its connection breaks and it is dropped.
struct UnderWay<'a>(&'a watch::Sender<usize>);

impl<'a> UnderWay<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// Notes how a reply left when it is dropped, which is also what happens when its connection breaks.
struct Leaving<'a> {
    realm: &'a Realm,
    exchange: ExchangeId,
    extent: Extent,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut idp = self.realm.lock();
        let now = self.realm.clock.now();
        idp.left(now, self.exchange, self.extent);
    }
}

impl Realm {
    /// A realm around a provider.
    #[must_use]
    pub fn new(idp: Idp, clock: Clock) -> Self {
        let body_limit = idp.policy().body_limit;
        Self {
            idp: Mutex::new(idp),
            clock,
            holds: Holds::default(),
            body_limit,
            under_way: watch::Sender::new(0),
            mail: watch::Sender::new(()),
        }
    }

    /// Its clock.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The journal's entries with a number above `number` that are still kept, and the number of the last one ever written.
    #[must_use]
    pub fn journal_after(&self, number: u64) -> (Vec<Entry>, u64) {
        let idp = self.lock();
        (idp.journal().after(number).cloned().collect(), idp.journal().written())
    }

    /// Changes the world from outside, now.
    pub fn change(&self, change: &Change) {
        let now = self.clock.now();
        self.lock().change(now, change);
    }

    /// Notes something that was turned away without asking the provider.
    pub(crate) fn turned_away(&self, text: String) {
        let now = self.clock.now();
        self.lock().turned_away(now, text);
    }

    /// Adds a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.lock().add_fault(fault);
    }

    /// Adds a fault of a mail server.
    pub fn add_mail_fault(&self, fault: ArmedMailFault) {
        self.lock().add_mail_fault(fault);
    }

    /// The chains that live, and how many refresh tokens of each are valid now.
    #[must_use]
    pub fn living_chains(&self) -> Vec<(ChainId, usize)> {
        let now = self.clock.now();
        self.lock().living_chains(now)
    }

    /// Puts the provider back to its beginning. The clock stays.
    pub fn reset(&self) {
        self.lock().reset();
    }

    /// Holds requests to an endpoint back from now on.
    pub fn hold(&self, point: HoldPoint, endpoint: EndpointKind) -> Arc<Hold> {
        self.holds.add(point, endpoint)
    }

    /// Handles a request at once, without holds and waits, and lets its reply leave.
    pub(crate) fn handle(&self, request: &Request) -> Response {
        let reply = self.decide_and_sign(request);
        let mut idp = self.lock();
        idp.left(self.clock.now(), reply.exchange, reply.delivery.extent);
        reply.response
    }

    /// Waits until no request is under way, held ones included: until everything that will be journalled is.
    pub async fn idle(&self) {
        let mut count = self.under_way.subscribe();
        // The sender lives as long as the realm.
        let _ = count.wait_for(|count| *count == 0).await;
    }

    /// Asks the provider's policy, its world or its journal.
    pub fn with<T>(&self, ask: impl FnOnce(&Idp) -> T) -> T {
        ask(&self.lock())
    }

    /// Moves the clock forward. Mail sessions have had their say when this returns.
    pub fn advance(&self, span: Span) {
        self.clock.advance(span);
        self.mail_notice();
    }

    /// Sets the clock, and lets mail sessions have their say.
    pub fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
        self.mail_notice();
    }

    /// Puts a message into the INBOX of a mailbox, as if it had come from elsewhere. `false` when there is no such mailbox, or no room.
    pub fn deliver(&self, address: &str, raw: Vec<u8>) -> bool {
        self.with_mail(|idp, now| idp.deliver(now, address, raw))
    }

    pub(crate) fn mail_changes(&self) -> watch::Receiver<()> {
        self.mail.subscribe()
    }

    pub(crate) fn mail_open(&self, via: &str, protocol: MailProtocol) -> Option<MailSessionId> {
        self.with_mail(|idp, now| idp.mail_open(now, via, protocol))
    }

    pub(crate) fn mail_receive(&self, session: MailSessionId, bytes: &[u8]) {
        self.with_mail(|idp, now| idp.mail_receive(now, session, bytes));
    }

    pub(crate) fn mail_take(&self, session: MailSessionId) -> Outgoing {
        self.lock().mail_take(session)
    }

    pub(crate) fn mail_secured(&self, session: MailSessionId) {
        self.with_mail(|idp, now| idp.mail_secured(now, session));
    }

    pub(crate) fn mail_closed(&self, session: MailSessionId) {
        self.with_mail(|idp, now| idp.mail_closed(now, session));
    }

    pub(crate) fn mail_due(&self) -> Option<Timestamp> {
        self.lock().mail_due()
    }

    /// Lets time have its say in mail sessions.
    pub(crate) fn mail_notice(&self) {
        self.with_mail(|idp, now| idp.mail_notice(now));
    }

    fn with_mail<T>(&self, work: impl FnOnce(&mut Idp, Timestamp) -> T) -> T {
        let result = {
            let mut idp = self.lock();
            let now = self.clock.now();
            work(&mut idp, now)
        };
        self.mail.send_replace(());
        result
    }

    pub(crate) const fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// The whole way of a request: held, handled, held, waited for. What is left to do is to send, or to close.
    pub(crate) async fn serve(&self, request: Request) -> Option<Reply> {
        let _under_way = UnderWay::new(&self.under_way);
        let endpoint = self.lock().classify(&request);
        if self.holds.pass(HoldPoint::Received, endpoint, &request.via).await == Release::Abandon {
            return None;
        }
        let mut reply = self.decide_and_sign(&request);
        // A peer that hangs up while its reply is held or waits is one that never got it.
        let mut leaving = Leaving { realm: self, exchange: reply.exchange, extent: Extent::Dropped };
        if self.holds.pass(HoldPoint::Committed, endpoint, &request.via).await == Release::Abandon {
            reply.delivery = Delivery { not_before: None, extent: Extent::Dropped };
        }
        if let Some(moment) = reply.delivery.not_before {
            self.clock.wait_until(moment).await;
        }
        // Noted before the first byte goes, so that nothing that the peer does in answer can come before it.
        leaving.extent = reply.delivery.extent;
        drop(leaving);
        Some(reply)
    }

    /// Handles a request. The provider is not held while tokens are signed, so that others are decided meanwhile.
    fn decide_and_sign(&self, request: &Request) -> Reply {
        let decided = {
            let mut idp = self.lock();
            let now = self.clock.now();
            idp.decide(now, request)
        };
        let signed = decided.sign();
        self.lock().settle(signed)
    }

    fn lock(&self) -> MutexGuard<'_, Idp> {
        self.idp.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
