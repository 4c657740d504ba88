//! The sign-in that a recording begins after.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mock_idp::proto::client::ClientId;
use mock_idp::proto::message::RequestBody;
use mock_idp::proto::policy::Policy;
use mock_idp::proto::time::{Span, Timestamp};
use url::Url;

use super::live::{Arrival, Live, get};
use super::params::{first, json, of_url};
use super::values::Values;
use crate::capture::CapturedExchange;
use crate::run::person::Tries;
use crate::scenario::Authorize;

/// What a recording's first request presents, and nobody is seen to issue.
#[derive(Debug)]
pub(super) enum Presented {
    Code(String),
    RefreshToken(String),
    /// An access token, and whether it was taken.
    AccessToken(String, bool),
}

impl Presented {
    pub(super) fn value(&self) -> &str {
        match self {
            Self::Code(value) | Self::RefreshToken(value) | Self::AccessToken(value, _) => value,
        }
    }

    /// How long before the recording it is taken to have been issued. A code is redeemed at once, and an access token that was taken is young; a
    /// refresh token is best when its provider's interval is over.
    pub(super) const fn age(&self) -> Span {
        match self {
            Self::Code(_) => Span::from_seconds(1),
            Self::AccessToken(_, true) => Span::from_seconds(60),
            Self::RefreshToken(_) | Self::AccessToken(_, false) => Span::from_seconds(3600),
        }
    }
}

/// What a request presents.
pub(super) fn presented(it: &CapturedExchange) -> Option<Presented> {
    if let Some(token) = first(&it.request, "refresh_token") {
        return Some(Presented::RefreshToken(token));
    }
    if first(&it.request, "grant_type").as_deref() == Some("authorization_code") {
        return first(&it.request, "code").map(Presented::Code);
    }
    let taken = it.response.as_ref().is_some_and(|it| it.status < 400);
    let (scheme, token) = it.request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Presented::AccessToken(token.to_owned(), taken))
}

/// Signs in, and gives what stands for it here. Nothing where nobody can sign in.
pub(super) fn issue(
    live: &mut Live,
    values: &Values,
    policy: &Policy,
    client: &ClientId,
    now: Timestamp,
    it: &CapturedExchange,
    presented: &Presented,
) -> Option<String> {
    let client = live.idp.world().clients.iter().find(|known| known.id == *client).cloned()?;
    let origin = it.request.url.origin().ascii_serialization();
    let tenant = policy.tenants.as_ref().map(|tenants| tenants.home.as_str());
    let sent = first(&it.request, "redirect_uri").filter(|_| matches!(presented, Presented::Code(_)));
    let redirect_uri = sent.or_else(|| client.redirect_uris.first().cloned())?;
    let challenge = first(&it.request, "code_verifier").map(|verifier| {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, values.replaced(&verifier).as_bytes());
        URL_SAFE_NO_PAD.encode(digest)
    });
    let asked = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &client.id.0)
        .append_pair("redirect_uri", &redirect_uri)
        .extend_pairs(policy.scopes.refresh_token_needs.iter().map(|scope| ("scope", scope)))
        .extend_pairs(challenge.iter().map(|challenge| ("code_challenge", challenge)))
        .extend_pairs(challenge.iter().map(|_| ("code_challenge_method", "S256")))
        .finish();
    let url = Url::parse(&format!("{origin}{}?{asked}", policy.path_in(&policy.authorization.path, tenant))).ok()?;
    let owner = Authorize::default();
    let Arrival::Redirected(url) = live.visit(now, get(&url), Some(&redirect_uri), &owner, Tries::of(&owner)) else {
        return None;
    };
    let (_, code) = of_url(&url).into_iter().find(|(name, _)| name == "code")?;
    let member = match presented {
        Presented::Code(_) => return Some(code),
        Presented::RefreshToken(_) => "refresh_token",
        Presented::AccessToken(..) => "access_token",
    };
    let secret = client.secret.as_ref().map(|secret| secret.expose().clone());
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", &code)
        .append_pair("redirect_uri", &redirect_uri)
        .append_pair("client_id", &client.id.0)
        .extend_pairs(secret.iter().map(|secret| ("client_secret", secret)))
        .finish();
    let mut request = get(&Url::parse(&format!("{origin}{}", policy.path_in(&policy.token.path, tenant))).ok()?);
    "POST".clone_into(&mut request.method);
    request.headers.push("Content-Type", "application/x-www-form-urlencoded");
    request.body = RequestBody::Whole(body.into_bytes());
    let issued = live.ask(now, &request).and_then(|answer| json(&answer))?;
    issued.get(member)?.as_str().map(str::to_owned)
}
