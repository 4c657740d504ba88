//! The v1.0 endpoints, metadata, tenants, devices, logout and administrators.

use mock_idp::proto::client::ClientId;
use serde_json::Value;

use super::support::{CONSUMERS, HOME, NATIVE, PARTNER, as_person, code, flow, flow_of, me, post, post_to};
use crate::openid::support::{body, claims, names};
use crate::support::{FORM, Flow, encode, form, parameter, text};

#[test]
fn a_token_of_the_older_endpoint_has_numbers_as_texts_and_a_refresh_token_unasked() {
    let mut flow = flow(&[]);
    let path = format!("/{HOME}/oauth2/authorize?");
    let url = flow.authorization_url(&[("resource", "https://graph.microsoft.com"), ("scope", "openid")]);
    let (_, query) = url.split_once('?').unwrap();
    let page = flow.visit(&format!("{path}{query}"));
    let mut page = flow.follow(page);
    while page.status == 200 {
        page = flow.fill(&page);
    }
    let code = parameter(&page, "code").unwrap();
    let redirect_uri = flow.client.redirect_uris[0].clone();
    let fields = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", &*redirect_uri)];
    let answer = body(&post_to(&mut flow, &format!("/{HOME}/oauth2/token"), &fields, &[]));
    let want = [
        "token_type",
        "scope",
        "expires_in",
        "ext_expires_in",
        "expires_on",
        "not_before",
        "resource",
        "access_token",
        "refresh_token",
        "id_token",
    ];
    assert_eq!(names(&answer), want);
    assert_eq!(
        (answer["expires_in"].as_str(), answer["resource"].as_str()),
        (Some("3600"), Some("https://graph.microsoft.com"))
    );
    let ends = (flow.now.as_seconds() + 3600).to_string();
    assert_eq!(answer["expires_on"].as_str(), Some(&*ends));
    let said = claims(answer["id_token"].as_str().unwrap());
    assert_eq!(
        (said["ver"].as_str(), said["iss"].as_str()),
        (Some("1.0"), Some(&*format!("https://sts.windows.net/{HOME}/")))
    );
    assert_eq!(me(&mut flow, &answer).status, 200);
    let token = answer["refresh_token"].as_str().unwrap().to_owned();
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", &*token), ("resource", "https://graph.microsoft.com")];
    let again = body(&post_to(&mut flow, &format!("/{HOME}/oauth2/token"), &fields, &[]));
    assert_eq!(again["expires_in"], "3600");
}

#[test]
fn documents_name_the_tenant_that_they_are_about() {
    let mut flow = flow(&[]);
    let cases = [
        ("common", "common", "{tenantid}"),
        ("organizations", "organizations", "{tenantid}"),
        ("consumers", CONSUMERS, CONSUMERS),
        ("acme.example", HOME, HOME),
        ("ACME.example", HOME, HOME),
        (PARTNER, PARTNER, PARTNER),
    ];
    for (named, path, issuer) in cases {
        let document = body(&flow.send("GET", &format!("/{named}/v2.0/.well-known/openid-configuration"), &[], ""));
        assert_eq!(document["issuer"], format!("http://127.0.0.1:8080/{issuer}/v2.0"), "{named}");
        assert_eq!(document["token_endpoint"], format!("http://127.0.0.1:8080/{path}/oauth2/v2.0/token"), "{named}");
        assert_eq!(document["tenant_region_scope"].is_null(), issuer == "{tenantid}", "{named}");
        assert!(
            document.get("code_challenge_methods_supported").is_none()
                && document.get("grant_types_supported").is_none()
        );
        let older = body(&flow.send("GET", &format!("/{named}/.well-known/openid-configuration"), &[], ""));
        assert_eq!(older["issuer"], format!("https://sts.windows.net/{issuer}/"), "{named}");
        let keys = document["jwks_uri"].as_str().unwrap().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
        assert_eq!(flow.send("GET", &keys, &[], "").status, 200, "{keys}");
    }
    let unknown = flow.send("GET", "/nobody.example/v2.0/.well-known/openid-configuration", &[], "");
    assert_eq!((code(&unknown), body(&unknown)["error"].as_str()), (90_002, Some("invalid_tenant")));
    flow.tenant = Some("nobody.example");
    let unknown = post(&mut flow, &[("grant_type", "refresh_token")], &[]);
    assert_eq!((code(&unknown), body(&unknown)["error"].as_str()), (90_002, Some("invalid_request")));
}

