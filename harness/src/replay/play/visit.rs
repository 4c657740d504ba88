//! Playing a person's visit to the provider's pages.

use super::Playing;
use crate::capture::CapturedExchange;
use crate::replay::answer;
use crate::replay::compare::{Beside, Weight, pages, redirects};
use crate::replay::live::Arrival;
use crate::replay::params::location;
use crate::replay::played::{NO_ANSWER, PersonAsked, Verdict, names, page_summary, verdict};
use crate::replay::turn::{Turn, TurnKind, Visit};
use crate::run::form::Form;
use crate::run::person::{Tries, message_of};
use crate::scenario::{Authorize, Browser};

impl Playing<'_> {
    /// What the person does in a visit, and whether in a browser that knows nothing.
    fn owner(&mut self, turn: &Turn, visit: &Visit) -> Authorize {
        let mut owner = self.typed.owner(visit, &turn.kind, self.backups);
        let exchanges = self.of.exchanges;
        let shows_cookies = exchanges.iter().any(|it| it.request.header("cookie").is_some());
        let began = turn.exchanges.first().and_then(|place| exchanges.get(*place));
        let has_none = began.is_some_and(|it| it.request.header("cookie").is_none());
        if shows_cookies && has_none && self.live.knows_anything() {
            owner.browser = Browser::Fresh;
        }
        owner
    }

    pub(super) fn visit(
        &mut self,
        turn: &Turn,
        visit: &Visit,
        ended: &CapturedExchange,
    ) -> (PersonAsked, (String, String, Verdict)) {
        let owner = self.owner(turn, visit);
        let began = turn.exchanges.first().and_then(|place| self.of.exchanges.get(*place)).unwrap_or(ended);
        if owner.browser == Browser::Fresh {
            self.live.forget();
        }
        let tries = match &visit.user_code {
            Some(code) => Tries::with_user_code(&owner, self.values.of(code).unwrap_or(code)),
            None => Tries::of(&owner),
        };
        let mut request = answer::request(&began.request, &self.values);
        // The browser here has cookies of its own.
        request.headers = request
            .headers
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("cookie"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let arrival = self.live.visit(self.now, request, visit.redirect_uri.as_deref(), &owner, tries);
        let here = match &arrival {
            Arrival::Redirected(url) => format!("redirect with {}", names(url)),
            Arrival::Page(page) => page_summary(page),
            Arrival::Nothing => NO_ANSWER.to_owned(),
        };
        let recorded = match (&visit.end, &ended.response) {
            (Some(url), _) => format!("redirect with {}", names(url)),
            (None, Some(page)) => page_summary(page),
            (None, None) => NO_ANSWER.to_owned(),
        };
        let own = match &arrival {
            Arrival::Redirected(url) => Some(url),
            Arrival::Page(_) | Arrival::Nothing => None,
        };
        if let Some(end) = &visit.end {
            self.values.redirects(ended.entry, end, own);
        }
        let message = match &arrival {
            Arrival::Page(page) => message_of(&String::from_utf8_lossy(page.body.bytes())),
            Arrival::Redirected(_) | Arrival::Nothing => None,
        };
        let verdict = self.compare_visit(turn, visit, ended, &arrival, (&recorded, &here));
        (PersonAsked { end: visit.end.clone(), owner, message }, (recorded, here, verdict))
    }

    fn compare_visit(
        &self,
        turn: &Turn,
        visit: &Visit,
        ended: &CapturedExchange,
        arrival: &Arrival,
        (recorded, here): (&str, &str),
    ) -> Verdict {
        let otherwise = || {
            let mut beside = Beside::default();
            beside.differs(Weight::Behaviour, "end of the sign-in", recorded, here);
            verdict(beside.0)
        };
        match (&visit.end, arrival) {
            (Some(end), Arrival::Redirected(url)) => verdict(redirects(end, url)),
            (Some(_), Arrival::Page(_) | Arrival::Nothing) => otherwise(),
            (None, _) if ended.response.is_none() => Verdict::NotCompared("the recording has no answer".to_owned()),
            (None, arrival) => {
                let page = ended.response.as_ref();
                let leads_on = page.is_some_and(|page| location(&ended.request, page).is_some());
                let asks = page.is_some_and(|page| Form::read(&String::from_utf8_lossy(page.body.bytes())).is_some());
                if turn.kind == TurnKind::SignIn && (leads_on || (asks && visit.passwords == 0)) {
                    return Verdict::NotCompared("the recording ends before the sign-in does".to_owned());
                }
                match (arrival, page) {
                    (Arrival::Page(own), Some(page)) if !leads_on => verdict(pages(page, own)),
                    (_, _) if turn.kind == TurnKind::Connect => {
                        Verdict::NotCompared("a page for a person, not for a client".to_owned())
                    }
                    (_, _) => otherwise(),
                }
            }
        }
    }
}
