//! An adapter that is a process of its own.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command as Program};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::adapter::broken::{Breakage, SessionBroken, shown};
use crate::adapter::group::Group;
use crate::adapter::line::next_line;
use crate::adapter::protocol::{AdapterEvent, Message};
use crate::adapter::replies::Replies;
use crate::adapter::stderr::Tail;
use crate::adapter::way::Surroundings;

/// The longest line that an adapter may write to stdout.
const LINE_LIMIT: usize = 1024 * 1024;

/// How much an adapter may say unasked in one session.
const EVENT_LIMIT: usize = 16 * 1024 * 1024;

/// How long an adapter that has closed its stdout may take to end, and how long its last output is waited for once it has.
const GRACE: Duration = Duration::from_secs(1);

/// How to start an adapter.
#[derive(Debug, Clone)]
pub struct SpawnOptions {
    /// The program and its arguments. No shell is involved.
    pub argv: Vec<String>,
    /// What differs from the harness's own environment.
    pub surroundings: Surroundings,
    /// The working directory; the harness's own when absent.
    pub directory: Option<PathBuf>,
    /// How long an operation may take, in real time.
    pub deadline: Duration,
}

impl SpawnOptions {
    /// `argv` with the default deadline of ten seconds.
    #[must_use]
    pub fn new(argv: Vec<String>) -> Self {
        Self { argv, surroundings: Surroundings::default(), directory: None, deadline: Self::DEADLINE }
    }

    /// The default deadline: an adapter answers in milliseconds, and a race holds a request for less than a second.
    pub const DEADLINE: Duration = Duration::from_secs(10);
}

/// The harness's end of an adapter process.
#[derive(Debug)]
pub(super) struct Process {
    outgoing: mpsc::UnboundedSender<Outgoing>,
    group: Arc<Group>,
    stderr: Arc<Tail>,
    ended: watch::Receiver<Option<Ending>>,
}

#[derive(Debug)]
enum Outgoing {
    Line(String),
    Close,
}

/// How the process ended: with status 0, or otherwise.
pub(super) type Ending = Result<(), SessionBroken>;

impl Process {
    /// Starts the program and everything that listens to it.
    pub(super) fn spawn(
        options: &SpawnOptions,
        replies: &Arc<Replies>,
        events: mpsc::UnboundedSender<AdapterEvent>,
    ) -> Result<Self, SessionBroken> {
        let mut child = start(options)?;
        let group = Arc::new(Group::new(child.id()));
        let stderr = Arc::new(Tail::default());
        let (outgoing, queue) = mpsc::unbounded_channel();
        if let Some(stdin) = child.stdin.take() {
            tokio::spawn(write_lines(stdin, queue));
        }
        let reader = Reader { replies: Arc::clone(replies), events, event_bytes: 0 };
        let stdout = child.stdout.take();
        let reading = tokio::spawn(async move {
            match stdout {
                Some(stdout) => reader.read(stdout).await,
                None => Ok(()),
            }
        });
        let following = tokio::spawn({
            let (tail, stream) = (Arc::clone(&stderr), child.stderr.take());
            async move {
                if let Some(stream) = stream {
                    tail.follow(stream).await;
                }
            }
        });
        let (done, ended) = watch::channel(None);
        let supervisor = Supervisor {
            child,
            group: Arc::clone(&group),
            replies: Arc::clone(replies),
            stderr: Arc::clone(&stderr),
            reading,
            following,
        };
        tokio::spawn(async move { drop(done.send(Some(supervisor.watch().await))) });
        Ok(Self { outgoing, group, stderr, ended })
    }

    /// Writes one request. When the process is gone, the supervisor tells everyone.
    pub(super) fn submit(&self, request: &Value) {
        drop(self.outgoing.send(Outgoing::Line(format!("{request}\n"))));
    }

    /// Closes its stdin.
    pub(super) fn close(&self) {
        drop(self.outgoing.send(Outgoing::Close));
    }

    /// Kills it and everything that it started.
    pub(super) fn stop(&self) {
        self.group.kill();
    }

    /// Waits until it has ended, however long that takes.
    pub(super) async fn ended(&self) -> Ending {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(ending) => ending.clone().unwrap_or(Ok(())),
            // The supervisor is gone without a word only when the runtime is.
            Err(_) => Err(Breakage::Killed.with(self.stderr())),
        }
    }

    /// The last lines of stderr so far.
    pub(super) fn stderr(&self) -> Vec<String> {
        self.stderr.lines()
    }
}

