//! Services beside the provider that take its tokens (`Policy::services`): who is let in, by whose word, and for how long.
//!
//! A login is in two halves, with a request of the service's own to the provider between them. Owns the sessions of services; the users of
//! a service are the world's. Makes no request itself and knows no token: `Idp` makes it, in an exchange of its own.

mod answer;
mod login;
mod session;

pub(crate) use login::{AccountChange, Begun, Done, begin, finish, place};
pub use session::ServiceSession;
pub(crate) use session::ServiceSessions;
