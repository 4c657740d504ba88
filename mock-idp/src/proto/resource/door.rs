//! Who is let in: users, divisions, scopes.

use crate::proto::cause::Cause;
use crate::proto::policy::{Access, Api, Resource};
use crate::proto::resource::bearer::Caller;
use crate::proto::world::World;

/// Whether the user is shut out from everything.
pub(crate) fn check_user(world: &World, user: &str) -> Result<(), Cause> {
    match world.access.get(&(user.to_owned(), None)) {
        Some(Access::Refused(reason)) => Err(Cause::UserRefused { user: user.into(), reason: reason.as_str().into() }),
        Some(Access::Open) | None => Ok(()),
    }
}

/// Whether there is such a division, and whether it is open to the user.
pub(super) fn check_division(api: &Api, world: &World, user: &str, division: &str) -> Result<(), Cause> {
    if !exists(api, division) {
        return Err(Cause::DivisionUnknown { division: division.to_owned() });
    }
    let own = world.access.get(&(user.to_owned(), Some(division.to_owned())));
    match own.or_else(|| api.divisions.get(division)) {
        Some(Access::Refused(reason)) => {
            Err(Cause::DivisionNotAccessible { division: division.into(), reason: reason.as_str().into() })
        }
        Some(Access::Open) | None => Ok(()),
    }
}

/// Whether there is such a division.
pub(super) fn exists(api: &Api, division: &str) -> bool {
    api.divisions.is_empty() || api.divisions.contains_key(division)
}

/// Whether the client was granted what the resource asks for.
pub(super) fn check_scope(world: &World, caller: &Caller<'_>, resource: &Resource) -> Result<(), Cause> {
    let Some(scope) = &resource.scope else { return Ok(()) };
    if caller.scope().is_some_and(|granted| !granted.contains(scope)) {
        return Err(Cause::ScopeMissing { scope: scope.clone() });
    }
    let client = world.clients.iter().find(|known| known.id == caller.client);
    let granted = client.and_then(|client| client.scopes.as_ref());
    match granted {
        Some(granted) if !granted.contains(scope) => Err(Cause::ScopeMissing { scope: scope.clone() }),
        Some(_) | None => Ok(()),
    }
}
