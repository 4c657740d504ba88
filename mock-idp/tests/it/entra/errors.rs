//! Every AADSTS code: that what is said twice agrees, and the requests that really lead to each.

use std::collections::{BTreeMap, BTreeSet};

use mock_idp::proto::Change;
use mock_idp::proto::client::Client;
use mock_idp::proto::message::Response;
use mock_idp::proto::policy::{AccountEvent, FaultEffect};
use mock_idp::proto::policy::{AccountKind, FaultAt};
use mock_idp::proto::time::Timestamp;
use serde_json::Value;

use super::support::{HOME, NATIVE, code, flow, flow_of, post, redeem, refresh, tokens, world};
use crate::openid::support::body;
use crate::support::{Fields, Flow, parameter, text};

const CORRELATION: &str = "5b1ed2d6-3b5a-4f0e-9d5c-1f2e3d4c5b6a";

/// What every body of an error has to be.
fn check(response: &Response, now: Timestamp) -> u64 {
    let code = code(response);
    let error = body(response);
    let text = error["error_description"].as_str().unwrap();
    let of = |name: &str| error[name].as_str().unwrap_or_else(|| panic!("{name}: {error}")).to_owned();
    let time = now.strftime("%Y-%m-%d %H:%M:%SZ");
    assert_eq!(of("timestamp"), time);
    let end =
        format!("\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {time}", of("trace_id"), of("correlation_id"));
    assert!(text.ends_with(&end), "{text}");
    assert_eq!(response.headers.get("x-ms-request-id"), Some(of("trace_id").as_str()), "{code}");
    assert_eq!(response.headers.get("x-ms-clitelem"), Some(format!("1,{code},0,,").as_str()));
    assert!(!text.contains("{{") && !text.contains("{%"), "{text}");
    code
}

#[test]
fn every_code_can_be_had_on_demand_and_says_the_same_in_each_place() {
    let mut flow = flow(&[]);
    let known: Vec<(String, FaultAt)> = flow
        .idp
        .policy()
        .faults
        .iter()
        .filter(|(name, fault)| name.starts_with("aadsts") && matches!(fault.effect, FaultEffect::Refuses(_)))
        .map(|(name, fault)| (name.clone(), fault.at))
        .collect();
    assert!(known.len() > 40, "{}", known.len());
    for (name, at) in known {
        let fault = flow.idp.policy().faults[&name].fault();
        flow.idp.add_fault(fault);
        let number: u64 = name.strip_prefix("aadsts").unwrap().parse().unwrap();
        if at == FaultAt::Authorization {
            let page = text(&flow.visit(&flow.authorization_url(&[("scope", "User.Read")])));
            assert!(page.contains(&format!("AADSTS{number}: ")), "{page}");
            continue;
        }
        let headers = [("client-request-id", CORRELATION)];
        let response = post(&mut flow, &[("grant_type", "refresh_token")], &headers);
        assert_eq!(check(&response, flow.now), number);
        assert_eq!(body(&response)["correlation_id"], CORRELATION, "echoed");
    }
}

#[test]
fn a_correlation_identifier_comes_by_header_or_form_and_only_as_a_uuid() {
    let mut flow = flow(&[]);
    let form = post(&mut flow, &[("grant_type", "x"), ("client-request-id", CORRELATION)], &[]);
    assert_eq!(body(&form)["correlation_id"], CORRELATION);
    let wrong = post(&mut flow, &[("grant_type", "x")], &[("client-request-id", "<script>")]);
    assert_eq!(body(&wrong)["correlation_id"].as_str().unwrap().len(), 36);
    assert_ne!(body(&form)["trace_id"], body(&wrong)["trace_id"]);
}

/// The request that leads to a code.
type Trigger = fn(&mut Flow) -> Response;

fn ropc(flow: &mut Flow, name: &str, password: &str, scope: &str) -> Response {
    post(flow, &[("grant_type", "password"), ("username", name), ("password", password), ("scope", scope)], &[])
}

fn right_ropc(flow: &mut Flow, scope: &str) -> Response {
    let (name, password) = (flow.user.name.clone(), flow.user.password.expose().clone());
    ropc(flow, &name, &password, scope)
}

