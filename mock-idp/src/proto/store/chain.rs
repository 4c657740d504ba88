//! Chains: refresh-token families.

use std::collections::BTreeSet;

use crate::proto::cause::ChainEnd;
use crate::proto::client::ClientId;
use crate::proto::scope::Scope;
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;
use crate::proto::token::ChainId;

/// A chain: what one grant began.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) id: ChainId,
    pub(crate) client: ClientId,
    /// Whose resources; none where the client acts for itself (RFC 6749 section 4.4).
    pub(crate) user: Option<String>,
    pub(crate) granted: Granted,
    /// When the grant was given.
    pub(crate) began: Timestamp,
    /// When the last token response of the chain was committed.
    pub(crate) last_response: Timestamp,
    pub(crate) state: ChainState,
    /// The numbers of its valid refresh tokens, oldest first.
    pub(crate) valid: BTreeSet<u32>,
    /// How many of its records are still kept; a chain without any is forgotten.
    pub(crate) records: u32,
    /// The last pair that an exchange gave, kept only where the policy's grace may give it again.
    pub(crate) last_pair: Option<LastPair>,
}

/// What was granted, beside to whom and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Granted {
    /// None where the policy looks at no scopes.
    pub(crate) scope: Option<Scope>,
    /// When the resource owner signed in; none where they did not.
    pub(crate) signed_in_at: Option<Timestamp>,
    /// What ties an ID token to the authorization request (OpenID Connect Core section 2).
    pub(crate) nonce: Option<String>,
    /// How they signed in.
    pub(crate) proven: Proven,
    /// The tenant in which tokens are issued, by identifier; none where there are no tenants.
    pub(crate) tenant: Option<String>,
    /// The resource server that the request named, where endpoints are by resource.
    pub(crate) server: Option<String>,
    /// Whether it was given to the application of a browser.
    pub(crate) to_browser: bool,
    /// Whether the client understands that access can be taken back at any time.
    pub(crate) continuous: bool,
}

/// How a resource owner proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Proven {
    pub(crate) password: bool,
    pub(crate) second_factor: bool,
}

/// The texts of a pair of tokens.
#[derive(Debug, Clone)]
pub(crate) struct LastPair {
    /// The number of the refresh token that was exchanged.
    pub(crate) exchanged: u32,
    pub(crate) access_token: Secret<String>,
    pub(crate) refresh_token: Secret<String>,
    pub(crate) access_ends: Timestamp,
}

/// Whether a chain lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChainState {
    Alive,
    Ended { at: Timestamp, why: ChainEnd },
}
