//! From the provider's journal to events, redacted on the way.

use std::collections::BTreeMap;

use mock_idp::proto::journal::{Committed, Issued, Received, TokenEnd, What};
use mock_idp::proto::message::{Extent, Headers};
use mock_idp::proto::time::Timestamp;

use crate::idp::mail;
use crate::idp::redact::{Redactor, Text};
use crate::run::event::{Delivery, EventKind, Speaker};

/// What an entry says, or nothing for those that are of no use to a report.
pub(super) fn event(
    what: &What,
    start: Timestamp,
    sessions: &BTreeMap<u32, (String, &'static str)>,
    redactor: &mut Redactor,
) -> Option<EventKind> {
    Some(match what {
        What::Received(it) => request(it, redactor),
        What::Issued(it) => issued(it, start, redactor),
        What::TokenEnded { exchange, token, why } => {
            let (why, by) = match why {
                TokenEnd::Redeemed => ("redeemed", None),
                TokenEnd::Superseded { by } => ("superseded", Some(by.to_string())),
                TokenEnd::RefreshTokenSuperseded => ("refresh_token_superseded", None),
                TokenEnd::ChainEnded => ("chain_ended", None),
                TokenEnd::Revoked => ("revoked", None),
            };
            let exchange = exchange.map(|exchange| exchange.0);
            EventKind::Ended { exchange, label: token.to_string(), why: why.to_owned(), by }
        }
        What::ChainEnded { exchange, chain, why } => EventKind::Ended {
            exchange: exchange.map(|exchange| exchange.0),
            label: chain.to_string(),
            why: why.name().to_owned(),
            by: None,
        },
        What::Refused { exchange, cause } => EventKind::Refused {
            exchange: exchange.0,
            cause: cause.kind().name().to_owned(),
            detail: redactor.redact(&cause.to_string(), Text::Decoded),
            presented: cause.presented().map(|label| label.to_string()),
        },
        What::FaultStruck { exchange, text } => EventKind::FaultStruck { exchange: exchange.0, text: text.clone() },
        What::Committed(it) => reply(it, redactor),
        What::Left { exchange, extent } => {
            let delivery = match extent {
                Extent::Whole => Delivery::Sent,
                Extent::CutAfter(_) => Delivery::Cut,
                Extent::Dropped => Delivery::Dropped,
            };
            EventKind::ReplyLeft { exchange: exchange.0, delivery }
        }
        What::MailReceived { session, exchange, text } => {
            let (from, protocol) = sessions.get(&session.0)?.clone();
            let (session, exchange, protocol) = (session.0, exchange.0, protocol.to_owned());
            EventKind::MailSaid {
                exchange,
                session,
                from,
                protocol,
                by: Speaker::Client,
                lines: mail::said(text.expose(), redactor),
            }
        }
        What::MailSent { session, exchange, text } => {
            let (from, protocol) = sessions.get(&session.0)?.clone();
            let (session, exchange, protocol) = (session.0, exchange.0, protocol.to_owned());
            EventKind::MailSaid {
                exchange,
                session,
                from,
                protocol,
                by: Speaker::Server,
                lines: mail::said(text.expose(), redactor),
            }
        }
        What::MailRefused { exchange, cause } => EventKind::Refused {
            exchange: exchange.0,
            cause: cause.kind().name().to_owned(),
            detail: redactor.redact(&cause.to_string(), Text::Decoded),
            presented: cause.presented().map(|label| label.to_string()),
        },
        // A connection is made before its first word, and when one is gone nobody can say to the moment.
        What::MailOpened { .. } | What::MailClosed { .. } => return None,
        What::Changed { text } | What::TurnedAway { text } => {
            EventKind::WorldChanged { text: redactor.redact(text, Text::Decoded) }
        }
    })
}

fn request(it: &Received, redactor: &mut Redactor) -> EventKind {
    let target = it.target.expose();
    let body = String::from_utf8_lossy(it.body.expose()).into_owned();
    let endpoint = it.endpoint.name();
    let query = target.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let pairs = match endpoint {
        "authorization" => pairs(query),
        "token" => pairs(&body),
        _ => Vec::new(),
    };
    if endpoint == "authorization" {
        for (name, value) in &pairs {
            match name.as_str() {
                "state" => redactor.learn_numbered("state", value),
                "nonce" => redactor.learn_numbered("nonce", value),
                "code_challenge" => redactor.learn_numbered("code_challenge", value),
                _ => {}
            }
        }
    }
    if let Some((_, verifier)) = pairs.iter().find(|(name, _)| name == "code_verifier") {
        redactor.learn_numbered("code_verifier", verifier);
    }
    let body = if endpoint == "sign_in" { sign_in_form(&body) } else { redactor.redact(&body, Text::Encoded) };
    let parameters = pairs.into_iter().map(|(name, value)| (name, redactor.redact(&value, Text::Decoded))).collect();
    EventKind::Request {
        exchange: it.exchange.0,
        from: it.via.clone(),
        endpoint: endpoint.to_owned(),
        method: it.method.clone(),
        target: sign_in_target(&redactor.redact(target, Text::Encoded), endpoint),
        headers: headers(it.headers.expose(), redactor),
        body,
        parameters,
        held: false,
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// What is typed into a sign-in form is not shown: every value is named by its field.
fn sign_in_form(body: &str) -> String {
    let shown = |(name, value): (String, String)| {
        let value = if name == "consent" { value } else { format!("<{name}>") };
        format!("{name}={value}")
    };
    pairs(body).into_iter().map(shown).collect::<Vec<_>>().join("&")
}

/// The identifier of a sign-in is as good as a password for as long as it lasts.
fn sign_in_target(target: &str, endpoint: &str) -> String {
    if endpoint != "sign_in" {
        return target.to_owned();
    }
    target.split_once("?i=").map_or_else(|| target.to_owned(), |(path, _)| format!("{path}?i=<i>"))
}

fn headers(headers: &Headers, redactor: &Redactor) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), header(name, value, redactor))).collect()
}

