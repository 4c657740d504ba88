//! Which resource a request is for.

use crate::proto::message::Request;
use crate::proto::policy::{Policy, Resource};

/// Where a request goes.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// The path, as sent.
    pub(crate) path: &'a str,
    /// The resource at the path and its name, whatever its method.
    pub(crate) resource: Option<(&'a str, &'a Resource)>,
    /// The names in the pattern of the path, and what stands there.
    pub(crate) parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> Place<'a> {
    /// Where the request goes. Of several resources the one that takes its method, then the one with the fewest names in its path.
    pub(crate) fn of(policy: &'a Policy, request: &'a Request) -> Self {
        let path = request.path.as_str();
        let candidates = policy.resources.iter().filter_map(|(name, resource)| {
            let parameters = fit(&resource.path, path)?;
            Some((name.as_str(), resource, parameters))
        });
        let found =
            candidates.min_by_key(|(_, resource, parameters)| (resource.method != request.method, parameters.len()));
        match found {
            Some((name, resource, parameters)) => Self { path, resource: Some((name, resource)), parameters },
            None => {
                let base = policy.api.base.as_ref().and_then(|base| fit_beginning(base, path));
                Self { path, resource: None, parameters: base.unwrap_or_default() }
            }
        }
    }

    /// The division that the path names.
    pub(crate) fn division(&self) -> Option<&'a str> {
        self.parameters.iter().find(|(name, _)| *name == "division").map(|(_, value)| *value)
    }
}

/// Whether the request is for a resource, or for a path where one could be.
pub(crate) fn serves(policy: &Policy, request: &Request) -> bool {
    let below = |base: &String| fit_beginning(base, &request.path).is_some();
    policy.resources.values().any(|resource| fit(&resource.path, &request.path).is_some())
        || policy.api.base.as_ref().is_some_and(below)
}

/// Whether a path begins as a pattern does, with whole segments.
pub(super) fn begins(pattern: &str, path: &str) -> bool {
    fit_beginning(pattern, path).is_some()
}

/// What stands at the names of a pattern, if the path fits it. `{name}` is one segment that is not empty.
fn fit<'a>(pattern: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (parameters, rest) = walk(pattern, path)?;
    rest.is_none().then_some(parameters)
}

/// The same for a path that goes on below the pattern.
fn fit_beginning<'a>(pattern: &'a str, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (parameters, rest) = walk(pattern.strip_suffix('/').unwrap_or(pattern), path)?;
    rest.map(|_| parameters)
}

/// What stands at names, and an end.
type Walked<'a> = (Vec<(&'a str, &'a str)>, Option<&'a str>);

/// Walks the segments of a path along a pattern, and gives the first segment after it.
fn walk<'a>(pattern: &'a str, path: &'a str) -> Option<Walked<'a>> {
    let mut segments = path.split('/');
    let mut parameters = Vec::new();
    for want in pattern.split('/') {
        let got = segments.next()?;
        match want.strip_prefix('{').and_then(|want| want.strip_suffix('}')) {
            Some(name) if !got.is_empty() => parameters.push((name, got)),
            None if want == got => {}
            Some(_) | None => return None,
        }
    }
    Some((parameters, segments.next()))
}

#[cfg(test)]
mod tests {
    use super::{begins, fit};

    #[test]
    fn a_name_in_braces_is_one_segment() {
        assert_eq!(fit("/api/{division}/x", "/api/123/x"), Some(vec![("division", "123")]));
        assert_eq!(fit("/api/{division}/x", "/api//x"), None);
        assert_eq!(fit("/api/{division}/x", "/api/1/2/x"), None);
        assert_eq!(fit("/api/{division}", "/api/1/x"), None);
        assert_eq!(fit("/api/{division}/x", "/api/1"), None);
        assert_eq!(fit("/api/v1/current/Me", "/api/v1/current/Me"), Some(Vec::new()));
    }

    #[test]
    fn a_beginning_is_whole_segments_and_something_after_them() {
        assert!(begins("/api/{division}/bulk", "/api/1/bulk/x"));
        assert!(begins("/api/{division}/bulk/", "/api/1/bulk/x/y"));
        assert!(!begins("/api/{division}/bulk", "/api/1/bulky/x"));
        assert!(!begins("/api/{division}/bulk", "/api/1/bulk"));
    }
}
