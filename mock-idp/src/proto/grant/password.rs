//! The resource owner's name and password (RFC 6749 section 4.3).

use crate::proto::cause::Cause;
use crate::proto::client_authentication::AuthenticatedClient;
use crate::proto::grant::admit::{Admission, admit};
use crate::proto::grant::issue::{Successor, Tokens, Turn};
use crate::proto::params::Params;
use crate::proto::policy::{AccountKind, GrantType};
use crate::proto::store::{Granted, Proven};
use crate::proto::target::{self, check_scope};
use crate::proto::tenant::{Authority, is_member};
use crate::proto::world::User;

/// Checks name and password and begins a chain. A second factor cannot be asked for here, which is why RFC 9700 section 2.4 forbids the
/// grant; a provider that offers it lets the password alone do, unless a rule asks for more.
pub(crate) fn redeem(turn: &mut Turn<'_>, client: &AuthenticatedClient<'_>, params: &Params) -> Result<Tokens, Cause> {
    let client = client.client();
    if let Some(Authority::Shared { name, accounts }) = turn.authority
        && accounts.contains(&AccountKind::Personal)
    {
        let grant_type = GrantType::Password.name().into();
        return Err(Cause::GrantNotForTenant { grant_type, tenant: name.into() });
    }
    let name = params.required("username")?;
    let password = params.required("password")?;
    let scope = check_scope(turn.policy, client, params)?;
    let user = prove(turn, name, password)?;
    let proven = Proven { password: true, second_factor: false };
    let granted = Granted {
        scope,
        signed_in_at: Some(turn.now),
        proven,
        tenant: turn.tenant_of(name),
        server: target::named_server(turn.policy, turn.by_resource, params)?,
        continuous: turn.understands_challenges(params),
        ..Granted::default()
    };
    let servers = target::servers_of(turn.policy, granted.scope.as_ref(), granted.server.as_deref());
    admit(turn, &Admission { user, client, servers: &servers, proven })?;
    let target = target::of_grant(turn, client, Some(name), &granted, Some(params))?;
    let chain = turn.store.begin_chain(client.id.clone(), Some(user.name.clone()), granted, turn.now);
    Ok(turn.issue(chain, None, Successor::New, target))
}

/// Finds the user by name and password. What is wrong is told apart where accounts are locked, disabled or of another tenant.
fn prove<'w>(turn: &mut Turn<'w>, name: &str, password: &str) -> Result<&'w User, Cause> {
    turn.check_not_locked(name)?;
    let known = turn.world.users.iter().find(|user| user.name == name);
    let Some(user) = known else {
        return Err(match (&turn.policy.tenants, turn.authority) {
            (Some(tenants), Some(authority)) => {
                let tenant = match authority {
                    Authority::One { id, .. } => id,
                    Authority::Shared { .. } => &tenants.home,
                };
                Cause::UserUnknown { user: name.into(), tenant: tenant.into() }
            }
            (_, _) => Cause::UserPasswordWrong { user: name.to_owned() },
        });
    };
    if let (Some(tenants), Some(Authority::One { id, .. })) = (&turn.policy.tenants, turn.authority)
        && !is_member(tenants, user, id)
    {
        return Err(Cause::UserUnknown { user: name.into(), tenant: id.into() });
    }
    if user.password.expose() != password {
        turn.count_failure(name);
        return Err(Cause::UserPasswordWrong { user: name.to_owned() });
    }
    if user.password_expired {
        return Err(Cause::PasswordExpired { user: name.to_owned() });
    }
    Ok(user)
}
