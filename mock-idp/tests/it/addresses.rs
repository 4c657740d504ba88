//! By which names the provider goes: fixed, or taken from each request, also behind a proxy.

use mock_idp::profile::load;
use mock_idp::proto::address::Addresses;
use mock_idp::shell::{Config, MockIdp};

use crate::support::START;
use crate::wire::once;

async fn start(issuer: Option<&str>, browser: Option<&str>, trusts_forwarded: bool) -> MockIdp {
    let base = |text: Option<&str>| text.map(|text| text.parse().unwrap());
    let config = Config {
        addresses: Addresses { issuer: base(issuer), browser: base(browser) },
        trusts_forwarded,
        ..Config::new(load("rfc", &[]).unwrap(), START.parse().unwrap())
    };
    MockIdp::start(config).await.unwrap()
}

/// What the discovery document names: issuer, authorization endpoint, token endpoint; without their paths.
async fn document(idp: &MockIdp, fields: &[(&str, &str)]) -> [String; 3] {
    let body = once(idp.url(), "GET", "/.well-known/openid-configuration", fields, "").await.json();
    let text = |name: &str, path: &str| body[name].as_str().unwrap().strip_suffix(path).unwrap().to_owned();
    [text("issuer", ""), text("authorization_endpoint", "/authorize"), text("token_endpoint", "/token")]
}

#[tokio::test]
async fn without_being_told_the_provider_goes_by_the_name_that_it_was_called() {
    let idp = start(None, None, true).await;
    let name = "http://idp.test:8080";
    assert_eq!(document(&idp, &[("host", "idp.test:8080")]).await, [name, name, name]);
    let behind = &[("host", "inner"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "login.example")];
    let name = "https://login.example";
    assert_eq!(document(&idp, behind).await, [name, name, name]);
    let terminated = &[("host", "login.example"), ("forwarded", "for=1.2.3.4;proto=https")];
    assert_eq!(document(&idp, terminated).await, [name, name, name]);
    let hostile =
        &[("host", "idp.test"), ("x-forwarded-host", "evil.example/\"><b>"), ("x-forwarded-proto", "javascript")];
    assert_eq!(document(&idp, hostile).await, ["http://idp.test", "http://idp.test", "http://idp.test"]);
}

#[tokio::test]
async fn what_a_proxy_says_can_be_passed_over() {
    let idp = start(None, None, false).await;
    let behind = &[("host", "idp.test"), ("x-forwarded-proto", "https"), ("forwarded", "host=login.example")];
    assert_eq!(document(&idp, behind).await, ["http://idp.test", "http://idp.test", "http://idp.test"]);
}

#[tokio::test]
async fn a_browser_and_a_container_use_different_names_and_agree_on_the_issuer() {
    let idp = start(Some("http://idp:8080"), Some("http://localhost:8080"), true).await;
    let want = ["http://idp:8080", "http://localhost:8080", "http://idp:8080"];
    assert_eq!(document(&idp, &[("host", "idp:8080")]).await, want);
    let want = ["http://idp:8080", "http://localhost:8080", "http://localhost:8080"];
    assert_eq!(document(&idp, &[("host", "localhost:8080")]).await, want, "and back where the call got through");
}

#[tokio::test]
async fn the_browsers_name_is_the_issuer_where_no_other_is_given() {
    let idp = start(None, Some("https://login.example"), true).await;
    let want = ["https://login.example", "https://login.example", "http://idp:8080"];
    assert_eq!(document(&idp, &[("host", "idp:8080")]).await, want);
}
