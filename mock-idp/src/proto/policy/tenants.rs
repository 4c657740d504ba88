//! Tenants: several directories of accounts behind one provider, told apart by a segment of the path.

use std::collections::{BTreeMap, BTreeSet};

/// The tenants. Paths of endpoints name one by `{tenant}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(default, deny_unknown_fields))]
pub struct Tenants {
    /// The tenants by identifier. Users belong to the one that has the domain of their name, else to `home`.
    pub known: BTreeMap<String, Tenant>,
    /// The identifier of the tenant that clients belong to, and users whose domain is no tenant's.
    pub home: String,
    /// Names in the place of a tenant that stand for all tenants with these kinds of accounts.
    pub shared: BTreeMap<String, BTreeSet<AccountKind>>,
    /// What stands for the tenant in the issuer of a document that is for several.
    pub placeholder: String,
}

impl Default for Tenants {
    fn default() -> Self {
        Self {
            known: BTreeMap::new(),
            home: String::new(),
            shared: BTreeMap::new(),
            placeholder: "{tenantid}".to_owned(),
        }
    }
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(deny_unknown_fields))]
pub struct Tenant {
    /// Its other names in paths; those with a dot are the domains of its users.
    pub names: BTreeSet<String>,
    /// What accounts it has.
    pub accounts: AccountKind,
}

/// A kind of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "profiles", derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema))]
#[cfg_attr(feature = "profiles", serde(rename_all = "snake_case"))]
pub enum AccountKind {
    /// Of an organization.
    Work,
    /// A person's own.
    Personal,
}

impl AccountKind {
    /// Its name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Personal => "personal",
        }
    }
}
