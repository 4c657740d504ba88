//! Proving one step of a sign-in: name, password, second factor.

use crate::proto::cause::Cause;
use crate::proto::endpoint::AuthorizationRequest;
use crate::proto::grant::admit::{Admission, asks_second_factor};
use crate::proto::grant::issue::Turn;
use crate::proto::message::Request;
use crate::proto::mint::Purpose;
use crate::proto::outbox::Mail;
use crate::proto::params::Params;
use crate::proto::policy::{Asked, SecondFactor, SecondMethod, SetUp, Step};
use crate::proto::store::{Enrolment, Proven};
use crate::proto::target::servers_of;
use crate::proto::totp;
use crate::proto::world::User;

use super::cookie::cookie;

/// The cookie of a trusted device.
pub(super) const TRUST_COOKIE: &str = "trusted-device";

/// Proves a step. `user` is who they said they are in the first one.
pub(super) fn prove<'a>(
    turn: &mut Turn<'a>,
    step: Step,
    user: Option<&str>,
    params: &Params,
) -> Result<&'a User, Cause> {
    let fields = &turn.policy.sign_in.fields;
    let known = |name: &str| turn.world.users.iter().find(|user| user.name == name);
    let name = user.unwrap_or_else(|| params.first(&fields.user_name).unwrap_or_default());
    turn.check_not_locked(name)?;
    let outcome = match step {
        Step::UserName => known(name).ok_or_else(|| Cause::PasswordWrong { user: name.to_owned() }),
        Step::Password => {
            let password = params.first(&fields.password).unwrap_or_default();
            known(name)
                .filter(|user| user.password.expose() == password)
                .ok_or_else(|| Cause::PasswordWrong { user: name.to_owned() })
                .and_then(|user| {
                    if user.password_expired { Err(Cause::PasswordExpired { user: name.to_owned() }) } else { Ok(user) }
                })
        }
        Step::Totp => match known(name) {
            Some(account) => {
                let code = params.first(&fields.totp).unwrap_or_default();
                let enrolment = turn.sessions.accounts.enrolment(account).unwrap_or_default();
                prove_totp(turn, name, &enrolment, code).map(|()| account)
            }
            None => Err(Cause::TotpWrong { user: name.to_owned() }),
        },
        Step::SecondFactor => match known(name) {
            Some(account) => {
                let code = params.first(&fields.code).unwrap_or_default();
                let enrolment = turn.sessions.accounts.enrolment(account).unwrap_or_default();
                prove_second_factor(turn, account, &enrolment, code, true).map(|()| account)
            }
            None => Err(Cause::SecondFactorWrong { user: name.to_owned() }),
        },
    };
    if outcome.as_ref().is_err_and(|cause| cause.kind().asks_again()) && known(name).is_some() {
        turn.count_failure(name);
    }
    outcome
}

impl Turn<'_> {
    /// A locked account proves nothing, whatever is right.
    pub(crate) fn check_not_locked(&mut self, user: &str) -> Result<(), Cause> {
        let Some(policy) = self.policy.sign_in.lock_out else { return Ok(()) };
        match self.sessions.accounts.locked(user, policy, self.now) {
            Some(until) => Err(Cause::AccountLocked { user: user.to_owned(), until }),
            None => Ok(()),
        }
    }

    /// Counts a wrong factor.
    pub(crate) fn count_failure(&mut self, user: &str) {
        if let Some(policy) = self.policy.sign_in.lock_out {
            self.sessions.accounts.fail(user, policy, self.now);
        }
    }
}

