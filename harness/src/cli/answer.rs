//! `answer`.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use idp_harness::answer::{Answered, Answerer};
use idp_harness::capture::har::read_file;

use super::command::{finish, start};
use super::exit::Exit;
use super::output::{complain, print};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  idp-harness answer bad-day.har -- ./my-client --idp-from-env\n\n\
                        Each recorded origin gets an address, a provider's first; the command gets them as IDP_URL, IDP_URL_2 and so on. Without a command, point the \
                        client at the addresses that are printed, and end with Ctrl-C. The client's own values (state, PKCE, secret, redirect URI) may be others \
                        than in the recording, and so may the order in which it asks. What was not recorded gets status 501, and makes the exit code 1 \
                        unless the command's own is another than 0.")]
pub(crate) struct Arguments {
    /// The recording: a HAR file, as of `record` or a browser, or a Postman collection with saved answers.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to listen for the first origin.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// A client's command to run, with its arguments, after `--`.
    #[arg(last = true)]
    command: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(answer(arguments)),
        Err(error) => complain(Exit::Broke, error),
    }
}

async fn answer(arguments: &Arguments) -> Exit {
    let file = arguments.file.display();
    let mut capture = match read_file(&arguments.file) {
        Ok(capture) => capture,
        Err(error) => return complain(Exit::WrongInput, format!("{file}: {error}")),
    };
    let notes = std::mem::take(&mut capture.notes);
    let answerer = match Answerer::begin(capture, arguments.listen).await {
        Ok(answerer) => answerer,
        Err(error) => return complain(Exit::WrongInput, format!("{file}: {error}")),
    };
    for note in notes {
        let place = note.entry.map(|entry| format!("entry {entry}: ")).unwrap_or_default();
        print(&format!("note: {place}{}\n", note.text));
    }
    for what in answerer.left_out() {
        print(&format!("note: {what}\n"));
    }
    for (theirs, ours) in answerer.addresses() {
        print(&format!("{ours} is {theirs}\n"));
    }
    let command = match start(&arguments.command, &answerer.addresses()) {
        Ok(command) => command,
        Err(error) => return complain(Exit::WrongInput, error),
    };
    let (how, mut ended) = (if command.is_some() { "" } else { "; end with Ctrl-C" }, Exit::Fine);
    print(&format!("answering from {file}{how}\n"));
    let end = async { ended = finish(command).await };
    let answered = answerer.serve(end, |line| print(&format!("{line}\n"))).await;
    summary(&answered);
    if ended.code() == 0 && !answered.unmatched.is_empty() { Exit::ClientFailed } else { ended }
}

fn summary(it: &Answered) {
    let (unmatched, unasked) = (it.unmatched.len(), it.unasked.len());
    print(&format!("{} answered, {unmatched} not in the recording, {unasked} entries never asked for\n", it.answered));
    for request in &it.unmatched {
        print(&format!("  not in the recording: {request}\n"));
    }
    for entry in &it.unasked {
        print(&format!("  never asked for: {entry}\n"));
    }
}
