//! The pages that a resource owner sees: plain HTML that works without scripts, with stable ids for programs.

mod render;

pub(crate) use render::{consent, message, message_of, sign_in};
