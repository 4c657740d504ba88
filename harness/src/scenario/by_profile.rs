//! One scenario for several profiles: what its world is otherwise for one of them, and the scenario that is run for each.

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::Scenario;
use super::id::{ProfileName, ScenarioId};
use super::problem::Problem;
use super::world::{Client, Misconfigured, World};

/// What is otherwise in a world for one profile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ByProfile {
    /// How the client is registered: what is said here takes the place of what the world says.
    pub client: Client,
    /// Fields of the profile's policy, beside those of the world.
    pub settings: Vec<String>,
}

/// Says what does not agree about the profiles of a file.
pub(super) fn check(scenario: &Scenario) -> Result<(), Problem> {
    match (scenario.profile.is_unnamed(), scenario.profiles.as_slice()) {
        (false, [_, ..]) => {
            return Err(Problem::new("`profile` and `profiles` cannot both be there").help("leave one of them out"));
        }
        (true, []) => {
            let help = "or `profiles`, where the scenario is run for several";
            return Err(Problem::new("missing field `profile`").help(help));
        }
        (true, [only]) => {
            let problem = Problem::new("`profiles` names one profile");
            return Err(problem.help(format!("write `profile: {only}`")));
        }
        (false, []) | (true, [_, _, ..]) => {}
    }
    let stranger = scenario.world.by_profile.keys().find(|name| !scenario.profiles.contains(name));
    if let Some(name) = stranger.map(ToString::to_string) {
        let known: Vec<String> = scenario.profiles.iter().map(ToString::to_string).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let problem = Problem::unknown("profile", &name, &known);
        let message = format!("`world.by_profile` is about `{name}`, which is not one of `profiles`");
        return Err(Problem { message, ..problem });
    }
    Ok(())
}

/// The scenarios that are run for a file: one, or one for each of its profiles.
pub(super) fn cells(scenario: Scenario) -> Vec<Scenario> {
    if scenario.profiles.is_empty() {
        return vec![scenario];
    }
    let of = |profile: &ProfileName| {
        let mut world = scenario.world.clone();
        if let Some(otherwise) = world.by_profile.remove(profile) {
            lay_over(&mut world, otherwise);
        }
        world.by_profile.clear();
        Scenario {
            id: scenario.id.beside(profile),
            base: Some(scenario.id.clone()),
            profile: profile.clone(),
            world,
            ..scenario.clone()
        }
    };
    scenario.profiles.iter().map(of).collect()
}

fn lay_over(world: &mut World, otherwise: ByProfile) {
    let below = std::mem::take(&mut world.client);
    let Client {
        authentication,
        registered_at,
        scopes,
        scope,
        tenant,
        serves,
        openid,
        capabilities,
        in_browser,
        one_tenant,
        unassigned,
        misconfigured: Misconfigured { id, secret, redirect_uri },
    } = otherwise.client;
    world.client = Client {
        authentication: authentication.or(below.authentication),
        registered_at: registered_at.or(below.registered_at),
        scopes: scopes.or(below.scopes),
        scope: scope.or(below.scope),
        tenant: tenant.or(below.tenant),
        serves: serves.or(below.serves),
        openid: openid.or(below.openid),
        capabilities: if capabilities.is_empty() { below.capabilities } else { capabilities },
        in_browser: in_browser || below.in_browser,
        one_tenant: one_tenant || below.one_tenant,
        unassigned: unassigned || below.unassigned,
        misconfigured: Misconfigured {
            id: id.or(below.misconfigured.id),
            secret: secret.or(below.misconfigured.secret),
            redirect_uri: redirect_uri.or(below.misconfigured.redirect_uri),
        },
    };
    // The later one of two settings of the same field counts.
    world.settings.extend(otherwise.settings);
}

impl Scenario {
    /// The id of its file: its own, without the profile where the file is run for several.
    #[must_use]
    pub fn file_id(&self) -> &ScenarioId {
        self.base.as_ref().unwrap_or(&self.id)
    }
}
