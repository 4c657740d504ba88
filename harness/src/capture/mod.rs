//! Recorded traffic: what was asked and answered, from which file, and what of it is missing.
//!
//! Owns the model, the reading of HAR files, Postman collections and pasted logs, the writing of HAR, and what is taken out of a recording (`redact`). Opens no socket and judges nothing.

pub mod har;
mod log;
mod model;
mod postman;
pub mod redact;

pub use log::{Pasted, Saying, Words, read_any, read_any_file};
pub use model::{
    Body, Capture, CaptureError, CapturedExchange, CapturedRequest, CapturedResponse, HeaderField, JwtSummary, Note,
    Pkce, Place,
};
