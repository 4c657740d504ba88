//! The provider's own URLs in what a client is told, and the proxy's in their place.

/// By which origin each provider is reached here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Vec<(String, String)>);

impl Names {
    /// Each provider's origin with the proxy's for it.
    pub(crate) fn new(mut pairs: Vec<(String, String)>) -> Self {
        // `http://a:80` before `http://a`.
        pairs.sort_by_key(|(theirs, _)| std::cmp::Reverse(theirs.len()));
        Self(pairs)
    }

    /// Whether anything is replaced.
    pub(crate) const fn rewrites(&self) -> bool {
        !self.0.is_empty()
    }

    /// What the provider is told of where a page is from: its own URLs again.
    pub(crate) fn for_provider(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (theirs, ours)| replace_origin(&text, ours, theirs))
    }

    /// What a client is told: every URL of a provider leads here. Also those whose slashes are escaped, as some write JSON.
    pub(crate) fn for_client(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (theirs, ours)| {
            replace_origin(&replace_origin(&text, theirs, ours), &escaped(theirs), &escaped(ours))
        })
    }
}

pub(crate) fn escaped(origin: &str) -> String {
    origin.replace('/', "\\/")
}

/// Replaces an origin where it is one: `http://a:80` is not within `http://a:8080`, nor `https://a.b` within `https://a.b.c`.
fn replace_origin(text: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(from) {
        out.push_str(before);
        let goes_on = behind.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
        out.push_str(if goes_on { from } else { to });
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_replaced_where_it_is_one() {
        let names = Names::new(vec![
            ("https://idp.example".to_owned(), "http://127.0.0.1:1".to_owned()),
            ("http://127.0.0.1:80".to_owned(), "http://127.0.0.1:2".to_owned()),
        ]);
        for (told, here) in [
            (
                r#"{"issuer":"https://idp.example","token":"https:\/\/idp.example\/token"}"#,
                r#"{"issuer":"http://127.0.0.1:1","token":"http:\/\/127.0.0.1:1\/token"}"#,
            ),
            ("https://idp.example.org/ https://idp.example?x", "https://idp.example.org/ http://127.0.0.1:1?x"),
            ("http://127.0.0.1:8080/ http://127.0.0.1:80/", "http://127.0.0.1:8080/ http://127.0.0.1:2/"),
        ] {
            assert_eq!(names.for_client(told), here);
        }
        assert_eq!(names.for_provider("http://127.0.0.1:1/login?x"), "https://idp.example/login?x");
    }
}
