//! OpenID Connect Core 1.0 and what belongs to it: ID tokens, claims, UserInfo, metadata, logout; and access tokens that are JWTs.
//!
//! Owns what stands in tokens and documents. Signing is `jose`'s, issuing is the grants'.

mod access_token;
mod claims;
mod end_session;
mod id_token;
mod keys;
mod metadata;
mod tampering;
mod userinfo;

pub(crate) use access_token::{access_token, fill, formatted_access_token};
pub(crate) use end_session::end_session;
pub(crate) use id_token::{Beside, id_token};
pub(crate) use keys::keys;
pub(crate) use metadata::metadata;
pub use tampering::{TamperedSignature, Tampering};
pub(crate) use userinfo::userinfo;
