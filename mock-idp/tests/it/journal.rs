//! The journal: what happened, in order and with its causes; and that a realm stays small however long it runs.

use mock_idp::proto::EndpointKind;
use mock_idp::proto::cause::{Cause, CauseKind, ChainEnd};
use mock_idp::proto::journal::{BODY_KEPT, CAPACITY, Entry, Issued, TokenEnd, What};
use mock_idp::proto::token::{Label, TokenKind};

use crate::support::{FORM, Flow};

/// One line for each entry, without texts.
pub(crate) fn lines(entries: &[Entry]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| match &entry.what {
            What::Received(it) => format!("{} received {} {}", it.exchange, it.method, it.endpoint),
            What::Issued(it) => {
                let parent = it.parent.map(|label| format!(" for {label}")).unwrap_or_default();
                let chain = it.chain.map(|chain| format!(" in {chain}")).unwrap_or_default();
                format!("{} issued {}{parent}{chain}", it.exchange, it.label)
            }
            What::TokenEnded { token, why: TokenEnd::Superseded { by }, .. } => format!("{token} superseded by {by}"),
            What::TokenEnded { token, why, .. } => format!("{token} ended: {why:?}"),
            What::ChainEnded { exchange, chain, why } => format!("{chain} ended: {} ({exchange:?})", why.name()),
            What::Refused { exchange, cause } => format!("{exchange} refused: {}", cause.kind()),
            What::FaultStruck { exchange, text } => format!("{exchange} struck: {text}"),
            What::Committed(it) => format!("{} committed {}", it.exchange, it.status),
            What::Left { exchange, extent } => format!("{exchange} left {extent:?}"),
            What::Changed { text } => format!("changed: {text}"),
            What::TurnedAway { text } => format!("turned away: {text}"),
            What::MailOpened { .. }
            | What::MailReceived { .. }
            | What::MailRefused { .. }
            | What::MailSent { .. }
            | What::MailClosed { .. } => "mail".to_owned(),
        })
        .collect()
}

#[test]
fn a_grant_a_refresh_and_a_replay_are_told_in_order() {
    let mut flow = Flow::rfc("");
    let first = flow.grant();
    let before = flow.idp.journal().written();
    flow.refresh(first.rt());
    flow.refresh(first.rt());
    let new: Vec<Entry> = flow.idp.journal().after(before).cloned().collect();
    let exchange = 9;
    let want = [
        format!("{exchange} received POST token"),
        format!("{exchange} issued rt:2 for rt:1 in chain:1"),
        format!("{exchange} issued at:2 for rt:1 in chain:1"),
        "rt:1 superseded by rt:2".to_owned(),
        format!("{exchange} committed 200"),
        format!("{exchange} left Whole"),
        format!("{} received POST token", exchange + 1),
        format!("chain:1 ended: refresh_token_replayed (Some(ExchangeId({})))", exchange + 1),
        "at:1 ended: ChainEnded".to_owned(),
        "at:2 ended: ChainEnded".to_owned(),
        format!("{} refused: refresh_token_superseded", exchange + 1),
        format!("{} committed 400", exchange + 1),
        format!("{} left Whole", exchange + 1),
    ];
    assert_eq!(lines(&new), want);
    let numbers: Vec<u64> = flow.entries().iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=flow.idp.journal().written()).collect::<Vec<_>>(), "counted from 1 without gaps");
}

#[test]
fn lineage_leads_from_every_token_back_to_its_code() {
    let mut flow = Flow::rfc("");
    let mut pair = flow.grant();
    for _ in 0..5 {
        pair = flow.try_refresh(pair.rt()).unwrap();
    }
    let issued: Vec<Issued> = flow
        .entries()
        .into_iter()
        .filter_map(|entry| if let What::Issued(it) = entry.what { Some(*it) } else { None })
        .collect();
    let by_label = |label: Label| issued.iter().find(|it| it.label == label).unwrap();
    let last = issued.iter().find(|it| *it.text.expose() == pair.rt()).unwrap();
    let (mut steps, mut at) = (0, last);
    while let Some(parent) = at.parent {
        steps += 1;
        at = by_label(parent);
    }
    assert_eq!((steps, at.label.kind), (6, TokenKind::AuthorizationCode));
    assert_eq!(issued.iter().filter(|it| it.chain == last.chain).count(), 12, "six pairs of one chain");
}

#[test]
fn secrets_stay_out_of_what_is_printed() {
    let mut flow = Flow::rfc("");
    let pair = flow.grant();
    flow.try_call(&pair.access).unwrap();
    let printed = format!("{:?} {:?}", flow.entries(), flow.idp.world());
    let code = flow.authorize();
    for secret in [pair.access.as_str(), pair.rt(), &code, "demo-client-secret", "correct horse battery staple"] {
        assert!(!printed.contains(secret), "{secret}");
    }
}

#[test]
fn what_a_request_and_its_answer_carried_is_kept_up_to_a_limit() {
    for (length, kept) in [(BODY_KEPT - 1, BODY_KEPT - 1), (BODY_KEPT, BODY_KEPT), (BODY_KEPT + 1, BODY_KEPT)] {
        let mut flow = Flow::rfc("");
        flow.send("POST", "/token?x=1", &[FORM, ("x-trace", "7")], &"a".repeat(length));
        let entries = flow.entries();
        let What::Received(received) = &entries[0].what else { panic!() };
        assert_eq!(received.body.expose().len(), kept);
        assert_eq!(received.target.expose(), "/token?x=1");
        assert_eq!(received.headers.expose().get("X-Trace"), Some("7"));
        assert_eq!((received.via.as_str(), received.endpoint), ("main", EndpointKind::Token));
        let What::Committed(committed) = &entries[2].what else { panic!("{:?}", lines(&entries)) };
        assert_eq!(committed.status, 400);
        assert!(committed.body.expose().starts_with(b"{\"error\":\"invalid_request\""));
    }
}

