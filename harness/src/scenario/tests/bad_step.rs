//! Mistakes in steps, verb by verb.

use super::sample::{HEAD, compare};

/// Compares mistakes in one step, which begins in column 5 of line 6.
///
/// A row is a name, the step with `⏎` between its lines, line and column with the message, and the help if there is one.
fn compare_steps(rows: &str) {
    for row in rows.trim().lines() {
        let columns: Vec<&str> = row.split(" | ").collect();
        let (name, step, found) = (columns[0], columns[1], columns[2]);
        let (place, message) = found.split_once(' ').unwrap();
        let (line, column) = place.split_once(':').unwrap();
        let text = format!("{HEAD}steps:\n  - {}\n", step.replace('⏎', "\n    "));
        let (line, column) = (line.parse().unwrap(), column.parse().unwrap());
        compare("", &[(name, &text, line, column, message, columns.get(3).copied())]);
    }
}

#[test]
fn a_step_is_one_verb_and_what_may_stand_beside_it() {
    compare_steps(
        r#"
unknown word | autorize | 6:5 unknown verb `autorize` | did you mean `authorize`?
unknown key | cal: GET /x | 6:5 unknown verb `cal` | did you mean `call`?
unknown key second | worker: b⏎cal: GET /x | 7:5 unknown verb `cal` | did you mean `call`?
no verb | {} | 6:5 nothing is to be done here | write one of `authorize`, `deliver`, `grant`, `device`, `poll`, `call`, `http`, `mail`, `refresh`, `token`, `advance`, `race`, `crash`, `restart`, `fault`, `change`, `expect`
only a modifier | worker: b | 6:5 nothing is to be done here | write one of `authorize`, `deliver`, `grant`, `device`, `poll`, `call`, `http`, `mail`, `refresh`, `token`, `advance`, `race`, `crash`, `restart`, `fault`, `change`, `expect`
nothing | ~ | 6:5 expected a step such as `call: GET /path`, found nothing
a number | 5 | 6:5 expected a step such as `call: GET /path`, found the number 5
a list | [refresh] | 6:5 expected a step such as `call: GET /path`, found a list
two verbs | call: GET /x⏎refresh: | 7:5 one verb is enough: here are `call` and `refresh` | begin another item with the second one
the verb twice | refresh:⏎refresh: | 7:5 `refresh` is given twice
unknown modifier | call: GET /x⏎worke: b | 7:5 unknown field `worke` beside `call` | did you mean `worker`?
strange modifier | refresh:⏎zzzzzz: b | 7:5 unknown field `zzzzzz` beside `refresh` | known here: `worker`, `expect`, `note`
a word that needs more | advance | 6:5 `advance` needs arguments | write for example `advance: 9m 31s`
more than needed | refresh: now | 6:14 `refresh` takes no arguments | write `refresh` alone
expect on a clock | advance: 1s⏎expect: {ok: true} | 7:5 `expect` cannot stand beside `advance` | only `authorize`, `deliver`, `grant`, `device`, `poll`, `call`, `http`, `mail`, `refresh` and `token` have an answer
expect before it | expect: {ok: true}⏎advance: 1s | 6:5 `expect` cannot stand beside `advance` | only `authorize`, `deliver`, `grant`, `device`, `poll`, `call`, `http`, `mail`, `refresh` and `token` have an answer
expect on a restart | restart:⏎expect: {ok: true} | 7:5 `expect` cannot stand beside `restart` | only `authorize`, `deliver`, `grant`, `device`, `poll`, `call`, `http`, `mail`, `refresh` and `token` have an answer
worker of a clock | advance: 1s⏎worker: b | 7:5 `worker` cannot stand beside `advance` | the step is not about one worker
worker in capitals | refresh:⏎worker: aB | 7:14 `aB` must be lower-case words joined by `-`
worker of a request of nobody's | http: {request: GET /x}⏎worker: b | 7:5 `worker` cannot stand beside `http` | the step is not about one worker
the harness's name | refresh:⏎worker: harness | 7:13 no worker can be called `harness`: that is the harness itself
the browser's name | refresh:⏎worker: resource-owner | 7:13 no worker can be called `resource-owner`: that is the harness's browser
"#,
    );
}

