//! Finding what must be assumed for a profile to answer as it was recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use mock_idp::profile::{Profile, ProfileError, load};
use mock_idp::proto::policy::{FaultAt, FaultEffect as NamedEffect};

use super::assume::{Assumed, Registered, settings_of};
use super::play::Conversation;
use super::played::{NO_ANSWER, Played, PlayedTurn, Verdict};
use super::settings::settings;
use super::turn::TurnKind;
use crate::capture::{Body, Capture, CapturedResponse};
use crate::scenario::{
    Access, Account, Change, Exemption, Fault, FaultAction, FaultAnswer, FaultEffect, Grant, Point, Registration, Rule,
    When,
};

/// So much may have to be assumed, and no more: who assumes anything explains everything.
const MOST_ASSUMED: usize = 12;

/// Times that passed since so many earlier turns are tried as how long something lasts.
const MOST_TIMES: usize = 8;

/// Header fields of a recorded answer that a fault answers with, too.
const KEPT: [&str; 3] = ["content-type", "retry-after", "www-authenticate"];

/// How far a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Nothing is assumed.
    Nothing,
    /// What may have happened in the world, and what the profile says now and then goes wrong.
    World,
    /// Fields of the profile, too.
    Settings,
    /// A recorded answer may be nothing that the profile knows, and is taken as it is.
    Answers,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What must be assumed, in the order in which it was found.
    pub assumed: Vec<Assumed>,
    /// For each of these, what would do as well.
    pub others: Vec<Vec<Assumed>>,
    /// The recording, played with that.
    pub played: Played,
    /// How many times it was played.
    pub tried: usize,
}

/// Looks for what must be assumed beside these settings. `step` is called before each time that the recording is played.
///
/// # Errors
/// [`ProfileError`] when there is no such profile.
pub fn search(
    capture: &Capture,
    profile: &str,
    settings: &[String],
    reach: Reach,
    step: &mut dyn FnMut(),
) -> Result<Found, ProfileError> {
    let bare = load(profile, &[])?;
    let mut search = Search { capture, bare, profiles: BTreeMap::new(), tried: 0, step };
    let mut assumed: Vec<Assumed> = settings.iter().cloned().map(Assumed::Setting).collect();
    search.profile(&assumed)?;
    let mut played = search.play(&assumed, None);
    let mut others: Vec<Vec<Assumed>> = Vec::new();
    while let Some(at) =
        differs(&played).filter(|_| assumed.len() < MOST_ASSUMED + settings.len() && reach > Reach::Nothing)
    {
        let Some(better) = search.better(&assumed, &played, at, reach) else { break };
        assumed = better.with;
        played = better.played;
        others.resize(assumed.len().saturating_sub(1), Vec::new());
        others.push(better.others);
    }
    others.resize(assumed.len(), Vec::new());
    let tried = search.tried;
    Ok(Found { assumed, others, played, tried })
}

fn differs(played: &Played) -> Option<usize> {
    played.first_difference().map(|(at, _)| at)
}

struct Search<'s> {
    capture: &'s Capture,
    /// Without settings.
    bare: Profile,
    /// By the settings that are laid over it: the profile, and the recording as a conversation with it.
    profiles: BTreeMap<Vec<String>, (Profile, Conversation<'s>)>,
    tried: usize,
    step: &'s mut dyn FnMut(),
}

impl<'s> Search<'s> {
    fn profile(&mut self, assumed: &[Assumed]) -> Result<&(Profile, Conversation<'s>), ProfileError> {
        let key = settings_of(assumed);
        if !self.profiles.contains_key(&key) {
            let profile = self.bare.clone().with(&key)?;
            let conversation = Conversation::new(self.capture, &profile);
            self.profiles.insert(key.clone(), (profile, conversation));
        }
        self.profiles.get(&key).ok_or_else(|| ProfileError::Unknown { name: self.bare.name.clone(), nearest: None })
    }

    /// Plays it all, or no further than to a turn.
    fn play(&mut self, assumed: &[Assumed], until: Option<usize>) -> Played {
        (self.step)();
        self.tried += 1;
        match (self.profile(assumed), until) {
            (Ok((_, conversation)), Some(until)) => conversation.play_until(assumed, until),
            (Ok((_, conversation)), None) => conversation.play(assumed),
            // A setting that makes no sense explains nothing.
            (Err(_), _) => Played::nothing(),
        }
    }

