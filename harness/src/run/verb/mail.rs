//! `mail`: what a client does at mail servers.

use crate::adapter::protocol::{Command, MailTask, Outcome};
use crate::run::cell::{Cell, Stop, expect_line, name_of};
use crate::scenario::{Mail, Step};

pub(crate) async fn run(cell: &mut Cell, step: &Step, mail: &Mail) -> Result<(), Stop> {
    let worker = name_of(&step.worker);
    let own = cell.provider.mail_user();
    let task = match mail {
        Mail::Read(protocol) => MailTask::Read { protocol: *protocol },
        Mail::Send(send) => MailTask::Send {
            from: send.from.clone().unwrap_or_else(|| own.clone()),
            to: send.to.clone().unwrap_or(own),
            subject: send.subject.clone().unwrap_or_else(|| "Hello".to_owned()),
        },
        Mail::Watch => MailTask::Watch,
        Mail::Look => MailTask::Look,
    };
    let answer = cell.ask(&worker, Mail::NAME, Command::Mail(task)).await?;
    if step.expect.is_none()
        && let Outcome::Error(failure) = &answer
    {
        let found = crate::run::expectation::describe(&Outcome::Error(failure.clone()));
        cell.expectation(false, expect_line(step), "success".to_owned(), found);
    }
    cell.check(step.expect.as_ref(), expect_line(step), &answer);
    Ok(())
}
