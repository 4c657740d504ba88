//! From a scenario's words to the provider's: faults, changes, points.

use std::collections::{BTreeMap, BTreeSet};

use mock_idp::proto::client::{ClientId, Exemption};
use mock_idp::proto::fault::{Action, Fault};
use mock_idp::proto::mail::{ArmedMailFault, MailProtocol};
use mock_idp::proto::message::{Extent, Response};
use mock_idp::proto::openid::{TamperedSignature, Tampering};
use mock_idp::proto::policy::NamedFault;
use mock_idp::proto::policy::{Access, Mail};
use mock_idp::proto::secret::Secret;
use mock_idp::proto::time::Span;
use mock_idp::proto::world::{AccessRule, Asks};
use mock_idp::proto::{Change, EndpointKind, base32};

use crate::scenario;

/// The endpoint of a point.
pub(super) const fn endpoint(point: scenario::Point) -> EndpointKind {
    match point {
        scenario::Point::Token => EndpointKind::Token,
        scenario::Point::Resource => EndpointKind::Resource,
        scenario::Point::Authorization => EndpointKind::Authorization,
        scenario::Point::Metadata => EndpointKind::Metadata,
        scenario::Point::Keys => EndpointKind::Keys,
        scenario::Point::Userinfo => EndpointKind::Userinfo,
    }
}

/// A fault, or why the scenario's word for it means nothing.
pub(crate) fn fault(fault: &scenario::Fault, named: &BTreeMap<String, NamedFault>) -> Result<Fault, String> {
    let plain =
        |at, action| Fault { at: endpoint(at), grant: None, client: None, via: None, skip: 0, times: 1, action };
    let base = match &fault.action {
        scenario::FaultAction::Named(name) => named.get(name).map(NamedFault::fault).ok_or_else(|| {
            let known: Vec<&str> = named.keys().map(String::as_str).collect();
            format!("the profile knows no fault `{name}`; it knows {}", known.join(", "))
        })?,
        scenario::FaultAction::Struck { at, when, effect } => plain(*at, action(effect, *when)),
    };
    let grant = fault.grant.map(|grant| match grant {
        scenario::Grant::RefreshToken => "refresh_token",
        scenario::Grant::AuthorizationCode => "authorization_code",
        scenario::Grant::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
    });
    Ok(Fault {
        grant: grant.map(str::to_owned),
        client: fault.client_id.clone(),
        via: fault.worker.as_ref().map(|worker| worker.as_str().to_owned()),
        skip: fault.nth.get() - 1,
        times: fault.times.get(),
        ..base
    })
}

/// A fault of a mail server, if the scenario names one.
pub(super) fn named_mail(fault: &scenario::Fault, mail: Option<&Mail>) -> Option<ArmedMailFault> {
    let scenario::FaultAction::Named(name) = &fault.action else { return None };
    Some(ArmedMailFault {
        fault: mail?.faults.get(name)?.clone(),
        via: fault.worker.as_ref().map(|worker| worker.as_str().to_owned()),
        skip: fault.nth.get() - 1,
        times: fault.times.get(),
    })
}

fn action(effect: &scenario::FaultEffect, when: scenario::When) -> Action {
    match (effect, when) {
        (scenario::FaultEffect::Answer(answer), scenario::When::BeforeCommit) => Action::AnswerBefore(response(answer)),
        (scenario::FaultEffect::Answer(answer), scenario::When::AfterCommit) => Action::AnswerAfter(response(answer)),
        (scenario::FaultEffect::Drop, scenario::When::BeforeCommit) => Action::DropBefore,
        (scenario::FaultEffect::Drop, scenario::When::AfterCommit) => Action::Deliver(Extent::Dropped),
        (scenario::FaultEffect::CutAfter(bytes), _) => {
            Action::Deliver(Extent::CutAfter(usize::try_from(*bytes).unwrap_or(usize::MAX)))
        }
        (scenario::FaultEffect::IdToken(tampering), _) => Action::IdToken(Tampering {
            claims: tampering.claims.clone(),
            header: tampering.header.clone(),
            signature: match tampering.signature {
                scenario::Signature::Right => TamperedSignature::Right,
                scenario::Signature::Damaged => TamperedSignature::Damaged,
                scenario::Signature::None => TamperedSignature::None,
                scenario::Signature::Unpublished => TamperedSignature::Unpublished,
            },
        }),
        (scenario::FaultEffect::Members(members), _) => Action::Members(members.clone()),
        (scenario::FaultEffect::Delay(span), _) => Action::Delay(Span::from_millis(span.milliseconds())),
    }
}

