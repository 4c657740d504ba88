//! HTTPS and the proxy on real sockets, with real programs: curl and python3 must be installed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};

use mock_idp::profile::load;
use mock_idp::proto::address::Addresses;
use mock_idp::proto::journal::What;
use mock_idp::proto::time::Timestamp;
use mock_idp::shell::{CaError, CertificateAuthority, Config, MockIdp, write_client_files};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const ME: &str = "https://start.exactonline.nl/api/v1/current/Me";

/// Why another host is refused.
const ONLY: &str = "the profile exact-online stands in for start.exactonline.nl, start.exactonline.be, \
    start.exactonline.de, start.exactonline.fr, start.exactonline.es, start.exactonline.co.uk, start.exactonline.com only";

/// No configuration file, no body; the status, the proxy's status, the version, and what went wrong.
const CURL: [&str; 5] = ["-qsS", "-o", "/dev/null", "-w", "%{http_code} %{http_connect} %{http_version}"];

/// A provider with its CA in a folder, as `serve --ca-dir` has it.
struct Provider {
    idp: MockIdp,
    folder: TempDir,
    _runtime: Runtime,
}

fn start(ca: CertificateAuthority) -> (MockIdp, Runtime) {
    let runtime = Runtime::new().unwrap();
    let config = Config { ca, ..Config::new(load("exact-online", &[]).unwrap(), Timestamp::from_millis(0)) };
    (runtime.block_on(MockIdp::start(config)).unwrap(), runtime)
}

impl Provider {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (idp, runtime) = start(CertificateAuthority::kept_in(folder.path()).unwrap());
        write_client_files(folder.path().join("ca.pem").to_str().unwrap()).unwrap();
        Self { idp, folder, _runtime: runtime }
    }

    fn address(&self) -> &str {
        self.idp.url().strip_prefix("http://").unwrap()
    }

    fn port(&self) -> &str {
        self.address().rsplit_once(':').unwrap().1
    }

    fn ca(&self) -> String {
        self.folder.path().join("ca.pem").to_str().unwrap().to_owned()
    }

    /// Runs a shell script in an environment that holds nothing but what `mock-idp env` prints.
    fn in_environment(&self, script: &str) -> String {
        let program = env!("CARGO_BIN_EXE_mock-idp");
        let script = format!("eval \"$('{program}' env --port {} --ca '{}')\"\n{script}", self.port(), self.ca());
        text(&bare("sh").args(["-c", &script]).output().unwrap())
    }

    /// Runs curl with nothing but the CA.
    fn curl(&self, arguments: &[&str]) -> String {
        text(&bare("curl").args(CURL).args(["--cacert", &self.ca()]).args(arguments).output().unwrap())
    }

    /// The same through the provider as proxy.
    fn curl_by_proxy(&self, arguments: &[&str]) -> String {
        self.curl(&[&["--proxy", self.idp.url()], arguments].concat())
    }

    /// Where the clients believed to be, request by request.
    fn origins(&self) -> Vec<String> {
        self.journal(|what| if let What::Received(it) = what { Some(it.origin) } else { None })
    }

    fn turned_away(&self) -> Vec<String> {
        self.journal(|what| if let What::TurnedAway { text } = what { Some(text) } else { None })
    }

    fn journal(&self, pick: impl Fn(What) -> Option<String>) -> Vec<String> {
        let (entries, _) = self.idp.realm().journal_after(0);
        entries.into_iter().filter_map(|entry| pick(entry.what)).collect()
    }

    /// Sends bytes and nothing more, and reads until the provider closes the connection.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // A connection that is reset was closed as well.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A program that finds others and has no other environment.
fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in ["PATH", "HOME"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
}

/// What a program printed, and how it failed.
fn text(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() {
        return text;
    }
    let error = String::from_utf8_lossy(&output.stderr);
    format!("{text} failed {}: {}", output.status.code().unwrap_or_default(), error.trim())
}

