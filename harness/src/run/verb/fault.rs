//! `fault`: arms a fault at the provider.

use crate::run::cell::Cell;
use crate::scenario::Fault;

pub(crate) fn run(cell: &mut Cell, fault: &Fault) {
    cell.provider.arm(fault);
}