#[test]
fn a_grant_without_a_browser_is_one_of_three_and_a_poll_needs_a_device() {
    // `caller` is the second client that `on_behalf_of` needs.
    compare_steps(
        r#"
the caller's name | refresh:⏎worker: caller | 7:13 no worker can be called `caller`: that is the harness's second client
no grant | grant | 6:5 `grant` needs arguments | write for example `grant: client_credentials`
nothing | grant: | 6:10 expected a grant such as `client_credentials`, found nothing
unknown grant | grant: pasword | 6:12 unknown grant `pasword` | did you mean `password`?
no caller | grant: on_behalf_of | 6:12 `on_behalf_of` needs the scope of the caller's token | write for example `grant: { on_behalf_of: { scope: "api://client/access" } }`
no scope | grant: {on_behalf_of: {}} | 6:27 the field `scope` is missing
a map of another | grant: {password: x} | 6:13 unknown grant `password` | known here: `on_behalf_of`
unknown answer | device: {answer: yes} | 6:22 unknown value `yes` | known here: `allow`, `refuse`, `none`
unknown field | device: {anser: none} | 6:14 unknown field `anser` | did you mean `answer`?
nothing begun | poll | 6:5 there is nothing to poll for | an earlier `device` begins it
with arguments | poll: 5s | 6:11 `poll` takes no arguments | write `poll` alone
"#,
    );
}

#[test]
fn a_call_names_a_method_and_a_path() {
    compare_steps(
        r#"
no path | call: GET | 6:11 `GET` is no request | write a method and a path, as in `GET /api/v1/current/Me`
unknown method | call: GETT /x | 6:11 unknown method `GETT` | did you mean `GET`?
relative path | call: GET x | 6:15 the path must begin with `/` | the profile knows the host
relative path in quotes | call: 'GET x' | 6:16 the path must begin with `/` | the profile knows the host
blank in the long form | call: {request: GET /a b} | 6:27 not allowed in a path | percent-encode it
nothing | call: | 6:9 expected a request, found nothing | write for example `call: GET /api/v1/current/Me`
no request | call: {body: x} | 6:12 the field `request` is missing
unknown field | call: {request: GET /x, header: {}} | 6:29 unknown field `header` | did you mean `headers`?
bad field name | call: {request: GET /x, headers: {a b: c}} | 6:40 no header field has such a name
two-line value | call: {request: GET /x, headers: {a: "b\nc"}} | 6:42 a header field's value is one line
"#,
    );
}

#[test]
fn a_length_of_time_is_checked_letter_by_letter() {
    compare_steps(
        r#"
no unit | advance: 570 | 6:14 `570` has no unit | write for example `9m 31s`, `1h`, `30d` or `250ms`
unknown unit | advance: 9m 31x | 6:19 unknown unit `x` | the units are `d`, `h`, `m`, `s` and `ms`
unknown unit in quotes | advance: "9m 31x" | 6:20 unknown unit `x` | the units are `d`, `h`, `m`, `s` and `ms`
nothing | advance: 0s | 6:14 must be longer than nothing | write for example `9m 31s`, `1h`, `30d` or `250ms`
back in time | advance: -1h | 6:14 expected a number | write for example `9m 31s`, `1h`, `30d` or `250ms`
a map | advance: {m: 9} | 6:14 expected text, found a map
"#,
    );
}

#[test]
fn an_authorization_takes_what_can_happen_on_the_way() {
    compare_steps(
        r#"
unknown field | authorize: {consnt: refuse} | 6:17 unknown field `consnt` | did you mean `consent`?
unknown value | authorize: {consent: refuze} | 6:26 unknown value `refuze` | did you mean `refuse`?
a word | authorize: twice | 6:16 expected a map, found `twice`
"#,
    );
}