#[test]
fn curl_reaches_the_mock_by_the_real_name_with_nothing_but_the_printed_environment() {
    let provider = Provider::start();
    let ask = format!("curl -qsS -o /dev/null -w '%{{http_code}} %{{http_connect}}' {ME}");
    assert_eq!(provider.in_environment(&ask), "401 200");
    assert_eq!(provider.origins(), ["https://start.exactonline.nl"]);
}

#[test]
fn python_reaches_the_mock_by_the_real_name_with_nothing_but_the_printed_environment() {
    let provider = Provider::start();
    let ask = "import sys, urllib.request, urllib.error
try: urllib.request.urlopen(sys.argv[1])
except urllib.error.HTTPError as error: print(error.code)";
    assert_eq!(provider.in_environment(&format!("python3 -c \"{ask}\" {ME}")), "401");
    let local = format!("https://localhost:{}/api/v1/current/Me", provider.port());
    assert_eq!(provider.in_environment(&format!("python3 -c \"{ask}\" {local}")), "401");
    let own = format!("https://localhost:{}", provider.port());
    assert_eq!(provider.origins(), ["https://start.exactonline.nl".to_owned(), own]);
}

#[test]
fn the_certificates_pass_the_strict_checks_of_openssl() {
    let provider = Provider::start();
    let ask = "import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
for name in ('start.exactonline.nl', 'localhost', '127.0.0.1', '::1'):
    stream = socket.create_connection(('127.0.0.1', int(sys.argv[2])))
    print(context.wrap_socket(stream, server_hostname=name).getpeercert()['notAfter'])";
    let output = bare("python3").args(["-c", ask, &provider.ca(), provider.port()]).output().unwrap();
    assert_eq!(text(&output), ["Dec 31 00:00:00 2099 GMT"; 4].join("\n"));
}

#[test]
fn a_provider_is_reached_by_its_loopback_names() {
    let provider = Provider::start();
    let port = provider.port();
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{port}/api/v1/current/Me");
        assert_eq!(provider.curl(&["--http1.1", &url]), "401 000 1.1");
    }
    assert_eq!(provider.origins(), [format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}")]);
}

#[test]
fn the_server_name_decides_without_a_proxy() {
    let provider = Provider::start();
    let connect_to = format!("::127.0.0.1:{}", provider.port());
    assert_eq!(provider.curl(&["--connect-to", &connect_to, ME]), "401 000 2");
    let other = provider.curl(&["--connect-to", &connect_to, "https://login.example/"]);
    assert!(other.contains("failed 35"), "{other}");
    assert_eq!(provider.turned_away(), [format!("TLS for login.example: {ONLY}")]);
}

#[test]
fn http_2_is_spoken_over_tls_and_by_prior_knowledge_and_http_1_still_is() {
    let provider = Provider::start();
    let secure = format!("https://localhost:{}", provider.port());
    let plain = provider.idp.url().to_owned();
    let me = |origin: &str| format!("{origin}/api/v1/current/Me");
    assert_eq!(provider.curl(&["--http2", &me(&secure)]), "401 000 2");
    assert_eq!(provider.curl(&["--http2-prior-knowledge", &me(&plain)]), "401 000 2");
    assert_eq!(provider.curl(&["--http1.1", &me(&plain)]), "401 000 1.1");
    assert_eq!(provider.curl_by_proxy(&["--http2", ME]), "401 200 2");
    assert_eq!(provider.origins(), [&secure, &plain, &plain, "https://start.exactonline.nl"]);
}

#[test]
fn a_tunnel_to_another_host_is_refused_and_journalled() {
    let provider = Provider::start();
    let refused = provider.curl_by_proxy(&["https://login.example/secret?code=1"]);
    assert!(refused.starts_with("000 403 ") && refused.contains("failed 56"), "{refused}");
    let other_port = provider.curl_by_proxy(&["https://localhost:1/"]);
    assert!(other_port.starts_with("000 403 "), "{other_port}");
    let expected = [format!("CONNECT login.example:443: {ONLY}"), format!("CONNECT localhost:1: {ONLY}")];
    assert_eq!(provider.turned_away(), expected);
}

