//! What the tests share.

use crate::scenario::{Scenario, ScenarioError, ScenarioId};

/// The required fields but `steps`; four lines.
pub(super) const HEAD: &str = "title: A title
about: Something.
sources: [facts]
profile: exact-online@2021-11
";

/// Every field and every verb.
pub(super) const EVERYTHING: &str = r#"
title: Two workers refresh at once
about: |
  Both read the same stored refresh token.
  Only one exchange can win.
reproduces: ["Old refresh token used.", itgenoda219]
remedy: Take a lock before reading the stored token.
sources: ["https://example.org/faq", facts/exact-online.md]
tags: [refresh, race]
profile: exact-online@2021-11
world:
  start: 2024-02-29T23:59:59.5Z
  user: { name: john.doe@acme.example, password: "p 1", totp: false }
  client: { authentication: client_secret_basic, scope: "api offline_access", serves: "api://client" }
  stores: { live: [a, b], test: [c, z] }
needs: [offline]
steps:
  - authorize
  - authorize: { consent: refuse, callback: twice, state: forged, code: encoded_again }
    expect: { error: reauthorize }
  - authorize: { grant: implicit, browser: fresh, keep_redirect_as: first-tab }
  - deliver: first-tab
    worker: c
  - grant: client_credentials
  - grant: password
    worker: b
    expect: { error: oauth }
  - grant: { on_behalf_of: { scope: "api://client/access" } }
  - device
  - device:
  - device: { answer: refuse }
    expect: { ok: true }
  - poll
  - poll: ~
    worker: b
    expect: { any: true }
  - call: GET /api/v1/current/Me
    worker: b
    note: b has its own copy
    expect: { status: 200, body_contains: John }
  - http: { request: POST /token, query: { a: b }, form: { refresh_token: "{rt:1}" }, headers: { Accept: text/html } }
    expect: { status: 400, body_contains: error }
  - http: { request: PUT /x, body: text }
  - call: { request: POST /api/x?y=1, headers: { Accept: text/plain }, body: "a=b" }
    expect:
      ok: true
  - refresh
  - refresh: ~
    expect: { error: [oauth, network] }
  - token:
  - advance: 9m 31s
  - race:
      at: token_reply
      advance: 35s
      workers:
        z: { call: GET /x, expect: { status: 200 } }
        a: refresh
        m: { worker: a, token: ~, expect: { ok: true } }
  - crash: { during: { call: GET /x }, at: resource_request }
    worker: c
  - restart:
    worker: c
  - fault: { at: token, grant: refresh_token, nth: 2, times: 3, answer: { status: 503, headers: { Retry-After: "5" }, body: busy } }
  - fault: { at: resource, worker: b, when: after_commit, reply: drop }
  - fault: { at: token, grant: device_code, reply: { cut_after: 20 } }
  - fault: { at: authorization, reply: { delay: 35s } }
  - change: { password: new }
  - change: { totp_secret: JBSWY3DPEHPK3PXP }
  - change: { consent: withdrawn }
  - change: { refresh_tokens: revoked }
  - change: { exempt: keeps_superseded_tokens }
  - change: { access: { division: "123456", refused: NoDivisionAccess } }
  - change: { access: { again: open } }
  - expect: { requests: { token: 2, resource: 1 }, refused: { refresh_token_superseded: 1 }, issued: { refresh_token: 2 }, valid_refresh_tokens: 1, chains_alive: 0 }
reaches: [refresh_token_superseded, "issued:refresh_token", fault]
rules: [refresh/token-used-once, refresh-not-before-interval]
"#;

/// Reads a scenario whose id and file are of no interest.
pub(super) fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::parse(ScenarioId::new("group/case").unwrap(), "scenarios/group/case.yaml", text)
        .map(|mut cells| cells.swap_remove(0))
}

/// One expected mistake: a name, the text, line, column, message, help.
pub(super) type Mistake<'a> = (&'a str, &'a str, u32, u32, &'a str, Option<&'a str>);

/// Compares each text's mistake, with the required fields before it unless it has its own.
pub(super) fn compare(head: &str, mistakes: &[Mistake<'_>]) {
    for (name, text, line, column, message, help) in mistakes {
        let error = match parse(&format!("{head}{text}")) {
            Ok(scenario) => panic!("{name}: no mistake was found, but {:?}", scenario.steps),
            Err(error) => error,
        };
        let found = (error.line(), error.column(), error.message(), error.help());
        assert_eq!(found, (*line, *column, *message, *help), "{name}\n{error}");
    }
}
