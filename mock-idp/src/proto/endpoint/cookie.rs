//! Cookies (RFC 6265).

use crate::proto::message::Request;
use crate::proto::time::Span;

/// The value of a cookie of the request (RFC 6265 section 4.2).
pub(crate) fn cookie(request: &Request, name: &str) -> Option<String> {
    request.headers.all("cookie").flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// Sets a cookie that scripts cannot read, and that other sites' forms do not bring along (RFC 6265bis section 5.6).
pub(crate) fn set_cookie(name: &str, value: &str, request: &Request) -> String {
    let secure = if request.origin.starts_with("https://") { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

/// The same for a cookie that outlives the browser's session.
pub(crate) fn lasting_cookie(name: &str, value: &str, span: Span, request: &Request) -> String {
    format!("{}; Max-Age={}", set_cookie(name, value, request), span.as_seconds())
}

/// Takes a cookie back.
pub(crate) fn clear_cookie(name: &str, request: &Request) -> String {
    format!("{}; Max-Age=0", set_cookie(name, "", request))
}
