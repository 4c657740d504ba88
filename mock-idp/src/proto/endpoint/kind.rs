//! Path → endpoint.

use std::fmt;

use crate::proto::message::Request;
use crate::proto::policy::Policy;
use crate::proto::{resource, service};

/// What a request is for, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointKind {
    /// The authorization endpoint (RFC 6749 section 3.1).
    Authorization,
    /// The sign-in pages.
    SignIn,
    /// The page where a second factor is set up.
    SetUp,
    /// The token endpoint (RFC 6749 section 3.2).
    Token,
    /// A protected resource.
    Resource,
    /// A document that says what is offered (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3).
    Metadata,
    /// The published keys (RFC 7517 section 5).
    Keys,
    /// The UserInfo endpoint (OpenID Connect Core section 5.3).
    Userinfo,
    /// The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0).
    EndSession,
    /// The revocation endpoint (RFC 7009).
    Revocation,
    /// The introspection endpoint (RFC 7662).
    Introspection,
    /// The pushed authorization request endpoint (RFC 9126).
    PushedAuthorization,
    /// The device authorization endpoint (RFC 8628 section 3.1).
    DeviceAuthorization,
    /// The page where the code of a device is typed (RFC 8628 section 3.3).
    DevicePage,
    /// The client registration endpoint (RFC 7591).
    Registration,
    /// The page where an administrator agrees for all users of a tenant.
    AdminConsent,
    /// A service beside the provider that takes its tokens.
    Service,
    /// Nothing that the provider has.
    Unknown,
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    pub(crate) kind: EndpointKind,
    /// What stands in the path in the place of a tenant.
    pub(crate) tenant: Option<&'a str>,
    /// Whether the endpoint is one where clients name a resource server and no scopes.
    pub(crate) by_resource: bool,
}

impl<'a> Route<'a> {
    /// Where a request goes. A trailing slash makes no difference: a public client of a real provider sends one, and is served.
    pub(crate) fn of(policy: &Policy, request: &'a Request) -> Self {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let fitting = |it: &Place<'_>| fit(it.path, path).map(|tenant| (it.kind, tenant, it.by_resource));
        match all(policy).iter().find_map(fitting) {
            Some((kind, tenant, by_resource)) => Self { kind, tenant, by_resource },
            None if service::place(policy, path).is_some() => Self::plain(EndpointKind::Service),
            None if resource::serves(policy, request) => Self::plain(EndpointKind::Resource),
            None => Self::plain(EndpointKind::Unknown),
        }
    }

    const fn plain(kind: EndpointKind) -> Self {
        Self { kind, tenant: None, by_resource: false }
    }
}

/// Whether a path is that of a pattern, and what stands in the place of `{tenant}`.
fn fit<'a>(pattern: &str, path: &'a str) -> Option<Option<&'a str>> {
    let Some((before, after)) = pattern.split_once(TENANT) else {
        return (pattern == path).then_some(None);
    };
    let tenant = path.strip_prefix(before)?.strip_suffix(after)?;
    (!tenant.is_empty() && !tenant.contains('/')).then_some(Some(tenant))
}

/// What stands for a tenant in the paths of a policy.
pub(crate) const TENANT: &str = "{tenant}";

impl EndpointKind {
    /// What the request is for.
    #[must_use]
    pub fn of(policy: &Policy, request: &Request) -> Self {
        Route::of(policy, request).kind
    }

    /// The endpoints that a policy has, beside protected resources: what each is, the field that gives its path, and the path.
    #[must_use]
    pub fn paths(policy: &Policy) -> Vec<(Self, &'static str, &str)> {
        all(policy).into_iter().map(|it| (it.kind, it.field, it.path)).collect()
    }

    /// Whether a browser visits it, and a person reads its answer.
    #[must_use]
    pub const fn is_visited(self) -> bool {
        match self {
            Self::Authorization
            | Self::SignIn
            | Self::SetUp
            | Self::EndSession
            | Self::DevicePage
            | Self::AdminConsent => true,
            Self::Token
            | Self::Resource
            | Self::Metadata
            | Self::Keys
            | Self::Userinfo
            | Self::Revocation
            | Self::Introspection
            | Self::PushedAuthorization
            | Self::DeviceAuthorization
            | Self::Registration
            | Self::Service
            | Self::Unknown => false,
        }
    }

