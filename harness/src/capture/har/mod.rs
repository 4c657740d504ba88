//! HAR 1.2, as it is written down and as exporters write it.

mod entry;
mod guard;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use read::{read, read_file};
pub use write::{Writer, entry};
