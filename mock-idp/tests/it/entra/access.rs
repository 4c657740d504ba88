//! Second factors, Conditional Access, revocation, continuous access evaluation, loops.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_idp::proto::Change;
use mock_idp::proto::client::ClientId;
use mock_idp::proto::policy::AccountEvent;
use mock_idp::proto::world::{AccessRule, Asks};
use serde_json::Value;

use super::support::{NATIVE, code, flow, flow_of, me, post, redeem, refresh, tokens};
use crate::openid::support::{body, claims};
use crate::support::{Flow, parameter, text};

const RULE: &str = "2f1e0d9c-8b7a-4695-8413-a2b1c0d9e8f7";

fn rule(asks: Asks) -> Change {
    Change::RuleAdded(AccessRule {
        id: RULE.to_owned(),
        users: BTreeSet::new(),
        clients: BTreeSet::new(),
        servers: BTreeSet::from(["https://graph.microsoft.com".to_owned()]),
        asks,
    })
}

fn password(flow: &mut Flow, scope: &str) -> mock_idp::proto::message::Response {
    let (name, secret) = (flow.user.name.clone(), flow.user.password.expose().clone());
    post(flow, &[("grant_type", "password"), ("username", &name), ("password", &secret), ("scope", scope)], &[])
}

#[test]
fn a_second_factor_is_asked_for_where_a_rule_says_so() {
    let mut flow = flow(&[]);
    let first = tokens(&mut flow, "User.Read offline_access", &[]);
    let said = claims(first["access_token"].as_str().unwrap());
    assert_eq!(said["amr"], serde_json::json!(["pwd"]), "no rule, no second factor, though one is enrolled");
    flow.change(&rule(Asks::SecondFactor));
    let refused = refresh(&mut flow, &first, "User.Read");
    let error = body(&refused);
    assert_eq!((code(&refused), error["error"].as_str()), (50_076, Some("invalid_grant")));
    assert_eq!(error["suberror"], "basic_action");
    let wanted: Value = serde_json::from_str(error["claims"].as_str().unwrap()).unwrap();
    assert_eq!(wanted["access_token"]["polids"]["values"][0], RULE);
    assert!(error["error_description"].as_str().unwrap().contains("'00000003-0000-0000-c000-000000000000'"));
    assert_eq!(refresh(&mut flow, &first, "api://acme-api/access_as_user").status, 400, "never agreed to");
    assert_eq!(code(&password(&mut flow, "User.Read")), 50_076);
    let silent = flow.visit(&flow.authorization_url(&[("scope", "User.Read"), ("prompt", "none")]));
    assert_eq!(parameter(&silent, "error").as_deref(), Some("interaction_required"));
    assert!(parameter(&silent, "error_description").unwrap().starts_with("AADSTS50076: "));
    // The session has a password already: only the second factor is asked for.
    let page = flow.visit(&flow.authorization_url(&[("scope", "User.Read offline_access")]));
    let page = flow.follow(page);
    assert!(!text(&page).contains("type=\"password\""), "{}", text(&page));
    let back = flow.fill(&page);
    let got = parameter(&back, "code").unwrap();
    let second = body(&redeem(&mut flow, &got, &[]));
    let said = claims(second["access_token"].as_str().unwrap());
    assert_eq!(said["amr"], serde_json::json!(["pwd", "mfa"]));
    assert_eq!(refresh(&mut flow, &second, "User.Read").status, 200);
    flow.change(&Change::RuleRemoved { id: RULE.to_owned() });
    assert_eq!(refresh(&mut flow, &first, "User.Read").status, 200, "the older token was never dead");
}

#[test]
fn who_has_no_second_factor_is_told_to_set_one_up() {
    let mut flow = flow(&[]);
    flow.change(&Change::TotpSecret { user: flow.user.name.clone(), secret: None });
    let first = tokens(&mut flow, "User.Read offline_access", &[]);
    flow.change(&rule(Asks::SecondFactor));
    let refused = refresh(&mut flow, &first, "User.Read");
    assert_eq!((code(&refused), body(&refused)["error"].as_str()), (50_079, Some("interaction_required")));
    assert!(text(&flow.sign_in(&[("scope", "User.Read")])).contains("AADSTS50079"));
}

