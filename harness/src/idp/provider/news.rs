//! What the provider's journal says that has not been read yet.

use mock_idp::proto::journal::{CAPACITY, What};

use super::{Provider, ProviderError};
use crate::idp::redact::{Redactor, Text};
use crate::idp::{id_token, journal};
use crate::run::event::EventKind;

impl Provider {
    /// Whether anything happened since the journal was read, once no request is under way any more.
    pub async fn has_news(&self) -> bool {
        self.idle().await;
        let (entries, _) = self.idp.realm().journal_after(self.read);
        !entries.is_empty()
    }

    /// What the journal says that has not been read yet, with its time.
    ///
    /// # Errors
    /// [`ProviderError::JournalOverrun`] when entries were lost before they were read.
    pub fn read_journal(&mut self, redactor: &mut Redactor) -> Result<Vec<(String, i64, EventKind)>, ProviderError> {
        let (entries, written) = self.idp.realm().journal_after(self.read);
        if entries.first().is_some_and(|first| first.number != self.read + 1) {
            return Err(ProviderError::JournalOverrun(CAPACITY));
        }
        self.read = written;
        let mut events = Vec::new();
        for entry in entries {
            if let What::TurnedAway { text } = &entry.what {
                self.turned_away.push(redactor.redact(text, Text::Decoded));
            }
            if let What::Committed(it) = &entry.what
                && let Some(id_token) = id_token::of_reply(it, redactor)
            {
                let (at, since) = self.place_in_time(entry.at);
                events.push((at, since, id_token));
            }
            if let What::MailOpened { session, via, protocol } = &entry.what {
                self.sessions.insert(session.0, (via.clone(), protocol.name()));
            }
            if let Some(event) = journal::event(&entry.what, self.start, &self.sessions, redactor) {
                let (at, since) = self.place_in_time(entry.at);
                events.push((at, since, event));
            }
        }
        Ok(events)
    }
}
