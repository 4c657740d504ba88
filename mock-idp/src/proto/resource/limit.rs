//! Rate limits, and the limit on errors.

use std::collections::BTreeSet;

use crate::proto::cause::Cause;
use crate::proto::grant::issue::Turn;
use crate::proto::message::Headers;
use crate::proto::policy::{Covers, Limit, Per, ResetUnit};
use crate::proto::resource::bearer::Caller;
use crate::proto::resource::route::begins;
use crate::proto::resource::{Place, door};
use crate::proto::store::WindowKey;
use crate::proto::time::{Span, Timestamp};

/// Counts the request in every limit that covers it and adds their header fields. Where one of them is used up it counts in none,
/// and only that limit's fields are added; of several the one that ends last, since waiting for another would not help.
pub(super) fn count(
    turn: &mut Turn<'_>,
    place: &Place<'_>,
    caller: &Caller<'_>,
    headers: &mut Headers,
) -> Result<(), Cause> {
    let policy = turn.policy;
    let now = turn.now;
    let covering: Vec<(&String, &Limit, Timestamp, WindowKey)> = policy
        .api
        .limits
        .iter()
        .filter(|(_, limit)| covers(turn, &limit.covers, place))
        .map(|(name, limit)| (name, limit, end(limit.window, now), key(Some(name), &limit.per, place, caller)))
        .collect();
    let windows = &mut turn.store.windows;
    let used_up = covering
        .iter()
        .filter(|(_, limit, ends, key)| windows.counted(*ends, key) >= limit.count)
        .max_by_key(|(_, _, ends, _)| *ends);
    if let Some((name, limit, ends, _)) = used_up {
        add(headers, limit, 0, *ends, now);
        return Err(Cause::RateLimitExceeded { limit: (*name).clone(), resets_at: *ends });
    }
    for (_, limit, ends, key) in covering {
        let counted = windows.count(ends, key);
        add(headers, limit, limit.count.saturating_sub(counted), ends, now);
    }
    Ok(())
}

/// Refuses a caller who got too many errors.
pub(super) fn check_not_shut_out(turn: &Turn<'_>, place: &Place<'_>, caller: &Caller<'_>) -> Result<(), Cause> {
    let Some(limit) = &turn.policy.api.error_limit else { return Ok(()) };
    if !covers(turn, &limit.covers, place) {
        return Ok(());
    }
    match turn.store.windows.shut_out(turn.now, &key(None, &limit.per, place, caller)) {
        Some(until) => Err(Cause::ErrorLimitExceeded { until }),
        None => Ok(()),
    }
}

/// Counts an answer with this status, and shuts the caller out after one too many.
pub(super) fn count_error(turn: &mut Turn<'_>, place: &Place<'_>, caller: &Caller<'_>, status: u16) {
    let policy = turn.policy;
    let Some(limit) = &policy.api.error_limit else { return };
    if !limit.statuses.contains(&status) || !covers(turn, &limit.covers, place) {
        return;
    }
    let key = key(None, &limit.per, place, caller);
    if turn.store.windows.count(end(limit.window, turn.now), key.clone()) > limit.count {
        turn.store.windows.shut(turn.now, key, limit.block, limit.growth, limit.remembered);
    }
}

fn covers(turn: &Turn<'_>, covers: &Covers, place: &Place<'_>) -> bool {
    match covers {
        Covers::Everything => true,
        Covers::WithDivision => place.division().is_some_and(|name| door::exists(&turn.policy.api, name)),
        Covers::Under(patterns) => patterns.iter().any(|pattern| begins(pattern, place.path)),
    }
}

fn key(limit: Option<&String>, per: &BTreeSet<Per>, place: &Place<'_>, caller: &Caller<'_>) -> WindowKey {
    let each = |what| per.contains(&what);
    WindowKey {
        limit: limit.cloned(),
        client: each(Per::Client).then(|| caller.client.clone()),
        user: each(Per::User).then(|| caller.user_name().to_owned()),
        division: place.division().filter(|_| each(Per::Division)).map(str::to_owned),
        endpoint: place.resource.filter(|_| each(Per::Endpoint)).map(|(name, _)| name.to_owned()),
    }
}

/// When the window ends that `now` lies in.
fn end(window: Span, now: Timestamp) -> Timestamp {
    let length = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1);
    let begins = now.as_millis().div_euclid(length).saturating_mul(length);
    Timestamp::from_millis(begins.saturating_add(length))
}

fn add(headers: &mut Headers, limit: &Limit, remaining: u32, ends: Timestamp, now: Timestamp) {
    let reset = match limit.reset_unit {
        ResetUnit::EpochMilliseconds => ends.as_millis().to_string(),
        ResetUnit::EpochSeconds => ends.as_seconds().to_string(),
        ResetUnit::DeltaSeconds => ends.since(now).as_millis().div_ceil(1000).to_string(),
    };
    let names = &limit.headers;
    let fields =
        [(&names.limit, limit.count.to_string()), (&names.remaining, remaining.to_string()), (&names.reset, reset)];
    for (name, value) in fields {
        if let Some(name) = name {
            headers.push(name, value);
        }
    }
}