    /// What to assume beside what is assumed already, so that a turn no longer differs: what gets furthest, of that what is tried first.
    fn better(&mut self, assumed: &[Assumed], played: &Played, at: usize, reach: Reach) -> Option<Better> {
        let turn = played.turns.get(at)?.clone();
        if turn.kind == TurnKind::Request("unknown") {
            // Nothing that could be assumed gives a provider another endpoint.
            return None;
        }
        let recorded = turn.exchanges.last().and_then(|place| self.capture.exchanges.get(*place));
        let recorded = recorded.and_then(|it| it.response.clone());
        let faults =
            self.profile(assumed).map(|(profile, _)| named(profile, &turn, recorded.as_ref())).unwrap_or_default();
        let world = Registered::ALL.into_iter().map(Assumed::World);
        let faults = faults.into_iter().map(|fault| Assumed::Fault { at, fault });
        // Nothing has been seen of the world before the first turn: it may have been so all the time.
        let first = if at == 0 { world.clone().collect() } else { Vec::new() };
        let rest = if at == 0 { Vec::new() } else { world.collect::<Vec<_>>() };
        let happened =
            [lost_before(played, at), first, changes(at, recorded.as_ref()), rest, faults.collect()].concat();
        let mut stages = vec![happened];
        if reach >= Reach::Settings {
            let passed = passed(played, at);
            let all =
                self.profile(assumed).map(|(profile, _)| settings(profile, &turn.kind, &passed)).unwrap_or_default();
            stages.push(all.into_iter().map(Assumed::Setting).collect());
        }
        if reach >= Reach::Answers {
            let faults = recorded.iter().flat_map(|recorded| answered(&turn, recorded));
            stages.push(faults.map(|fault| Assumed::Fault { at, fault }).collect());
        }
        for stage in stages {
            let mut best: Option<Better> = None;
            for candidate in stage {
                let with: Vec<Assumed> = assumed.iter().cloned().chain([candidate.clone()]).collect();
                let first = self.play(&with, Some(at));
                if first.turns.is_empty() || differs(&first).is_some() {
                    continue;
                }
                let played = self.play(&with, None);
                let gets = differs(&played).unwrap_or(usize::MAX);
                match &mut best {
                    Some(best) if gets == best.gets => best.others.push(candidate),
                    Some(best) if gets < best.gets => {}
                    Some(_) | None => best = Some(Better { gets, with, played, others: Vec::new() }),
                }
            }
            if best.is_some() {
                return best;
            }
        }
        None
    }
}

/// How many seconds after the turns before it a turn is.
fn passed(played: &Played, at: usize) -> BTreeSet<i64> {
    let now = played.turns.get(at).map(|turn| turn.at).unwrap_or_default();
    let earlier = played.turns.iter().take(at).rev().map(|turn| (now - turn.at) / 1000);
    let mut passed = BTreeSet::new();
    for seconds in earlier.filter(|seconds| *seconds > 0) {
        passed.insert(seconds);
        if passed.len() == MOST_TIMES {
            break;
        }
    }
    passed
}

/// What gets further.
struct Better {
    /// The next turn that differs.
    gets: usize,
    with: Vec<Assumed>,
    played: Played,
    /// What gets as far.
    others: Vec<Assumed>,
}

/// Requests before a turn that were never answered: the provider may not have handled them.
fn lost_before(played: &Played, at: usize) -> Vec<Assumed> {
    let turns = played.turns.iter().enumerate().take(at).rev();
    turns
        .filter(|(_, turn)| turn.recorded == NO_ANSWER && matches!(turn.verdict, Verdict::NotCompared(_)))
        .filter_map(|(number, turn)| Some(Assumed::Fault { at: number, fault: dropped(turn, When::BeforeCommit)? }))
        .collect()
}

/// A request that is not answered, handled or not.
pub(crate) fn dropped(turn: &PlayedTurn, when: When) -> Option<Fault> {
    let effect = FaultEffect::Drop;
    Some(fault(turn, FaultAction::Struck { at: point(&turn.kind)?, when, effect }))
}

fn fault(turn: &PlayedTurn, action: FaultAction) -> Fault {
    Fault {
        grant: grant(&turn.kind),
        client_id: None,
        worker: None,
        nth: NonZeroU32::MIN,
        times: NonZeroU32::MIN,
        action,
    }
}

fn grant(kind: &TurnKind) -> Option<Grant> {
    match kind {
        TurnKind::Token(grant) => match grant.as_str() {
            "refresh_token" => Some(Grant::RefreshToken),
            "authorization_code" => Some(Grant::AuthorizationCode),
            "urn:ietf:params:oauth:grant-type:device_code" => Some(Grant::DeviceCode),
            _ => None,
        },
        TurnKind::SignIn | TurnKind::Connect | TurnKind::Request(_) => None,
    }
}

/// Where a fault must strike for a turn.
fn point(kind: &TurnKind) -> Option<Point> {
    match kind {
        TurnKind::Token(_) => Some(Point::Token),
        TurnKind::SignIn => Some(Point::Authorization),
        TurnKind::Request("resource") => Some(Point::Resource),
        TurnKind::Request("metadata") => Some(Point::Metadata),
        TurnKind::Request("keys") => Some(Point::Keys),
        TurnKind::Request("userinfo") => Some(Point::Userinfo),
        TurnKind::Connect | TurnKind::Request(_) => None,
    }
}