#[test]
fn a_rule_can_shut_out_and_is_for_whom_it_names() {
    let mut flow = flow(&[]);
    let first = tokens(&mut flow, "User.Read offline_access", &[]);
    let other = AccessRule {
        id: RULE.to_owned(),
        users: BTreeSet::new(),
        clients: BTreeSet::from([ClientId(NATIVE.to_owned())]),
        servers: BTreeSet::new(),
        asks: Asks::Impossible,
    };
    flow.change(&Change::RuleAdded(other));
    assert_eq!(refresh(&mut flow, &first, "User.Read").status, 200, "another client's rule");
    flow.change(&rule(Asks::Impossible));
    let refused = refresh(&mut flow, &first, "User.Read");
    assert_eq!((code(&refused), body(&refused)["suberror"].as_str()), (53_003, Some("message_only")));
    assert!(text(&flow.sign_in(&[("scope", "User.Read")])).contains("AADSTS53003"));
}

#[test]
fn an_account_that_is_disabled_gets_nothing_anywhere() {
    let mut flow = flow(&[]);
    let first = tokens(&mut flow, "User.Read offline_access", &[]);
    let user = flow.user.name.clone();
    flow.change(&Change::Disabled { user: user.clone(), disabled: true });
    assert_eq!(code(&refresh(&mut flow, &first, "User.Read")), 50_057);
    assert_eq!(code(&password(&mut flow, "User.Read")), 50_057);
    assert!(text(&flow.sign_in(&[("scope", "User.Read")])).contains("AADSTS50057"));
    assert_eq!(me(&mut flow, &first).status, 200, "a plain token lives to its end");
    flow.change(&Change::Disabled { user, disabled: false });
    assert_eq!(refresh(&mut flow, &first, "User.Read").status, 200);
}

const CP1: (&str, &str) = ("claims", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);

