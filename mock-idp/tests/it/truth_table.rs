//! Five things that mocks get wrong, over sockets, at the profile of the RFCs: each is refused with 400, and of parallel refreshes one wins.

use mock_idp::profile::load;

use crate::openid::discovery::{CHALLENGE, VERIFIER};
use crate::support::{FORM, encode};
use crate::wire::{Connection, once, start};

const CLIENT: [(&str, &str); 2] =
    [("client_id", "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c"), ("client_secret", "demo-client-secret")];
const WORKERS: usize = 16;

fn form(fields: &[(&str, &str)]) -> String {
    encode(&[fields, &CLIENT].concat())
}

fn redeem<'a>(code: &'a str, more: &[(&'a str, &'a str)]) -> String {
    let fields =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", "https://client.example/callback")];
    form(&[&fields[..], more].concat())
}

fn refresh(token: &str) -> String {
    form(&[("grant_type", "refresh_token"), ("refresh_token", token)])
}

#[tokio::test]
async fn what_is_made_up_stolen_or_used_before_is_refused_and_one_of_sixteen_wins() {
    let idp = start(load("rfc", &[]).unwrap().policy).await;
    let token = async |body: &str| once(idp.url(), "POST", "/token", &[FORM], body).await;
    let code = async |more: &str| once(idp.control_url().unwrap(), "POST", "/code", &[], more).await.text();
    let refused = async |what: &str, body: &str| {
        let answer = token(body).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_grant")), "{what}");
    };
    refused("a bogus code", &redeem("bogus", &[])).await;
    refused("a bogus refresh token", &refresh("bogus")).await;

    let challenge = format!("code_challenge={CHALLENGE}&code_challenge_method=S256");
    refused("a code with a challenge, without the verifier", &redeem(&code(&challenge).await, &[])).await;
    let wrong = [("code_verifier", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")];
    refused("a wrong verifier", &redeem(&code(&challenge).await, &wrong)).await;
    let right = token(&redeem(&code(&challenge).await, &[("code_verifier", VERIFIER)])).await;
    assert_eq!(right.status, 200, "and the right one is taken");

    let first = right.json()["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(token(&refresh(&first)).await.status, 200);
    refused("a refresh token that was used", &refresh(&first)).await;

    for round in 0..50 {
        let begun = token(&redeem(&code("scope=offline_access").await, &[])).await.json();
        let body = refresh(begun["refresh_token"].as_str().unwrap());
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(Connection::open(idp.url()).await);
        }
        for worker in &mut workers {
            worker.send("POST", "/token", &[FORM], body.as_bytes()).await;
        }
        let mut statuses = Vec::new();
        for worker in &mut workers {
            statuses.push(worker.receive().await.unwrap().status);
        }
        let winners = statuses.iter().filter(|status| **status == 200).count();
        let losers = statuses.iter().filter(|status| **status == 400).count();
        assert_eq!((winners, losers), (1, WORKERS - 1), "round {round}: {statuses:?}");
    }
}
