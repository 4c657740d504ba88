//! Where the provider is, as others see it.

use crate::proto::message::Request;

/// The addresses that documents and tokens name, none with a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bases {
    /// The issuer (RFC 8414 section 2).
    pub(crate) issuer: String,
    /// Where clients call.
    pub(crate) server: String,
    /// Where browsers go.
    pub(crate) browser: String,
}

impl Bases {
    /// All three are what the request was addressed to.
    pub(crate) fn of(request: &Request) -> Self {
        let origin = request.origin.clone();
        Self { issuer: origin.clone(), server: origin.clone(), browser: origin }
    }
}
