//! What is said of a user (OpenID Connect Core sections 5.1 and 5.4).

use serde_json::{Map, Value};

use crate::proto::scope::Scope;
use crate::proto::world::User;

/// The scopes that ask for claims, and the claims that each may give.
pub(crate) const SCOPES: [(&str, &[&str]); 2] =
    [("profile", &["name", "preferred_username"]), ("email", &["email", "email_verified"])];

/// The claims of a user that a scope asks for. Those that are not known of the user are left out.
pub(super) fn of_scope(user: &User, scope: &Scope) -> Map<String, Value> {
    let mut claims = Map::new();
    for (word, names) in SCOPES.iter().filter(|(word, _)| scope.contains(word)) {
        debug_assert!(!names.is_empty(), "{word}");
        for name in *names {
            if let Some(value) = value(user, name) {
                claims.insert((*name).to_owned(), value);
            }
        }
    }
    claims
}

fn value(user: &User, claim: &str) -> Option<Value> {
    match claim {
        "name" => Some(user.full_name.as_str().into()),
        "preferred_username" => Some(user.name.as_str().into()),
        "email" => user.address().map(Value::from),
        "email_verified" => user.address().map(|_| true.into()),
        _ => None,
    }
}