#[test]
fn a_code_is_redeemed_where_it_was_asked_for() {
    for (there, here, want) in
        [("common", "common", 200), (HOME, "acme.example", 200), ("common", HOME, 400), (HOME, "common", 400)]
    {
        let mut flow = flow(&[]);
        flow.tenant = Some(there);
        let got = parameter(&flow.sign_in(&[("scope", "User.Read")]), "code").unwrap();
        flow.tenant = Some(here);
        let response = super::support::redeem(&mut flow, &got, &[]);
        assert_eq!(response.status, want, "{there} {here}");
        assert_eq!((want == 400).then(|| code(&response)), (want == 400).then_some(700_005));
    }
}

#[test]
fn a_device_gets_nine_letters_and_is_connected_on_the_page() {
    let mut flow = flow_of(NATIVE, &[]);
    flow.tenant = Some("organizations");
    let path = "/organizations/oauth2/v2.0/devicecode";
    let without = flow.send("POST", path, &[FORM], &encode(&[("client_id", NATIVE)]));
    assert_eq!(code(&without), 900_144);
    let answer = body(&flow.send(
        "POST",
        path,
        &[FORM],
        &encode(&[("client_id", NATIVE), ("scope", "User.Read offline_access")]),
    ));
    assert_eq!(names(&answer), ["user_code", "device_code", "verification_uri", "expires_in", "interval", "message"]);
    assert_eq!((answer["expires_in"].as_u64(), answer["interval"].as_u64()), (Some(900), Some(5)));
    assert_eq!(answer["verification_uri"], "https://microsoft.com/devicelogin");
    let user_code = answer["user_code"].as_str().unwrap().to_owned();
    assert_eq!(user_code.len(), 9);
    assert!(answer["message"].as_str().unwrap().ends_with(&format!("enter the code {user_code} to authenticate.")));
    let device_code = answer["device_code"].as_str().unwrap().to_owned();
    let poll = |flow: &mut Flow, grant: &str| {
        let fields = [("grant_type", grant), ("device_code", &*device_code), ("code", &*device_code)];
        post(flow, &fields, &[])
    };
    let long = "urn:ietf:params:oauth:grant-type:device_code";
    for _ in 0..3 {
        let pending = poll(&mut flow, long);
        assert_eq!(
            (code(&pending), body(&pending)["error"].as_str()),
            (70_016, Some("authorization_pending")),
            "never slow_down"
        );
    }
    let page = flow.visit("/devicelogin");
    let typed = form(&page);
    let mut page = flow.submit(&typed, &[("user_code", &user_code)]);
    page = flow.follow(page);
    while !text(&page).contains("connected") {
        page = flow.fill(&page);
    }
    let tokens = body(&poll(&mut flow, "device_code"));
    assert_eq!(me(&mut flow, &tokens).status, 200);
    let older = body(&flow.send(
        "POST",
        "/common/oauth2/devicecode",
        &[FORM],
        &encode(&[("client_id", NATIVE), ("resource", "https://graph.microsoft.com")]),
    ));
    assert_eq!((older["expires_in"].as_str(), older["verification_url"].is_string()), (Some("900"), true));
}

#[test]
fn a_device_code_is_over_after_fifteen_minutes() {
    for (span, want) in [("14m 59s 999ms", 70_016), ("15m", 70_020)] {
        let mut flow = flow_of(NATIVE, &[]);
        let path = format!("/{HOME}/oauth2/v2.0/devicecode");
        let answer =
            body(&flow.send("POST", &path, &[FORM], &encode(&[("client_id", NATIVE), ("scope", "User.Read")])));
        flow.advance(span);
        let fields = [("grant_type", "device_code"), ("device_code", answer["device_code"].as_str().unwrap())];
        assert_eq!(code(&post(&mut flow, &fields, &[])), want, "{span}");
    }
}

#[test]
fn an_administrator_agrees_for_everybody() {
    let mut flow = flow(&[]);
    let refused = flow.sign_in(&[("scope", "Directory.Read.All")]);
    assert!(text(&refused).contains("AADSTS90094"), "{}", text(&refused));
    let fields = [("client_id", &*flow.client.id.0), ("redirect_uri", &*flow.client.redirect_uris[0]), ("state", "s")];
    let url = format!("/{HOME}/adminconsent?{}", encode(&fields));
    let page = flow.visit(&url);
    let mut page = flow.follow(page);
    while page.status == 200 {
        page = flow.fill(&page);
    }
    let of = |name: &str| parameter(&page, name);
    assert_eq!((of("tenant").as_deref(), of("admin_consent").as_deref()), (Some(HOME), Some("True")));
    assert_eq!((of("state").as_deref(), of("code")), (Some("s"), None));
    let granted = flow.sign_in(&[("scope", "Directory.Read.All")]);
    assert!(parameter(&granted, "code").is_some(), "{granted:?}");
}

