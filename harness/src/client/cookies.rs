//! The cookies that services set (RFC 6265), for a client that goes on by them in place of its token.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{HeaderMap, SET_COOKIE};
use url::Url;

use crate::client::secret::Secret;

/// Names and values by origin. Not in the store: a session is no loss when a worker starts anew, and logs in once more.
#[derive(Debug, Default)]
pub(crate) struct Cookies(Mutex<BTreeMap<String, BTreeMap<String, Secret>>>);

/// A cookie of an answer; none in place of the value takes it back.
pub(crate) type SetCookie = (String, Option<Secret>);

impl Cookies {
    /// What goes into the `Cookie` header field of a request to this URL, if there is anything.
    pub(crate) fn for_url(&self, url: &str) -> Option<Secret> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&origin(url)).filter(|known| !known.is_empty())?;
        let pairs: Vec<String> = known.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect();
        Some(Secret::new(pairs.join("; ")))
    }

    /// Takes up what an answer from this URL sets.
    pub(crate) fn keep(&self, url: &str, set: Vec<SetCookie>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(origin(url)).or_default();
        for (name, value) in set {
            match value {
                Some(value) => drop(known.insert(name, value)),
                None => drop(known.remove(&name)),
            }
        }
    }

    /// Forgets the session at this URL's origin.
    pub(crate) fn forget(&self, url: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&origin(url));
    }
}

/// The cookies that an answer sets. Of the attributes only the end at once counts: the harness has services at the root of an origin.
pub(crate) fn cookies_of(headers: &HeaderMap) -> Vec<SetCookie> {
    let lines = headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let read = |line: &str| {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let is_over = parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0"));
        Some((name.to_owned(), (!is_over).then(|| Secret::new(value))))
    };
    lines.filter_map(read).collect()
}

fn origin(url: &str) -> String {
    Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_goes_back_to_the_origin_that_set_it_until_it_is_taken_back_or_forgotten() {
        let cookies = Cookies::default();
        let set = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(SET_COOKIE, HeaderValue::from_static(line));
            }
            cookies.keep("http://a.example:1/x", cookies_of(&headers));
        };
        let sent = |url: &str| cookies.for_url(url).map(|line| line.expose().to_owned());
        assert_eq!(sent("http://a.example:1/y"), None);
        set(&["s=1=2; Path=/; HttpOnly", "t=3", "nonsense"]);
        assert_eq!(sent("http://a.example:1/y?z"), Some("s=1=2; t=3".to_owned()));
        assert_eq!(sent("http://a.example:2/y"), None, "another port is another origin");
        set(&["s=; Max-Age=0"]);
        assert_eq!(sent("http://a.example:1/"), Some("t=3".to_owned()));
        cookies.forget("http://a.example:1/");
        assert_eq!(sent("http://a.example:1/"), None);
    }
}
