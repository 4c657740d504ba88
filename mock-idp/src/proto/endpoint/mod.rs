//! Endpoints: which path is which, and what each does with a request.
//!
//! Each endpoint is a column of checks in the order in which their errors win. Owns no state.

mod admin_consent;
mod authorization;
mod authorization_response;
mod cookie;
mod device;
mod interaction;
mod introspection;
mod kind;
mod prove;
mod pushed_authorization;
mod refuse;
mod registration;
mod revocation;
mod serve;
mod set_up;
mod token;

pub(crate) use authorization::AuthorizationRequest;
pub(crate) use cookie::{clear_cookie, cookie, set_cookie};
pub use kind::EndpointKind;
pub(crate) use kind::{Route, TENANT};
pub(crate) use refuse::{add_headers, json_error, page_error, refused_by};
pub(crate) use serve::{params_of, serve};
