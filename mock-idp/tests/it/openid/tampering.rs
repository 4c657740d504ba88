//! ID tokens, documents and redirects that are wrong on purpose.

use mock_idp::proto::EndpointKind;
use mock_idp::proto::fault::{Action, Fault};
use mock_idp::proto::policy::NamedFault;
use serde_json::{Value, json};

use crate::openid::support::{OPENID, body, claims, header, op, posted, signed_by};
use crate::support::{Flow, parameter};

/// A fault as the control API takes it.
fn fault(yaml: &str) -> Fault {
    serde_yaml::from_str::<NamedFault>(&format!("about: It does.\n{yaml}")).unwrap().checked().unwrap().fault()
}

fn tampered(effect: &str) -> (Flow, String) {
    let mut flow = op(&[]);
    flow.idp.add_fault(fault(&format!("at: token\neffect: {{ tampers_id_token: {effect} }}")));
    let (token, _) = posted(&mut flow);
    (flow, token)
}

#[test]
fn claims_are_replaced_or_taken_out_and_the_token_is_still_signed() {
    let (mut flow, token) = tampered("{ claims: { iss: 'https://evil.example', nonce: null, at_hash: null } }");
    assert!(signed_by(&mut flow, &token).is_some());
    let seen = claims(&token);
    assert_eq!((&seen["iss"], seen.get("at_hash")), (&json!("https://evil.example"), None));
    let (next, _) = posted(&mut flow);
    assert_eq!(claims(&next)["iss"], "http://127.0.0.1:8080", "once");
}

#[test]
fn a_signature_is_damaged_missing_or_of_a_key_that_nobody_knows() {
    let (mut flow, token) = tampered("{ signature: damaged }");
    assert_eq!((signed_by(&mut flow, &token), &header(&token)["kid"]), (None, &json!("rs256-1")));
    let (_, token) = tampered("{ signature: none }");
    assert_eq!((token.rsplit('.').next(), header(&token)), (Some(""), json!({"alg": "none"})));
    let (mut flow, token) = tampered("{ signature: unpublished }");
    assert_eq!((signed_by(&mut flow, &token), &header(&token)["kid"]), (None, &json!("rs256-2")));
    let (_, token) = tampered("{ header: { kid: null, typ: JWT } }");
    assert_eq!(header(&token), json!({"alg": "RS256", "typ": "JWT"}));
}

#[test]
fn members_of_an_answer_are_replaced_or_taken_out() {
    let mut flow = op(&[]);
    flow.idp.add_fault(fault(
        "at: metadata\neffect: { changes_members: { issuer: 'https://evil.example', jwks_uri: null } }",
    ));
    let mut ask = || body(&flow.send("GET", "/.well-known/openid-configuration", &[], ""));
    let seen = ask();
    assert_eq!((&seen["issuer"], seen.get("jwks_uri")), (&json!("https://evil.example"), None));
    assert_eq!(ask()["issuer"], "http://127.0.0.1:8080");
    let (_, access) = posted(&mut flow);
    flow.idp.add_fault(fault("at: userinfo\neffect: { changes_members: { sub: somebody-else } }"));
    let answer = flow.send("GET", "/userinfo", &[("authorization", &format!("Bearer {access}"))], "");
    assert_eq!(body(&answer)["sub"], Value::from("somebody-else"));
}

#[test]
fn parameters_of_the_way_back_are_replaced_or_taken_out() {
    let mut flow = op(&[]);
    posted(&mut flow);
    let changes = [("state".to_owned(), Some("forged".to_owned())), ("iss".to_owned(), None)].into();
    let fault = Fault {
        at: EndpointKind::Authorization,
        grant: None,
        client: None,
        via: None,
        skip: 0,
        times: 1,
        action: Action::Parameters(changes),
    };
    flow.idp.add_fault(fault);
    let response = flow.sign_in(&[OPENID, ("state", "s")]);
    let of = |name: &str| parameter(&response, name);
    assert_eq!((of("state").as_deref(), of("iss")), (Some("forged"), None));
    assert_eq!(flow.exchange(&of("code").unwrap()).status, 200, "the code is as it was");
}
