//! What a client is configured with: endpoints, its registration, what the provider publishes.

use super::Provider;
use crate::adapter::protocol::{ClientAuthentication, ClientRegistration, Documented, Endpoints, OpenId};

/// The scope of a client that speaks OpenID Connect.
const DEFAULT_SCOPE: &str = "openid profile email offline_access api";

impl Provider {
    /// The endpoints below an origin.
    #[must_use]
    pub fn endpoints(&self, origin: &str) -> Endpoints {
        let policy = &self.profile.policy;
        let device = policy.device.as_ref().filter(|_| self.devices);
        let at = |path: &str| format!("{origin}{}", policy.path_in(path, self.tenant.as_deref()));
        Endpoints {
            authorization: at(&policy.authorization.path),
            token: at(&policy.token.path),
            device_authorization: device.map(|device| at(&device.path)),
        }
    }

    /// The client as a configuration needs it, or has it by mistake.
    #[must_use]
    pub fn registration(&self) -> ClientRegistration {
        self.idp.realm().with(|idp| {
            let client = idp.world().clients.iter().find(|client| client.id == self.client);
            let wrong = &self.misconfigured;
            let secret = || client?.secret.as_ref().map(|secret| secret.expose().clone());
            let redirect_uri = || client?.redirect_uris.first().cloned();
            ClientRegistration {
                id: wrong.id.clone().unwrap_or_else(|| self.client.0.clone()),
                secret: wrong.secret.clone().or_else(secret),
                // Whoever configures a secret by mistake sends it.
                authentication: match (self.authentication, &wrong.secret) {
                    (ClientAuthentication::None, Some(_)) => ClientAuthentication::ClientSecretPost,
                    (right, _) => right,
                },
                redirect_uri: wrong.redirect_uri.clone().or_else(redirect_uri).unwrap_or_default(),
                capabilities: self.capabilities.clone(),
                scope: match &self.openid {
                    Some(it) => Some(it.scope.clone().unwrap_or_else(|| DEFAULT_SCOPE.to_owned())),
                    None => self.scope.clone(),
                },
            }
        })
    }

    /// What a client that speaks OpenID Connect needs, below an origin: nothing for one that does not.
    #[must_use]
    pub fn openid(&self, origin: &str) -> Option<OpenId> {
        let (speaks, policy) = (self.openid.as_ref()?, self.profile.policy.openid.as_ref()?);
        Some(OpenId {
            issuer: self.profile.policy.issuer_in(origin, self.tenant.as_deref()),
            id_token_algorithm: policy.id_token.algorithm.name().to_owned(),
            max_age: speaks.max_age.map(|span| span.milliseconds() / 1000),
        })
    }

    /// What the provider publishes.
    #[must_use]
    pub fn documented(&self) -> Documented {
        let interval = self.profile.policy.refresh.minimum_interval;
        Documented { refresh_interval: interval.map(|interval| interval.span.as_seconds()) }
    }
}
