//! What commands do with mailboxes and messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use imap_codec::imap_types::command::CommandBody;
use imap_codec::imap_types::core::Charset;
use imap_codec::imap_types::fetch::MacroOrMessageDataItemNames;
use imap_codec::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_codec::imap_types::search::SearchKey;
use imap_codec::imap_types::sequence::SequenceSet;
use imap_codec::imap_types::status::StatusDataItemName;

use crate::proto::mail::MailCause;
use crate::proto::mail::imap::fetch::{flag_list, items, makes_seen, render};
use crate::proto::mail::imap::search::Candidate;
use crate::proto::mail::imap::selected::Selected;
use crate::proto::mail::imap::text::string;
use crate::proto::mail::imap::{completed, refuse};
use crate::proto::mail::login::Login;
use crate::proto::mail::room::Room;
use crate::proto::mail::session::Answer;
use crate::proto::mail::store::{Folder, INBOX, Message};
use crate::proto::time::Timestamp;

/// The flags that there are, beside keywords.
const FLAGS: &str = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";

/// The messages that a command means, each with its sequence number, and where they are.
struct Meant {
    folder: String,
    is_read_only: bool,
    messages: Vec<(u32, Message)>,
}

/// A command and all it may touch.
pub(super) struct Desk<'a, 'b> {
    pub(super) room: &'a mut Room<'b>,
    pub(super) login: Login,
    pub(super) selected: Option<Selected>,
    pub(super) tag: &'a str,
    pub(super) name: &'a str,
}

fn name_of(mailbox: &Mailbox<'_>) -> String {
    match mailbox {
        Mailbox::Inbox => INBOX.to_owned(),
        Mailbox::Other(other) => String::from_utf8_lossy(other.inner().as_ref()).trim_end_matches('/').to_owned(),
    }
}

