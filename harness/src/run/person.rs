//! The resource owner at the provider's pages: what they type, try after try, and which button they press.

use std::collections::{BTreeSet, VecDeque};

use crate::idp::Credentials;
use crate::run::form::Form;
use crate::scenario::{Authorize, Consent, Password, SecondFactorCode};

/// The field of a device's code.
const USER_CODE: &str = "user_code";

/// What they remember from page to page.
#[derive(Debug, Default)]
pub(crate) struct Person {
    /// The code of a second factor that was typed last.
    typed: Option<String>,
    /// The backup codes that were typed.
    backup_typed: BTreeSet<String>,
}

/// What the resource owner still has to try in one sign-in.
pub(crate) struct Tries {
    passwords: VecDeque<Password>,
    codes: VecDeque<SecondFactorCode>,
    /// Whether an e-mail was asked for.
    asked: bool,
    /// The code of a device, until it was typed.
    user_code: Option<String>,
}

impl Tries {
    pub(crate) fn of(owner: &Authorize) -> Self {
        let (passwords, codes) = (owner.passwords.iter().copied(), owner.codes.iter().copied());
        Self { passwords: passwords.collect(), codes: codes.collect(), asked: false, user_code: None }
    }

    /// With the code of a device to type first.
    pub(crate) fn with_user_code(owner: &Authorize, user_code: &str) -> Self {
        Self { user_code: Some(user_code.to_owned()), ..Self::of(owner) }
    }
}

impl Person {
    /// Fills a page's form; nothing if there is nothing that this resource owner could fill in, or if the page says that the last
    /// try was wrong and there is no other.
    pub(crate) fn fill(
        &mut self,
        form: &Form,
        known: &Credentials,
        owner: &Authorize,
        tries: &mut Tries,
        page: &str,
    ) -> Option<String> {
        let is_wrong = message_of(page).is_some();
        let fields = &known.fields;
        if form.has(USER_CODE) {
            return Some(form.filled(&[(USER_CODE, &tries.user_code.take()?)], None));
        }
        if form.has(&fields.password) {
            let password = match tries.passwords.pop_front() {
                Some(Password::Wrong) => "not the password",
                Some(Password::Right) => &known.password,
                None if is_wrong => return None,
                None => &known.password,
            };
            return Some(form.filled(&[(&fields.name, &known.name), (&fields.password, password)], None));
        }
        let is_second_factor = !form.has(&fields.totp) && form.has(&fields.code);
        if is_second_factor || form.has(&fields.totp) {
            let next = match tries.codes.front().copied() {
                Some(next) => next,
                None if is_wrong => return None,
                None if known.totp.is_none() => SecondFactorCode::Email,
                None => SecondFactorCode::App,
            };
            if next == SecondFactorCode::Email && !std::mem::replace(&mut tries.asked, true) {
                return Some(form.filled(&[], Some(("send", "email"))));
            }
            tries.codes.pop_front();
            tries.asked = false;
            let code = self.code(next, known)?;
            self.typed = Some(code.clone());
            let field = if is_second_factor { &fields.code } else { &fields.totp };
            let trust = owner.trust_device.then_some(("trust", "yes"));
            return Some(form.filled_without(&[(field, &code)], trust, &["trust"]));
        }
        if is_wrong {
            return None;
        }
        if form.has(&fields.name) {
            return Some(form.filled(&[(&fields.name, &known.name)], None));
        }
        let wanted = match owner.consent {
            Consent::Grant => "allow",
            Consent::Refuse => "refuse",
        };
        let (name, value) = form.buttons.iter().find(|(_, value)| value == wanted)?;
        Some(form.filled(&[], Some((name, value))))
    }

    fn code(&mut self, which: SecondFactorCode, known: &Credentials) -> Option<String> {
        match which {
            SecondFactorCode::App => known.totp.clone(),
            SecondFactorCode::AppThreeMinutesAgo => known.earlier_totp.clone(),
            SecondFactorCode::AppLate => known.late_totp.clone(),
            SecondFactorCode::Email | SecondFactorCode::EmailAgain => known.mailed.clone(),
            SecondFactorCode::Again => self.typed.clone(),
            SecondFactorCode::Wrong => Some("000000".to_owned()),
            SecondFactorCode::Backup => {
                let code = known.backup_codes.iter().find(|code| !self.backup_typed.contains(*code)).cloned();
                self.backup_typed.extend(code.clone());
                code
            }
        }
    }
}

/// What a page of ours says is wrong.
pub(crate) fn message_of(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("id=\"message\"")?;
    let (_, rest) = rest.split_once('>')?;
    let (message, _) = rest.split_once("</")?;
    Some(text_of(message))
}

/// What a page says, without its markup.
pub(crate) fn text_of(page: &str) -> String {
    let body = page.rsplit_once("</style>").map_or(page, |(_, body)| body);
    let mut text = String::new();
    let mut inside = false;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            c if !inside => text.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(300).collect()
}
