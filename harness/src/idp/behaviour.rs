//! What the shipped profiles say that a provider does: the rows that scenarios are to show.

use std::collections::BTreeMap;

use mock_idp::profile::{Profile, ProfileError, Quirk, Sure, builtin_names, load};

use crate::idp::provider::{Provider, ProviderError};
use crate::scenario::Scenario;

/// A provider in one of its times.
#[derive(Debug, Clone)]
pub struct Era {
    /// The profile's name, with the era after `@`.
    pub profile: String,
    /// A name for people.
    pub title: String,
    /// What it stands for.
    pub about: String,
    /// What it does that what it builds on does not.
    pub behaviours: Vec<Behaviour>,
}

/// One behaviour: a quirk of a profile.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// The quirk's id.
    pub id: String,
    /// What it is.
    pub about: String,
    /// How sure it is, in a word or two.
    pub sure: &'static str,
    /// Whether somebody said so or saw it. The others are stated defaults.
    pub established: bool,
    /// Where it is known from.
    pub sources: Vec<String>,
    /// What makes it happen, where it is an answer: the causes of refusals, and the faults that can be asked for.
    pub raised_by: Vec<String>,
}

/// The times of a provider whose profile of today has this name: today first, then the others from the earliest on.
///
/// # Errors
/// [`ProfileError::Unknown`] for a name that no shipped profile has.
pub fn eras(provider: &str) -> Result<Vec<Era>, ProfileError> {
    let today = load(provider, &[])?;
    let others = builtin_names().filter(|name| name.split('@').next() == Some(provider) && *name != provider);
    let mut found = vec![era(today)];
    for name in others {
        found.push(era(load(name, &[])?));
    }
    Ok(found)
}

fn era(profile: Profile) -> Era {
    let own = profile.quirks.iter().filter(|quirk| profile.own.contains(&quirk.id));
    let behaviours = own
        .map(|quirk| Behaviour {
            id: quirk.id.clone(),
            about: quirk.about.split_whitespace().collect::<Vec<_>>().join(" "),
            sure: quirk.sure.word(),
            established: matches!(quirk.sure, Sure::Documented | Sure::Observed),
            sources: quirk.source.clone(),
            raised_by: raised_by(quirk),
        })
        .collect();
    Era { profile: profile.name, title: profile.title, about: profile.about, behaviours }
}

/// The causes and faults that a quirk says something of.
fn raised_by(quirk: &Quirk) -> Vec<String> {
    let names = |field: &str| {
        let map = quirk.set.get(field).and_then(serde_json::Value::as_object);
        map.into_iter().flat_map(|map| map.keys().cloned()).collect::<Vec<_>>()
    };
    let causes = names("errors").into_iter().map(|cause| format!("`{cause}`"));
    causes.chain(names("faults").into_iter().map(|fault| format!("fault `{fault}`"))).collect()
}

/// For each quirk that is in force in a profile, the profile in whose file it stands: that one, or one that it builds on.
///
/// # Errors
/// [`ProfileError`] when a profile cannot be read.
pub fn places(profile: &str) -> Result<BTreeMap<String, String>, ProfileError> {
    let mut places = BTreeMap::new();
    for here in line_of(profile)? {
        for quirk in here.own {
            places.entry(quirk).or_insert_with(|| here.name.clone());
        }
    }
    Ok(places)
}

/// The names of a profile and of those that it builds on, the nearest first.
///
/// # Errors
/// [`ProfileError`] when a profile cannot be read.
pub fn lineage(profile: &str) -> Result<Vec<String>, ProfileError> {
    Ok(line_of(profile)?.into_iter().map(|profile| profile.name).collect())
}

fn line_of(profile: &str) -> Result<Vec<Profile>, ProfileError> {
    let mut line = Vec::new();
    let mut name = Some(profile.to_owned());
    while let Some(here) = name {
        let profile = load(&here, &[])?;
        name = profile.extends.clone();
        line.push(profile);
    }
    Ok(line)
}

/// Whether a scenario can begin: not where it changes a setting, or names a fault, that its profile does not have.
///
/// # Errors
/// [`ProviderError::Profile`] when the profile itself cannot be used.
pub fn begins(scenario: &Scenario) -> Result<bool, ProviderError> {
    match Provider::check_profile(scenario) {
        Ok(()) => Ok(true),
        Err(ProviderError::World(_) | ProviderError::Profile(ProfileError::Setting { .. })) => Ok(false),
        Err(error) => Err(error),
    }
}
