//! `crash`: a worker is killed at a named point of an exchange.

use crate::idp::Held;
use crate::run::cell::{Cell, Stop, name_of};
use crate::run::verb::lanes::{Ended, Lane};
use crate::scenario::{Crash, CrashPoint, Point, Step};

pub(crate) async fn run(cell: &mut Cell, step: &Step, crash: &Crash) -> Result<(), Stop> {
    let worker = name_of(&step.worker);
    let hold = cell.provider.hold(match crash.at {
        CrashPoint::TokenRequest => Held::Request(Point::Token),
        CrashPoint::TokenReply => Held::Reply(Point::Token),
        CrashPoint::ResourceRequest => Held::Request(Point::Resource),
    });
    let mut lane = Lane::begin(cell, &worker, &worker, &crash.during).await?;
    loop {
        match lane.run(cell, &[&hold], cell.source.quiet()).await? {
            Ended::Held => {
                cell.sync()?;
                cell.kill(&worker).await;
                hold.abandon(&worker);
                cell.provider.idle().await;
                return cell.sync();
            }
            Ended::Answered => {
                let Some(answer) = lane.answer else { return Ok(()) };
                cell.report(&worker, lane.op, answer)?;
                cell.missing
                    .push(format!("step on line {}: the worker never came to the point of its crash", step.line));
                return Ok(());
            }
            Ended::Waits => {}
            Ended::Quiet => return Err(Stop::Stuck(worker)),
        }
    }
}
