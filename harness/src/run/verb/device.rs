//! `device` and `poll`: a client without a browser of its own, and the resource owner at the provider's page.

use url::Url;

use crate::adapter::protocol::{Command, Outcome as Answer};
use crate::run::browser::Arrival;
use crate::run::cell::{Cell, Stop, expect_line, name_of};
use crate::run::event::EventKind;
use crate::run::verb::authorize;
use crate::run::verb::lanes::{Ended, Lane};
use crate::scenario::{Authorize, Consent, Device, DeviceAnswer, Poll, Step};

/// By how much the clock moves while a client waits for the time to pass, in milliseconds.
const TICK: u64 = 1000;

/// So long a client may wait in one `poll`, in ticks: longer than any code is good for that a person is to type.
const MOST_TICKS: u32 = 7200;

pub(crate) async fn begin(cell: &mut Cell, step: &Step, device: &Device) -> Result<(), Stop> {
    let worker = name_of(&step.worker);
    let begun = cell.ask(&worker, Device::NAME, Command::Device).await?;
    authorize::check(cell, step, &begun);
    let Answer::Device { user_code, verification_uri } = begun else { return Ok(()) };
    let consent = match device.answer {
        DeviceAnswer::Allow => Consent::Grant,
        DeviceAnswer::Refuse => Consent::Refuse,
        DeviceAnswer::None => return Ok(()),
    };
    let page = page(cell, &worker, &verification_uri);
    let owner = Authorize { consent, ..Authorize::default() };
    let arrival = cell.browser.connect(&cell.provider, &page, &user_code, &owner).await?;
    cell.sync()?;
    let found = match arrival {
        Arrival::Stuck { asks: false, status: 200, .. } => return Ok(()),
        Arrival::Stuck { status, says, .. } => format!("the resource owner ended at a page ({status}): {says}"),
        Arrival::Redirected(url) => format!("the resource owner was sent to {url}"),
    };
    let expected = "the resource owner can answer for the device".to_owned();
    cell.expectation(false, expect_line(step), expected, found);
    Ok(())
}

/// The page where the code is typed: the address that the client shows or, where that is not the provider's own (a short one that leads
/// there), the page that it leads to.
fn page(cell: &Cell, worker: &str, shown: &str) -> String {
    let origin = cell.workers.get(worker).map(|worker| worker.origin.clone()).unwrap_or_default();
    let own = Url::parse(&origin).is_ok_and(|own| Url::parse(shown).is_ok_and(|shown| shown.origin() == own.origin()));
    let path = cell.provider.verification_path().filter(|_| !own);
    path.map_or_else(|| shown.to_owned(), |path| format!("{origin}{path}"))
}

pub(crate) async fn poll(cell: &mut Cell, step: &Step) -> Result<(), Stop> {
    let worker = name_of(&step.worker);
    let mut lane = Lane::ask(cell, &worker, &worker, Poll::NAME, &Command::Poll).await?;
    let (mut ticks, mut passed) = (0, 0);
    loop {
        match lane.run(cell, &[], cell.source.quiet()).await? {
            Ended::Answered => break,
            Ended::Waits if ticks == MOST_TICKS => return Err(Stop::Stuck(worker)),
            Ended::Waits => {
                // What the client did until now comes before the next second.
                if cell.provider.has_news().await {
                    pass(cell, &mut passed)?;
                }
                ticks += 1;
                passed += TICK;
                cell.provider.advance(TICK);
                cell.set_clocks().await?;
            }
            // A client that sleeps in real time; the session's deadline ends it.
            Ended::Held | Ended::Quiet => {}
        }
    }
    pass(cell, &mut passed)?;
    let Some(answer) = lane.answer else { return Ok(()) };
    let answer = cell.report(&worker, lane.op, answer)?;
    authorize::check(cell, step, &answer);
    Ok(())
}

/// Writes how much time has passed since this was last written, and what has happened at the end of it.
fn pass(cell: &mut Cell, passed: &mut u64) -> Result<(), Stop> {
    let by = std::mem::take(passed);
    if by > 0 {
        cell.write(EventKind::ClockMoved { by_ms: i64::try_from(by).unwrap_or(i64::MAX) });
    }
    cell.sync()
}
