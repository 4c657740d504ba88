//! Loses replies on purpose: a client asks again after a 503 and after a lost answer, and the journal says what was handled.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use mock_idp::profile::load;
use mock_idp::proto::EndpointKind;
use mock_idp::proto::fault::{Action, Fault};
use mock_idp::proto::journal::What;
use mock_idp::proto::message::{Extent, Response};
use mock_idp::shell::{Config, MockIdp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let idp = MockIdp::start(Config::new(load("exact-online", &[])?, "2021-11-15T02:00:00Z".parse()?)).await?;
    let down = Response::with_body(503, "text/plain", "Server maintenance").header("Retry-After", "60");
    let half = Action::Deliver(Extent::CutAfter(12));
    for action in [Action::AnswerBefore(down), Action::DropBefore, Action::Deliver(Extent::Dropped), half] {
        let at = EndpointKind::Token;
        let grant = Some("refresh_token".to_owned());
        idp.realm().add_fault(Fault { at, grant, client: None, via: None, skip: 0, times: 1, action });
    }
    // Each fault counts every request; the first that is due strikes, so they take turns.
    for attempt in 1..=5 {
        println!("attempt {attempt}: {}", refresh(&idp).await?);
    }
    println!("\nthe journal:");
    for entry in idp.realm().journal_after(0).0 {
        if let What::FaultStruck { exchange, text } = &entry.what {
            println!("request {exchange}: {text}");
        } else if let What::Refused { exchange, cause } = &entry.what {
            println!("request {exchange}: refused, {cause}");
        }
    }
    Ok(())
}

/// The first and the last line of the answer.
async fn refresh(idp: &MockIdp) -> Result<String, Box<dyn Error>> {
    let address = idp.url().trim_start_matches("http://");
    let form = "grant_type=refresh_token&refresh_token=x&client_id=x&client_secret=x";
    let head = "connection: close\r\ncontent-type: application/x-www-form-urlencoded";
    let request = format!(
        "POST /api/oauth2/token HTTP/1.1\r\nhost: {address}\r\n{head}\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    match stream.read_to_string(&mut answer).await {
        Ok(0) => Ok("nothing, the connection was closed".to_owned()),
        Ok(_) => {
            Ok(format!("{} … {}", answer.lines().next().unwrap_or_default(), answer.lines().last().unwrap_or_default()))
        }
        Err(error) => Ok(error.to_string()),
    }
}
