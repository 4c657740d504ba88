//! The built-in client as a process of its own: the protocol on stdin and stdout.

use std::io::{self, BufRead, Read as _, Write};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::adapter::operation;
use crate::adapter::protocol::{Command, Failure, Message, Outcome, Request};
use crate::client::events::Events;
use crate::client::failure::{bug, unsupported};
use crate::client::reference::ReferenceClient;

/// The longest request line.
const LINE_LIMIT: u64 = 1024 * 1024;

/// Speaks the protocol on this process's stdin and stdout until it is told to quit or stdin ends.
///
/// # Errors
///
/// As [`serve`].
pub async fn serve_stdio(client: ReferenceClient) -> io::Result<()> {
    serve(client, io::BufReader::new(io::stdin()), io::stdout()).await
}

/// Speaks the protocol on `input` and `output`. Requests run at the same time; each message is one line, written when it is
/// made. After `quit`, what still runs is dropped; when `input` ends without it, what still runs is finished first.
///
/// # Errors
///
/// When `input` cannot be read, `output` not be written, or a line is no request and has no number to answer to.
pub async fn serve(
    client: ReferenceClient,
    input: impl BufRead + Send + 'static,
    mut output: impl Write + Send,
) -> io::Result<()> {
    let client = Arc::new(client);
    let (messages, mut outgoing) = mpsc::unbounded_channel::<Message>();
    let mut lines = lines_of(input);
    let mut running = JoinSet::new();
    let mut input_open = true;
    while input_open || !running.is_empty() {
        tokio::select! {
            // What was said first is written first, and before another request is taken.
            biased;
            Some(message) = outgoing.recv() => write_line(&mut output, &message)?,
            Some(ended) = running.join_next() => ended.map_err(io::Error::other)?,
            line = lines.recv(), if input_open => match line.transpose()?.map(|line| parse(&line)).transpose()? {
                None => input_open = false,
                Some(Ok(Request { id, command: Command::Quit })) => {
                    return write_line(&mut output, &Message::Reply { id, outcome: Outcome::Done });
                }
                Some(Ok(request)) => drop(running.spawn(answer(Arc::clone(&client), request, messages.clone()))),
                Some(Err((id, failure))) => {
                    write_line(&mut output, &Message::Reply { id, outcome: Outcome::Error(failure) })?;
                }
            },
        }
    }
    drop(messages);
    while let Some(message) = outgoing.recv().await {
        write_line(&mut output, &message)?;
    }
    Ok(())
}

async fn answer(client: Arc<ReferenceClient>, request: Request, messages: mpsc::UnboundedSender<Message>) {
    // A closed channel means that the harness has left: there is nobody to tell.
    let events = Events::new({
        let messages = messages.clone();
        move |event| drop(messages.send(Message::Event { event }))
    });
    let outcome = client.handle(request.command, &events).await;
    drop(messages.send(Message::Reply { id: request.id, outcome }));
}

/// The request in `line`, or the number and the failure to answer with.
fn parse(line: &str) -> io::Result<Result<Request, (u64, Failure)>> {
    let broken = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("not a request: {why}: {line}"));
    let value: Value = serde_json::from_str(line).map_err(|error| broken(error.to_string()))?;
    let id = value.get("id").and_then(Value::as_u64).ok_or_else(|| broken("no id".to_owned()))?;
    let op = value.pointer("/command/op").and_then(Value::as_str).unwrap_or_default();
    if !op.is_empty() && !operation::NAMES.contains(&op) {
        return Ok(Err((id, unsupported(format!("no such operation: {op}")))));
    }
    Ok(serde_json::from_value(value).map_err(|error| (id, bug(error.to_string()))))
}

/// Reads lines on a thread of its own, which ends with the process: a blocked read of stdin cannot be called off, and must not
/// keep the runtime from shutting down.
fn lines_of(mut input: impl BufRead + Send + 'static) -> mpsc::Receiver<io::Result<String>> {
    let (sender, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        while let Some(line) = next_line(&mut input).transpose() {
            let ends = line.is_err();
            if sender.blocking_send(line).is_err() || ends {
                break;
            }
        }
    });
    lines
}

fn next_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = input.by_ref().take(LINE_LIMIT).read_line(&mut line)?;
    if read as u64 == LINE_LIMIT && !line.ends_with('\n') {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a request line is longer than 1 MiB"));
    }
    Ok((read > 0).then_some(line))
}

fn write_line(output: &mut impl Write, message: &Message) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn talk(input: &'static str) -> (io::Result<()>, String) {
        let mut output = Vec::new();
        let ended = serve(ReferenceClient::new(None), input.as_bytes(), &mut output).await;
        (ended, String::from_utf8(output).unwrap())
    }

    #[tokio::test]
    async fn requests_are_answered_by_number_and_quit_ends_it() {
        let (ended, said) = talk(concat!(
            r#"{"id":1,"command":{"op":"clock","now":12.5}}"#,
            "\n",
            r#"{"id":2,"command":{"op":"quit"}}"#,
            "\n",
            r#"{"id":3,"command":{"op":"clock","now":13}}"#,
            "\n",
        ))
        .await;
        ended.unwrap();
        assert!(said.ends_with("{\"type\":\"reply\",\"id\":2,\"outcome\":{\"result\":\"done\"}}\n"), "{said}");
        assert!(!said.contains("\"id\":3"), "{said}");
    }

    #[tokio::test]
    async fn what_runs_when_the_input_ends_is_still_answered() {
        let (ended, said) = talk(r#"{"id":7,"command":{"op":"clock","now":12.5}}"#).await;
        ended.unwrap();
        assert_eq!(said, "{\"type\":\"reply\",\"id\":7,\"outcome\":{\"result\":\"clock\",\"now\":12.5}}\n");
    }

    #[tokio::test]
    async fn an_unknown_operation_is_unsupported_and_a_malformed_one_a_bug() {
        let (ended, said) =
            talk("{\"id\":1,\"command\":{\"op\":\"dance\"}}\n{\"id\":2,\"command\":{\"op\":\"clock\"}}\n").await;
        ended.unwrap();
        let lines: Vec<_> = said.lines().collect();
        assert!(lines[0].contains("\"id\":1") && lines[0].contains("unsupported"), "{said}");
        assert!(lines[1].contains("\"id\":2") && lines[1].contains("bug"), "{said}");
    }

    #[tokio::test]
    async fn a_line_without_a_number_ends_it_with_an_error() {
        for line in ["hello\n", "{}\n", "[]\n"] {
            assert_eq!(talk(line).await.0.unwrap_err().kind(), io::ErrorKind::InvalidData, "{line}");
        }
    }

    #[test]
    fn a_line_of_the_limit_is_read_and_a_longer_one_is_not() {
        let line = |length: usize| format!("{}\n", "x".repeat(length - 1));
        let limit = usize::try_from(LINE_LIMIT).unwrap();
        assert!(next_line(&mut line(limit).as_bytes()).unwrap().is_some());
        assert!(next_line(&mut line(limit + 1).as_bytes()).is_err());
    }
}
