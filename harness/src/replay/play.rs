//! Playing a recording in a realm of ours, turn by turn.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mock_idp::profile::Profile;
use mock_idp::proto::client::ClientId;
use mock_idp::proto::policy::Policy;
use mock_idp::proto::time::Timestamp;
use mock_idp::proto::world::World;
use mock_idp::proto::{Idp, Seed};

use super::assume::{Assumed, Registered};
use super::compare::{Difference, Weight, answers};
use super::earlier::Presented;
use super::live::Live;
use super::owner::Typed;
use super::params::{form, query};
use super::played::{Played, PlayedTurn, Verdict, summary, verdict};
use super::times::times;
use super::turn::{Turn, TurnKind, is_oauth, turns};
use super::values::Values;
use super::world::{strange_tenants, world};
use super::{answer, earlier};
use crate::capture::{Body, Capture, CapturedExchange, CapturedResponse};
use crate::idp;

mod visit;

/// An answer that did not come.
const NOTHING: CapturedResponse = CapturedResponse { status: 0, headers: Vec::new(), body: Body::Absent };

/// A recording as a conversation with a provider of one profile: what is the same each time that it is played.
#[derive(Debug)]
pub struct Conversation<'c> {
    exchanges: &'c [CapturedExchange],
    times: Vec<i64>,
    policy: Arc<Policy>,
    turns: Vec<Turn>,
    foreign: usize,
    world: World,
    assumed_of_world: Vec<String>,
}

impl<'c> Conversation<'c> {
    /// Reads a recording as one with a provider of this profile.
    #[must_use]
    pub fn new(capture: &'c Capture, profile: &Profile) -> Self {
        let exchanges = capture.exchanges.as_slice();
        let (turns, foreign) = turns(&profile.policy, exchanges);
        let (world, assumed_of_world) = world(&profile.policy, exchanges, &turns);
        let policy = Arc::new(profile.policy.clone());
        Self { exchanges, times: times(exchanges), policy, turns, foreign, world, assumed_of_world }
    }

    /// Plays it in a new realm, with what is assumed.
    #[must_use]
    pub fn play(&self, assumed: &[Assumed]) -> Played {
        self.play_until(assumed, usize::MAX)
    }

    /// The same, no further than to a turn, by its number from 0.
    pub(super) fn play_until(&self, assumed: &[Assumed], until: usize) -> Played {
        let mut playing = Playing::begin(self, assumed);
        let mut played = Vec::new();
        for (number, turn) in self.turns.iter().enumerate().take(until.saturating_add(1)) {
            playing.assume(number, assumed);
            played.push(playing.turn(turn));
        }
        Played { turns: played, world: playing.assumed_of_world, foreign: self.foreign }
    }
}

struct Playing<'c> {
    of: &'c Conversation<'c>,
    live: Live,
    client: ClientId,
    values: Values,
    assumed_of_world: Vec<String>,
    /// The codes of second factors that were typed so far.
    typed: Typed,
    /// Whether they are backup codes.
    backups: bool,
    /// Whether somebody must have signed in before the recording began, and cannot here.
    never_signed_in: bool,
    /// The moment at which the next thing happens.
    now: Timestamp,
}

impl<'c> Playing<'c> {
    fn begin(of: &'c Conversation<'c>, assumed: &[Assumed]) -> Self {
        let mut world = of.world.clone();
        for it in assumed {
            if let Assumed::World(registered) = it {
                registered.apply(&mut world, &of.policy);
            }
        }
        let client = world.clients.first().map(|client| client.id.clone()).unwrap_or_default();
        let idp = Idp::new(Arc::clone(&of.policy), world, Seed::from_number(1));
        // What comes before the first turn is somebody else's.
        let first = of.turns.first().and_then(|turn| turn.exchanges.first());
        let began = first.and_then(|place| of.times.get(*place));
        let now = Timestamp::from_millis(began.copied().unwrap_or_default());
        let mut playing = Self {
            of,
            live: Live::new(idp),
            client,
            values: Values::default(),
            assumed_of_world: of.assumed_of_world.clone(),
            typed: Typed::default(),
            backups: assumed.contains(&Assumed::World(Registered::BackupCodes)),
            never_signed_in: false,
            now,
        };
        playing.names();
        playing.before_the_recording(assumed.contains(&Assumed::World(Registered::ApiKey)));
        playing
    }

    /// Values that are known before anything is said: tenants, and code verifiers that a recorder took out.
    fn names(&mut self) {
        if let Some(tenants) = &self.of.policy.tenants {
            for strange in strange_tenants(&self.of.policy, self.of.exchanges) {
                self.values.stands_for(&strange, &tenants.home);
            }
        }
        let labelled = self.of.exchanges.iter().filter_map(|it| it.pkce.as_ref());
        for (number, pkce) in labelled.enumerate() {
            let verifier = format!("the-code-verifier-that-stands-for-number-{number:03}-here");
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
            if let Some(challenge) = &pkce.challenge {
                self.values.stands_for(challenge, &URL_SAFE_NO_PAD.encode(digest));
            }
            self.values.stands_for(&pkce.verifier, &verifier);
        }
    }

