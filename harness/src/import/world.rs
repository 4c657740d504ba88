//! The world of an imported scenario.

use mock_idp::profile::Profile;
use url::Url;

use super::draft::quoted;
use crate::capture::{Capture, CapturedExchange};
use crate::replay::params::{first, of_url};
use crate::replay::{Assumed, Found, PlayedTurn, Registered, TurnKind};
use crate::scenario::SecondFactorCode;

/// Lines of `world`.
pub(super) fn world(capture: &Capture, profile: &Profile, found: &Found) -> Vec<String> {
    let turns = &found.played.turns;
    let mut lines = Vec::new();
    if let Some(at) = began(capture, turns) {
        lines.push(format!("start: {at}"));
    }
    let mut user: Vec<String> = Vec::new();
    let mut client = client(capture, profile, turns);
    let mut misconfigured: Vec<String> = Vec::new();
    let mut settings: Vec<String> = Vec::new();
    for it in &found.assumed {
        match it {
            Assumed::World(registered) => match registered {
                Registered::AnotherRedirectUri => {
                    misconfigured.push("redirect_uri: \"https://client.example/not-registered\"".to_owned());
                }
                Registered::Elsewhere => {
                    if let Some(host) = profile.policy.hosts.get(1) {
                        client.push(format!("registered_at: {host}"));
                    }
                }
                Registered::AnotherSecret => misconfigured.push("secret: not-the-secret".to_owned()),
                Registered::Public => {
                    client.retain(|line| !line.starts_with("authentication:"));
                    client.push("authentication: none".to_owned());
                    misconfigured.push("secret: a-secret".to_owned());
                }
                Registered::InBrowser => client.push("in_browser: true".to_owned()),
                Registered::ForOneTenant => client.push("one_tenant: true".to_owned()),
                Registered::ForOthers => client.push("unassigned: true".to_owned()),
                Registered::WithoutSecondFactor => user.push("totp: false".to_owned()),
                // How many there are is written below, by how many were typed.
                Registered::BackupCodes => {}
                // It is the calls that say so.
                Registered::ApiKey => {}
            },
            Assumed::Setting(setting) => settings.push(quoted(setting)),
            Assumed::Change { .. } | Assumed::Fault { .. } => {}
        }
    }
    let typed = turns.iter().filter_map(|turn| turn.visit.as_ref()).flat_map(|visit| &visit.owner.codes);
    let count = |kind: SecondFactorCode| typed.clone().filter(|code| **code == kind).count();
    if count(SecondFactorCode::Email) > 0 {
        user.push("email_codes: true".to_owned());
    }
    let backups = count(SecondFactorCode::Backup);
    if backups > 0 {
        user.push(format!("backup_codes: {backups}"));
    }
    if misconfigured.is_empty() {
        misconfigured.extend(bad_redirect_uri(capture, turns));
    }
    if !misconfigured.is_empty() {
        client.push(format!("misconfigured: {{ {} }}", misconfigured.join(", ")));
    }
    if !user.is_empty() {
        lines.push(format!("user: {{ {} }}", user.join(", ")));
    }
    if !client.is_empty() {
        lines.push("client:".to_owned());
        lines.extend(client.into_iter().map(|line| format!("  {line}")));
    }
    if !settings.is_empty() {
        lines.push(format!("settings: [{}]", settings.join(", ")));
    }
    lines
}

/// The redirection URI that a client is configured with, where it is none that any provider takes: it is missing, or not https (RFC 6749 section
/// 3.1.2.1), and nobody is led back to it.
fn bad_redirect_uri(capture: &Capture, turns: &[PlayedTurn]) -> Option<String> {
    let sign_ins = || turns.iter().filter(|turn| turn.kind == TurnKind::SignIn);
    if sign_ins().any(|turn| turn.visit.as_ref().is_none_or(|visit| visit.end.is_some())) {
        return None;
    }
    let asked = sign_ins().next().and_then(|turn| capture.exchanges.get(*turn.exchanges.first()?))?;
    let sent = first(&asked.request, "redirect_uri").unwrap_or_default();
    let is_local = Url::parse(&sent)
        .is_ok_and(|url| url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]")));
    (!sent.starts_with("https:") && !is_local).then(|| format!("redirect_uri: {}", quoted(&sent)))
}

