//! What goes in and what comes out: HTTP without sockets.

use std::fmt;

use crate::proto::time::Timestamp;

/// The number of an exchange, from 1, in the order in which requests were handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u32);

impl fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A request, owned: copied once from whatever carried it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The listener that it came through, which tells workers of one client apart. The core only journals it.
    pub via: String,
    /// The method, as sent.
    pub method: String,
    /// `http://host:port` or `https://host:port` as the client addressed the provider; no trailing slash.
    pub origin: String,
    /// The path, as sent, still percent-encoded.
    pub path: String,
    /// The query without `?`, as sent.
    pub query: Option<String>,
    /// Header fields in order.
    pub headers: Headers,
    /// The body.
    pub body: RequestBody,
}

impl Request {
    /// Path and query as they stood in the request line.
    #[must_use]
    pub fn target(&self) -> String {
        self.query.as_ref().map_or_else(|| self.path.clone(), |query| format!("{}?{query}", self.path))
    }
}

/// A request's body, which the carrier reads up to a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestBody {
    /// All of it.
    Whole(Vec<u8>),
    /// It was larger than the policy's limit and was not kept.
    TooLarge,
}

impl RequestBody {
    /// The bytes that were kept.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::TooLarge => &[],
        }
    }
}

/// Header fields in order; names compare without case. Bytes outside UTF-8 are read as Latin-1 (RFC 9110 section 5.5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// No fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The first value of the field, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All values of the field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Replaces every field of that name by one, at the place of the first.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let at = self.0.iter().position(|(field, _)| field.eq_ignore_ascii_case(name)).unwrap_or(self.0.len());
        self.0.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
        let at = at.min(self.0.len());
        self.0.insert(at, (name.to_owned(), value.into()));
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// What to send, and how. All state behind it is already committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Which exchange it ends.
    pub exchange: ExchangeId,
    /// The response.
    pub response: Response,
    /// When and how much of it to send.
    pub delivery: Delivery,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The reason phrase of the status line, where it is not the usual one. HTTP/2 has none.
    pub reason: Option<String>,
    /// Header fields in order, beside `Content-Length` and `Connection`, which the carrier adds.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A response without a body.
    #[must_use]
    pub const fn empty(status: u16) -> Self {
        Self { status, reason: None, headers: Headers::new(), body: Vec::new() }
    }

    /// A response with a body of this media type.
    #[must_use]
    pub fn with_body(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut headers = Headers::new();
        headers.push("Content-Type", content_type);
        Self { status, reason: None, headers, body: body.into() }
    }

    /// The same with one more header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }
}

/// How a reply is sent: waits and cuts as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivery {
    /// Not before this moment of the realm's clock; at once when absent.
    pub not_before: Option<Timestamp>,
    /// How much of it.
    pub extent: Extent,
}

/// How much of a reply is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// The head, and this many bytes of the body; then the connection is closed.
    CutAfter(usize),
    /// Nothing: the connection is closed.
    Dropped,
}

#[cfg(test)]
mod tests {
    use super::Headers;

    #[test]
    fn setting_a_header_replaces_all_of_its_name_in_place() {
        let mut headers: Headers = [("A", "1"), ("b", "2"), ("B", "3"), ("C", "4")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        headers.set("B", "9");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("A", "1"), ("B", "9"), ("C", "4")]);
        headers.set("D", "5");
        assert_eq!(headers.get("d"), Some("5"));
    }
}
