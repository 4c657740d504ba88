//! Mail for reading and for delivering.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::proto::mail::store::{Message, Submission};
use crate::proto::time::Timestamp;
use crate::shell::realm::Realm;

/// A message to deliver, in parts or as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delivery {
    to: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    text: Option<String>,
    /// The whole message (RFC 5322), in place of its parts.
    #[serde(default)]
    raw: Option<String>,
}

/// Puts a message into a mailbox, as if it had come from elsewhere.
pub(super) fn deliver(realm: &Realm, delivery: Delivery) -> Result<Value, String> {
    let Delivery { to, from, subject, text, raw } = delivery;
    let raw = match (raw, &from, &subject, &text) {
        (Some(raw), None, None, None) => raw.replace("\r\n", "\n").replace('\n', "\r\n"),
        (Some(_), _, _, _) => {
            return Err("`raw` is the whole message: `from`, `subject` and `text` are in it".to_owned());
        }
        (None, _, _, _) => composed(realm.clock().now(), &to, from, subject, text)?,
    };
    if realm.deliver(&to, raw.into_bytes()) {
        Ok(json!({ "status": "ok" }))
    } else {
        Err(format!("{to} has no mailbox here"))
    }
}

fn composed(
    now: Timestamp,
    to: &str,
    from: Option<String>,
    subject: Option<String>,
    text: Option<String>,
) -> Result<String, String> {
    let from = from.unwrap_or_else(|| "sender@sender.example".to_owned());
    let subject = subject.unwrap_or_default();
    if [to, &from, &subject].iter().any(|field| field.contains(['\r', '\n'])) {
        return Err("a header field is one line".to_owned());
    }
    let date = now.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let text = text.unwrap_or_default().replace("\r\n", "\n").replace('\n', "\r\n");
    Ok(format!("Date: {date}\r\nFrom: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n\r\n{text}\r\n"))
}

/// What was submitted, and with `mailbox` what is in the folders of one.
pub(super) fn mail(realm: &Realm, query: Option<&str>) -> Result<Value, String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mailbox = pairs.find(|(name, _)| name == "mailbox").map(|(_, value)| value.into_owned());
    realm.with(|idp| {
        if idp.policy().mail.is_none() {
            return Err("this provider has no mail; the profile exchange-online has".to_owned());
        }
        let submitted: Vec<Value> = idp.submissions().map(submission).collect();
        let Some(address) = mailbox else { return Ok(json!({ "submitted": submitted })) };
        if !idp.world().has_mailbox(&address) {
            return Err(format!("{address} has no mailbox here"));
        }
        let folders = idp.folders(&address).map_or_else(serde_json::Map::new, |folders| {
            let shown = |messages: &[Message]| messages.iter().map(message).collect::<Vec<_>>();
            folders.iter().map(|(name, folder)| (name.to_owned(), json!(shown(&folder.messages)))).collect()
        });
        Ok(json!({ "mailbox": address, "folders": folders }))
    })
}

fn submission(it: &Submission) -> Value {
    json!({
        "at": it.at.rfc3339(), "user": it.user, "client": it.client.as_ref().map(ToString::to_string), "from": it.from, "to": it.to,
        "delivered": it.delivered, "raw": String::from_utf8_lossy(&it.raw),
    })
}

fn message(it: &Message) -> Value {
    json!({ "uid": it.uid, "flags": it.flags, "received": it.received.rfc3339(), "raw": String::from_utf8_lossy(&it.raw) })
}
