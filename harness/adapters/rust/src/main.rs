//! The crate `openidconnect` behind the adapter protocol, used as its documentation shows: discover, authorize with PKCE, exchange the
//! code, verify the ID token and its `at_hash`, ask the UserInfo endpoint. Nothing is repaired here; what the library does not do, this program
//! does not do.

mod client;
mod store;

use std::io::{BufRead as _, Write as _};

use serde_json::{Value, json};

use crate::client::{Client, Failure};

/// The version of the protocol that is spoken.
const PROTOCOL: &str = "1.2";

fn main() -> std::io::Result<()> {
    let mut client = None;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let command = &request["command"];
        let outcome = answer(&mut client, command).unwrap_or_else(|failure| failure.outcome());
        serde_json::to_writer(&mut out, &json!({"type": "reply", "id": request["id"], "outcome": outcome}))?;
        out.write_all(b"\n")?;
        out.flush()?;
        if command["op"] == "quit" {
            break;
        }
    }
    Ok(())
}

fn answer(client: &mut Option<Client>, command: &Value) -> Result<Value, Failure> {
    let op = command["op"].as_str().unwrap_or_default();
    match op {
        "hello" => {
            return Ok(json!({
                "result": "hello", "protocol": PROTOCOL, "clock": "inject",
                "adapter": {"name": "openidconnect", "version": env!("CARGO_PKG_VERSION")},
                "library": {
                    "name": "openidconnect", "version": "4.1.0", "language": "Rust",
                    "issues": "https://github.com/ramosbugs/openidconnect-rs/issues",
                },
                "capabilities": ["authorization_code", "call", "refresh", "shared_store", "clock", "openid"],
            }));
        }
        "configure" => {
            *client = Some(Client::new(command)?);
            return Ok(json!({"result": "done"}));
        }
        "quit" => return Ok(json!({"result": "done"})),
        _ => {}
    }
    let client = client.as_mut().ok_or_else(|| Failure::bug("not configured yet"))?;
    match op {
        "authorize" => Ok(json!({"result": "authorize", "url": client.authorize()?})),
        "callback" => Ok(match client.callback(command["url"].as_str().unwrap_or_default())? {
            Some(subject) => json!({"result": "signed_in", "subject": subject}),
            None => json!({"result": "done"}),
        }),
        "call" => {
            let (status, body) = client.call(command)?;
            Ok(json!({"result": "call", "status": status, "body": body}))
        }
        "refresh" => client.refresh().map(|()| json!({"result": "done"})),
        "clock" => {
            client.set_clock(command["now"].as_f64().unwrap_or_default());
            Ok(json!({"result": "clock", "now": client.now()}))
        }
        other => Err(Failure::new("unsupported", format!("unknown operation {other:?}"))),
    }
}
