//! Exactly one winner: parallel refreshes of one token over real sockets.

use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::journal::What;

use crate::browser::Cookies;
use crate::support::{FORM, Flow, Pair, encode, parameter, policy};
use crate::wire::{Connection, Raw, start};

const WORKERS: usize = 16;
const ROUNDS: usize = 1000;

/// As much of a browser and a client as begins a chain, over one connection.
struct Beginner {
    connection: Connection,
    cookies: Cookies,
    flow: Flow,
}

impl Beginner {
    async fn send(&mut self, method: &str, target: &str, body: &str) -> mock_idp::proto::message::Response {
        let cookies = self.cookies.header();
        let headers: Vec<(&str, &str)> = cookies.iter().map(|line| ("cookie", line.as_str())).chain([FORM]).collect();
        let raw = self.connection.exchange(method, target, &headers, body).await;
        let mut response = mock_idp::proto::message::Response::empty(raw.status);
        response.headers = raw.headers.into_iter().collect();
        response.body = raw.body;
        self.cookies.keep(&response);
        response
    }

    async fn begin(&mut self) -> Pair {
        let url = self.flow.authorization_url(&[]);
        let mut response = self.send("GET", &url, "").await;
        while response.status != 302 {
            response = if response.status == 303 {
                let location = response.headers.get("location").unwrap().to_owned();
                self.send("GET", &location, "").await
            } else {
                let mut fields = crate::support::form(&response).hidden();
                let user = &self.flow.user;
                fields.push(("username".to_owned(), user.name.clone()));
                fields.push(("password".to_owned(), user.password.expose().clone()));
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                self.send("POST", "/sign-in", &encode(&fields)).await
            };
        }
        let code = parameter(&response, "code").unwrap();
        let body = self.form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", "https://client.example/callback"),
        ]);
        Pair::of(&self.send("POST", "/token", &body).await)
    }

    fn form(&self, fields: &[(&str, &str)]) -> String {
        let credentials = [("client_id", self.flow.client.id.0.as_str()), ("client_secret", "demo-client-secret")];
        encode(&[fields, &credentials].concat())
    }
}

/// Sends the same body through every connection, and only then reads the answers.
async fn race(workers: &mut [Connection], body: &str) -> Vec<Raw> {
    for worker in &mut *workers {
        worker.send("POST", "/token", &[FORM], body.as_bytes()).await;
    }
    let mut answers = Vec::new();
    for worker in workers {
        answers.push(worker.receive().await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_parallel_refreshes_of_one_token_exactly_one_wins_a_thousand_times() {
    let policy = policy("sign_in: { steps: [password], consent: never }\nrefresh: { replay: nothing }");
    let idp = start(policy.clone()).await;
    let mut workers = Vec::new();
    for number in 0..WORKERS {
        let url = idp.listen(&number.to_string()).await.unwrap();
        workers.push(Connection::open(&url).await);
    }
    let flow = Flow::new(policy, mock_idp::shell::demo_world());
    let mut beginner = Beginner { connection: Connection::open(idp.url()).await, cookies: Cookies::default(), flow };
    let mut winners = [0; WORKERS];
    for round in 0..ROUNDS {
        let pair = beginner.begin().await;
        let before = idp.realm().with(|idp| idp.journal().written());
        let body = beginner.form(&[("grant_type", "refresh_token"), ("refresh_token", pair.rt())]);
        let answers = race(&mut workers, &body).await;
        let won: Vec<usize> = (0..WORKERS).filter(|number| answers[*number].status == 200).collect();
        assert_eq!(won.len(), 1, "round {round}: {won:?} won");
        winners[won[0]] += 1;
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            let body = r#"{"error":"invalid_grant","error_description":"The refresh token was already used."}"#;
            assert_eq!((lost.status, lost.text().as_str()), (400, body), "round {round}");
        }
        let (entries, _) = idp.realm().journal_after(before);
        let refused = entries.iter().filter(|entry| {
            matches!(&entry.what, What::Refused { cause, .. } if cause.kind() == CauseKind::RefreshTokenSuperseded)
        });
        assert_eq!(refused.count(), WORKERS - 1, "round {round}");
    }
    let living = idp.realm().living_chains();
    assert_eq!(living.len(), ROUNDS, "no chain was harmed");
    assert!(living.iter().all(|(_, valid)| *valid == 1), "one valid token each");
    assert_eq!(winners.iter().sum::<usize>(), ROUNDS);
}
