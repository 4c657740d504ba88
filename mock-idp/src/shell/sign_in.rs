//! Signing in without a browser: the demo user's way through the provider's own pages, for whoever only wants a code.

use crate::proto::message::{Headers, Request, RequestBody, Response};
use crate::proto::totp;
use crate::shell::realm::Realm;

/// So many pages at most; a sign-in has less.
const MOST_PAGES: usize = 10;

/// The cookies of the browser that nobody sees. Its session lasts, so that a second sign-in needs no second authenticator code.
#[derive(Debug, Default)]
pub(crate) struct Cookies(Vec<(String, String)>);

struct Browser<'a> {
    realm: &'a Realm,
    origin: &'a str,
    cookies: &'a mut Cookies,
}

/// Signs the first user in at the first client, with consent, and gives the whole redirect that the client would get. `more` are
/// parameters of the authorization request as form text; without a scope among them, all that are offered are asked for.
///
/// # Errors
/// Why the pages led elsewhere, in a sentence.
pub(crate) fn sign_in(realm: &Realm, origin: &str, more: &[u8], cookies: &mut Cookies) -> Result<String, String> {
    let (path, redirect_uri) = realm.with(|idp| {
        let client = idp.world().clients.first().ok_or("there is no client")?;
        let redirect_uri = client.redirect_uris.first().ok_or("the client has no redirection URI")?.clone();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id.0)
            .append_pair("redirect_uri", &redirect_uri)
            .extend_pairs(form_urlencoded::parse(more));
        if let Some(offered) = &idp.policy().scopes.offered
            && !form_urlencoded::parse(more).any(|(name, _)| name == "scope")
        {
            let all: Vec<&str> = offered.iter().map(String::as_str).collect();
            query.append_pair("scope", &all.join(" "));
        }
        let query = query.finish();
        Ok::<_, &str>((
            format!("{}?{query}", idp.policy().path_in(&idp.policy().authorization.path, None)),
            redirect_uri,
        ))
    })?;
    let mut browser = Browser { realm, origin, cookies };
    let mut response = browser.send("GET", &path, None);
    for _ in 0..MOST_PAGES {
        let location = response.headers.get("location").unwrap_or_default().to_owned();
        if location.starts_with(&redirect_uri) {
            return Ok(location);
        }
        let Some((page, id)) = location.split_once("?i=") else {
            return Err(format!("the sign-in ended with status {}", response.status));
        };
        let shown = browser.send("GET", &location, None);
        browser.ask_for_mail(page, id, &shown);
        let form = browser.form(id)?;
        response = browser.send("POST", page, Some(form));
    }
    Err("the sign-in went round in circles".to_owned())
}

impl Browser<'_> {
    fn send(&mut self, method: &str, target: &str, body: Option<String>) -> Response {
        let mut headers = Headers::new();
        if !self.cookies.0.is_empty() {
            let pairs: Vec<String> = self.cookies.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
            headers.push("cookie", pairs.join("; "));
        }
        if body.is_some() {
            headers.push("content-type", "application/x-www-form-urlencoded");
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let request = Request {
            via: "control".to_owned(),
            method: method.to_owned(),
            origin: self.origin.to_owned(),
            path: path.to_owned(),
            query: query.map(str::to_owned),
            headers,
            body: RequestBody::Whole(body.unwrap_or_default().into_bytes()),
        };
        let response = self.realm.handle(&request);
        for cookie in response.headers.all("set-cookie") {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.0.retain(|(known, _)| known != name);
                self.cookies.0.push((name.to_owned(), value.to_owned()));
            }
        }
        response
    }

    /// Has a code sent where a page offers that and the user has no authenticator.
    fn ask_for_mail(&mut self, page: &str, id: &str, shown: &Response) {
        let has_app = self.realm.with(|idp| idp.world().users.first().is_some_and(|user| user.totp_secret.is_some()));
        if !has_app && String::from_utf8_lossy(&shown.body).contains("id=\"send\"") {
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair("i", id)
                .append_pair("send", "email")
                .finish();
            self.send("POST", page, Some(form));
        }
    }

    /// Everything that any page asks for: each takes what it needs.
    fn form(&self, id: &str) -> Result<String, String> {
        let now = self.realm.clock().now();
        self.realm.with(|idp| {
            let user = idp.world().users.first().ok_or("there is no user")?;
            let policy = &idp.policy().sign_in;
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("i", id)
                .append_pair(&policy.fields.user_name, &user.name)
                .append_pair(&policy.fields.password, user.password.expose())
                .append_pair("consent", "allow");
            let by_app = user.totp_secret.as_ref().map(|secret| totp::code(&policy.totp, secret.expose(), now, 0));
            let mailed = || idp.outbox().filter(|mail| mail.user == user.name).last();
            if let Some(code) = by_app.or_else(|| mailed().map(|mail| mail.code.expose().clone())) {
                form.append_pair(&policy.fields.totp, &code).append_pair(&policy.fields.code, &code);
            }
            Ok(form.finish())
        })
    }
}
