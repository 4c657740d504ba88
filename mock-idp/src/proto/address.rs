//! Where the provider is, as others see it.
//!
//! A provider is known by one name (the issuer), called at another by its clients, and visited at a third by browsers; in containers and
//! behind proxies the three differ. Owns the rules by which documents and tokens name them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use url::Url;

use crate::proto::message::Request;

/// `http://host` or `https://host`, with a port or without, and nothing behind it: the endpoints are at the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

/// Why a text is no base URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not http://host or https://host, with a port or without, and nothing behind it")]
pub struct BaseUrlError(String);

impl BaseUrl {
    /// Its host, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            Some(_) | None => authority,
        }
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || BaseUrlError(text.to_owned());
        let url = Url::parse(text).map_err(|_| wrong())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !bare || url.password().is_some() || !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was settled at the start. What was not follows from each request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses {
    /// The issuer, whatever a request was addressed to.
    pub issuer: Option<BaseUrl>,
    /// Where browsers reach the provider, where that is not where clients do.
    pub browser: Option<BaseUrl>,
}

impl Addresses {
    /// The hosts that are named.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.issuer.iter().chain(&self.browser).map(BaseUrl::host)
    }
}

/// The addresses that documents and tokens name, none with a trailing slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bases<'a> {
    /// The issuer (RFC 8414 section 2).
    pub(crate) issuer: &'a str,
    /// Where clients call: where this one did, since it got through.
    pub(crate) server: &'a str,
    /// Where browsers go.
    pub(crate) browser: &'a str,
}

impl<'a> Bases<'a> {
    /// The addresses for the answer to a request.
    pub(crate) fn of(addresses: &'a Addresses, request: &'a Request) -> Self {
        let server = request.origin.as_str();
        // A browser and a client come by different names. The issuer in what each takes along must be the same, so that without a
        // fixed one it cannot be the name of the client.
        let issuer = addresses.issuer.as_ref().or(addresses.browser.as_ref());
        let issuer = issuer.map_or(server, |base| &base.0);
        let browser = addresses.browser.as_ref().map_or(issuer, |base| &base.0);
        Self { issuer, server, browser }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_scheme_host_and_port() {
        let cases = [
            ("https://idp.example", Some(("https://idp.example", "idp.example"))),
            ("http://localhost:8080/", Some(("http://localhost:8080", "localhost"))),
            ("https://IDP.example:443", Some(("https://idp.example", "idp.example"))),
            ("http://[::1]:8080", Some(("http://[::1]:8080", "[::1]"))),
            ("https://idp.example/realm", None),
            ("https://idp.example/?x", None),
            ("https://idp.example/#x", None),
            ("https://u:p@idp.example", None),
            ("ftp://idp.example", None),
            ("idp.example:8080", None),
            ("", None),
        ];
        for (text, want) in cases {
            let got = text.parse::<BaseUrl>().ok().map(|base| (base.to_string(), base.host().to_owned()));
            assert_eq!(got, want.map(|(base, host)| (base.to_owned(), host.to_owned())), "{text}");
        }
    }
}
