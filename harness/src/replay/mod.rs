//! Replay: what a recording's requests are answered with by a provider of ours, beside what they were answered with.
//!
//! Owns the reading of a recording as one conversation (its times by the provider's clock, its sign-ins, the lineage of its tokens), the realm that it is
//! played in, and the comparison answer by answer. Opens no socket and reads no clock: the realm is the core itself.

mod answer;
mod assume;
mod compare;
mod earlier;
mod explain;
mod live;
mod owner;
pub(crate) mod params;
mod play;
mod played;
mod probe;
mod search;
mod settings;
mod times;
mod turn;
mod values;
mod world;

#[cfg(test)]
mod tests;

pub(crate) use assume::settings_of;
pub use assume::{Assumed, Registered, told};
pub(crate) use compare::aadsts;
pub use compare::{Difference, Weight};
pub use explain::{Explanation, Telling, explain, settle, shown_quirks, tell_apart};
pub use play::Conversation;
pub use played::{PersonAsked, Played, PlayedTurn, Verdict};
pub(crate) use search::dropped;
pub use search::{Found, Reach, search};
pub use turn::TurnKind;
