//! A recorded answer with the live client's own values in it.

use hyper::header::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use crate::capture::{CapturedResponse, HeaderField};
use crate::record::{Names, OWN, cookie_for_client, escaped};

/// All that is encoded in a URL's parts but the unreserved characters (RFC 3986 section 2.3).
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A shorter state turns up in pages by chance: it is replaced in the redirect alone.
const SHORTEST: usize = 8;

/// What a client drew for a sign-in when it was recorded, and what it has drawn now.
#[derive(Debug, Clone, Default)]
pub(super) struct Visit {
    /// The state of the recording.
    pub(super) recorded_state: Option<String>,
    /// The state now.
    pub(super) state: Option<String>,
    /// The redirect URI of the recording.
    pub(super) recorded_redirect: Option<String>,
    /// The redirect URI now.
    pub(super) redirect: Option<String>,
    /// Whether the nonce is another now.
    pub(super) has_other_nonce: bool,
}

/// Where each provider of the recording is here, however its URL is written.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pub(super) names: Names,
    encoded: Names,
}

impl Places {
    /// Each provider's origin with ours for it.
    pub(super) fn new(pairs: Vec<(String, String)>) -> Self {
        let spelt = |(theirs, ours): &(String, String)| {
            let (theirs, ours) = (form(theirs), form(ours));
            let lower = theirs.replace("%3A", "%3a").replace("%2F", "%2f");
            [(theirs, ours.clone()), (lower, ours)]
        };
        Self { encoded: Names::new(pairs.iter().flat_map(spelt).collect()), names: Names::new(pairs) }
    }

    fn here(&self, text: &str) -> String {
        self.encoded.for_client(&self.names.for_client(text))
    }
}

/// Header fields and body as this client is to have them.
pub(super) fn filled(response: &CapturedResponse, visits: &[Visit], places: &Places) -> (Vec<HeaderField>, Vec<u8>) {
    let headers = response.headers.iter().filter_map(|field| header(field, visits, places)).collect();
    let kind = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_text = ["json", "html", "xml"].iter().any(|it| kind.contains(it));
    let body = match std::str::from_utf8(response.body.bytes()) {
        Ok(text) if is_text => places.here(&lived(text, visits)).into_bytes(),
        Ok(_) | Err(_) => response.body.bytes().to_vec(),
    };
    (headers, body)
}

fn header(field: &HeaderField, visits: &[Visit], places: &Places) -> Option<HeaderField> {
    let name = field.name.to_ascii_lowercase();
    let is_of_connection = OWN.iter().any(|own| own.as_str() == name);
    if is_of_connection || matches!(name.as_str(), "content-encoding" | "proxy-connection") || name.starts_with(':') {
        return None;
    }
    let value = match name.as_str() {
        "location" => to_client(&field.value, visits).unwrap_or_else(|| places.here(&lived(&field.value, visits))),
        "content-location" | "link" | "www-authenticate" | "refresh" => places.here(&lived(&field.value, visits)),
        "set-cookie" => {
            let cookie = HeaderValue::from_bytes(field.value.as_bytes()).ok()?;
            String::from_utf8_lossy(cookie_for_client(&cookie).as_bytes()).into_owned()
        }
        _ => field.value.clone(),
    };
    Some(HeaderField { name: field.name.clone(), value })
}

/// A redirect back to the client: to where it is now, with its state. Nothing if it leads elsewhere.
fn to_client(location: &str, visits: &[Visit]) -> Option<String> {
    let leads = |visit: &&Visit| {
        let behind = visit.recorded_redirect.as_deref().and_then(|it| location.strip_prefix(it));
        behind.is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '#', '&']))
    };
    let states = location.split(['?', '#', '&']).filter_map(|pair| pair.strip_prefix("state=")).map(decoded);
    let states: Vec<String> = states.collect();
    let has_state = |visit: &&Visit| visit.recorded_state.as_ref().is_some_and(|it| states.contains(it));
    let mut there = visits.iter().rev().filter(leads);
    let visit = there.clone().find(has_state).or_else(|| there.next())?;
    let rest = location.strip_prefix(visit.recorded_redirect.as_deref()?)?;
    let target = visit.redirect.as_deref().or(visit.recorded_redirect.as_deref())?;
    let (query, fragment) = match rest.split_once('#') {
        Some((query, fragment)) => (query, Some(fragment)),
        None => (rest, None),
    };
    let query = query.strip_prefix(['?', '&']).map(|query| with_state(query, visit));
    let fragment = fragment.map(|fragment| with_state(fragment, visit));
    let sign = if target.contains('?') { '&' } else { '?' };
    let query = query.map(|query| format!("{sign}{query}")).unwrap_or_default();
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Some(format!("{target}{query}{fragment}"))
}