#[test]
fn a_redirection_uri_is_compared_as_the_documentation_says() {
    let cases: [(&str, Option<&str>); 8] = [
        ("http://localhost/callback", Some("http://localhost/callback?code=")),
        ("http://localhost:8400/callback", Some("http://localhost:8400/callback?code=")),
        ("http://localhost/Callback", None),
        ("http://localhost/callback/", None),
        ("http://127.0.0.1/callback", None),
        ("http://other.example/callback", None),
        ("https://bare.example", Some("https://bare.example/?code=")),
        ("callback", None),
    ];
    for (uri, want) in cases {
        let mut world = super::support::world();
        world.clients[0].redirect_uris =
            vec!["http://localhost/callback".to_owned(), "https://bare.example".to_owned()];
        let mut flow = Flow::new(flow(&[]).idp.policy().clone(), world);
        let response = flow.sign_in(&[("redirect_uri", uri), ("scope", "User.Read")]);
        let location = response.headers.get("location").unwrap_or_default().to_owned();
        match want {
            Some(want) => assert!(location.starts_with(want), "{uri}: {location}"),
            None => {
                assert_eq!((response.status, location.as_str()), (400, ""), "{uri}");
                let shown = text(&response);
                assert!(shown.contains("AADSTS50011") || uri == "callback" && shown.contains("AADSTS90102"), "{shown}");
            }
        }
    }
}

#[test]
fn signing_out_needs_a_registered_place_to_go() {
    let mut flow = flow(&[]);
    let answer = super::support::tokens(&mut flow, "openid profile User.Read", &[]);
    let id_token = answer["id_token"].as_str().unwrap().to_owned();
    let url = |uri: &str| {
        format!(
            "/{HOME}/oauth2/v2.0/logout?{}",
            encode(&[("post_logout_redirect_uri", uri), ("id_token_hint", &id_token)])
        )
    };
    assert_eq!(flow.visit(&url("https://evil.example/")).status, 400);
    let done = flow.visit(&url("https://client.example/signed-out"));
    assert_eq!(done.headers.get("location"), Some("https://client.example/signed-out"));
}

#[test]
fn instance_discovery_and_user_realm_are_answered() {
    let mut flow = flow(&[]);
    let ask = |flow: &mut Flow, host: &str| {
        let url = format!("https://{host}/common/oauth2/v2.0/authorize");
        let query = encode(&[("api-version", "1.1"), ("authorization_endpoint", &url)]);
        flow.send("GET", &format!("/common/discovery/instance?{query}"), &[], "")
    };
    let known = body(&ask(&mut flow, "login.microsoftonline.com"));
    assert_eq!(known["metadata"][0]["preferred_cache"], "login.windows.net");
    let refused = ask(&mut flow, "evil.example");
    assert_eq!((code(&refused), body(&refused)["error"].as_str()), (50_049, Some("invalid_instance")));
    let realm = body(&flow.send("GET", "/common/userrealm/john.doe@acme.example?api-version=1.0", &[], ""));
    assert_eq!(
        (realm["account_type"].as_str(), realm["domain_name"].as_str()),
        (Some("Managed"), Some("acme.example"))
    );
}

#[test]
fn accounts_sign_in_where_they_belong() {
    let shown = |tenant: &'static str, personal: bool| {
        let mut flow = flow_of(NATIVE, &[]);
        if personal {
            flow = as_person(flow);
        }
        flow.tenant = Some(tenant);
        let response = flow.sign_in(&[("scope", "User.Read")]);
        parameter(&response, "code").map_or_else(|| text(&response), |_| "code".to_owned())
    };
    assert_eq!(shown("common", false), "code");
    assert_eq!(shown("common", true), "code");
    assert_eq!(shown("organizations", false), "code");
    assert!(shown("organizations", true).contains("AADSTS500208"));
    assert!(shown("consumers", false).contains("AADSTS50020"));
    assert!(shown(PARTNER, false).contains("AADSTS50020"));
    let mut world = super::support::world();
    world.users[0].guest_in.insert(PARTNER.to_owned());
    let mut guest = Flow::new(flow(&[]).idp.policy().clone(), world);
    guest.tenant = Some(PARTNER);
    let answer = super::support::tokens(&mut guest, "openid profile User.Read", &[]);
    let said: Value = claims(answer["id_token"].as_str().unwrap());
    assert_eq!(said["tid"], PARTNER);
    assert_ne!(guest.client.id, ClientId(NATIVE.to_owned()));
}
