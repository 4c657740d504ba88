//! From a step to its verb.

use crate::run::cell::{Cell, Stop};
use crate::run::verb::{
    advance, authorize, change, crash, device, expect, fault, grant, http, mail, operation, race, restart,
};
use crate::scenario::{Operation, Step, Verb};

/// Carries out a step.
pub(crate) async fn run(cell: &mut Cell, step: &Step) -> Result<(), Stop> {
    match &step.verb {
        Verb::Authorize(it) => authorize::run(cell, step, it).await,
        Verb::Deliver(it) => authorize::deliver(cell, step, it).await,
        Verb::Grant(it) => grant::run(cell, step, it).await,
        Verb::Device(it) => device::begin(cell, step, it).await,
        Verb::Poll(_) => device::poll(cell, step).await,
        Verb::Http(it) => http::run(cell, step, it).await,
        Verb::Mail(it) => mail::run(cell, step, it).await,
        Verb::Call(it) => operation::run(cell, step, &Operation::Call(it.clone())).await,
        Verb::Refresh(it) => operation::run(cell, step, &Operation::Refresh(*it)).await,
        Verb::Token(it) => operation::run(cell, step, &Operation::Token(*it)).await,
        Verb::Advance(it) => advance::run(cell, it).await,
        Verb::Race(it) => race::run(cell, it).await,
        Verb::Crash(it) => crash::run(cell, step, it).await,
        Verb::Restart(_) => restart::run(cell, step).await,
        Verb::Fault(it) => {
            fault::run(cell, it)?;
            Ok(())
        }
        Verb::Change(it) => change::run(cell, it),
        Verb::Expect(it) => {
            expect::run(cell, step, it);
            Ok(())
        }
    }
}
