//! Collections: rows in pages, the next page by its URL (OData 2.0, JSON). `d` is an object with `results` and perhaps `__next`, or
//! an array of all rows.

use serde_json::Value;
use url::Url;

use crate::adapter::protocol::{Failure, Outcome};
use crate::client::events::Events;
use crate::client::failure::bug;
use crate::client::http::ResourceRequest;
use crate::client::mistake::Mistake;
use crate::client::time::Clock;
use crate::client::worker::Worker;

/// More pages than any collection has that a person would read to its end.
const MOST_PAGES: usize = 1000;

/// A page of a collection.
struct Page {
    rows: usize,
    next: Option<String>,
}

impl Worker {
    /// Reads a collection to its end and counts its rows.
    pub(crate) async fn call_all_pages(
        &self,
        mut request: ResourceRequest,
        clock: &Clock,
        events: &Events,
    ) -> Result<Outcome, Failure> {
        let mut rows = 0_u64;
        for _ in 0..MOST_PAGES {
            let answered = self.call_with_usable_token(&request, clock, events).await;
            self.operation_ended(answered.as_ref().is_ok_and(|reply| reply.status < 400))?;
            let reply = answered?;
            if reply.status != 200 {
                return Ok(Outcome::Call { status: reply.status, body: None, rows: None });
            }
            let page = Page::read(&reply.body, self.mistake)?;
            rows = rows.saturating_add(page.rows as u64);
            match page.next.filter(|_| self.mistake != Some(Mistake::ReadsFirstPageOnly)) {
                Some(next) => request.url = same_origin(&request.url, &next)?,
                None => return Ok(Outcome::Call { status: 200, body: None, rows: Some(rows) }),
            }
        }
        Err(bug(format!("more than {MOST_PAGES} pages")))
    }
}

impl Page {
    fn read(body: &[u8], mistake: Option<Mistake>) -> Result<Self, Failure> {
        let body: Value = serde_json::from_slice(body).map_err(|_| bug("the page is no JSON"))?;
        let data = body.get("d").unwrap_or(&Value::Null);
        if let Some(rows) = data.as_array() {
            return match mistake {
                Some(Mistake::ExpectsResultsInD) => Err(bug("d.results is undefined")),
                Some(_) | None => Ok(Self { rows: rows.len(), next: None }),
            };
        }
        let rows = data.get("results").and_then(Value::as_array).ok_or_else(|| bug("the page has no rows"))?;
        let next = data.get("__next").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { rows: rows.len(), next })
    }
}

/// The URL of the next page, which must be at the origin of the first: the access token is not for anybody else.
fn same_origin(first: &str, next: &str) -> Result<String, Failure> {
    let parse = |url: &str| Url::parse(url).map_err(|_| bug("the next page has no URL"));
    if parse(first)?.origin() == parse(next)?.origin() {
        Ok(next.to_owned())
    } else {
        Err(bug("the next page is at another origin"))
    }
}