#[test]
fn a_plain_request_through_the_proxy_is_served_for_the_profiles_hosts_alone() {
    let provider = Provider::start();
    let ask = "http://start.exactonline.nl/api/v1/current/Me";
    assert_eq!(provider.curl_by_proxy(&[ask]), "401 000 1.1");
    assert_eq!(provider.curl_by_proxy(&["--proxytunnel", ask]), "401 200 1.1");
    assert_eq!(provider.curl_by_proxy(&["http://name:word@other.example:81/health?code=1"]), "403 000 1.1");
    assert_eq!(provider.origins(), ["http://start.exactonline.nl"; 2]);
    assert_eq!(provider.turned_away(), [format!("GET other.example:81: {ONLY}")]);
}

#[test]
fn there_is_no_tunnel_inside_a_tunnel() {
    let provider = Provider::start();
    let connect = b"CONNECT start.exactonline.nl:80 HTTP/1.1\r\nHost: start.exactonline.nl:80\r\n\r\n";
    // The second only once the first was answered: bytes that come with a CONNECT are no tunnel's yet.
    let mut stream = TcpStream::connect(provider.address()).unwrap();
    let mut ask = || {
        stream.write_all(connect).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        String::from_utf8_lossy(&answer).into_owned()
    };
    let (first, second) = (ask(), ask());
    assert!(first.starts_with("HTTP/1.1 200 OK\r\n"), "{first}");
    assert!(second.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{second}");
    assert_eq!(provider.turned_away(), ["CONNECT start.exactonline.nl:80: there is no tunnel inside a tunnel"]);
}

#[test]
fn a_client_that_trusts_another_ca_does_not_get_through_and_the_journal_says_why() {
    let provider = Provider::start();
    let other = tempfile::tempdir().unwrap();
    CertificateAuthority::kept_in(other.path()).unwrap();
    let ca = other.path().join("ca.pem");
    let refused = provider.curl_by_proxy(&["--cacert", ca.to_str().unwrap(), ME]);
    assert!(refused.starts_with("000 200 ") && refused.contains("failed 60"), "{refused}");
    // curl may be gone before its alert is read.
    let away = std::iter::repeat_with(|| {
        std::thread::yield_now();
        provider.turned_away()
    });
    let away = away.take(10_000_000).find(|away| !away.is_empty()).unwrap_or_default().join("\n");
    assert!(away.contains("UnknownCA"), "{away}");
    assert!(provider.origins().is_empty());
}

#[test]
fn a_kept_ca_is_used_again_and_its_key_is_its_owners_alone() {
    let first = Provider::start();
    let again = CertificateAuthority::kept_in(first.folder.path()).unwrap();
    assert_eq!(again.pem().unwrap(), first.idp.ca_pem().unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name| fs::metadata(first.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("ca.key") & 0o777, 0o600);
        assert_eq!(mode("ca.pem") & 0o444, 0o444);
    }
    let (second, _runtime) = start(again);
    assert_eq!(first.curl(&["--proxy", second.url(), ME]), "401 200 2");
}

#[test]
fn a_ca_folder_whose_files_do_not_belong_together_is_refused() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&one, &other] {
        CertificateAuthority::kept_in(folder.path()).unwrap();
    }
    let (certificate, key) = (one.path().join("ca.pem"), one.path().join("ca.key"));
    let refusal = |folder: &Path| CertificateAuthority::kept_in(folder).unwrap_err();
    fs::copy(other.path().join("ca.key"), &key).unwrap();
    assert!(matches!(refusal(one.path()), CaError::Mismatch { .. }));
    fs::write(&key, "no key").unwrap();
    assert!(matches!(refusal(one.path()), CaError::Mismatch { .. }));
    fs::remove_file(&key).unwrap();
    assert!(matches!(refusal(one.path()), CaError::KeyMissing { .. }));
    assert!(matches!(refusal(&certificate), CaError::File { .. }));
    // A run that was cut off after it wrote the key is finished by the next.
    fs::remove_file(other.path().join("ca.pem")).unwrap();
    CertificateAuthority::kept_in(other.path()).unwrap();
}

