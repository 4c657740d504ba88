//! Challenges for claims (OpenID Connect Core section 5.5, in a `WWW-Authenticate` header field): an access token is not good enough any
//! more, and another one must be asked for by the claims that it lacks.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value, json};

/// Padded or not: both are sent.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The claims that a challenge asks for: of the one among several in the field that has `error="insufficient_claims"`.
pub(crate) fn claims_of(field: &str) -> Option<Value> {
    if parameter(field, "error") != Some("insufficient_claims") {
        return None;
    }
    let encoded = parameter(field, "claims")?;
    let decoded = GeneralPurpose::new(&STANDARD, LENIENT)
        .decode(encoded)
        .or_else(|_| GeneralPurpose::new(&URL_SAFE, LENIENT).decode(encoded))
        .ok()?;
    serde_json::from_slice(&decoded).ok()
}

/// The quoted value of a parameter. What stands inside quotes ends nothing, commas and `=` included (RFC 9110 section 11.6.1).
fn parameter<'a>(field: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = field;
    while let Some((before, after)) = rest.split_once("=\"") {
        let (value, following) = after.split_once('"')?;
        let name = before.rsplit([' ', ',']).next().unwrap_or_default();
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = following;
    }
    None
}

/// The parameter `claims` of a request: what the client declares that it understands, and what it was challenged for.
pub(crate) fn claims_parameter(capabilities: &[String], challenged: Option<&Value>) -> Option<String> {
    if capabilities.is_empty() && challenged.is_none() {
        return None;
    }
    let mut all = challenged.cloned().unwrap_or_else(|| json!({}));
    if !capabilities.is_empty()
        && let Some(all) = all.as_object_mut()
    {
        let access_token = all.entry("access_token").or_insert_with(|| Value::Object(Map::new()));
        if let Some(access_token) = access_token.as_object_mut() {
            access_token.insert("xms_cc".to_owned(), json!({ "values": capabilities }));
        }
    }
    Some(all.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_padded_or_not_among_others_and_with_signs_inside_quotes() {
        let claims = r#"{"access_token":{"nbf":{"essential":true, "value":"1635527790"}}}"#;
        let want: Value = serde_json::from_str(claims).unwrap();
        let padded = base64::engine::general_purpose::STANDARD.encode(claims);
        let bare = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
        let cases = [
            (format!(r#"Bearer realm="", error="insufficient_claims", claims="{padded}""#), true),
            (format!(r#"Bearer error="insufficient_claims",claims="{bare}""#), true),
            (format!(r#"PoP nonce="a,b=c", Bearer realm="x", claims="{padded}", error="insufficient_claims""#), true),
            (format!(r#"Bearer error="invalid_token", claims="{padded}""#), false),
            (r#"Bearer error="insufficient_claims", claims="%%%""#.to_owned(), false),
            ("Bearer".to_owned(), false),
        ];
        for (field, found) in cases {
            assert_eq!(claims_of(&field), found.then(|| want.clone()), "{field}");
        }
    }

    #[test]
    fn what_is_declared_stands_beside_what_was_asked_for() {
        let capabilities = ["cp1".to_owned()];
        assert_eq!(claims_parameter(&[], None), None);
        let declared = claims_parameter(&capabilities, None).unwrap();
        assert_eq!(declared, r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);
        let asked = json!({ "access_token": { "acrs": { "value": "c1" } } });
        let both = claims_parameter(&capabilities, Some(&asked)).unwrap();
        assert_eq!(both, r#"{"access_token":{"acrs":{"value":"c1"},"xms_cc":{"values":["cp1"]}}}"#);
    }
}
