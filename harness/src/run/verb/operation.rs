//! `call`, `refresh`, `token`: what a client does with its tokens.

use crate::adapter::protocol::Command;
use crate::run::cell::{Cell, Stop, expect_line, name_of};
use crate::scenario::{Operation, Step};

pub(crate) async fn run(cell: &mut Cell, step: &Step, operation: &Operation) -> Result<(), Stop> {
    let worker = name_of(&step.worker);
    cell.up(&worker).await?;
    let command = command(cell, &worker, operation)?;
    let answer = cell.ask(&worker, operation.name(), command).await?;
    cell.check(step.expect.as_ref(), expect_line(step), &answer);
    Ok(())
}

/// The operation as a command to a worker, which reaches resources by its own way.
pub(crate) fn command(cell: &Cell, worker: &str, operation: &Operation) -> Result<Command, Stop> {
    Ok(match operation {
        Operation::Call(call) => {
            let origin = cell.workers.get(worker).map(|worker| worker.origin.clone()).unwrap_or_default();
            Command::Call {
                method: call.request.method().to_owned(),
                url: format!("{origin}{}", cell.provider.path(&call.request)?),
                headers: call.headers.clone(),
                body: call.body.clone(),
                all_pages: call.all_pages,
                session: call.session,
                key: call.key.then(|| cell.provider.key()),
            }
        }
        Operation::Refresh(_) => Command::Refresh,
        Operation::Token(_) => Command::Token,
    })
}
