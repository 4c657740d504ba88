//! What a person did at a provider's pages, as far as the forms that were sent show it: what was typed again was wrong before.

use std::collections::BTreeMap;

use super::params::of_url;
use super::turn::{Shown, TurnKind, Visit};
use crate::scenario::{Authorize, Consent, Password, SecondFactorCode};

/// The codes of second factors that were typed so far, in whichever sign-in.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// Those that were taken, as recorded, and whether they came by e-mail.
    taken: BTreeMap<String, bool>,
    /// The one that was typed last.
    last: Option<String>,
}

impl Typed {
    /// What the person did in a visit. `backups` is whether what does not come by e-mail is a backup code, and none of an authenticator's.
    pub(super) fn owner(&mut self, visit: &Visit, kind: &TurnKind, backups: bool) -> Authorize {
        let mut owner = Authorize::default();
        let got_on = visit.end.is_some()
            || !visit.codes.is_empty()
            || visit.shown != Some(Shown::Password)
            || *kind == TurnKind::Connect;
        let wrong = visit.passwords.saturating_sub(usize::from(got_on));
        if wrong > 0 {
            owner.passwords = (0..wrong).map(|_| Password::Wrong).chain(got_on.then_some(Password::Right)).collect();
        }
        owner.codes = self.codes(visit, backups);
        let refused =
            visit.end.as_ref().is_some_and(|url| of_url(url).iter().any(|(_, value)| value == "access_denied"));
        if visit.refuses || refused {
            owner.consent = Consent::Refuse;
        }
        owner.trust_device = visit.trusts;
        owner
    }

    /// The codes that were typed. Nothing where it was the authenticator's at once, as it is where nothing else is said.
    fn codes(&mut self, visit: &Visit, backups: bool) -> Vec<SecondFactorCode> {
        let is_taken = visit.end.is_some() || visit.shown == Some(Shown::Other);
        let refused = visit.codes.len().saturating_sub(usize::from(is_taken));
        let mut all = Vec::new();
        for (place, typed) in visit.codes.iter().enumerate() {
            let earlier = self.taken.get(&typed.code).copied();
            let is_last = self.last.as_ref() == Some(&typed.code);
            all.push(match earlier {
                Some(_) if is_last => SecondFactorCode::Again,
                Some(true) => SecondFactorCode::EmailAgain,
                _ if place < refused => SecondFactorCode::Wrong,
                _ if typed.mailed => SecondFactorCode::Email,
                _ if backups => SecondFactorCode::Backup,
                _ => SecondFactorCode::App,
            });
            if place >= refused {
                self.taken.insert(typed.code.clone(), typed.mailed);
            }
            self.last = Some(typed.code.clone());
        }
        if all == [SecondFactorCode::App] { Vec::new() } else { all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::turn::TypedCode;

    /// A visit in which these codes were typed, by e-mail or not, and which ended at the client or with a page.
    fn visit(codes: &[&str], mailed: bool, shown: Option<Shown>) -> Visit {
        let end = if shown.is_none() { url::Url::parse("https://client.example/?code=x").ok() } else { None };
        let codes = codes.iter().map(|code| TypedCode { code: (*code).to_owned(), mailed }).collect();
        Visit { codes, shown, end, ..Visit::default() }
    }

    fn typed(visits: &[Visit], backups: bool) -> Vec<Vec<SecondFactorCode>> {
        let mut typed = Typed::default();
        visits.iter().map(|visit| typed.owner(visit, &TurnKind::SignIn, backups).codes).collect()
    }

    #[test]
    fn a_code_is_what_it_is_by_whether_it_was_taken_and_whether_it_was_typed_before() {
        use SecondFactorCode::{Again, App, Backup, Email, EmailAgain, Wrong};
        let refused = Some(Shown::Code);
        assert_eq!(typed(&[visit(&["1"], false, None)], false), [[]], "the authenticator's, which needs no saying");
        assert_eq!(typed(&[visit(&["1", "2"], false, None)], false), [[Wrong, App]]);
        assert_eq!(typed(&[visit(&["1", "2"], false, None)], true), [[Wrong, Backup]]);
        assert_eq!(typed(&[visit(&["1", "2"], true, None)], true), [[Wrong, Email]]);
        assert_eq!(typed(&[visit(&["1"], false, refused)], false), [[Wrong]]);
        // The page after it asks for something else: it was taken, and what refuses is another thing.
        assert_eq!(typed(&[visit(&["1"], false, Some(Shown::Other))], false), [[]]);
        // What was refused is no code, however often it is typed.
        assert_eq!(typed(&[visit(&["1", "1"], false, refused)], false), [[Wrong, Wrong]]);
        let first = visit(&["1"], true, None);
        assert_eq!(typed(&[first.clone(), visit(&["1"], false, refused)], false), [[Email], [Again]]);
        let others = [first, visit(&["2"], false, refused), visit(&["1"], false, refused)];
        assert_eq!(typed(&others, false), [[Email], [Wrong], [EmailAgain]]);
    }

    #[test]
    fn a_password_that_is_typed_again_was_wrong_before() {
        let visit = |passwords, shown, end| Visit { passwords, shown, end, ..Visit::default() };
        let passwords = |visit: &Visit| Typed::default().owner(visit, &TurnKind::SignIn, false).passwords;
        assert_eq!(passwords(&visit(2, Some(Shown::Password), None)), [Password::Wrong, Password::Wrong]);
        assert_eq!(passwords(&visit(2, Some(Shown::Code), None)), [Password::Wrong, Password::Right]);
        let client = url::Url::parse("https://client.example/?code=x").ok();
        assert_eq!(passwords(&visit(1, Some(Shown::Password), client)), []);
    }
}
