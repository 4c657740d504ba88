//! The body that a client is told: as long as the provider's, or cut where that was.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A body.
#[derive(Debug)]
pub(crate) struct Told {
    bytes: Option<Bytes>,
    /// How it ends before its end: how long it said that it was, where it said so.
    cut: Option<Option<u64>>,
    /// Whether what there is has been sent: a connection that fails at once would lose it.
    is_sent: bool,
}

impl Told {
    /// All of it.
    pub(crate) const fn whole(bytes: Bytes) -> Self {
        Self { bytes: Some(bytes), cut: None, is_sent: false }
    }

    /// The beginning of a body that said that it had `length` bytes; then the connection is closed.
    pub(crate) const fn cut(bytes: Bytes, length: Option<u64>) -> Self {
        Self { bytes: Some(bytes), cut: Some(length), is_sent: false }
    }
}

impl Body for Told {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(bytes) = self.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if self.cut.is_some() && !self.is_sent {
            self.is_sent = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let cut = self.cut.take().map(|_| Err(io::ErrorKind::ConnectionAborted.into()));
        Poll::Ready(cut)
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        match self.cut {
            None => SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Some(Some(length)) => SizeHint::with_exact(length),
            Some(None) => SizeHint::default(),
        }
    }
}
