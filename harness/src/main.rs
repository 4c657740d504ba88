//! The `idp-harness` program.

fn main() {}
