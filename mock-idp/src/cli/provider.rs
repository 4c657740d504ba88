//! What every command that starts a provider can be told about it.

use clap::Args;
use mock_idp::profile::{ProfileError, load};
use mock_idp::proto::Seed;
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
    /// Change a policy field, as in `refresh.minimum_interval.span=1s`. Can be given several times.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
}

impl ProviderArguments {
    /// A provider on free loopback ports, with the demo user and client and a control API.
    pub(crate) fn config(&self) -> Result<Config, ProfileError> {
        let profile = load(&self.profile, &self.set)?;
        Ok(Config {
            seed: Seed::from_number(self.seed),
            clock: if self.frozen { ClockMode::Frozen } else { ClockMode::Running },
            control_port: Some(0),
            ..Config::new(profile, self.start.unwrap_or_else(Clock::machine_time))
        })
    }
}
