//! Mail servers, as dialogues: what docs/facts/entra.md says of them in section 6.

mod imap;
mod pop;
mod programs;
mod properties;
mod smtp;
mod support;
