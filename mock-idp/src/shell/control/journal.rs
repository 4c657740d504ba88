//! The journal for reading.

use serde_json::{Value, json};

use crate::proto::journal::{Entry, What};
use crate::proto::time::Timestamp;
use crate::shell::realm::Realm;

/// The entries after a number.
pub(super) fn journal(realm: &Realm, after: u64) -> Value {
    let (entries, written) = realm.journal_after(after);
    let entries: Vec<Value> = entries.iter().map(entry).collect();
    json!({ "written": written, "entries": entries })
}

/// An entry for reading: labels instead of tokens, and no texts that could hold secrets.
fn entry(entry: &Entry) -> Value {
    let mut value = what(&entry.what);
    if let Value::Object(members) = &mut value {
        members.insert("number".to_owned(), entry.number.into());
        members.insert("at".to_owned(), entry.at.rfc3339().into());
    }
    value
}

fn what(what: &What) -> Value {
    match what {
        What::Received(it) => {
            let path = it.target.expose().split('?').next().unwrap_or_default();
            json!({ "kind": "received", "exchange": it.exchange.0, "via": it.via, "endpoint": it.endpoint.name(),
                    "method": it.method, "path": path })
        }
        What::Issued(it) => json!({ "kind": "issued", "exchange": it.exchange.0, "label": it.label.to_string(),
            "parent": it.parent.map(|label| label.to_string()), "chain": it.chain.map(|chain| chain.to_string()),
            "expires_at": it.expires_at.map(Timestamp::rfc3339) }),
        What::TokenEnded { exchange, token, why } => json!({ "kind": "token_ended",
            "exchange": exchange.map(|exchange| exchange.0), "label": token.to_string(), "why": format!("{why:?}") }),
        What::ChainEnded { exchange, chain, why } => json!({ "kind": "chain_ended",
            "exchange": exchange.map(|exchange| exchange.0), "chain": chain.to_string(), "why": why.name() }),
        What::Refused { exchange, cause } => json!({ "kind": "refused", "exchange": exchange.0,
            "cause": cause.kind().name(), "detail": cause.to_string() }),
        What::FaultStruck { exchange, text } => json!({ "kind": "fault_struck", "exchange": exchange.0, "text": text }),
        What::Committed(it) => json!({ "kind": "committed", "exchange": it.exchange.0, "status": it.status }),
        What::Left { exchange, extent } => {
            json!({ "kind": "left", "exchange": exchange.0, "extent": format!("{extent:?}") })
        }
        What::Changed { text } => json!({ "kind": "changed", "text": text }),
        What::MailOpened { session, via, protocol } => {
            json!({ "kind": "mail_opened", "session": session.0, "via": via, "protocol": protocol.name() })
        }
        What::MailReceived { session, exchange, text } => json!({ "kind": "mail_received", "session": session.0,
            "exchange": exchange.0, "command": command(text.expose()) }),
        What::MailRefused { exchange, cause } => json!({ "kind": "mail_refused", "exchange": exchange.0,
            "cause": cause.kind().name(), "detail": cause.to_string() }),
        What::MailSent { session, exchange, text } => json!({ "kind": "mail_sent", "session": session.0,
            "exchange": exchange.0, "line": last_line(text.expose()) }),
        What::MailClosed { session } => json!({ "kind": "mail_closed", "session": session.0 }),
        What::TurnedAway { text } => json!({ "kind": "turned_away", "text": text }),
    }
}

/// The first words of a command, with nothing that could be a secret or content: at most a tag and two names.
fn command(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let is_name = |word: &&str| word.len() <= 16 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.split_ascii_whitespace().take(3).take_while(is_name).collect::<Vec<_>>().join(" ")
}

/// The last line of an answer, which says how a command ended.
fn last_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).lines().last().unwrap_or_default().to_owned()
}
