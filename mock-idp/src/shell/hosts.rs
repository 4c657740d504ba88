//! Which hosts a provider stands in for.

use hyper::Uri;

/// The loopback names by which a provider can be asked for directly.
const LOOPBACK: [&str; 4] = ["localhost", "127.0.0.1", "::1", "[::1]"];

/// The host names of a profile.
#[derive(Debug)]
pub(crate) struct Hosts {
    profile: String,
    names: Vec<String>,
    /// Other names of this provider: certificates are made for them, and they are asked for directly.
    own: Vec<String>,
}

impl Hosts {
    pub(crate) fn new<'a>(profile: String, names: &[String], own: impl Iterator<Item = &'a str>) -> Self {
        Self {
            profile,
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            own: own.map(str::to_ascii_lowercase).collect(),
        }
    }

    /// The host that a client means which names none.
    pub(crate) fn first(&self) -> &str {
        self.names.first().map_or("localhost", String::as_str)
    }

    /// The host's name as it stands in a certificate, if the provider stands in for it.
    pub(crate) fn known(&self, host: &str) -> Option<&str> {
        let host = host.strip_suffix('.').unwrap_or(host);
        if host.eq_ignore_ascii_case("localhost") {
            return Some("localhost");
        }
        self.names.iter().chain(&self.own).find(|name| host.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// Whether a proxy request for this address ends here: a host of the profile on any port, or the listener itself. Any other
    /// port of the loopback address is some other program's.
    pub(crate) fn admits(&self, target: &Uri, own_port: u16) -> bool {
        let Some(host) = target.host() else { return false };
        if LOOPBACK.iter().any(|name| host.eq_ignore_ascii_case(name)) {
            let usual = if target.scheme_str() == Some("https") { 443 } else { 80 };
            return target.port_u16().unwrap_or(usual) == own_port;
        }
        self.known(host).is_some()
    }

    /// Why a host is refused, as the end of a sentence.
    pub(crate) fn why_not(&self) -> String {
        format!("the profile {} stands in for {} only", self.profile, self.list())
    }

    fn list(&self) -> String {
        if self.names.is_empty() { "no host".to_owned() } else { self.names.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(target: &str) -> bool {
        let hosts = Hosts::new("p".to_owned(), &["Start.example".to_owned()], ["idp.test"].into_iter());
        hosts.admits(&target.parse().unwrap(), 8080)
    }

    #[test]
    fn a_host_of_the_profile_is_admitted_on_any_port_and_in_any_case() {
        for target in [
            "idp.test:8443",
            "start.example:443",
            "START.example:993",
            "start.example.:443",
            "http://start.example/x?y",
        ] {
            assert!(admits(target), "{target}");
        }
        for target in
            ["start.example.org:443", "example:443", "http://other.example/", "/start.example", "xstart.example:1"]
        {
            assert!(!admits(target), "{target}");
        }
    }

    #[test]
    fn a_loopback_address_is_admitted_on_the_own_port_alone() {
        for target in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "http://LOCALHOST:8080/"] {
            assert!(admits(target), "{target}");
        }
        for target in ["localhost:8081", "127.0.0.1:80", "http://localhost/", "127.0.0.2:8080"] {
            assert!(!admits(target), "{target}");
        }
    }

    #[test]
    fn a_profile_without_hosts_means_localhost() {
        assert_eq!(Hosts::new("p".to_owned(), &[], ["idp.test"].into_iter()).first(), "localhost");
    }
}
