//! Resources by the profile's name for them.

use mock_idp::profile::Profile;

use super::{Provider, ProviderError};
use crate::scenario::{Operation, RequestLine, Scenario};

impl Provider {
    /// The path of a request, also where it names a resource.
    ///
    /// # Errors
    /// [`ProviderError::World`] where the profile has no such resource, or none with one path.
    pub fn path(&self, request: &RequestLine) -> Result<String, ProviderError> {
        path(&self.profile, request).map_err(ProviderError::World)
    }
}

/// Checks that the profile has every resource that the steps name.
pub(super) fn check(profile: &Profile, scenario: &Scenario) -> Result<(), ProviderError> {
    for operation in scenario.steps.iter().flat_map(|step| step.verb.operations()) {
        if let Operation::Call(call) = &operation {
            path(profile, &call.request).map_err(ProviderError::World)?;
        }
    }
    Ok(())
}

fn path(profile: &Profile, request: &RequestLine) -> Result<String, String> {
    let Some((name, query)) = request.resource() else { return Ok(request.path().to_owned()) };
    let resources = &profile.policy.resources;
    let Some(resource) = resources.get(name) else {
        let near = resources.keys();
        let near =
            near.max_by(|one, other| strsim::jaro_winkler(name, one).total_cmp(&strsim::jaro_winkler(name, other)));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(format!("the profile {} has no resource `{name}`{near}", profile.name));
    };
    if resource.method != request.method() {
        return Err(format!("the resource `{name}` of the profile {} answers to {}", profile.name, resource.method));
    }
    if resource.path.contains('{') {
        return Err(format!(
            "the resource `{name}` of the profile {} has no one path: {}",
            profile.name, resource.path
        ));
    }
    Ok(format!("{}{query}", resource.path))
}
