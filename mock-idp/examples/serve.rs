//! A provider in a test's own process: start it on a free port, send it a request, stop it.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use mock_idp::profile::load;
use mock_idp::shell::{Clock, ClockMode, Config, MockIdp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::new(load("exact-online", &[])?, Clock::machine_time());
    let idp = MockIdp::start(Config { clock: ClockMode::Running, ..config }).await?;
    println!("listening on {}\n", idp.url());

    let address = idp.url().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await?;
    let request = format!("GET /api/v1/current/Me HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    println!("{answer}");

    // Dropping it closes its ports and its connections.
    drop(idp);
    Ok(())
}
