//! Logins, sessions, and what the journal shows of both.

use mock_idp::proto::cause::CauseKind;
use mock_idp::proto::policy::AccountEvent;
use mock_idp::proto::{Change, EndpointKind};

use super::support::{NAME, OTHER, SERVICE, call, call_at, call_by_cookie, cookie, flow, story, token, tokens};
use crate::support::Flow;

#[test]
fn a_login_asks_the_provider_in_an_exchange_of_its_own() {
    let mut flow = flow(&[]);
    let token = token(&mut flow);
    let response = call(&mut flow, &token);
    assert_eq!(response.status, 200);
    assert_eq!(
        story(&flow),
        [
            "1 received service from main",
            "2 received resource from tokentest",
            "2 committed 200",
            "2 left Whole",
            "1 issued service_session:1",
            "1 committed 200",
            "1 left Whole",
        ]
    );
}

#[test]
fn the_answer_is_a_service_document_with_its_version_and_a_cookie() {
    let mut flow = flow(&[]);
    let token = token(&mut flow);
    let response = call(&mut flow, &token);
    let header = |name: &str| response.headers.get(name).unwrap().to_owned();
    assert_eq!(header("content-type"), "application/xml; charset=utf-8");
    assert_eq!(header("dataserviceversion"), "1.0");
    assert!(header("set-cookie").starts_with("co_SId="), "{}", header("set-cookie"));
    assert_eq!(
        String::from_utf8(response.body.clone()).unwrap(),
        "<?xml version='1.0' encoding='utf-8' standalone='yes'?><service xmlns=\"http://www.w3.org/2007/app\" \
         xml:base=\"http://127.0.0.1:8080/tokentest.svc/\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:app=\"http://www.w3.org/2007/app\"><workspace><atom:title>Default</atom:title><collection \
         href=\"ixtokentest\"><atom:title>ixtokentest</atom:title></collection></workspace></service>"
    );
}

#[test]
fn the_provider_is_named_by_a_parameter_that_may_be_left_out_and_an_unknown_one_is_refused() {
    for (target, refused) in [
        ("/tokentest.svc/?idp=azure", None),
        ("/tokentest.svc/?idp=", None),
        ("/tokentest.svc/", None),
        ("/tokentest.svc", None),
        ("/tokentest.svc/?idp=okta", Some(CauseKind::ServiceVoucherUnknown)),
        ("/tokentest.svc/?idp=Azure", Some(CauseKind::ServiceVoucherUnknown)),
        ("/tokentest.svc/?idp=%zz", Some(CauseKind::ServiceVoucherUnknown)),
    ] {
        let mut flow = flow(&[]);
        let token = token(&mut flow);
        let response = call_at(&mut flow, target, &token);
        assert_eq!((response.status, flow.refused()), (if refused.is_some() { 401 } else { 200 }, refused), "{target}");
    }
}

#[test]
fn without_a_token_nobody_is_asked_and_what_is_below_the_service_is_not_there() {
    let mut flow = flow(&[]);
    for headers in [&[][..], &[("authorization", "Basic eDp5")], &[("cookie", "co_SId=made-up")]] {
        let response = flow.send("GET", SERVICE, headers, "");
        assert_eq!((response.status, flow.refused()), (401, Some(CauseKind::ServiceTokenMissing)), "{headers:?}");
        assert_eq!(response.headers.get("www-authenticate"), Some("Bearer"));
        assert_eq!(story(&flow).first().map(String::as_str), Some("1 received service from main"));
        assert_eq!(story(&flow).len(), 4, "{:?}", story(&flow));
    }
    assert_eq!(flow.send("GET", "/tokentest.svc/ixtokentest", &[], "").status, 404);
    let token = token(&mut flow);
    let posted = flow.send("POST", SERVICE, &[("authorization", &format!("Bearer {token}"))], "");
    assert_eq!((posted.status, posted.headers.get("allow")), (405, Some("GET")));
}

#[test]
fn a_session_needs_no_token_and_outlives_it_and_a_revocation() {
    let mut flow = flow(&[]);
    let token = token(&mut flow);
    let cookie = cookie(&call(&mut flow, &token));
    flow.advance("30d");
    flow.idp.change(flow.now, &revoked(&flow));
    let again = call_by_cookie(&mut flow, &cookie);
    assert_eq!((again.status, again.headers.get("set-cookie")), (200, None));
    assert_eq!(story(&flow), ["1 received service from main", "1 committed 200", "1 left Whole"]);
    assert_eq!(call(&mut flow, &token).status, 401);
    assert_eq!(flow.refused(), Some(CauseKind::ServiceClaimMissing));
}

fn revoked(flow: &Flow) -> Change {
    Change::Account { user: flow.user.name.clone(), event: AccountEvent::RevokedByAdministrator }
}

