//! The core without sockets: hand in the time and a request, get a reply, say how it left, and read why.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use mock_idp::profile::load;
use mock_idp::proto::journal::What;
use mock_idp::proto::message::{Headers, Request, RequestBody};
use mock_idp::proto::time::{Span, Timestamp};
use mock_idp::proto::{Idp, Seed};
use mock_idp::shell::demo_world;

fn main() -> Result<(), Box<dyn Error>> {
    let profile = load("exact-online@2021-11", &[])?;
    let mut idp = Idp::new(Arc::new(profile.policy), demo_world(), Seed::from_number(1));
    let mut now: Timestamp = "2021-11-15T02:00:00Z".parse()?;
    let client = "client_id=5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c&client_secret=demo-client-secret";
    for form in [
        format!("grant_type=refresh_token&refresh_token=damaged&{client}"),
        format!("grant_type=password&{client}"),
        "grant_type=refresh_token&refresh_token=x&client_id=nobody&client_secret=x".to_owned(),
    ] {
        let reply = idp.handle(now, &token_request(&form));
        // A carrier sends the reply here, as `reply.delivery` says; this one only prints it.
        println!("{now}  {} {}", reply.response.status, String::from_utf8_lossy(&reply.response.body));
        idp.left(now, reply.exchange, reply.delivery.extent);
        now = now.plus(Span::from_seconds(60));
    }
    println!("\nwhy:");
    for entry in idp.journal().after(0) {
        if let What::Refused { exchange, cause } = &entry.what {
            println!("{}  request {exchange} was refused: {cause}", entry.at);
        }
    }
    Ok(())
}

fn token_request(form: &str) -> Request {
    let mut headers = Headers::new();
    headers.push("Content-Type", "application/x-www-form-urlencoded");
    Request {
        via: "example".to_owned(),
        method: "POST".to_owned(),
        origin: "http://127.0.0.1:8080".to_owned(),
        path: "/api/oauth2/token".to_owned(),
        query: None,
        headers,
        body: RequestBody::Whole(form.as_bytes().to_vec()),
    }
}
