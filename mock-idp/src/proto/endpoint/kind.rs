//! Path → endpoint.

use std::fmt;

use crate::proto::message::Request;
use crate::proto::policy::Policy;
use crate::proto::resource;

/// What a request is for, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointKind {
    /// The authorization endpoint (RFC 6749 section 3.1).
    Authorization,
    /// The sign-in pages.
    SignIn,
    /// The token endpoint (RFC 6749 section 3.2).
    Token,
    /// A protected resource.
    Resource,
    /// Nothing that the provider has.
    Unknown,
}

impl EndpointKind {
    /// What the request is for. A trailing slash makes no difference to the authorization and token endpoints: a public client
    /// of a real provider sends one, and is served.
    #[must_use]
    pub fn of(policy: &Policy, request: &Request) -> Self {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        if path == policy.authorization.path {
            Self::Authorization
        } else if path == policy.token.path {
            Self::Token
        } else if path == policy.sign_in.path {
            Self::SignIn
        } else if resource::serves(policy, request) {
            Self::Resource
        } else {
            Self::Unknown
        }
    }

    /// Its name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::SignIn => "sign_in",
            Self::Token => "token",
            Self::Resource => "resource",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
