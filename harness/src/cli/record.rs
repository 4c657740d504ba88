//! `record`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use idp_harness::record::{Recorder, Telling, Upstream};

use super::command::{finish, start};
use super::exit::Exit;
use super::output::{complain, print};

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  idp-harness record --upstream https://login.microsoftonline.com --upstream https://graph.microsoft.com --out bad-day.har\n\n\
                        Point the client at the addresses that are printed. The file is a whole HAR at any moment; end with Ctrl-C. Or give the client's command after `--`: \
                        it gets the addresses as IDP_URL, IDP_URL_2 and so on, and its exit code is the exit code:\n\n  \
                        idp-harness record --upstream https://start.exactonline.nl --out run.har -- ./my-client --idp-from-env\n\nTokens, codes, passwords, \
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
    /// Call the provider by the host that the client uses, for one that goes by it, as `mock-idp` does: then also what it signs leads here.
    #[arg(long, conflicts_with = "no_rewrite")]
    same_host: bool,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
    /// A command to run and record, with its arguments, after `--`.
    #[arg(last = true)]
    command: Vec<OsString>,
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
    if arguments.force && arguments.out.is_file() {
        if let Err(error) = std::fs::remove_file(&arguments.out) {
            return complain(Exit::WrongInput, format!("{}: {error}", arguments.out.display()));
        }
    } else if arguments.out.exists() {
        return complain(
            Exit::WrongInput,
            format!("{} is there already; --force writes over it", arguments.out.display()),
        );
    }
    let telling = match (arguments.no_rewrite, arguments.same_host) {
        (true, _) => Telling::AsItIs,
        (false, true) => Telling::SameHost,
        (false, false) => Telling::Rewritten,
    };
    let recorder = Recorder::begin(upstreams, arguments.listen, &arguments.out, telling).await;
    let recorder = match recorder {
        Ok(recorder) => recorder,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    for (theirs, ours) in recorder.addresses() {
        print(&format!("{ours} is {theirs}\n"));
    }
    let command = match start(&arguments.command, &recorder.addresses()) {
        Ok(command) => command,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let (how, mut ended) = (if command.is_some() { "" } else { "; end with Ctrl-C" }, Exit::Fine);
    print(&format!("writing {}{how}\n", arguments.out.display()));
    let end = async { ended = finish(command).await };
    match recorder.serve(end).await {
        Ok(it) => {
            print(&format!("{} entries, {} secrets taken out\n", it.entries, it.secrets));
            if it.withheld > 0 {
                return complain(
                    Exit::Broke,
                    format!("{} entries are not in the file: their secrets could not be taken out", it.withheld),
                );
            }
            ended
        }
        Err(error) => complain(Exit::Broke, format!("{}: {error}", arguments.out.display())),
    }
}