#[test]
fn an_expected_answer_is_one_that_the_verb_can_have() {
    compare_steps(
        r#"
nothing | call: GET /x⏎expect: {} | 7:13 nothing is expected here | write `status: 200`, `ok: true` or `error: …`
two answers | call: GET /x⏎expect: {status: 200, ok: true} | 7:31 exactly one of `status`, `ok`, `error`, `rows`, `messages`, `page`, `any` is needed; found `status`, `ok`
error with a body | call: GET /x⏎expect: {error: oauth, body_contains: x} | 7:43 an error of the client has no body | leave one of the two out
not ok | call: GET /x⏎expect: {ok: false} | 7:18 only `ok: true` can be expected | say which errors are right: `error: [oauth, network]`
error of a request of nobody's | http: {request: GET /x}⏎expect: {error: oauth} | 7:21 a request of the harness's own has no error of a client's | write `status: …` or `body_contains: …`
query in the path | http: {request: GET /x?a=b} | 6:21 the query has its own place | write `query: { name: value }`
name in place of a path | http: {request: "GET {me}"} | 6:21 a request of the harness's own has a path | names of resources are for `call`
status of a refresh | refresh:⏎expect: {status: 200} | 7:22 `refresh` has no `status`; only `call` does | write `ok: true` or `error: …`
body of an authorization | authorize:⏎expect: {body_contains: x} | 7:29 `authorize` has no `body_contains`; only `call` does | write `ok: true` or `error: …`
status out of range | call: GET /x⏎expect: {status: 199} | 7:22 no final HTTP status is 199 | write a number from 200 to 599
no number | call: GET /x⏎expect: {status: ok} | 7:22 expected a whole number, not negative, found `ok`
unknown kind | refresh:⏎expect: {error: reauthorise} | 7:21 unknown kind of failure `reauthorise` | did you mean `reauthorize`?
unknown kind in a list | refresh:⏎expect: {error: [oauth, netwrk]} | 7:29 unknown value `netwrk` | did you mean `network`?
no kind | refresh:⏎expect: {error: []} | 7:21 name at least one kind of failure
about the world | refresh:⏎expect: {requests: {token: 1}} | 7:24 `requests` is about the world, not about the answer of `refresh` | make it a step of its own: `- expect: {…}`
about an answer | expect: {status: 200} | 6:22 `status` is about a client's answer, and this step asks for none | write it beside `authorize`, `deliver`, `grant`, `device`, `poll`, `call`, `mail`, `refresh` or `token`
nothing of the world | expect: {requests: {}} | 6:13 nothing is expected here | write for example `requests: { token: 2 }`
less than never | expect: {requests: {token: -1}} | 6:32 nothing happens less than 0 times
no bound | expect: {requests: {token: {}}} | 6:32 write `at_least`, `at_most` or both
bounds that cross | expect: {requests: {token: {at_least: 3, at_most: 2}}} | 6:32 `at_least` is more than `at_most`
unknown field | expect: {refusd: {x: 1}} | 6:14 unknown field `refusd` | did you mean `refused`?
"#,
    );
}

#[test]
fn a_race_has_two_lanes_with_one_operation_each() {
    compare_steps(
        r#"
one lane | race: {at: token, workers: {a: refresh}} | 6:32 a race needs at least two lanes, not 1 | a single operation is a step of its own
the same lane twice | race: {at: token, workers: {a: refresh, a: token}} | 6:45 `a` is given twice
unknown point | race: {at: tokn, workers: {a: refresh, b: refresh}} | 6:16 unknown value `tokn` | did you mean `token`?
lanes as a list | race: {at: token, workers: [a, b]} | 6:32 expected a map from lanes to what they do, found a list
no operation | race: {at: token, workers: {a: refresh, b: {expect: {ok: true}}}} | 6:48 nothing is to be done here | write one of `call`, `refresh`, `token`
unknown operation | race: {at: token, workers: {a: refesh, b: token}} | 6:36 unknown operation `refesh` | did you mean `refresh`?
a verb that is none | race: {at: token, workers: {a: refresh, b: {advance: 1s}}} | 6:49 unknown operation `advance` | known here: `call`, `refresh`, `token`, `worker`, `expect`
unknown modifier | race: {at: token, workers: {a: refresh, b: {token: ~, expct: {}}}} | 6:59 unknown field `expct` beside `token` | did you mean `expect`?
lane in capitals | race: {at: token, workers: {a: refresh, B: refresh}} | 6:45 `B` must be lower-case words joined by `-`
expect of no lane | race: {at: token, workers: {a: refresh, b: refresh}}⏎expect: {ok: true} | 7:5 `expect` cannot stand beside `race` | write it in the lane that it is about
"#,
    );
}

