//! The grants beside code and refresh token, and the ways to authenticate.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use mock_idp::profile::load;
use mock_idp::proto::Change;
use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::client::{Client, ClientId};
use mock_idp::shell::demo_world;
use serde_json::{Value, json};

use crate::openid::support::{body, claims, names, op};
use crate::support::{FORM, Flow, encode, form, text};

#[test]
fn a_client_acts_for_itself_and_for_nobody_else() {
    let mut flow = op(&[]);
    let response = body(&flow.token(&[("grant_type", "client_credentials"), ("scope", "api")]));
    assert_eq!(names(&response), ["access_token", "token_type", "expires_in", "scope"]);
    let token = response["access_token"].as_str().unwrap();
    assert_eq!(claims(token)["sub"], flow.client.id.0.as_str());
    let answer = body(&flow.call(token));
    assert_eq!(answer["sub"], flow.client.id.0.as_str());
    let header = format!("Bearer {token}");
    assert_eq!(flow.send("GET", "/userinfo", &[("authorization", &header)], "").status, 403);
    flow.token(&[("grant_type", "client_credentials"), ("scope", "openid")]);
    assert_eq!(flow.refused(), Some(CauseKind::ScopeUnknown), "nobody signed in");
}

#[test]
fn a_public_client_has_no_credentials_to_act_with() {
    let mut world = demo_world();
    world.clients[0].secret = None;
    let mut flow = Flow::new(load("rfc", &[]).unwrap().policy, world);
    let id = flow.client.id.0.clone();
    let fields = [("grant_type", "client_credentials"), ("client_id", &*id)];
    let response = flow.send("POST", "/token", &[FORM], &encode(&fields));
    assert_eq!((response.status, body(&response)["error"].as_str()), (400, Some("unauthorized_client")));
    let fields = [("token", "x"), ("client_id", &*id)];
    assert_eq!(flow.send("POST", "/introspect", &[FORM], &encode(&fields)).status, 401);
}

