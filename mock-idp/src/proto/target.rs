//! What an access token is asked for: a resource server, and scopes of it (RFC 6749 section 3.3, RFC 8707).
//!
//! Where a policy has no resource servers, all scopes are of the provider's own resources.

use crate::proto::cause::{Cause, Facts};
use crate::proto::client::Client;
use crate::proto::grant::issue::Turn;
use crate::proto::params::Params;
use crate::proto::policy::{
    Policy, ResourceParameter, ResourceServer, ResourceServers, ScopeSpelling, SeveralServers, UnknownScope,
};
use crate::proto::scope::Scope;
use crate::proto::store::Granted;

/// What stands for all that a client was registered with.
const DEFAULT: &str = ".default";

/// What an access token is for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    /// The resource server, by URI.
    pub(crate) server: Option<String>,
    /// What the token is good for, as the resource server knows it.
    pub(crate) scope: Option<Scope>,
    /// What the response says.
    pub(crate) shown: Option<Scope>,
}

/// A word of a scope.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Word<'a> {
    /// About the user.
    User,
    /// Of a resource server.
    Of { uri: &'a str, server: &'a ResourceServer, name: &'a str },
}

/// Finds a resource server by its URI, another name, or its identifier. A slash at the end makes no difference.
pub(crate) fn server<'a>(servers: &'a ResourceServers, name: &str) -> Option<(&'a str, &'a ResourceServer)> {
    let plain = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
    let wanted = plain(name);
    let is = |known: &str| plain(known) == wanted;
    let found = |(uri, server): &(&String, &ResourceServer)| {
        is(uri) || is(&server.id) || server.aliases.iter().any(|alias| is(alias))
    };
    servers.known.iter().find(found).map(|(uri, server)| (uri.as_str(), server))
}

fn read<'a>(policy: &'a Policy, servers: &'a ResourceServers, word: &'a str) -> Result<Word<'a>, Cause> {
    if policy.scopes.offered.as_ref().is_some_and(|offered| offered.contains(word)) {
        return Ok(Word::User);
    }
    let (named, name) = match word.rsplit_once('/') {
        Some((resource, name)) => {
            if name.is_empty() || !resource.contains(':') && server(servers, resource).is_none() {
                return Err(Cause::ScopeUnknown { scope: word.to_owned() });
            }
            let found = server(servers, resource);
            (found.ok_or_else(|| Cause::ResourceServerUnknown { resource: resource.to_owned() })?, name)
        }
        None => {
            let found = server(servers, &servers.default);
            (found.ok_or_else(|| Cause::ScopeUnknown { scope: word.to_owned() })?, word)
        }
    };
    let (uri, server) = named;
    if name == DEFAULT || server.scopes.contains(name) {
        return Ok(Word::Of { uri, server, name });
    }
    Err(Cause::ScopeNotOfServer { scope: name.into(), resource_id: server.id.as_str().into() })
}

/// The scope that is granted if the resource owner agrees; none where the policy looks at no scopes.
pub(crate) fn check_scope(policy: &Policy, client: &Client, params: &Params) -> Result<Option<Scope>, Cause> {
    let Some(offered) = &policy.scopes.offered else { return Ok(None) };
    let asked = Scope::parse(params.first("scope").unwrap_or_default());
    if let Some(servers) = &policy.scopes.resource_servers {
        for word in asked.words() {
            read(policy, servers, word)?;
        }
        return Ok(Some(asked));
    }
    let may = |word: &str| offered.contains(word) && client.scopes.as_ref().is_none_or(|own| own.contains(word));
    match asked.words().find(|word| !may(word)) {
        Some(word) if policy.scopes.unknown == UnknownScope::Refused => {
            Err(Cause::ScopeUnknown { scope: word.to_owned() })
        }
        Some(_) | None => Ok(Some(asked.keep(may))),
    }
}

/// The resource server that a request names by `resource`, where it may or must.
pub(crate) fn named_server(policy: &Policy, by_resource: bool, params: &Params) -> Result<Option<String>, Cause> {
    let (Some(servers), Some(resource)) = (&policy.scopes.resource_servers, params.first("resource")) else {
        return Ok(None);
    };
    let unknown = || Cause::ResourceServerUnknown { resource: resource.to_owned() };
    if by_resource {
        return server(servers, resource).map(|(uri, _)| Some(uri.to_owned())).ok_or_else(unknown);
    }
    match servers.parameter {
        ResourceParameter::Ignored => Ok(None),
        ResourceParameter::Refused => Err(Cause::ResourceParameterUnsupported),
        ResourceParameter::Compared => {
            let named = server(servers, resource).map(|(uri, _)| uri);
            let asked = Scope::parse(params.first("scope").unwrap_or_default());
            let differs = asked.words().any(|word| match read(policy, servers, word) {
                Ok(Word::Of { uri, .. }) => Some(uri) != named,
                Ok(Word::User) | Err(_) => false,
            });
            if differs { Err(Cause::ResourceParameterMismatch { resource: resource.to_owned() }) } else { Ok(None) }
        }
    }
}

