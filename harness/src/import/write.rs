//! From a recording to a scenario.

use mock_idp::profile::{ProfileError, load};

use super::draft::{ALTERNATIVES, Draft, Imported, quoted};
use super::steps::steps;
use super::world::world;
use crate::capture::{Capture, CapturedExchange};
use crate::replay::params::{first, form, is_form, json, query};
use crate::replay::{Assumed, Explanation, Found, PlayedTurn, TurnKind, Verdict, settings_of, told};
use crate::report::terminal::plural;

/// Makes a scenario of a recording, as an explanation has it. `from` names the recording.
///
/// # Errors
/// [`ProfileError`] when the profile cannot be used.
pub fn import(capture: &Capture, explanation: &Explanation, from: &str) -> Result<Imported, ProfileError> {
    let found = &explanation.found;
    let profile = load(&explanation.profile, &settings_of(&found.assumed))?;
    let turns = &found.played.turns;
    let refused = turns.iter().filter(|turn| is_refused(turn));
    let title = match refused.clone().next_back() {
        Some(turn) if page_says(turn).is_some() => {
            format!("{} ends at a page: {}", sentence(turn.kind.name()), page_says(turn).unwrap_or_default())
        }
        Some(turn) if turn.recorded.starts_with("redirect") => {
            format!("{} ends in a {}", sentence(turn.kind.name()), short(&turn.recorded))
        }
        Some(turn) => format!("{} is answered with {}", sentence(turn.kind.name()), short(&turn.recorded)),
        None => format!("A conversation with {} in which nothing is refused", profile.title),
    };
    let mut comments = vec![format!(
        "Imported from {from} ({}, written by {}). Read it before you rely on it: what is marked as guessed, nobody has seen.",
        plural(capture.exchanges.len(), "exchange"),
        if capture.creator.is_empty() { "an unknown program" } else { &capture.creator },
    )];
    comments.extend(found.played.world.iter().map(|it| format!("assumed: {it}")));
    comments.extend(guessed_of_the_world(found));
    if let Some(turn) = explanation.refuted() {
        let entry = turn.entries.last().copied().unwrap_or_default();
        comments
            .push(format!("no profile answers entry {entry} as recorded: {} here, {} there", turn.here, turn.recorded));
    }
    if found.played.foreign > 0 {
        comments.push(format!("{} exchanges with others than the provider are left out", found.played.foreign));
    }
    let mut reproduces: Vec<String> = Vec::new();
    for text in refused.filter_map(|turn| said(capture, turn).or_else(|| page_says(turn).map(str::to_owned))) {
        if !reproduces.contains(&text) {
            reproduces.push(text);
        }
    }
    let mut steps = steps(capture, found);
    if steps.is_empty() {
        let why = "guessed: the recording ends before anything is asked for";
        steps.push(Draft::new("authorize").comment(why).expect("{ any: true }"));
    }
    let refreshed = turns.iter().any(|turn| {
        matches!(&turn.kind, TurnKind::Token(grant) if grant == "refresh_token") && turn.recorded.starts_with("200")
    });
    Ok(Imported {
        comments,
        title,
        about: about(turns),
        reproduces,
        remedy: None,
        sources: vec![format!("recording {from}")],
        profile: explanation.profile.clone(),
        world: world(capture, &profile, found),
        reaches: if refreshed { vec!["refreshed".to_owned()] } else { issues(&steps) },
        steps,
    })
}

/// What must have been so from the beginning, and what would do as well.
fn guessed_of_the_world(found: &Found) -> Vec<String> {
    let guessed = |(place, it): (usize, &Assumed)| {
        let (Assumed::World(_) | Assumed::Setting(_)) = it else { return None };
        let all = found.others.get(place).map(Vec::as_slice).unwrap_or_default();
        let others = all.iter().take(ALTERNATIVES).map(|other| format!("or: {}", told(other, &found.played)));
        let more = all.len().checked_sub(ALTERNATIVES).filter(|more| *more > 0).map(|more| format!("or {more} more"));
        let first = format!("guessed: {}", it.text());
        let text = std::iter::once(first).chain(others).chain(more).collect::<Vec<_>>().join("; ");
        Some(text)
    };
    found.assumed.iter().enumerate().filter_map(guessed).collect()
}

/// What a client that gets tokens makes the provider issue.
fn issues(steps: &[Draft]) -> Vec<String> {
    let gets = |step: &Draft| {
        let begins = ["authorize", "grant", "poll"].iter().any(|verb| step.verb.starts_with(verb));
        begins && step.expect.is_none()
    };
    if steps.iter().any(gets) { vec!["issued:access_token".to_owned()] } else { Vec::new() }
}

fn is_refused(turn: &PlayedTurn) -> bool {
    turn.recorded.as_bytes().first().is_some_and(|first| matches!(first, b'4' | b'5'))
        || turn.recorded.contains("error ")
        || turn.recorded.starts_with("page 4")
        || page_says(turn).is_some()
}

/// What the page says is wrong where a sign-in ended.
fn page_says(turn: &PlayedTurn) -> Option<&str> {
    let visit = turn.visit.as_ref().filter(|visit| visit.end.is_none())?;
    visit.message.as_deref().filter(|_| matches!(turn.verdict, Verdict::Agrees(_)))
}

