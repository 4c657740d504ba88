//! The pages that set up a second factor.

use crate::proto::base32;
use crate::proto::grant::issue::Turn;
use crate::proto::message::Response;
use crate::proto::page::qr;
use crate::proto::page::render::{masked, page};
use crate::proto::policy::{SecondFactor, SecondMethod};
use crate::proto::store::{SetUpStage, SettingUp};
use crate::proto::template::Context;
use crate::proto::world::User;

const PROVE: &str = include_str!("set_up_prove.html");
const CHOOSE: &str = include_str!("set_up_choose.html");
const CONFIRM: &str = include_str!("set_up_confirm.html");

/// The page of a set-up. `form` is what only this browser's forms can say.
pub(crate) fn set_up(
    turn: &Turn<'_>,
    policy: &SecondFactor,
    account: &User,
    state: &SettingUp,
    form: &str,
    message: Option<&str>,
) -> Response {
    let sign_in = &turn.policy.sign_in;
    let enrolled = turn.sessions.accounts.enrolment(account);
    let secret = state.draft.totp_secret.as_ref().map(|secret| base32::encode(secret.expose())).unwrap_or_default();
    let by_email = policy.methods.contains(&SecondMethod::Email) && account.address().is_some();
    let codes: Vec<String> = state.draft.backup_codes.iter().map(|code| code.expose().clone()).collect();
    let context = Context::default()
        .with("action", policy.set_up_path.clone().unwrap_or_default())
        .with("form", form)
        .with("user", account.name.as_str())
        .with("message", message.unwrap_or_default())
        .with("code_field", sign_in.fields.code.as_str())
        .with("password_field", sign_in.fields.password.as_str())
        .with("enrolled", enrolled.is_some())
        .with("app", policy.methods.contains(&SecondMethod::App))
        .with("email", by_email)
        .with("app_chosen", state.draft.totp_secret.is_some())
        .with(
            "email_chosen",
            by_email && (state.draft.email || enrolled.is_none() && state.stage == SetUpStage::Choosing),
        )
        .with("mailed_to", if by_email { masked(account) } else { String::new() })
        .with("qr_code", qr::svg(&key_uri(turn, account, &secret)).unwrap_or_default())
        .with("setup_key", in_fours(&secret))
        .with("backup_codes", codes);
    let body = match state.stage {
        SetUpStage::Proving => PROVE,
        SetUpStage::Choosing => CHOOSE,
        SetUpStage::Confirming => CONFIRM,
    };
    page(turn.policy, 200, body, context)
}

/// What the QR code says: the format that authenticator apps read (Key URI Format).
fn key_uri(turn: &Turn<'_>, account: &User, secret: &str) -> String {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let (title, totp) = (encode(&turn.policy.sign_in.title), &turn.policy.sign_in.totp);
    format!(
        "otpauth://totp/{title}:{}?secret={secret}&issuer={title}&algorithm=SHA1&digits={}&period={}",
        encode(&account.name),
        totp.digits,
        totp.period.as_seconds()
    )
}

/// Groups of four are easier to type.
fn in_fours(secret: &str) -> String {
    let mut text = String::new();
    for (place, letter) in secret.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push(' ');
        }
        text.push(letter);
    }
    text
}
