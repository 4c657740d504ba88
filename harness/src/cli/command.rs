//! A client's command, run while something here serves it.

use std::ffi::OsString;

use tokio::process::{Child, Command};

use super::exit::Exit;

/// Starts the command, if there is one, with the addresses in its environment.
pub(super) fn start(command: &[OsString], addresses: &[(String, String)]) -> Result<Option<Child>, String> {
    let Some((program, arguments)) = command.split_first() else { return Ok(None) };
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    for (number, (_, here)) in addresses.iter().enumerate() {
        let name = if number == 0 { "IDP_URL".to_owned() } else { format!("IDP_URL_{}", number + 1) };
        command.env(name, here);
    }
    command.spawn().map(Some).map_err(|error| format!("{}: {error}", program.display()))
}

/// Waits until it is over: for the command, whose exit code it is, or for whoever ends what has none.
pub(super) async fn finish(command: Option<Child>) -> Exit {
    match command {
        Some(command) => wait(command).await,
        None => {
            interrupted().await;
            Exit::Fine
        }
    }
}

/// Waits for the command. Whoever ends the program ends the command first.
async fn wait(mut command: Child) -> Exit {
    let status = loop {
        tokio::select! {
            status = command.wait() => break status,
            () = interrupted() => {
                // After Ctrl-C the command has had its signal already, and does not mind another.
                #[cfg(unix)]
                if let Some(id) = command.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
                    // A command that has just ended needs none.
                    let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
                }
            }
        }
    };
    let Ok(status) = status else { return Exit::Broke };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Exit::Command(u8::try_from(signal).unwrap_or_default().saturating_add(128));
    }
    status.code().and_then(|code| u8::try_from(code).ok()).map_or(Exit::Broke, Exit::Command)
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
