//! `expect` as a step: what must be true of the world by now.

use crate::run::cell::Cell;
use crate::run::expectation;
use crate::scenario::{ExpectWorld, Step};

pub(crate) fn run(cell: &mut Cell, step: &Step, expect: &ExpectWorld) {
    for (met, expected, found) in expectation::world(expect, cell.log.events(), cell.provider.living()) {
        cell.expectation(met, step.line, expected, found);
    }
}
