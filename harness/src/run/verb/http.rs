//! `http`: the harness makes a request itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::adapter::protocol::Outcome;
use crate::idp::HARNESS;
use crate::run::browser::{Browser, BrowserError};
use crate::run::cell::{Cell, Stop, expect_line};
use crate::scenario::{Http, Step};

pub(crate) async fn run(cell: &mut Cell, step: &Step, http: &Http) -> Result<(), Stop> {
    let door = cell.door(HARNESS).await?;
    // The provider is called by the name that the client calls it by.
    let origin = cell.workers.values().next().map_or_else(|| door.clone(), |worker| worker.origin.clone());
    let not_a_url = |_| BrowserError::NotAUrl(origin.clone());
    let mut url = Url::parse(&format!("{origin}{}", http.request.path())).map_err(not_a_url)?;
    if !http.query.is_empty() {
        url.query_pairs_mut().extend_pairs(http.query.iter().map(|(name, value)| (name, filled(cell, value))));
    }
    let mut headers: Vec<(String, String)> =
        http.headers.iter().map(|(name, value)| (name.clone(), filled(cell, value))).collect();
    let body = if http.form.is_empty() {
        http.body.as_ref().map(|body| filled(cell, body))
    } else {
        let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !has_type {
            headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        }
        let pairs = http.form.iter().map(|(name, value)| (name, filled(cell, value)));
        Some(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    };
    let mut browser = Browser::new(&door, cell.source.way())?;
    let sent = browser.send(http.request.method(), &url, &headers, body).await;
    cell.sync()?;
    let (status, body) = match sent {
        Ok(answer) => answer,
        // The connection was closed without an answer: a fault.
        Err(BrowserError::Http(_)) => (0, String::new()),
        Err(error) => return Err(error.into()),
    };
    let answer = Outcome::Call { status, body: Some(body), rows: None };
    cell.check(step.expect.as_ref(), expect_line(step), &answer);
    Ok(())
}

/// A value with what this run has in the places of names in braces. A name of nothing stays as it is.
fn filled(cell: &Cell, text: &str) -> String {
    let client = cell.provider.registration();
    let secret = client.secret.clone().unwrap_or_default();
    let own = [
        ("client", STANDARD.encode(format!("{}:{secret}", client.id))),
        ("client_id", client.id.clone()),
        ("client_secret", secret.clone()),
        ("redirect_uri", client.redirect_uri.clone()),
    ];
    let mut text = text.to_owned();
    let known = cell.redactor.secrets().map(|(secret, label)| (label.to_owned(), secret.to_owned()));
    for (name, value) in own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(known) {
        let place = format!("{{{name}}}");
        if text.contains(&place) {
            text = text.replace(&place, &value);
        }
    }
    text
}