#[test]
fn a_crash_happens_where_its_operation_comes_by() {
    compare_steps(
        r#"
no resource | crash: {during: refresh, at: resource_request} | 6:34 `refresh` makes no resource request to be killed at | write `during: { call: … }`
unknown point | crash: {during: refresh, at: token_replay} | 6:34 unknown value `token_replay` | did you mean `token_reply`?
two operations | crash: {during: {refresh: ~, token: ~}, at: token_reply} | 6:34 one verb is enough: here are `refresh` and `token` | begin another item with the second one
something beside it | crash: {during: {refresh: ~, worker: b}, at: token_reply} | 6:34 `worker` cannot stand beside `refresh` here
no point | crash: {during: refresh} | 6:13 the field `at` is missing
"#,
    );
}

#[test]
fn a_fault_does_one_thing_that_is_possible() {
    compare_steps(
        r#"
two things | fault: {at: token, answer: {status: 503}, reply: drop} | 6:54 exactly one of `answer`, `reply`, `id_token`, `members` is needed; found `answer`, `reply`
nothing | fault: {at: token} | 6:12 exactly one of `answer`, `reply`, `id_token`, `members` is needed; none is given
unknown reply | fault: {at: token, reply: dorp} | 6:31 expected `drop`, `{ cut_after: 20 }` or `{ delay: 35s }`, found `dorp`
cut and delayed | fault: {at: token, reply: {delay: 1s, cut_after: 2}} | 6:54 exactly one of `cut_after`, `delay` is needed; found `cut_after`, `delay`
cut before it exists | fault: {at: token, when: before_commit, reply: {cut_after: 2}} | 6:30 before the commit there is no answer to cut or delay | leave `when` out, or write `after_commit`
from 0 | fault: {at: token, nth: 0, reply: drop} | 6:29 counted from 1, not from 0
grant of a resource | fault: {at: resource, grant: refresh_token, reply: drop} | 6:34 only token requests have a grant | write `at: token`, or leave `grant` out
no status | fault: {at: token, answer: {body: x}} | 6:33 the field `status` is missing
"#,
    );
}

#[test]
fn a_change_changes_one_thing() {
    compare_steps(
        r#"
nothing | change: {} | 6:13 exactly one of `password`, `totp_secret`, `consent`, `refresh_tokens`, `keys`, `account`, `registration`, `rule`, `exempt`, `access`, `mail_arrives`, `mail_off` is needed; none is given
two things | change: {consent: withdrawn, password: a} | 6:44 exactly one of `password`, `totp_secret`, `consent`, `refresh_tokens`, `keys`, `account`, `registration`, `rule`, `exempt`, `access`, `mail_arrives`, `mail_off` is needed; found `password`, `consent`
unknown thing | change: {pasword: x} | 6:14 unknown field `pasword` | did you mean `password`?
unknown value | change: {consent: withdrwn} | 6:23 unknown value `withdrwn` | did you mean `withdrawn`?
no Base32 | change: {totp_secret: JBSWY3DPEHPK3PX1} | 6:42 not Base32 | write 16 or more of the letters `A` to `Z` and the digits `2` to `7`, without `=`
15 letters | change: {totp_secret: JBSWY3DPEHPK3PX} | 6:27 too short a secret | write 16 or more of the letters `A` to `Z` and the digits `2` to `7`, without `=`
empty password | change: {password: ''} | 6:24 an empty password
"#,
    );
}
