use super::*;
use crate::client::{Mistake, ReferenceClient};

fn verdict<'a>(report: &'a CheckReport, title: &str) -> &'a StepVerdict {
    &report.steps.iter().find(|step| step.title == title).unwrap().verdict
}

fn problems<'a>(report: &'a CheckReport, title: &str) -> &'a [String] {
    match verdict(report, title) {
        StepVerdict::Wrong(problems) => problems,
        StepVerdict::Good | StepVerdict::Skipped(_) => panic!("{report}"),
    }
}

async fn check_builtin(mistake: Option<Mistake>) -> CheckReport {
    check_session(Ok(Session::builtin(ReferenceClient::new(mistake), SpawnOptions::DEADLINE)), Way::ByAddress).await
}

/// An adapter in Python that answers every operation in one line; `change` is run on each reply `r` to a command `c` before it
/// is written.
async fn check_python(change: &str) -> CheckReport {
    check_python_by(Way::ByAddress, change).await
}

async fn check_python_by(way: Way, change: &str) -> CheckReport {
    let program = format!(
        r#"
import json, sys, urllib.request, urllib.parse
state = {{}}
def hello(c): return dict(result="hello", protocol="1.0", adapter=dict(name="py", version="1"),
    library=dict(name="urllib", version="3", language="python"), capabilities=["clock", "authorization_code", "call"], clock="inject")
def configure(c): state.update(c); return dict(result="done")
def clock(c): return dict(result="clock", now=c["now"])
def authorize(c):
    k = state["client"]
    q = dict(response_type="code", client_id=k["id"], redirect_uri=k["redirect_uri"], state="s")
    return dict(result="authorize", url=state["endpoints"]["authorization"] + "?" + urllib.parse.urlencode(q))
def callback(c):
    k = state["client"]
    code = urllib.parse.parse_qs(urllib.parse.urlparse(c["url"]).query)["code"][0]
    q = dict(grant_type="authorization_code", code=code, redirect_uri=k["redirect_uri"], client_id=k["id"], client_secret=k["secret"])
    body = urllib.parse.urlencode(q).encode()
    state["token"] = json.load(urllib.request.urlopen(state["endpoints"]["token"], body))["access_token"]
    return dict(result="done")
def call(c):
    h = dict(c.get("headers", {{}}), Authorization="Bearer " + state["token"])
    a = urllib.request.urlopen(urllib.request.Request(c["url"], headers=h, method=c["method"]))
    return dict(result="call", status=a.status, body=a.read().decode())
def quit(c): return dict(result="done")
ops = dict(hello=hello, configure=configure, clock=clock, authorize=authorize, callback=callback, call=call, quit=quit)
for line in sys.stdin:
    m = json.loads(line); c = m["command"]
    r = ops[c["op"]](c) if c["op"] in ops else dict(result="error", kind="unsupported", message="no " + c["op"])
    {change}
    print(json.dumps(dict(type="reply", id=m["id"], outcome=r)), flush=True)
    if c["op"] == "quit": break
"#
    );
    let argv = ["python3", "-c", &program].map(str::to_owned).to_vec();
    let mut options = SpawnOptions::new(argv);
    options.surroundings.set.push(("no_proxy".to_owned(), "*".to_owned()));
    check(&options, way).await
}

#[tokio::test]
async fn the_reference_client_passes_every_step() {
    let report = check_builtin(None).await;
    assert!(report.steps.iter().all(|step| step.verdict == StepVerdict::Good), "{report}");
    assert!(report.adapter.as_ref().unwrap().starts_with("reference "), "{report}");
    assert_eq!(report.steps.len(), 15);
}