    /// What the recording's first request presents and nobody is seen to issue: somebody signed in before it began.
    fn before_the_recording(&mut self, is_key: bool) {
        let first_turn = self.of.turns.first().and_then(|turn| turn.exchanges.first());
        let Some(it) = first_turn.and_then(|place| self.of.exchanges.get(*place)) else { return };
        let Some(presented) = earlier::presented(it) else { return };
        let key = self.live.idp.world().users.first().and_then(|user| user.api_key.as_ref());
        if let (true, Presented::AccessToken(value, _), Some(key)) = (is_key, &presented, key) {
            self.values.stands_for(value, key.expose());
            return;
        }
        let before = self.now.minus(presented.age());
        match earlier::issue(&mut self.live, &self.values, &self.of.policy, &self.client, before, it, &presented) {
            Some(own) => {
                self.values.stands_for(presented.value(), &own);
                let ago = presented.age().as_seconds();
                let ago = if ago < 60 { format!("{ago} s") } else { format!("{} min", ago / 60) };
                self.assumed_of_world.push(format!("somebody signed in {ago} before the recording begins"));
            }
            None => self.never_signed_in = true,
        }
        self.live.forget();
    }

    fn assume(&mut self, number: usize, assumed: &[Assumed]) {
        for it in assumed {
            match it {
                Assumed::Change { before, change } if *before == number => {
                    let user = self.live.user().to_owned();
                    if let Some(change) = idp::change(change, &user, &self.client) {
                        self.live.idp.change(self.now, &change);
                    }
                }
                Assumed::Fault { at, fault } if *at == number => {
                    if let Ok(fault) = idp::fault(fault, &self.of.policy.faults) {
                        self.live.idp.add_fault(fault);
                    }
                }
                Assumed::Change { .. } | Assumed::Fault { .. } | Assumed::World(_) | Assumed::Setting(_) => {}
            }
        }
    }

    fn turn(&mut self, turn: &Turn) -> PlayedTurn {
        let last = turn.exchanges.last().copied().unwrap_or_default();
        let at = self.of.times.get(last).copied().unwrap_or_default();
        self.now = Timestamp::from_millis(at);
        let mut person = None;
        let (recorded, here, verdict) = match (&turn.visit, self.of.exchanges.get(last)) {
            (Some(visit), Some(ended)) => {
                let (asked, played) = self.visit(turn, visit, ended);
                person = Some(asked);
                played
            }
            (None, Some(it)) => self.request(&turn.kind, it),
            (_, None) => (String::new(), String::new(), Verdict::NotCompared("it is not in the recording".to_owned())),
        };
        let began = turn.exchanges.first().and_then(|place| self.of.exchanges.get(*place));
        let line = began.map(|it| format!("{} {}", it.request.method, it.request.url.path())).unwrap_or_default();
        let entry = |place: &usize| self.of.exchanges.get(*place).map(|it| it.entry);
        PlayedTurn {
            kind: turn.kind.clone(),
            entries: turn.exchanges.iter().filter_map(entry).collect(),
            exchanges: turn.exchanges.clone(),
            at,
            request: line,
            recorded,
            here,
            verdict,
            visit: person,
        }
    }

    fn request(&mut self, kind: &TurnKind, it: &CapturedExchange) -> (String, String, Verdict) {
        if std::mem::take(&mut self.never_signed_in) {
            let what = "sign-in before the recording".to_owned();
            let (recorded, here) = ("there".to_owned(), "refused".to_owned());
            let differences = vec![Difference { what, recorded, here, weight: Weight::Behaviour }];
            return (summary(it.response.as_ref()), String::new(), Verdict::Differs(differences));
        }
        if it.request.body == Body::NotRecorded {
            // What it issued has no counterpart here.
            if let Some(recorded) = &it.response {
                self.values.lay_beside(it.entry, recorded, &NOTHING);
            }
            let why = "the body of the request is not in the recording".to_owned();
            return (summary(it.response.as_ref()), String::new(), Verdict::NotCompared(why));
        }
        if *kind == TurnKind::Request("unknown") {
            let verdict = if is_oauth(&it.request) {
                let what = "endpoint".to_owned();
                let (recorded, here) = (it.request.url.path().to_owned(), "none".to_owned());
                Verdict::Differs(vec![Difference { what, recorded, here, weight: Weight::Behaviour }])
            } else {
                Verdict::NotCompared("the profile has no such resource".to_owned())
            };
            return (summary(it.response.as_ref()), String::new(), verdict);
        }
        let lost = self.lost(it);
        let request = answer::request(&it.request, &self.values);
        let here = self.live.ask(self.now, &request);
        let token = &self.of.policy.token;
        let continuous = token.continuous.map(|it| it.spread.as_seconds()).unwrap_or_default();
        let spread = token.access_token_lifetime_spread.as_seconds().max(continuous);
        let differences = answers(kind, it.response.as_ref(), here.as_ref(), spread);
        if let Some(recorded) = &it.response {
            self.values.lay_beside(it.entry, recorded, here.as_ref().unwrap_or(&NOTHING));
        }
        let verdict = match lost {
            Some(entry) => Verdict::NotCompared(format!("what entry {entry} issued was not issued here")),
            // Whether it was handled shows later, if at all.
            None if it.response.is_none() => Verdict::NotCompared("no answer was recorded".to_owned()),
            None => verdict(differences),
        };
        (summary(it.response.as_ref()), summary(here.as_ref()), verdict)
    }

    /// The entry that issued something which a request presents and which was not issued here.
    fn lost(&self, it: &CapturedExchange) -> Option<usize> {
        let mut presented: Vec<String> =
            form(&it.request).into_iter().chain(query(&it.request)).map(|(_, v)| v).collect();
        if let Some((_, token)) = it.request.header("authorization").and_then(|value| value.split_once(' ')) {
            presented.push(token.to_owned());
        }
        presented.iter().find_map(|value| self.values.lost(value))
    }
}