fn flag_set(flags: &[Flag<'_>]) -> BTreeSet<String> {
    flags.iter().map(ToString::to_string).collect()
}

impl Desk<'_, '_> {
    fn ok(&self, lines: impl Into<Vec<u8>>) -> Answer {
        let mut bytes = lines.into();
        bytes.extend(completed(self.tag, self.name).into_bytes());
        Answer::of(bytes)
    }

    /// The same, with a code before the text (RFC 9051 section 7.1).
    fn ok_with(&self, lines: impl Into<Vec<u8>>, code: &str) -> Answer {
        let mut bytes = lines.into();
        bytes.extend(format!("{} OK [{code}] {} completed.\r\n", self.tag, self.name).into_bytes());
        Answer::of(bytes)
    }

    fn refuse(&mut self, cause: MailCause) -> Answer {
        refuse(self.room, self.tag, cause)
    }

    fn out_of_order(&mut self) -> Answer {
        let command = self.name.to_owned();
        self.refuse(MailCause::CommandOutOfOrder { command })
    }

    /// What became different in the selected mailbox.
    fn news(&mut self, may_expunge: bool) -> Vec<u8> {
        let Some(selected) = &mut self.selected else { return Vec::new() };
        selected.news(self.room, &self.login, may_expunge)
    }

    pub(super) fn work(&mut self, body: CommandBody<'_>) -> Answer {
        match body {
            CommandBody::Noop | CommandBody::Check => {
                let news = self.news(true);
                self.ok(news)
            }
            CommandBody::Namespace => self.ok("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"),
            CommandBody::Enable { .. } => self.ok("* ENABLED\r\n"),
            CommandBody::Select { mailbox, .. } => self.select(&mailbox, false),
            CommandBody::Examine { mailbox, .. } => self.select(&mailbox, true),
            CommandBody::Unselect | CommandBody::Close => self.close(matches!(body, CommandBody::Close)),
            CommandBody::Create { mailbox } => {
                let name = name_of(&mailbox);
                let made = self.room.folders(&self.login).create(&name, None);
                self.kept(made, name)
            }
            CommandBody::Delete { mailbox } => {
                let name = name_of(&mailbox);
                self.existing(&name).unwrap_or_else(|| {
                    let gone = self.room.folders(&self.login).delete(&name);
                    self.kept(gone, name)
                })
            }
            CommandBody::Rename { from, to } => {
                let (from, to) = (name_of(&from), name_of(&to));
                self.existing(&from).unwrap_or_else(|| {
                    let renamed = self.room.folders(&self.login).rename(&from, &to);
                    self.kept(renamed, to)
                })
            }
            CommandBody::Subscribe { mailbox } => self.subscribe(&mailbox, true),
            CommandBody::Unsubscribe { mailbox } => self.subscribe(&mailbox, false),
            CommandBody::List { reference, mailbox_wildcard } => self.list(&reference, &mailbox_wildcard, false),
            CommandBody::Lsub { reference, mailbox_wildcard } => self.list(&reference, &mailbox_wildcard, true),
            CommandBody::Status { mailbox, item_names } => self.status(&mailbox, &item_names),
            CommandBody::Append { mailbox, flags, date, message } => {
                let at = date.map(|date| Timestamp::from_millis(date.as_ref().timestamp_millis()));
                let raw = match message {
                    imap_codec::imap_types::extensions::binary::LiteralOrLiteral8::Literal(it) => {
                        it.into_inner().into_owned()
                    }
                    imap_codec::imap_types::extensions::binary::LiteralOrLiteral8::Literal8(it) => it.data.into_owned(),
                };
                self.append(&mailbox, flag_set(&flags), at, raw)
            }
            CommandBody::Fetch { sequence_set, macro_or_item_names, uid, .. } => {
                self.fetch(&sequence_set, &macro_or_item_names, uid)
            }
            CommandBody::Store { sequence_set, kind, response, flags, uid, .. } => {
                self.store(&sequence_set, kind, response == StoreResponse::Silent, &flag_set(&flags), uid)
            }
            CommandBody::Copy { sequence_set, mailbox, uid } => self.copy(&sequence_set, &mailbox, uid, false),
            CommandBody::Move { sequence_set, mailbox, uid } => self.copy(&sequence_set, &mailbox, uid, true),
            CommandBody::Expunge => self.expunge(None),
            CommandBody::ExpungeUid { sequence_set } => self.expunge(Some(&sequence_set)),
            CommandBody::Search { charset, criteria, uid } => self.search(charset.as_ref(), criteria.as_ref(), uid),
            // Extensions that are not announced, and what was handled before.
            CommandBody::Capability
            | CommandBody::Logout
            | CommandBody::StartTLS
            | CommandBody::Authenticate { .. }
            | CommandBody::Login { .. }
            | CommandBody::Sort { .. }
            | CommandBody::Thread { .. }
            | CommandBody::Idle
            | CommandBody::Compress { .. }
            | CommandBody::GetQuota { .. }
            | CommandBody::GetQuotaRoot { .. }
            | CommandBody::SetQuota { .. }
            | CommandBody::Id { .. } => {
                let command = self.name.to_owned();
                self.refuse(MailCause::CommandInvalid { command })
            }
        }
    }

    /// A refusal if there is no such folder.
    fn existing(&mut self, name: &str) -> Option<Answer> {
        if self.room.folders(&self.login).get(name).is_some() {
            return None;
        }
        Some(self.refuse(MailCause::FolderUnknown { folder: name.to_owned() }))
    }

    fn kept(&mut self, is_done: bool, folder: String) -> Answer {
        if is_done { self.ok("") } else { self.refuse(MailCause::FolderKept { folder }) }
    }

    fn subscribe(&mut self, mailbox: &Mailbox<'_>, subscribed: bool) -> Answer {
        let name = name_of(mailbox);
        match self.room.folders(&self.login).get_mut(&name) {
            Some(folder) => {
                folder.subscribed = subscribed;
                self.ok("")
            }
            None => self.refuse(MailCause::FolderUnknown { folder: name }),
        }
    }

    fn select(&mut self, mailbox: &Mailbox<'_>, is_read_only: bool) -> Answer {
        let name = name_of(mailbox);
        self.selected = None;
        if let Some(refusal) = self.existing(&name) {
            return refusal;
        }
        let Some(folder) = self.room.folders(&self.login).get(&name) else { return Answer::default() };
        let (validity, next, count) = (folder.uid_validity, folder.uid_next, folder.messages.len());
        let unseen = folder.messages.iter().position(|it| !it.flags.contains("\\Seen")).map(|at| at + 1);
        let permanent = if is_read_only { String::new() } else { format!("{FLAGS} \\*") };
        let first_unseen = unseen.map(|at| format!("* OK [UNSEEN {at}] First unseen\r\n")).unwrap_or_default();
        let lines = format!(
            "* {count} EXISTS\r\n* 0 RECENT\r\n* FLAGS ({FLAGS})\r\n* OK [PERMANENTFLAGS ({permanent})] Permanent flags\r\n\
             {first_unseen}* OK [UIDVALIDITY {validity}] UIDVALIDITY value\r\n* OK [UIDNEXT {next}] The next unique identifier value\r\n"
        );
        self.selected = Selected::new(self.room, &self.login, &name, is_read_only);
        self.ok_with(lines, if is_read_only { "READ-ONLY" } else { "READ-WRITE" })
    }

    fn close(&mut self, expunges: bool) -> Answer {
        let Some(selected) = self.selected.take() else { return self.out_of_order() };
        if expunges && !selected.is_read_only {
            self.room.remove(&self.login, &selected.folder, |message| message.flags.contains("\\Deleted"));
        }
        self.ok("")
    }

    fn list(&mut self, reference: &Mailbox<'_>, wildcard: &ListMailbox<'_>, subscribed: bool) -> Answer {
        let pattern = match wildcard {
            ListMailbox::Token(token) => String::from_utf8_lossy(token.as_ref()).into_owned(),
            ListMailbox::String(string) => String::from_utf8_lossy(string.as_ref()).into_owned(),
        };
        let word = if subscribed { "LSUB" } else { "LIST" };
        if pattern.is_empty() {
            return self.ok(format!("* {word} (\\Noselect) \"/\" \"\"\r\n"));
        }
        let reference = match reference {
            Mailbox::Inbox => INBOX.to_owned(),
            Mailbox::Other(other) => String::from_utf8_lossy(other.inner().as_ref()).into_owned(),
        };
        let pattern = reference + &pattern;
        let folders = self.room.folders(&self.login);
        let names: Vec<&str> = folders.iter().map(|(name, _)| name).collect();
        let mut lines = Vec::new();
        for (name, folder) in
            folders.iter().filter(|(name, folder)| fits(&pattern, name) && (!subscribed || folder.subscribed))
        {
            let has_children =
                names.iter().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')));
            let mut attributes = vec![if has_children { "\\HasChildren" } else { "\\HasNoChildren" }];
            attributes.extend(folder.special_use.as_deref());
            lines.extend(format!("* {word} ({}) \"/\" ", attributes.join(" ")).into_bytes());
            lines.extend(string(name.as_bytes()));
            lines.extend(b"\r\n");
        }
        self.ok(lines)
    }

    fn status(&mut self, mailbox: &Mailbox<'_>, asked: &[StatusDataItemName]) -> Answer {
        let name = name_of(mailbox);
        if let Some(refusal) = self.existing(&name) {
            return refusal;
        }
        let Some(folder) = self.room.folders(&self.login).get(&name) else { return Answer::default() };
        let items: Vec<String> = asked.iter().map(|item| status_of(folder, item)).collect();
        let line = [b"* STATUS ".to_vec(), string(name.as_bytes()), format!(" ({})\r\n", items.join(" ")).into_bytes()];
        self.ok(line.concat())
    }

    fn append(
        &mut self,
        mailbox: &Mailbox<'_>,
        flags: BTreeSet<String>,
        at: Option<Timestamp>,
        raw: Vec<u8>,
    ) -> Answer {
        let name = name_of(mailbox);
        if self.room.folders(&self.login).get(&name).is_none() {
            // RFC 9051 section 6.3.12: the client may make it, and try again.
            let answer = self.refuse(MailCause::FolderUnknown { folder: name });
            return answer;
        }
        let message = (at.unwrap_or(self.room.now), Arc::from(raw), flags);
        let limit = u64::try_from(self.room.mail.message_limit).unwrap_or(u64::MAX);
        let Some(uid) = self.room.append(&self.login, &name, message) else {
            return self.refuse(MailCause::MessageTooLarge { limit });
        };
        let validity = self.room.folders(&self.login).get(&name).map_or(1, |folder| folder.uid_validity);
        let news = self.news(true);
        self.ok_with(news, &format!("APPENDUID {validity} {uid}"))
    }

    /// The messages of a set in the selected mailbox; none where no mailbox is selected.
    fn messages(&mut self, set: &SequenceSet, by_uid: bool) -> Option<Meant> {
        let selected = self.selected.as_ref()?;
        let messages = selected.of(self.room, &self.login, set, by_uid);
        Some(Meant { folder: selected.folder.clone(), is_read_only: selected.is_read_only, messages })
    }

    fn fetch(&mut self, set: &SequenceSet, asked: &MacroOrMessageDataItemNames<'_>, by_uid: bool) -> Answer {
        let Some(Meant { folder, is_read_only, messages }) = self.messages(set, by_uid) else {
            return self.out_of_order();
        };
        let items = items(asked, by_uid);
        let makes_seen = !is_read_only && items.iter().any(makes_seen);
        let mut lines = Vec::new();
        for (sequence, mut message) in messages {
            let mut items = items.clone();
            if makes_seen && !message.flags.contains("\\Seen") {
                message.flags.insert("\\Seen".to_owned());
                self.set_flags(&folder, message.uid, &message.flags);
                if !items.contains(&imap_codec::imap_types::fetch::MessageDataItemName::Flags) {
                    items.push(imap_codec::imap_types::fetch::MessageDataItemName::Flags);
                }
            }
            lines.extend(render(sequence, &message, &items));
        }
        lines.extend(self.news(by_uid));
        self.ok(lines)
    }

    /// Sets the flags of a message, which the client is told.
    fn set_flags(&mut self, folder: &str, uid: u32, flags: &BTreeSet<String>) {
        let folders = self.room.folders(&self.login);
        if let Some(message) = folders.get_mut(folder).and_then(|it| it.messages.iter_mut().find(|it| it.uid == uid)) {
            message.flags.clone_from(flags);
        }
        if let Some(selected) = &mut self.selected {
            selected.told(uid, flags);
        }
        self.room.mailboxes.changed();
    }

    fn store(
        &mut self,
        set: &SequenceSet,
        kind: StoreType,
        is_silent: bool,
        flags: &BTreeSet<String>,
        by_uid: bool,
    ) -> Answer {
        let Some(Meant { folder, is_read_only, messages }) = self.messages(set, by_uid) else {
            return self.out_of_order();
        };
        if is_read_only {
            return self.refuse(MailCause::ReadOnly);
        }
        let mut lines = Vec::new();
        for (sequence, message) in messages {
            let now: BTreeSet<String> = match kind {
                StoreType::Replace => flags.clone(),
                StoreType::Add => message.flags.union(flags).cloned().collect(),
                StoreType::Remove => message.flags.difference(flags).cloned().collect(),
            };
            self.set_flags(&folder, message.uid, &now);
            if !is_silent {
                let uid = if by_uid { format!("UID {} ", message.uid) } else { String::new() };
                lines.extend(format!("* {sequence} FETCH ({uid}FLAGS {})\r\n", flag_list(&now)).into_bytes());
            }
        }
        lines.extend(self.news(by_uid));
        self.ok(lines)
    }

    fn copy(&mut self, set: &SequenceSet, mailbox: &Mailbox<'_>, by_uid: bool, moves: bool) -> Answer {
        let Some(Meant { folder, is_read_only, messages }) = self.messages(set, by_uid) else {
            return self.out_of_order();
        };
        let target = name_of(mailbox);
        if let Some(refusal) = self.existing(&target) {
            return refusal;
        }
        if moves && is_read_only {
            return self.refuse(MailCause::ReadOnly);
        }
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for (_, message) in &messages {
            let copy = (message.received, Arc::clone(&message.raw), message.flags.clone());
            let Some(uid) = self.room.append(&self.login, &target, copy) else {
                let limit = u64::try_from(self.room.mail.message_limit).unwrap_or(u64::MAX);
                return self.refuse(MailCause::MessageTooLarge { limit });
            };
            from.push(message.uid);
            to.push(uid);
        }
        let validity = self.room.folders(&self.login).get(&target).map_or(1, |folder| folder.uid_validity);
        let numbers = |uids: &[u32]| uids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let code = format!("COPYUID {validity} {} {}", numbers(&from), numbers(&to));
        if !moves {
            let news = self.news(by_uid);
            return if from.is_empty() { self.ok(news) } else { self.ok_with(news, &code) };
        }
        self.room.remove(&self.login, &folder, |message| from.contains(&message.uid));
        let mut lines = if from.is_empty() { Vec::new() } else { format!("* OK [{code}]\r\n").into_bytes() };
        lines.extend(self.news(true));
        self.ok(lines)
    }

    fn expunge(&mut self, set: Option<&SequenceSet>) -> Answer {
        let Some(selected) = &self.selected else { return self.out_of_order() };
        if selected.is_read_only {
            return self.refuse(MailCause::ReadOnly);
        }
        let folder = selected.folder.clone();
        let among: Option<BTreeSet<u32>> = set.map(|set| {
            selected.of(self.room, &self.login, set, true).into_iter().map(|(_, message)| message.uid).collect()
        });
        let is_meant = |message: &Message| among.as_ref().is_none_or(|among| among.contains(&message.uid));
        self.room.remove(&self.login, &folder, |message| message.flags.contains("\\Deleted") && is_meant(message));
        let news = self.news(true);
        self.ok(news)
    }

    fn search(&mut self, charset: Option<&Charset<'_>>, keys: &[SearchKey<'_>], by_uid: bool) -> Answer {
        let Some(selected) = &self.selected else { return self.out_of_order() };
        let is_known = charset.is_none_or(|it| {
            let bytes: &[u8] = match it {
                Charset::Atom(atom) => atom.as_ref().as_bytes(),
                Charset::Quoted(quoted) => quoted.as_ref().as_bytes(),
            };
            ["UTF-8", "US-ASCII"].iter().any(|name| bytes.eq_ignore_ascii_case(name.as_bytes()))
        });
        if !is_known {
            return Answer::of(format!("{} NO [BADCHARSET (US-ASCII UTF-8)] Charset is not supported\r\n", self.tag));
        }
        let last_sequence = u32::try_from(selected.len()).unwrap_or(u32::MAX);
        let all = selected.all(self.room, &self.login);
        let last_uid = all.last().map_or(0, |(_, message)| message.uid);
        let fits = |(sequence, message): &(u32, Message)| {
            let candidate = Candidate { message, sequence: *sequence, last_sequence, last_uid };
            keys.iter().all(|key| candidate.fits(key))
        };
        let found: String = all
            .iter()
            .filter(|it| fits(it))
            .map(|(sequence, message)| format!(" {}", if by_uid { message.uid } else { *sequence }))
            .collect();
        let mut lines = format!("* SEARCH{found}\r\n").into_bytes();
        lines.extend(self.news(by_uid));
        self.ok(lines)
    }
}

