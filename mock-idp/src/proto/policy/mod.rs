//! What a provider does, as data: one struct per endpoint, and the RFC's behaviour as every default.
//!
//! Owns the choices and their numbers. Holds no state and does nothing; the endpoints switch on it.

mod api;
mod authorization;
mod endpoints;
mod error;
mod fault;
mod mail;
mod maintenance;
mod openid;
mod refresh;
mod resource;
mod resource_server;
mod second_factor;
mod service;
mod sign_in;
mod tenants;
mod token;

use std::collections::BTreeMap;

pub use api::{Access, Api, Covers, ErrorLimit, Limit, LimitHeaders, Per, ResetUnit};
pub use authorization::{
    Authorization, CodePolicy, Implicit, NewGrant, PathDiffers, Pkce, PkceMethod, RedirectUri, RedirectUriMatch,
    ResponseMode, ResponseType,
};
pub use endpoints::{AdminConsent, ByResource, Device, Introspection, PushedAuthorization, Registration, Revocation};
pub use error::{ErrorBody, ErrorForm, Tracing, WireError};
pub use fault::{FaultAt, FaultEffect, FaultResponse, NamedFault};
pub use mail::{BasicLogin, Imap, Mail, MailServer, MailText, Pop, SaslChallenge, Smtp};
pub use maintenance::Maintenance;
pub use openid::{IdToken, Keys, Metadata, OpenId, ScopeClaims, Scopes, Subject, UnknownScope};
pub use refresh::{
    Absolute, AccessTokens, AccountEvent, ChainClass, ChainEffect, Grace, GraceAnswer, MinimumInterval, Refresh,
    Rotation, Scope, Superseded, SupersededCheck,
};
pub use resource::{Resource, ResourceBody, Rows, Select};
pub use resource_server::{
    ResourceParameter, ResourceServer, ResourceServers, ScopeSpelling, SeveralServers, TokenFormat,
};
pub use second_factor::{Asked, BackupCodes, LockOut, SecondFactor, SecondMethod, SetUp};
pub use service::{AskedResource, Service, ServiceScript, ServiceSessions, ServiceUsers, Voucher};
pub use sign_in::{Consent, FieldNames, SignIn, Step, Totp};
pub use tenants::{AccountKind, Tenant, Tenants};
pub use token::{
    ClientAuthentication, Continuous, ExpiresIn, GrantType, JsonStyle, Member, RequestLoop, SeveralMethods, Token,
    TokenResponse,
};

use crate::proto::cause::CauseKind;
use crate::proto::template::{Context, Medium};

/// The whole behaviour of a provider.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Policy {
    /// The provider's own host names. A request to any other name, as to `localhost`, counts as one to the first.
    pub hosts: Vec<String>,
    /// Tenants, where paths name one; there are none when absent.
    pub tenants: Option<Tenants>,
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
    /// An older set of endpoints beside the others.
    pub by_resource: Option<ByResource>,
    /// An administrator's consent.
    pub admin_consent: Option<AdminConsent>,
    /// What holds for all protected resources.
    pub api: Api,
    /// Protected resources, by name.
    pub resources: BTreeMap<String, Resource>,
    /// Mail servers beside it; there are none when absent.
    pub mail: Option<Mail>,
    /// Services beside the provider that take its tokens and cannot read them, by name.
    pub services: BTreeMap<String, Service>,
    /// How causes look on the wire, where that is not the RFC's form. The one map from causes to errors.
    #[cfg_attr(feature = "profiles", schemars(extend("propertyNames" = cause_names())))]
    pub errors: BTreeMap<CauseKind, WireError>,
    /// Forms that errors share, by name.
    pub error_forms: BTreeMap<String, ErrorForm>,
    /// Identifiers of requests; there are none when absent.
    pub tracing: Option<Tracing>,
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
            tenants: None,
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
            by_resource: None,
            admin_consent: None,
            api: Api::default(),
            resources: BTreeMap::new(),
            mail: None,
            services: BTreeMap::new(),
            errors: BTreeMap::new(),
            error_forms: BTreeMap::new(),
            tracing: None,
            maintenance: None,
            faults: BTreeMap::new(),
            body_limit: 1024 * 1024,
        }
    }
}

impl Policy {
    /// The issuer that a client is configured with which reaches the provider below this base URL, by this name of a tenant or the home
    /// tenant's.
    #[must_use]
    pub fn issuer_in(&self, base: &str, tenant: Option<&str>) -> String {
        let Some(issuer) = self.openid.as_ref().and_then(|openid| openid.issuer.as_ref()) else {
            return base.to_owned();
        };
        let home = self.tenants.as_ref().map_or("", |tenants| tenants.home.as_str());
        let context = Context::default().with("issuer", base.to_owned()).with("by_resource", false);
        issuer.render(Medium::Plain, &context.with("tenant", tenant.unwrap_or(home).to_owned()))
    }

    /// A path of the policy as requests have it: with this tenant in the place of `{tenant}`, or the home tenant where none is named.
    #[must_use]
    pub fn path_in(&self, path: &str, tenant: Option<&str>) -> String {
        let home = self.tenants.as_ref().map_or("", |tenants| tenants.home.as_str());
        path.replace("{tenant}", tenant.unwrap_or(home))
    }
}

/// The causes, for editors: a map's schema says nothing of its keys.
#[cfg(feature = "profiles")]
fn cause_names() -> serde_json::Value {
    let names: Vec<&str> = CauseKind::ALL.iter().map(|kind| kind.name()).collect();
    serde_json::json!({ "enum": names })
}
