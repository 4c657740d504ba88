//! `record`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use idp_harness::record::{Recorder, Upstream};

use super::exit::Exit;
use super::output::{complain, print};

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  idp-harness record --upstream https://login.microsoftonline.com --upstream https://graph.microsoft.com --out bad-day.har\n\n\
                        Point the client at the addresses that are printed. The file is a whole HAR at any moment; end with Ctrl-C. Tokens, codes, passwords, \
                        cookies and names of users are labels in it, the same wherever they recur."
)]
pub(crate) struct Arguments {
    /// The provider: scheme, host and port. Given several times, each gets a port of its own.
    #[arg(long, value_name = "URL", required = true)]
    upstream: Vec<String>,
    /// The HAR file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where to listen for the first of them.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// CA certificates to trust, in PEM; the machine's own, if it is left out.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Hand answers on as they are, with the provider's own URLs in them.
    #[arg(long)]
    no_rewrite: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(record(arguments)),
        Err(error) => complain(Exit::Broke, error),
    }
}

async fn record(arguments: &Arguments) -> Exit {
    let ca = match arguments.ca.as_ref().map(std::fs::read).transpose() {
        Ok(ca) => ca,
        Err(error) => return complain(Exit::WrongInput, format!("--ca: {error}")),
    };
    let upstreams: Result<Vec<Upstream>, _> =
        arguments.upstream.iter().map(|address| Upstream::new(address, ca.as_deref())).collect();
    let upstreams = match upstreams {
        Ok(upstreams) => upstreams,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let recorder = Recorder::begin(upstreams, arguments.listen, &arguments.out, !arguments.no_rewrite).await;
    let recorder = match recorder {
        Ok(recorder) => recorder,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    for (theirs, ours) in recorder.addresses() {
        print(&format!("{ours} is {theirs}\n"));
    }
    print(&format!("writing {}; end with Ctrl-C\n", arguments.out.display()));
    match recorder.serve(interrupted()).await {
        Ok(it) => {
            print(&format!("{} entries, {} secrets taken out\n", it.entries, it.secrets));
            if it.withheld > 0 {
                return complain(
                    Exit::Broke,
                    format!("{} entries are not in the file: their secrets could not be taken out", it.withheld),
                );
            }
            Exit::Fine
        }
        Err(error) => complain(Exit::Broke, format!("{}: {error}", arguments.out.display())),
    }
}

/// Ctrl-C, or whoever ends it otherwise.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut ended) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = ended.recv() => {}
        }
    }
    #[cfg(not(unix))]
    drop(tokio::signal::ctrl_c().await);
}