fn status_of(folder: &Folder, item: &StatusDataItemName) -> String {
    let count = |flag: &str, has: bool| folder.messages.iter().filter(|it| it.flags.contains(flag) == has).count();
    match item {
        StatusDataItemName::Messages => format!("MESSAGES {}", folder.messages.len()),
        StatusDataItemName::Recent => "RECENT 0".to_owned(),
        StatusDataItemName::UidNext => format!("UIDNEXT {}", folder.uid_next),
        StatusDataItemName::UidValidity => format!("UIDVALIDITY {}", folder.uid_validity),
        StatusDataItemName::Unseen => format!("UNSEEN {}", count("\\Seen", false)),
        StatusDataItemName::Deleted => format!("DELETED {}", count("\\Deleted", true)),
        StatusDataItemName::DeletedStorage => {
            let gone = folder.messages.iter().filter(|it| it.flags.contains("\\Deleted"));
            format!("DELETED-STORAGE {}", gone.map(|it| it.raw.len()).sum::<usize>())
        }
    }
}

/// Whether a name fits a pattern: `*` is anything, `%` anything but a `/` (RFC 9051 section 6.3.9).
fn fits(pattern: &str, name: &str) -> bool {
    if pattern.eq_ignore_ascii_case(INBOX) {
        return name == INBOX;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Which places of the name the pattern so far can end at.
    let mut ends = BTreeSet::from([0]);
    for c in pattern {
        ends = match c {
            '*' | '%' => {
                let mut next = BTreeSet::new();
                for end in ends {
                    next.insert(end);
                    for (at, found) in name.iter().enumerate().skip(end) {
                        if c == '%' && *found == '/' {
                            break;
                        }
                        next.insert(at + 1);
                    }
                }
                next
            }
            c => ends.into_iter().filter(|end| name.get(*end) == Some(&c)).map(|end| end + 1).collect(),
        };
    }
    ends.contains(&name.len())
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_percent_sign_stops_at_a_slash_and_a_star_does_not() {
        for (pattern, name, wanted) in [
            ("*", "A/B", true),
            ("%", "A/B", false),
            ("%", "A", true),
            ("A/%", "A/B", true),
            ("A/%", "A/B/C", false),
            ("A*C", "A/B/C", true),
            ("inbox", "INBOX", true),
            ("INBOX", "INBOXES", false),
            ("", "", true),
            ("Sent%", "Sent Items", true),
        ] {
            assert_eq!(fits(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
