//! The pages beside signing in: forms that go elsewhere.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::proto::message::{Request, Response};
use crate::proto::page::render::page;
use crate::proto::params::Params;
use crate::proto::policy::Policy;
use crate::proto::template::Context;

const FORM_POST: &str = include_str!("form_post.html");
const DEVICE: &str = include_str!("device.html");
const SIGN_OUT: &str = include_str!("sign_out.html");

/// The script of the form that posts itself.
const SUBMIT: &str = "document.getElementById(\"form-post\").submit()";

/// The page that posts the parameters to the client (OAuth 2.0 Form Post Response Mode). Without scripts there is a button.
pub(crate) fn form_post(policy: &Policy, redirect_uri: &str, parameters: &[(&str, &str)]) -> Response {
    let context = Context::default().with("redirect_uri", redirect_uri).with("parameters", pairs(parameters));
    let mut response = page(policy, 200, FORM_POST, context);
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, SUBMIT.as_bytes()));
    let rules =
        format!("default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; frame-ancestors 'none'");
    response.headers.set("Content-Security-Policy", rules);
    response
}

/// The page where the code of a device is typed (RFC 8628 section 3.3).
pub(crate) fn device(policy: &Policy, user_code: &str, message: Option<&str>) -> Response {
    let action = policy.device.as_ref().map(|device| device.verification_path.clone()).unwrap_or_default();
    let context = Context::default()
        .with("action", action)
        .with("user_code", user_code)
        .with("message", message.unwrap_or_default());
    page(policy, 200, DEVICE, context)
}

/// The page that asks whether to sign out (RP-Initiated Logout 1.0 section 2). What the client sent goes on with the answer.
pub(crate) fn sign_out(policy: &Policy, request: &Request, confirm: &str, params: &Params) -> Response {
    let kept = ["post_logout_redirect_uri", "state", "client_id"];
    let kept: Vec<(&str, &str)> = kept.iter().filter_map(|name| Some((*name, params.first(name)?))).collect();
    let context = Context::default()
        .with("action", request.path.as_str())
        .with("confirm", confirm)
        .with("parameters", pairs(&kept));
    page(policy, 200, SIGN_OUT, context)
}

fn pairs(parameters: &[(&str, &str)]) -> minijinja::Value {
    let pair =
        |(name, value): &(&str, &str)| BTreeMap::from([("name", (*name).to_owned()), ("value", (*value).to_owned())]);
    parameters.iter().map(pair).map(minijinja::Value::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_posts_itself_holds_the_script_that_its_policy_allows() {
        let response = form_post(&Policy::default(), "https://c/\"><b>", &[("state", "\"><script>alert(1)</script>")]);
        let body = String::from_utf8(response.body).unwrap();
        assert!(body.contains(&format!("<script>{SUBMIT}</script>")), "{body}");
        assert_eq!(body.matches("<script>").count(), 1, "{body}");
        assert!(!body.contains("<b>"), "{body}");
    }
}
