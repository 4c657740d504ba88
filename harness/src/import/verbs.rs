//! What scenarios do, as their files write it.

use super::draft::quoted;
use crate::scenario::{
    Access, Account, Authorize, Browser, Change, Consent, Exemption, Fault, FaultAction, FaultEffect, Grant, Password,
    Registration, Rule, SecondFactorCode, When,
};

/// A line as it is, where YAML takes it for a text.
pub(super) fn plain_or_quoted(line: &str) -> String {
    let is_plain = !line.contains(": ") && !line.contains(" #") && !line.ends_with(':');
    if is_plain { line.to_owned() } else { quoted(line) }
}

/// What a resource owner does, as options of `authorize`.
pub(super) fn owner_in_yaml(owner: &Authorize) -> Vec<String> {
    let mut options = Vec::new();
    if owner.browser == Browser::Fresh {
        options.push("browser: fresh".to_owned());
    }
    if owner.consent == Consent::Refuse {
        options.push("consent: refuse".to_owned());
    }
    if !owner.passwords.is_empty() {
        let word = |it: &Password| match it {
            Password::Right => "right",
            Password::Wrong => "wrong",
        };
        options.push(format!("passwords: [{}]", owner.passwords.iter().map(word).collect::<Vec<_>>().join(", ")));
    }
    if !owner.codes.is_empty() {
        let word = |it: &SecondFactorCode| match it {
            SecondFactorCode::App => "app",
            SecondFactorCode::AppThreeMinutesAgo => "app_three_minutes_ago",
            SecondFactorCode::AppLate => "app_late",
            SecondFactorCode::Email => "email",
            SecondFactorCode::EmailAgain => "email_again",
            SecondFactorCode::Backup => "backup",
            SecondFactorCode::Again => "again",
            SecondFactorCode::Wrong => "wrong",
        };
        options.push(format!("codes: [{}]", owner.codes.iter().map(word).collect::<Vec<_>>().join(", ")));
    }
    if owner.trust_device {
        options.push("trust_device: true".to_owned());
    }
    options
}

/// A change as scenarios write it.
pub(super) fn change_in_yaml(change: &Change) -> Option<String> {
    let account = |event: &Account| match event {
        Account::Unlocked => "unlocked",
        Account::Disabled => "disabled",
        Account::Enabled => "enabled",
        Account::PasswordExpired => "password_expired",
        Account::PasswordChanged => "password_changed",
        Account::PasswordRecovered => "password_recovered",
        Account::PasswordReset => "password_reset",
        Account::PasswordResetAtCentre => "password_reset_at_centre",
        Account::RevokedByUser => "revoked_by_user",
        Account::RevokedByAdministrator => "revoked_by_administrator",
        Account::SignedOut => "signed_out",
    };
    let inner = match change {
        Change::Password(password) => format!("password: {}", quoted(password)),
        Change::TotpSecret(secret) => format!("totp_secret: {secret}"),
        Change::ConsentWithdrawn => "consent: withdrawn".to_owned(),
        Change::RefreshTokensRevoked => "refresh_tokens: revoked".to_owned(),
        Change::KeysRolled => "keys: rolled".to_owned(),
        Change::Account(event) => format!("account: {}", account(event)),
        Change::Registration(event) => match event {
            Registration::Disabled => "registration: disabled".to_owned(),
            Registration::Enabled => "registration: enabled".to_owned(),
            Registration::SecretExpired => "registration: secret_expired".to_owned(),
        },
        Change::Rule(Rule::SecondFactor) => "rule: second_factor".to_owned(),
        Change::Rule(Rule::Impossible) => "rule: impossible".to_owned(),
        Change::NoRule => "rule: removed".to_owned(),
        Change::Exempt(Exemption::KeepsSupersededTokens) => "exempt: keeps_superseded_tokens".to_owned(),
        Change::Exempt(Exemption::NoMinimumInterval) => "exempt: no_minimum_interval".to_owned(),
        Change::Access(Access { division, refused }) => {
            let division = division.as_ref().map_or(String::new(), |name| format!("division: {}, ", quoted(name)));
            match refused {
                Some(reason) => format!("access: {{ {division}refused: {} }}", quoted(reason)),
                None => format!("access: {{ {division}again: open }}"),
            }
        }
        Change::MailArrives(_) | Change::MailOff(_) => return None,
    };
    Some(format!("change: {{ {inner} }}"))
}

/// A fault as scenarios write it, which strikes so manieth of the requests that it fits.
pub(super) fn fault_in_yaml(fault: &Fault, nth: usize) -> Option<String> {
    let nth = if nth > 1 { format!(", nth: {nth}") } else { String::new() };
    let grant = fault.grant.map(|grant| match grant {
        Grant::RefreshToken => ", grant: refresh_token",
        Grant::AuthorizationCode => ", grant: authorization_code",
        Grant::DeviceCode => ", grant: device_code",
    });
    let grant = grant.unwrap_or_default();
    match &fault.action {
        FaultAction::Named(name) => Some(format!("fault: {{ named: {name}{grant}{nth} }}")),
        FaultAction::Struck { at, when, effect } => {
            let when = match when {
                When::BeforeCommit => "before_commit",
                When::AfterCommit => "after_commit",
            };
            let effect = match effect {
                FaultEffect::Drop => "reply: drop".to_owned(),
                FaultEffect::Answer(answer) => {
                    let headers: Vec<String> =
                        answer.headers.iter().map(|(name, value)| format!("{name}: {}", quoted(value))).collect();
                    let headers = if headers.is_empty() {
                        String::new()
                    } else {
                        format!(", headers: {{ {} }}", headers.join(", "))
                    };
                    let body = if answer.body.is_empty() {
                        String::new()
                    } else {
                        format!(", body: {}", serde_json::Value::String(answer.body.clone()))
                    };
                    format!("answer: {{ status: {}{headers}{body} }}", answer.status)
                }
                FaultEffect::CutAfter(_)
                | FaultEffect::Delay(_)
                | FaultEffect::IdToken(_)
                | FaultEffect::Members(_) => return None,
            };
            Some(format!("fault: {{ at: {}{grant}{nth}, when: {when}, {effect} }}", at.as_str()))
        }
    }
}
