//! HTTP pieces that scenarios write: request lines, header fields, status codes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::id::snake;
use super::located::{Located, checked, text};
use super::problem::{Problem, listed};

/// The methods that a request line may use.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// A request to a protected resource: a method and a path with its query, `GET /api/v1/current/Me`, or the profile's name for the
/// resource in place of the path, `GET {me}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    method: String,
    path: String,
}

impl RequestLine {
    /// The HTTP method, in capitals.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path from `/` on, with its query, or `{name}` in place of the path. The profile says on which host.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The profile's name for the resource and what follows it, where the request names a resource instead of a path.
    #[must_use]
    pub fn resource(&self) -> Option<(&str, &str)> {
        self.path.strip_prefix('{')?.split_once('}')
    }

    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let form = "write a method and a path, as in `GET /api/v1/current/Me`";
        let Some((method, path)) = text.split_once(' ') else {
            return Err(Problem::new(format!("`{text}` is no request")).help(form));
        };
        let method_length = method.chars().count();
        if !METHODS.contains(&method) {
            return Err(Problem::unknown("method", method, &METHODS).within(0, method_length));
        }
        if let Some(named) = path.strip_prefix('{') {
            let form = "write `{name}`, and perhaps a query, as in `GET {me}`";
            let Some((name, query)) = named.split_once('}') else {
                let problem = Problem::new("the name of the resource does not end").help(form);
                return Err(problem.within(method_length + 1, path.chars().count()));
            };
            snake(name).map_err(|problem| problem.shifted(method_length + 2).help(form))?;
            if !query.is_empty() && !query.starts_with('?') {
                let problem = Problem::new("only a query may follow the name of a resource").help(form);
                return Err(problem.within(method_length + 3 + name.chars().count(), query.chars().count()));
            }
        } else if !path.starts_with('/') {
            let problem = Problem::new("the path must begin with `/`").help("the profile knows the host");
            return Err(problem.within(method_length + 1, path.chars().count()));
        }
        match path.chars().position(|c| !c.is_ascii_graphic() || c == '#') {
            None => Ok(Self { method: method.to_owned(), path: path.to_owned() }),
            Some(index) => {
                let problem = Problem::new("not allowed in a path").help("percent-encode it");
                Err(problem.within(method_length + 1 + index, 1))
            }
        }
    }
}

impl fmt::Display for RequestLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl<'de> Deserialize<'de> for RequestLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, Self::parse)
    }
}

impl JsonSchema for RequestLine {
    fn schema_name() -> Cow<'static, str> {
        "RequestLine".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A method and a path with its query, on the host that the profile names; or the profile's name for the resource in braces.",
            "type": "string",
            "pattern": format!(r"^({}) (/|\{{[a-z0-9_]+\}}(\?|$))[!-\x22$-~]*$", METHODS.join("|")),
            "examples": ["GET /api/v1/current/Me", "GET {me}"]
        })
    }
}

/// Header fields by name.
pub type Headers = BTreeMap<String, String>;

/// Reads header fields and checks that each can be sent as it is.
pub(super) fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Headers, D::Error> {
    let fields = BTreeMap::<FieldName, Located<String>>::deserialize(deserializer)?;
    let mut headers = Headers::new();
    for (name, value) in fields {
        if value.value.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Problem::new("a header field's value is one line").at(&value).raise());
        }
        headers.insert(name.0, value.value);
    }
    Ok(headers)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct FieldName(String);

impl<'de> Deserialize<'de> for FieldName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, |name| {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            match name.chars().position(|c| !token(c)) {
                None if !name.is_empty() => Ok(Self(name.to_owned())),
                bad => Err(Problem::new("no header field has such a name").within(bad.unwrap_or(0), 1)),
            }
        })
    }
}

/// Reads a final HTTP status.
pub(super) fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    checked(deserializer, |status: u16| match status {
        200..=599 => Ok(status),
        _ => Err(Problem::new(format!("no final HTTP status is {status}")).help("write a number from 200 to 599")),
    })
}

/// Refuses header fields that are the client's own business.
pub(super) fn client_headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Headers, D::Error> {
    let theirs = ["authorization", "host", "content-length", "transfer-encoding", "connection"];
    checked(deserializer, |Checked(headers): Checked| {
        match headers.keys().find(|name| theirs.contains(&name.to_ascii_lowercase().as_str())) {
            None => Ok(headers),
            Some(name) => Err(Problem::new(format!("the client sets `{name}` itself"))
                .help(format!("never given here: {}", listed(&theirs)))),
        }
    })
}

/// [`headers`] as a type.
struct Checked(Headers);

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        headers(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_is_a_method_and_a_path() {
        let line = RequestLine::parse("GET /api/Me?a=b%20c&d=\"").unwrap();
        assert_eq!((line.method(), line.path()), ("GET", "/api/Me?a=b%20c&d=\""));
        assert_eq!(line.to_string(), "GET /api/Me?a=b%20c&d=\"");
    }

    #[test]
    fn a_request_line_may_name_a_resource_in_place_of_a_path() {
        assert_eq!(RequestLine::parse("GET {me}").unwrap().resource(), Some(("me", "")));
        assert_eq!(RequestLine::parse("GET {all_rows}?a={b}").unwrap().resource(), Some(("all_rows", "?a={b}")));
        assert_eq!(RequestLine::parse("GET /me").unwrap().resource(), None);
    }

    #[test]
    fn what_is_wrong_with_a_request_line_is_pointed_at() {
        let cases = [
            ("GET", 0, 0, "`GET` is no request"),
            ("GETT /x", 0, 4, "unknown method `GETT`"),
            ("get /x", 0, 3, "unknown method `get`"),
            ("GET x", 4, 1, "the path must begin with `/`"),
            ("GET  /x", 4, 3, "the path must begin with `/`"),
            ("GET /x y", 6, 1, "not allowed in a path"),
            ("GET /x#y", 6, 1, "not allowed in a path"),
            ("GET {me", 4, 3, "the name of the resource does not end"),
            ("GET {Me}", 5, 1, "`Me` must be lower-case words joined by `_`"),
            ("GET {me}/x", 8, 2, "only a query may follow the name of a resource"),
            ("GET {me}?é", 9, 1, "not allowed in a path"),
            ("GET /é", 5, 1, "not allowed in a path"),
        ];
        for (text, offset, length, message) in cases {
            let problem = RequestLine::parse(text).unwrap_err();
            assert_eq!((problem.offset, problem.length, problem.message.as_str()), (offset, length, message), "{text}");
        }
    }
}