fn plain(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

fn prove_totp(turn: &mut Turn<'_>, name: &str, enrolment: &Enrolment, code: &str) -> Result<(), Cause> {
    let wrong = || Cause::TotpWrong { user: name.to_owned() };
    let secret = enrolment.totp_secret.as_ref().ok_or_else(wrong)?;
    let policy = &turn.policy.sign_in.totp;
    let code: String = code.split_whitespace().collect();
    let step = totp::matching_step(policy, secret.expose(), turn.now, &code).ok_or_else(wrong)?;
    if turn.sessions.accounts.totp_step(name).is_some_and(|last| step <= last) {
        return Err(Cause::TotpUsedBefore { user: name.to_owned() });
    }
    turn.sessions.accounts.use_totp_step(name, step);
    Ok(())
}

/// A code of the app, one that was sent, or a backup code where those are taken.
pub(super) fn prove_second_factor(
    turn: &mut Turn<'_>,
    account: &User,
    enrolment: &Enrolment,
    code: &str,
    takes_backup_codes: bool,
) -> Result<(), Cause> {
    let Some(policy) = &turn.policy.sign_in.second_factor else {
        return prove_totp(turn, &account.name, enrolment, code);
    };
    let code = plain(code);
    let by_app = policy.methods.contains(&SecondMethod::App);
    let by_email = gets_mail(policy, enrolment);
    let outcome = match prove_totp(turn, &account.name, enrolment, &code) {
        Err(cause @ Cause::TotpUsedBefore { .. }) if by_app => return Err(cause),
        outcome => outcome.is_ok() && by_app,
    };
    if outcome || by_email && turn.sessions.accounts.take_sent(&account.name, &code, turn.now) {
        return Ok(());
    }
    let used = enrolment.backup_codes.iter().position(|own| *own.expose() == code && !code.is_empty());
    match used.filter(|_| takes_backup_codes && policy.backup_codes.is_some()) {
        Some(place) => {
            let mut left = enrolment.clone();
            left.backup_codes.remove(place);
            turn.sessions.accounts.enrol(&account.name, left);
            Ok(())
        }
        None => Err(Cause::SecondFactorWrong { user: account.name.clone() }),
    }
}

/// Whether codes of this second factor come by e-mail.
fn gets_mail(policy: &SecondFactor, enrolment: &Enrolment) -> bool {
    enrolment.email && policy.methods.contains(&SecondMethod::Email)
}

/// Sends a code by e-mail, if that is a method of this second factor: a form can ask for what its page does not offer.
pub(super) fn send_code(turn: &mut Turn<'_>, account: &User, enrolment: &Enrolment) {
    let Some(policy) = turn.policy.sign_in.second_factor.as_ref().filter(|it| gets_mail(it, enrolment)) else { return };
    let Some(to) = account.address() else { return };
    let mut code = String::new();
    turn.mint.draw(
        Purpose::MailedCode,
        b"0123456789",
        turn.policy.sign_in.totp.digits.clamp(4, 10) as usize,
        &mut code,
    );
    turn.sessions.accounts.send(&account.name, code.clone(), turn.now.plus(policy.email_lifetime));
    turn.outbox.send(Mail {
        at: turn.now,
        user: account.name.clone(),
        to: to.to_owned(),
        subject: format!("Verification code for {}", turn.policy.sign_in.title),
        code: code.into(),
    });
}

/// Whether a step is asked of this user, with this browser. An automatic set-up happens here: it is part of signing in.
pub(super) fn asks(
    turn: &mut Turn<'_>,
    step: Step,
    account: &User,
    request: &Request,
    asked: &AuthorizationRequest,
) -> bool {
    match step {
        Step::UserName | Step::Password => true,
        Step::Totp => turn.sessions.accounts.enrolment(account).is_some_and(|it| it.totp_secret.is_some()),
        Step::SecondFactor => {
            let Some(policy) = &turn.policy.sign_in.second_factor else { return false };
            if policy.asked == Asked::ByRule {
                // Who has none is told so once the rest is proven.
                let enrolled = turn.sessions.accounts.enrolment(account).is_some();
                return enrolled && is_ruled(turn, account, asked);
            }
            if turn.sessions.accounts.enrolment(account).is_none() && !set_up_at_sign_in(turn, policy, account) {
                // A name alone is no proof: who has nothing else to show stays outside.
                return !turn.policy.sign_in.steps.contains(&Step::Password);
            }
            let cookie = cookie(request, TRUST_COOKIE).filter(|_| policy.trust.is_some());
            !cookie.is_some_and(|cookie| turn.sessions.accounts.trusts(&account.name, &cookie, turn.now))
        }
    }
}

/// Whether a rule asks this user for a second factor.
fn is_ruled(turn: &Turn<'_>, account: &User, asked: &AuthorizationRequest) -> bool {
    let Some(client) = turn.world.clients.iter().find(|known| known.id == asked.client) else { return false };
    let servers = servers_of(turn.policy, asked.scope.as_ref(), asked.server.as_deref());
    asks_second_factor(turn, &Admission { user: account, client, servers: &servers, proven: Proven::default() })
}

fn set_up_at_sign_in(turn: &mut Turn<'_>, policy: &SecondFactor, account: &User) -> bool {
    let automatic = policy.set_up == SetUp::Automatic && account.address().is_some();
    if automatic {
        turn.sessions.accounts.enrol(&account.name, Enrolment { email: true, ..Enrolment::default() });
    }
    automatic
}
