//! Real libraries against `https://localhost`, with nothing but the CA: discovery, sign-in with PKCE, the ID token checked by them, UserInfo,
//! refresh. Needs the adapters to be set up, so it is run by name: `cargo test -p idp-harness over_https -- --ignored`.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test stops at what it did not expect")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use mock_idp::profile::load;
use mock_idp::proto::time::Timestamp;
use mock_idp::shell::{CertificateAuthority, Config, MockIdp, demo_world};
use serde_json::{Value, json};

/// An adapter in a process of its own, in an environment that knows no proxy and one CA, which Node reads from there.
struct Adapter {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    id: u64,
}

impl Adapter {
    fn start(folder: &Path, program: &str, arguments: &[&str], ca: &Path) -> Self {
        let mut process = Command::new(folder.join(program))
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(["PATH", "HOME"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env("NODE_EXTRA_CA_CERTS", ca)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, stdin, stdout, id: 0 }
    }

    fn ask(&mut self, command: Value) -> Value {
        self.id += 1;
        writeln!(self.stdin, "{}", json!({"type": "request", "id": self.id, "command": command})).unwrap();
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the adapter went away at {command}");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["type"] == "reply" {
                return message["outcome"].clone();
            }
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser that goes by HTTPS as well: curl, with the same CA.
fn curl(ca: &Path, jar: &Path, arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["-qsS", "-w", "\n%{redirect_url}", "--cacert"])
        .arg(ca)
        .arg("-b")
        .arg(jar)
        .arg("-c")
        .arg(jar)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Signs the demo user in, and gives the URL of the way back.
fn sign_in(ca: &Path, folder: &Path, url: &str) -> String {
    let jar = folder.join("cookies");
    let mut page = curl(ca, &jar, &[url]);
    for _ in 0..8 {
        let next = page.rsplit('\n').next().unwrap_or_default().to_owned();
        if next.starts_with("https://client.example/") {
            return next;
        }
        if !next.is_empty() {
            page = curl(ca, &jar, &[&next]);
            continue;
        }
        let origin = url.split("/authorize").next().unwrap().split("/oauth2").next().unwrap();
        let value = |name: &str| {
            page.split(&format!("name=\"{name}\" value=\"")).nth(1).and_then(|rest| rest.split('"').next())
        };
        let id = format!("i={}", value("i").unwrap_or_default());
        let user = &demo_world().users[0];
        let (name, password) = (format!("username={}", user.name), format!("password={}", user.password.expose()));
        let form =
            ["--data-urlencode", &id, "--data-urlencode", &name, "--data-urlencode", &password, "-d", "consent=allow"];
        page = curl(ca, &jar, &[&form[..], &[&format!("{origin}/sign-in")]].concat());
    }
    panic!("the sign-in went round in circles: {page}");
}

fn completes(adapter: &str, program: &str, arguments: &[&str], profile: &str) {
    let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters").join(adapter);
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut world = demo_world();
    world.users[0].totp_secret = None;
    let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    let ca = CertificateAuthority::kept_in(folder.path()).unwrap();
    let settings = ["sign_in.path=/sign-in".to_owned()];
    let config = Config { ca, world, ..Config::new(load(profile, &settings).unwrap(), start) };
    let idp = runtime.block_on(MockIdp::start(config)).unwrap();
    let ca = folder.path().join("ca.pem");
    let issuer = format!("https://localhost:{}", idp.url().rsplit_once(':').unwrap().1);
    std::fs::create_dir(folder.path().join("store")).unwrap();
    let mut adapter = Adapter::start(&adapters, program, arguments, &ca);
    let client = &demo_world().clients[0];
    let paths = ["/authorize", "/token"].map(|path| format!("{issuer}{path}"));
    assert_eq!(adapter.ask(json!({"op": "hello", "protocol": "1.3"}))["result"], "hello");
    let configure = json!({
        "op": "configure", "worker": "a", "endpoints": {"authorization": paths[0], "token": paths[1]},
        "client": {
            "id": client.id.0, "secret": client.secret.as_ref().unwrap().expose(), "authentication": "client_secret_basic",
            "redirect_uri": client.redirect_uris[0], "scope": "openid profile email offline_access",
        },
        "openid": {"issuer": issuer, "id_token_algorithm": "RS256"},
        "storage": folder.path().join("store"), "ca_file": ca, "now": start.as_seconds(),
    });
    let done = adapter.ask(configure);
    assert_eq!(done["result"], "done", "{profile}: {done}");
    let asked = adapter.ask(json!({"op": "authorize"}));
    let url = asked["url"].as_str().unwrap_or_else(|| panic!("{profile}: {asked}"));
    let back = sign_in(&ca, folder.path(), url);
    let signed_in = adapter.ask(json!({"op": "callback", "url": back}));
    let subject = mock_idp::proto::jose::subject_of(&demo_world().users[0].name);
    assert_eq!(signed_in, json!({"result": "signed_in", "subject": subject}), "{profile}");
    let refreshed = adapter.ask(json!({"op": "refresh"}));
    assert_eq!(refreshed["result"], "done", "{profile}: {refreshed}");
    // What was issued twice was asked for twice, and all of it by HTTPS.
    let (entries, _) = idp.realm().journal_after(0);
    let origins: Vec<String> = entries
        .into_iter()
        .filter_map(
            |entry| if let mock_idp::proto::journal::What::Received(it) = entry.what { Some(it.origin) } else { None },
        )
        .collect();
    assert!(origins.len() > 6 && origins.iter().all(|origin| *origin == issuer), "{profile}: {origins:?}");
}

macro_rules! libraries {
    ($($name:ident: $adapter:literal, $program:literal, $arguments:expr;)*) => { $(
        #[test]
        #[ignore = "needs the adapter to be set up"]
        fn $name() {
            for profile in ["rfc", "code-on-time"] {
                completes($adapter, $program, &$arguments, profile);
            }
        }
    )* };
}

libraries! {
    openidconnect_of_rust_completes: "rust", "target/debug/openidconnect-adapter", [];
    authlib_of_python_completes: "python", ".venv/bin/python", ["authlib_adapter.py"];
    openid_client_of_node_completes: "node", "node", ["openid_client.js"];
}