#[test]
fn name_and_password_are_exchanged_for_tokens() {
    let mut flow = op(&[]);
    let (name, password) = (flow.user.name.clone(), flow.user.password.expose().clone());
    let asked = [("grant_type", "password"), ("username", &*name), ("scope", "openid offline_access")];
    let response = body(&flow.token(&[&asked[..], &[("password", &*password)]].concat()));
    assert_eq!(names(&response), ["access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope"]);
    let wrong = flow.token(&[&asked[..], &[("password", "wrong")]].concat());
    assert_eq!((wrong.status, body(&wrong)["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(flow.refused(), Some(CauseKind::UserPasswordWrong));
    flow.token(&asked);
    assert_eq!(flow.refused(), Some(CauseKind::ParameterMissing));
}

fn device(flow: &mut Flow) -> Value {
    let (id, secret) = (flow.client.id.0.clone(), flow.client.secret.clone().unwrap());
    let fields = [("client_id", id.as_str()), ("client_secret", secret.expose()), ("scope", "openid offline_access")];
    body(&flow.send("POST", "/device-authorization", &[FORM], &encode(&fields)))
}

fn poll(flow: &mut Flow, code: &str) -> Result<Value, String> {
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let answer = body(&flow.token(&[("grant_type", grant), ("device_code", code)]));
    match answer["error"].as_str() {
        Some(error) => Err(error.to_owned()),
        None => Ok(answer),
    }
}

#[test]
fn a_device_is_connected_by_a_code_that_a_person_types() {
    let mut flow = op(&[]);
    let asked = device(&mut flow);
    assert_eq!((&asked["interval"], &asked["expires_in"]), (&json!(5), &json!(1800)));
    let (code, user_code) = (asked["device_code"].as_str().unwrap(), asked["user_code"].as_str().unwrap());
    assert_eq!(asked["verification_uri"], "http://127.0.0.1:8080/device");
    assert_eq!(asked["verification_uri_complete"], format!("http://127.0.0.1:8080/device?user_code={user_code}"));
    assert_eq!(poll(&mut flow, code), Err("authorization_pending".to_owned()));
    let page = flow.visit(&format!("/device?user_code={user_code}"));
    assert!(text(&page).contains(user_code), "the link fills it in, the person confirms");
    let wrong = flow.submit(&form(&page), &[("user_code", "XXXX-XXXX")]);
    assert!(text(&wrong).contains("not known") && flow.refused() == Some(CauseKind::UserCodeWrong));
    let typed = user_code.to_lowercase().replace('-', " ");
    let response = flow.submit(&form(&page), &[("user_code", &typed)]);
    let mut page = flow.follow(response);
    for _ in 0..3 {
        page = flow.fill(&page);
    }
    assert!(text(&page).contains("Your device is connected."), "{}", text(&page));
    flow.advance("5s");
    let tokens = poll(&mut flow, code).unwrap();
    assert_eq!(names(&tokens), ["access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope"]);
    flow.advance("5s");
    assert_eq!(poll(&mut flow, code), Err("invalid_grant".to_owned()), "once");
    let again = flow.post("/device", &[("user_code", user_code)]);
    assert!(text(&again).contains("not known"));
}

#[test]
fn a_device_that_polls_too_fast_must_wait_five_seconds_longer_each_time() {
    let mut flow = op(&[]);
    let asked = device(&mut flow);
    let code = asked["device_code"].as_str().unwrap();
    assert_eq!(poll(&mut flow, code), Err("authorization_pending".to_owned()));
    flow.advance("4s 999ms");
    assert_eq!(poll(&mut flow, code), Err("slow_down".to_owned()));
    flow.advance("9s 999ms");
    assert_eq!(poll(&mut flow, code), Err("slow_down".to_owned()), "ten seconds now");
    flow.advance("15s");
    assert_eq!(poll(&mut flow, code), Err("authorization_pending".to_owned()));
    flow.advance("30m");
    assert_eq!(poll(&mut flow, code), Err("expired_token".to_owned()));
    assert_eq!(poll(&mut flow, "unknown"), Err("invalid_grant".to_owned()));
}

#[test]
fn a_device_that_is_refused_is_told_so() {
    let mut flow = op(&[]);
    let asked = device(&mut flow);
    let response = flow.post("/device", &[("user_code", asked["user_code"].as_str().unwrap())]);
    let page = flow.follow(response);
    let page = flow.fill(&page);
    let page = flow.fill(&page);
    let refused = flow.submit(&form(&page), &[("consent", "refuse")]);
    assert!(text(&refused).contains("not connected"));
    assert_eq!(poll(&mut flow, asked["device_code"].as_str().unwrap()), Err("access_denied".to_owned()));
}

type Signing = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A client with a key of its own.
struct Signer {
    sign: Signing,
    algorithm: &'static str,
    jwk: Value,
}

fn ed25519() -> Signer {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "own"});
    Signer { sign: Box::new(move |text| pair.sign(text).as_ref().to_vec()), algorithm: "EdDSA", jwk }
}

fn p256() -> Signer {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref().to_vec();
    let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": part(1..33), "y": part(33..65), "kid": "own"});
    let sign = move |text: &[u8]| pair.sign(&SystemRandom::new(), text).unwrap().as_ref().to_vec();
    Signer { sign: Box::new(sign), algorithm: "ES256", jwk }
}

fn assertion(signer: &Signer, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": signer.algorithm, "kid": "own"})), part(claims));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode((signer.sign)(signed.as_bytes())))
}

fn with_key(signer: &Signer) -> Flow {
    let mut world = demo_world();
    let client = Client { secret: None, jwks: vec![signer.jwk.clone()], ..world.clients[0].clone() };
    world.clients[0] = client;
    Flow::new(load("rfc", &[]).unwrap().policy, world)
}

fn try_assertion(flow: &mut Flow, token: &str) -> Option<CauseKind> {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", token),
    ];
    flow.send("POST", "/token", &[FORM], &encode(&fields));
    flow.refused()
}

