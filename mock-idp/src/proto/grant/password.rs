//! The resource owner's name and password (RFC 6749 section 4.3).

use crate::proto::cause::Cause;
use crate::proto::client_authentication::AuthenticatedClient;
use crate::proto::endpoint::check_scope;
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::params::Params;
use crate::proto::store::Granted;

/// Checks name and password and begins a chain. A second factor cannot be asked for here, which is why RFC 9700 section 2.4 forbids the
/// grant; a provider that offers it lets the password alone do.
pub(crate) fn redeem(turn: &mut Turn<'_>, client: &AuthenticatedClient<'_>, params: &Params) -> Result<Tokens, Cause> {
    let name = params.required("username")?;
    let password = params.required("password")?;
    let scope = check_scope(turn.policy, client.client(), params)?;
    let user = turn.world.users.iter().find(|user| user.name == name && user.password.expose() == password);
    let user = user.ok_or_else(|| Cause::UserPasswordWrong { user: name.to_owned() })?;
    let granted = Granted { scope, signed_in_at: Some(turn.now), nonce: None };
    let chain = turn.store.begin_chain(client.client().id.clone(), Some(user.name.clone()), granted, turn.now);
    Ok(turn.issue(chain, None, Successor::New, None))
}
