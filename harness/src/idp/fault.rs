//! From a scenario's words to the provider's: faults, changes, points.

use std::collections::BTreeSet;

use mock_idp::proto::client::{ClientId, Exemption};
use mock_idp::proto::fault::{Action, Fault};
use mock_idp::proto::message::{Extent, Response};
use mock_idp::proto::policy::Access;
use mock_idp::proto::secret::Secret;
use mock_idp::proto::time::Span;
use mock_idp::proto::{Change, EndpointKind};

use crate::scenario;

/// The endpoint of a point.
pub(super) const fn endpoint(point: scenario::Point) -> EndpointKind {
    match point {
        scenario::Point::Token => EndpointKind::Token,
        scenario::Point::Resource => EndpointKind::Resource,
        scenario::Point::Authorization => EndpointKind::Authorization,
    }
}

pub(super) fn fault(fault: &scenario::Fault) -> Fault {
    Fault {
        at: endpoint(fault.at),
        grant: fault.grant.map(|grant| {
            match grant {
                scenario::Grant::RefreshToken => "refresh_token",
                scenario::Grant::AuthorizationCode => "authorization_code",
            }
            .to_owned()
        }),
        client: None,
        via: fault.worker.as_ref().map(|worker| worker.as_str().to_owned()),
        skip: fault.nth.get() - 1,
        times: fault.times.get(),
        action: action(fault),
    }
}

fn action(fault: &scenario::Fault) -> Action {
    match (&fault.action, fault.when) {
        (scenario::FaultAction::Answer(answer), scenario::When::BeforeCommit) => Action::AnswerBefore(response(answer)),
        (scenario::FaultAction::Answer(answer), scenario::When::AfterCommit) => Action::AnswerAfter(response(answer)),
        (scenario::FaultAction::Drop, scenario::When::BeforeCommit) => Action::DropBefore,
        (scenario::FaultAction::Drop, scenario::When::AfterCommit) => Action::Deliver(Extent::Dropped),
        (scenario::FaultAction::CutAfter(bytes), _) => {
            Action::Deliver(Extent::CutAfter(usize::try_from(*bytes).unwrap_or(usize::MAX)))
        }
        (scenario::FaultAction::Delay(span), _) => Action::Delay(Span::from_millis(span.milliseconds())),
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

/// A change, or why the scenario's word for it means nothing.
pub(super) fn change(change: &scenario::Change, user: &str, client: &ClientId) -> Option<Change> {
    let user = user.to_owned();
    let client = client.clone();
    Some(match change {
        scenario::Change::Password(password) => Change::Password { user, password: Secret::new(password.clone()) },
        scenario::Change::TotpSecret(secret) => Change::TotpSecret { user, secret: Some(Secret::new(base32(secret)?)) },
        scenario::Change::ConsentWithdrawn => Change::ConsentWithdrawn { user, client },
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

/// Base32 (RFC 4648 section 6), as authenticator apps show secrets: without padding, blanks allowed.
fn base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.chars().filter(|c| !c.is_whitespace() && *c != '=') {
        let value = match c.to_ascii_uppercase() {
            c @ 'A'..='Z' => u32::from(c) - u32::from('A'),
            c @ '2'..='7' => u32::from(c) - u32::from('2') + 26,
            _ => return None,
        };
        bits = bits << 5 | value;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::base32;

    #[test]
    fn base32_is_read_as_authenticator_apps_show_it() {
        assert_eq!(base32("JBSWY3DPEHPK3PXP").as_deref(), Some(b"Hello!\xde\xad\xbe\xef".as_slice()));
        assert_eq!(base32("jbsw y3dp ehpk 3pxp"), base32("JBSWY3DPEHPK3PXP"));
        assert_eq!(base32("A1"), None);
    }
}
