//! Between a file and the JSON parser: what would make reading unbounded is turned away here, with its place.
//!
//! The parser takes bytes one at a time, so the place that is noted is the parser's own.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

use crate::capture::model::{CaptureError, Place};

/// Arrays and objects inside one another. A HAR file needs about ten.
const DEEPEST: usize = 100;
/// The longest string, in bytes. The largest bodies that browsers keep are shorter.
const LONGEST: usize = 64 << 20;
/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// What the guard has seen, shared with whoever reads through it.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Rc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    seen: Cell<Seen>,
    error: RefCell<Option<CaptureError>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    lines: usize,
    column: usize,
    offset: u64,
}

impl Watch {
    /// The byte that was delivered last.
    pub(super) fn place(&self) -> Place {
        let seen = self.0.seen.get();
        Place { line: seen.lines + 1, column: seen.column.max(1), entry: None, field: None }
    }

    /// How many bytes were delivered.
    pub(super) fn offset(&self) -> u64 {
        self.0.seen.get().offset
    }

    /// Why the guard wants no more.
    pub(super) fn take_error(&self) -> Option<CaptureError> {
        self.0.error.take()
    }
}

/// Delivers a file's bytes as long as they are UTF-8, not nested too deeply, and without endless strings.
#[derive(Debug)]
pub(super) struct Guard<R> {
    inner: R,
    watch: Watch,
    buffer: Vec<u8>,
    /// What of the buffer was delivered.
    at: usize,
    /// What of it is UTF-8.
    valid: usize,
    /// Whether the byte behind the valid ones spoils it.
    is_spoiled: bool,
    depth: usize,
    /// The place and length of the string that is being read.
    string: Option<(Place, usize)>,
    is_escaped: bool,
}

impl<R: Read> Guard<R> {
    /// `buffer` was read from `inner` before, to look at.
    pub(super) fn new(inner: R, buffer: Vec<u8>, watch: Watch) -> Self {
        let mut guard = Self {
            inner,
            watch,
            buffer,
            at: 0,
            valid: 0,
            is_spoiled: false,
            depth: 0,
            string: None,
            is_escaped: false,
        };
        guard.validate(false);
        guard
    }

    /// How many bytes are left.
    pub(super) fn count_rest(mut self) -> io::Result<u64> {
        let left = self.buffer.len().saturating_sub(self.at) as u64;
        Ok(left + io::copy(&mut self.inner, &mut io::sink())?)
    }

    fn validate(&mut self, is_end: bool) {
        match std::str::from_utf8(self.buffer.get(self.at..).unwrap_or_default()) {
            Ok(_) => self.valid = self.buffer.len(),
            Err(error) => {
                self.valid = self.at + error.valid_up_to();
                self.is_spoiled = error.error_len().is_some() || is_end;
            }
        }
    }

    /// Reads on until there is something valid to deliver, or nothing at all.
    fn fill(&mut self) -> io::Result<()> {
        while self.at == self.valid && !self.is_spoiled {
            self.buffer.drain(..self.at);
            (self.at, self.valid) = (0, 0);
            let kept = self.buffer.len();
            self.buffer.resize(kept + CHUNK, 0);
            let read = read_some(&mut self.inner, self.buffer.get_mut(kept..).unwrap_or_default());
            self.buffer.truncate(kept + read.as_ref().copied().unwrap_or_default());
            let is_end = read? == 0;
            self.validate(is_end);
            if is_end {
                return Ok(());
            }
        }
        Ok(())
    }

    fn step(&mut self, byte: u8) -> io::Result<()> {
        let Seen { lines, column, offset } = self.watch.0.seen.get();
        let (column, offset) = (column + 1, offset + 1);
        self.watch.0.seen.set(Seen { lines, column, offset });
        if let Some((begin, length)) = &mut self.string {
            *length += 1;
            if *length > LONGEST {
                let place = begin.clone();
                return self.stop(place, format!("a text of more than {} MiB begins here", LONGEST >> 20));
            }
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.string = None,
                _ => {}
            }
            return Ok(());
        }
        match byte {
            b'\n' => self.watch.0.seen.set(Seen { lines: lines + 1, column: 0, offset }),
            b'"' => self.string = Some((self.watch.place(), 0)),
            b'{' | b'[' => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return self.stop(self.watch.place(), format!("it is nested more than {DEEPEST} levels deep"));
                }
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        Ok(())
    }

    fn stop<T>(&self, place: Place, what: String) -> io::Result<T> {
        self.watch.0.error.replace(Some(CaptureError::Wrong { place, what }));
        Err(io::ErrorKind::InvalidData.into())
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.valid {
            self.fill()?;
        }
        if self.at == self.valid && self.is_spoiled && !out.is_empty() {
            let mut place = self.watch.place();
            place.column = self.watch.0.seen.get().column + 1;
            return self.stop(place, format!("the byte at offset {} is not UTF-8", self.watch.offset()));
        }
        let mut count = 0;
        while let (Some(slot), true) = (out.get_mut(count), self.at < self.valid) {
            let Some(byte) = self.buffer.get(self.at).copied() else { break };
            *slot = byte;
            self.at += 1;
            count += 1;
            self.step(byte)?;
        }
        Ok(count)
    }
}

/// Reads once, and again if it was interrupted.
pub(super) fn read_some(inner: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(buffer) {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
