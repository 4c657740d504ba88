//! Protected resources (RFC 6749 section 7): which one a request is for, whether it is let in, and what it gets.
//!
//! The order of the checks: shut out for errors, token, rate limits, resource, user, division, scope, method, query. Owns no
//! state; what limits count is in the store.

mod bearer;
mod door;
mod limit;
mod render;
mod route;
mod rows;
mod serve;

pub(crate) use bearer::{bearer, check_token, check_token_at, identify};
pub(crate) use door::check_user;
pub(crate) use route::{Place, serves};
pub(crate) use serve::serve;
