//! Mistakes outside the steps.

use proptest::prelude::*;

use super::sample::{EVERYTHING, HEAD, compare, parse};
use crate::scenario::MAX_FILE_BYTES;

#[test]
fn a_mistake_in_a_field_is_found_and_located() {
    let utc = Some("write it as RFC 3339 has it, ending in `Z`: `2021-11-15T02:00:00Z`");
    compare(
        &format!("{HEAD}steps: [authorize]\n"),
        &[
            ("unknown field", "wrold: {}\n", 6, 1, "unknown field `wrold`", Some("did you mean `world`?")),
            (
                "unknown nested field",
                "world: {user: {nmae: x}}\n",
                6,
                16,
                "unknown field `nmae`",
                Some("did you mean `name`?"),
            ),
            (
                "unknown value",
                "world: {client: {authentication: nome}}\n",
                6,
                34,
                "unknown value `nome`",
                Some("did you mean `none`?"),
            ),
            ("text for a map", "world: now\n", 6, 8, "expected a map, found `now`", None),
            ("text for a list", "tags: race\n", 6, 7, "expected a list, found `race`", None),
            ("list for a text", "remedy: [x]\n", 6, 9, "expected text, found a list", None),
            (
                "number for a boolean",
                "world: {user: {totp: 1}}\n",
                6,
                22,
                "expected `true` or `false`, found `1`",
                None,
            ),
            (
                "YAML 1.1 boolean",
                "world: {user: {totp: yes}}\n",
                6,
                22,
                "expected `true` or `false`, found `yes`",
                None,
            ),
            ("duplicate key", "title: x\n", 6, 1, "`title` is given twice", None),
            ("no time", "world: {start: soon}\n", 6, 16, "`soon` is no time in UTC", utc),
            (
                "another zone",
                "world: {start: 2021-11-15T02:00:00+01:00}\n",
                6,
                16,
                "`2021-11-15T02:00:00+01:00` is no time in UTC",
                utc,
            ),
            ("tag in capitals", "tags: [ok, Race]\n", 6, 12, "`Race` must be lower-case words joined by `-`", None),
            ("repeated tag", "tags: [a, b, a]\n", 6, 14, "`a` is listed twice", None),
            (
                "capability with a hyphen",
                "needs: [shared-store]\n",
                6,
                15,
                "`shared-store` must be lower-case words joined by `_`",
                None,
            ),
            (
                "name to be reached",
                "reaches: ['issued:Token']\n",
                6,
                19,
                "`Token` must be lower-case words joined by `_`",
                None,
            ),
            ("rule", "rules: [a/b_c]\n", 6, 12, "`b_c` must be lower-case words joined by `-`", None),
        ],
    );
}

#[test]
fn what_is_required_must_be_there_and_say_something() {
    let form = Some("write the profile's name, or name@era, as in `exact-online@2021-11`");
    compare(
        "",
        &[
            ("nothing at all", "", 1, 1, "the file is empty", None),
            ("a list", "- title: x\n", 1, 1, "expected a map, found a list", None),
            ("missing field", "title: x\n", 1, 1, "the field `about` is missing", None),
            ("empty title", "title: ' '\n", 1, 8, "an empty text", None),
            (
                "title of two lines",
                "title: |\n  a\n  b\n",
                2,
                3,
                "the title must be one line",
                Some("say more under `about`"),
            ),
            (
                "no source",
                "sources: []\n",
                1,
                10,
                "name at least one source",
                Some("a document, an issue, a report, a URL"),
            ),
            ("bad profile", "profile: Exact\n", 1, 10, "`Exact` must be lower-case words joined by `-`", form),
            ("bad era", "profile: exact@20_21\n", 1, 18, "`20_21` must be lower-case words joined by `-`", form),
            (
                "bad era in quotes",
                "profile: 'exact@20_21'\n",
                1,
                19,
                "`20_21` must be lower-case words joined by `-`",
                form,
            ),
            ("empty era", "profile: exact@\n", 1, 10, "an empty name", form),
            ("no steps", "steps: []\n", 1, 8, "a scenario needs at least one step", None),
            ("steps without a value", "steps:\n", 1, 6, "expected a list, found nothing", None),
        ],
    );
}