#[test]
fn access_that_can_be_taken_back_lives_long_and_is_taken_back_by_a_challenge() {
    let mut flow = flow(&[]);
    let first = tokens(&mut flow, "User.Read offline_access", &[CP1]);
    assert_eq!((first["expires_in"].as_u64(), first["refresh_in"].as_u64()), (Some(72_000), Some(36_000)));
    assert_eq!(claims(first["access_token"].as_str().unwrap())["xms_cc"][0], "cp1");
    let api = body(&refresh(&mut flow, &first, "User.Read"));
    assert_eq!(api["expires_in"], 72_000, "once declared, declared");
    assert_eq!(me(&mut flow, &first).status, 200);
    flow.advance("2h");
    let user = flow.user.name.clone();
    flow.change(&Change::Account { user, event: AccountEvent::RevokedByUser });
    let revoked_at = flow.now.as_seconds();
    flow.advance("1m");
    let refused = me(&mut flow, &first);
    let challenge = refused.headers.get("www-authenticate").unwrap().to_owned();
    let encoded = challenge.split_once("error=\"insufficient_claims\", claims=\"").unwrap().1.trim_end_matches('"');
    let decoded = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
    assert_eq!(decoded, format!(r#"{{"access_token":{{"nbf":{{"essential":true, "value":"{revoked_at}"}}}}}}"#));
    assert!(text(&refused).contains("TokenIssuedBeforeRevocationTimestamp"));
    let again = refresh(&mut flow, &first, "User.Read");
    let error = body(&again);
    assert_eq!((code(&again), error["suberror"].as_str()), (50_173, Some("bad_token")));
    assert_eq!(error["error_uri"], "https://login.microsoftonline.com/error?code=50173");
    let said = error["error_description"].as_str().unwrap();
    assert!(
        said.contains("issued on '2021-11-15T02:00:00.0000000Z'") && said.contains("'2021-11-15T04:00:00.0000000Z'"),
        "{said}"
    );
    let second = tokens(&mut flow, "User.Read offline_access", &[CP1]);
    assert_eq!(me(&mut flow, &second).status, 200);
}

#[test]
fn the_declaration_counts_in_capitals_too_and_under_no_other_name() {
    for (name, lifetime) in [("CP1", 72_000), ("cp2", 3600), ("cp", 3600)] {
        let mut flow = flow(&[]);
        let declared = format!(r#"{{"access_token":{{"xms_cc":{{"values":["{name}"]}}}}}}"#);
        let first = tokens(&mut flow, "User.Read offline_access", &[("claims", &declared)]);
        assert_eq!(first["expires_in"].as_u64(), Some(lifetime), "{name}");
    }
}

#[test]
fn who_does_not_understand_the_challenge_keeps_a_plain_token() {
    let mut flow = flow(&[]);
    let first = tokens(&mut flow, "User.Read offline_access", &[]);
    assert_eq!((first["expires_in"].as_u64(), first.get("refresh_in")), (Some(3600), None));
    let user = flow.user.name.clone();
    flow.change(&Change::Account { user, event: AccountEvent::RevokedByUser });
    assert_eq!(me(&mut flow, &first).status, 200);
    flow.advance("1h");
    assert!(!me(&mut flow, &first).headers.get("www-authenticate").unwrap().contains("claims"));
}

/// Section 4.1 of the facts: session and refresh token of a public client that began with a password, refresh token of a confidential
/// client; true where they live on.
#[test]
fn each_event_ends_what_the_documentation_says() {
    let table = [
        (AccountEvent::PasswordExpired, true, true, true),
        (AccountEvent::PasswordChanged, false, false, true),
        (AccountEvent::PasswordRecovered, false, false, true),
        (AccountEvent::PasswordReset, false, false, true),
        (AccountEvent::PasswordResetAtCentre, false, false, false),
        (AccountEvent::RevokedByUser, false, false, false),
        (AccountEvent::RevokedByAdministrator, false, false, false),
        (AccountEvent::SignedOut, false, true, true),
    ];
    assert_eq!(table.len(), AccountEvent::ALL.len());
    for (event, session, public, confidential) in table {
        for (client, lives) in [(Some(NATIVE), public), (None, confidential)] {
            let mut flow = client.map_or_else(|| flow(&[]), |client| flow_of(client, &[]));
            let first = tokens(&mut flow, "User.Read offline_access", &[]);
            let user = flow.user.name.clone();
            flow.change(&Change::Account { user, event });
            let response = refresh(&mut flow, &first, "User.Read");
            assert_eq!(response.status == 200, lives, "{event:?} {client:?}");
            assert_eq!((!lives).then(|| code(&response)), (!lives).then_some(50_173), "{event:?}");
            let silent = flow.visit(&flow.authorization_url(&[("scope", "User.Read"), ("prompt", "none")]));
            assert_eq!(parameter(&silent, "code").is_some(), session, "{event:?}: the session");
        }
    }
}

#[test]
fn a_client_that_asks_the_same_again_and_again_is_stopped() {
    let mut flow = flow(&["token.request_loop.count=3"]);
    let first = tokens(&mut flow, "User.Read offline_access", &[]);
    for _ in 0..3 {
        assert_eq!(refresh(&mut flow, &first, "User.Read").status, 200);
        flow.advance("1s");
    }
    let stopped = refresh(&mut flow, &first, "User.Read");
    assert_eq!((stopped.status, code(&stopped)), (400, 50_196));
    assert_eq!(refresh(&mut flow, &first, "openid User.Read").status, 200, "another request");
    flow.advance("1m 59s 999ms");
    assert_eq!(code(&refresh(&mut flow, &first, "User.Read")), 50_196);
    flow.advance("1ms");
    assert_eq!(refresh(&mut flow, &first, "User.Read").status, 200);
    let ask = |flow: &mut Flow| {
        let scope = ("scope", "https://graph.microsoft.com/.default");
        post(flow, &[("grant_type", "client_credentials"), scope], &[])
    };
    for _ in 0..3 {
        assert_eq!(ask(&mut flow).status, 200);
    }
    let stopped = ask(&mut flow);
    assert_eq!((stopped.status, text(&stopped).as_str()), (429, "Too Many Requests"));
    assert_eq!(stopped.headers.get("retry-after"), Some("60"));
    assert!(stopped.headers.get("content-type").unwrap().starts_with("text/plain"));
}
