//! The pages of a collection.

use aws_lc_rs::digest;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::proto::cause::Cause;
use crate::proto::message::Request;
use crate::proto::mint::uuid_text;
use crate::proto::params::Params;
use crate::proto::policy::Rows;
use crate::proto::resource::Place;
use crate::proto::template::{Context, Medium};

/// What cannot stand in a query as it is. `$` and `'` can (RFC 3986 section 3.4), and real providers leave them.
const NOT_IN_QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'+').add(b'<').add(b'=').add(b'>');

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    /// Its rows, with commas between them.
    pub(super) rows: String,
    /// The URL of the next one.
    pub(super) next: Option<String>,
}

/// The page that a request asks for.
pub(super) fn page(
    collection: &Rows,
    name: &str,
    place: &Place<'_>,
    request: &Request,
    context: &Context,
) -> Result<Page, Cause> {
    let invalid = |name: &str| Cause::QueryInvalid { name: name.to_owned() };
    let query = request.query.as_deref().unwrap_or_default();
    let params = Params::parse(query.as_bytes()).map_err(|_| invalid("query"))?;
    let top = params.first(&collection.top).map(str::parse::<u32>).transpose().map_err(|_| invalid(&collection.top))?;
    let division = place.division().unwrap_or_default();
    let with_row = |number: u32| context.clone().with("n", number).with("id", identifier(name, division, number));
    let token = |number: u32| collection.token.render(Medium::Plain, &with_row(number));
    let after = match params.first(&collection.skip_token) {
        Some(presented) => (1..=collection.count)
            .find(|number| presented.contains(&identifier(name, division, *number)) && presented == token(*number))
            .ok_or_else(|| invalid(&collection.skip_token))?,
        None => 0,
    };
    let left = collection.count.saturating_sub(after);
    let wanted = top.map_or(left, |top| top.min(left));
    let size = wanted.min(collection.page_size.get());
    let last = after.saturating_add(size);
    let rows = collection.row.render_each(Medium::Plain, (after + 1..=last).map(with_row));
    let next = (wanted > size).then(|| {
        let kept = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_one_of(pair, [&collection.top, &collection.skip_token]));
        let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
        if top.is_some() {
            pairs.push(format!("{}={}", encode(&collection.top), wanted - size));
        }
        pairs.push(format!("{}={}", encode(&collection.skip_token), encode(&token(last))));
        format!("{}{}?{}", request.origin, request.path, pairs.join("&"))
    });
    Ok(Page { rows: rows.join(","), next })
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NOT_IN_QUERY).to_string()
}

/// Whether a pair of a query has one of these names, however it is encoded.
fn is_one_of(pair: &str, names: [&str; 2]) -> bool {
    form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(name, _)| names.contains(&&*name))
}

/// A GUID that is the row's own, in its collection and division.
fn identifier(collection: &str, division: &str, number: u32) -> String {
    let digest = digest::digest(&digest::SHA256, format!("{collection}/{division}/{number}").as_bytes());
    uuid_text(digest.as_ref())
}
