//! The client acts for itself (RFC 6749 section 4.4).

use crate::proto::cause::Cause;
use crate::proto::client_authentication::AuthenticatedClient;
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::params::Params;
use crate::proto::policy::GrantType;
use crate::proto::store::Granted;
use crate::proto::target::{self, Target, check_scope};
use crate::proto::tenant::Authority;

/// Issues an access token to a confidential client; never a refresh token (section 4.4.3). Nobody signed in, so there is no ID token
/// and nothing to say of a user.
pub(crate) fn redeem(turn: &mut Turn<'_>, client: &AuthenticatedClient<'_>, params: &Params) -> Result<Tokens, Cause> {
    let client = client.client();
    if client.is_public() {
        return Err(Cause::GrantNotForClient { grant_type: GrantType::ClientCredentials.name().to_owned() });
    }
    let tenant = match turn.authority {
        Some(Authority::Shared { .. }) => return Err(Cause::TenantMissing),
        Some(Authority::One { id, .. }) => Some(id.to_owned()),
        None => None,
    };
    let target = match &turn.policy.scopes.resource_servers {
        Some(servers) => target::of_client(turn, servers, client, params)?,
        None => own_scope(turn, client, params)?,
    };
    let granted = Granted {
        scope: target.shown.clone(),
        tenant,
        server: target.server.clone(),
        continuous: turn.understands_challenges(params),
        ..Granted::default()
    };
    let chain = turn.store.begin_chain(client.id.clone(), None, granted, turn.now);
    Ok(turn.issue(chain, None, Successor::None, target))
}

fn own_scope(turn: &Turn<'_>, client: &crate::proto::client::Client, params: &Params) -> Result<Target, Cause> {
    let user_scopes = ["openid", "profile", "email", "offline_access"];
    let scope = check_scope(turn.policy, client, params)?;
    if let Some(word) = scope.iter().flat_map(|scope| scope.words()).find(|word| user_scopes.contains(word)) {
        return Err(Cause::ScopeUnknown { scope: word.to_owned() });
    }
    Ok(Target { server: None, scope: scope.clone(), shown: scope })
}
