//! What the provider costs, in process and without sockets: `cargo bench -p mock-idp [-- NAME]`.
//!
//! A plain program and no benchmark crate: what is asked of these numbers is their size and that nothing doubles, for which medians of
//! many batches do, and the largest of them, a virtual year, is one run that no such crate has a word for.

#![expect(clippy::print_stdout, reason = "a benchmark prints its numbers")]

use std::error::Error;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mock_idp::profile::load;
use mock_idp::proto::message::{Headers, Request, RequestBody, Response};
use mock_idp::proto::time::{Span, Timestamp};
use mock_idp::proto::{Idp, Seed};
use mock_idp::shell::demo_world;

const CREDENTIALS: &str = "client_id=5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c&client_secret=demo-client-secret";
const CALLBACK: &str = "redirect_uri=https://client.example/callback";
const TURNS_A_YEAR: u32 = 365 * 144;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Without `--bench`, cargo only wants to see that it runs.
    let budget = if arguments.iter().any(|it| it == "--bench") { Duration::from_secs(2) } else { Duration::ZERO };
    let name = arguments.iter().find(|it| !it.starts_with("--"));
    let wanted = |case: &str| name.is_none_or(|name| case.contains(name.as_str()));

    if wanted("refresh turn") {
        let (mut client, _) = Client::signed_in()?;
        measure("refresh turn", budget, || client.refresh())?;
    }
    if wanted("resource call") {
        let (mut client, access_token) = Client::signed_in()?;
        let call = call(&access_token);
        measure("resource call", budget, || client.send(&call, 200).map(drop))?;
    }
    if wanted("token request with body auth") {
        let (mut client, _) = Client::signed_in()?;
        let request = token_request(&format!("grant_type=refresh_token&refresh_token=x&{CREDENTIALS}"));
        measure("token request with body auth", budget, || client.send(&request, 400).map(drop))?;
    }
    if wanted("authorization page") {
        let (mut client, _) = Client::signed_in()?;
        measure("authorization page", budget, || client.sign_in_page())?;
    }
    if wanted("signed tokens") {
        signed_tokens(budget)?;
    }
    if wanted("virtual year") {
        year(if budget.is_zero() { 144 } else { TURNS_A_YEAR })?;
    }
    Ok(())
}

/// Runs `turn` in batches of a few milliseconds, and prints the time of one turn: the median of the batches and the quickest.
fn measure(name: &str, budget: Duration, mut turn: impl FnMut() -> Outcome<()>) -> Outcome<()> {
    let batch = 64;
    let begun = now();
    let mut times = Vec::new();
    loop {
        let start = now();
        for _ in 0..batch {
            turn()?;
        }
        times.push(start.elapsed() / batch);
        // The first half warms up and is not counted.
        if begun.elapsed() >= budget {
            break;
        }
    }
    let counted = times.len() / 2;
    let mut counted: Vec<Duration> = times.into_iter().skip(counted).collect();
    counted.sort_unstable();
    let median = counted.get(counted.len() / 2).copied().unwrap_or_default();
    let quickest = counted.first().copied().unwrap_or_default();
    println!("{name:32} {median:>12.2?}   quickest {quickest:>10.2?}   {:>10.0}/s", 1.0 / median.as_secs_f64());
    Ok(())
}

/// Token requests whose answer has two signatures of RSA, by one thread and by two: with the provider held while they are made, and with
/// it free meanwhile, as the server has it.
fn signed_tokens(budget: Duration) -> Outcome<()> {
    let mut rates = Vec::new();
    for (name, threads, outside) in [
        ("signed tokens, 1 thread", 1, true),
        ("signed tokens, 2 threads", 2, true),
        ("the same, signed under the lock", 2, false),
    ] {
        let idp = Mutex::new(issuer()?);
        let done = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| sign_for(&idp, budget, outside))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap_or_default()).sum::<u32>()
        });
        let seconds = budget.as_secs_f64().max(f64::EPSILON);
        let rate = f64::from(done) / seconds;
        rates.push(rate);
        let first = rates.first().copied().unwrap_or(rate);
        println!("{name:32} {done:>9} tokens   {rate:>10.0}/s   {:>6.2} of one thread", rate / first);
    }
    Ok(())
}

/// The provider of signed tokens: ID token and access token are JWTs.
fn issuer() -> Outcome<Idp> {
    let settings = ["token.request_loop=null", "openid.id_token.on_refresh=true"].map(str::to_owned);
    let policy = load("entra", &settings)?.policy;
    Ok(Idp::new(Arc::new(policy), demo_world(), Seed::from_number(1)))
}