/// What may have changed before a turn.
fn changes(before: usize, recorded: Option<&CapturedResponse>) -> Vec<Assumed> {
    let mut all = vec![
        Change::Account(Account::PasswordChanged),
        Change::Account(Account::PasswordReset),
        Change::Account(Account::PasswordResetAtCentre),
        Change::Account(Account::RevokedByAdministrator),
        Change::Account(Account::RevokedByUser),
        Change::RefreshTokensRevoked,
        Change::ConsentWithdrawn,
        Change::Account(Account::Disabled),
        Change::Account(Account::PasswordExpired),
        Change::Account(Account::SignedOut),
        Change::Registration(Registration::SecretExpired),
        Change::Registration(Registration::Disabled),
        Change::Rule(Rule::SecondFactor),
        Change::Rule(Rule::Impossible),
        Change::KeysRolled,
        Change::Account(Account::Enabled),
        Change::Account(Account::Unlocked),
        Change::Registration(Registration::Enabled),
        Change::NoRule,
        Change::Access(Access { division: None, refused: None }),
        Change::Exempt(Exemption::NoMinimumInterval),
        Change::Exempt(Exemption::KeepsSupersededTokens),
    ];
    // The provider's word for why somebody is shut out stands in its answer.
    let words = recorded.filter(|it| it.status == 403).map(words).unwrap_or_default();
    all.extend(words.into_iter().map(|word| Change::Access(Access { division: None, refused: Some(word) })));
    all.into_iter().map(|change| Assumed::Change { before, change }).collect()
}

/// The words of an answer that may be a reason.
fn words(response: &CapturedResponse) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let body = String::from_utf8_lossy(response.body.bytes()).into_owned();
    let headers = response.headers.iter().map(|field| field.value.clone());
    for text in headers.chain([body]) {
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let likely = parts.filter(|part| part.len() > 5 && part.starts_with(|c: char| c.is_ascii_uppercase()));
        found.extend(likely.map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

/// The faults that a profile knows, of the endpoint that a turn is at.
fn named(profile: &Profile, turn: &PlayedTurn, recorded: Option<&CapturedResponse>) -> Vec<Fault> {
    let status = recorded.map(|it| it.status);
    // What a service makes of a resource's answer is another answer.
    let answers = |effect: &NamedEffect| match effect {
        _ if turn.kind == TurnKind::Request("service") => true,
        NamedEffect::AnswersUnhandled(answer) | NamedEffect::AnswersHandled(answer) => status == Some(answer.status),
        NamedEffect::Refuses(_) => status.is_some_and(|status| status >= 300),
        NamedEffect::DropsReply => status.is_none(),
        NamedEffect::TampersIdToken(_) | NamedEffect::ChangesMembers(_) | NamedEffect::ChangesParameters(_) => {
            status.is_some_and(|status| status < 400)
        }
    };
    let fits = |at: FaultAt| match (at, &turn.kind) {
        (FaultAt::Token, TurnKind::Token(_))
        | (FaultAt::Authorization | FaultAt::SignIn, TurnKind::SignIn)
        // A service asks a resource who a token belongs to.
        | (FaultAt::Resource, TurnKind::Request("resource" | "service"))
        | (FaultAt::Metadata, TurnKind::Request("metadata"))
        | (FaultAt::Keys, TurnKind::Request("keys"))
        | (FaultAt::Userinfo, TurnKind::Request("userinfo")) => true,
        (
            FaultAt::Token
            | FaultAt::Authorization
            | FaultAt::SignIn
            | FaultAt::Resource
            | FaultAt::Metadata
            | FaultAt::Keys
            | FaultAt::Userinfo,
            _,
        ) => false,
    };
    let names = profile
        .policy
        .faults
        .iter()
        .filter(|(_, fault)| fits(fault.at) && answers(&fault.effect))
        .map(|(name, _)| name.clone());
    names.map(|name| fault(turn, FaultAction::Named(name))).collect()
}

/// The recorded answer itself, given without the request being handled, or after it was.
fn answered(turn: &PlayedTurn, recorded: &CapturedResponse) -> Vec<Fault> {
    let Some(at) = point(&turn.kind).filter(|_| recorded.body != Body::NotRecorded && recorded.status >= 200) else {
        return Vec::new();
    };
    let kept = recorded.headers.iter().filter(|field| KEPT.iter().any(|name| field.name.eq_ignore_ascii_case(name)));
    let answer = FaultAnswer {
        status: recorded.status,
        headers: kept.map(|field| (field.name.clone(), field.value.clone())).collect(),
        body: String::from_utf8_lossy(recorded.body.bytes()).into_owned(),
    };
    let struck = |when| fault(turn, FaultAction::Struck { at, when, effect: FaultEffect::Answer(answer.clone()) });
    vec![struck(When::BeforeCommit), struck(When::AfterCommit)]
}
