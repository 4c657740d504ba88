//! The environment that sends an unmodified program to a provider, by the name of the real one.

use std::fs;
use std::io;
use std::path::Path;

/// Variables that must not be set: they would add to what is trusted, or take its place.
pub const UNSET: [&str; 1] = ["SSL_CERT_DIR"];

/// wget reads its CA from a file only.
const WGETRC: &str = "wgetrc";

/// PHP reads every file of a folder whose name ends so.
const PHP_INI: &str = "mock-idp.ini";

/// The variables for a provider at `proxy` (`http://127.0.0.1:8080`), whose CA certificate is in the file `ca`, an absolute path.
///
/// Set all of them: a program prefers one to another, and a stale one of the parent's would win. wget and PHP are served if the
/// files of [`write_client_files`] lie beside the certificate. Java learns of the proxy but not of the CA: it wants a trust store
/// of its own. Without `ca`, nothing is said of what to trust.
#[must_use]
pub fn client_environment(proxy: &str, ca: Option<&str>) -> Vec<(&'static str, String)> {
    let mut variables = Vec::new();
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        variables.push((name, proxy.to_owned()));
    }
    // A client's own listeners, for its redirects, are not behind the proxy.
    for name in ["NO_PROXY", "no_proxy"] {
        variables.push((name, "localhost,127.0.0.1".to_owned()));
    }
    variables.push(("NODE_USE_ENV_PROXY", "1".to_owned()));
    variables.push(("PERL_LWP_ENV_PROXY", "1".to_owned()));
    if let Some((host, port)) = proxy.rsplit_once("//").and_then(|(_, address)| address.rsplit_once(':')) {
        let options = ["http", "https"].map(|it| format!("-D{it}.proxyHost={host} -D{it}.proxyPort={port}")).join(" ");
        variables.push(("JAVA_TOOL_OPTIONS", format!("{options} -Dhttp.nonProxyHosts=localhost|127.0.0.1")));
    }
    let Some(ca) = ca else { return variables };
    for name in [
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
        "PERL_LWP_SSL_CA_FILE",
        "GIT_SSL_CAINFO",
        "PIP_CERT",
        "AWS_CA_BUNDLE",
    ] {
        variables.push((name, ca.to_owned()));
    }
    let folder = Path::new(ca).parent().unwrap_or(Path::new("."));
    if folder.join(WGETRC).is_file() {
        variables.push(("WGETRC", folder.join(WGETRC).display().to_string()));
    }
    if folder.join(PHP_INI).is_file() {
        // The empty part before the colon keeps the folder that PHP was built with.
        variables.push(("PHP_INI_SCAN_DIR", format!(":{}", folder.display())));
    }
    variables
}

/// Writes the small files by which wget and PHP learn of the CA, beside its certificate `ca`, an absolute path.
///
/// # Errors
/// When a file cannot be written, or the path holds a quote or a line break, which those files cannot.
pub fn write_client_files(ca: &str) -> io::Result<()> {
    if ca.contains(['"', '\n', '\r']) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{ca:?} cannot stand in a configuration file"),
        ));
    }
    let folder = Path::new(ca).parent().unwrap_or(Path::new("."));
    fs::write(folder.join(WGETRC), format!("ca_certificate = {ca}\n"))?;
    fs::write(folder.join(PHP_INI), format!("curl.cainfo = \"{ca}\"\nopenssl.cafile = \"{ca}\"\n"))
}
