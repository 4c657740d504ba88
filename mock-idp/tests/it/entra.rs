//! Microsoft Entra ID and Graph: what docs/facts/entra.md says of them.

mod access;
mod errors;
mod older;
mod support;
mod tokens;
