//! What a provider does, as data: one struct per endpoint, and the RFC's behaviour as every default.
//!
//! Owns the choices and their numbers. Holds no state and does nothing; the endpoints switch on it.

mod api;
mod authorization;
mod endpoints;
mod error;
mod fault;
mod maintenance;
mod openid;
mod refresh;
mod resource;
mod second_factor;
mod sign_in;
mod token;

use std::collections::BTreeMap;

pub use api::{Access, Api, Covers, ErrorLimit, Limit, LimitHeaders, Per, ResetUnit};
pub use authorization::{
    Authorization, CodePolicy, Implicit, NewGrant, PathDiffers, Pkce, PkceMethod, RedirectUri, RedirectUriMatch,
    ResponseMode, ResponseType,
};
pub use endpoints::{Device, Introspection, PushedAuthorization, Registration, Revocation};
pub use error::WireError;
pub use fault::{FaultAt, FaultEffect, FaultResponse, NamedFault};
pub use maintenance::Maintenance;
pub use openid::{IdToken, Keys, Metadata, OpenId, ScopeClaims, Scopes, UnknownScope};
pub use refresh::{
    Absolute, AccessTokens, ChainEffect, Grace, GraceAnswer, MinimumInterval, Refresh, Rotation, Scope, Superseded,
    SupersededCheck,
};
pub use resource::{Resource, ResourceBody, Rows, Select};
pub use second_factor::{BackupCodes, LockOut, SecondFactor, SecondMethod, SetUp};
pub use sign_in::{Consent, FieldNames, SignIn, Step, Totp};
pub use token::{ClientAuthentication, ExpiresIn, GrantType, JsonStyle, Member, SeveralMethods, Token, TokenResponse};

use crate::proto::cause::CauseKind;

/// The whole behaviour of a provider.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Policy {
    /// The provider's own host names. A request to any other name, as to `localhost`, counts as one to the first.
    pub hosts: Vec<String>,
    /// The authorization endpoint and authorization codes.
    pub authorization: Authorization,
    /// The sign-in pages.
    pub sign_in: SignIn,
    /// The token endpoint, and access tokens.
    pub token: Token,
    /// Refresh tokens.
    pub refresh: Refresh,
    /// Scopes.
    pub scopes: Scopes,
    /// OpenID Connect; the provider does not speak it when absent.
    pub openid: Option<OpenId>,
    /// The signing keys.
    pub keys: Keys,
    /// The documents that say what is offered.
    pub metadata: Metadata,
    /// Token revocation.
    pub revocation: Option<Revocation>,
    /// Token introspection.
    pub introspection: Option<Introspection>,
    /// Pushed authorization requests.
    pub pushed_authorization: Option<PushedAuthorization>,
    /// The device authorization grant.
    pub device: Option<Device>,
    /// Dynamic client registration: anyone may register, so it is off unless asked for.
    pub registration: Option<Registration>,
    /// What holds for all protected resources.
    pub api: Api,
    /// Protected resources, by name.
    pub resources: BTreeMap<String, Resource>,
    /// How causes look on the wire, where that is not the RFC's form. The one map from causes to errors.
    #[cfg_attr(feature = "profiles", schemars(extend("propertyNames" = cause_names())))]
    pub errors: BTreeMap<CauseKind, WireError>,
    /// When the provider is down every day; never when absent.
    pub maintenance: Option<Maintenance>,
    /// What is known to go wrong at this provider now and then, by name. Nothing of it happens until somebody asks for it.
    pub faults: BTreeMap<String, NamedFault>,
    /// The largest request body in bytes that is read.
    pub body_limit: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            authorization: Authorization::default(),
            sign_in: SignIn::default(),
            token: Token::default(),
            refresh: Refresh::default(),
            scopes: Scopes::default(),
            openid: None,
            keys: Keys::default(),
            metadata: Metadata::default(),
            revocation: None,
            introspection: None,
            pushed_authorization: None,
            device: None,
            registration: None,
            api: Api::default(),
            resources: BTreeMap::new(),
            errors: BTreeMap::new(),
            maintenance: None,
            faults: BTreeMap::new(),
            body_limit: 1024 * 1024,
        }
    }
}

/// The causes, for editors: a map's schema says nothing of its keys.
#[cfg(feature = "profiles")]
fn cause_names() -> serde_json::Value {
    let names: Vec<&str> = CauseKind::ALL.iter().map(|kind| kind.name()).collect();
    serde_json::json!({ "enum": names })
}
