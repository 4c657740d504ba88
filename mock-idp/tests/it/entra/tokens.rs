//! Scopes, resources and tokens.

use mock_idp::proto::jose::subject_of;
use serde_json::{Value, json};

use super::support::{
    API, BROWSER, CONSUMERS, HOME, NATIVE, PARTNER, as_person, code, flow, flow_of, me, post, redeem, refresh, tokens,
};
use crate::openid::discovery::{CHALLENGE, VERIFIER};
use crate::openid::support::{body, claims, header, names};
use crate::support::{Flow, parameter};

const GRAPH: &str = "https://graph.microsoft.com";
const ALL: &str = "openid profile email offline_access User.Read";

#[test]
fn a_token_response_has_what_libraries_keep_accounts_by() {
    let mut flow = flow(&[]);
    let code = parameter(&flow.sign_in(&[("scope", ALL), ("client_info", "1"), ("nonce", "n")]), "code").unwrap();
    let response = redeem(&mut flow, &code, &[("client_info", "1")]);
    let answer = body(&response);
    let want = [
        "token_type",
        "scope",
        "expires_in",
        "ext_expires_in",
        "access_token",
        "refresh_token",
        "id_token",
        "client_info",
    ];
    assert_eq!(names(&answer), want);
    assert_eq!(answer["scope"], "User.Read openid profile email");
    assert_eq!((answer["expires_in"].as_u64(), answer["ext_expires_in"].as_u64()), (Some(3600), Some(3600)));
    assert_eq!(response.headers.get("x-ms-clitelem"), Some("1,0,0,,"));
    assert!(response.headers.get("x-ms-request-id").is_some_and(|id| id.len() == 36));
    let uid = subject_of(&flow.user.name);
    let info = claims(&format!(".{}", answer["client_info"].as_str().unwrap()));
    assert_eq!(info, json!({ "uid": uid, "utid": HOME }));
    let id_token = answer["id_token"].as_str().unwrap();
    assert_eq!(header(id_token)["typ"], "JWT");
    let said = claims(id_token);
    assert_eq!(said["iss"], format!("http://127.0.0.1:8080/{HOME}/v2.0"));
    assert_eq!(
        (said["oid"].as_str(), said["tid"].as_str(), said["ver"].as_str()),
        (Some(&*uid), Some(HOME), Some("2.0"))
    );
    assert_eq!((said["nonce"].as_str(), said["preferred_username"].as_str()), (Some("n"), Some(&*flow.user.name)));
    assert_ne!(said["sub"], said["oid"], "pairwise");
    assert_eq!(said["iat"].as_i64(), Some(flow.now.as_seconds() - 300), "five minutes early");
    assert!(said.get("at_hash").is_none() && said.get("auth_time").is_none(), "{said}");
}

