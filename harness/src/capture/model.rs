//! What a recording holds.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use url::Url;

/// A recording.
#[derive(Debug, Clone, Default)]
pub struct Capture {
    /// The program that wrote it, as it names itself.
    pub creator: String,
    /// What was asked and answered, by the time at which it began; of the same time, in the order of the file.
    pub exchanges: Vec<CapturedExchange>,
    /// What is missing, or was guessed.
    pub notes: Vec<Note>,
}

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct CapturedExchange {
    /// Its place in the file, from 1.
    pub entry: usize,
    /// When the request began.
    pub started: Timestamp,
    /// How long it took, in milliseconds, where that is known.
    pub took_ms: Option<u64>,
    /// What was asked.
    pub request: CapturedRequest,
    /// What was answered; nothing where no answer came.
    pub response: Option<CapturedResponse>,
    /// Why no answer came, in the recorder's words.
    pub error: Option<String>,
    /// What is left of the signed tokens in it, where `record` has put labels in their places.
    pub jwts: Vec<JwtSummary>,
    /// How its code verifier relates to the challenges before it, where `record` has put a label in its place.
    pub pkce: Option<Pkce>,
}

/// What is left of a signed token whose place a label has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtSummary {
    /// The label.
    pub label: String,
    /// Of its header, how it is signed and by which key.
    pub header: Map<String, Value>,
    /// Of its claims those that name nobody: `aud`, `iss`, `tid`, `exp`, `iat`, `nbf`, `scp`, `ver`.
    pub claims: Map<String, Value>,
}

/// How a code verifier relates to the challenges before it (RFC 7636 section 4.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkce {
    /// The label of the verifier.
    pub verifier: String,
    /// The label of the challenge that it answers; none where it answers none that was recorded.
    pub challenge: Option<String>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct CapturedRequest {
    /// The method.
    pub method: String,
    /// The whole URL. HAR has no fragments.
    pub url: Url,
    /// The header fields in their order, those of HTTP/2 that begin with a colon left out.
    pub headers: Vec<HeaderField>,
    /// The body.
    pub body: Body,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct CapturedResponse {
    /// The status.
    pub status: u16,
    /// The header fields in their order.
    pub headers: Vec<HeaderField>,
    /// The body, decompressed.
    pub body: Body,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderField {
    /// The name, in the case of the recording.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Body {
    /// There was none.
    #[default]
    Absent,
    /// There was one, and the recording does not have it.
    NotRecorded,
    /// These bytes.
    Bytes(Vec<u8>),
}

impl Body {
    /// The bytes; none where there are none.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Absent | Self::NotRecorded => &[],
        }
    }
}

/// Something that whoever reads the recording must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// At which entry, from 1; at none where it is about the whole.
    pub entry: Option<usize>,
    /// What.
    pub text: String,
}

/// Where in a file something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The entry, from 1, where it is in one.
    pub entry: Option<usize>,
    /// The field of the entry, with dots between the names.
    pub field: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.entry, &self.field) {
            (Some(entry), Some(field)) => write!(f, "entry {entry}, {field}"),
            (Some(entry), None) => write!(f, "line {}, column {} (entry {entry})", self.line, self.column),
            (None, _) => write!(f, "line {}, column {}", self.line, self.column),
        }
    }
}

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// It cannot be opened or read on.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is not what it should be.
    #[error("{place}: {what}")]
    Wrong {
        /// Where.
        place: Place,
        /// What is wrong.
        what: String,
    },
}

impl CapturedRequest {
    /// The value of the first header field of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl CapturedResponse {
    /// The value of the first header field of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'a>(headers: &'a [HeaderField], name: &str) -> Option<&'a str> {
    headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_str())
}
