//! The client acts for itself (RFC 6749 section 4.4).

use crate::proto::cause::Cause;
use crate::proto::client_authentication::AuthenticatedClient;
use crate::proto::endpoint::check_scope;
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::params::Params;
use crate::proto::policy::GrantType;
use crate::proto::store::Granted;

/// Issues an access token to a confidential client; never a refresh token (section 4.4.3). Nobody signed in, so there is no ID token
/// and nothing to say of a user.
pub(crate) fn redeem(turn: &mut Turn<'_>, client: &AuthenticatedClient<'_>, params: &Params) -> Result<Tokens, Cause> {
    let client = client.client();
    if client.is_public() {
        return Err(Cause::GrantNotForClient { grant_type: GrantType::ClientCredentials.name().to_owned() });
    }
    let user_scopes = ["openid", "profile", "email", "offline_access"];
    let scope = check_scope(turn.policy, client, params)?;
    if let Some(word) = scope.iter().flat_map(|scope| scope.words()).find(|word| user_scopes.contains(word)) {
        return Err(Cause::ScopeUnknown { scope: word.to_owned() });
    }
    let granted = Granted { scope, ..Granted::default() };
    let chain = turn.store.begin_chain(client.id.clone(), None, granted, turn.now);
    Ok(turn.issue(chain, None, Successor::None, None))
}