/// When the conversation began, by the provider's clock.
fn began(capture: &Capture, turns: &[PlayedTurn]) -> Option<String> {
    let at = turns.first()?.at;
    let at = jiff::Timestamp::from_millisecond(at).ok()?;
    capture.exchanges.first()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// How the client is registered, as far as its requests show it.
fn client(capture: &Capture, profile: &Profile, turns: &[PlayedTurn]) -> Vec<String> {
    let mut lines = Vec::new();
    let asked = |turn: &PlayedTurn| turn.exchanges.first().and_then(|place| capture.exchanges.get(*place));
    let all = turns.iter().filter_map(|turn| Some((&turn.kind, asked(turn)?)));
    let (own, callers): (Vec<_>, Vec<_>) = all.partition(|(_, it)| !is_callers(capture, turns, it));
    // What a client is called for is a resource of its own (RFC 7523, as Microsoft has it).
    let served = callers.iter().find_map(|(_, it)| first(&it.request, "scope"));
    let served = served.as_deref().and_then(|scope| scope.split(' ').find(|scope| scope.starts_with("api://")));
    if let Some((resource, _)) = served.and_then(|scope| scope.rsplit_once('/')) {
        lines.push(format!("serves: {}", quoted(resource)));
    }
    let tokens = own.iter().filter(|(kind, _)| matches!(kind, TurnKind::Token(_)));
    let tokens: Vec<&CapturedExchange> = tokens.map(|(_, it)| *it).collect();
    if let Some(it) = tokens.first() {
        let is_basic =
            it.request.header("authorization").is_some_and(|value| value.to_lowercase().starts_with("basic "));
        if is_basic {
            lines.push("authentication: client_secret_basic".to_owned());
        } else if first(&it.request, "client_secret").is_none() && first(&it.request, "client_assertion").is_none() {
            lines.push("authentication: none".to_owned());
        } else {
            lines.push("authentication: client_secret_post".to_owned());
        }
    } else if own.iter().any(|(kind, _)| **kind == TurnKind::Request("device_authorization")) {
        lines.push("authentication: none".to_owned());
    }
    let begins = |kind: &TurnKind| {
        *kind == TurnKind::SignIn
            || *kind == TurnKind::Request("device_authorization")
            || matches!(kind, TurnKind::Token(grant) if grant != "authorization_code")
    };
    let scope = own.iter().filter(|(kind, _)| begins(kind)).find_map(|(_, it)| first(&it.request, "scope"));
    let max_age = own.iter().find_map(|(_, it)| first(&it.request, "max_age"));
    if let Some(scope) = scope {
        let speaks_openid = scope.split(' ').any(|word| word == "openid")
            && own.iter().any(|(kind, _)| matches!(kind, TurnKind::Request("metadata" | "keys" | "userinfo")));
        if speaks_openid {
            let max_age = max_age.map_or(String::new(), |seconds| format!(", max_age: {seconds}s"));
            lines.push(format!("openid: {{ scope: {}{max_age} }}", quoted(&scope)));
        } else {
            lines.push(format!("scope: {}", quoted(&scope)));
        }
    }
    lines.extend(tenant(profile, &own));
    let claims = own.iter().filter_map(|(_, it)| first(&it.request, "claims"));
    if claims.into_iter().any(|claims| claims.contains("xms_cc") && claims.contains("cp1")) {
        lines.push("capabilities: [cp1]".to_owned());
    }
    lines
}

/// Whether a request is of a client that calls the one that the recording is about, which then asks on its behalf.
pub(super) fn is_callers(capture: &Capture, turns: &[PlayedTurn], it: &CapturedExchange) -> bool {
    let on_behalf = |turn: &&PlayedTurn| matches!(&turn.kind, TurnKind::Token(grant) if grant.ends_with("jwt-bearer"));
    let own = turns.iter().find(on_behalf).and_then(|turn| capture.exchanges.get(*turn.exchanges.first()?));
    let id = |it: &CapturedExchange| first(&it.request, "client_id");
    // A call says nothing of who makes it.
    own.is_some_and(|own| id(it).is_some() && id(it) != id(own))
}

/// Whose endpoints the client uses, where that is not its own tenant.
fn tenant(profile: &Profile, own: &[(&TurnKind, &CapturedExchange)]) -> Option<String> {
    let tenants = profile.policy.tenants.as_ref()?;
    let at = own.iter().find(|(kind, _)| matches!(kind, TurnKind::SignIn | TurnKind::Token(_)))?;
    let name = at.1.request.url.path_segments()?.next()?;
    let is_word = tenants.shared.contains_key(name) || tenants.known.values().any(|tenant| tenant.names.contains(name));
    is_word.then(|| format!("tenant: {name}"))
}

/// The code of an authorization response.
pub(super) fn code_of(url: &url::Url) -> Option<String> {
    of_url(url).into_iter().find(|(name, _)| name == "code").map(|(_, code)| code)
}
