//! `race`: a race is made, not hoped for.
//!
//! Lanes are started one after the other, each until its request is held at the point, it is answered, or it waits for another
//! lane. Then they are let go in the order in which they are listed, each until it is answered. Never do two lanes run at the
//! same time, so that every run has the same order of events; that their requests were under way at the same time is true all
//! the same.

use crate::idp::{Held, PointHold};
use crate::run::cell::{Cell, Stop};
use crate::run::event::EventKind;
use crate::run::verb::advance;
use crate::run::verb::lanes::{Ended, Lane, ROUNDS};
use crate::scenario::{Advance, Meeting, Race, TimeSpan};

/// Every point at which something of a worker can be held, in the order in which a request comes to them.
const POINTS: [Meeting; 4] = [Meeting::Authorization, Meeting::Token, Meeting::TokenReply, Meeting::Resource];

pub(crate) async fn run(cell: &mut Cell, race: &Race) -> Result<(), Stop> {
    let holds: Vec<(Meeting, PointHold)> = POINTS
        .into_iter()
        .filter(|point| *point != Meeting::TokenReply || race.at == Meeting::TokenReply)
        .map(|point| (point, cell.provider.hold(held(point))))
        .collect();
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
    if let Some(by) = race.advance {
        while_held(cell, by, race.at, &mut lanes, &holds).await?;
    }
    let mut rounds = 0;
    while let Some(name) = lanes.iter().find(|lane| lane.answer.is_none()).map(|lane| lane.name.clone()) {
        rounds += 1;
        if rounds > ROUNDS {
            return Err(Stop::Stuck(name));
        }
        for turn in 0..lanes.len() {
            let_go(cell, &mut lanes, turn, race.at, &mut came, &holds).await?;
        }
    }
    for (lane, begun) in race.lanes.iter().zip(lanes) {
        let Some(answer) = begun.answer else { continue };
        let answer = cell.report(&begun.worker, begun.op, answer)?;
        cell.check(lane.expect.as_ref(), lane.expect_line.unwrap_or(lane.line), &answer);
    }
    Ok(())
}

fn held(point: Meeting) -> Held {
    match point {
        Meeting::TokenReply => Held::Reply(point.point()),
        Meeting::Token | Meeting::Resource | Meeting::Authorization => Held::Request(point.point()),
    }
}

/// Moves the clock while everything stands, and lets the lanes that had not come do what they now see fit: a lock that they wait
/// for may have run out.
async fn while_held(
    cell: &mut Cell,
    by: TimeSpan,
    at: Meeting,
    lanes: &mut [Lane],
    holds: &[(Meeting, PointHold)],
) -> Result<(), Stop> {
    let away: Vec<bool> = lanes.iter().map(|lane| waiting_at(at, holds, &lane.worker) == 0).collect();
    for lane in lanes.iter_mut() {
        lane.forget_waits(cell);
    }
    advance::run(cell, &Advance { by }).await?;
    for (lane, away) in lanes.iter_mut().zip(away) {
        if away && lane.answer.is_none() {
            gather(cell, lane, at, holds).await?;
        }
    }
    cell.sync()
}

/// Runs a lane until it stands at the point; says whether it does. What it asks elsewhere before that is let through.
async fn gather(cell: &mut Cell, lane: &mut Lane, at: Meeting, holds: &[(Meeting, PointHold)]) -> Result<bool, Stop> {
    let all: Vec<&PointHold> = holds.iter().map(|(_, hold)| hold).collect();
    let before: usize = waiting_at(at, holds, &lane.worker);
    loop {
        match lane.run(cell, &all, cell.source.quiet()).await? {
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

fn waiting_at(at: Meeting, holds: &[(Meeting, PointHold)], worker: &str) -> usize {
    let at_point = holds.iter().filter(|(point, _)| *point == at);
    at_point.map(|(_, hold)| hold.waiting().iter().filter(|waiting| *waiting == worker).count()).sum()
}

/// Lets the requests of the lane whose turn it is through, until it is answered or does nothing more. Before each further
/// request of its own, the lanes that it may have set free come to rest: what they find in the store is then the same in every
/// run.
async fn let_go(
    cell: &mut Cell,
    lanes: &mut [Lane],
    turn: usize,
    at: Meeting,
    came: &mut Vec<String>,
    holds: &[(Meeting, PointHold)],
) -> Result<(), Stop> {
    let all: Vec<&PointHold> = holds.iter().map(|(_, hold)| hold).collect();
    let mut first = true;
    loop {
        let Some(lane) = lanes.get_mut(turn).filter(|lane| lane.answer.is_none()) else { return cell.sync() };
        let asked = at != Meeting::TokenReply;
        if first
            && asked
            && let Some(place) = came.iter().position(|name| *name == lane.name)
        {
            came.remove(place);
            cell.log.next_is_held(&lane.worker, at.as_str());
        }
        let quiet = cell.source.quiet();
        match lane.run(cell, &all, quiet).await? {
            Ended::Held => {
                let worker = lane.worker.clone();
                if !first {
                    settle(cell, lanes, turn, &all).await?;
                }
                first = false;
                for hold in &all {
                    hold.release(&worker);
                }
            }
            // A client that waits does so for a lane that has its turn later.
            Ended::Waits => {}
            Ended::Answered | Ended::Quiet => return cell.sync(),
        }
    }
}

/// Lets the other lanes run until each is answered, stands at a hold, or does nothing.
async fn settle(cell: &mut Cell, lanes: &mut [Lane], turn: usize, holds: &[&PointHold]) -> Result<(), Stop> {
    let quiet = cell.source.quiet();
    for (place, lane) in lanes.iter_mut().enumerate() {
        if place != turn && lane.answer.is_none() {
            while lane.run(cell, holds, quiet).await? == Ended::Waits {}
        }
    }
    Ok(())
}
