//! Recorded traffic: what was asked and answered, from which file, and what of it is missing.
//!
//! Owns the model, the reading of HAR files and Postman collections, the writing of HAR, and what is taken out of a recording (`redact`). Opens no socket and judges nothing.

pub mod har;
mod model;
mod postman;
pub mod redact;

pub use model::{
    Body, Capture, CaptureError, CapturedExchange, CapturedRequest, CapturedResponse, HeaderField, JwtSummary, Note,
    Pkce, Place,
};
