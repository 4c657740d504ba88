//! JOSE: the keys that sign, and compact signed tokens (RFC 7515, 7517, 7518, 8037).
//!
//! Everything here is deterministic: RSA by PKCS #1 v1.5 and Ed25519 are so by themselves, ECDSA by RFC 6979. Owns no state but the
//! number of roll-overs; decides nothing about claims.

mod certificate;
mod der;
mod ecdsa;
mod hash;
mod jws;
mod key;
mod key_set;
mod rsa_keys;
mod unsigned;
mod verify;

pub use hash::subject_of;
pub(crate) use hash::{half_hash, pairwise_subject_of};
pub(crate) use jws::{Header, decode};
pub use key::Algorithm;
pub(crate) use key_set::KeySet;
pub(crate) use unsigned::{Draft, Signature, SignedToken, Unsigned, fill_in, sign_all};
pub(crate) use verify::verify;
