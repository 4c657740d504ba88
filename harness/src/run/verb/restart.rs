//! `restart`: a worker's process ends, if it is up, and begins again with the same storage.

use crate::run::cell::{Cell, Stop, name_of};
use crate::run::event::ProcessChange;
use crate::scenario::Step;

pub(crate) async fn run(cell: &mut Cell, step: &Step) -> Result<(), Stop> {
    let name = name_of(&step.worker);
    let Some(worker) = cell.workers.get_mut(&name) else { return cell.up(&name).await };
    worker.events = None;
    if let Some(session) = worker.session.take() {
        let ended = session.quit().await;
        ended.map_err(|broken| Stop::Session { worker: name.clone(), broken: broken.into() })?;
        cell.process(&name, ProcessChange::Ended);
    }
    cell.start(&name).await
}