#[tokio::test]
async fn an_adapter_of_forty_lines_passes_every_step() {
    let report = check_python("").await;
    let undeclared = [
        "the implicit grant",
        "the client credentials grant",
        "the password grant",
        "on behalf of a caller",
        "device",
        "poll",
    ];
    let others = report.steps.iter().filter(|step| !undeclared.contains(&step.title));
    assert!(others.into_iter().all(|step| step.verdict == StepVerdict::Good), "{report}");
    assert!(report.to_string().ends_with("9 good, 0 wrong, 6 skipped"), "{report}");
}

#[tokio::test]
async fn each_mistake_is_found_where_it_is_made_and_nowhere_else() {
    let cases = [
        (
            "the implicit grant",
            "if c['op'] == 'hello': r['capabilities'] += ['implicit']",
            "the parameter `response_type` is `code`, not `token`",
        ),
        ("hello", "if c['op'] == 'hello': r['protocol'] = '2.0'", "it speaks protocol 2.0"),
        ("hello", "if c['op'] == 'hello': r['adapter']['name'] = 'a b'", "`adapter.name` is `a b`"),
        ("clock", "if c['op'] == 'clock': r['now'] = 5", "was told 1636945200 and reads 5"),
        ("configure", "if c['op'] == 'configure': r = dict(result='error', kind='bug', message='oops')", "oops"),
        ("authorize", "if c['op'] == 'authorize': r['url'] = '/authorize'", "not an absolute URL"),
        ("an unknown operation", "if c['op'].startswith('no'): r['kind'] = 'bug'", "it answered {"),
        (
            "quit",
            "if c['op'] == 'quit': print(json.dumps(dict(type='reply', id=m['id'], outcome=r)), flush=True); sys.exit(2)",
            "exit status: 2",
        ),
    ];
    for (title, change, expected) in cases {
        let report = check_python(change).await;
        assert!(problems(&report, title)[0].contains(expected), "{report}");
        let wrong = report.steps.iter().filter(|step| matches!(step.verdict, StepVerdict::Wrong(_))).count();
        assert_eq!(wrong, 1, "{report}");
        assert!(!report.passed());
    }
}

#[tokio::test]
async fn an_authorization_request_is_looked_at_parameter_by_parameter() {
    let change = "if c['op'] == 'authorize': r['url'] = 'http://x.example/?client_id=me&response_type=token'";
    let report = check_python(change).await;
    let problems = problems(&report, "authorize");
    assert!(problems[0].contains("not to the authorization endpoint"), "{report}");
    assert!(problems[1].contains("`response_type` is `token`, not `code`"), "{report}");
    assert!(problems[2].contains("`client_id` is `me`, not `check-client`"), "{report}");
    assert!(problems[3].contains("`redirect_uri` is missing"), "{report}");
}

#[tokio::test]
async fn a_code_that_is_encoded_twice_is_seen_in_the_token_request() {
    let report = check_builtin(Some(Mistake::EncodesCodeTwice)).await;
    assert_eq!(
        problems(&report, "callback"),
        ["in the token request `code` is `check.Ab1d%21code`, not `check.Ab1d!code`"]
    );
    assert!(
        report.to_string().contains("* POST /token grant_type=authorization_code&code=check.Ab1d%2521code"),
        "{report}"
    );
}

#[tokio::test]
async fn credentials_in_two_places_are_seen_in_the_token_request() {
    let report = check_builtin(Some(Mistake::TwoAuthenticationMethods)).await;
    assert!(problems(&report, "callback")[0].contains("HTTP Basic"), "{report}");
}

