//! The pages that a resource owner sees: plain HTML that works without scripts, with stable ids for programs.

mod forms;
mod qr;
mod render;
mod set_up;

pub(crate) use forms::{device, form_post, sign_out};
pub(crate) use render::{consent, message, message_of, pick, sign_in};
pub(crate) use set_up::set_up;
