//! Which of the known providers, in which of its times, answers as it was recorded.

use std::collections::BTreeSet;

use mock_idp::profile::{ProfileError, builtin_names, load, load_without};

use super::assume::settings_of;
use super::play::Conversation;
use super::played::{PlayedTurn, Verdict};
use super::probe::{Probe, probes};
use super::search::{Found, Reach, search};
use super::turn::TurnKind;
use crate::capture::Capture;

/// A profile as an explanation of a recording.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The profile's name, with its era.
    pub profile: String,
    /// What must be assumed for it to answer so, and its answers.
    pub found: Found,
}

/// What would tell profiles apart that a recording does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The request, in words.
    pub request: String,
    /// What it would be answered with, and under which profiles.
    pub answers: Vec<(String, Vec<String>)>,
}

impl Explanation {
    /// The first answer that refutes it.
    #[must_use]
    pub fn refuted(&self) -> Option<&PlayedTurn> {
        self.found.played.first_difference().map(|(_, turn)| turn)
    }

    /// By what the better of two explanations is found: nothing refutes it; its endpoints are those of the recording; the least is left out of it;
    /// the least is assumed; what agrees is the most.
    fn rank(&self) -> (u8, usize, usize, std::cmp::Reverse<usize>) {
        let (agree, compared) = self.found.played.agreement();
        let most = std::cmp::Reverse(agree);
        match self.refuted() {
            None if compared > 0 => (0, self.left_out(), self.found.assumed.len(), most),
            None => (1, usize::MAX - self.known_turns(), 0, most),
            Some(turn) if turn.kind != TurnKind::Request("unknown") => (2, 0, 0, most),
            Some(_) => (3, 0, 0, most),
        }
    }

    /// How many requests are at none of the profile's endpoints.
    #[must_use]
    pub fn left_out(&self) -> usize {
        let played = &self.found.played;
        played.foreign + played.turns.len() - self.known_turns()
    }

    /// How many turns are at endpoints that the profile has.
    fn known_turns(&self) -> usize {
        self.found.played.turns.iter().filter(|turn| turn.kind != TurnKind::Request("unknown")).count()
    }