#[test]
fn without_the_scope_profile_an_id_token_names_nobody() {
    let mut flow = flow(&[]);
    let answer = tokens(&mut flow, "openid User.Read", &[]);
    assert_eq!(names(&answer), ["token_type", "scope", "expires_in", "ext_expires_in", "access_token", "id_token"]);
    let said = claims(answer["id_token"].as_str().unwrap());
    for absent in ["name", "oid", "preferred_username", "email"] {
        assert!(said.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn the_version_of_an_access_token_follows_from_its_resource() {
    let mut flow = flow(&[]);
    let graph = tokens(&mut flow, "User.Read offline_access", &[]);
    let token = graph["access_token"].as_str().unwrap();
    assert!(token.starts_with("eyJ0eXAiOiJKV1QiLCJub25jZSI6"), "{token}");
    let said = claims(token);
    assert_eq!((said["ver"].as_str(), said["aud"].as_str()), (Some("1.0"), Some(GRAPH)));
    assert_eq!((said["scp"].as_str(), said["appidacr"].as_str()), (Some("User.Read"), Some("1")));
    assert_eq!(said["iss"], format!("https://sts.windows.net/{HOME}/"));
    assert_eq!(said["oid"], subject_of(&flow.user.name));
    assert!(!verifies(&mut flow, token), "the nonce was hashed before the token was signed");
    let own = tokens(&mut flow, "api://acme-api/access_as_user", &[]);
    let token = own["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!(
        (said["ver"].as_str(), said["aud"].as_str()),
        (Some("2.0"), Some("6d1c9a54-2b7e-4f30-9c8d-e1f5a0b3c7d2"))
    );
    assert_eq!((said["azpacr"].as_str(), said["scp"].as_str()), (Some("1"), Some("access_as_user")));
    assert!(verifies(&mut flow, token), "{token}");
}

/// Whether a published key verifies a token; the keys are compared by the certificates' members too.
fn verifies(flow: &mut Flow, token: &str) -> bool {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let set = body(&flow.send("GET", "/common/discovery/v2.0/keys", &[], ""));
    let keys = set["keys"].as_array().unwrap();
    assert!(keys.len() > 1, "always several");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let kid = header(token)["kid"].clone();
    let key = keys.iter().find(|key| key["kid"] == kid).unwrap();
    assert_eq!((key["x5t"].clone(), key["issuer"].as_str()), (kid, Some("http://127.0.0.1:8080/{tenantid}/v2.0")));
    let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    RsaPublicKeyComponents { n: part("n"), e: part("e") }
        .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .is_ok()
}

#[test]
fn consent_may_span_resources_and_each_token_is_for_one() {
    let mut flow = flow(&[]);
    let outlook = "https://outlook.office.com/IMAP.AccessAsUser.All";
    let both = format!("User.Read {outlook} offline_access");
    let first = tokens(&mut flow, &both, &[]);
    assert_eq!(claims(first["access_token"].as_str().unwrap())["aud"], GRAPH, "the first one");
    let second = body(&refresh(&mut flow, &first, outlook));
    assert_eq!(claims(second["access_token"].as_str().unwrap())["aud"], "https://outlook.office.com");
    assert_eq!(second["scope"], outlook);
    assert_eq!(code(&refresh(&mut flow, &first, &both)), 28000);
    assert_eq!(code(&refresh(&mut flow, &first, "api://acme-api/access_as_user")), 65001, "nobody was asked");
    let alias = "https://outlook.office365.com/IMAP.AccessAsUser.All";
    let third = body(&refresh(&mut flow, &first, alias));
    assert_eq!(
        claims(third["access_token"].as_str().unwrap())["aud"],
        "https://outlook.office.com",
        "the same by alias"
    );
}

#[test]
fn scopes_are_spelled_as_the_setting_says() {
    let full = "https://graph.microsoft.com/User.Read";
    for (spelling, asked, want) in [
        ("as_asked", "User.Read", "User.Read"),
        ("as_asked", full, full),
        ("full", "User.Read", full),
        ("bare", full, "User.Read"),
    ] {
        let mut flow = flow(&[&format!("scopes.resource_servers.spelling={spelling}")]);
        assert_eq!(tokens(&mut flow, asked, &[])["scope"], want, "{spelling} {asked}");
    }
}

#[test]
fn refresh_tokens_are_good_many_times_until_each_is_ninety_days_old() {
    let mut flow = flow(&[]);
    let first = tokens(&mut flow, "User.Read offline_access", &[]);
    let second = body(&refresh(&mut flow, &first, "User.Read"));
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    for _ in 0..3 {
        assert_eq!(refresh(&mut flow, &first, "User.Read").status, 200, "used again");
        flow.advance("1h");
    }
    flow.advance("89d 20h 59m 59s 999ms");
    assert_eq!(refresh(&mut flow, &first, "User.Read").status, 200);
    let newest = body(&refresh(&mut flow, &second, "User.Read"));
    flow.advance("1ms");
    let refused = refresh(&mut flow, &first, "User.Read");
    assert_eq!((code(&refused), body(&refused)["suberror"].as_str()), (700_082, Some("bad_token")));
    let text = body(&refused)["error_description"].as_str().unwrap().to_owned();
    assert!(text.contains("issued on 2021-11-15T02:00:00.0000000Z and was inactive for 90.00:00:00."), "{text}");
    flow.advance("89d");
    assert_eq!(refresh(&mut flow, &newest, "User.Read").status, 200, "its age counts from its own issue");
}

#[test]
fn what_a_browser_was_given_only_a_browser_redeems_and_only_for_a_day() {
    let origin = ("origin", "https://spa.example");
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let mut flow = flow_of(BROWSER, &[]);
    let scope = [("scope", "User.Read offline_access")];
    let begin = |flow: &mut Flow, more: &[(&str, &str)]| {
        let code = parameter(&flow.sign_in(&[&scope, more].concat()), "code").unwrap();
        vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".to_owned(), code),
            ("redirect_uri".to_owned(), flow.client.redirect_uris[0].clone()),
        ]
    };
    let fields = |owned: &[(String, String)], more: &[(&'static str, &'static str)]| -> Vec<(String, String)> {
        owned.iter().cloned().chain(more.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))).collect()
    };
    let send = |flow: &mut Flow, all: &[(String, String)], headers: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        post(flow, &all, headers)
    };
    let bare = begin(&mut flow, &[]);
    assert_eq!(code(&send(&mut flow, &bare, &[origin])), 9_002_325);
    let with = fields(&begin(&mut flow, &pkce), &[("code_verifier", VERIFIER)]);
    assert_eq!(code(&send(&mut flow, &with, &[])), 9_002_327);
    let with = fields(&begin(&mut flow, &pkce), &[("code_verifier", VERIFIER)]);
    let first = body(&send(&mut flow, &with, &[origin]));
    assert_eq!(first["refresh_token_expires_in"], 86_400);
    flow.advance("23h 59m 59s 999ms");
    let old = first["refresh_token"].as_str().unwrap().to_owned();
    let again = [("grant_type", "refresh_token"), ("refresh_token", &*old)];
    assert_eq!(code(&post(&mut flow, &again, &[])), 9_002_327);
    let second = body(&post(&mut flow, &again, &[origin]));
    assert_eq!(second["refresh_token_expires_in"], 0, "it inherits the end");
    flow.advance("1ms");
    let newest = second["refresh_token"].as_str().unwrap().to_owned();
    let last = [("grant_type", "refresh_token"), ("refresh_token", &*newest)];
    assert_eq!(code(&post(&mut flow, &last, &[origin])), 700_084);
    let mut web = flow_of(NATIVE, &[]);
    let code_of_web = parameter(&web.sign_in(&scope), "code").unwrap();
    let uri = web.client.redirect_uris[0].clone();
    let fields = [("grant_type", "authorization_code"), ("code", &*code_of_web), ("redirect_uri", &*uri)];
    assert_eq!(code(&post(&mut web, &fields, &[origin])), 9_002_326);
}

