//! Requests that a client could still make at the end of a recording.

use jiff::SignedDuration;

use super::params::{first, form, is_form, json};
use crate::capture::{Body, Capture, CapturedExchange};

/// A request, and the recording with it at its end.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    /// In words.
    pub(super) request: String,
    pub(super) capture: Capture,
}

/// How long after the end, in words and in seconds. Providers draw lines at ten minutes, an hour, thirty days and ninety.
const WAITS: [(&str, i64); 6] = [
    ("at once", 1),
    ("after 9 minutes", 9 * 60),
    ("after 11 minutes", 11 * 60),
    ("after 2 hours", 2 * 3600),
    ("after 31 days", 31 * 86_400),
    ("after 91 days", 91 * 86_400),
];

/// The refresh token that a refresh after the recording is taken to give.
const NEXT: &str = "the-refresh-token-after-the-recording";

/// Requests that are like recorded ones.
pub(super) fn probes(capture: &Capture) -> Vec<Probe> {
    let mut all = Vec::new();
    let refresh = last(capture, |it| first(&it.request, "grant_type").as_deref() == Some("refresh_token"));
    let exchange = last(capture, |it| first(&it.request, "grant_type").as_deref() == Some("authorization_code"));
    let issued: Vec<String> = capture.exchanges.iter().filter_map(refresh_token).collect();
    let model = refresh.or(exchange);
    if let (Some(model), Some(newest)) = (model, issued.last()) {
        for (wait, seconds) in WAITS {
            add(
                &mut all,
                capture,
                format!("refresh with the newest refresh token, {wait}"),
                seconds,
                refreshing(model, newest),
            );
        }
        for (wait, seconds) in WAITS.into_iter().take(2) {
            let request = format!("refresh with the newest refresh token, and with the one that this gives {wait}");
            if let Some(capture) = refreshed(capture, model, newest) {
                add(&mut all, &capture, request, seconds, refreshing(model, NEXT));
            }
        }
        if let Some(older) = issued.len().checked_sub(2).and_then(|place| issued.get(place)) {
            for (wait, seconds) in WAITS {
                let request = format!("refresh with the refresh token before the newest, {wait}");
                add(&mut all, capture, request, seconds, refreshing(model, older));
            }
        }
    }
    if let Some(again) = exchange {
        add(&mut all, capture, "redeem the last code again, at once".to_owned(), 1, Some(again.clone()));
    }
    if let Some(call) = last(capture, bearer) {
        for (wait, seconds) in WAITS {
            let request = format!("repeat {} {}, {wait}", call.request.method, call.request.url.path());
            add(&mut all, capture, request, seconds, Some(call.clone()));
        }
    }
    all
}

fn last(capture: &Capture, which: impl Fn(&CapturedExchange) -> bool) -> Option<&CapturedExchange> {
    capture.exchanges.iter().rev().find(|it| which(it))
}

fn bearer(it: &CapturedExchange) -> bool {
    it.request.header("authorization").is_some_and(|value| value.to_ascii_lowercase().starts_with("bearer "))
}

fn refresh_token(it: &CapturedExchange) -> Option<String> {
    json(it.response.as_ref()?)?.get("refresh_token")?.as_str().map(str::to_owned)
}

/// A token request like another, with a refresh token in it.
fn refreshing(model: &CapturedExchange, token: &str) -> Option<CapturedExchange> {
    if !is_form(&model.request) {
        return None;
    }
    let left_out = ["grant_type", "refresh_token", "code", "redirect_uri", "code_verifier"];
    let rest = form(&model.request).into_iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", token)
        .extend_pairs(rest)
        .finish();
    let mut it = model.clone();
    it.request.body = Body::Bytes(body.into_bytes());
    Some(it)
}

/// The recording with a refresh at its end that is answered as the last that issued a token was.
fn refreshed(capture: &Capture, model: &CapturedExchange, newest: &str) -> Option<Capture> {
    let issuing = last(capture, |it| refresh_token(it).is_some())?;
    let mut response = issuing.response.clone()?;
    let mut body = json(&response)?;
    body.as_object_mut()?.insert("refresh_token".to_owned(), NEXT.into());
    body.as_object_mut()?.insert("access_token".to_owned(), "what-comes-with-it".into());
    response.body = Body::Bytes(body.to_string().into_bytes());
    let capture = after(capture, 1, refreshing(model, newest)?)?;
    let mut exchanges = capture.exchanges;
    exchanges.last_mut()?.response = Some(response);
    Some(Capture { exchanges, ..capture })
}

/// The recording with a request at its end, so many seconds after the last.
fn after(capture: &Capture, seconds: i64, mut it: CapturedExchange) -> Option<Capture> {
    let last = capture.exchanges.last()?;
    it.started = last.started.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    it.entry = last.entry + 1;
    it.response = None;
    it.error = None;
    let mut capture = capture.clone();
    capture.exchanges.push(it);
    Some(capture)
}

fn add(all: &mut Vec<Probe>, capture: &Capture, request: String, seconds: i64, like: Option<CapturedExchange>) {
    if let Some(capture) = like.and_then(|it| after(capture, seconds, it)) {
        all.push(Probe { request, capture });
    }
}