/// What consent is asked for: each word with the URI of its resource server. What is about the user needs none of its own.
pub(crate) fn to_consent(policy: &Policy, scope: Option<&Scope>, server: Option<&str>) -> Vec<String> {
    let Some(servers) = &policy.scopes.resource_servers else { return Vec::new() };
    let words = scope.into_iter().flat_map(Scope::words);
    let mut wanted: Vec<String> = words.filter_map(|word| full(policy, servers, word)).collect();
    wanted.extend(server.map(|uri| format!("{uri}/{DEFAULT}")));
    if wanted.is_empty() {
        wanted.push(servers.default.clone());
    }
    wanted
}

fn full(policy: &Policy, servers: &ResourceServers, word: &str) -> Option<String> {
    match read(policy, servers, word) {
        Ok(Word::Of { uri, name, .. }) => Some(format!("{uri}/{name}")),
        Ok(Word::User) | Err(_) => None,
    }
}

/// The resource servers that a scope names; the default one where it names none.
pub(crate) fn servers_of(policy: &Policy, scope: Option<&Scope>, named: Option<&str>) -> Vec<String> {
    let Some(servers) = &policy.scopes.resource_servers else { return Vec::new() };
    let words = scope.into_iter().flat_map(Scope::words);
    let mut all: Vec<String> = words
        .filter_map(|word| match read(policy, servers, word) {
            Ok(Word::Of { uri, .. }) => Some(uri.to_owned()),
            Ok(Word::User) | Err(_) => None,
        })
        .chain(named.map(str::to_owned))
        .collect();
    if all.is_empty() {
        all.push(servers.default.clone());
    }
    all.dedup();
    all
}

/// The scopes among these that only an administrator can grant.
pub(crate) fn for_administrators(policy: &Policy, scope: Option<&Scope>) -> Option<String> {
    let servers = policy.scopes.resource_servers.as_ref()?;
    scope?.words().find(|word| {
        matches!(read(policy, servers, word), Ok(Word::Of { server, name, .. }) if server.admin_scopes.contains(name))
    })
    .map(str::to_owned)
}

/// What a token of a grant is for. `asks` says whether the request may ask for less, or for something else, by `scope`.
pub(crate) fn of_grant(
    turn: &Turn<'_>,
    client: &Client,
    user: Option<&str>,
    granted: &Granted,
    params: Option<&Params>,
) -> Result<Target, Cause> {
    let Some(servers) = &turn.policy.scopes.resource_servers else {
        return Ok(Target { server: None, scope: granted.scope.clone(), shown: granted.scope.clone() });
    };
    let named = params.map(|params| named_server(turn.policy, turn.by_resource, params)).transpose()?.flatten();
    if turn.by_resource || granted.server.is_some() && params.is_none_or(|params| params.first("scope").is_none()) {
        return by_resource(turn, servers, client, user, granted, named);
    }
    let own = granted.scope.clone().unwrap_or_default();
    let asked = params.and_then(|params| params.first("scope")).map(Scope::parse);
    let mut chosen: Option<(&str, &ResourceServer)> = None;
    let mut words: Vec<(&str, &str)> = Vec::new();
    let source = asked.as_ref().unwrap_or(&own);
    for word in source.words() {
        let Word::Of { uri, server, name } = read(turn.policy, servers, word)? else { continue };
        match chosen {
            Some((first, _)) if first != uri => {
                // Consent may span several; a token is for one.
                if asked.is_some() && servers.several == SeveralServers::Refused {
                    return Err(Cause::ScopesOfSeveralServers { scope: source.to_string() });
                }
                continue;
            }
            Some(_) => {}
            None => chosen = Some((uri, server)),
        }
        words.push((word, name));
    }
    let found = chosen.or_else(|| server(servers, &servers.default));
    let (uri, server) = found.ok_or_else(|| Cause::ResourceServerUnknown { resource: servers.default.clone() })?;
    if let Some(user) = user {
        for (_, name) in &words {
            if !turn.sessions.has_consent(user, &client.id, &[format!("{uri}/{name}")]) {
                return Err(consent_missing(user, client, &format!("{uri}/{name}")));
            }
        }
    }
    let about_user: Vec<&str> = own
        .words()
        .chain(asked.iter().flat_map(Scope::words))
        .filter(|word| Some(*word) != turn.policy.scopes.refresh_token_needs.as_deref())
        .filter(|word| matches!(read(turn.policy, servers, word), Ok(Word::User)))
        .collect();
    let names = expand(turn, client, user, uri, server, words.iter().map(|(_, name)| *name));
    let spell = |word: &str, name: &str| match servers.spelling {
        ScopeSpelling::AsAsked => word.to_owned(),
        ScopeSpelling::Full => format!("{uri}/{name}"),
        ScopeSpelling::Bare => name.to_owned(),
    };
    let mut shown: Vec<String> = words.iter().map(|(word, name)| spell(word, name)).collect();
    if words.iter().any(|(_, name)| *name == DEFAULT) {
        shown.extend(names.iter().map(|name| format!("{uri}/{name}")));
    }
    shown.extend(about_user.iter().map(|word| (*word).to_owned()));
    let scope = names.iter().map(String::as_str).chain(about_user.iter().copied());
    let scope = Scope::parse(&scope.collect::<Vec<_>>().join(" "));
    Ok(Target { server: Some(uri.to_owned()), scope: Some(scope), shown: Some(Scope::parse(&shown.join(" "))) })
}

