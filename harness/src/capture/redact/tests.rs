use super::*;
use crate::capture::Capture;
use crate::capture::har::{entry, read};

/// The exchanges of a HAR with these entries.
fn capture(entries: &[String]) -> Capture {
    read(format!(r#"{{"log":{{"entries":[{}]}}}}"#, entries.join(",")).as_bytes()).unwrap()
}

/// An entry with these header fields and bodies.
fn exchange(url: &str, fields: &[(&str, &str)], sent: &str, (kind, got): (&str, &str)) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| serde_json::json!({"name": name, "value": value})).collect();
    let kind_sent = serde_json::json!({"name": "Content-Type", "value": "application/x-www-form-urlencoded"});
    let headers = [vec![kind_sent], fields].concat();
    let kind_got = serde_json::json!({"name": "Content-Type", "value": kind});
    serde_json::json!({
        "startedDateTime": "2026-03-02T09:00:00Z",
        "request": {"method": "POST", "url": url, "headers": headers, "postData": {"text": sent}},
        "response": {"status": 200, "headers": [kind_got], "content": {"mimeType": kind, "text": got}},
    })
    .to_string()
}

fn sealed(redactor: &mut Redactor, entries: &[String]) -> Vec<String> {
    let exchanges = capture(entries).exchanges;
    exchanges
        .iter()
        .map(|it| {
            let it = redactor.redact(it);
            redactor.seal(&entry(&it)).unwrap()
        })
        .collect()
}

