//! How a submission server refuses, where the policy has no words of its own.

use crate::proto::mail::room::Room;
use crate::proto::mail::session::Answer;
use crate::proto::mail::{MailCause, MailCauseKind};

/// The most characters of a command's name, and of an address, that are noted where they are wrong.
pub(super) const LONGEST_NAME: usize = 16;
const LONGEST_ADDRESS: usize = 256;

/// The protocol's own words for a cause.
const fn standard(kind: MailCauseKind) -> &'static str {
    match kind {
        MailCauseKind::CommandInvalid => "500 5.5.1 Command unrecognized",
        MailCauseKind::CommandOutOfOrder => "503 5.5.1 Bad sequence of commands",
        MailCauseKind::LineTooLong => "500 5.5.6 Line too long",
        MailCauseKind::HelloMissing => "503 5.5.1 Send EHLO first",
        MailCauseKind::TlsMissing => "530 5.7.0 Must issue a STARTTLS command first",
        MailCauseKind::LoginMissing => "530 5.7.0 Authentication required",
        MailCauseKind::MechanismUnknown => "504 5.5.4 Unrecognized authentication type",
        MailCauseKind::InitialResponseRefused | MailCauseKind::ResponseMalformed => "501 5.5.2 Cannot decode response",
        MailCauseKind::LoginCancelled => "501 5.7.0 Authentication cancelled",
        MailCauseKind::SessionExpired => "454 4.7.0 Temporary authentication failure",
        MailCauseKind::SendAsDenied => "550 5.7.60 Not allowed to send as this sender",
        MailCauseKind::RecipientInvalid => "501 5.1.3 Bad recipient address syntax",
        MailCauseKind::MessageTooLarge => "552 5.3.4 Message size exceeds the limit",
        MailCauseKind::Injected
        | MailCauseKind::BasicRefused
        | MailCauseKind::PasswordWrong
        | MailCauseKind::TokenUnknown
        | MailCauseKind::TokenExpired
        | MailCauseKind::TokenEnded
        | MailCauseKind::TokenRevoked
        | MailCauseKind::TokenForAnother
        | MailCauseKind::ScopeMissing
        | MailCauseKind::UserDiffers
        | MailCauseKind::ApplicationNotAdmitted
        | MailCauseKind::MailboxUnknown
        | MailCauseKind::ProtocolOff
        | MailCauseKind::ProtocolOffForMailbox
        | MailCauseKind::FolderUnknown
        | MailCauseKind::FolderKept
        | MailCauseKind::MessageUnknown
        | MailCauseKind::ReadOnly => "535 5.7.8 Authentication credentials invalid",
    }
}

/// Refuses by the policy's words, or the protocol's. A second line is the last.
pub(super) fn refuse(room: &mut Room<'_>, cause: MailCause) -> Answer {
    let text = room.refuse(cause, standard);
    match text.split_once('\n') {
        Some((line, last)) => Answer::last(format!("{line}\r\n{last}\r\n")),
        None => Answer::of(format!("{text}\r\n")),
    }
}

/// Refuses a line that cannot be read, by what is wrong with it (RFC 5321 section 4.2.4; section 4.1.1.11 for parameters).
pub(super) fn refuse_syntax(room: &mut Room<'_>, error: &smtp_proto::Error, command: String, line: &[u8]) -> Answer {
    use smtp_proto::Error;
    let text = match error {
        Error::InvalidRecipientAddress => {
            let recipient =
                String::from_utf8_lossy(line).chars().skip("RCPT TO:".len()).take(LONGEST_ADDRESS).collect();
            return refuse(room, MailCause::RecipientInvalid { recipient });
        }
        Error::UnknownCommand => standard(MailCauseKind::CommandInvalid),
        Error::UnsupportedParameter { .. } => "555 5.5.4 Unsupported parameter",
        Error::InvalidSenderAddress => "501 5.1.7 Bad sender address syntax",
        Error::SyntaxError { .. }
        | Error::InvalidParameter { .. }
        | Error::NeedsMoreData { .. }
        | Error::ResponseTooLong
        | Error::InvalidResponse { .. } => "501 5.5.4 Syntax error in parameters or arguments",
    };
    Answer::of(format!("{}\r\n", room.refuse(MailCause::CommandInvalid { command }, |_| text)))
}
