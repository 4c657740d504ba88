//! Every mistake in a profile file is told with its place.

use mock_idp::profile::{ProfileError, load, load_file};

use crate::profiles::{folder, one};

/// What a quirk sets, the field that is wrong, and a part of what is said about it.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("{ refresh: { rotatoin: always } }", "refresh.rotatoin", "unknown field `rotatoin`, expected one of `issued`"),
    ("{ refresh: { rotation: sometimes } }", "refresh.rotation", "unknown variant `sometimes`"),
    ("{ refresh: { rotation: null } }", "refresh.rotation", "invalid type: null"),
    ("{ refresh: { idle_lifetime: 570 } }", "refresh.idle_lifetime", "a length of time such as `30d`"),
    ("{ refresh: { idle_lifetime: 30s 9m } }", "refresh.idle_lifetime", "a length of time such as `30d`"),
    ("{ refresh: { minimum_interval: { span: 1s } } }", "refresh.minimum_interval", "missing field `scope`"),
    ("{ body_limit: -1 }", "body_limit", "expected usize"),
    ("{ token: { access_token: '{base64url:15}' } }", "token.access_token", "at least 16 drawn characters"),
    ("{ token: { access_token: '{base65:16}' } }", "token.access_token", "the alphabets are"),
    ("{ errors: { chain_endedd: { status: 400 } } }", "errors.chain_endedd", "did you mean `chain_ended`?"),
    ("{ errors: { chain_ended: { status: 99 } } }", "errors.chain_ended.status", "not a status from 200 to 599"),
    ("{ errors: { chain_ended: { status: 199 } } }", "errors.chain_ended.status", "not a status from 200 to 599"),
    ("{ errors: { chain_ended: { status: 600 } } }", "errors.chain_ended.status", "not a status from 200 to 599"),
    ("{ errors: { chain_ended: { statuss: 400 } } }", "errors.chain_ended.statuss", "unknown field"),
    (
        "{ errors: { chain_ended: { status: 400, body: '{{ oops' } } }",
        "errors.chain_ended.body",
        "(line 1 of the text)",
    ),
    ("{ errors: { chain_ended: { status: 400, body: '{{ expird_at }}' } } }", "errors.chain_ended.body", "undefined"),
    (
        "{ errors: { chain_ended: { status: 400, body: '{{ now | strftim }}' } } }",
        "errors.chain_ended.body",
        "strftim is unknown",
    ),
    (
        "{ errors: { chain_ended: { status: 400, body: '{{ now | strftime(\"%!\") }}' } } }",
        "errors.chain_ended.body",
        "printed by `%!`",
    ),
    (
        "{ errors: { chain_ended: { status: 400, headers: { 'a b': x } } } }",
        "errors.chain_ended.headers",
        "no name of a header field",
    ),
    (
        "{ errors: { chain_ended: { status: 400, headers: { a: '{{ b }}' } } } }",
        "errors.chain_ended.headers.a",
        "undefined",
    ),
    ("{ errors: { chain_ended: { status: 400, reason: \"a\\nb\" } } }", "errors.chain_ended.reason", "one line"),
    (
        "{ errors: { chain_ended: { status: 302, redirect: { e: '{{ x }}' } } } }",
        "errors.chain_ended.redirect.e",
        "undefined",
    ),
    ("{ token: { path: token } }", "token.path", "`token` is not a path"),
    ("{ token: { path: /token/ } }", "token.path", "ends with a slash"),
    ("{ token: { path: '/token?x' } }", "token.path", "not a path"),
    ("{ token: { path: /authorize } }", "token.path", "the path of `authorization.path` too"),
    ("{ token: { response: { headers: { '': x } } } }", "token.response.headers", "no name of a header field"),
    ("{ token: { response: { content_type: \"a\\rb\" } } }", "token.response.content_type", "one line"),
    ("{ sign_in: { session_cookie: 'a;b' } }", "sign_in.session_cookie", "no name of a cookie"),
    (
        "{ resources: { me: { method: GET, path: me, response: { content_type: a, body: b } } } }",
        "resources.me.path",
        "not a path",
    ),
    (
        "{ resources: { me: { method: GET, path: /me, response: { content_type: a, body: '{{ expired_at }}' } } } }",
        "resources.me.response.body",
        "undefined",
    ),
    ("{ resources: { me: { method: GET, path: /me } } }", "resources.me", "missing field `response`"),
];

#[test]
fn a_mistake_in_what_a_quirk_sets_names_the_file_the_line_the_quirk_and_the_field() {
    for (set, field, says) in MISTAKES {
        // A good quirk comes first, so that the line is not the first one's.
        let good = one("", "good", "{ body_limit: 10 }");
        let text =
            good + "  - id: odd\n    about: It does not.\n    set: " + set + "\n    source: [x]\n    sure: inferred\n";
        let folder = folder(&[("odd.yaml", &text)]);
        let path = folder.path().join("odd.yaml");
        let error = load_file(&path).unwrap_err();
        let place = format!("{}:9: quirk `odd`: `{field}`: ", path.display());
        assert!(error.to_string().starts_with(&place), "{set}\n{error}");
        assert!(error.to_string().contains(says), "{set}\n{error}");
    }
}