#[test]
fn the_throw_away_ca_is_one_for_the_process() {
    let (one, other) = (CertificateAuthority::default(), CertificateAuthority::default());
    let pem = one.pem().unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    assert_eq!(other.pem().unwrap(), pem);
}

#[test]
fn garbage_closes_the_connection_and_harms_nobody_else() {
    let provider = Provider::start();
    let half_preface: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nxxxx";
    for bytes in [b"", &b"\x16"[..], b"\x16\x03\x01\xff\xff garbage", b"\0\0\0\0", b"\xff\xfe", half_preface, b"PRI"] {
        let answer = provider.raw(bytes);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{bytes:?}: {answer}");
    }
    assert_eq!(provider.curl(&[&format!("{}/api/v1/current/Me", provider.idp.url())]), "401 000 1.1");
}

#[test]
fn a_command_runs_in_the_environment_of_its_own_provider_and_its_status_is_given_on() {
    let script = format!(
        "curl -qsS -o /dev/null -w '%{{http_code}} %{{http_connect}}\\n' {ME}
        curl -qsS $MOCK_IDP_CONTROL_URL/clock
        cat \"$WGETRC\" \"${{PHP_INI_SCAN_DIR#:}}/mock-idp.ini\" | grep -c \"$SSL_CERT_FILE\"
        echo \"${{SSL_CERT_DIR-unset}}\"; exit 7"
    );
    let mut command = bare(env!("CARGO_BIN_EXE_mock-idp"));
    command.env("SSL_CERT_DIR", "/stale").env("CURL_CA_BUNDLE", "/stale").env("NO_PROXY", "*");
    command.args(["env", "--start", "2021-11-15T02:00:00Z", "--frozen", "--", "sh", "-c", &script]);
    assert_eq!(
        text(&command.output().unwrap()),
        "401 200\n{\"now\":\"2021-11-15T02:00:00.000Z\",\"mode\":\"frozen\"}\n3\nunset failed 7: "
    );
}

#[test]
fn a_command_that_cannot_be_run_gives_what_a_shell_gives() {
    for (program, status) in [("/no/such/program", 127), ("/", 126)] {
        let output = bare(env!("CARGO_BIN_EXE_mock-idp")).args(["env", "--", program]).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{output:?}");
    }
}

#[test]
fn the_certificate_follows_the_names_that_the_provider_goes_by() {
    let folder = tempfile::tempdir().unwrap();
    let ca = CertificateAuthority::kept_in(folder.path()).unwrap();
    let runtime = Runtime::new().unwrap();
    let addresses = Addresses {
        issuer: Some("https://idp.test:8443".parse().unwrap()),
        browser: Some("https://login.test".parse().unwrap()),
    };
    let config = Config { ca, addresses, ..Config::new(load("rfc", &[]).unwrap(), Timestamp::from_millis(0)) };
    let idp = runtime.block_on(MockIdp::start(config)).unwrap();
    let port = idp.url().rsplit_once(':').unwrap().1.to_owned();
    let provider = Provider { idp, folder, _runtime: runtime };
    for (host, want) in [("idp.test", "200 000 2"), ("login.test", "200 000 2")] {
        let url = format!("https://{host}:{port}/.well-known/openid-configuration");
        let there = format!("{host}:{port}:127.0.0.1");
        assert_eq!(provider.curl(&["--resolve", &there, &url]), want, "{host}");
        assert_eq!(provider.curl_by_proxy(&[&url]), want.replace("000", "200"), "{host}, through the proxy");
    }
    let other =
        provider.curl(&["--resolve", &format!("other.test:{port}:127.0.0.1"), &format!("https://other.test:{port}/")]);
    assert!(other.contains("failed"), "{other}");
}
