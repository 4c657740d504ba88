//! A resource server that calls another one for its caller (RFC 7523 section 2.1, with the caller's access token as the assertion).

use crate::proto::cause::Cause;
use crate::proto::client_authentication::AuthenticatedClient;
use crate::proto::grant::admit::{Admission, admit};
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::params::Params;
use crate::proto::store::Granted;
use crate::proto::target::{self, server};

/// Exchanges the caller's token. It must be for the client itself, and its user is the user of the new one.
pub(crate) fn redeem(turn: &mut Turn<'_>, client: &AuthenticatedClient<'_>, params: &Params) -> Result<Tokens, Cause> {
    let client = client.client();
    let assertion = params.required("assertion")?;
    if params.required("requested_token_use")? != "on_behalf_of" {
        return Err(Cause::ParameterMissing { name: "requested_token_use" });
    }
    let record = turn.store.access_tokens.find(assertion).cloned().ok_or(Cause::AssertionInvalid)?;
    let servers = turn.policy.scopes.resource_servers.as_ref().ok_or(Cause::AssertionInvalid)?;
    let own = client.serves.as_deref().and_then(|name| server(servers, name)).map(|(uri, _)| uri);
    if own.is_none() || record.server.as_deref() != own {
        return Err(Cause::AssertionInvalid);
    }
    if turn.now >= record.ends {
        return Err(Cause::AssertionExpired { token: record.label, expired_at: record.ends });
    }
    let chain = turn.store.chain(record.chain).ok_or(Cause::AssertionInvalid)?;
    let user = chain.user.clone().ok_or(Cause::AssertionInvalid)?;
    let granted = Granted {
        scope: target::check_scope(turn.policy, client, params)?,
        signed_in_at: chain.granted.signed_in_at,
        nonce: None,
        proven: chain.granted.proven,
        tenant: chain.granted.tenant.clone(),
        server: target::named_server(turn.policy, turn.by_resource, params)?,
        to_browser: false,
        continuous: turn.understands_challenges(params),
    };
    let account = turn.world.users.iter().find(|known| known.name == user).ok_or(Cause::AssertionInvalid)?;
    let wanted = target::servers_of(turn.policy, granted.scope.as_ref(), granted.server.as_deref());
    admit(turn, &Admission { user: account, client, servers: &wanted, proven: granted.proven })?;
    let target = target::of_grant(turn, client, Some(&user), &granted, Some(params))?;
    let chain = turn.store.begin_chain(client.id.clone(), Some(user), granted, turn.now);
    Ok(turn.issue(chain, None, Successor::New, target))
}
