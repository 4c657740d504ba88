//! ID tokens (OpenID Connect Core section 2).

use serde_json::{Map, Value};

use crate::proto::client::ClientId;
use crate::proto::grant::issue::Turn;
use crate::proto::jose::{Draft, Signature, half_hash, pairwise_subject_of, subject_of};
use crate::proto::openid::access_token::{about_granted, object};
use crate::proto::openid::{TamperedSignature, claims};
use crate::proto::policy::{ScopeClaims, Subject};
use crate::proto::store::Granted;
use crate::proto::template::Medium;

/// What is issued together with an ID token.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Beside<'a> {
    /// The access token, for `at_hash`.
    pub(crate) access_token: Option<&'a str>,
    /// The code, for `c_hash`.
    pub(crate) code: Option<&'a str>,
}

/// Issues an ID token, if the provider speaks OpenID Connect and the scope asks for it.
pub(crate) fn id_token(
    turn: &mut Turn<'_>,
    client: &ClientId,
    user: &str,
    granted: &Granted,
    beside: Beside<'_>,
) -> Option<String> {
    let policy = &turn.policy.openid.as_ref()?.id_token;
    let scope = granted.scope.as_ref().filter(|scope| scope.contains("openid"))?;
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| all.insert(name.to_owned(), value);
    let subject = match turn.policy.openid.as_ref()?.subject {
        Subject::Public => subject_of(user),
        Subject::Pairwise => pairwise_subject_of(user, &client.0),
    };
    let began = turn.now.minus(policy.backdated);
    put("iss", turn.issuer_of(granted.tenant.as_deref()).into());
    put("sub", subject.into());
    put("aud", client.0.as_str().into());
    put("exp", turn.now.plus(policy.lifetime).as_seconds().into());
    put("iat", began.as_seconds().into());
    if let Some(at) = granted.signed_in_at {
        put("auth_time", at.as_seconds().into());
    }
    if let Some(nonce) = &granted.nonce {
        put("nonce", nonce.as_str().into());
    }
    if let Some(token) = beside.access_token {
        // One that is not signed yet has no hash: the mark that stands for it becomes its hash.
        let is_mark = turn.unsigned.iter().any(|unsigned| unsigned.mark == token);
        put("at_hash", if is_mark { token.into() } else { half_hash(token).into() });
    }
    if let Some(code) = beside.code {
        put("c_hash", half_hash(code).into());
    }
    // Section 5.4: where no access token is issued, there is no other way to hand the claims over.
    let alone = beside.access_token.is_none() && beside.code.is_none();
    if (alone || policy.scope_claims == ScopeClaims::IdToken)
        && let Some(user) = turn.world.users.iter().find(|known| known.name == user)
    {
        all.extend(claims::of_scope(user, scope));
    }
    if let Some(template) = &policy.claims {
        let account = turn.world.users.iter().find(|known| known.name == user);
        let context = about_granted(turn, account, &client.0, granted)
            .with("scope", scope.words().map(str::to_owned).collect::<Vec<_>>())
            .with("from_authorization", beside.code.is_some() || beside.access_token.is_none());
        for (name, value) in object(&template.render(Medium::Plain, &context)).unwrap_or_default() {
            if value.is_null() {
                all.shift_remove(&name);
            } else {
                all.insert(name, value);
            }
        }
    }
    let registered = turn.world.clients.iter().find(|known| known.id == *client).and_then(|it| it.id_token_algorithm);
    let algorithm = registered.unwrap_or(policy.algorithm);
    let mut header = policy.header.clone();
    header.extend(turn.tampering.map(|tampering| tampering.header.clone()).unwrap_or_default());
    let signature = turn.tampering.map_or(TamperedSignature::Right, |tampering| tampering.signature);
    if let Some(tampering) = turn.tampering {
        tampering.apply(&mut all);
    }
    let signature = match signature {
        TamperedSignature::Right => Signature::By(turn.keys.current(algorithm)?),
        TamperedSignature::Damaged => Signature::Damaged(turn.keys.current(algorithm)?),
        TamperedSignature::Unpublished => Signature::By(turn.keys.next(algorithm)?),
        TamperedSignature::None => Signature::None,
    };
    Some(turn.sign_later(Draft { header, claims: all, signature, hashed_nonce: None }, None))
}