#[test]
fn tokens_of_personal_accounts_are_opaque_and_say_so_nowhere() {
    let mut flow = as_person(flow_of(NATIVE, &[]));
    flow.tenant = Some("consumers");
    let answer = tokens(&mut flow, ALL, &[]);
    let token = answer["access_token"].as_str().unwrap();
    assert!(token.starts_with("EwB") && !token.contains('.'), "{token}");
    assert_eq!(claims(answer["id_token"].as_str().unwrap())["tid"], CONSUMERS);
    let said = body(&me(&mut flow, &answer));
    assert_eq!(said["userPrincipalName"], "jane.roe@outlook.example");
    assert_eq!(me(&mut flow, &answer).status, 200);
}

#[test]
fn a_client_acts_for_itself_in_one_tenant_and_for_all_that_it_was_registered_with() {
    let mut flow = flow(&[]);
    let ask = |flow: &mut Flow, scope: &str| post(flow, &[("grant_type", "client_credentials"), ("scope", scope)], &[]);
    let answer = body(&ask(&mut flow, "https://graph.microsoft.com/.default"));
    assert_eq!(names(&answer), ["token_type", "scope", "expires_in", "ext_expires_in", "access_token"]);
    let said = claims(answer["access_token"].as_str().unwrap());
    assert_eq!((said["idtyp"].as_str(), said["roles"].clone()), (Some("app"), json!(["Mail.Read", "User.Read.All"])));
    assert!(said.get("scp").is_none(), "{said}");
    let refused = me(&mut flow, &answer);
    assert_eq!((refused.status, body(&refused)["error"]["code"].as_str()), (400, Some("BadRequest")));
    assert_eq!(code(&ask(&mut flow, "User.Read")), 1_002_012);
    assert_eq!(code(&ask(&mut flow, "https://nobody.example/.default")), 500_011);
    for shared in ["common", "organizations"] {
        flow.tenant = Some(shared);
        assert_eq!(code(&ask(&mut flow, "https://graph.microsoft.com/.default")), 50_059, "{shared}");
    }
    flow.tenant = Some(PARTNER);
    let said = claims(body(&ask(&mut flow, "https://graph.microsoft.com/.default"))["access_token"].as_str().unwrap());
    assert_eq!(said["tid"], PARTNER);
}

