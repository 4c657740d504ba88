//! `advance`: moves the realm's clock, and every worker's with it.

use crate::run::cell::{Cell, Stop};
use crate::run::event::EventKind;
use crate::scenario::Advance;

pub(crate) async fn run(cell: &mut Cell, advance: &Advance) -> Result<(), Stop> {
    let by = advance.by.milliseconds();
    cell.provider.advance(by);
    cell.write(EventKind::ClockMoved { by_ms: i64::try_from(by).unwrap_or(i64::MAX) });
    cell.set_clocks().await?;
    // Replies that waited for this moment have left now.
    cell.sync()
}
