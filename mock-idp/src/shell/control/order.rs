//! Orders: faults to come, and changes of the world.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::proto::client::{ClientId, Exemption};
use crate::proto::mail::{ArmedMailFault, MailFault, MailProtocol};
use crate::proto::outbox::Mail;
use crate::proto::policy::{Access, AccountEvent, FaultAt, FaultEffect, NamedFault};
use crate::proto::secret::Secret;
use crate::proto::world::{AccessRule, Asks, Change};
use crate::proto::{Idp, base32};
use crate::shell::realm::Realm;

/// A fault to come: one that the provider is known for, or one of the caller's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultOrder {
    name: Option<String>,
    at: Option<FaultAt>,
    effect: Option<FaultEffect>,
    mail: Option<MailFault>,
    grant: Option<String>,
    client: Option<String>,
    #[serde(default)]
    skip: u32,
    #[serde(default = "once")]
    times: u32,
}

const fn once() -> u32 {
    1
}

/// The faults that the provider is known for.
pub(super) fn known_faults(realm: &Realm) -> Value {
    realm.with(|idp| {
        let faults = idp.policy().faults.iter().map(|(name, fault)| (name, &fault.about));
        let mail = idp.policy().mail.iter().flat_map(|mail| &mail.faults).map(|(name, fault)| (name, &fault.about));
        faults.chain(mail).map(|(name, about)| (name.clone(), json!(about))).collect::<serde_json::Map<_, _>>().into()
    })
}

/// Arms a fault.
pub(super) fn arm(realm: &Realm, order: FaultOrder) -> Result<Value, String> {
    let FaultOrder { name, at, effect, mail, grant, client, skip, times } = order;
    if times == 0 {
        return Err("a fault strikes at least once: `times` is 1 or more".to_owned());
    }
    let known = |name: &String| realm.with(|idp| idp.policy().mail.as_ref()?.faults.get(name).cloned());
    let mail = match (&name, mail) {
        (Some(name), None) if at.is_none() && effect.is_none() => known(name),
        (_, mail) => mail,
    };
    if let Some(fault) = mail {
        if at.is_some() || effect.is_some() || grant.is_some() || client.is_some() {
            return Err("a fault of a mail server has no `at`, `effect`, `grant` and `client` beside it".to_owned());
        }
        realm.add_mail_fault(ArmedMailFault { fault, via: None, skip, times });
        return Ok(json!({ "status": "ok" }));
    }
    let fault = match (name, at, effect) {
        (Some(name), None, None) => realm.with(|idp| named(idp, &name))?,
        (None, Some(at), Some(effect)) => NamedFault { about: String::new(), at, effect }.checked()?.fault(),
        (_, _, _) => return Err("a fault is a `name`, or both `at` and `effect`, or `mail`".to_owned()),
    };
    realm.add_fault(crate::proto::fault::Fault { grant, client, skip, times, ..fault });
    Ok(json!({ "status": "ok" }))
}

fn named(idp: &Idp, name: &str) -> Result<crate::proto::fault::Fault, String> {
    let known = &idp.policy().faults;
    known.get(name).map(NamedFault::fault).ok_or_else(|| {
        let mail = idp.policy().mail.iter().flat_map(|mail| mail.faults.keys());
        let names: Vec<&str> = known.keys().chain(mail).map(String::as_str).collect();
        format!("no fault `{name}` is known of this provider; known are: {}", names.join(", "))
    })
}

/// The e-mail that was sent, oldest first.
pub(super) fn outbox(realm: &Realm) -> Value {
    let mail = |mail: &Mail| {
        json!({
            "at": mail.at.to_string(), "user": mail.user, "to": mail.to, "subject": mail.subject, "text": mail.text(),
            "code": mail.code.expose(),
        })
    };
    realm.with(|idp| idp.outbox().map(mail).collect())
}

/// A change of the world. Whose it is may be left out: the first user's, the first client's.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ChangeOrder {
    Password { user: Option<String>, to: String },
    TotpSecret { user: Option<String>, to: Option<String> },
    Unlocked { user: Option<String> },
    KeysRolled {},
    ConsentWithdrawn { user: Option<String>, client: Option<String> },
    RefreshTokensRevoked { client: Option<String> },
    Exempted { client: Option<String>, from: BTreeSet<Exemption> },
    Access { user: Option<String>, division: Option<String>, is: Access },
    Account { user: Option<String>, event: AccountEvent },
    Disabled { user: Option<String>, client: Option<String>, is: bool },
    ClientSecretExpired { client: Option<String> },
    RuleAdded(RuleOrder),
    RuleRemoved { id: Option<String> },
    MailProtocol { mailbox: Option<String>, protocol: MailProtocol, open: bool },
}

