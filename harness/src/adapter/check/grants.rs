//! The steps of a check that are about grants without a browser.

use crate::adapter::check::exchange::form_request;
use crate::adapter::check::steps::World;
use crate::adapter::check::stub::{DEVICE_CODE, USER_CODE, VERIFICATION_URI};
use crate::adapter::check::talk::{Problems, Talk, should_go_well};
use crate::adapter::protocol::{Command, DirectGrant, Outcome};

/// What a caller brings, which is handed on as it is.
const ASSERTION: &str = "check.caller-token";

/// Takes them, each where the adapter declares it.
pub(super) async fn all(talk: &mut Talk, world: &World) {
    let expected = "one token request with `grant_type` and the client's credentials, then `done`";
    let (title, asked) = ("the client credentials grant", DirectGrant::ClientCredentials {});
    talk.step(title, expected, Some(asked.name()), async |talk| direct(talk, world, &asked).await).await;
    let expected = "one token request with name and password as they are, then `done`";
    let asked = DirectGrant::Password { user_name: "jo+1@check.example".to_owned(), password: "p&w 1".to_owned() };
    let title = "the password grant";
    talk.step(title, expected, Some(asked.name()), async |talk| direct(talk, world, &asked).await).await;
    let expected = "one token request with the caller's token as the assertion, then `done`";
    let (title, asked) = ("on behalf of a caller", DirectGrant::OnBehalfOf { assertion: ASSERTION.to_owned() });
    talk.step(title, expected, Some(asked.name()), async |talk| direct(talk, world, &asked).await).await;
    let expected = "one device authorization request, then `device` with the code to type and the address without it";
    let capability = Some("device_code");
    talk.step("device", expected, capability, async |talk| device(talk, world).await).await;
    let expected = "one token request with the device's code, then `done`";
    talk.step("poll", expected, capability, async |talk| poll(talk, world).await).await;
}

async fn direct(talk: &mut Talk, world: &World, grant: &DirectGrant) -> Problems {
    let mut problems = should_go_well(talk.ask(&Command::Grant(grant.clone())).await.as_ref());
    let parameters = match grant {
        DirectGrant::ClientCredentials {} => vec![("grant_type", "client_credentials")],
        DirectGrant::Password { user_name, password } => {
            vec![("grant_type", "password"), ("username", user_name.as_str()), ("password", password.as_str())]
        }
        // By RFC 7523 or RFC 8693: the grant type and the parameter's name are the library's choice.
        DirectGrant::OnBehalfOf { .. } => Vec::new(),
    };
    match world.only_request(talk, "/token") {
        Ok(request) => {
            problems.extend(form_request("the token request", &request, &parameters, &world.client));
            if let DirectGrant::OnBehalfOf { assertion } = grant
                && !request.form().values().any(|value| value == assertion)
            {
                problems.push("the token request does not carry the caller's token".to_owned());
            }
        }
        Err(problem) => problems.push(problem),
    }
    problems
}

async fn device(talk: &mut Talk, world: &World) -> Problems {
    let outcome = talk.ask(&Command::Device).await;
    let mut problems = should_go_well(outcome.as_ref());
    match world.only_request(talk, "/device") {
        Ok(request) => problems.extend(form_request("the request", &request, &[], &world.client)),
        Err(problem) => problems.push(problem),
    }
    if let Some(Outcome::Device { user_code, verification_uri }) = outcome {
        if user_code != USER_CODE {
            problems.push(format!("`user_code` is `{user_code}`, not `{USER_CODE}`"));
        }
        if verification_uri != VERIFICATION_URI {
            problems.push(format!("`verification_uri` is `{verification_uri}`, not `{VERIFICATION_URI}`"));
        }
    }
    problems
}

async fn poll(talk: &mut Talk, world: &World) -> Problems {
    let mut problems = should_go_well(talk.ask(&Command::Poll).await.as_ref());
    let parameters = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", DEVICE_CODE)];
    match world.only_request(talk, "/token") {
        Ok(request) => problems.extend(form_request("the token request", &request, &parameters, &world.client)),
        Err(problem) => problems.push(problem),
    }
    problems
}
