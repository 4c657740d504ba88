//! `serve`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use mock_idp::proto::client::Client;
use mock_idp::proto::mail::MailProtocol;
use mock_idp::proto::policy::{Pkce, Policy};
use mock_idp::proto::world::World;
use mock_idp::shell::{
    CaError, CertificateAuthority, Config, DEMO_TOTP_SECRET_BASE32, MockIdp, demo_world_of, write_client_files,
};

use super::Failure;
use super::provider::ProviderArguments;

/// The example of RFC 7636 appendix B, for the printed commands.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Start a provider.
///
/// Its port speaks HTTP, HTTPS and, for the profile's hosts alone, is an HTTP proxy: `mock-idp env` prints the environment that
/// sends unmodified programs to it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    provider: ProviderArguments,
    /// The port of the provider; 0 takes a free one.
    #[arg(long, env = "PORT", default_value_t = 8080)]
    port: u16,
    /// The port of the control API, on 127.0.0.1 only; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// The port of the IMAP server, if the profile has one; 0 takes a free one.
    #[arg(long, env = "IMAP_PORT", default_value_t = 0)]
    imap_port: u16,
    /// The port of the submission server (SMTP with STARTTLS), if the profile has one; 0 takes a free one.
    #[arg(long, env = "SMTP_PORT", default_value_t = 0)]
    smtp_port: u16,
    /// The port of the POP3 server, if the profile has one; 0 takes a free one.
    #[arg(long, env = "POP_PORT", default_value_t = 0)]
    pop_port: u16,
    /// The address to listen on.
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    host: IpAddr,
    /// Keep the CA in this folder: ca.pem, ca.key and the files by which wget and PHP learn of it. Made if it is not there, used
    /// again if it is. Without it, the CA lives as long as the process. Whoever has ca.key can sign for any host, so trust
    /// ca.pem for tests only.
    #[arg(long, value_name = "FOLDER")]
    ca_dir: Option<PathBuf>,
    /// Write the CA's certificate to this file, in PEM, over what is there.
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
}

pub(crate) fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let config = Config {
        host: arguments.host,
        port: arguments.port,
        control_port: Some(arguments.control_port),
        mail_ports: BTreeMap::from([
            (MailProtocol::Imap, arguments.imap_port),
            (MailProtocol::Smtp, arguments.smtp_port),
            (MailProtocol::Pop, arguments.pop_port),
        ]),
        ca: arguments.ca_dir.as_deref().map_or_else(|| Ok(CertificateAuthority::default()), kept_ca)?,
        ..arguments.provider.config()?
    };
    let heading =
        format!("mock-idp {} · {} · {}", env!("CARGO_PKG_VERSION"), config.profile.name, config.profile.title);
    let policy = config.profile.policy.clone();
    let world = demo_world_of(&policy);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let idp = MockIdp::start(config).await.map_err(Failure::Listen)?;
        if let Some(file) = &arguments.ca_out {
            fs::write(file, idp.ca_pem()?).map_err(|why| CaError::File { path: file.clone(), why })?;
        }
        io::stdout().write_all(greeting(&heading, &idp, &world, &policy).as_bytes())?;
        tokio::signal::ctrl_c().await?;
        Ok(())
    })
}

fn kept_ca(folder: &Path) -> Result<CertificateAuthority, Failure> {
    let ca = CertificateAuthority::kept_in(folder)?;
    write_client_files(&super::absolute(&folder.join("ca.pem"))?)?;
    Ok(ca)
}

/// What is printed once everything is bound. The line that starts with `listening on` is for programs that wait for it.
fn greeting(heading: &str, idp: &MockIdp, world: &World, policy: &Policy) -> String {
    let key_header = policy.api.key_header.as_ref();
    let url = idp.url();
    let control = idp.control_url().unwrap_or_default();
    let mut text = format!("{heading}\nlistening on {url}\ncontrol API on {control}\n");
    for server in idp.mail() {
        let security = if server.protocol.is_implicit_tls() { "TLS" } else { "STARTTLS" };
        let _ = writeln!(text, "{} with {security} on {}", server.protocol.name().to_ascii_uppercase(), server.address);
    }
    for user in &world.users {
        let _ = write!(text, "\nuser      {}\npassword  {}\n", user.name, user.password.expose());
        if user.totp_secret.is_some() {
            let _ = writeln!(text, "TOTP      {DEMO_TOTP_SECRET_BASE32}");
        }
        if let (Some(key), Some(header)) = (&user.api_key, key_header) {
            let _ = writeln!(text, "API key   {} (in {header})", key.expose());
        }
    }
    for (number, client) in world.clients.iter().enumerate() {
        let redirect_uri = client.redirect_uris.first().map_or("", String::as_str);
        let _ = writeln!(text, "\nclient    {}", client.id);
        if number > 0 {
            let _ = writeln!(text, "name      {}", client.name);
        }
        if let Some(secret) = &client.secret {
            let _ = writeln!(text, "secret    {}", secret.expose());
        }
        let _ = writeln!(text, "redirect  {redirect_uri}");
        if number == 0 {
            text.push_str(&first_steps(url, control, policy, client));
        }
    }
    text
}

/// How to get tokens as this client.
fn first_steps(url: &str, control: &str, policy: &Policy, client: &Client) -> String {
    let authorization = policy.path_in(&policy.authorization.path, None);
    let token = policy.path_in(&policy.token.path, None);
    let secret = client.secret.as_ref().map_or("", |secret| secret.expose());
    let redirect_uri = client.redirect_uris.first().map_or("", String::as_str);
    let encoded: String = form_urlencoded::byte_serialize(redirect_uri.as_bytes()).collect();
    let scope = if policy.openid.is_some() { "&scope=openid" } else { "" };
    let (challenge, verifier) = if matches!(policy.authorization.pkce, Pkce::Checked { required: true, .. }) {
        (format!("code_challenge={CHALLENGE}&code_challenge_method=S256"), format!(" -d code_verifier={VERIFIER}"))
    } else {
        (String::new(), String::new())
    };
    let asked = if challenge.is_empty() { String::new() } else { format!("&{challenge}") };
    let posted = if challenge.is_empty() { String::new() } else { format!(" -d '{challenge}'") };
    format!(
        "\nsign in with a browser:\n  {url}{authorization}?response_type=code&client_id={}&redirect_uri={encoded}&state=xyz{scope}{asked}\n\
         or get tokens without one:\n  curl {url}{token} -d grant_type=authorization_code \\\n    \
         --data-urlencode \"code=$(curl -sX POST {control}/code{posted})\" \\\n    \
         -d redirect_uri={encoded} \\\n    -d client_id={} -d client_secret={secret}{verifier}\n",
        client.id, client.id,
    )
}