/// The same where the request names a resource server, and gets all that was agreed to there.
fn by_resource(
    turn: &Turn<'_>,
    servers: &ResourceServers,
    client: &Client,
    user: Option<&str>,
    granted: &Granted,
    named: Option<String>,
) -> Result<Target, Cause> {
    let uri = named.or_else(|| granted.server.clone()).unwrap_or_else(|| servers.default.clone());
    let found = server(servers, &uri);
    let (uri, server) = found.ok_or_else(|| Cause::ResourceServerUnknown { resource: uri.clone() })?;
    if let Some(user) = user
        && !turn.sessions.has_consent(user, &client.id, &[format!("{uri}/{DEFAULT}")])
    {
        return Err(consent_missing(user, client, uri));
    }
    let names = expand(turn, client, user, uri, server, std::iter::once(DEFAULT));
    let scope = Scope::parse(&names.join(" "));
    Ok(Target { server: Some(uri.to_owned()), scope: Some(scope.clone()), shown: Some(scope) })
}

/// Names of scopes, with `.default` for what the client has there.
fn expand<'n>(
    turn: &Turn<'_>,
    client: &Client,
    user: Option<&str>,
    uri: &str,
    server: &ResourceServer,
    names: impl Iterator<Item = &'n str>,
) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if name != DEFAULT {
            all.push(name.to_owned());
            continue;
        }
        let consented = user.map(|user| turn.sessions.consented(user, &client.id, uri)).unwrap_or_default();
        let consented: Vec<String> = consented.into_iter().filter(|name| name != DEFAULT).collect();
        if consented.is_empty() {
            let may = |scope: &&String| {
                client.scopes.as_ref().is_none_or(|own| own.contains(&format!("{uri}/{scope}")))
                    && !server.admin_scopes.contains(*scope)
            };
            all.extend(server.scopes.iter().filter(may).cloned());
        } else {
            all.extend(consented);
        }
    }
    all
}

fn consent_missing(user: &str, client: &Client, scope: &str) -> Cause {
    let (id, name) = (client.id.0.as_str(), client.name.as_str());
    let facts = [("user", user), ("client_id", id), ("client_name", name), ("scope", scope)];
    Cause::ConsentMissing { facts: Facts::new(facts) }
}

/// What a token is for that a client gets on its own behalf: all that it was registered with at one resource server.
pub(crate) fn of_client(
    turn: &Turn<'_>,
    servers: &ResourceServers,
    client: &Client,
    params: &Params,
) -> Result<Target, Cause> {
    let (uri, shown) = if turn.by_resource {
        let named = named_server(turn.policy, true, params)?;
        (named.ok_or(Cause::ParameterMissing { name: "resource" })?, None)
    } else {
        let _ = named_server(turn.policy, false, params)?;
        let asked = params.required("scope")?;
        let wrong = || Cause::ScopeNotDefault { scope: asked.to_owned() };
        let resource = asked.strip_suffix(DEFAULT).and_then(|rest| rest.strip_suffix('/')).ok_or_else(wrong)?;
        if resource.contains(' ') {
            return Err(wrong());
        }
        let found = server(servers, resource);
        let found = found.ok_or_else(|| Cause::ResourceServerUnknown { resource: resource.to_owned() })?;
        (found.0.to_owned(), Some(Scope::parse(asked)))
    };
    if let Some(declared) = &client.scopes
        && !declared.iter().any(|scope| scope.starts_with(&format!("{uri}/")))
    {
        let resource_id = server(servers, &uri).map(|(_, server)| server.id.clone()).unwrap_or_default();
        let declared = declared.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let facts = [
            ("client_id", client.id.0.as_str()),
            ("resource", &uri),
            ("resource_id", &resource_id),
            ("declared", &declared),
        ];
        return Err(Cause::ResourceServerNotDeclared { facts: Facts::new(facts) });
    }
    Ok(Target { server: Some(uri), scope: Some(Scope::default()), shown })
}