/// A rule about who gets tokens; for everybody, every client and every resource server where none is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleOrder {
    #[serde(default = "the_rule")]
    id: String,
    #[serde(default)]
    users: BTreeSet<String>,
    #[serde(default)]
    clients: BTreeSet<String>,
    #[serde(default)]
    servers: BTreeSet<String>,
    asks: Asks,
}

/// The identifier of the rule that has none of its own.
const RULE: &str = "2f1e0d9c-8b7a-4695-8413-a2b1c0d9e8f7";

fn the_rule() -> String {
    RULE.to_owned()
}

/// Changes the world.
pub(super) fn change(realm: &Realm, order: ChangeOrder) -> Result<Value, String> {
    let change = realm.with(|idp| to_change(idp, order))?;
    realm.change(&change);
    Ok(json!({ "status": "ok" }))
}

fn to_change(idp: &Idp, order: ChangeOrder) -> Result<Change, String> {
    let whose = |name: Option<String>| user(idp, name);
    let which = |id: Option<String>| client(idp, id);
    Ok(match order {
        ChangeOrder::Password { user, to } => Change::Password { user: whose(user)?, password: Secret::new(to) },
        ChangeOrder::TotpSecret { user, to } => {
            let decode = |text: String| base32::decode(&text).ok_or("`to` is not Base32 (RFC 4648 section 6)");
            Change::TotpSecret { user: whose(user)?, secret: to.map(decode).transpose()?.map(Secret::new) }
        }
        ChangeOrder::Unlocked { user } => Change::Unlocked { user: whose(user)? },
        ChangeOrder::KeysRolled {} => Change::KeysRolled,
        ChangeOrder::ConsentWithdrawn { user, client } => {
            Change::ConsentWithdrawn { user: whose(user)?, client: which(client)? }
        }
        ChangeOrder::RefreshTokensRevoked { client } => Change::RefreshTokensRevoked { client: which(client)? },
        ChangeOrder::Exempted { client, from } => Change::Exempted { client: which(client)?, exemptions: from },
        ChangeOrder::Access { user, division, is } => Change::Access { user: whose(user)?, division, access: is },
        ChangeOrder::Account { user, event } => Change::Account { user: whose(user)?, event },
        ChangeOrder::Disabled { user, client: None, is } => Change::Disabled { user: whose(user)?, disabled: is },
        ChangeOrder::Disabled { user: None, client: Some(id), is } => {
            Change::ClientDisabled { client: which(Some(id))?, disabled: is }
        }
        ChangeOrder::Disabled { .. } => return Err("`disabled` is about a `user` or a `client`, not both".to_owned()),
        ChangeOrder::ClientSecretExpired { client } => Change::ClientSecretExpired { client: which(client)? },
        ChangeOrder::RuleAdded(RuleOrder { id, users, clients, servers, asks }) => {
            let users = users.into_iter().map(|name| whose(Some(name))).collect::<Result<_, _>>()?;
            let clients = clients.into_iter().map(|id| which(Some(id))).collect::<Result<_, _>>()?;
            Change::RuleAdded(AccessRule { id, users, clients, servers, asks })
        }
        ChangeOrder::MailProtocol { mailbox, protocol, open } => {
            if let Some(address) = mailbox.as_ref().filter(|address| !idp.world().has_mailbox(address)) {
                return Err(format!("{address} has no mailbox here"));
            }
            Change::MailProtocol { mailbox, protocol, open }
        }
        ChangeOrder::RuleRemoved { id } => Change::RuleRemoved { id: id.unwrap_or_else(the_rule) },
    })
}

fn user(idp: &Idp, name: Option<String>) -> Result<String, String> {
    let mut users = idp.world().users.iter().map(|user| &user.name);
    match name {
        None => users.next().cloned().ok_or_else(|| "there is no user".to_owned()),
        Some(name) if users.any(|known| *known == name) => Ok(name),
        Some(name) => Err(format!("there is no user `{name}`")),
    }
}

fn client(idp: &Idp, id: Option<String>) -> Result<ClientId, String> {
    let mut clients = idp.world().clients.iter().map(|client| &client.id);
    match id {
        None => clients.next().cloned().ok_or_else(|| "there is no client".to_owned()),
        Some(id) => {
            let found = clients.find(|known| known.0 == id).cloned();
            found.ok_or_else(|| format!("there is no client `{id}`"))
        }
    }
}