fn with_code(flow: &mut Flow, more: &[(&str, &str)], fields: &[(&str, &str)]) -> Response {
    let got = parameter(&flow.sign_in(&[&[("scope", "User.Read")], more].concat()), "code").unwrap();
    redeem(flow, &got, fields)
}

fn alter(flow: &mut Flow, change: impl Fn(&mut Client)) {
    let mut world = world();
    change(&mut world.clients[0]);
    *flow = Flow::new(flow.idp.policy().clone(), world);
}

#[expect(clippy::too_many_lines, reason = "a table: a row for each code")]
fn real() -> Vec<(u64, u16, &'static str, Trigger)> {
    vec![
        (50_011, 400, "invalid_request", |flow| {
            let got = parameter(&flow.sign_in(&[("scope", "User.Read")]), "code").unwrap();
            let fields =
                [("grant_type", "authorization_code"), ("code", &*got), ("redirect_uri", "https://x.example/")];
            post(flow, &fields, &[])
        }),
        (700_016, 400, "unauthorized_client", |flow| {
            post(flow, &[("grant_type", "refresh_token"), ("client_id", "x"), ("client_secret", "x")], &[])
        }),
        (7_000_112, 400, "unauthorized_client", |flow| {
            flow.change(&Change::ClientDisabled { client: flow.client.id.clone(), disabled: true });
            right_ropc(flow, "User.Read")
        }),
        (7_000_215, 401, "invalid_client", |flow| {
            let id = flow.client.id.0.clone();
            post(flow, &[("grant_type", "refresh_token"), ("client_id", &id), ("client_secret", "the-id")], &[])
        }),
        (7_000_218, 401, "invalid_client", |flow| {
            let id = flow.client.id.0.clone();
            post(flow, &[("grant_type", "refresh_token"), ("client_id", &id)], &[])
        }),
        (7_000_222, 401, "invalid_client", |flow| {
            flow.change(&Change::ClientSecretExpired { client: flow.client.id.clone() });
            right_ropc(flow, "User.Read")
        }),
        (700_025, 401, "invalid_client", |flow| {
            post(flow, &[("grant_type", "refresh_token"), ("client_id", NATIVE), ("client_secret", "x")], &[])
        }),
        (700_027, 401, "invalid_client", |flow| {
            let id = flow.client.id.0.clone();
            let jwt = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            let fields = [("client_assertion_type", jwt), ("client_assertion", "x"), ("client_id", &*id)];
            post(flow, &[&[("grant_type", "refresh_token")], &fields[..]].concat(), &[])
        }),
        (50_059, 400, "invalid_request", |flow| {
            flow.tenant = Some("common");
            post(flow, &[("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")], &[])
        }),
        (50_194, 400, "invalid_request", |flow| {
            alter(flow, |client| client.tenant = Some(HOME.to_owned()));
            flow.tenant = Some("common");
            right_ropc(flow, "User.Read")
        }),
        (9_002_332, 400, "invalid_request", |flow| {
            alter(flow, |client| client.accounts = Some(BTreeSet::from([AccountKind::Work])));
            flow.tenant = Some("consumers");
            post(flow, &[("grant_type", "refresh_token"), ("refresh_token", "x")], &[])
        }),
        (900_144, 400, "invalid_request", |flow| post(flow, &[("scope", "openid")], &[])),
        (900_144, 400, "invalid_request", |flow| {
            let path = format!("/{HOME}/oauth2/v2.0/token");
            flow.send("POST", &path, &[("content-type", "application/json")], "{}")
        }),
        (900_144, 400, "invalid_request", |flow| {
            let first = tokens(flow, "User.Read offline_access", &[]);
            flow.tenant = Some("common");
            let token = first["refresh_token"].as_str().unwrap().to_owned();
            post(flow, &[("grant_type", "refresh_token"), ("refresh_token", &token)], &[])
        }),
        (9_002_313, 400, "invalid_grant", |flow| redeem(flow, "garbage", &[])),
        (9_002_313, 400, "invalid_grant", |flow| {
            post(flow, &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", "User.Read")], &[])
        }),
        (900_561, 400, "invalid_request", |flow| flow.send("GET", &format!("/{HOME}/oauth2/v2.0/token"), &[], "")),
        (70_003, 400, "unsupported_grant_type", |flow| post(flow, &[("grant_type", "magic")], &[])),
        (70_011, 400, "invalid_scope", |flow| right_ropc(flow, "https://graph.microsoft.com/")),
        (28_000, 400, "invalid_scope", |flow| {
            with_code(flow, &[], &[("scope", "User.Read https://outlook.office.com/SMTP.Send")])
        }),
        (1_002_012, 400, "invalid_scope", |flow| {
            post(flow, &[("grant_type", "client_credentials"), ("scope", "openid offline_access profile")], &[])
        }),
        (650_053, 400, "invalid_client", |flow| right_ropc(flow, "IMAP.AccessAsUser.All")),
        (650_057, 400, "invalid_resource", |flow| {
            alter(flow, |client| client.scopes = Some(BTreeSet::from(["api://acme-api/Tasks.Read".to_owned()])));
            post(flow, &[("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")], &[])
        }),
        (500_011, 400, "invalid_resource", |flow| right_ropc(flow, "https://nobody.example/Read")),
        (901_002, 400, "invalid_request", |flow| {
            with_code(flow, &[], &[("scope", "User.Read"), ("resource", "https://graph.microsoft.com")])
        }),
        (9_001_023, 400, "invalid_request", |flow| {
            flow.tenant = Some("common");
            right_ropc(flow, "User.Read")
        }),
        (54_005, 400, "invalid_grant", |flow| {
            let got = parameter(&flow.sign_in(&[("scope", "User.Read")]), "code").unwrap();
            redeem(flow, &got, &[]);
            redeem(flow, &got, &[])
        }),
        (70_008, 400, "invalid_grant", |flow| {
            let got = parameter(&flow.sign_in(&[("scope", "User.Read")]), "code").unwrap();
            flow.advance("10m");
            redeem(flow, &got, &[])
        }),
        (70_000, 400, "invalid_grant", |flow| {
            let first = tokens(flow, "User.Read offline_access", &[]);
            flow.client = flow.idp.world().clients.iter().find(|known| known.id.0 == NATIVE).cloned().unwrap();
            refresh(flow, &first, "User.Read")
        }),
        (501_481, 400, "invalid_grant", |flow| {
            let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
            let asked = [("code_challenge", challenge), ("code_challenge_method", "S256")];
            with_code(flow, &asked, &[("code_verifier", "0123456789012345678901234567890123456789012")])
        }),
        (70_018, 400, "bad_verification_code", |flow| {
            post(flow, &[("grant_type", "device_code"), ("device_code", "x")], &[])
        }),
        (50_034, 400, "invalid_grant", |flow| ropc(flow, "nobody@acme.example", "x", "User.Read")),
        (50_126, 400, "invalid_grant", |flow| ropc(flow, "john.doe@acme.example", "x", "User.Read")),
        (50_053, 400, "invalid_grant", |flow| {
            for _ in 0..10 {
                ropc(flow, "john.doe@acme.example", "x", "User.Read");
            }
            right_ropc(flow, "User.Read")
        }),
        (50_055, 400, "invalid_grant", |flow| {
            let event = AccountEvent::PasswordExpired;
            flow.change(&Change::Account { user: flow.user.name.clone(), event });
            right_ropc(flow, "User.Read")
        }),
        (50_105, 400, "invalid_grant", |flow| {
            alter(flow, |client| client.assigned = Some(BTreeSet::new()));
            right_ropc(flow, "User.Read")
        }),
        (65_001, 400, "invalid_grant", |flow| right_ropc(flow, "User.Read")),
        (50_013, 400, "invalid_grant", |flow| {
            let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
            let fields = [grant, ("assertion", "x"), ("requested_token_use", "on_behalf_of"), ("scope", "User.Read")];
            post(flow, &fields, &[])
        }),
    ]
}

#[test]
fn each_code_has_the_request_that_really_leads_to_it() {
    for (number, status, error, trigger) in real() {
        let mut flow = flow(&[]);
        let response = trigger(&mut flow);
        assert_eq!(check(&response, flow.now), number, "{}", text(&response));
        assert_eq!((response.status, body(&response)["error"].as_str()), (status, Some(error)), "{number}");
    }
}

#[test]
fn a_comparison_of_the_resource_can_be_asked_for() {
    let mut flow = flow(&["scopes.resource_servers.parameter=compared"]);
    let same = with_code(&mut flow, &[], &[("scope", "User.Read"), ("resource", "https://graph.microsoft.com")]);
    assert_eq!(same.status, 200);
    let other = with_code(&mut flow, &[], &[("scope", "User.Read"), ("resource", "https://outlook.office.com")]);
    assert_eq!((code(&other), body(&other)["error"].as_str()), (9_010_010, Some("invalid_target")));
}

/// What the authorization endpoint says: on a page, or to the client.
#[test]
fn the_authorization_endpoint_tells_the_person_or_the_client() {
    let to_client: [(Fields<'_>, &str, &str); 6] = [
        (&[("response_type", "id_token"), ("nonce", "n"), ("scope", "openid")], "unsupported_response_type", "700054"),
        (&[("response_type", "none")], "unsupported_response_type", "70005"),
        (&[("code_challenge", "short"), ("code_challenge_method", "S256")], "invalid_request", "50147"),
        (&[("prompt", "none"), ("scope", "User.Read")], "login_required", "50058"),
        (&[("scope", "Nothing.Known")], "invalid_client", "650053"),
        (&[("response_mode", "web_message")], "invalid_request", "70007"),
    ];
    for (more, error, number) in to_client {
        let mut flow = flow(&[]);
        let response = flow.sign_in(&[&[("state", "s")], more].concat());
        assert_eq!(parameter(&response, "error").as_deref(), Some(error), "{more:?} {}", text(&response));
        let said = parameter(&response, "error_description").unwrap();
        assert!(said.starts_with(&format!("AADSTS{number}: ")) && !said.contains('\r'), "{said}");
        assert_eq!(parameter(&response, "state").as_deref(), Some("s"));
    }
    let on_page: [(Fields<'_>, &str); 3] = [
        (&[("client_id", "nobody")], "AADSTS700016"),
        (&[("redirect_uri", "https://evil.example/")], "AADSTS50011"),
        (&[("redirect_uri", "/relative")], "AADSTS90102"),
    ];
    for (more, number) in on_page {
        let mut flow = flow(&[]);
        let response = flow.sign_in(more);
        assert_eq!((response.status, response.headers.get("location")), (400, None), "{number}");
        assert!(text(&response).contains(number), "{}", text(&response));
    }
    let mut flow = flow_of(NATIVE, &[]);
    let page = flow.visit(&flow.authorization_url(&[("scope", "User.Read")]));
    let mut page = flow.follow(page);
    page = flow.fill(&page);
    let refused = flow.submit(&crate::support::form(&page), &[("consent", "deny")]);
    assert_eq!(parameter(&refused, "error").as_deref(), Some("access_denied"));
    assert!(parameter(&refused, "error_description").unwrap().starts_with("AADSTS65004: "));
}

#[test]
fn there_are_more_than_sixty_codes_and_each_says_where_it_is_from() {
    let profile = mock_idp::profile::load("entra", &[]).unwrap();
    let quirks: BTreeMap<&str, &mock_idp::profile::Quirk> =
        profile.quirks.iter().map(|quirk| (quirk.id.as_str(), quirk)).collect();
    let codes: Vec<_> = quirks.keys().filter(|id| id.starts_with("aadsts-")).collect();
    assert!(codes.len() >= 60, "{}", codes.len());
    let by_cause: BTreeSet<u64> =
        profile.policy.errors.values().filter_map(|wire| wire.with.get("code").and_then(Value::as_u64)).collect();
    assert!(by_cause.len() >= 50, "{}", by_cause.len());
    for id in codes {
        assert!(quirks[*id].source.iter().all(|source| source.starts_with("entra ")), "{id}");
    }
}
