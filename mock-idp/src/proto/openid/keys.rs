//! The published keys (RFC 7517 section 5).

use crate::proto::grant::issue::Turn;
use crate::proto::message::Response;

/// The key set, as it is now.
pub(crate) fn keys(turn: &mut Turn<'_>) -> Response {
    let policy = &turn.policy.keys;
    let set = turn.keys.jwks(policy.algorithms.iter().copied(), policy.retired_kept, turn.now);
    Response::with_body(200, "application/json", set.to_string())
}
