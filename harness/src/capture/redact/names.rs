//! What is secret by its name, and what by its look.

/// Names of which the values are secrets, or say who somebody is; in lower case, without `-` and `_`.
const NAMED: [(&str, &[&str]); 21] = [
    ("code", &["code", "authorizationcode", "authcode"]),
    ("access_token", &["accesstoken"]),
    ("refresh_token", &["refreshtoken"]),
    ("id_token", &["idtoken", "idtokenhint"]),
    ("token", &["token", "subjecttoken", "actortoken", "logouttoken", "xauthtoken"]),
    ("assertion", &["assertion", "clientassertion", "samlresponse", "samlrequest", "wresult", "dpop"]),
    ("client_secret", &["clientsecret", "registrationaccesstoken"]),
    ("password", &["pin", "pwd"]),
    ("otp", &["otc", "onetimecode", "verificationcode", "backupcode", "mailedcode", "mfacode"]),
    ("state", &["state"]),
    ("nonce", &["nonce"]),
    ("code_challenge", &["codechallenge"]),
    ("code_verifier", &["codeverifier"]),
    ("device_code", &["devicecode"]),
    ("user_code", &["usercode"]),
    ("request_uri", &["requesturi"]),
    (
        "flow",
        &[
            "flowtoken",
            "sft",
            "sctx",
            "canary",
            "apicanary",
            "requestverificationtoken",
            "csrf",
            "csrftoken",
            "csrfmiddlewaretoken",
            "xsrftoken",
            "viewstate",
            "eventvalidation",
        ],
    ),
    ("session", &["sid", "sessionid", "sessionstate", "jsessionid", "phpsessid"]),
    ("api_key", &["apikey", "xapikey", "ocpapimsubscriptionkey"]),
    (
        "person",
        &[
            "fullname",
            "displayname",
            "givenname",
            "familyname",
            "surname",
            "firstname",
            "lastname",
            "phonenumber",
            "mobilephone",
            "birthdate",
            "oid",
            "sub",
            "userid",
            "clientinfo",
        ],
    ),
    (
        "user",
        &[
            "username",
            "user",
            "loginhint",
            "loginfmt",
            "login",
            "email",
            "mail",
            "upn",
            "preferredusername",
            "uniquename",
            "userprincipalname",
        ],
    ),
];

/// Parts of names that say as much: pages and products name the fields of their forms as they like.
const PARTS: [(&str, &[&str]); 4] = [
    ("password", &["password", "passwd", "passphrase", "passcode"]),
    ("otp", &["totp", "verificationcode", "authenticator", "onetime"]),
    ("client_secret", &["secret"]),
    ("user", &["username", "emailaddress"]),
];

/// Names of which the values may look drawn at random and are nobody's secrets.
const OPEN: [&str; 21] = [
    "clientid",
    "redirecturi",
    "postlogoutredirecturi",
    "scope",
    "granttype",
    "responsetype",
    "responsemode",
    "resource",
    "audience",
    "aud",
    "iss",
    "tid",
    "kid",
    "x5t",
    "x5c",
    "claims",
    "errordescription",
    "correlationid",
    "traceid",
    "clientrequestid",
    "etag",
];

/// From how many characters on a value may look drawn at random.
const LONG: usize = 16;

/// What of a name counts: `LoginForm$User-Name` is `username`.
fn plain(name: &str) -> String {
    let last = name.rsplit(['.', '$', ':', '[']).next().unwrap_or(name).trim_end_matches(']');
    last.chars().filter(|c| !matches!(c, '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

/// What the value of a parameter, member or field of this name is, if it is nothing for everybody.
pub(super) fn kind_of(name: &str) -> Option<&'static str> {
    let name = plain(name);
    let by_name = NAMED.iter().find(|(_, names)| names.contains(&name.as_str()));
    let by_part = || PARTS.iter().find(|(_, parts)| parts.iter().any(|part| name.contains(part)));
    let by_end = || {
        let is_otp = name.starts_with("otp") || name.ends_with("otp");
        if is_otp { Some("otp") } else { name.ends_with("pwd").then_some("password") }
    };
    by_name.or_else(by_part).map(|(kind, _)| *kind).or_else(by_end)
}

/// Whether everybody may know what is called so.
pub(super) fn is_open(name: &str) -> bool {
    OPEN.contains(&plain(name).as_str())
}

/// Whether a value looks drawn at random: long, one word, with letters and digits or in both cases. GUIDs and URLs are names.
pub(super) fn looks_drawn(value: &str) -> bool {
    let is_word = value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~!*+/=|:".contains(c));
    let is_guid = value.len() == 36 && value.chars().filter(|c| *c == '-').count() == 4;
    let has = |what: fn(&char) -> bool| value.chars().filter(what).count();
    let (upper, lower, digits) =
        (has(char::is_ascii_uppercase), has(char::is_ascii_lowercase), has(char::is_ascii_digit));
    let mixed = (digits > 2 && upper + lower > 2) || (upper > 2 && lower > 2 && value.len() > 24);
    let is_path = value.starts_with('/') || value.contains("://") || value.contains("..");
    let is_time = value.contains('T') && value.contains(':') && value.starts_with("20");
    value.len() >= LONG && is_word && !is_guid && mixed && !is_path && !is_time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_every_spelling_and_others_are_not() {
        let known = [
            ("refresh_token", Some("refresh_token")),
            ("RefreshToken", Some("refresh_token")),
            ("X-Api-Key", Some("api_key")),
            ("LoginForm$Password", Some("password")),
            ("user[email]", Some("user")),
            ("totp_code", Some("otp")),
            ("NewPwd", Some("password")),
            ("token_type", None),
            ("error_codes", None),
            ("Accept", None),
        ];
        for (name, kind) in known {
            assert_eq!(kind_of(name), kind, "{name}");
        }
        assert!(is_open("redirect_uri") && !is_open("refresh_token"));
    }

    #[test]
    fn what_is_drawn_at_random_looks_so_and_names_of_things_do_not() {
        for drawn in
            ["AQABAAEAAAD2eZN8jdTGV7kq", "stampNL001.kG4!xW7abcdef", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"]
        {
            assert!(looks_drawn(drawn), "{drawn}");
        }
        let things = [
            "5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c",
            "https://client.example/cb1234",
            "authorization_code",
            "/common/oauth2/v2.0/token",
            "2026-03-02T09:00:00Z",
            "short1A2b3C",
        ];
        for thing in things {
            assert!(!looks_drawn(thing), "{thing}");
        }
    }
}