#[test]
fn a_quirk_without_its_card_is_refused_at_its_line() {
    let quirk = |id: &str, about: &str, source: &str| {
        format!(
            "title: T\nabout: A.\nquirks:\n  - id: {id}\n    about: {about}\n    set: {{}}\n    source: {source}\n    sure: inferred\n"
        )
    };
    let twice =
        one("", "same", "{}") + "  - id: same\n    about: Again.\n    set: {}\n    source: [x]\n    sure: inferred\n";
    let cases = [
        (quirk("x", "It.", "[]"), 4, "`source`: a quirk says where it is known from"),
        (quirk("x", "It.", "['', ' ']"), 4, "`source`: a quirk says where it is known from"),
        (quirk("x", "' '", "[a]"), 4, "`about`: a quirk says what it is"),
        (quirk("Two_Words", "It.", "[a]"), 4, "`id`: an id is in kebab case"),
        (quirk("two--words", "It.", "[a]"), 4, "`id`: an id is in kebab case"),
        (quirk("''", "It.", "[a]"), 4, "`id`: an id is in kebab case"),
        (twice, 9, "`id`: this file has another quirk of that id"),
    ];
    for (text, line, says) in cases {
        let folder = folder(&[("odd.yaml", &text)]);
        let error = load_file(&folder.path().join("odd.yaml")).unwrap_err().to_string();
        assert!(error.contains(&format!("odd.yaml:{line}: quirk ")) && error.contains(says), "{text}\n{error}");
    }
}

#[test]
fn a_file_that_is_no_profile_is_refused_with_line_and_column() {
    let cases = [
        ("", "line 1"),
        ("title: [T\n", "line 1 column 8"),
        ("title: T\nabout: A.\nquirk: []\n", "line 3 column 1: unknown field `quirk`"),
        ("title: T\nabout: A.\n", "missing field `quirks`"),
        ("title: T\ntitle: U\nabout: A.\nquirks: []\n", "line 2 column 1: duplicate mapping key"),
        ("title: T\nabout: A.\nquirks:\n  - id: x\n", "missing field `about`"),
        (&one("", "x", "[]"), "line 6 column 10: expected mapping start"),
        (&one("", "x", "{}").replace("inferred", "surely"), "line 8 column 11: unknown variant `surely`"),
        (&one("", "x", "{ a: *nobody }"), "nobody"),
    ];
    for (text, says) in cases {
        let folder = folder(&[("odd.yaml", text)]);
        let error = load_file(&folder.path().join("odd.yaml")).unwrap_err();
        assert!(matches!(&error, ProfileError::Syntax { path, .. } if path.ends_with("odd.yaml")), "{error:?}");
        assert!(error.to_string().contains(says), "{text}\n{error}");
    }
}

#[test]
fn a_base_that_is_not_there_is_told_where_it_is_asked_for_and_a_bad_one_where_it_is_bad() {
    let folder = folder(&[
        ("orphan.yaml", &one("exact-onlin", "x", "{}")),
        ("child.yaml", &one("bad", "x", "{}")),
        ("bad.yaml", &one("", "worse", "{ body_limit: x }")),
    ]);
    let error = load_file(&folder.path().join("orphan.yaml")).unwrap_err().to_string();
    assert!(
        error.ends_with("orphan.yaml:3: extends: there is no profile `exact-onlin`; did you mean `exact-online`?"),
        "{error}"
    );
    let error = load_file(&folder.path().join("child.yaml")).unwrap_err().to_string();
    assert!(error.contains("bad.yaml:4: quirk `worse`: `body_limit`"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_or_is_too_large_is_refused() {
    let mebibyte = 1024 * 1024;
    let head = "title: T\nabout: A.\nquirks: []\n#";
    let filled = |length: usize| format!("{head}{}", "x".repeat(length - head.len()));
    let folder = folder(&[("most.yaml", &filled(mebibyte)), ("more.yaml", &filled(mebibyte + 1))]);
    assert!(load_file(&folder.path().join("most.yaml")).is_ok());
    for (name, says) in [("more.yaml", "larger than 1048576 bytes"), ("none.yaml", "cannot read"), (".", "cannot read")]
    {
        let error = load_file(&folder.path().join(name)).unwrap_err();
        assert!(matches!(error, ProfileError::Unreadable { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains(says), "{name}: {error}");
    }
    assert!(
        matches!(load("nowhere.yaml", &[]), Err(ProfileError::Unreadable { .. })),
        "a name with an ending is a file"
    );
}

#[test]
fn deep_nesting_and_many_aliases_are_refused_and_not_followed() {
    let deep = one("", "x", &format!("{{ a: {}1{} }}", "[".repeat(50_000), "]".repeat(50_000)));
    let laughs: String = (1..40).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)).collect();
    let laughs = format!("a0: &a0 [x, x]\n{laughs}");
    for text in [deep, laughs] {
        let folder = folder(&[("odd.yaml", &text)]);
        assert!(matches!(load_file(&folder.path().join("odd.yaml")), Err(ProfileError::Syntax { .. })));
    }
}
