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
    /// Nothing that the provider has.
    Unknown,
}

impl EndpointKind {
    /// What the request is for. A trailing slash makes no difference to the authorization and token endpoints: a public client
    /// of a real provider sends one, and is served.
    #[must_use]
    pub fn of(policy: &Policy, request: &Request) -> Self {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let found = all(policy).into_iter().find(|(_, _, known)| known.is_some_and(|known| known == path));
        match found {
            Some((kind, ..)) => kind,
            None if resource::serves(policy, request) => Self::Resource,
            None => Self::Unknown,
        }
    }

    /// The endpoints that a policy has, beside protected resources: what each is, the field that gives its path, and the path.
    #[must_use]
    pub fn paths(policy: &Policy) -> Vec<(Self, &'static str, &str)> {
        all(policy).into_iter().filter_map(|(kind, field, path)| Some((kind, field, path?.as_str()))).collect()
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
            Self::Unknown => "unknown",
        }
    }
}

/// Every endpoint that there can be, those that are used most at first.
fn all(policy: &Policy) -> [(EndpointKind, &'static str, Option<&String>); 15] {
    use EndpointKind as Kind;
    let openid = policy.openid.as_ref();
    let device = policy.device.as_ref();
    let metadata = &policy.metadata;
    let second = policy.sign_in.second_factor.as_ref();
    let pushed = policy.pushed_authorization.as_ref();
    [
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
    ]
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