#[test]
fn what_is_said_in_two_places_must_agree() {
    let two = "steps:\n  - refresh\n  - refresh:\n    worker: b\n";
    let kept = "steps:\n  - authorize: { keep_redirect_as: one }\n";
    let spread = |stores: &str| format!("world:\n  stores: {stores}\n{two}");
    let cases = [
        ("a worker in no store", spread("{ x: [a] }"), 9, 5, "worker `b` is in no store", "list it in `world.stores`"),
        (
            "a worker in two stores",
            spread("{ x: [a], y: [b, a] }"),
            6,
            28,
            "worker `a` is in two stores",
            "a worker has one store",
        ),
        (
            "an empty store",
            spread("{ x: [a, b], y: [] }"),
            6,
            27,
            "a store that nobody uses",
            "list its workers: `live: [a]`",
        ),
        (
            "a worker without a step",
            spread("{ x: [a, b, c] }"),
            6,
            23,
            "no step is done by worker `c`",
            "did you mean `a`?",
        ),
        (
            "a fault for nobody",
            format!("{two}  - fault: {{ at: token, worker: c, reply: drop }}\n"),
            9,
            5,
            "no step is done by worker `c`",
            "did you mean `a`?",
        ),
        (
            "a redirect that nobody kept",
            "steps:\n  - deliver: one\n".to_owned(),
            6,
            5,
            "unknown redirect `one`",
            "an earlier `authorize: { keep_redirect_as: … }` keeps one",
        ),
        (
            "another redirect",
            format!("{kept}  - deliver: oen\n"),
            7,
            5,
            "unknown redirect `oen`",
            "did you mean `one`?",
        ),
        (
            "a code that there is none of",
            "steps:\n  - authorize: { grant: implicit, code: encoded_again }\n".to_owned(),
            6,
            5,
            "the implicit grant has no code",
            "leave `code` out",
        ),
        (
            "a kept redirect that is delivered",
            "steps:\n  - authorize: { callback: twice, keep_redirect_as: one }\n".to_owned(),
            6,
            5,
            "a redirect that is kept is delivered by `deliver`, as often as that stands",
            "leave `callback` out",
        ),
    ];
    for (name, text, line, column, message, help) in &cases {
        compare(HEAD, &[(name, text, *line, *column, message, Some(help))]);
    }
    let twice = format!("{kept}  - authorize: {{ keep_redirect_as: one }}\n");
    compare(HEAD, &[("one name twice", &twice, 7, 5, "there is another redirect `one`", None)]);
}

#[test]
fn what_is_no_yaml_is_said_before_anything_else() {
    let deep_flow = format!("needs: {}{}\n", "[".repeat(40), "]".repeat(40));
    let deep_block = format!("needs:\n  {}a\n", "- ".repeat(40));
    let help = Some("a file holds one document; remove the `---`");
    compare(
        &format!("{HEAD}steps: [authorize]\n"),
        &[
            ("unclosed bracket", "tags: [a\n", 6, 7, "unclosed bracket '['", None),
            ("unclosed bracket behind a wrong type", "world: x\ntags: [a\n", 7, 7, "unclosed bracket '['", None),
            ("colon in a text", "remedy: a: b\n", 6, 10, "mapping values are not allowed in this context", None),
            ("unknown alias", "tags: *x\n", 6, 7, "alias references unknown anchor", None),
            ("second document", "---\n", 6, 4, "a second document begins here", help),
            ("a tag", "remedy: !secret x\n", 6, 17, "YAML tags such as `!secret` are not used here", None),
            ("a merge key", "<<: {}\n", 6, 1, "merge keys (`<<`) are not used here", None),
            ("33 levels in brackets", &deep_flow, 6, 39, "nested more than 32 levels deep", None),
            ("33 levels in lines", &deep_block, 7, 65, "nested more than 32 levels deep", None),
        ],
    );
}

#[test]
fn a_file_may_have_256_kib_and_not_a_byte_more() {
    let text = format!("{HEAD}steps: [authorize]\n#");
    let fill = "x".repeat(MAX_FILE_BYTES - text.len());
    assert!(parse(&format!("{text}{fill}")).is_ok());
    let error = parse(&format!("{text}{fill}x")).unwrap_err();
    assert_eq!((error.line(), error.column(), error.message()), (1, 1, "the file is larger than 256 KiB"));
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("tags: &a [x,x,x,x,x,x,x,x,x]\nneeds:\n");
    for (name, before) in ('b'..'i').zip('a'..'h') {
        let list = vec![format!("*{before}"); 9].join(",");
        text.extend(["  - &", &name.to_string(), " [", &list, "]\n"]);
    }
    let error = parse(&text).unwrap_err();
    assert!(error.message().contains("more than 50000 values"), "{error}");
}

#[test]
fn a_message_shows_the_file_the_line_and_what_to_do() {
    let error = parse(&format!("{HEAD}steps:\n  - autorize\n")).unwrap_err();
    assert_eq!(
        error.render(),
        "error: unknown verb `autorize`\n --> scenarios/group/case.yaml:6:5\n  |\n6 |   - autorize\n  |     ^^^^^^^^\n  |\n  \
         = help: did you mean `authorize`?"
    );
}

proptest! {
    #[test]
    fn a_damaged_file_is_read_or_located_and_never_makes_the_reader_panic(
        at in 0..EVERYTHING.len(),
        length in 0_usize..12,
        with in "[\\PC\n]{0,6}",
    ) {
        let mut text = String::from(EVERYTHING);
        text.replace_range(at..(at + length).min(text.len()), &with);
        if let Err(error) = parse(&text) {
            prop_assert!(error.line() >= 1 && error.line() as usize <= text.lines().count() + 1);
            prop_assert!(error.column() >= 1);
            prop_assert!(error.render().contains("case.yaml"));
        }
    }
}
