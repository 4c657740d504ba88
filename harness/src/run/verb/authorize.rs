//! `authorize`: the client begins a grant, and the harness plays the resource owner. `deliver`: the end of one that was kept.

use url::Url;

use crate::adapter::protocol::{Command, Outcome as Answer};
use crate::run::browser::Arrival;
use crate::run::cell::{Cell, Stop, expect_line, name_of};
use crate::run::event::EventKind;
use crate::scenario::{Answer as Expected, Authorize, Browser, Callback, Code, Deliver, Expect, Issuer, State, Step};

pub(crate) async fn run(cell: &mut Cell, step: &Step, authorize: &Authorize) -> Result<(), Stop> {
    let worker = name_of(&step.worker);
    let begun = cell.ask(&worker, "authorize", Command::Authorize { grant: authorize.grant }).await?;
    let Answer::Authorize { url } = begun else {
        check(cell, step, &begun);
        return Ok(());
    };
    if authorize.browser == Browser::Fresh {
        cell.browser.forget();
    }
    let redirect_uri = cell.provider.registration().redirect_uri;
    let arrival = cell.browser.authorize(&cell.provider, &url, &redirect_uri, authorize).await?;
    cell.sync()?;
    let page = step.expect.as_ref().and_then(|expect| match &expect.answer {
        Some(Expected::Page(text)) => Some(text.clone()),
        Some(_) | None => None,
    });
    let redirect = match (arrival, page) {
        (Arrival::Redirected(url), None) => url,
        (Arrival::Redirected(_), Some(text)) => {
            let found = "a redirect to the client".to_owned();
            cell.expectation(false, expect_line(step), format!("a page with {text:?} in it"), found);
            return Ok(());
        }
        (Arrival::Stuck { status, says, .. }, page) => {
            let found = format!("the sign-in ended at a page ({status}): {says}");
            let met = page.as_ref().is_some_and(|text| says.contains(text));
            let expected = page
                .map_or_else(|| "a redirect to the client".to_owned(), |text| format!("a page with {text:?} in it"));
            cell.expectation(met, expect_line(step), expected, found);
            return Ok(());
        }
    };
    let (handed, tampered) = tamper(cell, &redirect, authorize);
    if let Some(name) = &authorize.keep_redirect_as {
        cell.redirects.insert(name.clone(), (handed, tampered));
        return Ok(());
    }
    let times = match authorize.callback {
        Callback::Once => 1,
        Callback::Twice => 2,
    };
    for time in 1..=times {
        let answer = hand_over(cell, &worker, &handed, tampered).await?;
        if time == times {
            check(cell, step, &answer);
        } else if let Answer::Error(_) = answer {
            let ok = Expect { answer: Some(Expected::Ok), body_contains: None, says: None };
            cell.check(Some(&ok), step.line, &answer);
        }
    }
    Ok(())
}

/// `deliver`: a redirect that was kept reaches the client, perhaps another worker than the one that asked for it.
pub(crate) async fn deliver(cell: &mut Cell, step: &Step, deliver: &Deliver) -> Result<(), Stop> {
    let worker = name_of(&step.worker);
    let Some((url, tampered)) = cell.redirects.get(&deliver.redirect).cloned() else {
        let why = "the sign-in that was to bring this redirect did not";
        cell.missing.push(format!("step on line {}: {why}", step.line));
        return Ok(());
    };
    cell.up(&worker).await?;
    let answer = hand_over(cell, &worker, &url, tampered).await?;
    cell.check(step.expect.as_ref(), expect_line(step), &answer);
    Ok(())
}

async fn hand_over(cell: &mut Cell, worker: &str, url: &str, tampered: Option<&'static str>) -> Result<Answer, Stop> {
    let shown = cell.redactor.redact(url, crate::idp::Text::Encoded);
    let tampered = tampered.map(str::to_owned);
    cell.write(EventKind::CallbackDelivered { worker: worker.to_owned(), url: shown, tampered });
    cell.ask(worker, "callback", Command::Callback { url: url.to_owned() }).await
}

/// Without a word to the contrary, tokens are got.
pub(super) fn check(cell: &mut Cell, step: &Step, answer: &Answer) {
    let ok = Expect { answer: Some(Expected::Ok), body_contains: None, says: None };
    cell.check(Some(step.expect.as_ref().unwrap_or(&ok)), expect_line(step), answer);
}

/// Changes the redirect on purpose; says what was changed.
fn tamper(cell: &mut Cell, redirect: &str, authorize: &Authorize) -> (String, Option<&'static str>) {
    let (parameter, change): (&'static str, fn(&str) -> Option<String>) =
        match (authorize.state, authorize.code, authorize.iss) {
            (State::Forged, _, _) => ("state", |_| Some(FORGED_STATE.to_owned())),
            (State::Kept, Code::EncodedAgain, _) => {
                ("code", |code| Some(form_urlencoded::byte_serialize(code.as_bytes()).collect()))
            }
            (State::Kept, Code::Kept, Issuer::Foreign) => ("iss", |_| Some("https://evil.example".to_owned())),
            (State::Kept, Code::Kept, Issuer::Removed) => ("iss", |_| None),
            (State::Kept, Code::Kept, Issuer::Kept) => return (redirect.to_owned(), None),
        };
    let Ok(mut url) = Url::parse(redirect) else { return (redirect.to_owned(), None) };
    // The answer stands in the fragment, or else in the query.
    let in_fragment = url.fragment().is_some();
    let answer = if in_fragment { url.fragment() } else { url.query() }.unwrap_or_default();
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(answer.as_bytes()).into_owned().collect();
    // A client that sent no state gets none back, and a forger adds one all the same.
    if !pairs.iter().any(|(name, _)| name == parameter) {
        pairs.push((parameter.to_owned(), String::new()));
    }
    let changed = pairs.into_iter().filter_map(|(name, value)| {
        let value = if name == parameter { change(&value)? } else { value };
        Some((name, value))
    });
    let answer = form_urlencoded::Serializer::new(String::new()).extend_pairs(changed).finish();
    if in_fragment {
        url.set_fragment(Some(&answer));
    } else {
        url.set_query(Some(&answer));
    }
    cell.redactor.learn(FORGED_STATE, "forged state");
    (url.into(), Some(parameter))
}

const FORGED_STATE: &str = "forged-by-somebody-else";
