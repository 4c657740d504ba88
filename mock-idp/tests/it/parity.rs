//! One script of requests, sent to the bare core and over sockets, gives the same bytes.

use mock_idp::profile::load;
use mock_idp::proto::message::Reply;

use crate::journal::lines;
use crate::support::{FORM, Flow, form};
use crate::wire::{Carrier, Raw, start};

/// A user and a client that do most things right and many wrong, on the bare core. The log holds what was sent and answered.
fn script(profile: &str) -> Flow {
    let mut flow = Flow::of(profile);
    let token = flow.idp.policy().token.path.clone();
    // Two wrong turns in front of a whole sign-in.
    flow.visit(&flow.authorization_url(&[]).replace("client.example", "evil.example"));
    let response = flow.visit(&flow.authorization_url(&[("state", "ü <&>")]));
    let page = flow.follow(response);
    flow.submit(&form(&page), &[("LoginForm$Password", "wrong")]);
    let first = flow.grant();
    // The same browser again, by its session.
    let code = flow.authorize();
    flow.exchange(&format!("{code}x"));
    flow.exchange(&code);
    flow.exchange(&code);
    flow.call(&first.access);
    flow.call("nonsense");
    flow.refresh(first.rt());
    flow.advance("9m 29s 999ms");
    let second = flow.grant();
    flow.refresh(second.rt());
    flow.advance("9m 30s");
    let third = flow.refresh(second.rt());
    flow.refresh(second.rt());
    flow.advance("30d");
    if third.status == 200 {
        flow.refresh(crate::support::Pair::of(&third).rt());
    }
    flow.call(&second.access);
    for (method, target, headers, body) in [
        ("GET", token.as_str(), &[][..], ""),
        ("POST", &token, &[], ""),
        ("POST", &token, &[("content-type", "application/json")], "{}"),
        ("POST", &token, &[FORM], "grant_type=refresh_token&refresh_token=%zz"),
        ("POST", &token, &[FORM], "a=1&a=1"),
        ("DELETE", "/api/v1/current/Me", &[], ""),
        ("GET", "/nothing?at=all", &[], ""),
    ] {
        flow.send(method, target, headers, body);
    }
    flow
}

/// Header fields as they should come over the wire: all but those that belong to the carrier.
fn expected(reply: &Reply) -> Vec<(String, String)> {
    reply.response.headers.iter().map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect()
}

fn received(raw: &Raw) -> Vec<(String, String)> {
    let carrier = ["content-length", "connection"];
    raw.headers.iter().filter(|(name, _)| !carrier.contains(&name.as_str())).cloned().collect()
}

async fn same_bytes(profile: &str, http2: bool) {
    let flow = script(profile);
    assert!(flow.log.len() > 30, "{}", flow.log.len());
    let idp = start(load(profile, &[]).unwrap().policy).await;
    let mut carrier = if http2 { Carrier::http2(idp.url()).await } else { Carrier::http1(idp.url()).await };
    for (now, request, reply) in &flow.log {
        idp.realm().clock().set(*now);
        let raw = carrier.carry(request).await.unwrap();
        let name = format!("{profile}, {} {}", request.method, request.target());
        assert_eq!(raw.status, reply.response.status, "{name}");
        assert_eq!(received(&raw), expected(reply), "{name}");
        assert_eq!(String::from_utf8_lossy(&raw.body), String::from_utf8_lossy(&reply.response.body), "{name}");
        if let (Some(reason), false) = (&reply.response.reason, http2) {
            assert_eq!(raw.reason, *reason, "{name}");
        }
    }
    let (entries, _) = idp.realm().journal_after(0);
    assert_eq!(lines(&entries), lines(&flow.entries()), "{profile}: and the same journal");
}

#[tokio::test]
async fn the_core_and_a_socket_give_the_same_bytes() {
    for profile in ["exact-online", "exact-online@2021-11"] {
        same_bytes(profile, false).await;
    }
}

#[tokio::test]
async fn the_core_and_http_2_give_the_same_bytes() {
    for profile in ["exact-online", "exact-online@2021-11"] {
        same_bytes(profile, true).await;
    }
}

#[test]
fn the_same_seed_times_and_requests_give_the_same_bytes_and_another_seed_others() {
    let (one, other) = (script("exact-online"), script("exact-online"));
    assert_eq!(one.log, other.log);
    assert_eq!(one.entries(), other.entries());
    let mut flow = Flow::of("exact-online");
    let policy = std::sync::Arc::new(flow.idp.policy().clone());
    let seed = mock_idp::proto::Seed::from_number(2);
    flow.idp = mock_idp::proto::Idp::new(policy, flow.idp.world().clone(), seed);
    assert_ne!(flow.grant(), Flow::of("exact-online").grant());
}
