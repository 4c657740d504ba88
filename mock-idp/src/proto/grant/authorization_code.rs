//! Redeeming an authorization code (RFC 6749 section 4.1.3).

use crate::proto::cause::{Cause, ChainEnd};
use crate::proto::client_authentication::AuthenticatedClient;
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::journal::{TokenEnd, What};
use crate::proto::params::Params;
use crate::proto::policy::{ChainEffect, NewGrant, Pkce, Policy};
use crate::proto::store::{ChainState, CodeRecord, CodeState};
use crate::proto::target::{self, Target};

/// Redeems the code of a request, once. Refused from the moment its lifetime ends.
pub(crate) fn redeem(turn: &mut Turn<'_>, client: &AuthenticatedClient<'_>, params: &Params) -> Result<Tokens, Cause> {
    let presented = params.required("code")?;
    let Some(record) = turn.store.codes.find(presented).cloned() else {
        let fits = turn.policy.authorization.code.shape.fits(presented);
        return Err(if fits { Cause::CodeUnknown } else { Cause::CodeMalformed });
    };
    let code = record.label;
    if record.client != client.client().id {
        return Err(Cause::CodeOfAnotherClient { code });
    }
    check_fresh(turn, &record)?;
    if turn.now >= record.ends {
        return Err(Cause::CodeExpired { code, expired_at: record.ends });
    }
    check_authority(turn, &record)?;
    check_redirect_uri(&record, params)?;
    check_verifier(turn.policy, &record, params)?;
    check_origin(turn, &record)?;
    let target = target::of_grant(turn, client.client(), Some(&record.user), &record.granted, Some(params))?;
    Ok(begin_chain(turn, &record, params, target))
}

/// The token request goes to the tenant that the authorization request went to.
fn check_authority(turn: &Turn<'_>, record: &CodeRecord) -> Result<(), Cause> {
    let here = turn.authority.map(|authority| authority.name().to_owned());
    if record.authority == here { Ok(()) } else { Err(Cause::CodeOfAnotherTenant { code: record.label }) }
}

/// What was issued to the application of a browser is redeemed by a browser, and nothing else is.
fn check_origin(turn: &Turn<'_>, record: &CodeRecord) -> Result<(), Cause> {
    check_cross_origin(turn, record.granted.to_browser)?;
    if turn.policy.authorization.cross_origin && turn.origin.is_some() && record.challenge.is_none() {
        return Err(Cause::CrossOriginWithoutChallenge { code: record.label });
    }
    Ok(())
}

/// The same for refresh tokens.
pub(crate) fn check_cross_origin(turn: &Turn<'_>, to_browser: bool) -> Result<(), Cause> {
    match turn.origin {
        _ if !turn.policy.authorization.cross_origin => Ok(()),
        Some(origin) if !to_browser => Err(Cause::CrossOriginRefused { origin: origin.to_owned() }),
        None if to_browser => Err(Cause::CrossOriginRequired),
        Some(_) | None => Ok(()),
    }
}

fn check_fresh(turn: &mut Turn<'_>, record: &CodeRecord) -> Result<(), Cause> {
    match record.state {
        CodeState::Fresh => Ok(()),
        CodeState::Redeemed { at, chain } => {
            if turn.policy.authorization.code.replay == ChainEffect::EndsChain {
                turn.end_chain(chain, ChainEnd::CodeReplayed);
            }
            Err(Cause::CodeRedeemed { code: record.label, redeemed_at: at })
        }
    }
}

/// The redirection URI of the request must come again, and be the same (section 4.1.3); if there was none, none is needed.
fn check_redirect_uri(record: &CodeRecord, params: &Params) -> Result<(), Cause> {
    let sent = params.first("redirect_uri");
    match &record.redirect_uri {
        Some(wanted) if sent != Some(wanted) => {
            Err(Cause::RedirectUriMismatch { code: record.label, redirect_uri: sent.unwrap_or_default().to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

/// The verifier fits the challenge (RFC 7636 section 4.6). One that comes for a code without a challenge is refused as well, else
/// an attacker could strip the challenge from the authorization request (RFC 9700 section 2.1.1).
fn check_verifier(policy: &Policy, record: &CodeRecord, params: &Params) -> Result<(), Cause> {
    if policy.authorization.pkce == Pkce::Ignored {
        return Ok(());
    }
    match (&record.challenge, params.first("code_verifier")) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) if challenge.fits(verifier) => Ok(()),
        (Some(_), None) => Err(Cause::CodeVerifierMissing { code: record.label }),
        (Some(_) | None, Some(_)) => Err(Cause::CodeVerifierWrong { code: record.label }),
    }
}

fn begin_chain(turn: &mut Turn<'_>, record: &CodeRecord, params: &Params, target: Target) -> Tokens {
    if turn.policy.authorization.new_grant == NewGrant::EndsOtherChains {
        let older: Vec<_> = turn
            .store
            .chains()
            .filter(|chain| chain.state == ChainState::Alive)
            .filter(|chain| chain.client == record.client && chain.user.as_ref() == Some(&record.user))
            // What an implicit grant began has no refresh token that a newer one could take the place of.
            .filter(|chain| !chain.valid.is_empty())
            .map(|chain| chain.id)
            .collect();
        for chain in older {
            turn.end_chain(chain, ChainEnd::NewerGrant);
        }
    }
    let mut granted = record.granted.clone();
    granted.continuous = granted.continuous || turn.understands_challenges(params);
    let chain = turn.store.begin_chain(record.client.clone(), Some(record.user.clone()), granted, turn.now);
    if let Some(code) = turn.store.codes.get_mut(record.label.number) {
        code.state = CodeState::Redeemed { at: turn.now, chain };
    }
    let ended = What::TokenEnded { exchange: Some(turn.exchange), token: record.label, why: TokenEnd::Redeemed };
    turn.journal.write(turn.now, ended);
    turn.issue(chain, Some(record.label), Successor::New, target)
}
