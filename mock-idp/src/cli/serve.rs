//! `serve`.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::IpAddr;

use clap::Args;
use mock_idp::profile::load;
use mock_idp::proto::Seed;
use mock_idp::proto::time::Timestamp;
use mock_idp::proto::world::World;
use mock_idp::shell::{Clock, ClockMode, Config, DEMO_TOTP_SECRET_BASE32, MockIdp, demo_world};

use super::Failure;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A shipped profile (see `mock-idp profiles`), or a .yaml file.
    #[arg(long, default_value = "exact-online")]
    profile: String,
    /// The port of the provider; 0 takes a free one.
    #[arg(long, env = "PORT", default_value_t = 8080)]
    port: u16,
    /// The port of the control API, on 127.0.0.1 only; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// The address to listen on.
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    host: IpAddr,
    /// What codes and tokens are drawn from. The same seed gives the same ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When the clock begins, as in 2021-11-15T02:00:00Z; now, if it is left out.
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// Start with the clock frozen; the control API moves it.
    #[arg(long)]
    frozen: bool,
    /// Change a policy field, as in `refresh.minimum_interval.span=1s`. Can be given several times.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
}

pub(crate) fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let profile = load(&arguments.profile, &arguments.set)?;
    let heading = format!("mock-idp {} · {} · {}", env!("CARGO_PKG_VERSION"), profile.name, profile.title);
    let paths = (profile.policy.authorization.path.clone(), profile.policy.token.path.clone());
    let world = demo_world();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = Config {
            profile,
            world: world.clone(),
            seed: Seed::from_number(arguments.seed),
            start: arguments.start.unwrap_or_else(Clock::machine_time),
            clock: if arguments.frozen { ClockMode::Frozen } else { ClockMode::Running },
            host: arguments.host,
            port: arguments.port,
            control_port: Some(arguments.control_port),
        };
        let idp = MockIdp::start(config).await.map_err(Failure::Listen)?;
        io::stdout().write_all(greeting(&heading, &idp, &world, &paths).as_bytes())?;
        tokio::signal::ctrl_c().await?;
        Ok(())
    })
}

/// What is printed once everything is bound. The line that starts with `listening on` is for programs that wait for it.
fn greeting(heading: &str, idp: &MockIdp, world: &World, (authorization, token): &(String, String)) -> String {
    let url = idp.url();
    let control = idp.control_url().unwrap_or_default();
    let mut text = format!("{heading}\nlistening on {url}\ncontrol API on {control}\n");
    for user in &world.users {
        let _ = write!(text, "\nuser      {}\npassword  {}\n", user.name, user.password.expose());
        if user.totp_secret.is_some() {
            let _ = writeln!(text, "TOTP      {DEMO_TOTP_SECRET_BASE32}");
        }
    }
    for client in &world.clients {
        let secret = client.secret.as_ref().map_or("", |secret| secret.expose());
        let redirect_uri = client.redirect_uris.first().map_or("", String::as_str);
        let _ = write!(text, "\nclient    {}\nsecret    {secret}\nredirect  {redirect_uri}\n", client.id);
        let encoded: String = form_urlencoded::byte_serialize(redirect_uri.as_bytes()).collect();
        let _ = write!(
            text,
            "\nsign in with a browser:\n  {url}{authorization}?response_type=code&client_id={}&redirect_uri={encoded}&state=xyz\n\
             or get tokens without one:\n  curl {url}{token} -d grant_type=authorization_code \\\n    \
             --data-urlencode \"code=$(curl -sX POST {control}/code)\" \\\n    \
             -d redirect_uri={encoded} \\\n    -d client_id={} -d client_secret={secret}\n",
            client.id, client.id,
        );
    }
    text
}
