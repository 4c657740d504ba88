//! Protected resources (RFC 6749 section 7): which one a request is for, and whether its token lets it in.

mod bearer;
mod route;

pub(crate) use bearer::serve;
pub(crate) use route::route;
