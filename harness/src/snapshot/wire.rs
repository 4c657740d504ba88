//! How one request and one reply look on paper: which header fields matter, how bodies are shortened.

use html5gum::{Token, Tokenizer};

/// A body longer than this many characters is shortened in the middle.
const LONG_BODY: usize = 600;
/// What is kept of a long body's beginning and end, in characters.
const KEPT: (usize, usize) = (400, 150);
/// Parameters that fit in so many columns stay on one line.
const PARAMETER_COLUMNS: usize = 100;

/// Request fields that say what the HTTP library is and nothing about the client's conduct.
const REQUEST_NOISE: [&str; 14] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "pragma",
    "priority",
    "sec-fetch-mode",
    "te",
    "transfer-encoding",
    "user-agent",
];
/// Reply fields that the HTTP server adds to every answer.
const REPLY_NOISE: [&str; 5] = ["connection", "content-length", "date", "keep-alive", "transfer-encoding"];

/// One side of an exchange: the line itself, and what belongs under it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) head: String,
    pub(crate) details: Vec<String>,
}

/// The parts of a request that are shown.
#[derive(Debug)]
pub(crate) struct RequestParts<'a> {
    pub(crate) resource_owner: bool,
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a str,
    pub(crate) parameters: &'a [(String, String)],
}

/// Shows a request. Of the resource owner's only what it asks for: its browser is ours.
pub(crate) fn request(parts: &RequestParts<'_>) -> Shown {
    let content_type = field(parts.headers, "content-type");
    let is_form = content_type.is_some_and(|value| media_type(value) == "application/x-www-form-urlencoded");
    let mut details = Vec::new();
    if !parts.resource_owner {
        for (name, value) in parts.headers {
            let lower = name.to_ascii_lowercase();
            let usual = lower == "content-type" && is_form && !parts.body.is_empty();
            if !usual && !REQUEST_NOISE.contains(&lower.as_str()) {
                details.push(format!("{}: {}", visible(name), visible(value)));
            }
        }
    }
    let (path, query) = parts.target.split_once('?').map_or((parts.target, None), |(path, query)| (path, Some(query)));
    // The decoded parameters hold query and body together; they stand for the part that is not empty.
    let (head, body_parameters) = match query {
        Some(_) if !parts.parameters.is_empty() && parts.body.is_empty() => {
            details.extend(parameter_lines(parts.parameters));
            (format!("{} {}?", parts.method, path), None)
        }
        Some(_) => (format!("{} {}", parts.method, parts.target), None),
        None if !parts.parameters.is_empty() => (format!("{} {}", parts.method, path), Some(parts.parameters.to_vec())),
        None => (format!("{} {}", parts.method, path), None),
    };
    match body_parameters {
        Some(parameters) if is_form || parts.body.is_empty() => details.extend(parameter_lines(&parameters)),
        Some(_) => details.extend(body_lines(parts.body)),
        None if is_form => {
            let decoded: Vec<(String, String)> = form_urlencoded::parse(parts.body.as_bytes()).into_owned().collect();
            details.extend(parameter_lines(&decoded));
        }
        None => details.extend(body_lines(parts.body)),
    }
    Shown { head: visible(&head), details }
}

/// Shows a reply. To the resource owner: where it leads and what the page asks; to a client: all that it can act on.
pub(crate) fn reply(resource_owner: bool, status: u16, headers: &[(String, String)], body: &str) -> Shown {
    let html = field(headers, "content-type").map(media_type).is_some_and(|t| t.contains("html"));
    let mut details = Vec::new();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        if resource_owner {
            match lower.as_str() {
                "location" => details.push(format!("{}: {}", visible(name), visible(value))),
                "set-cookie" => {
                    let cookie = value.split_once('=').map_or(value.as_str(), |(cookie, _)| cookie);
                    details.push(format!("sets cookie {}", visible(cookie)));
                }
                _ => {}
            }
        } else if !REPLY_NOISE.contains(&lower.as_str()) {
            details.push(format!("{}: {}", visible(name), visible(value)));
        }
    }
    if html {
        details.push(page(body));
    } else {
        details.extend(body_lines(body));
    }
    Shown { head: status.to_string(), details }
}

/// A body as lines: shortened in the middle when long, control characters made visible.
pub(crate) fn body_lines(body: &str) -> Vec<String> {
    if body.is_empty() {
        return Vec::new();
    }
    shorten(body).trim_end_matches('\n').split('\n').map(visible).collect()
}

/// `text`, or its beginning and end with the number of characters left out between them.
pub(crate) fn shorten(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONG_BODY {
        return text.to_owned();
    }
    let (head, tail) = KEPT;
    let left_out = length.saturating_sub(head + tail);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(head + left_out).collect();
    format!("{start} [… {left_out} characters left out …] {end}")
}

