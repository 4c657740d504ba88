//! The closed set of verbs.

use serde::de::MapAccess;

use super::{
    Advance, Authorize, Call, Change, Crash, Deliver, Device, DirectGrant, ExpectWorld, Fault, Http, Mail, Poll, Race,
    Refresh, Restart, Token,
};
use crate::scenario::operation::Operation;
use crate::scenario::problem::Problem;

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// The client gets its first tokens.
    Authorize(Authorize),
    /// A redirect that was kept reaches the client.
    Deliver(Deliver),
    /// The client gets tokens without a browser.
    Grant(DirectGrant),
    /// The client begins the grant for devices.
    Device(Device),
    /// The client polls until that grant is over.
    Poll(Poll),
    /// The client makes a request to a resource.
    Call(Call),
    /// The harness makes a request itself.
    Http(Http),
    /// The client does something at a mail server.
    Mail(Mail),
    /// The client refreshes.
    Refresh(Refresh),
    /// The client hands out an access token.
    Token(Token),
    /// The clock moves.
    Advance(Advance),
    /// Several operations meet.
    Race(Race),
    /// A worker is killed in the middle of an operation.
    Crash(Crash),
    /// A worker is started again.
    Restart(Restart),
    /// Something is going to go wrong between client and provider.
    Fault(Fault),
    /// Something in the world becomes different.
    Change(Change),
    /// Something must be true of the world.
    Expect(ExpectWorld),
}

impl Verb {
    /// All verbs as files write them.
    pub const NAMES: [&str; 17] = [
        Authorize::NAME,
        Deliver::NAME,
        DirectGrant::NAME,
        Device::NAME,
        Poll::NAME,
        Call::NAME,
        Http::NAME,
        Mail::NAME,
        Refresh::NAME,
        Token::NAME,
        Advance::NAME,
        Race::NAME,
        Crash::NAME,
        Restart::NAME,
        Fault::NAME,
        Change::NAME,
        ExpectWorld::NAME,
    ];

    /// The verbs that can stand as a word alone.
    pub const BARE: [&str; 6] = [Authorize::NAME, Device::NAME, Poll::NAME, Refresh::NAME, Token::NAME, Restart::NAME];

