//! What a relying party needs: decoding, verifying by the published keys, hashing.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mock_idp::proto::message::Response;
use serde_json::Value;

use crate::support::{Flow, parameter};

/// The scope that most tests ask for.
pub(crate) const OPENID: (&str, &str) = ("scope", "openid profile email offline_access");

/// The profile of the RFCs.
pub(crate) fn op(settings: &[&str]) -> Flow {
    Flow::with("rfc", settings)
}

/// The JSON of a response.
pub(crate) fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap_or_else(|error| panic!("{error}: {response:?}"))
}

/// The names of an object's members, in order.
pub(crate) fn names(value: &Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// The header of a token.
pub(crate) fn header(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

/// The `kid` of the published key that verifies a token, if one does.
pub(crate) fn signed_by(flow: &mut Flow, token: &str) -> Option<String> {
    let set = body(&flow.send("GET", "/jwks", &[], ""));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let wanted = header(token)["kid"].clone();
    let keys = set["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == wanted && verifies(key, signed.as_bytes(), &signature))?;
    assert_eq!(key["alg"], header(token)["alg"]);
    Some(wanted.as_str().unwrap().to_owned())
}

fn verifies(key: &Value, message: &[u8], signature: &[u8]) -> bool {
    let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    match key["kty"].as_str().unwrap() {
        "RSA" => RsaPublicKeyComponents { n: part("n"), e: part("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .is_ok(),
        "EC" => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, [vec![4], part("x"), part("y")].concat())
            .verify(message, signature)
            .is_ok(),
        _ => UnparsedPublicKey::new(&ED25519, part("x")).verify(message, signature).is_ok(),
    }
}

pub(crate) fn half_hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..16])
}

/// Signs in and redeems the code: the ID token and the access token.
pub(crate) fn posted(flow: &mut Flow) -> (String, String) {
    let code = parameter(&flow.sign_in(&[OPENID]), "code").unwrap();
    let response = body(&flow.exchange(&code));
    let text = |name: &str| response[name].as_str().unwrap().to_owned();
    (text("id_token"), text("access_token"))
}
