//! `fault`: arms a fault at the provider.

use crate::run::cell::{Cell, Stop};
use crate::scenario::Fault;

pub(crate) fn run(cell: &mut Cell, fault: &Fault) -> Result<(), Stop> {
    Ok(cell.provider.arm(fault)?)
}
