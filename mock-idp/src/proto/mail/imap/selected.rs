//! The selected mailbox as the client knows it: which message has which number (RFC 9051 section 2.3.1.2).

use std::collections::BTreeSet;

use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};

use crate::proto::mail::imap::fetch::flag_list;
use crate::proto::mail::login::Login;
use crate::proto::mail::room::Room;
use crate::proto::mail::store::Message;

/// A mailbox that was selected.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) folder: String,
    pub(super) is_read_only: bool,
    /// Number and flags of each message as they were told, in order.
    known: Vec<(u32, BTreeSet<String>)>,
}

/// Whether a set of numbers holds one; `*` is the last.
pub(super) fn holds(set: &SequenceSet, number: u32, last: u32) -> bool {
    let value = |it: &SeqOrUid| match it {
        SeqOrUid::Value(value) => value.get(),
        SeqOrUid::Asterisk => last,
    };
    set.0.as_ref().iter().any(|sequence| match sequence {
        Sequence::Single(one) => value(one) == number,
        Sequence::Range(from, to) => {
            let (from, to) = (value(from), value(to));
            (from.min(to)..=from.max(to)).contains(&number)
        }
    })
}

impl Selected {
    pub(super) fn new(room: &mut Room<'_>, login: &Login, folder: &str, is_read_only: bool) -> Option<Self> {
        let found = room.folders(login).get(folder)?;
        let known = found.messages.iter().map(|it| (it.uid, it.flags.clone())).collect();
        Some(Self { folder: folder.to_owned(), is_read_only, known })
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    fn last_uid(&self) -> u32 {
        self.known.last().map_or(0, |(uid, _)| *uid)
    }

    /// The messages of a set that are still there, each with its sequence number.
    pub(super) fn of(
        &self,
        room: &mut Room<'_>,
        login: &Login,
        set: &SequenceSet,
        by_uid: bool,
    ) -> Vec<(u32, Message)> {
        let last = if by_uid { self.last_uid() } else { u32::try_from(self.known.len()).unwrap_or(u32::MAX) };
        let wanted = |(sequence, uid): &(u32, u32)| holds(set, if by_uid { *uid } else { *sequence }, last);
        self.all(room, login).into_iter().filter(|(sequence, message)| wanted(&(*sequence, message.uid))).collect()
    }

    /// All messages that the client knows and that are still there.
    pub(super) fn all(&self, room: &mut Room<'_>, login: &Login) -> Vec<(u32, Message)> {
        let Some(folder) = room.folders(login).get(&self.folder) else { return Vec::new() };
        let find = |uid: u32| {
            folder.messages.binary_search_by_key(&uid, |it| it.uid).ok().and_then(|at| folder.messages.get(at))
        };
        let numbered = self.known.iter().zip(1_u32..);
        numbered.filter_map(|((uid, _), sequence)| Some((sequence, find(*uid)?.clone()))).collect()
    }

    /// What the client knows of the flags from now on, since it was told.
    pub(super) fn told(&mut self, uid: u32, flags: &BTreeSet<String>) {
        if let Some((_, known)) = self.known.iter_mut().find(|(known, _)| *known == uid) {
            known.clone_from(flags);
        }
    }

    /// What became different, as lines. Messages that are gone are only told where their going may change numbers (RFC 9051 section 7.5.1).
    pub(super) fn news(&mut self, room: &mut Room<'_>, login: &Login, may_expunge: bool) -> Vec<u8> {
        let Some(folder) = room.folders(login).get(&self.folder) else { return Vec::new() };
        let mut out = Vec::new();
        if may_expunge {
            let there: BTreeSet<u32> = folder.messages.iter().map(|it| it.uid).collect();
            let mut at = 0;
            while let Some((uid, _)) = self.known.get(at) {
                if there.contains(uid) {
                    at += 1;
                } else {
                    self.known.remove(at);
                    out.extend(format!("* {} EXPUNGE\r\n", at + 1).into_bytes());
                }
            }
        }
        let last = self.last_uid();
        let new: Vec<_> =
            folder.messages.iter().filter(|it| it.uid > last).map(|it| (it.uid, it.flags.clone())).collect();
        if !new.is_empty() {
            self.known.extend(new);
            out.extend(format!("* {} EXISTS\r\n", self.known.len()).into_bytes());
        }
        for ((uid, flags), sequence) in self.known.iter_mut().zip(1_u32..) {
            let now = folder.messages.iter().find(|it| it.uid == *uid).map(|it| &it.flags);
            if let Some(now) = now.filter(|now| *now != flags) {
                flags.clone_from(now);
                out.extend(format!("* {sequence} FETCH (FLAGS {})\r\n", flag_list(now)).into_bytes());
            }
        }
        out
    }
}
