//! `env`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};

use clap::Args;
use mock_idp::shell::{MockIdp, UNSET, client_environment, write_client_files};

use super::provider::ProviderArguments;
use super::{Failure, absolute};

/// Print, or run a command with, the environment that sends programs to the mock by the real provider's name.
///
/// With --port it prints shell commands for a provider that runs already (`mock-idp serve --ca-dir FOLDER`):
///
///     eval "$(mock-idp env --port 8080 --ca FOLDER/ca.pem)"
///
/// With a COMMAND it starts a provider on a free port, with a CA that is thrown away, runs the command, and exits as it does.
/// The command also gets MOCK_IDP_URL and MOCK_IDP_CONTROL_URL.
///
///     mock-idp env -- curl https://start.exactonline.nl/api/v1/current/Me
///
/// Reached like this: Python, Node from 22.21 on, Go, Ruby, Perl, PHP's curl, curl, wget, git and most else that reads a proxy
/// and a CA from its environment. Java is sent to the proxy but not told of the CA, since it reads a PKCS #12 trust store only:
/// make one with `keytool -importcert`. Not reached: programs with compiled-in roots, and those that ignore proxies (PHP
/// streams, aiohttp without trust_env).
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print the variables for the provider on this port of 127.0.0.1.
    #[arg(long, required_unless_present = "command", conflicts_with_all = ["command", "ProviderArguments"])]
    port: Option<u16>,
    /// That provider's CA certificate, from `serve --ca-dir` or `--ca-out`. Without it, nothing is printed about whom to trust;
    /// wget and PHP are told only of one in a folder of --ca-dir.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["command", "ProviderArguments"])]
    ca: Option<PathBuf>,
    #[command(flatten)]
    provider: ProviderArguments,
    /// The command to run, with its arguments, after `--`.
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub(crate) fn env(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let Some((program, rest)) = arguments.command.split_first() else {
        let text = exports(arguments.port.unwrap_or_default(), arguments.ca.as_deref())?;
        io::stdout().write_all(text.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    };
    let config = arguments.provider.config()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let idp = MockIdp::start(config).await.map_err(Failure::Listen)?;
        let folder = tempfile::Builder::new().prefix("mock-idp-").tempdir()?;
        let file = folder.path().join("ca.pem");
        fs::write(&file, idp.ca_pem()?)?;
        let ca = absolute(&file)?;
        write_client_files(&ca)?;
        let mut command = tokio::process::Command::new(program);
        command.args(rest).envs(client_environment(idp.url(), Some(&ca)));
        for name in UNSET {
            command.env_remove(name);
        }
        command.env("MOCK_IDP_URL", idp.url()).env("MOCK_IDP_CONTROL_URL", idp.control_url().unwrap_or_default());
        let child = command.spawn().map_err(|why| Failure::Command { name: program.display().to_string(), why })?;
        Ok(exit_code(wait(child).await?))
    })
}

/// What a shell can evaluate.
fn exports(port: u16, ca: Option<&Path>) -> Result<String, Failure> {
    let ca = ca.map(absolute).transpose()?;
    let mut text = String::new();
    for (name, value) in client_environment(&format!("http://127.0.0.1:{port}"), ca.as_deref()) {
        let _ = writeln!(text, "export {name}={}", quoted(&value));
    }
    for name in UNSET {
        let _ = writeln!(text, "unset {name}");
    }
    Ok(text)
}

/// In single quotes, where a shell changes nothing; a single quote stands outside of them.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// Waits for the command. An interrupt from the terminal reaches it as well, and it decides; a termination is passed on.
#[cfg(unix)]
async fn wait(mut child: tokio::process::Child) -> io::Result<ExitStatus> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    loop {
        let id = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        tokio::select! {
            status = child.wait() => return status,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => if let Some(id) = id {
                // A command that has just ended needs none.
                let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
            }
        }
    }
}

#[cfg(not(unix))]
async fn wait(mut child: tokio::process::Child) -> io::Result<ExitStatus> {
    child.wait().await
}

/// The command's own; 128 and the signal's number if one ended it, as shells have it.
fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return ExitCode::from(u8::try_from(signal).unwrap_or_default().saturating_add(128));
    }
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_single_quote_in_a_value_ends_the_quotes_and_begins_them_again() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $x"), r"'it'\''s $x'");
    }
}
