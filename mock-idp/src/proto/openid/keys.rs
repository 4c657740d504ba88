//! The published keys (RFC 7517 section 5).

use serde_json::Value;

use crate::proto::endpoint::add_headers;
use crate::proto::grant::issue::Turn;
use crate::proto::message::Response;
use crate::proto::openid::metadata::tenant_in_documents;
use crate::proto::template::Medium;

/// The key set, as it is now.
pub(crate) fn keys(turn: &mut Turn<'_>) -> Response {
    let policy = &turn.policy.keys;
    let mut set = turn.keys.jwks(policy.algorithms.iter().copied(), policy.retired_kept, turn.now);
    let context = turn.context().with("issuer", turn.issuer_of(tenant_in_documents(turn).as_deref()));
    if let Some(keys) = set.get_mut("keys").and_then(Value::as_array_mut) {
        for key in keys.iter_mut().filter_map(Value::as_object_mut) {
            for (name, value) in &policy.members {
                key.insert(name.clone(), value.render(Medium::Plain, &context).into());
            }
        }
    }
    let mut response = Response::with_body(200, "application/json", set.to_string());
    add_headers(&mut response, &turn.policy.metadata.headers, &context);
    response
}
