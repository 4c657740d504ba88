//! What every command that starts a provider can be told about it.

use clap::{Args, ValueEnum};
use mock_idp::profile::{ProfileError, load};
use mock_idp::proto::Seed;
use mock_idp::proto::address::{Addresses, BaseUrl};
use mock_idp::proto::time::Timestamp;
use mock_idp::shell::{Clock, ClockMode, Config};

#[derive(Debug, Args)]
pub(crate) struct ProviderArguments {
    /// A shipped profile (see `mock-idp profiles`), or a .yaml file.
    #[arg(long, default_value = "exact-online")]
    profile: String,
    /// What codes and tokens are drawn from. The same seed gives the same ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// When the clock begins, as in 2021-11-15T02:00:00Z; now, if it is left out.
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// Start with the clock frozen; the control API moves it.
    #[arg(long)]
    frozen: bool,
    /// The issuer in tokens and documents, as in https://idp.example:8443; what a request was addressed to, if it is left out.
    /// Give it where a browser and a client reach the provider by different names.
    #[arg(long, env = "ISSUER", value_name = "URL")]
    issuer: Option<BaseUrl>,
    /// Where browsers reach the provider, if that is not where clients do: the authorization endpoint is advertised there. It is the
    /// issuer too, unless that is given.
    #[arg(long, env = "PUBLIC_ORIGIN", value_name = "URL")]
    browser_base: Option<BaseUrl>,
    /// Whether Forwarded and X-Forwarded-Proto, -Host and -Port say where a request was addressed to.
    #[arg(long, value_enum, default_value_t = ForwardedHeaders::Trust, value_name = "trust|ignore", hide_possible_values = true)]
    forwarded_headers: ForwardedHeaders,
    /// Change a policy field, as in `refresh.minimum_interval.span=1s`. Can be given several times.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
}

/// What is made of the fields that a proxy adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ForwardedHeaders {
    Trust,
    Ignore,
}

impl ProviderArguments {
    /// A provider on free loopback ports, with the demo user and client and a control API.
    pub(crate) fn config(&self) -> Result<Config, ProfileError> {
        let profile = load(&self.profile, &self.set)?;
        Ok(Config {
            seed: Seed::from_number(self.seed),
            clock: if self.frozen { ClockMode::Frozen } else { ClockMode::Running },
            control_port: Some(0),
            addresses: Addresses { issuer: self.issuer.clone(), browser: self.browser_base.clone() },
            trusts_forwarded: self.forwarded_headers == ForwardedHeaders::Trust,
            ..Config::new(profile, self.start.unwrap_or_else(Clock::machine_time))
        })
    }
}