/// Asks for tokens until the time is over, and says how many came.
fn sign_for(idp: &Mutex<Idp>, budget: Duration, outside: bool) -> u32 {
    let scope = "scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";
    let body = format!("grant_type=client_credentials&{CREDENTIALS}&{scope}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let request = request("POST", "/acme.example/oauth2/v2.0/token", None, &headers, &body);
    let locked = || idp.lock().unwrap_or_else(PoisonError::into_inner);
    let begun = now();
    let mut done = 0;
    loop {
        let moment = Timestamp::from_millis(i64::from(done));
        let reply = if outside {
            let decided = locked().decide(moment, &request);
            let signed = decided.sign();
            locked().settle(signed)
        } else {
            locked().handle(moment, &request)
        };
        if reply.response.status != 200 {
            return done;
        }
        done += 1;
        if begun.elapsed() >= budget {
            return done;
        }
    }
}

/// A client that refreshes every ten minutes and calls once between, for a year.
fn year(turns: u32) -> Outcome<()> {
    let (mut client, _) = Client::signed_in()?;
    let start = now();
    for _ in 0..turns {
        let access_token = client.rotate()?;
        client.send(&call(&access_token), 200)?;
    }
    let took = start.elapsed();
    let journal = client.idp.journal();
    let (kept, written) = (journal.after(0).count(), journal.written());
    println!(
        "{:32} {took:>12.2?}   {turns} refreshes and calls, {:.2?} each; {kept} of {written} journal entries kept",
        "virtual year",
        took / turns
    );
    Ok(())
}

/// A signed-in client of Exact Online as it was in November 2021, which has the strictest rules and no maintenance at night.
struct Client {
    idp: Idp,
    now: Timestamp,
    refresh_token: String,
}

impl Client {
    /// Signs in with a password only: the second factor costs the same once, and is none of what is measured.
    fn signed_in() -> Outcome<(Self, String)> {
        let settings = ["sign_in.steps=[password]", "sign_in.consent=never"].map(str::to_owned);
        let policy = load("exact-online@2021-11", &settings)?.policy;
        let idp = Idp::new(Arc::new(policy), demo_world(), Seed::from_number(1));
        let mut client = Self { idp, now: "2021-11-15T02:00:00Z".parse()?, refresh_token: String::new() };
        let begun = client.send(&authorization_request(), 303)?;
        let cookie = begun.headers.get("set-cookie").and_then(|line| line.split(';').next()).unwrap_or_default();
        let id =
            begun.headers.get("location").and_then(|uri| uri.split_once("i=")).map(|(_, id)| id).unwrap_or_default();
        let form = format!("i={id}&username=john.doe%40acme.example&LoginForm%24Password=correct+horse+battery+staple");
        let signed_in =
            client.send(&request("POST", "/docs/Login.aspx", None, &[("cookie", cookie), FORM], &form), 302)?;
        let code = signed_in.headers.get("location").and_then(|uri| uri.split_once("code=")).map(|(_, code)| code);
        let form = format!("grant_type=authorization_code&code={}&{CALLBACK}&{CREDENTIALS}", code.unwrap_or_default());
        let tokens = client.send(&token_request(&form), 200)?;
        let access_token = client.keep(&tokens)?;
        Ok((client, access_token))
    }

    fn send(&mut self, request: &Request, status: u16) -> Outcome<Response> {
        let reply = black_box(self.idp.handle(self.now, request));
        self.idp.left(self.now, reply.exchange, reply.delivery.extent);
        if reply.response.status == status {
            Ok(reply.response)
        } else {
            Err(format!(
                "{} instead of {status}: {}",
                reply.response.status,
                String::from_utf8_lossy(&reply.response.body)
            )
            .into())
        }
    }

    /// Ten minutes later, one refresh. Gives the access token.
    fn rotate(&mut self) -> Outcome<String> {
        self.now = self.now.plus(Span::from_seconds(600));
        let form = format!("grant_type=refresh_token&refresh_token={}&{CREDENTIALS}", self.refresh_token);
        let tokens = self.send(&token_request(&form), 200)?;
        self.keep(&tokens)
    }

    fn refresh(&mut self) -> Outcome<()> {
        self.rotate().map(drop)
    }

    fn keep(&mut self, tokens: &Response) -> Outcome<String> {
        let body = std::str::from_utf8(&tokens.body)?;
        let member = |name: &str| {
            let rest = body.split_once(name).map(|(_, rest)| rest).unwrap_or_default();
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        self.refresh_token = member("\"refresh_token\":\"");
        Ok(member("\"access_token\":\""))
    }

    /// An authorization request of a new browser, and the page that it leads to.
    fn sign_in_page(&mut self) -> Outcome<()> {
        let begun = self.send(&authorization_request(), 303)?;
        let cookie = begun.headers.get("set-cookie").and_then(|line| line.split(';').next()).unwrap_or_default();
        let location = begun.headers.get("location").unwrap_or_default();
        let query = location.split_once('?').map(|(_, query)| query);
        self.send(&request("GET", "/docs/Login.aspx", query, &[("cookie", cookie)], ""), 200).map(drop)
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn authorization_request() -> Request {
    let query = format!("response_type=code&state=xyz&{CREDENTIALS}&{CALLBACK}");
    request("GET", "/api/oauth2/auth", Some(&query), &[], "")
}

fn token_request(form: &str) -> Request {
    request("POST", "/api/oauth2/token", None, &[FORM], form)
}

fn call(access_token: &str) -> Request {
    request("GET", "/api/v1/current/Me", None, &[("authorization", &format!("Bearer {access_token}"))], "")
}

fn request(method: &str, path: &str, query: Option<&str>, headers: &[(&str, &str)], body: &str) -> Request {
    Request {
        via: "bench".to_owned(),
        method: method.to_owned(),
        origin: "http://127.0.0.1:8080".to_owned(),
        path: path.to_owned(),
        query: query.map(str::to_owned),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Headers>(),
        body: RequestBody::Whole(body.as_bytes().to_vec()),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the machine's clock")]
fn now() -> Instant {
    Instant::now()
}
