//! Expires an access token without waiting: sign in, call, move the clock by ten minutes, call again and see 401.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use mock_idp::profile::load;
use mock_idp::proto::time::Span;
use mock_idp::shell::{Config, MockIdp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

type Outcome<T> = Result<T, Box<dyn Error>>;

const CLIENT: &str = "client_id=5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c&redirect_uri=https://client.example/callback";

#[tokio::main]
async fn main() -> Outcome<()> {
    let settings = ["sign_in.steps=[password]", "sign_in.consent=never"].map(str::to_owned);
    let idp = MockIdp::start(Config::new(load("exact-online", &settings)?, "2021-11-15T02:00:00Z".parse()?)).await?;

    let begun = send(&idp, &format!("GET /api/oauth2/auth?response_type=code&{CLIENT} HTTP/1.1"), "").await?;
    let form = format!(
        "i={}&username=john.doe%40acme.example&LoginForm%24Password=correct+horse+battery+staple",
        between(&begun, "?i=", "\r\n")?
    );
    let head = format!("POST /docs/Login.aspx HTTP/1.1\r\ncookie: {}", between(&begun, "set-cookie: ", ";")?);
    let signed_in = send(&idp, &head, &form).await?;
    let code = between(&signed_in, "code=", "\r\n")?;
    let form = format!("grant_type=authorization_code&code={code}&{CLIENT}&client_secret=demo-client-secret");
    let tokens = send(&idp, "POST /api/oauth2/token HTTP/1.1", &form).await?;
    let access_token = between(&tokens, "\"access_token\":\"", "\"")?;

    let call = format!("GET /api/v1/current/Me HTTP/1.1\r\nauthorization: Bearer {access_token}");
    for millis in [0, 599_999, 1] {
        idp.realm().clock().advance(Span::from_millis(millis));
        let answer = send(&idp, &call, "").await?;
        println!("{}  {}", idp.realm().clock().now(), answer.lines().next().unwrap_or_default());
    }
    Ok(())
}

async fn send(idp: &MockIdp, head: &str, body: &str) -> Outcome<String> {
    let address = idp.url().trim_start_matches("http://");
    let more = "connection: close\r\ncontent-type: application/x-www-form-urlencoded";
    let request = format!("{head}\r\nhost: {address}\r\n{more}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Outcome<&'a str> {
    let rest = text.split_once(start).map(|(_, rest)| rest).ok_or_else(|| format!("no {start} in {text}"))?;
    Ok(rest.split(end).next().unwrap_or_default())
}
