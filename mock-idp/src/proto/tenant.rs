//! Which tenant a request is for, and which one a user belongs to.

use std::collections::BTreeSet;

use crate::proto::client::Client;
use crate::proto::policy::{AccountKind, Tenant, Tenants};
use crate::proto::world::User;

/// What stands in a path in the place of a tenant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Authority<'a> {
    /// One tenant.
    One { id: &'a str, tenant: &'a Tenant },
    /// All that have accounts of these kinds.
    Shared { name: &'a str, accounts: &'a BTreeSet<AccountKind> },
}

impl<'a> Authority<'a> {
    /// Reads a segment of a path.
    pub(crate) fn find(tenants: &'a Tenants, segment: &str) -> Option<Self> {
        let is = |known: &str| known.eq_ignore_ascii_case(segment);
        if let Some((name, accounts)) = tenants.shared.iter().find(|(name, _)| is(name)) {
            return Some(Self::Shared { name, accounts });
        }
        let named = |tenant: &Tenant| tenant.names.iter().any(|name| is(name));
        let found = tenants.known.iter().find(|(id, tenant)| is(id) || named(tenant));
        found.map(|(id, tenant)| Self::One { id, tenant })
    }

    /// What documents call it: the identifier of a tenant, whatever name stood in the path.
    pub(crate) const fn name(&self) -> &'a str {
        match self {
            Self::One { id, .. } => id,
            Self::Shared { name, .. } => name,
        }
    }

    /// Whether accounts of this kind sign in by way of it.
    pub(crate) fn takes(&self, kind: AccountKind) -> bool {
        match self {
            Self::One { tenant, .. } => tenant.accounts == kind,
            Self::Shared { accounts, .. } => accounts.contains(&kind),
        }
    }

    /// Whether a client is registered for it: for one tenant, or for several.
    pub(crate) fn has(&self, client: &Client) -> bool {
        match (self, &client.tenant) {
            (_, None) => true,
            (Self::One { id, .. }, Some(own)) => own == id,
            (Self::Shared { .. }, Some(_)) => false,
        }
    }

    /// The first kind of accounts of its own that a client is not registered for, if it is registered for none of them.
    pub(crate) fn foreign_to(&self, client: &Client) -> Option<AccountKind> {
        let own = client.accounts.as_ref()?;
        let kinds: Vec<AccountKind> = match self {
            Self::One { tenant, .. } => vec![tenant.accounts],
            Self::Shared { accounts, .. } => accounts.iter().copied().collect(),
        };
        if kinds.iter().any(|kind| own.contains(kind)) { None } else { kinds.first().copied() }
    }
}

/// The tenant of a user: the one that has the domain of their name, else where users without one belong.
pub(crate) fn home_of<'a>(tenants: &'a Tenants, user: &str) -> (&'a str, AccountKind) {
    let domain = user.rsplit_once('@').map_or("", |(_, domain)| domain);
    let has = |tenant: &Tenant| tenant.names.iter().any(|name| name.eq_ignore_ascii_case(domain));
    let found = tenants.known.iter().find(|(_, tenant)| has(tenant));
    let home = || tenants.known.get_key_value(&tenants.home);
    found.or_else(home).map_or(("", AccountKind::Work), |(id, tenant)| (id.as_str(), tenant.accounts))
}

/// Whether a user has an account in this tenant: at home, or as a guest.
pub(crate) fn is_member(tenants: &Tenants, user: &User, id: &str) -> bool {
    home_of(tenants, &user.name).0 == id || user.guest_in.contains(id)
}
