//! Mailboxes: folders and messages, kept in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::proto::client::ClientId;
use crate::proto::policy::Mail;
use crate::proto::time::Timestamp;

/// The most messages of a folder, and of submissions that are kept; the oldest gives way.
const MOST: usize = 10_000;

/// The most bytes of all messages together. What comes beyond them is not kept.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// The most folders of a mailbox.
pub(crate) const MOST_FOLDERS: usize = 1_000;

/// The folder that every mailbox has.
pub const INBOX: &str = "INBOX";

/// A message in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number in the folder, which no other message ever gets (RFC 9051 section 2.3.1.1).
    pub uid: u32,
    /// Flags with their backslash, and keywords.
    pub flags: BTreeSet<String>,
    /// When it came.
    pub received: Timestamp,
    /// As it came (RFC 5322).
    pub raw: Arc<[u8]>,
}

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Which folder of that name it is (RFC 9051 section 2.3.1.1).
    pub uid_validity: u32,
    /// The number that the next message gets.
    pub uid_next: u32,
    /// In the order of their numbers.
    pub messages: Vec<Message>,
    /// Its special use (RFC 6154), such as `\Sent`.
    pub special_use: Option<String>,
    /// Whether it is subscribed to.
    pub subscribed: bool,
}

/// The folders of one mailbox by name, with `/` between the parts of it. INBOX is always among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    folders: BTreeMap<String, Folder>,
    next_validity: u32,
}

/// A message that was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// When.
    pub at: Timestamp,
    /// Who was logged in.
    pub user: String,
    /// By which client's token; none with a password.
    pub client: Option<ClientId>,
    /// The sender of the envelope (RFC 5321).
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The message.
    pub raw: Arc<[u8]>,
    /// The recipients who have a mailbox here, and got it.
    pub delivered: Vec<String>,
}

/// All mailboxes of a realm, by address in lower case.
#[derive(Debug, Clone, Default)]
pub struct MailStore {
    boxes: BTreeMap<String, Folders>,
    submissions: VecDeque<Submission>,
    bytes: usize,
    changes: u64,
}

impl Folder {
    fn new(uid_validity: u32, special_use: Option<String>) -> Self {
        Self { uid_validity, uid_next: 1, messages: Vec::new(), special_use, subscribed: true }
    }
}

impl Folders {
    fn new(policy: &Mail) -> Self {
        let mut folders = Self { folders: BTreeMap::new(), next_validity: 1 };
        folders.create(INBOX, None);
        for (name, special_use) in &policy.folders {
            folders.create(name, special_use.clone());
        }
        folders
    }

    /// The name as it is kept: INBOX is written in any case (RFC 9051 section 5.1).
    fn key(name: &str) -> &str {
        if name.eq_ignore_ascii_case(INBOX) { INBOX } else { name }
    }

    /// A folder.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Folder> {
        self.folders.get(Self::key(name))
    }

    /// A folder, to change it. [`MailStore::changed`] is for the caller to call.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Folder> {
        self.folders.get_mut(Self::key(name))
    }

    /// All folders by name, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Folder)> {
        self.folders.iter().map(|(name, folder)| (name.as_str(), folder))
    }

    /// Makes a folder. `false` when there is one of that name, or too many.
    pub fn create(&mut self, name: &str, special_use: Option<String>) -> bool {
        let key = Self::key(name);
        if self.folders.contains_key(key) || self.folders.len() >= MOST_FOLDERS {
            return false;
        }
        self.folders.insert(key.to_owned(), Folder::new(self.next_validity, special_use));
        self.next_validity += 1;
        true
    }

    /// Takes a folder away, with all that is in it. `false` when there is none, or when it is INBOX.
    pub fn delete(&mut self, name: &str) -> bool {
        let key = Self::key(name);
        key != INBOX && self.folders.remove(key).is_some()
    }

    /// Gives a folder another name. `false` when there is none, when it is INBOX, or when there is one of the new name.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let (from, to) = (Self::key(from), Self::key(to));
        if from == INBOX || self.folders.contains_key(to) {
            return false;
        }
        let Some(folder) = self.folders.remove(from) else { return false };
        self.folders.insert(to.to_owned(), folder);
        true
    }
}

impl MailStore {
    /// The mailbox of an address, made when it is first asked for. Whether there is to be one is the caller's question.
    pub fn open(&mut self, policy: &Mail, address: &str) -> &mut Folders {
        self.boxes.entry(address.to_ascii_lowercase()).or_insert_with(|| Folders::new(policy))
    }

    /// The mailbox of an address, if anything was ever done with it.
    #[must_use]
    pub fn get(&self, address: &str) -> Option<&Folders> {
        self.boxes.get(&address.to_ascii_lowercase())
    }

    /// Puts a message into a folder, and gives its number. None when there is no such folder, or no room.
    pub fn append(
        &mut self,
        policy: &Mail,
        address: &str,
        folder: &str,
        message: (Timestamp, Arc<[u8]>, BTreeSet<String>),
    ) -> Option<u32> {
        let (received, raw, flags) = message;
        if self.bytes.saturating_add(raw.len()) > MOST_BYTES {
            return None;
        }
        let size = raw.len();
        let folder = self.open(policy, address).get_mut(folder)?;
        let uid = folder.uid_next;
        folder.uid_next = uid.checked_add(1)?;
        folder.messages.push(Message { uid, flags, received, raw });
        let gone = if folder.messages.len() > MOST { folder.messages.remove(0).raw.len() } else { 0 };
        self.bytes = (self.bytes + size).saturating_sub(gone);
        self.changed();
        Some(uid)
    }

    /// Takes messages out of a folder for good, and gives their numbers in order.
    pub fn remove(&mut self, policy: &Mail, address: &str, folder: &str, which: impl Fn(&Message) -> bool) -> Vec<u32> {
        let Some(folder) = self.open(policy, address).get_mut(folder) else { return Vec::new() };
        let mut gone = Vec::new();
        let mut bytes = 0;
        folder.messages.retain(|message| {
            let stays = !which(message);
            if !stays {
                gone.push(message.uid);
                bytes += message.raw.len();
            }
            stays
        });
        self.bytes = self.bytes.saturating_sub(bytes);
        if !gone.is_empty() {
            self.changed();
        }
        gone
    }

    /// Keeps a submission.
    pub(crate) fn submitted(&mut self, submission: Submission) {
        if self.submissions.len() >= MOST {
            self.submissions.pop_front();
        }
        self.submissions.push_back(submission);
    }

    /// What was submitted, oldest first.
    pub fn submissions(&self) -> impl Iterator<Item = &Submission> {
        self.submissions.iter()
    }

    /// Says that something is not as it was: other sessions are told.
    pub fn changed(&mut self) {
        self.changes += 1;
    }

    /// Counts up with each change.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }
}