fn one(url: &str, fields: &[(&str, &str)], sent: &str, got: (&str, &str)) -> String {
    sealed(&mut Redactor::new(), &[exchange(url, fields, sent, got)]).remove(0)
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const NOTHING: (&str, &str) = (JSON, "{}");

#[test]
fn a_secret_is_taken_out_however_it_is_written_where_it_is_seen_first() {
    let answers = [
        (JSON, r#"{"access_token":"ab\u002BcdMARKij\u002F\u003D"}"#),
        (JSON, r#"{"access_token": ["x", "first-MARK-value"]}"#),
        (JSON, r#"{"password":"a\u0026MARK\"b"}"#),
        (JSON, r#"{"inner":"{\"refresh_token\":\"r-MARK-0123456\"}"}"#),
        (HTML, r#"<script>$Config={"sFT":"AQABAAMARK8jdTGV7kq"};</script>"#),
        (HTML, r#"<input type="password" name="p" value="a&#x2f;b&#x2B;MARKefgh">"#),
        (HTML, r#"<input type=hidden name=i value="q8Zr2LwMARKx7TnY4b">"#),
        (HTML, r#"<a href="/next?ctx=1&amp;flowToken=aMARKb%2Bc">on</a>"#),
        (HTML, r#"<p>You are John.MARK@acme.example.</p>"#),
        ("application/xml", "<d:UserName m:type=\"t\">jdoe-MARK-77</d:UserName>"),
        ("text/plain", "callback=https%3A%2F%2Fc.example%2Fcb%3Fcode%3Da%2521MARK"),
    ];
    for answer in answers {
        let out = one("https://idp.example/x", &[], "", answer);
        assert!(!out.contains("MARK") && out.contains(LABEL), "{out}");
    }
    let fields = [
        ("Authorization", "Bearer opaque-MARK-1"),
        ("Authorization", "Negotiate TU1BUks-MARK"),
        ("Cookie", "a=1; s=MARK; t=x"),
        ("RefreshToken", "stamp.MARK!x"),
        ("X-Auth-Token", "s3cretMARKs3cret99"),
        ("Ocp-Apim-Subscription-Key", "MARKMARK"),
        ("Referer", "https://c.example/cb#access_token=MARK&x=1"),
        ("X-AnchorMailbox", "UPN:joe.MARK@acme.example"),
    ];
    for field in fields {
        let out = one("https://idp.example/x", &[field], "", NOTHING);
        assert!(!out.contains("MARK") && out.contains(LABEL), "{out}");
    }
    for (url, sent) in [
        ("https://idp.example/x?code=a%21MARK", ""),
        ("https://idp.example/u/eyJhbGciOiJub25lIn0.eyJNQVJLIjoxfQ.", ""),
        ("https://idp.example/x", "Passwd=a;b\"MARK<&x=1"),
    ] {
        let out = one(url, &[], sent, NOTHING);
        assert!(!out.contains("MARK") && !out.contains("eyJNQVJL") && out.contains(LABEL), "{out}");
    }
}

#[test]
fn a_value_has_the_same_label_in_every_encoding_and_place() {
    let coded = base64::prelude::BASE64_STANDARD.encode("demo:s3c+ret/0");
    let nested = BASE64_URL_SAFE_NO_PAD.encode(r#"{"t":"stamp.AB!CD/EF+GH"}"#);
    let entries = [
        exchange(
            "https://idp.example/token",
            &[("Authorization", &format!("Basic {coded}"))],
            "client_secret=s3c%2Bret%2F0",
            (JSON, r#"{"refresh_token":"stamp.AB!CD\/EF\u002bGH"}"#),
        ),
        exchange(
            "https://idp.example/token?refresh_token=stamp.AB%2521CD%252FEF%252BGH",
            &[("RefreshToken", "stamp.AB!CD/EF+GH")],
            "a=stamp.AB%21CD%2FEF%2BGH",
            (HTML, "<b>stamp.AB&#33;CD&#x2f;EF&plus;GH</b>"),
        ),
        exchange(&format!("https://idp.example/x?state={nested}"), &[], "", NOTHING),
    ];
    let out = sealed(&mut Redactor::new(), &entries);
    let basic = base64::prelude::BASE64_STANDARD.encode("demo:redacted.client_secret.1");
    assert!(
        out[0].contains(&format!("Basic {basic}")) && out[0].contains("client_secret=redacted.client_secret.1"),
        "{}",
        out[0]
    );
    assert!(out[0].contains(r#"\"refresh_token\":\"redacted.refresh_token.1\""#), "{}", out[0]);
    assert_eq!(out[1].matches("redacted.refresh_token.1").count(), 5, "URL, query, field, body, page: {}", out[1]);
    assert!(!out[2].contains(&nested), "{}", out[2]);
}

#[test]
fn what_is_no_secret_stays() {
    let url = "https://idp.example/authorize?client_id=5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c&scope=openid&response_type=code&redirect_uri=https%3A%2F%2Fc.example%2Fcb";
    let error = r#"{"error":{"code":"InvalidAuthenticationToken","message":"AADSTS50011: the reply URL","innerError":{"request-id":"5a3b9c1e-7f2d-4e8a-9b6c-0d1e2f3a4b5c"}},"expires_in":3599,"token_type":"Bearer"}"#;
    let out = one(
        url,
        &[("User-Agent", "Mozilla/5.0 (X11)"), ("Accept", "*/*")],
        "grant_type=authorization_code",
        (JSON, error),
    );
    assert!(!out.contains(LABEL), "{out}");
    let page =
        r#"<script src="https://cdn.example/jquery@3.1.1/jquery.min.js"></script><style>@media screen{}</style>"#;
    assert!(!one("https://idp.example/", &[], "", (HTML, page)).contains(LABEL));
}

#[test]
fn words_in_secret_places_do_not_harm_the_file_nor_the_rest_of_the_text() {
    for word in
        ["name", "POST", "true", "value", "headers", "request", "response", "refresh_token", "x", "application/json"]
    {
        let out =
            one("https://idp.example/x", &[("Cookie", &format!("a={word}"))], &format!("password={word}"), NOTHING);
        let capture = capture(std::slice::from_ref(&out));
        let request = &capture.exchanges[0].request;
        assert_eq!((request.method.as_str(), request.headers.len()), ("POST", 2), "{out}");
        // Words that mean nothing are nobody's secret.
        let is_label = request.header("cookie").unwrap().starts_with("a=redacted.cookie.");
        assert_eq!(is_label, word != "true", "{out}");
    }
}

#[test]
fn short_passwords_and_codes_are_taken_out_where_they_stand_alone() {
    let out = one(
        "https://idp.example/x?q=4711",
        &[],
        "password=hunter2&otp=482913",
        (HTML, "<p>hunter2, 482913; not hunter22 or 1482913</p>"),
    );
    assert!(
        !out.contains("hunter2,") && !out.contains(" 482913;") && out.contains("hunter22") && out.contains("1482913"),
        "{out}"
    );
    let number = one("https://idp.example/x", &[], "", (JSON, r#"{"otp":482913,"expires_in":482914}"#));
    let capture = capture(&[number]);
    let body = capture.exchanges[0].response.as_ref().unwrap().body.bytes().to_vec();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body, serde_json::json!({"otp": "redacted.otp.1", "expires_in": 482_914}));
}

#[test]
fn names_of_fields_are_learned_from_the_page_that_has_them() {
    let page = r#"<form><input name="f1" type="password"><input name="f2" autocomplete="one-time-code"><input name="f3" type="email">"#;
    let entries = [
        exchange("https://idp.example/", &[], "", (HTML, page)),
        exchange("https://idp.example/", &[], "f1=pw&f2=12&f3=joe&f4=ok", NOTHING),
    ];
    let out = sealed(&mut Redactor::new(), &entries);
    assert!(out[1].contains("f1=redacted.password.1&f2=redacted.otp.1&f3=redacted.user.1&f4=ok"), "{}", out[1]);
}

#[test]
fn of_a_signed_token_stays_what_names_nobody() {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims =
        r#"{"aud":"api://x","exp":5,"tid":"t","email":"joe@acme.example","oid":"11112222-MARK","name":"Joe Acme-Doe"}"#;
    let token =
        format!("{}.{}.{}", part(r#"{"alg":"RS256","kid":"k1","jwk":{}}"#), part(claims), part("signature-signature"));
    let answer = format!(r#"{{"id_token":"{token}","who":"Joe Acme-Doe","again":"{}"}}"#, part(claims));
    let out = one("https://idp.example/x", &[("Authorization", &format!("Bearer {token}"))], "", (JSON, &answer));
    for gone in ["MARK", "joe@", "Joe", &part(claims), &part("signature-signature")] {
        assert!(!out.contains(gone), "{gone}: {out}");
    }
    let read = capture(std::slice::from_ref(&out));
    let [jwt] = read.exchanges[0].jwts.as_slice() else { panic!("{out}") };
    assert_eq!(jwt.label, "redacted.access_token.1");
    assert_eq!(serde_json::Value::from(jwt.header.clone()), serde_json::json!({"alg": "RS256", "kid": "k1"}));
    assert_eq!(
        serde_json::Value::from(jwt.claims.clone()),
        serde_json::json!({"aud": "api://x", "exp": 5, "tid": "t"})
    );
}

#[test]
fn it_stays_known_whether_a_verifier_answers_a_challenge() {
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let asked = exchange(
        &format!("https://idp.example/a?code_challenge={challenge}&code_challenge_method=S256"),
        &[],
        "",
        NOTHING,
    );
    let right = exchange("https://idp.example/t", &[], &format!("code_verifier={verifier}"), NOTHING);
    let wrong =
        exchange("https://idp.example/t", &[], "code_verifier=another-verifier-altogether-0123456789abcdef", NOTHING);
    let out = sealed(&mut Redactor::new(), &[asked, right, wrong]);
    assert!(!out.concat().contains(verifier));
    let pkce: Vec<_> = capture(&out).exchanges.into_iter().map(|it| it.pkce).collect();
    let of = |verifier: &str, challenge: Option<&str>| {
        Some(Pkce { verifier: verifier.to_owned(), challenge: challenge.map(str::to_owned) })
    };
    assert_eq!(
        pkce,
        [None, of("redacted.code_verifier.1", Some("redacted.code_challenge.1")), of("redacted.code_verifier.2", None)]
    );
}

#[test]
fn what_nobody_can_look_into_is_not_kept() {
    let multipart = exchange("https://idp.example/", &[], "", ("multipart/mixed; boundary=x", "--x MARK"));
    let mut packed = capture(&[exchange("https://idp.example/", &[], "", NOTHING)]).exchanges.remove(0);
    let response = packed.response.as_mut().unwrap();
    response.headers.push(HeaderField { name: "Content-Encoding".to_owned(), value: "gzip".to_owned() });
    let mut binary = packed.clone();
    binary.response.as_mut().unwrap().headers.pop();
    binary.response.as_mut().unwrap().body = Body::Bytes(b"\xff\xfe".to_vec());
    let multipart = capture(&[multipart]).exchanges.remove(0);
    for exchange in [multipart, packed, binary] {
        let redacted = Redactor::new().redact(&exchange);
        assert_eq!(redacted.response.unwrap().body, Body::NotRecorded);
    }
}

#[test]
fn what_is_sealed_is_searched_once_more_and_withheld_where_it_would_break() {
    let mut redactor = Redactor::new();
    redactor.learn("password", "correct horse battery");
    assert_eq!(redactor.seal(r#"{"a":"correct%20horse+battery"}"#).as_deref(), Some(r#"{"a":"redacted.password.1"}"#));
    assert_eq!(redactor.seal(r#"{"a":"correct horse battery"#), None);
}

#[test]
fn a_kind_that_is_passed_over_would_leak() {
    for (kind, sent) in
        [("password", "password=MARK-MARK"), ("code", "code=MARK-MARK"), ("refresh_token", "refresh_token=MARK-MARK")]
    {
        let entries = [exchange("https://idp.example/", &[], sent, NOTHING)];
        let mut blind = Redactor::new();
        blind.vault.blind_to = Some(kind);
        assert!(sealed(&mut blind, &entries)[0].contains("MARK"), "{kind}");
        assert!(!sealed(&mut Redactor::new(), &entries)[0].contains("MARK"), "{kind}");
    }
}

#[test]
fn texts_that_are_meant_to_take_long_do_not() {
    let units = [
        "a=",
        "eyJ",
        "eyJ.",
        "a@b.cc ",
        "<a>",
        "\"a\":[\"x\",",
        "%25",
        "&amp;",
        "\\\\",
        "password=x1y2&",
        "QUJDREVGR0g",
        "a=\"'",
    ];
    for unit in units {
        let body = unit.repeat((256 * 1024) / unit.len());
        let mut redactor = Redactor::new();
        redactor.learn("password", "correct horse battery");
        let exchange = capture(&[exchange("https://idp.example/", &[], "", ("text/plain", &body))]).exchanges.remove(0);
        let begun = std::time::Instant::now();
        let _ = redactor.redact(&exchange);
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{unit}: {:?}", begun.elapsed());
    }
}
