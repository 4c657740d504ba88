//! `race`: a race is made, not hoped for.
//!
//! Lanes are started one after the other, each until its request is held at the point, it is answered, or it waits for another
//! lane. Then they are let go in the order in which they are listed, each until it is answered. Never do two lanes run at the
//! same time, so that every run has the same order of events; that their requests were under way at the same time is true all
//! the same.

use crate::idp::{Held, PointHold};
use crate::run::cell::{Cell, Stop};
use crate::run::event::EventKind;
use crate::run::verb::lanes::{Ended, Lane, ROUNDS};
use crate::scenario::{Point, Race};

const POINTS: [Point; 3] = [Point::Authorization, Point::Token, Point::Resource];

pub(crate) async fn run(cell: &mut Cell, race: &Race) -> Result<(), Stop> {
    let holds: Vec<(Point, PointHold)> =
        POINTS.into_iter().map(|point| (point, cell.provider.hold(Held::Request(point)))).collect();
    let mut lanes = Vec::new();
    let (mut came, mut away) = (Vec::new(), Vec::new());
    for lane in &race.lanes {
        let mut begun = Lane::begin(cell, lane.name.as_str(), lane.worker.as_str(), &lane.operation).await?;
        if gather(cell, &mut begun, race.at, &holds).await? {
            came.push(begun.name.clone());
        } else {
            away.push(begun.name.clone());
        }
        lanes.push(begun);
    }
    cell.sync()?;
    cell.write(EventKind::RaceGathered { at: race.at.as_str().to_owned(), came: came.clone(), away });
    let mut rounds = 0;
    while let Some(next) = lanes.iter().position(|lane| lane.answer.is_none()) {
        rounds += 1;
        if rounds > ROUNDS {
            return Err(Stop::Stuck(lanes.get(next).map(|lane| lane.name.clone()).unwrap_or_default()));
        }
        for lane in lanes.iter_mut().filter(|lane| lane.answer.is_none()) {
            let was_held = came.iter().position(|name| *name == lane.name).map(|at| came.remove(at)).is_some();
            if was_held {
                cell.log.next_is_held(&lane.worker, race.at.as_str());
            }
            let_go(cell, lane, &holds).await?;
        }
    }
    for (lane, begun) in race.lanes.iter().zip(lanes) {
        let Some(answer) = begun.answer else { continue };
        let answer = cell.report(&begun.worker, begun.op, answer)?;
        cell.check(lane.expect.as_ref(), lane.expect_line.unwrap_or(lane.line), &answer);
    }
    Ok(())
}

/// Runs a lane until it stands at the point; says whether it does. What it asks elsewhere before that is let through.
async fn gather(cell: &mut Cell, lane: &mut Lane, at: Point, holds: &[(Point, PointHold)]) -> Result<bool, Stop> {
    let all: Vec<&PointHold> = holds.iter().map(|(_, hold)| hold).collect();
    let before: usize = waiting_at(at, holds, &lane.worker);
    loop {
        match lane.run(cell, &all).await? {
            Ended::Held if waiting_at(at, holds, &lane.worker) > before => return Ok(true),
            Ended::Held => {
                let elsewhere = holds.iter().filter(|(point, _)| *point != at);
                if !elsewhere.fold(false, |any, (_, hold)| any | hold.release(&lane.worker)) {
                    // Only another lane of the same worker stands at the point: this one waits for it.
                    return Ok(false);
                }
            }
            Ended::Answered | Ended::Waits | Ended::Quiet => return Ok(false),
        }
    }
}

fn waiting_at(at: Point, holds: &[(Point, PointHold)], worker: &str) -> usize {
    let at_point = holds.iter().filter(|(point, _)| *point == at);
    at_point.map(|(_, hold)| hold.waiting().iter().filter(|waiting| *waiting == worker).count()).sum()
}

/// Lets a lane's requests through until it is answered, or does nothing more.
async fn let_go(cell: &mut Cell, lane: &mut Lane, holds: &[(Point, PointHold)]) -> Result<(), Stop> {
    let all: Vec<&PointHold> = holds.iter().map(|(_, hold)| hold).collect();
    loop {
        match lane.run(cell, &all).await? {
            Ended::Held => {
                for hold in &all {
                    hold.release(&lane.worker);
                }
            }
            // A client that waits does so for a lane that has its turn later.
            Ended::Waits => {}
            Ended::Answered | Ended::Quiet => return cell.sync(),
        }
    }
}