#[test]
fn a_session_that_has_a_lifetime_ends_to_the_millisecond() {
    for (span, status) in [("29m 59s 999ms", 200), ("30m", 401)] {
        let mut flow = flow(&["services.tokentest.session.lifetime=30m"]);
        let token = token(&mut flow);
        let cookie = cookie(&call(&mut flow, &token));
        flow.advance(span);
        assert_eq!(call_by_cookie(&mut flow, &cookie).status, status, "{span}");
    }
}

#[test]
fn a_cookie_that_nobody_gave_counts_as_none_and_the_token_beside_it_begins_a_session() {
    let mut flow = flow(&[]);
    let token = token(&mut flow);
    let bearer = format!("Bearer {token}");
    let both = [("cookie", "a=b; co_SId=made-up"), ("authorization", &*bearer)];
    let first = flow.send("GET", SERVICE, &both, "");
    assert_eq!(first.status, 200);
    let known = cookie(&first);
    let both = [("cookie", &*known), ("authorization", "Bearer nonsense")];
    assert_eq!(flow.send("GET", SERVICE, &both, "").status, 200, "who has a session is asked for nothing else");
    assert_eq!(story(&flow).len(), 3);
}

#[test]
fn the_tokens_of_a_login_are_kept_in_its_session_where_the_service_keeps_them() {
    for keeps in [true, false] {
        let mut flow = flow(&[&format!("services.tokentest.session.keeps_tokens={keeps}")]);
        let (access, refresh) = tokens(&mut flow, "User.Read offline_access");
        let bearer = format!("Bearer {access}");
        let headers = [("authorization", &*bearer), ("RefreshToken", &*refresh)];
        let cookie = cookie(&flow.send("GET", SERVICE, &headers, ""));
        let value = cookie.strip_prefix("co_SId=").unwrap();
        let session = flow.idp.service_session(flow.now, NAME, value).unwrap();
        assert_eq!((&*session.user, session.ends), ("john.doe@acme.example", None));
        let kept =
            |token: &Option<mock_idp::proto::secret::Secret<String>>| token.as_ref().map(|it| it.expose().clone());
        assert_eq!(kept(&session.access_token), keeps.then_some(access));
        assert_eq!(kept(&session.refresh_token), keeps.then_some(refresh));
        assert!(flow.idp.service_session(flow.now, "another", value).is_none());
    }
}

#[test]
fn a_token_of_any_application_is_taken_as_long_as_it_is_for_graph() {
    let mut flow = flow(&[]);
    let other = flow.idp.world().clients.iter().find(|client| client.id.0 == OTHER).cloned().unwrap();
    let own = std::mem::replace(&mut flow.client, other);
    let foreign = token(&mut flow);
    assert_eq!(call(&mut flow, &foreign).status, 200, "the service never learns whom it was issued to");
    flow.client = own;
    let for_another = tokens(&mut flow, "api://acme-api/access_as_user offline_access").0;
    assert_eq!(call(&mut flow, &for_another).status, 401);
    let told = story(&flow);
    assert!(told.contains(&"2 refused access_token_for_another".to_owned()), "{told:?}");
    assert!(told.contains(&"1 refused service_claim_missing".to_owned()), "{told:?}");
}

#[test]
fn a_key_is_good_where_keys_are_asked_for_and_nowhere_else() {
    let mut flow = flow(&[]);
    let at = |name: &str| format!("/tokentest.svc/?idp={name}");
    let response = call_at(&mut flow, &at("apikey"), "demo-api-key");
    assert_eq!(response.status, 200);
    assert_eq!(story(&flow).len(), 4, "nobody was asked: {:?}", story(&flow));
    assert_eq!(call_by_cookie(&mut flow, &cookie(&response)).status, 200);
    assert_eq!(call_at(&mut flow, &at("apikey"), "another-key").status, 401);
    assert_eq!(flow.refused(), Some(CauseKind::ServiceKeyUnknown));
    assert_eq!(call_at(&mut flow, &at("azure"), "demo-api-key").status, 401);
    let told = story(&flow);
    assert!(told.contains(&"2 refused access_token_malformed".to_owned()), "{told:?}");
    let token = token(&mut flow);
    assert_eq!(call_at(&mut flow, &at("apikey"), &token).status, 401);
}

#[test]
fn the_same_requests_give_the_same_bytes_and_a_reset_forgets_sessions_and_users() {
    let run = |flow: &mut Flow| {
        let token = token(flow);
        (call(flow, &token), flow.idp.world().service_accounts.len())
    };
    let setting = ["services.tokentest.users.registration.enabled=true"];
    let with = || super::support::flow_with(&setting, Some(Vec::new()), |_| {});
    let (mut one, mut other) = (with(), with());
    let first = run(&mut one);
    assert_eq!(first.1, 1);
    assert_eq!(run(&mut other), first);
    let cookie = cookie(&first.0);
    one.idp.reset();
    assert!(one.idp.world().service_accounts.is_empty());
    assert_eq!(call_by_cookie(&mut one, &cookie).status, 401);
    assert_eq!(one.idp.classify(&one.log[0].1), EndpointKind::Authorization);
}