    /// Its name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::SignIn => "sign_in",
            Self::SetUp => "set_up",
            Self::Token => "token",
            Self::Resource => "resource",
            Self::Metadata => "metadata",
            Self::Keys => "keys",
            Self::Userinfo => "userinfo",
            Self::EndSession => "end_session",
            Self::Revocation => "revocation",
            Self::Introspection => "introspection",
            Self::PushedAuthorization => "pushed_authorization",
            Self::DeviceAuthorization => "device_authorization",
            Self::DevicePage => "device_page",
            Self::Registration => "registration",
            Self::AdminConsent => "admin_consent",
            Self::Service => "service",
            Self::Unknown => "unknown",
        }
    }
}

/// An endpoint of a policy.
struct Place<'a> {
    kind: EndpointKind,
    field: &'static str,
    path: &'a str,
    by_resource: bool,
}

/// Every endpoint that a policy has, those that are used most at first.
fn all(policy: &Policy) -> Vec<Place<'_>> {
    use EndpointKind as Kind;
    let openid = policy.openid.as_ref();
    let device = policy.device.as_ref();
    let metadata = &policy.metadata;
    let second = policy.sign_in.second_factor.as_ref();
    let pushed = policy.pushed_authorization.as_ref();
    let older = policy.by_resource.as_ref();
    let newer: [(Kind, &'static str, Option<&String>); 15] = [
        (Kind::Authorization, "authorization.path", Some(&policy.authorization.path)),
        (Kind::Token, "token.path", Some(&policy.token.path)),
        (Kind::SignIn, "sign_in.path", Some(&policy.sign_in.path)),
        (Kind::SetUp, "sign_in.second_factor.set_up_path", second.and_then(|it| it.set_up_path.as_ref())),
        (Kind::Metadata, "metadata.openid_configuration", metadata.openid_configuration.as_ref()),
        (Kind::Metadata, "metadata.authorization_server", metadata.authorization_server.as_ref()),
        (Kind::Keys, "keys.path", policy.keys.path.as_ref()),
        (Kind::Userinfo, "openid.userinfo", openid.and_then(|openid| openid.userinfo.as_ref())),
        (Kind::EndSession, "openid.end_session", openid.and_then(|openid| openid.end_session.as_ref())),
        (Kind::Revocation, "revocation.path", policy.revocation.as_ref().map(|it| &it.path)),
        (Kind::Introspection, "introspection.path", policy.introspection.as_ref().map(|it| &it.path)),
        (Kind::PushedAuthorization, "pushed_authorization.path", pushed.map(|it| &it.path)),
        (Kind::DeviceAuthorization, "device.path", device.map(|device| &device.path)),
        (Kind::DevicePage, "device.verification_path", device.map(|device| &device.verification_path)),
        (Kind::Registration, "registration.path", policy.registration.as_ref().map(|it| &it.path)),
    ];
    let older: [(Kind, &'static str, Option<&String>); 6] = [
        (Kind::Authorization, "by_resource.authorization", older.map(|it| &it.authorization)),
        (Kind::Token, "by_resource.token", older.map(|it| &it.token)),
        (Kind::Metadata, "by_resource.openid_configuration", older.and_then(|it| it.openid_configuration.as_ref())),
        (Kind::Keys, "by_resource.keys", older.and_then(|it| it.keys.as_ref())),
        (Kind::EndSession, "by_resource.end_session", older.and_then(|it| it.end_session.as_ref())),
        (Kind::DeviceAuthorization, "by_resource.device", older.and_then(|it| it.device.as_ref())),
    ];
    let consent = policy.admin_consent.iter().flat_map(|it| &it.paths);
    let consent = consent.map(|path| (Kind::AdminConsent, "admin_consent.paths", Some(path), false));
    newer
        .into_iter()
        .map(|(kind, field, path)| (kind, field, path, false))
        .chain(older.into_iter().map(|(kind, field, path)| (kind, field, path, true)))
        .chain(consent)
        .filter_map(|(kind, field, path, by_resource)| Some(Place { kind, field, path: path?, by_resource }))
        .collect()
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
