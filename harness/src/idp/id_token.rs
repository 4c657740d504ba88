//! ID tokens as the provider issued them, decoded for the log: what stands in them is what is judged.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mock_idp::proto::journal::Committed;
use serde_json::{Map, Value};

use crate::idp::redact::{Redactor, Text};
use crate::run::event::EventKind;

/// The ID token in a reply, if there is one. From here on the redactor knows it.
pub(super) fn of_reply(it: &Committed, redactor: &mut Redactor) -> Option<EventKind> {
    let body: Map<String, Value> = serde_json::from_slice(it.body.expose()).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let id_token = text("id_token")?;
    redactor.learn_numbered("id_token", id_token);
    let label = redactor.redact(id_token, Text::Decoded).trim_matches(['<', '>']).to_owned();
    let mut parts = id_token.split('.').map(|part| members(part, redactor));
    let (header, mut claims) = (parts.next()??, parts.next()??);
    if let Some(hash) = claims.get_mut("at_hash") {
        // It follows from the access token, which is another in every run.
        let right = hash.as_str() == text("access_token").map(half_hash).as_deref();
        *hash = Value::from(if right { "right" } else { "wrong" });
    }
    Some(EventKind::IdToken { exchange: it.exchange.0, label, header, claims })
}

fn members(part: &str, redactor: &Redactor) -> Option<Map<String, Value>> {
    let mut members: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    redactor.redact_json(&mut members);
    match members {
        Value::Object(members) => Some(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

/// OpenID Connect Core section 3.1.3.6, for the algorithms that go with SHA-256.
fn half_hash(access_token: &str) -> String {
    let hash = digest(&SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16).unwrap_or_default())
}