fn response(answer: &scenario::FaultAnswer) -> Response {
    let mut response = Response::empty(answer.status);
    for (name, value) in &answer.headers {
        response.headers.push(name, value);
    }
    response.body = answer.body.clone().into_bytes();
    response
}

/// The identifier of the one rule that a scenario can make.
const RULE: &str = "2f1e0d9c-8b7a-4695-8413-a2b1c0d9e8f7";

fn account(event: scenario::Account, user: String) -> Change {
    use mock_idp::proto::policy::AccountEvent as Event;
    use scenario::Account;
    let event = match event {
        Account::Unlocked => return Change::Unlocked { user },
        Account::Disabled => return Change::Disabled { user, disabled: true },
        Account::Enabled => return Change::Disabled { user, disabled: false },
        Account::PasswordExpired => Event::PasswordExpired,
        Account::PasswordChanged => Event::PasswordChanged,
        Account::PasswordRecovered => Event::PasswordRecovered,
        Account::PasswordReset => Event::PasswordReset,
        Account::PasswordResetAtCentre => Event::PasswordResetAtCentre,
        Account::RevokedByUser => Event::RevokedByUser,
        Account::RevokedByAdministrator => Event::RevokedByAdministrator,
        Account::SignedOut => Event::SignedOut,
    };
    Change::Account { user, event }
}

/// A mail protocol as the provider has it.
const fn mail_protocol(protocol: crate::adapter::protocol::MailProtocol) -> MailProtocol {
    use crate::adapter::protocol::MailProtocol as Asked;
    match protocol {
        Asked::Imap => MailProtocol::Imap,
        Asked::Smtp => MailProtocol::Smtp,
        Asked::Pop => MailProtocol::Pop,
    }
}

/// A change, or why the scenario's word for it means nothing.
pub(crate) fn change(change: &scenario::Change, user: &str, client: &ClientId) -> Option<Change> {
    let user = user.to_owned();
    let client = client.clone();
    Some(match change {
        scenario::Change::Password(password) => Change::Password { user, password: Secret::new(password.clone()) },
        scenario::Change::TotpSecret(secret) => {
            Change::TotpSecret { user, secret: Some(Secret::new(base32::decode(secret)?)) }
        }
        scenario::Change::ConsentWithdrawn => Change::ConsentWithdrawn { user, client },
        scenario::Change::KeysRolled => Change::KeysRolled,
        // That is none of the world's: a message is delivered.
        scenario::Change::MailArrives(_) => return None,
        scenario::Change::MailOff(off) => Change::MailProtocol {
            mailbox: (!off.everybody).then_some(user),
            protocol: mail_protocol(off.protocol),
            open: false,
        },
        scenario::Change::Account(event) => account(*event, user),
        scenario::Change::Registration(event) => match event {
            scenario::Registration::Disabled => Change::ClientDisabled { client, disabled: true },
            scenario::Registration::Enabled => Change::ClientDisabled { client, disabled: false },
            scenario::Registration::SecretExpired => Change::ClientSecretExpired { client },
        },
        scenario::Change::Rule(rule) => Change::RuleAdded(AccessRule {
            id: RULE.to_owned(),
            users: BTreeSet::from([user]),
            clients: BTreeSet::new(),
            servers: BTreeSet::new(),
            asks: match rule {
                scenario::Rule::SecondFactor => Asks::SecondFactor,
                scenario::Rule::Impossible => Asks::Impossible,
            },
        }),
        scenario::Change::NoRule => Change::RuleRemoved { id: RULE.to_owned() },
        scenario::Change::RefreshTokensRevoked => Change::RefreshTokensRevoked { client },
        scenario::Change::Exempt(exemption) => Change::Exempted {
            client,
            exemptions: BTreeSet::from([match exemption {
                scenario::Exemption::KeepsSupersededTokens => Exemption::KeepsSupersededTokens,
                scenario::Exemption::NoMinimumInterval => Exemption::NoMinimumInterval,
            }]),
        },
        scenario::Change::Access(scenario::Access { division, refused }) => Change::Access {
            user,
            division: division.clone(),
            access: refused.clone().map_or(Access::Open, Access::Refused),
        },
    })
}
