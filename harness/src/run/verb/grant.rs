//! `grant`: the client gets tokens by a grant in which no browser takes part.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

use crate::adapter::protocol::{Command, DirectGrant as Asked};
use crate::idp::{CALLER, CALLER_REDIRECT_URI};
use crate::run::browser::{Arrival, Browser, BrowserError};
use crate::run::cell::{Cell, Stop, name_of};
use crate::run::verb::authorize;
use crate::scenario::{Authorize, DirectGrant, OnBehalfOf, Step};

/// The caller's code verifier (RFC 7636), the same in every run: nobody attacks it.
const VERIFIER: &str = "the-code-verifier-of-the-caller-is-the-same-in-every-run";

pub(crate) async fn run(cell: &mut Cell, step: &Step, grant: &DirectGrant) -> Result<(), Stop> {
    let worker = name_of(&step.worker);
    cell.up(&worker).await?;
    let asked = match grant {
        DirectGrant::ClientCredentials => Asked::ClientCredentials {},
        DirectGrant::Password => {
            let known = cell.provider.credentials();
            Asked::Password { user_name: known.name, password: known.password }
        }
        DirectGrant::OnBehalfOf(caller) => match token_of_caller(cell, &worker, caller).await? {
            Ok(assertion) => Asked::OnBehalfOf { assertion },
            Err(found) => {
                let expected = format!("the caller gets an access token for {}", caller.scope);
                cell.expectation(false, step.line, expected, found);
                return Ok(());
            }
        },
    };
    let answer = cell.ask(&worker, DirectGrant::NAME, Command::Grant(asked)).await?;
    authorize::check(cell, step, &answer);
    Ok(())
}

/// Plays the caller, a public client: the resource owner signs in there and agrees, and its code gets it an access token for the client under
/// test; or what came instead.
async fn token_of_caller(cell: &mut Cell, worker: &str, it: &OnBehalfOf) -> Result<Result<String, String>, Stop> {
    let origin = cell.workers.get(worker).map(|worker| worker.origin.clone()).unwrap_or_default();
    let endpoints = cell.provider.endpoints(&origin);
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", CALLER)
        .append_pair("redirect_uri", CALLER_REDIRECT_URI)
        .append_pair("scope", &it.scope)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .finish();
    let request = format!("{}?{query}", endpoints.authorization);
    let owner = Authorize::default();
    let arrival = cell.browser.authorize(&cell.provider, &request, CALLER_REDIRECT_URI, &owner).await?;
    cell.sync()?;
    let redirect = match arrival {
        Arrival::Redirected(redirect) => redirect,
        Arrival::Stuck { status, says, .. } => {
            return Ok(Err(format!("the sign-in ended at a page ({status}): {says}")));
        }
    };
    let parameters = Url::parse(&redirect).ok();
    let code = parameters.as_ref().and_then(|url| url.query_pairs().find(|(name, _)| name == "code"));
    let Some((_, code)) = code else { return Ok(Err(redirect)) };
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "authorization_code")
        .append_pair("client_id", CALLER)
        .append_pair("code", &code)
        .append_pair("redirect_uri", CALLER_REDIRECT_URI)
        .append_pair("code_verifier", VERIFIER)
        .finish();
    let url = Url::parse(&endpoints.token).map_err(|_| BrowserError::NotAUrl(endpoints.token))?;
    let door = cell.door(CALLER).await?;
    let (status, body) = Browser::new(&door, cell.source.way())?.post(&url, form).await?;
    cell.sync()?;
    let members: Option<Value> = serde_json::from_str(&body).ok();
    let token = members.as_ref().and_then(|it| it.get("access_token")).and_then(Value::as_str);
    Ok(token.map(str::to_owned).ok_or_else(|| format!("status {status}: {body}")))
}