    /// The verb as files write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Authorize(_) => Authorize::NAME,
            Self::Deliver(_) => Deliver::NAME,
            Self::Grant(_) => DirectGrant::NAME,
            Self::Device(_) => Device::NAME,
            Self::Poll(_) => Poll::NAME,
            Self::Call(_) => Call::NAME,
            Self::Http(_) => Http::NAME,
            Self::Mail(_) => Mail::NAME,
            Self::Refresh(_) => Refresh::NAME,
            Self::Token(_) => Token::NAME,
            Self::Advance(_) => Advance::NAME,
            Self::Race(_) => Race::NAME,
            Self::Crash(_) => Crash::NAME,
            Self::Restart(_) => Restart::NAME,
            Self::Fault(_) => Fault::NAME,
            Self::Change(_) => Change::NAME,
            Self::Expect(_) => ExpectWorld::NAME,
        }
    }

    /// The verb and its arguments in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Authorize(verb) => verb.describe(),
            Self::Deliver(verb) => verb.describe(),
            Self::Grant(verb) => verb.describe(),
            Self::Device(verb) => verb.describe(),
            Self::Poll(verb) => verb.describe(),
            Self::Call(verb) => verb.describe(),
            Self::Http(verb) => verb.describe(),
            Self::Mail(verb) => verb.describe(),
            Self::Refresh(verb) => verb.describe(),
            Self::Token(verb) => verb.describe(),
            Self::Advance(verb) => verb.describe(),
            Self::Race(verb) => verb.describe(),
            Self::Crash(verb) => verb.describe(),
            Self::Restart(verb) => verb.describe(),
            Self::Fault(verb) => verb.describe(),
            Self::Change(verb) => verb.describe(),
            Self::Expect(verb) => verb.describe(),
        }
    }

    /// Whether the step is about one worker, so that it may name which.
    #[must_use]
    pub fn has_worker(&self) -> bool {
        has_worker(self.name())
    }

    /// What the step asks of the client in so many operations; several in a race.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        match self {
            Self::Call(call) => vec![Operation::Call(call.clone())],
            Self::Refresh(refresh) => vec![Operation::Refresh(*refresh)],
            Self::Token(token) => vec![Operation::Token(*token)],
            Self::Race(race) => race.lanes.iter().map(|lane| lane.operation.clone()).collect(),
            Self::Crash(crash) => vec![crash.during.clone()],
            Self::Authorize(_)
            | Self::Deliver(_)
            | Self::Grant(_)
            | Self::Device(_)
            | Self::Poll(_)
            | Self::Http(_)
            | Self::Mail(_)
            | Self::Advance(_)
            | Self::Restart(_)
            | Self::Fault(_)
            | Self::Change(_)
            | Self::Expect(_) => Vec::new(),
        }
    }

    /// A verb written as a word alone.
    pub(in crate::scenario) fn bare(name: &str) -> Result<Self, Problem> {
        match name {
            Authorize::NAME => Ok(Self::Authorize(Authorize::default())),
            Device::NAME => Ok(Self::Device(Device::default())),
            Poll::NAME => Ok(Self::Poll(Poll)),
            Refresh::NAME => Ok(Self::Refresh(Refresh)),
            Token::NAME => Ok(Self::Token(Token)),
            Restart::NAME => Ok(Self::Restart(Restart)),
            known if Self::NAMES.contains(&known) => Err(needs_arguments(known)),
            unknown => Err(Problem::unknown("verb", unknown, &Self::NAMES)),
        }
    }

    /// Reads the value of a map's entry if its key `name` is a verb other than `expect`, which has two meanings.
    pub(in crate::scenario) fn entry<'de, A: MapAccess<'de>>(
        name: &str,
        map: &mut A,
    ) -> Result<Option<Self>, A::Error> {
        Ok(Some(match name {
            Authorize::NAME => Self::Authorize(map.next_value::<Option<Authorize>>()?.unwrap_or_default()),
            Deliver::NAME => Self::Deliver(map.next_value()?),
            DirectGrant::NAME => Self::Grant(map.next_value()?),
            Device::NAME => Self::Device(map.next_value::<Option<Device>>()?.unwrap_or_default()),
            Poll::NAME => Self::Poll(map.next_value()?),
            Call::NAME => Self::Call(map.next_value()?),
            Http::NAME => Self::Http(map.next_value()?),
            Mail::NAME => Self::Mail(map.next_value()?),
            Refresh::NAME => Self::Refresh(map.next_value()?),
            Token::NAME => Self::Token(map.next_value()?),
            Advance::NAME => Self::Advance(map.next_value()?),
            Race::NAME => Self::Race(map.next_value()?),
            Crash::NAME => Self::Crash(map.next_value()?),
            Restart::NAME => Self::Restart(map.next_value()?),
            Fault::NAME => Self::Fault(map.next_value()?),
            Change::NAME => Self::Change(map.next_value()?),
            _ => return Ok(None),
        }))
    }
}

/// What is wrong with a verb that stands alone and cannot.
pub(in crate::scenario) fn needs_arguments(verb: &str) -> Problem {
    let problem = Problem::new(format!("`{verb}` needs arguments"));
    match EXAMPLES.iter().find(|(name, _)| *name == verb) {
        Some((_, example)) => problem.help(format!("write for example `{example}`")),
        None => problem,
    }
}

/// A complete step for each verb that cannot stand alone.
pub(in crate::scenario) const EXAMPLES: [(&str, &str); 11] = [
    (Deliver::NAME, Deliver::EXAMPLE),
    (DirectGrant::NAME, DirectGrant::EXAMPLE),
    (Call::NAME, Call::EXAMPLE),
    (Http::NAME, Http::EXAMPLE),
    (Mail::NAME, Mail::EXAMPLE),
    (Advance::NAME, Advance::EXAMPLE),
    (Race::NAME, Race::EXAMPLE),
    (Crash::NAME, Crash::EXAMPLE),
    (Fault::NAME, Fault::EXAMPLE),
    (Change::NAME, Change::EXAMPLE),
    (ExpectWorld::NAME, ExpectWorld::EXAMPLE),
];

/// Whether a verb is about one worker.
pub(in crate::scenario) fn has_worker(verb: &str) -> bool {
    [Crash::NAME, Restart::NAME].contains(&verb) || (has_answer(verb) && verb != Http::NAME)
}

/// Whether a verb has an answer to expect something of: the client's, or to a request of the harness's own.
pub(in crate::scenario) fn has_answer(verb: &str) -> bool {
    let own = [Authorize::NAME, Deliver::NAME, DirectGrant::NAME, Device::NAME, Poll::NAME, Http::NAME, Mail::NAME];
    own.contains(&verb) || Operation::NAMES.contains(&verb)
}
