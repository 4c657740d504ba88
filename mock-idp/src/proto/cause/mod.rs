//! Why a request was refused: one cause, with its data.
//!
//! Causes are what the journal keeps and reports print. How a cause looks on the wire is the policy's one map; where the
//! policy is silent it is the RFC's form, given here. Owns the words; decides nothing.

mod chain_end;
pub(in crate::proto) mod define;
mod kind;
mod standard;
mod table;
mod words;

pub use chain_end::ChainEnd;
pub use define::Facts;
pub(crate) use standard::Standard;
pub use table::{Cause, CauseKind};
