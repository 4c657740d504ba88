//! Which resource a request is for.

use crate::proto::message::Request;
use crate::proto::policy::{Policy, Resource};

/// The resource at the path of the request, whatever its method.
pub(crate) fn route<'a>(policy: &'a Policy, request: &Request) -> Option<&'a Resource> {
    let at_path = |resource: &&Resource| fits(&resource.path, &request.path);
    let mut candidates = policy.resources.values().filter(at_path);
    let first = candidates.next()?;
    if first.method == request.method {
        return Some(first);
    }
    candidates.find(|resource| resource.method == request.method).or(Some(first))
}

/// Whether a path fits a pattern, where `{name}` is one segment that is not empty.
fn fits(pattern: &str, path: &str) -> bool {
    let mut pattern = pattern.split('/');
    let mut path = path.split('/');
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(want), Some(got)) if want == got || (want.starts_with('{') && !got.is_empty()) => {}
            (Some(_) | None, Some(_) | None) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_name_in_braces_is_one_segment() {
        assert!(fits("/api/{division}/x", "/api/123/x"));
        assert!(!fits("/api/{division}/x", "/api//x"));
        assert!(!fits("/api/{division}/x", "/api/1/2/x"));
        assert!(!fits("/api/{division}", "/api/1/x"));
        assert!(fits("/api/v1/current/Me", "/api/v1/current/Me"));
    }
}
