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

fn add(all: &mut Vec<Probe>, capture: &Capture, request: String, seconds: i64, like: Option<CapturedExchange>) {
    let (Some(mut it), Some(last)) = (like, capture.exchanges.last()) else { return };
    let Ok(started) = last.started.checked_add(SignedDuration::from_secs(seconds)) else { return };
    it.started = started;
    it.entry = last.entry + 1;
    it.response = None;
    it.error = None;
    let mut capture = capture.clone();
    capture.exchanges.push(it);
    all.push(Probe { request, capture });
}