#[test]
fn the_oldest_entries_give_way_and_a_reader_can_tell() {
    let mut flow = Flow::rfc("");
    let mut seen = 0;
    // Four entries for each request: received, refused, committed, left.
    for _ in 0..CAPACITY / 4 {
        flow.visit("/nothing");
    }
    assert_eq!(flow.entries().len(), CAPACITY);
    assert_eq!(flow.entries()[0].number, 1, "full, and nothing lost yet");
    flow.visit("/nothing");
    let journal = flow.idp.journal();
    assert_eq!((journal.after(0).count(), journal.written()), (CAPACITY, CAPACITY as u64 + 4));
    assert_eq!(journal.after(0).next().unwrap().number, 5, "four gave way");
    for entry in journal.after(4000) {
        assert_eq!(entry.number, 4001 + seen);
        seen += 1;
    }
    assert_eq!(seen, 100);
    assert_eq!(journal.after(journal.written()).count(), 0);
}

#[test]
fn a_reset_begins_everything_anew_with_the_same_tokens() {
    let mut flow = Flow::rfc("");
    let first = flow.grant();
    flow.idp.reset();
    assert_eq!(flow.idp.journal().written(), 0);
    assert_eq!(flow.try_refresh(first.rt()), Err(CauseKind::RefreshTokenUnknown));
    flow.idp.reset();
    flow.cookies = crate::browser::Cookies::default();
    assert_eq!(flow.grant(), first);
}

#[test]
fn an_end_from_outside_names_no_exchange() {
    let mut flow = Flow::rfc("");
    let pair = flow.grant();
    let client = flow.client.id.clone();
    flow.change(&mock_idp::proto::Change::RefreshTokensRevoked { client });
    assert_eq!(flow.try_refresh(pair.rt()), Err(CauseKind::ChainEnded));
    assert!(matches!(flow.cause(), Some(Cause::ChainEnded { why: ChainEnd::Revoked, .. })));
    let told = lines(&flow.entries());
    assert!(told.contains(&"chain:1 ended: revoked (None)".to_owned()), "{told:?}");
    let id = &flow.client.id;
    assert!(told.contains(&format!("changed: the refresh tokens of {id} were revoked")), "{told:?}");
}

/// What is remembered is bounded by time: a token that ended long ago is unknown, and not told why it ended.
#[test]
fn records_are_kept_for_sixty_days_after_a_refresh_token_ended_and_for_one_after_others() {
    let set = "refresh: { idle_lifetime: 30d, replay: nothing }";
    for (wait, want) in
        [("89d 23h 59m 59s 999ms", CauseKind::RefreshTokenSuperseded), ("90d", CauseKind::RefreshTokenUnknown)]
    {
        let mut flow = Flow::rfc(set);
        let first = flow.grant();
        flow.try_refresh(first.rt()).unwrap();
        flow.advance(wait);
        assert_eq!(flow.try_refresh(first.rt()), Err(want), "{wait}");
    }
    for (wait, want) in [("1d 59m 59s 999ms", CauseKind::AccessTokenExpired), ("1d 1h", CauseKind::AccessTokenUnknown)]
    {
        let mut flow = Flow::rfc(set);
        let first = flow.grant();
        flow.advance(wait);
        assert_eq!(flow.try_call(&first.access), Err(want), "{wait}");
    }
    for (wait, want) in [("1d 9m 59s 999ms", CauseKind::CodeExpired), ("1d 10m", CauseKind::CodeUnknown)] {
        let mut flow = Flow::rfc(set);
        let code = flow.authorize();
        flow.advance(wait);
        flow.exchange(&code);
        assert_eq!(flow.refused(), Some(want), "{wait}");
    }
}

#[test]
fn a_year_of_ten_minute_refreshes_leaves_no_more_behind_than_its_last_months() {
    let mut flow = Flow::rfc("refresh: { idle_lifetime: 30d, replay: nothing }\ntoken: { access_token_lifetime: 10m }");
    let mut pair = flow.grant();
    // One token of each day, to be asked for at the end.
    let mut days = Vec::new();
    for turn in 0..365 * 144 {
        if turn % 144 == 0 {
            days.push(pair.clone());
        }
        flow.advance("10m");
        let response = flow.refresh(pair.rt());
        assert_eq!(response.status, 200, "turn {turn}");
        pair = crate::support::Pair::of(&response);
        assert_eq!(flow.call(&pair.access).status, 200, "turn {turn}");
        flow.log.clear();
    }
    assert_eq!(flow.entries().len(), CAPACITY);
    assert_eq!(flow.idp.living_chains(flow.now).len(), 1);
    assert_eq!(flow.idp.valid_refresh_tokens(flow.now), 1);
    let mut remembered = 0;
    for (day, old) in days.iter().enumerate() {
        let refused = flow.try_refresh(old.rt()).unwrap_err();
        let known = refused == CauseKind::RefreshTokenSuperseded;
        assert_eq!(known, day >= 275, "day {day}: {refused}");
        remembered += usize::from(known);
        let refused = flow.try_call(&old.access).unwrap_err();
        assert_eq!(
            refused,
            if day < 364 { CauseKind::AccessTokenUnknown } else { CauseKind::AccessTokenExpired },
            "day {day}"
        );
    }
    assert_eq!(remembered, 90, "thirty days of life and sixty of memory");
    assert!(flow.try_refresh(pair.rt()).is_ok());
}
