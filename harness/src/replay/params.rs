//! Parameters of a recorded request, wherever they stand.

use crate::capture::{CapturedRequest, CapturedResponse};
use serde_json::Value;
use url::Url;

/// The parameters of the query, decoded, in their order.
pub(crate) fn query(request: &CapturedRequest) -> Vec<(String, String)> {
    request.url.query_pairs().into_owned().collect()
}

/// Whether the body is a form.
pub(crate) fn is_form(request: &CapturedRequest) -> bool {
    request.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("x-www-form-urlencoded"))
}

/// The parameters of a form in the body, decoded, in their order.
pub(crate) fn form(request: &CapturedRequest) -> Vec<(String, String)> {
    if is_form(request) { form_urlencoded::parse(request.body.bytes()).into_owned().collect() } else { Vec::new() }
}

/// The first value of a parameter: of the form, else of the query.
pub(crate) fn first(request: &CapturedRequest, name: &str) -> Option<String> {
    let all = form(request).into_iter().chain(query(request));
    all.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The parameters of a URL's query and of its fragment.
pub(crate) fn of_url(url: &Url) -> Vec<(String, String)> {
    let fragment = url.fragment().unwrap_or_default();
    url.query_pairs().into_owned().chain(form_urlencoded::parse(fragment.as_bytes()).into_owned()).collect()
}

/// The JSON that an answer has.
pub(crate) fn json(response: &CapturedResponse) -> Option<Value> {
    serde_json::from_slice(response.body.bytes()).ok()
}

/// Where an answer leads.
pub(crate) fn location(request: &CapturedRequest, response: &CapturedResponse) -> Option<Url> {
    if !(300..400).contains(&response.status) {
        return None;
    }
    request.url.join(response.header("location")?).ok()
}
