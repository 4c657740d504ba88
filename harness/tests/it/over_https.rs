//! Real libraries against `https://localhost`, with nothing but the CA: discovery, sign-in with PKCE, the ID token checked by them, UserInfo,
//! refresh. Those of Microsoft with an authority that they do not know. Needs the adapters to be set up, so it is run by name: `cargo test -p idp-harness over_https -- --ignored`.

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
            .env("REQUESTS_CA_BUNDLE", ca)
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
        let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
        let after = |mark: &str| page.split(mark).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let action = after("method=\"post\" action=\"");
        let id = format!("i={}", after("name=\"i\" value=\""));
        let user = &demo_world().users[0];
        let name = format!("{}={}", after("id=\"user-name\" name=\""), user.name);
        let password = format!("{}={}", after("id=\"password\" name=\""), user.password.expose());
        let form =
            ["--data-urlencode", &id, "--data-urlencode", &name, "--data-urlencode", &password, "-d", "consent=allow"];
        page = curl(ca, &jar, &[&form[..], &[&format!("{origin}{}", action.replace("&#x2f;", "/"))]].concat());
    }
    panic!("the sign-in went round in circles: {page}");
}

/// An adapter that has been configured for a provider at `https://localhost`, and the provider.
struct Meeting {
    adapter: Adapter,
    idp: MockIdp,
    origin: String,
    folder: tempfile::TempDir,
    // Dropped last: the provider lives in it.
    _runtime: tokio::runtime::Runtime,
}

impl Meeting {
    /// `place` comes before the paths of the endpoints, and in the issuer.
    fn new(
        adapter: &str,
        program: &[&str],
        profile: &str,
        place: &str,
        paths: [&str; 2],
        configuration: Value,
    ) -> Self {
        let adapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters").join(adapter);
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut world = demo_world();
        world.users[0].totp_secret = None;
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
        let ca = CertificateAuthority::kept_in(folder.path()).unwrap();
        let config = Config { ca, world, ..Config::new(load(profile, &[]).unwrap(), start) };
        let idp = runtime.block_on(MockIdp::start(config)).unwrap();
        let origin = format!("https://localhost:{}", idp.url().rsplit_once(':').unwrap().1);
        std::fs::create_dir(folder.path().join("store")).unwrap();
        let (program, arguments) = program.split_first().unwrap();
        let ca = folder.path().join("ca.pem");
        let mut meeting = Self {
            adapter: Adapter::start(&adapters, program, arguments, &ca),
            idp,
            origin,
            folder,
            _runtime: runtime,
        };
        assert_eq!(meeting.adapter.ask(json!({"op": "hello", "protocol": "1.3"}))["result"], "hello");
        let client = &demo_world().clients[0];
        let [authorization, token] = paths.map(|path| format!("{}{place}{path}", meeting.origin));
        let mut configure = json!({
            "op": "configure", "worker": "a", "endpoints": {"authorization": authorization, "token": token},
            "client": {
                "id": client.id.0, "secret": client.secret.as_ref().unwrap().expose(), "authentication": "client_secret_basic",
                "redirect_uri": client.redirect_uris[0], "scope": "openid profile email offline_access",
            },
            "storage": meeting.folder.path().join("store"), "ca_file": ca, "now": start.as_seconds(),
        });
        for (name, value) in configuration.as_object().unwrap() {
            configure[name] = value.clone();
        }
        if profile != "entra" {
            configure["openid"] = json!({"issuer": meeting.origin, "id_token_algorithm": "RS256"});
        }
        let done = meeting.adapter.ask(configure);
        assert_eq!(done["result"], "done", "{profile}: {done}");
        meeting
    }

    /// Signs the demo user in; what came of it.
    fn sign_in(&mut self) -> Value {
        let asked = self.adapter.ask(json!({"op": "authorize"}));
        let url = asked["url"].as_str().unwrap_or_else(|| panic!("{asked}"));
        let back = sign_in(&self.folder.path().join("ca.pem"), self.folder.path(), url);
        self.adapter.ask(json!({"op": "callback", "url": back}))
    }

    /// What was asked for was asked for by HTTPS, at this address; so often at least.
    fn is_all_by_https(&self, at_least: usize) {
        let (entries, _) = self.idp.realm().journal_after(0);
        let origin = |entry: mock_idp::proto::journal::Entry| {
            if let mock_idp::proto::journal::What::Received(it) = entry.what { Some(it.origin) } else { None }
        };
        let origins: Vec<String> = entries.into_iter().filter_map(origin).collect();
        assert!(origins.len() >= at_least && origins.iter().all(|origin| *origin == self.origin), "{origins:?}");
    }
}

fn completes(adapter: &str, program: &[&str], profile: &str) {
    let mut meeting = Meeting::new(adapter, program, profile, "", ["/authorize", "/token"], json!({}));
    let subject = mock_idp::proto::jose::subject_of(&demo_world().users[0].name);
    assert_eq!(meeting.sign_in(), json!({"result": "signed_in", "subject": subject}), "{profile}");
    let refreshed = meeting.adapter.ask(json!({"op": "refresh"}));
    assert_eq!(refreshed["result"], "done", "{profile}: {refreshed}");
    meeting.is_all_by_https(7);
}

/// With the settings for an authority that is none of Microsoft's.
fn completes_with_another_authority(adapter: &str, program: &[&str]) {
    let tenant = "/4a7c1f2e-9b35-4d68-8e01-6f2d3c5b7a90";
    let client = &demo_world().clients[0];
    let configuration = json!({"client": {
        "id": client.id.0, "secret": client.secret.as_ref().unwrap().expose(), "authentication": "client_secret_post",
        "redirect_uri": client.redirect_uris[0], "scope": "User.Read offline_access",
    }});
    let paths = ["/oauth2/v2.0/authorize", "/oauth2/v2.0/token"];
    let mut meeting = Meeting::new(adapter, program, "entra", tenant, paths, configuration);
    let signed_in = meeting.sign_in();
    assert_eq!(signed_in["result"], "done", "{signed_in}");
    for _ in 0..2 {
        let me =
            meeting.adapter.ask(json!({"op": "call", "method": "GET", "url": format!("{}/v1.0/me", meeting.origin)}));
        assert_eq!(me["status"], 200, "{me}");
        let refreshed = meeting.adapter.ask(json!({"op": "refresh"}));
        assert_eq!(refreshed["result"], "done", "{refreshed}");
    }
    meeting.is_all_by_https(8);
}

macro_rules! libraries {
    ($($name:ident: $adapter:literal, $program:expr;)*) => { $(
        #[test]
        #[ignore = "needs the adapter to be set up"]
        fn $name() {
            for profile in ["rfc", "code-on-time"] {
                completes($adapter, &$program, profile);
            }
        }
    )* };
}

libraries! {
    openidconnect_of_rust_completes: "rust", ["target/debug/openidconnect-adapter"];
    authlib_of_python_completes: "python", [".venv/bin/python", "authlib_adapter.py"];
    openid_client_of_node_completes: "node", ["node", "openid_client.js"];
}

#[test]
#[ignore = "needs the adapter to be set up"]
fn msal_of_python_completes_with_an_authority_that_it_does_not_know() {
    completes_with_another_authority("python", &[".venv/bin/python", "msal_adapter.py"]);
}

#[test]
#[ignore = "needs the adapter to be set up"]
fn msal_of_node_completes_with_an_authority_that_it_does_not_know() {
    completes_with_another_authority("node", &["node", "msal_node.js"]);
}