/// The beginning of what was answered: to the number of an error, or to the end of a sentence.
pub(super) fn short(recorded: &str) -> String {
    if let Some(code) = crate::replay::aadsts(recorded) {
        let status = recorded.split(' ').next().unwrap_or_default();
        return format!("{status} {code}");
    }
    let mut text = String::new();
    for word in recorded.split_whitespace() {
        if text.len() + word.len() > 80 {
            text.push_str(" …");
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// What goes on, in a sentence.
fn about(turns: &[PlayedTurn]) -> String {
    let mut parts: Vec<(String, usize)> = Vec::new();
    for turn in turns {
        let outcome = turn.recorded.split([' ', ':']).next().unwrap_or_default();
        let outcome = match outcome {
            "redirect" | "page" => String::new(),
            "no" => " (no answer)".to_owned(),
            status => format!(" ({status})"),
        };
        let part = format!("{}{outcome}", turn.kind.name());
        match parts.last_mut() {
            Some((last, count)) if *last == part => *count += 1,
            Some(_) | None => parts.push((part, 1)),
        }
    }
    let part = |(text, count): (String, usize)| if count > 1 { format!("{text}, {count} times") } else { text };
    format!("What was recorded, in order: {}.", parts.into_iter().map(part).collect::<Vec<_>>().join("; "))
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// What the provider said was wrong, as a customer would paste it.
fn said(capture: &Capture, turn: &PlayedTurn) -> Option<String> {
    let it = turn.exchanges.last().and_then(|place| capture.exchanges.get(*place))?;
    let body = json(it.response.as_ref()?)?;
    let described = body.get("error_description").or_else(|| body.pointer("/error/message/value"));
    let described = described.or_else(|| body.pointer("/error/message")).or_else(|| body.get("error"))?.as_str()?;
    // What follows is another each time.
    let first = described.lines().next().unwrap_or_default().split(" Trace ID").next().unwrap_or_default().trim();
    (!first.is_empty()).then(|| first.to_owned())
}

/// A request as it was, with the values of this run in the places of those that were issued.
pub(super) fn http(capture: &Capture, turn: &PlayedTurn, it: &CapturedExchange) -> Draft {
    let named = |value: &str| reference(capture, it, value);
    let path = it.request.url.path();
    let asked: Vec<(String, String)> =
        query(&it.request).into_iter().map(|(name, value)| (name, named(&value))).collect();
    let pairs = |all: &[(String, String)]| {
        all.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect::<Vec<_>>().join(", ")
    };
    let mut options = vec![format!("request: {}", quoted(&format!("{} {path}", it.request.method)))];
    if !asked.is_empty() {
        options.push(format!("query: {{ {} }}", pairs(&asked)));
    }
    if is_form(&it.request) {
        let posted: Vec<(String, String)> =
            form(&it.request).into_iter().map(|(name, value)| (name, named(&value))).collect();
        options.push(format!("form: {{ {} }}", pairs(&posted)));
    } else if !it.request.body.bytes().is_empty() {
        options.push(format!("body: {}", quoted(&String::from_utf8_lossy(it.request.body.bytes()))));
    }
    let kept = ["authorization", "accept", "content-type"];
    let headers =
        it.request.headers.iter().filter(|field| kept.iter().any(|name| field.name.eq_ignore_ascii_case(name)));
    let headers: Vec<(String, String)> = headers
        .filter(|field| !(is_form(&it.request) && field.name.eq_ignore_ascii_case("content-type")))
        .filter_map(|field| match field.value.split_once(' ') {
            // What HTTP Basic has is the registration's.
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => {
                Some((field.name.clone(), "Basic {client}".to_owned()))
            }
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Some((field.name.clone(), format!("{scheme} {}", named(token))))
            }
            _ if field.name.eq_ignore_ascii_case("authorization") => None,
            _ => Some((field.name.clone(), field.value.clone())),
        })
        .collect();
    if !headers.is_empty() {
        options.push(format!("headers: {{ {} }}", pairs(&headers)));
    }
    let draft = Draft::new(format!("http: {{ {} }}", options.join(", ")));
    let why = match &turn.kind {
        TurnKind::Token(_) => {
            "sent as it was recorded: a client that does as it should would not make this request now. What yours does shows `- refresh` in its place"
        }
        TurnKind::SignIn | TurnKind::Connect | TurnKind::Request(_) => {
            "sent as it was recorded: there is no verb for it"
        }
    };
    let draft = draft.comment(why);
    match &it.response {
        Some(response) => draft.expect(format!("{{ status: {} }}", response.status)),
        None => draft,
    }
}

/// What stands for a value of the recording in a run: the number of the token in the order in which such tokens were issued.
fn reference(capture: &Capture, it: &CapturedExchange, value: &str) -> String {
    let kinds = [("refresh_token", "rt"), ("access_token", "at"), ("code", "code"), ("device_code", "device_code")];
    for (member, kind) in kinds {
        let issued = capture.exchanges.iter().filter_map(|it| issued(it, member));
        let mut distinct: Vec<String> = Vec::new();
        for token in issued {
            if !distinct.contains(&token) {
                distinct.push(token);
            }
        }
        if let Some(place) = distinct.iter().position(|token| token == value) {
            return format!("{{{kind}:{}}}", place + 1);
        }
    }
    if first(&it.request, "client_secret").as_deref() == Some(value) {
        return "{client_secret}".to_owned();
    }
    if first(&it.request, "client_id").as_deref() == Some(value) {
        return "{client_id}".to_owned();
    }
    if first(&it.request, "redirect_uri").as_deref() == Some(value) {
        return "{redirect_uri}".to_owned();
    }
    value.to_owned()
}

fn issued(it: &CapturedExchange, member: &str) -> Option<String> {
    let response = it.response.as_ref()?;
    let of_json = json(response).and_then(|body| body.get(member)?.as_str().map(str::to_owned));
    of_json.or_else(|| {
        let url = crate::replay::params::location(&it.request, response)?;
        crate::replay::params::of_url(&url).into_iter().find(|(name, _)| name == member).map(|(_, value)| value)
    })
}
