//! What a proxy in front says of the request that it passes on (RFC 7239, and the `X-Forwarded-` fields that came before it).

use http::uri::Authority;

use crate::proto::message::Headers;

/// Scheme and authority as the first proxy saw them; each only if it is one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Forwarded {
    pub(crate) scheme: Option<&'static str>,
    pub(crate) authority: Option<String>,
}

impl Forwarded {
    /// Reads the fields. `Forwarded` counts before the others (RFC 7239 section 7.4 leaves that to whoever mixes them). Of several proxies
    /// the first counts: it is the one that the client spoke to. What is no scheme or no host is passed over.
    pub(crate) fn of(headers: &Headers) -> Self {
        let mut seen = Self::default();
        let first = headers.get("forwarded").and_then(|line| line.split(',').next()).unwrap_or_default();
        for pair in first.split(';') {
            let Some((name, value)) = pair.trim().split_once('=') else { continue };
            let value = value.trim_matches('"');
            match name.to_ascii_lowercase().as_str() {
                "proto" => seen.scheme = scheme(value),
                "host" => seen.authority = authority(value),
                _ => {}
            }
        }
        let first = |name: &str| headers.get(name).and_then(|line| line.split(',').next()).map(str::trim);
        if seen.scheme.is_none() {
            seen.scheme = first("x-forwarded-proto").and_then(scheme);
        }
        if seen.authority.is_none() {
            seen.authority = first("x-forwarded-host").and_then(authority);
            let port = first("x-forwarded-port").and_then(|port| port.parse::<u16>().ok());
            if let (Some(host), Some(port)) = (&seen.authority, port)
                && !has_port(host)
                && !is_usual(seen.scheme, port)
            {
                seen.authority = Some(format!("{host}:{port}"));
            }
        }
        seen
    }
}

fn scheme(text: &str) -> Option<&'static str> {
    ["http", "https"].into_iter().find(|known| text.eq_ignore_ascii_case(known))
}

/// A host, with a port or without, and no user.
fn authority(text: &str) -> Option<String> {
    let parsed: Authority = text.parse().ok()?;
    let bare = !parsed.as_str().contains('@') && !parsed.host().is_empty();
    bare.then(|| parsed.as_str().to_owned())
}

fn has_port(authority: &str) -> bool {
    authority.parse::<Authority>().is_ok_and(|authority| authority.port().is_some())
}

fn is_usual(scheme: Option<&str>, port: u16) -> bool {
    matches!((scheme, port), (None | Some("http"), 80) | (None | Some("https"), 443))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_proxy_counts_and_what_is_no_host_does_not() {
        type Fields<'a> = &'a [(&'a str, &'a str)];
        let cases: [(Fields<'_>, Option<&str>, Option<&str>); 10] = [
            (&[], None, None),
            (&[("forwarded", "for=1.2.3.4;proto=https;host=idp.example")], Some("https"), Some("idp.example")),
            (
                &[("forwarded", "proto=HTTPS;host=\"idp.example:8443\", proto=http;host=inner")],
                Some("https"),
                Some("idp.example:8443"),
            ),
            (
                &[("x-forwarded-proto", "https, http"), ("x-forwarded-host", "a.example, b")],
                Some("https"),
                Some("a.example"),
            ),
            (&[("x-forwarded-host", "a.example"), ("x-forwarded-port", "8443")], None, Some("a.example:8443")),
            (&[("x-forwarded-host", "a.example:1"), ("x-forwarded-port", "8443")], None, Some("a.example:1")),
            (
                &[("x-forwarded-proto", "https"), ("x-forwarded-host", "a.example"), ("x-forwarded-port", "443")],
                Some("https"),
                Some("a.example"),
            ),
            (&[("x-forwarded-host", "evil.example/path"), ("x-forwarded-proto", "javascript")], None, None),
            (&[("x-forwarded-host", "user@evil.example")], None, None),
            (
                &[("forwarded", "host=a.example"), ("x-forwarded-host", "b.example"), ("x-forwarded-proto", "https")],
                Some("https"),
                Some("a.example"),
            ),
        ];
        for (fields, scheme, authority) in cases {
            let headers = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let seen = Forwarded::of(&headers);
            assert_eq!((seen.scheme, seen.authority.as_deref()), (scheme, authority), "{fields:?}");
        }
    }
}
