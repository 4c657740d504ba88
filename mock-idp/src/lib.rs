//! A mock identity provider that misbehaves exactly as real ones do.
//!
//! [`proto`] is what a provider does: a deterministic state machine without clock, sockets or randomness of its own.
//!
//! It is driven like this:
//!
//! ```
//! use std::sync::Arc;
//! use mock_idp::proto::message::{Headers, Request, RequestBody};
//! use mock_idp::proto::{Idp, Seed, policy::Policy, time::Timestamp, world::World};
//!
//! let mut idp = Idp::new(Arc::new(Policy::default()), World::default(), Seed::from_number(1));
//! let request = Request {
//!     via: "a".into(),
//!     method: "POST".into(),
//!     origin: "http://127.0.0.1:8080".into(),
//!     path: "/token".into(),
//!     query: None,
//!     headers: Headers::new(),
//!     body: RequestBody::Whole(Vec::new()),
//! };
//! let reply = idp.handle(Timestamp::from_millis(0), &request);
//! assert_eq!(reply.response.status, 400);
//! ```

#[cfg(feature = "profiles")]
pub mod profile;
pub mod proto;
#[cfg(feature = "serve")]
pub mod shell;