/// The pairs of an answer with the state of now where the recorded one was. A state that was not the one sent is the provider's own doing, and stays.
fn with_state(pairs: &str, visit: &Visit) -> String {
    let mut out: Vec<String> = Vec::new();
    let (mut is_answer, mut has_state) = (false, false);
    for pair in pairs.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        is_answer |= matches!(name, "code" | "error" | "access_token" | "id_token");
        has_state |= name == "state";
        if name == "state" && visit.recorded_state.as_ref() == Some(&decoded(value)) {
            out.extend(visit.state.as_deref().map(|state| format!("state={}", form(state))));
        } else {
            out.push(pair.to_owned());
        }
    }
    // Nobody sent one then: what the provider does with one is section 4.1.2 of RFC 6749.
    if is_answer && !has_state && visit.recorded_state.is_none() {
        out.extend(visit.state.as_deref().map(|state| format!("state={}", form(state))));
    }
    out.join("&")
}

/// A text with the values of now wherever those of the recording stand, in any spelling.
fn lived(text: &str, visits: &[Visit]) -> String {
    let mut done: Vec<&str> = Vec::new();
    let mut text = text.to_owned();
    // Of the same recorded value the latest counts.
    for visit in visits.iter().rev() {
        let pairs = [(&visit.recorded_state, &visit.state), (&visit.recorded_redirect, &visit.redirect)];
        for (recorded, now) in pairs {
            let (Some(recorded), Some(now)) = (recorded, now) else { continue };
            if recorded.len() < SHORTEST || recorded == now || done.contains(&recorded.as_str()) {
                continue;
            }
            done.push(recorded);
            let (from, to) = (spellings(recorded), spellings(now));
            if from.iter().all(|spelling| spelling == recorded) {
                // A label is written alike everywhere: how the value of now is written there can be seen from what is before it.
                text = replace_whole(&text, recorded, |before| spelt_behind(before, &to));
                continue;
            }
            for (number, (from_here, to_here)) in from.iter().zip(&to).enumerate() {
                if !from.iter().take(number).any(|it| it == from_here) {
                    text = replace_whole(&text, from_here, |_| to_here.clone());
                }
            }
        }
    }
    text
}

/// A value as URLs, forms, objects and pages write it; always as many spellings in the same order.
pub(super) fn spellings(value: &str) -> [String; 6] {
    let percent = |text: &str| percent_encoding::utf8_percent_encode(text, &UNRESERVED).to_string();
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#39;").replace('"', "&quot;");
    [value.to_owned(), form(value), percent(value), percent(&form(value)), escaped(value), html]
}

/// The spelling that fits what is before it: `state=` in a URL, `state%3D` in a URL in a URL, and else a page or an object.
fn spelt_behind(before: &str, [_, form, _, percent_form, _, html]: &[String; 6]) -> String {
    let is_deep = before.get(before.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("%3d"));
    let spelling = if is_deep { percent_form } else { html };
    if before.ends_with('=') { form.clone() } else { spelling.clone() }
}

/// Whether a text has a value in any spelling, and not as a part of a longer one.
pub(super) fn holds(text: &str, value: &str) -> bool {
    let spellings = spellings(value);
    let found = |spelling: &String| !spelling.is_empty() && replace_whole(text, spelling, |_| String::new()) != text;
    spellings.iter().any(found)
}

/// Replaces a value where it is whole, by what is made of what stands before it.
fn replace_whole(text: &str, from: &str, to: impl Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(from) {
        out.push_str(before);
        let is_whole = !goes_on_before(&out) && !behind.starts_with(is_of_word);
        let piece = if is_whole { to(&out) } else { from.to_owned() };
        out.push_str(&piece);
        rest = behind;
    }
    out + rest
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')
}