#[test]
fn a_client_that_signs_what_it_says_of_itself_is_believed_once_and_only_if_all_of_it_is_right() {
    for signer in [ed25519(), p256()] {
        let mut flow = with_key(&signer);
        let now = flow.now.as_seconds();
        let id = flow.client.id.0.clone();
        let good = json!({"iss": id, "sub": id, "aud": "http://127.0.0.1:8080/token", "exp": now + 60, "jti": "1"});
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            assertion(&signer, &claims)
        };
        assert_eq!(try_assertion(&mut flow, &assertion(&signer, &good)), None);
        let cases = [
            ("used before", assertion(&signer, &good)),
            ("another audience", with("aud", json!("https://other.example"))),
            ("another issuer", with("iss", json!("other"))),
            ("expired", with("exp", json!(now))),
            ("no end", with("exp", Value::Null)),
            ("not good yet", with("nbf", json!(now + 1))),
            ("no identifier", with("jti", Value::Null)),
            ("damaged", format!("{}AA", &assertion(&signer, &good).rsplit_once('.').unwrap().0.to_owned())),
            ("no JWT", "x".to_owned()),
        ];
        for (name, token) in cases {
            assert_eq!(try_assertion(&mut flow, &token), Some(CauseKind::ClientAssertionInvalid), "{name}");
        }
        for aud in [json!("http://127.0.0.1:8080"), json!(["x", "http://127.0.0.1:8080/token"])] {
            let mut claims = good.clone();
            claims["aud"] = aud.clone();
            claims["jti"] = aud.to_string().into();
            assert_eq!(try_assertion(&mut flow, &assertion(&signer, &claims)), None, "{aud}");
        }
    }
    let mut flow = with_key(&ed25519());
    let claims =
        json!({"iss": "c", "sub": "c", "aud": "http://127.0.0.1:8080", "exp": flow.now.as_seconds() + 60, "jti": "1"});
    assert_eq!(try_assertion(&mut flow, &assertion(&ed25519(), &claims)), Some(CauseKind::ClientUnknown));
    // The client has a key, and no secret that could be left out.
    flow.token(&[("grant_type", "client_credentials")]);
    assert_eq!(flow.refused(), Some(CauseKind::ClientAuthenticationMissing));
}

#[test]
fn each_way_to_authenticate_that_is_stated_is_taken() {
    let mut flow = op(&[]);
    let document = body(&flow.send("GET", "/.well-known/openid-configuration", &[], ""));
    let methods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
    assert_eq!(document["token_endpoint_auth_methods_supported"], json!(methods));
    assert_eq!(document["revocation_endpoint_auth_methods_supported"], json!(methods));
    assert_eq!(document["introspection_endpoint_auth_methods_supported"], json!(methods[..3]));
    for endpoint in ["token", "revocation", "introspection"] {
        let member = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        assert_eq!(
            document[&member],
            json!(["RS256", "ES256", "EdDSA"]),
            "RS256 is held by the tests of the signatures"
        );
    }
    let secret = flow.client.secret.clone().unwrap();
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", flow.client.id, secret.expose())));
    let grant = [("grant_type", "client_credentials")];
    let response = flow.send("POST", "/token", &[FORM, ("authorization", &basic)], &encode(&grant));
    assert_eq!(response.status, 200, "client_secret_basic");
    assert_eq!(flow.token(&grant).status, 200, "client_secret_post");
    let mut world = demo_world();
    world.clients[0] = Client { id: ClientId("public".into()), secret: None, ..world.clients[0].clone() };
    let mut public = Flow::new(load("rfc", &[]).unwrap().policy, world);
    assert_eq!(public.send("POST", "/revoke", &[FORM], "client_id=public&token=x").status, 200, "none");
}

#[test]
fn a_chain_that_ends_takes_the_tokens_of_every_grant_along() {
    let mut flow = op(&[]);
    let (name, password) = (flow.user.name.clone(), flow.user.password.expose().clone());
    let asked = [("grant_type", "password"), ("username", &*name), ("password", &*password), ("scope", "api")];
    let token = body(&flow.token(&asked))["access_token"].as_str().unwrap().to_owned();
    let service = body(&flow.token(&[("grant_type", "client_credentials"), ("scope", "api")]));
    let client = flow.client.id.clone();
    flow.change(&Change::ConsentWithdrawn { user: name, client });
    assert_eq!(flow.try_call(&token), Err(CauseKind::AccessTokenEnded));
    assert_eq!(flow.try_call(service["access_token"].as_str().unwrap()), Ok(()), "nobody's consent stands behind it");
}
