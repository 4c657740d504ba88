//! Adapters that cannot do something, or say so badly: what becomes of the cell.

use std::path::PathBuf;

use idp_harness::adapter::Way;
use idp_harness::run::ClientSource;
use idp_harness::run::outcome::Outcome;

use crate::support::{run, scenarios};

/// The built-in client with one answer changed on its way: `edit` is Python that works on the message `m` of the operation `op`.
fn altered(edit: &str) -> ClientSource {
    let script = format!(
        "import json, subprocess, sys\n\
         client = subprocess.Popen([sys.argv[1], 'client', 'reference'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)\n\
         for line in sys.stdin:\n\
         \x20   op = json.loads(line)['command']['op']\n\
         \x20   client.stdin.write(line)\n\
         \x20   m = json.loads(client.stdout.readline())\n\
         \x20   {edit}\n\
         \x20   print(json.dumps(m), flush=True)\n\
         \x20   if op == 'quit': sys.exit(0)\n"
    );
    let command = ["python3", "-c", &script, env!("CARGO_BIN_EXE_idp-harness")].map(str::to_owned).to_vec();
    ClientSource::Program { command, folder: PathBuf::from("."), way: Way::ByAddress, made_for: Vec::new() }
}

async fn outcome(edit: &str) -> Outcome {
    let one = scenarios().into_iter().filter(|it| it.id.as_str().ends_with("/expires-in-is-text")).collect();
    run(altered(edit), one, 1).await.into_values().next().unwrap().outcome
}

fn not_supported(missing: &str) -> Outcome {
    Outcome::NotSupported { missing: vec![missing.to_owned()] }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_is_not_altered_passes() {
    assert_eq!(outcome("pass").await, Outcome::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_client_does_not_declare_or_then_cannot_do_is_not_supported_and_never_passed() {
    let undeclared = "if op == 'hello': m['outcome']['capabilities'].remove('call')";
    assert_eq!(outcome(undeclared).await, not_supported("call"));
    let real_clock = "if op == 'hello': m['outcome']['clock'] = 'real'";
    assert_eq!(outcome(real_clock).await, not_supported("clock"));
    let refused = "if op == 'call': m['outcome'] = {'result': 'error', 'kind': 'unsupported', 'message': 'no'}";
    assert_eq!(outcome(refused).await, not_supported("call"));
    let gone = "if op == 'authorize': sys.exit(89)";
    assert_eq!(outcome(gone).await, not_supported("exit status 89"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_did_not_move_is_found_out_by_the_probe() {
    let stuck = "if op == 'clock': m['outcome']['now'] = 1636941600.0";
    assert_eq!(outcome(stuck).await, not_supported("clock"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_breaks_the_protocol_breaks_the_cell_and_fails_no_client() {
    for (edit, wanted) in [
        ("if op == 'call': print('debugging', flush=True)", "debugging"),
        ("if op == 'call': m['outcome']['result'] = 'done'; m['outcome'] = {'result': 'done'}", "done"),
        ("if op == 'call': m['id'] += 7", "reply to request"),
        ("if op == 'call': m['outcome']['statsu'] = 1", "statsu"),
        ("if op == 'call': sys.exit(1)", "ended"),
    ] {
        let outcome = outcome(edit).await;
        assert!(matches!(&outcome, Outcome::Broken { why } if why.contains(wanted)), "{edit}: {outcome:?}");
    }
}