/// `text` on one line, with every control character as an escape: what a provider or a library says must not move the
/// cursor of whoever reads the report, nor split a line of a snapshot.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // Beside control characters: the marks that reorder or hide the text around them, and the line separators.
        let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        if c.is_control() || hidden {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Parameters as `name=value`, on one line when they fit.
fn parameter_lines(parameters: &[(String, String)]) -> Vec<String> {
    let each: Vec<String> = parameters
        .iter()
        .map(|(name, value)| {
            let value = visible(value);
            if value.contains([' ', '"']) {
                format!("{}={value:?}", visible(name))
            } else {
                format!("{}={value}", visible(name))
            }
        })
        .collect();
    let line = each.join(" ");
    if each.is_empty() {
        Vec::new()
    } else if line.chars().count() <= PARAMETER_COLUMNS {
        vec![line]
    } else {
        each
    }
}

/// A page in one line: its title and what its forms ask for. The markup is the provider's affair.
fn page(html: &str) -> String {
    let mut title = None;
    let mut fields: Vec<String> = Vec::new();
    let mut in_title = false;
    for Ok(token) in Tokenizer::new(html) {
        if let Token::StartTag(tag) = token {
            in_title = tag.name.as_slice() == b"title";
            if [&b"input"[..], b"select", b"textarea", b"button"].contains(&tag.name.as_slice())
                && let Some(name) = tag.attributes.get(&b"name"[..])
            {
                fields.push(visible(&String::from_utf8_lossy(name)));
            }
        } else if let Token::String(text) = token {
            if in_title && title.is_none() {
                title = Some(visible(String::from_utf8_lossy(&text).trim()));
            }
        } else if let Token::EndTag(_) = token {
            in_title = false;
        }
    }
    let title = title.map_or_else(|| "without a title".to_owned(), |title| format!("{title:?}"));
    if fields.is_empty() { format!("page {title}") } else { format!("page {title}, asks: {}", fields.join(", ")) }
}

fn field<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{RequestParts, body_lines, reply, request, shorten, visible};

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn client_request(headers: &[(&str, &str)], target: &str, body: &str, parameters: &[(&str, &str)]) -> Vec<String> {
        let shown = request(&RequestParts {
            resource_owner: false,
            method: "POST",
            target,
            headers: &pairs(headers),
            body,
            parameters: &pairs(parameters),
        });
        std::iter::once(shown.head).chain(shown.details).collect()
    }

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    #[test]
    fn a_usual_content_type_is_left_out_and_an_unusual_one_shown() {
        let grant = [("grant_type", "refresh_token")];
        assert_eq!(
            client_request(&[FORM], "/token", "grant_type=refresh_token", &grant),
            ["POST /token", "grant_type=refresh_token"]
        );
        assert_eq!(
            client_request(&[("content-type", "application/json")], "/token", "{}", &[]),
            ["POST /token", "content-type: application/json", "{}"]
        );
        assert_eq!(client_request(&[FORM], "/token", "", &[])[1], "content-type: application/x-www-form-urlencoded");
    }

    #[test]
    fn credentials_and_unknown_fields_are_shown_and_library_noise_is_not() {
        let headers = [("user-agent", "x/1"), ("host", "h"), ("authorization", "Basic <secret>"), ("x-own", "1")];
        assert_eq!(client_request(&headers, "/t", "", &[]), ["POST /t", "authorization: Basic <secret>", "x-own: 1"]);
    }

    #[test]
    fn query_and_body_are_never_mixed_up() {
        let both = [("a", "1"), ("b", "2")];
        assert_eq!(client_request(&[], "/t?a=1&b=2", "", &both), ["POST /t?", "a=1 b=2"]);
        assert_eq!(client_request(&[FORM], "/t?a=1", "b=2", &both), ["POST /t?a=1", "b=2"]);
        assert_eq!(client_request(&[FORM], "/t", "a=1&b=2", &both), ["POST /t", "a=1 b=2"]);
    }

    #[test]
    fn a_body_that_is_no_form_is_shown_even_when_it_was_read_as_one() {
        let lines = client_request(&[("content-type", "text/plain")], "/t", "a=1", &[("a", "1")]);
        assert_eq!(lines, ["POST /t", "content-type: text/plain", "a=1"]);
    }

    #[test]
    fn parameters_that_do_not_fit_on_a_line_get_one_each() {
        let long = "x".repeat(98);
        assert_eq!(client_request(&[FORM], "/t", "..", &[("a", &long)]).len(), 2);
        assert_eq!(client_request(&[FORM], "/t", "..", &[("a", &long), ("b", "")]).len(), 3);
    }

    #[test]
    fn a_page_is_its_title_and_what_it_asks() {
        let html = "<html><title>Sign in &amp; go</title><form><input name=user><b>x</b><input type=password name=pw>";
        let shown = reply(
            true,
            200,
            &pairs(&[("Content-Type", "text/html; charset=utf-8"), ("Set-Cookie", "sid=1; Path=/")]),
            html,
        );
        assert_eq!(shown.details, ["sets cookie sid", "page \"Sign in & go\", asks: user, pw"]);
        assert_eq!(reply(true, 200, &pairs(&[("Content-Type", "text/html")]), "").details, ["page without a title"]);
    }

    #[test]
    fn the_redirect_of_the_resource_owner_is_shown() {
        let shown = reply(true, 302, &pairs(&[("Location", "https://c/cb?code=<code:1>"), ("Server", "x")]), "");
        assert_eq!(
            (shown.head.as_str(), shown.details),
            ("302", vec!["Location: https://c/cb?code=<code:1>".to_owned()])
        );
    }

    #[test]
    fn bodies_are_shortened_from_the_first_character_over_the_limit() {
        assert_eq!(shorten(&"é".repeat(600)).chars().count(), 600);
        assert_eq!(
            shorten(&"é".repeat(601)),
            format!("{} [… 51 characters left out …] {}", "é".repeat(400), "é".repeat(150))
        );
    }

    #[test]
    fn control_characters_are_made_visible() {
        assert_eq!(body_lines("a\r\nb\u{1b}[31m\n\n"), ["a\\r", "b\\u{1b}[31m"]);
        assert_eq!(visible("a\u{202e}b\u{9b}é"), "a\\u{202e}b\\u{9b}é");
    }
}
