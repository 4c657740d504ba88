//! Endpoints: which path is which, and what each does with a request.
//!
//! Each endpoint is a column of checks in the order in which their errors win. Owns no state.

mod authorization;
mod authorization_response;
mod interaction;
mod kind;
mod refuse;
mod token;

pub(crate) use authorization::AuthorizationRequest;
pub(crate) use authorization::authorize;
pub(crate) use interaction::{change_interaction, show_interaction};
pub use kind::EndpointKind;
pub(crate) use refuse::{json_error, page_error};
pub(crate) use token::{form, token};
