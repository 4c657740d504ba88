//! Token revocation (RFC 7009).

use crate::proto::cause::{Cause, ChainEnd};
use crate::proto::client::Client;
use crate::proto::endpoint::token::authenticated_form;
use crate::proto::grant::issue::Turn;
use crate::proto::message::{Request, Response};
use crate::proto::params::Params;

/// Revokes a token of the client, and with a refresh token its whole chain (section 2.1). A token that is not known, or is another
/// client's, gets the same 200 (section 2.2).
pub(crate) fn revoke(
    turn: &mut Turn<'_>,
    clients: &[&Client],
    request: &Request,
    params: &Result<Params, Cause>,
) -> Result<Response, Cause> {
    let (client, params) = authenticated_form(turn, clients, request, params)?;
    let token = params.required("token")?;
    let own = |turn: &Turn<'_>, chain| turn.store.chain(chain).is_some_and(|chain| chain.client == client.client().id);
    if let Some(chain) = turn.store.refresh_tokens.find(token).map(|record| record.chain) {
        if own(turn, chain) {
            turn.end_chain(chain, ChainEnd::Revoked);
        }
    } else if let Some((chain, number)) =
        turn.store.access_tokens.find(token).map(|record| (record.chain, record.label.number))
        && own(turn, chain)
    {
        turn.store.end_access_token(number, turn.now, turn.exchange, turn.journal);
    }
    Ok(Response::empty(200).header("Cache-Control", "no-store"))
}
