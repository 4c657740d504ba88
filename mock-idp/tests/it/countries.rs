//! A host for each country, clients that are registered in one of them, and redirection URIs that nearly match.

use std::collections::BTreeSet;

use mock_idp::profile::load;
use mock_idp::proto::cause::CauseKind;
use mock_idp::shell::demo_world;

use crate::support::{FORM, Flow, encode, parameter, request, text};

/// A flow whose client is registered in Belgium alone.
fn belgian() -> Flow {
    let mut world = demo_world();
    world.clients[0].hosts = Some(BTreeSet::from(["start.exactonline.be".to_owned()]));
    Flow::new(load("exact-online", &[]).unwrap().policy, world)
}

#[test]
fn a_client_is_known_in_its_own_country_and_named_on_a_page_elsewhere() {
    let cases = [
        ("https://start.exactonline.be", 303),
        ("https://START.exactonline.be:443", 303),
        ("https://start.exactonline.nl", 400),
        ("https://start.exactonline.co.uk", 400),
        ("http://127.0.0.1:8080", 400),
    ];
    for (origin, status) in cases {
        let mut flow = belgian();
        let mut ask = request("GET", &flow.authorization_url(&[]), &[], "");
        ask.origin = origin.to_owned();
        let response = flow.idp.handle(flow.now, &ask).response;
        assert_eq!(response.status, status, "{origin}");
        if status == 400 {
            let id = &flow.client.id;
            assert!(text(&response).contains(&format!("Client with identifier '{id}' not found.")), "{origin}");
        }
    }
}

#[test]
fn a_token_request_at_the_host_of_another_country_is_the_one_of_an_unknown_client() {
    let flow = &mut belgian();
    let id = flow.client.id.0.clone();
    let body = encode(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
        ("client_id", &id),
        ("client_secret", "demo-client-secret"),
    ]);
    for (origin, known) in [("https://start.exactonline.be", true), ("https://start.exactonline.fr", false)] {
        let mut ask = request("POST", "/api/oauth2/token", &[FORM], &body);
        ask.origin = origin.to_owned();
        let reply = flow.idp.handle(flow.now, &ask);
        flow.log.push((flow.now, ask, reply));
        let want = if known { CauseKind::RefreshTokenMalformed } else { CauseKind::ClientUnknown };
        assert_eq!(flow.refused(), Some(want), "{origin}");
    }
}

#[test]
fn in_june_2021_a_redirection_uri_without_its_file_name_was_sent_back_and_later_it_is_shown() {
    let near = "https://client.example/";
    for (profile, sent_back) in [("exact-online@2021", true), ("exact-online@2021-11", false), ("exact-online", false)]
    {
        let mut flow = Flow::of(profile);
        let url = flow.authorization_url(&[("redirect_uri", near), ("state", "s")]);
        let response = flow.visit(&url);
        if sent_back {
            assert_eq!(flow.refused(), Some(CauseKind::RedirectUriPathDiffers), "{profile}");
            assert_eq!(parameter(&response, "error").as_deref(), Some("unauthorized_client"));
            assert_eq!(
                response.headers.get("location"),
                Some("https://client.example/?error=unauthorized_client&state=s")
            );
        } else {
            assert_eq!(flow.refused(), Some(CauseKind::RedirectUriNotRegistered), "{profile}");
            assert_eq!(response.headers.get("location"), None, "{profile}");
        }
    }
}

#[test]
fn a_redirection_uri_of_another_host_is_never_sent_back_to() {
    for uri in ["https://evil.example/callback", "https://client.example/#x", "https://client.example.evil.example/"] {
        let mut flow = Flow::of("exact-online@2021");
        let url = flow.authorization_url(&[("redirect_uri", uri)]);
        let response = flow.visit(&url);
        assert_eq!(flow.refused(), Some(CauseKind::RedirectUriNotRegistered), "{uri}");
        assert_eq!(response.headers.get("location"), None, "{uri}");
    }
}