    /// Whether it explains as well as another.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

/// Tries the shipped profiles, or these. The best come first. `step` is told how many profiles are done, and of how many.
///
/// # Errors
/// [`ProfileError`] for a profile that there is not.
pub fn explain(
    capture: &Capture,
    profiles: &[String],
    reach: Reach,
    step: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Explanation>, ProfileError> {
    let names: Vec<String> =
        if profiles.is_empty() { builtin_names().map(str::to_owned).collect() } else { profiles.to_vec() };
    let mut all = Vec::new();
    for (done, name) in names.iter().enumerate() {
        let found = search(capture, name, &[], reach, &mut || step(done, names.len()))?;
        all.push(Explanation { profile: name.clone(), found });
    }
    // Of what explains it as well, the latest first: today's, which has no era, then the eras from the last on.
    let era = |name: &str| name.split_once('@').map_or("~".to_owned(), |(_, era)| era.to_owned());
    all.sort_by_key(|it: &Explanation| (it.rank(), std::cmp::Reverse(era(&it.profile))));
    Ok(all)
}

/// The best of these explanations. Where none answers as recorded, more is assumed of the nearest: other settings of its profile, and answers
/// that are none of its. Where the best leaves requests out that are at endpoints of another profile, other settings of that are tried, too. Nothing where
/// no profile has the endpoints of the recording, unless there is but one.
///
/// # Errors
/// [`ProfileError`] for a profile that there is not.
pub fn settle(
    capture: &Capture,
    all: &[Explanation],
    step: &mut dyn FnMut(usize, usize),
) -> Result<Option<Explanation>, ProfileError> {
    let fits = |it: &&Explanation| it.known_turns() > 0 || all.len() == 1;
    let Some(best) = all.iter().find(fits) else { return Ok(None) };
    let mut more = |it: &Explanation, reach| {
        explain(capture, std::slice::from_ref(&it.profile), reach, step).map(|found| found.into_iter().next())
    };
    if best.refuted().is_some() {
        return more(best, Reach::Answers);
    }
    // Of those that know as much of it, the nearest.
    let fullest = all.iter().filter(fits).min_by_key(|it| it.left_out()).filter(|it| it.left_out() < best.left_out());
    if let Some(fullest) = fullest
        && let Some(found) = more(fullest, Reach::Settings)?.filter(|it| it.refuted().is_none())
    {
        return Ok(Some(found));
    }
    Ok(Some(best.clone()))
}

/// The requests that would tell explanations apart, the best first: that which makes the most groups of them. Each further one tells more of them apart
/// than those before it; what none of them tells apart, no request that was thought of does.
///
/// # Errors
/// [`ProfileError`].
pub fn tell_apart(capture: &Capture, remaining: &[&Explanation]) -> Result<Vec<Telling>, ProfileError> {
    let mut all = Vec::new();
    let load = |it: &&Explanation| load(&it.profile, &settings_of(&it.found.assumed));
    let profiles = remaining.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    for Probe { request, capture } in probes(capture) {
        let mut answers: Vec<(String, Vec<String>)> = Vec::new();
        for (it, profile) in remaining.iter().zip(&profiles) {
            let played = Conversation::new(&capture, profile).play(&it.found.assumed);
            let last = played.turns.last();
            let answer = last.map(|turn| super::compare::plain(&turn.here)).unwrap_or_default();
            match answers.iter_mut().find(|(known, _)| *known == answer) {
                Some((_, names)) => names.push(it.profile.clone()),
                None => answers.push((answer, vec![it.profile.clone()])),
            }
        }
        if answers.len() > 1 {
            all.push(Telling { request, answers });
        }
    }
    Ok(refining(all))
}

/// The best of these first, each next the one that tells the most apart of what those before it do not, as long as there is any.
fn refining(mut all: Vec<Telling>) -> Vec<Telling> {
    let mut chosen: Vec<Telling> = Vec::new();
    let mut groups = 1;
    loop {
        let told = |telling: &Telling| {
            let answers = |name: &String| {
                let of = |it: &Telling| it.answers.iter().position(|(_, names)| names.contains(name));
                chosen.iter().chain([telling]).map(of).collect::<Vec<_>>()
            };
            let names = telling.answers.iter().flat_map(|(_, names)| names);
            names.map(answers).collect::<BTreeSet<_>>().len()
        };
        // Of those that tell as much, the first.
        let best = all.iter().enumerate().map(|(place, it)| (told(it), std::cmp::Reverse(place))).max();
        let Some((more, std::cmp::Reverse(place))) = best.filter(|(more, _)| *more > groups) else { return chosen };
        groups = more;
        chosen.push(all.remove(place));
    }
}

/// The quirks of a profile that a recording shows: without each of them it would have been answered otherwise; with the entry where that is seen
/// first.
///
/// # Errors
/// [`ProfileError`].
pub fn shown_quirks(
    capture: &Capture,
    explanation: &Explanation,
    step: &mut dyn FnMut(usize, usize),
) -> Result<Vec<(String, String, usize)>, ProfileError> {
    let settings = settings_of(&explanation.found.assumed);
    let whole = load(&explanation.profile, &settings)?;
    let mut shown = Vec::new();
    for (done, quirk) in whole.quirks.iter().enumerate() {
        step(done, whole.quirks.len());
        // One that others build on cannot be left out alone.
        let Ok(without) = load_without(&explanation.profile, Some(&quirk.id), &settings) else { continue };
        let played = Conversation::new(capture, &without).play(&explanation.found.assumed);
        let otherwise = played.turns.iter().find(|turn| matches!(turn.verdict, Verdict::Differs(_)));
        if let Some(entry) = otherwise.and_then(|turn| turn.entries.last()) {
            let about = quirk.about.split_whitespace().collect::<Vec<_>>().join(" ");
            shown.push((quirk.id.clone(), about, *entry));
        }
    }
    Ok(shown)
}