/// What an adapter does that has the grants without a browser, before one line of it is changed.
const GRANTS: &str = r#"
    if c['op'] == 'hello': r['capabilities'] += ['client_credentials', 'password', 'on_behalf_of', 'device_code']
    def post(path, **q):
        k = state['client']
        q = urllib.parse.urlencode(dict(q, client_id=k['id'], client_secret=k['secret'])).encode()
        return json.load(urllib.request.urlopen(path, q))
    URN = 'urn:ietf:params:oauth:grant-type:'
    if c['op'] == 'grant':
        q = {'client_credentials': dict(grant_type='client_credentials'),
             'password': dict(grant_type='password', username=c.get('user_name'), password=c.get('password')),
             'on_behalf_of': dict(grant_type=URN + 'token-exchange', subject_token=c.get('assertion'))}[c['grant']]
        post(state['endpoints']['token'], **q)
        r = dict(result='done')
    if c['op'] == 'device':
        state['codes'] = a = post(state['endpoints']['device_authorization'])
        r = dict(result='device', user_code=a['user_code'], verification_uri=a['verification_uri'])
    if c['op'] == 'poll':
        post(state['endpoints']['token'], grant_type=URN + 'device_code', device_code=state['codes']['device_code'])
        r = dict(result='done')
    "#;

#[tokio::test]
async fn grants_without_a_browser_are_tried_where_they_are_declared() {
    let report = check_python(GRANTS).await;
    assert!(report.to_string().ends_with("14 good, 0 wrong, 1 skipped"), "{report}");
    let cases = [
        (
            "the client credentials grant",
            "grant_type='client_credentials'",
            "grant_type='password'",
            "not `client_credentials`",
        ),
        ("the password grant", "c.get('password')", "'x'", "`password` is `x`, not `p&w 1`"),
        ("on behalf of a caller", "c.get('assertion')", "'x'", "does not carry the caller's token"),
        ("device", "user_code=a['user_code']", "user_code=a['device_code']", "`user_code` is `check-device-code`"),
        ("device", "a['verification_uri']", "'https://x.example/'", "`verification_uri` is `https://x.example/`"),
        ("poll", "URN + 'device_code'", "'device_code'", "not `urn:ietf:params:oauth:grant-type:device_code`"),
    ];
    for (title, right, wrong, expected) in cases {
        let report = check_python(&GRANTS.replace(right, wrong)).await;
        assert!(problems(&report, title)[0].contains(expected), "{report}");
        let wrong = report.steps.iter().filter(|step| matches!(step.verdict, StepVerdict::Wrong(_))).count();
        assert_eq!(wrong, 1, "{report}");
    }
}

#[tokio::test]
async fn steps_of_undeclared_capabilities_are_skipped() {
    let report = check_python("if c['op'] == 'hello': r['capabilities'] = ['other']").await;
    for title in ["clock", "authorize", "callback", "call", "two requests at once"] {
        assert!(
            matches!(verdict(&report, title), StepVerdict::Skipped(why) if why.contains("does not declare")),
            "{report}"
        );
    }
    assert!(report.passed());
}

#[tokio::test]
async fn after_a_break_the_rest_is_not_reached_and_the_line_is_shown() {
    let report = check_python("if c['op'] == 'configure': print('debug!', flush=True)").await;
    assert!(problems(&report, "configure")[0].contains("a stray line on stdout, where only messages may be: debug!"));
    assert!(matches!(verdict(&report, "quit"), StepVerdict::Skipped(why) if why.contains("not reached")), "{report}");
}

#[tokio::test]
async fn an_adapter_that_cannot_be_started_fails_the_first_step() {
    let report = check(&SpawnOptions::new(vec!["/nonexistent/adapter".to_owned()]), Way::ByAddress).await;
    assert!(problems(&report, "hello")[0].contains("could not be started"), "{report}");
    assert!(!report.passed());
}

#[tokio::test]
async fn an_adapter_that_knows_real_hosts_only_is_asked_for_no_request_and_told_https() {
    let https = "if c['op'] == 'configure': assert c['endpoints']['token'].startswith('https://'), c";
    let report = check_python_by(Way::ByName, https).await;
    for title in ["authorize", "callback", "call"] {
        assert!(
            matches!(verdict(&report, title), StepVerdict::Skipped(why) if why.contains("by its name")),
            "{report}"
        );
    }
    for title in ["configure", "clock", "quit"] {
        assert_eq!(verdict(&report, title), &StepVerdict::Good, "{report}");
    }
}