fn header(name: &str, value: &str, redactor: &Redactor) -> String {
    match name.to_ascii_lowercase().as_str() {
        "cookie" => {
            let shown = |pair: &str| format!("{}=<cookie>", pair.trim().split('=').next().unwrap_or_default());
            value.split(';').map(shown).collect::<Vec<_>>().join("; ")
        }
        "set-cookie" => {
            let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
            let name = pair.split('=').next().unwrap_or_default();
            format!("{name}=<cookie>;{attributes}")
        }
        "authorization" => authorization(value, redactor),
        "location" if value.contains("?i=") => sign_in_target(value, "sign_in"),
        _ => redactor.redact(value, Text::Encoded),
    }
}

/// Basic credentials are shown as what they encode, with the secret as a label.
fn authorization(value: &str, redactor: &Redactor) -> String {
    use base64::Engine as _;
    let decoded = value
        .strip_prefix("Basic ")
        .and_then(|encoded| base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded {
        Some(credentials) => format!("Basic {}", redactor.redact(&credentials, Text::Encoded)),
        None => redactor.redact(value, Text::Decoded),
    }
}

fn issued(it: &Issued, start: Timestamp, redactor: &mut Redactor) -> EventKind {
    let label = it.label.to_string();
    redactor.learn(it.text.expose(), &label);
    EventKind::Issued {
        exchange: it.exchange.0,
        token: it.label.kind.name().to_owned(),
        label,
        parent: it.parent.map(|parent| parent.to_string()),
        chain: it.chain.map(|chain| chain.0),
        expires_at_ms: it.expires_at.map(|end| end.as_millis() - start.as_millis()),
    }
}

fn reply(it: &Committed, redactor: &mut Redactor) -> EventKind {
    let body = String::from_utf8_lossy(it.body.expose()).into_owned();
    learn_codes(&body, redactor);
    let is_page = it.headers.expose().get("content-type").is_some_and(|value| value.contains("html"));
    let body = if is_page { sign_in_page(&body) } else { body };
    EventKind::Reply {
        exchange: it.exchange.0,
        status: it.status,
        headers: it
            .headers
            .expose()
            .iter()
            .map(|(name, value)| (name.to_owned(), header(name, value, redactor)))
            .collect(),
        body: redactor.redact(&body, Text::Encoded),
    }
}

/// The codes of a device (RFC 8628 section 3.2) are secrets as long as they last, and nobody else in the journal tells them.
fn learn_codes(body: &str, redactor: &mut Redactor) {
    if !body.contains("\"device_code\"") {
        return;
    }
    let members: Option<serde_json::Value> = serde_json::from_str(body).ok();
    for kind in ["device_code", "user_code"] {
        let code = members.as_ref().and_then(|it| it.get(kind)).and_then(serde_json::Value::as_str);
        if let Some(code) = code {
            redactor.learn_numbered(kind, code);
        }
    }
}

/// A page holds the identifier of its sign-in in a hidden field.
fn sign_in_page(body: &str) -> String {
    const FIELD: &str = "name=\"i\" value=\"";
    match body.split_once(FIELD).and_then(|(before, rest)| Some((before, rest.split_once('"')?.1))) {
        Some((before, after)) => format!("{before}{FIELD}<i>\"{after}"),
        None => body.to_owned(),
    }
}
