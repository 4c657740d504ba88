//! Who the service takes somebody for.

use std::collections::BTreeMap;

use mock_idp::proto::cause::CauseKind;

use super::support::{account, call, flow_with, story, token};

const REGISTERS: &str = "services.tokentest.users.registration.enabled=true";
const UNKNOWN: Option<CauseKind> = Some(CauseKind::ServiceUserUnknown);

#[test]
fn a_user_is_found_by_address_with_case_or_without() {
    let exact = "services.tokentest.users.ignores_case=false";
    for (address, settings, refused) in [
        ("john.doe@acme.example", &[][..], None),
        ("John.Doe@ACME.example", &[], None),
        ("John.Doe@ACME.example", &[exact], UNKNOWN),
        ("john.doe@acme.example", &[exact], None),
        ("john.doe@acme.example.org", &[], UNKNOWN),
        ("", &[], UNKNOWN),
    ] {
        let mut flow = flow_with(settings, Some(vec![account(address)]), |_| {});
        let token = token(&mut flow);
        assert_eq!(call(&mut flow, &token).status, if refused.is_some() { 401 } else { 200 }, "{address}");
        assert_eq!(flow.refused(), refused, "{address}");
    }
}

#[test]
fn a_user_of_another_service_is_none_of_this_one() {
    let mut foreign = account("john.doe@acme.example");
    foreign.service = "another".to_owned();
    let mut flow = flow_with(&[], Some(vec![foreign]), |_| {});
    let token = token(&mut flow);
    assert_eq!((call(&mut flow, &token).status, flow.refused()), (401, UNKNOWN));
}

#[test]
fn nobody_is_found_by_an_address_that_is_null_or_another() {
    let accounts = || Some(vec![account("john.doe@acme.example")]);
    let mut flow = flow_with(&[], accounts(), |world| world.users[0].without_mail = true);
    let of_nobody = token(&mut flow);
    assert_eq!(call(&mut flow, &of_nobody).status, 401);
    assert_eq!(flow.refused(), Some(CauseKind::ServiceClaimMissing));
    let mut flow = flow_with(&[], accounts(), |world| world.users[0].email = Some("john@partner.example".to_owned()));
    let of_guest = token(&mut flow);
    assert_eq!((call(&mut flow, &of_guest).status, flow.refused()), (401, UNKNOWN));
}

#[test]
fn an_address_that_is_null_is_no_address_of_a_user_without_one() {
    let nobody = super::support::account("");
    for registers in ["false", "true"] {
        let setting = format!("services.tokentest.users.registration.enabled={registers}");
        let mut flow = flow_with(&[&setting], Some(vec![nobody.clone()]), |world| world.users[0].without_mail = true);
        let token = token(&mut flow);
        assert_eq!(call(&mut flow, &token).status, 401);
        assert_eq!(flow.refused(), Some(CauseKind::ServiceClaimMissing));
        assert_eq!(flow.idp.world().service_accounts.len(), 1, "and nobody is made of it");
    }
}

#[test]
fn an_unknown_user_is_registered_once_where_that_is_on() {
    let mut flow = flow_with(&[REGISTERS], Some(Vec::new()), |_| {});
    let token = token(&mut flow);
    assert_eq!(call(&mut flow, &token).status, 200);
    let text = "tokentest has a new user, john.doe@acme.example".to_owned();
    assert!(story(&flow).contains(&text), "{:?}", story(&flow));
    let fields = BTreeMap::from(
        [
            ("name", "John Doe"),
            ("loginName", "john.doe@acme.example"),
            ("emailBiz", "john.doe@acme.example"),
            ("description", "OIDC user created at 2021-11-15 02:00:00"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    assert_eq!(flow.idp.world().service_accounts[0].fields, fields);
    assert_eq!(call(&mut flow, &token).status, 200);
    assert!(!story(&flow).contains(&text), "{:?}", story(&flow));
    assert_eq!(flow.idp.world().service_accounts.len(), 1);
}

#[test]
fn an_unknown_user_is_refused_and_not_made_where_registration_is_off() {
    let mut flow = flow_with(&[], Some(Vec::new()), |_| {});
    let token = token(&mut flow);
    assert_eq!((call(&mut flow, &token).status, flow.refused()), (401, UNKNOWN));
    assert!(flow.idp.world().service_accounts.is_empty());
}

#[test]
fn one_person_is_two_users_where_case_counts_and_users_are_registered() {
    let settings = [REGISTERS, "services.tokentest.users.ignores_case=false"];
    let mut flow = flow_with(&settings, Some(vec![account("John.Doe@acme.example")]), |_| {});
    let token = token(&mut flow);
    assert_eq!(call(&mut flow, &token).status, 200);
    assert_eq!(flow.idp.world().service_accounts.len(), 2);
}

#[test]
fn a_known_user_is_changed_by_an_update_that_changes_something_and_by_no_other() {
    let updates = "services.tokentest.users.update={enabled: true, fields: {name: '{{ displayName }}'}}";
    for (settings, name) in [(&[][..], None), (&[updates], Some("John Doe"))] {
        let mut flow = flow_with(settings, None, |_| {});
        let token = token(&mut flow);
        call(&mut flow, &token);
        let own = &flow.idp.world().service_accounts[0].fields;
        assert_eq!(own.get("name").map(String::as_str), name);
        let text = "tokentest changed its user john.doe@acme.example".to_owned();
        assert_eq!(story(&flow).contains(&text), name.is_some());
        call(&mut flow, &token);
        assert!(!story(&flow).contains(&text), "nothing is left to change");
    }
}
