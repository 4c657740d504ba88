//! The pages that a resource owner sees: plain HTML that works without scripts, with stable ids for programs.

mod forms;
mod render;

pub(crate) use forms::{device, form_post, sign_out};
pub(crate) use render::{consent, message, message_of, sign_in};
