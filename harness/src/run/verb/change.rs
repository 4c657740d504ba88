//! `change`: the world changes behind the client's back.

use crate::run::cell::{Cell, Stop};
use crate::scenario::Change;

pub(crate) fn run(cell: &mut Cell, change: &Change) -> Result<(), Stop> {
    cell.provider.change(change, &mut cell.redactor)?;
    cell.sync()
}