/// The sign before it may be percent-encoded: `%3D` is none of its letters.
fn goes_on_before(text: &str) -> bool {
    let last: Vec<u8> = text.bytes().rev().take(3).collect();
    let is_encoded = matches!(last.as_slice(), [a, b, b'%'] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    !is_encoded && text.ends_with(is_of_word)
}

fn form(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn decoded(value: &str) -> String {
    form_urlencoded::parse(format!("x={value}").as_bytes())
        .map(|(_, value)| value.into_owned())
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(recorded: Option<&str>, now: Option<&str>) -> Visit {
        Visit {
            recorded_state: recorded.map(str::to_owned),
            state: now.map(str::to_owned),
            recorded_redirect: Some("https://then.example/cb".to_owned()),
            redirect: Some("http://127.0.0.1:5/now".to_owned()),
            has_other_nonce: false,
        }
    }

    fn redirect(location: &str, visit: Visit) -> Option<String> {
        to_client(location, &[visit])
    }

    #[test]
    fn a_redirect_leads_to_where_the_client_is_now_with_its_state() {
        let both = || visit(Some("redacted.state.1"), Some("a b&c"));
        for (then, now) in [
            ("https://then.example/cb?code=1&state=redacted.state.1", "http://127.0.0.1:5/now?code=1&state=a+b%26c"),
            ("https://then.example/cb#code=1&state=redacted.state.1", "http://127.0.0.1:5/now#code=1&state=a+b%26c"),
            (
                "https://then.example/cb?error=x&state=redacted.state.1#_=_",
                "http://127.0.0.1:5/now?error=x&state=a+b%26c#_=_",
            ),
            (
                "https://then.example/cb?code=1&state=redacted.state.12",
                "http://127.0.0.1:5/now?code=1&state=redacted.state.12",
            ),
            ("https://then.example/cb?code=1", "http://127.0.0.1:5/now?code=1"),
        ] {
            assert_eq!(redirect(then, both()).as_deref(), Some(now));
        }
        assert_eq!(redirect("https://then.example/cb2?state=redacted.state.1", both()), None);
        assert_eq!(redirect("https://then.example/", both()), None);
    }

    #[test]
    fn a_state_that_one_side_did_not_send_is_answered_as_the_rfc_has_it() {
        let then = "https://then.example/cb?code=1";
        assert_eq!(redirect(then, visit(None, Some("new"))).unwrap(), "http://127.0.0.1:5/now?code=1&state=new");
        let then = "https://then.example/cb?code=1&state=old";
        assert_eq!(redirect(then, visit(Some("old"), None)).unwrap(), "http://127.0.0.1:5/now?code=1");
    }

    #[test]
    fn a_page_has_the_values_of_now_however_they_are_written_and_only_whole() {
        let visits = [visit(Some("state-of-then"), Some("now/1"))];
        let page =
            "a=state-of-then b=x%3Dstate-of-then%26 c=state-of-then2 d=xstate-of-then https%3A%2F%2Fthen.example%2Fcb";
        let now = "a=now%2F1 b=x%3Dnow%252F1%26 c=state-of-then2 d=xstate-of-then http%3A%2F%2F127.0.0.1%3A5%2Fnow";
        assert_eq!(lived(page, &visits), now);
        assert_eq!(lived("state=old", &[visit(Some("old"), Some("new"))]), "state=old");
    }

    #[test]
    fn urls_of_the_provider_lead_here_also_within_others() {
        let places = Places::new(vec![("https://idp.example".to_owned(), "http://127.0.0.1:1".to_owned())]);
        let then = "https://idp.example/login?back=https%3A%2F%2Fidp.example%2Fa&c=https%3a%2f%2fidp.example%2fb";
        let now = "http://127.0.0.1:1/login?back=http%3A%2F%2F127.0.0.1%3A1%2Fa&c=http%3A%2F%2F127.0.0.1%3A1%2fb";
        assert_eq!(places.here(then), now);
        assert!(holds("{\"t\":\"a\\/b12\"}", "a/b12") && !holds("redacted.code.12", "redacted.code.1"));
    }
}
