//! The grants of the protocol: those that begin at the authorization endpoint, and those in which no browser takes part.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A grant that begins at the authorization endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationGrant {
    /// The authorization code grant (RFC 6749 section 4.1): `response_type=code`.
    #[default]
    Code,
    /// The implicit grant (RFC 6749 section 4.2): `response_type=token`, an access token in the fragment, no refresh token.
    Implicit,
}

impl AuthorizationGrant {
    /// Whether it is the authorization code grant.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
    pub(super) fn is_code(&self) -> bool {
        *self == Self::Code
    }

    /// The value of `response_type`.
    #[must_use]
    pub const fn response_type(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Implicit => "token",
        }
    }
}

/// A grant in which no browser takes part. An adapter is only asked for those that it declares. Since protocol 1.3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "grant", rename_all = "snake_case", deny_unknown_fields)]
pub enum DirectGrant {
    /// The client acts for itself (RFC 6749 section 4.4).
    ClientCredentials {},
    /// The client sends the resource owner's name and password (RFC 6749 section 4.3).
    Password {
        /// The name.
        user_name: String,
        /// The password.
        password: String,
    },
    /// The client, a resource server itself, exchanges the access token of its caller for one to another resource server (RFC 7523
    /// section 2.1, as Microsoft has it).
    OnBehalfOf {
        /// The caller's access token.
        assertion: String,
    },
}

impl DirectGrant {
    /// Its word, which is also the capability that an adapter declares for it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ClientCredentials {} => "client_credentials",
            Self::Password { .. } => "password",
            Self::OnBehalfOf { .. } => "on_behalf_of",
        }
    }
}