#[test]
fn an_api_calls_another_on_behalf_of_its_caller() {
    let mut flow = flow(&[]);
    let caller = tokens(&mut flow, "api://acme-api/access_as_user offline_access", &[]);
    let assertion = caller["access_token"].as_str().unwrap().to_owned();
    let foreign = tokens(&mut flow, "User.Read", &[])["access_token"].as_str().unwrap().to_owned();
    flow.client = flow.idp.world().clients.iter().find(|known| known.id.0 == API).cloned().unwrap();
    let ask = |flow: &mut Flow, assertion: &str| {
        let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        let fields = [grant, ("assertion", assertion), ("requested_token_use", "on_behalf_of"), ("scope", "User.Read")];
        post(flow, &fields, &[])
    };
    let refused = ask(&mut flow, &assertion);
    assert_eq!((code(&refused), body(&refused)["suberror"].as_str()), (65_001, Some("consent_required")));
    assert_eq!(code(&ask(&mut flow, &foreign)), 50_013, "a token for Graph is none for the API");
    tokens(&mut flow, "User.Read", &[]);
    let answer = body(&ask(&mut flow, &assertion));
    let said = claims(answer["access_token"].as_str().unwrap());
    assert_eq!((said["aud"].as_str(), said["appid"].as_str()), (Some(GRAPH), Some(API)));
    assert_eq!(said["oid"], subject_of(&flow.user.name));
    flow.advance("1h");
    assert_eq!(code(&ask(&mut flow, &assertion)), 500_133);
}

#[test]
fn graph_says_who_the_user_is_and_mail_may_be_null() {
    let mut flow = flow(&[]);
    let answer = tokens(&mut flow, "User.Read", &[]);
    let response = me(&mut flow, &answer);
    assert_eq!(response.headers.get("odata-version"), Some("4.0"));
    let said = body(&response);
    assert_eq!(said["@odata.context"], "https://graph.microsoft.com/v1.0/$metadata#users/$entity");
    assert_eq!(said["id"], claims(answer["access_token"].as_str().unwrap())["oid"]);
    assert_eq!((said["mail"].as_str(), said["givenName"].as_str()), (Some(&*flow.user.name), Some("John")));
    let mut world = super::support::world();
    world.users[0].without_mail = true;
    let policy = flow.idp.policy().clone();
    let mut flow = Flow::new(policy, world);
    let answer = tokens(&mut flow, "User.Read", &[]);
    assert_eq!(body(&me(&mut flow, &answer))["mail"], Value::Null);
}

#[test]
fn graph_refuses_in_its_own_words() {
    let mut flow = flow(&[]);
    let answer = tokens(&mut flow, "User.Read offline_access", &[]);
    let own = tokens(&mut flow, "api://acme-api/access_as_user", &[]);
    let mail = tokens(&mut flow, "Mail.Read", &[]);
    let bearer = |token: &Value| format!("Bearer {}", token["access_token"].as_str().unwrap());
    let cases = [
        (None, 401, "Access token is empty."),
        (Some("Bearer garbage".to_owned()), 401, "IDX14100: JWT is not well formed"),
        (Some(bearer(&own)), 401, "Access token validation failure. Invalid audience."),
        (Some(bearer(&mail)), 403, "Insufficient privileges to complete the operation."),
    ];
    for (token, status, text) in cases {
        let headers: Vec<(&str, &str)> = token.iter().map(|token| ("authorization", token.as_str())).collect();
        let response = flow.send("GET", "/v1.0/me", &headers, "");
        let error = body(&response)["error"].clone();
        assert_eq!(response.status, status, "{text}");
        assert!(error["message"].as_str().unwrap().starts_with(text), "{error}");
        assert_eq!(error["innerError"]["request-id"].as_str(), response.headers.get("request-id"), "{text}");
        let challenge = response.headers.get("www-authenticate");
        assert_eq!(challenge.is_some(), status == 401, "{text}");
    }
    flow.advance("1h");
    let late = me(&mut flow, &answer);
    assert_eq!(body(&late)["error"]["message"], "Lifetime validation failed, the token is expired.");
}