/// What every process finds in its environment, so that it does the same on every machine and in every run: no set of Python's that is
/// in another order each time, no local time.
const REPEATABLE: [(&str, &str); 2] = [("PYTHONHASHSEED", "0"), ("TZ", "UTC")];

fn start(options: &SpawnOptions) -> Result<Child, SessionBroken> {
    let not_started =
        |program: &str, why: String| Breakage::NotStarted { program: program.to_owned(), why }.with(Vec::new());
    let Some((program, arguments)) = options.argv.split_first() else {
        return Err(not_started("the adapter", "no program is given".to_owned()));
    };
    let mut command = Program::new(program);
    command.args(arguments).envs(REPEATABLE).envs(options.surroundings.set.iter().map(|(name, value)| (name, value)));
    for name in &options.surroundings.unset {
        command.env_remove(name);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    if let Some(directory) = &options.directory {
        command.current_dir(directory);
    }
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().map_err(|error| not_started(program, error.to_string()))
}

/// Writes what is queued. A process that does not listen any more is noticed by its exit, not here.
async fn write_lines(mut stdin: ChildStdin, mut queue: mpsc::UnboundedReceiver<Outgoing>) {
    while let Some(Outgoing::Line(line)) = queue.recv().await {
        if stdin.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
}

/// Takes messages from stdout.
struct Reader {
    replies: Arc<Replies>,
    events: mpsc::UnboundedSender<AdapterEvent>,
    event_bytes: usize,
}

impl Reader {
    /// Until stdout ends, or something is on it that must not be.
    async fn read(mut self, stdout: ChildStdout) -> Result<(), Breakage> {
        let mut stdout = BufReader::new(stdout);
        // A pipe that cannot be read any more is one that has ended.
        while let Ok(Some(line)) = next_line(&mut stdout, LINE_LIMIT).await {
            if line.too_long {
                return Err(Breakage::LineTooLong);
            }
            self.take(&line.bytes)?;
        }
        Ok(())
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Breakage> {
        match parse(line)? {
            Message::Reply { id, outcome } => self.replies.resolve(id, outcome),
            Message::Event { event } => {
                self.event_bytes += line.len();
                if self.event_bytes > EVENT_LIMIT {
                    return Err(Breakage::TooManyEvents);
                }
                // Whoever does not listen does not want to know.
                drop(self.events.send(event));
                Ok(())
            }
        }
    }
}

fn parse(line: &[u8]) -> Result<Message, Breakage> {
    match serde_json::from_slice::<Value>(line) {
        Ok(Value::Object(_)) => {
            serde_json::from_slice(line).map_err(|error| Breakage::Schema { why: error.to_string(), line: shown(line) })
        }
        Ok(_) | Err(_) => Err(Breakage::StrayLine { line: shown(line) }),
    }
}

/// Waits for the end of the process, finds out why it came, and tells everyone who waits.
struct Supervisor {
    child: Child,
    group: Arc<Group>,
    replies: Arc<Replies>,
    stderr: Arc<Tail>,
    reading: JoinHandle<Result<(), Breakage>>,
    following: JoinHandle<()>,
}

impl Supervisor {
    async fn watch(mut self) -> Ending {
        let (status, found) = tokio::select! {
            status = self.child.wait() => {
                // What it started must not hold its pipes open; what it wrote before it ended still counts.
                self.group.kill();
                let read = timeout(GRACE, &mut self.reading).await;
                (status, read.ok().and_then(Result::ok).and_then(Result::err))
            }
            read = &mut self.reading => self.after_stdout(read.unwrap_or(Ok(()))).await,
        };
        self.group.kill();
        self.group.forget();
        // A process may end, but its stderr is read by another task: the last words are worth a moment.
        drop(timeout(GRACE, &mut self.following).await);
        let went_well = found.is_none() && status.as_ref().is_ok_and(ExitStatus::success);
        let broken = found.unwrap_or_else(|| Breakage::of_exit(&status)).with(self.stderr.lines());
        self.replies.fail(broken.clone());
        if went_well { Ok(()) } else { Err(broken) }
    }

    /// Stdout has ended or has broken the protocol; the process may be about to end by itself.
    async fn after_stdout(&mut self, read: Result<(), Breakage>) -> (std::io::Result<ExitStatus>, Option<Breakage>) {
        let patience = if read.is_ok() { GRACE } else { Duration::ZERO };
        if let Ok(status) = timeout(patience, self.child.wait()).await {
            return (status, read.err());
        }
        self.group.kill();
        drop(self.child.start_kill());
        (self.child.wait().await, Some(read.err().unwrap_or(Breakage::ClosedStdout)))
    }
}
