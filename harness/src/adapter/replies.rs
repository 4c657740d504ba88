//! Which requests wait for an answer, and for which operation.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::adapter::broken::{Breakage, SessionBroken};
use crate::adapter::operation::{answers, expected_result, result_name};
use crate::adapter::protocol::Outcome;

/// What a request ends with.
pub(super) type Answer = Result<Outcome, SessionBroken>;

/// The requests of one session that wait.
#[derive(Debug, Default)]
pub(super) struct Replies(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last_id: u64,
    waiting: BTreeMap<u64, (&'static str, oneshot::Sender<Answer>)>,
    broken: Option<SessionBroken>,
}

impl Replies {
    /// A number for a request of operation `op`, and where its answer will come.
    ///
    /// # Errors
    ///
    /// How the session broke, if it has.
    pub(super) fn expect(&self, op: &'static str) -> Result<(u64, oneshot::Receiver<Answer>), SessionBroken> {
        let mut state = self.state();
        if let Some(broken) = &state.broken {
            return Err(broken.clone());
        }
        state.last_id += 1;
        let id = state.last_id;
        let (sender, receiver) = oneshot::channel();
        state.waiting.insert(id, (op, sender));
        Ok((id, receiver))
    }

    /// Hands over the answer to request `id`. Nobody may be waiting any more: then it is dropped.
    ///
    /// # Errors
    ///
    /// When there is no such request, or the answer is to another question.
    pub(super) fn resolve(&self, id: u64, outcome: Outcome) -> Result<(), Breakage> {
        let mut state = self.state();
        let Some((op, _)) = state.waiting.get(&id) else { return Err(Breakage::UnknownId { id }) };
        let (result, expected) = (result_name(&outcome), expected_result(op));
        if !answers(op, result) {
            // It keeps waiting, and is told with all others how the session broke.
            return Err(Breakage::WrongResult { op, result, expected });
        }
        if let Some((_, sender)) = state.waiting.remove(&id) {
            drop(sender.send(Ok(outcome)));
        }
        Ok(())
    }

    /// Ends the session for everyone who waits or will ask. Only the first cause counts.
    pub(super) fn fail(&self, broken: SessionBroken) {
        let mut state = self.state();
        if state.broken.is_some() {
            return;
        }
        for (_, (_, sender)) in std::mem::take(&mut state.waiting) {
            drop(sender.send(Err(broken.clone())));
        }
        state.broken = Some(broken);
    }

    /// How the session broke, if it has.
    pub(super) fn broken(&self) -> Option<SessionBroken> {
        self.state().broken.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_find_their_requests_in_any_order() {
        let replies = Replies::default();
        let (first, mut one) = replies.expect("clock").unwrap();
        let (second, mut two) = replies.expect("refresh").unwrap();
        assert_eq!((first, second), (1, 2));
        replies.resolve(second, Outcome::Done).unwrap();
        replies.resolve(first, Outcome::Clock { now: 1.0 }).unwrap();
        assert_eq!(two.try_recv().unwrap(), Ok(Outcome::Done));
        assert_eq!(one.try_recv().unwrap(), Ok(Outcome::Clock { now: 1.0 }));
    }

    #[test]
    fn a_second_answer_and_an_answer_to_nothing_are_unknown() {
        let replies = Replies::default();
        let (id, _answer) = replies.expect("refresh").unwrap();
        replies.resolve(id, Outcome::Done).unwrap();
        assert_eq!(replies.resolve(id, Outcome::Done), Err(Breakage::UnknownId { id }));
        assert_eq!(replies.resolve(9, Outcome::Done), Err(Breakage::UnknownId { id: 9 }));
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        let replies = Replies::default();
        let (id, _answer) = replies.expect("call").unwrap();
        let wrong = Breakage::WrongResult { op: "call", result: "done", expected: "call" };
        assert_eq!(replies.resolve(id, Outcome::Done), Err(wrong));
    }

    #[test]
    fn all_who_wait_and_all_who_come_later_hear_the_first_cause() {
        let replies = Replies::default();
        let (_, mut answer) = replies.expect("call").unwrap();
        replies.fail(Breakage::Killed.with(Vec::new()));
        replies.fail(Breakage::ClosedStdout.with(Vec::new()));
        assert_eq!(answer.try_recv().unwrap().unwrap_err().what, Breakage::Killed);
        assert_eq!(replies.expect("call").unwrap_err().what, Breakage::Killed);
    }
}
