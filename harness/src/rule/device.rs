//! Rules on clients that poll for a device (RFC 8628 section 3.5).

use serde_json::{Map, Value};

use crate::adapter::protocol::Outcome;
use crate::rule::history::{Exchange, History};
use crate::rule::registry::Judgement;

/// Section 3.2: where the provider names none. Section 3.5: what `slow_down` adds.
const FIVE_SECONDS: i64 = 5_000;

/// A device authorization that reached the client.
struct Device<'a> {
    from: &'a str,
    /// The label of its code.
    code: String,
    /// Milliseconds between two polls.
    interval: i64,
    /// When its code ends, in milliseconds since the start.
    ends: Option<i64>,
}

fn devices<'a>(history: &History<'a>) -> Vec<Device<'a>> {
    let arrived = history.exchanges.iter().filter(|it| it.endpoint == "device_authorization" && it.arrived().is_some());
    let read = |it: &Exchange<'a>| {
        let body = members(it)?;
        Some(Device {
            from: it.from,
            code: body.get("device_code")?.as_str()?.to_owned(),
            interval: body.get("interval").and_then(milliseconds).unwrap_or(FIVE_SECONDS),
            ends: body.get("expires_in").and_then(milliseconds).map(|span| it.at_ms.saturating_add(span)),
        })
    };
    arrived.filter_map(read).collect()
}

impl Device<'_> {
    fn polls<'b, 'a>(&self, history: &'b History<'a>) -> Vec<&'b Exchange<'a>> {
        let presents = |it: &&Exchange<'a>| {
            it.endpoint == "token" && ["device_code", "code"].iter().any(|name| it.parameter(name) == Some(&self.code))
        };
        history.exchanges.iter().filter(presents).collect()
    }
}

fn members(it: &Exchange<'_>) -> Option<Map<String, Value>> {
    serde_json::from_str(it.body).ok()
}

/// A number of seconds, as a number or as text.
fn milliseconds(value: &Value) -> Option<i64> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    Some(seconds.saturating_mul(1000))
}

/// The error that reached the client.
fn error_of(poll: &Exchange<'_>) -> Option<String> {
    poll.arrived()?;
    let body = (400..500).contains(&poll.status).then(|| members(poll)).flatten()?;
    body.get("error")?.as_str().map(str::to_owned)
}

/// Between two polls the interval passes, which grows with each `slow_down`.
pub(crate) fn interval_kept(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for device in devices(history) {
        let mut interval = device.interval;
        let mut earlier: Option<&Exchange<'_>> = None;
        for poll in device.polls(history) {
            if let Some(before) = earlier {
                tested = true;
                let waited = poll.at_ms.saturating_sub(before.at_ms);
                if waited < interval {
                    let why = format!(
                        "the client polled again after {} s, where it had to wait {} s",
                        seconds(waited),
                        seconds(interval)
                    );
                    return Judgement::Broken { why, exchanges: vec![before.number, poll.number] };
                }
            }
            if error_of(poll).as_deref() == Some("slow_down") {
                interval = interval.saturating_add(FIVE_SECONDS);
            }
            earlier = Some(poll);
        }
    }
    Judgement::of(tested, None)
}

/// After an error other than the two that mean *not yet*, no poll comes. Nor after the codes' time: one poll that finds it out is let pass,
/// since it may have been late on its way.
pub(crate) fn stops_when_over(history: &History<'_>) -> Judgement {
    let mut tested = false;
    for device in devices(history) {
        let polls = device.polls(history);
        let last_word = polls.iter().find_map(|it| {
            let error = error_of(it).filter(|error| error != "authorization_pending" && error != "slow_down")?;
            Some((it.number, it.arrived()?, error))
        });
        if let Some((number, arrived, error)) = last_word {
            tested = true;
            if let Some(again) = polls.iter().find(|it| it.sent > arrived) {
                let why = format!("the client was told {error}, and polled again");
                return Judgement::Broken { why, exchanges: vec![number, again.number] };
            }
        }
        let Some(ends) = device.ends else { continue };
        let late: Vec<u32> = polls.iter().filter(|it| it.at_ms >= ends).map(|it| it.number).collect();
        if late.len() > 1 {
            let why = "the codes' time was over, and the client went on polling".to_owned();
            return Judgement::Broken { why, exchanges: late };
        }
        tested |= gave_up(history, &device, ends);
    }
    Judgement::of(tested, None)
}

/// Whether the client came to an end of its own when the codes' time was over.
fn gave_up(history: &History<'_>, device: &Device<'_>, ends: i64) -> bool {
    history.reports.iter().any(|report| {
        let at = history.events.iter().find(|event| event.seq == report.seq).map(|event| event.since_start_ms);
        report.op == "poll"
            && history.share_store(report.worker, device.from)
            && matches!(report.outcome, Outcome::Error(_))
            && at.is_some_and(|at| at >= ends)
    })
}

fn seconds(milliseconds: i64) -> String {
    if milliseconds % 1000 == 0 {
        (milliseconds / 1000).to_string()
    } else {
        format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
    }
}
