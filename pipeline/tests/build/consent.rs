//! Consent to personalised lists: the order of receipt counts, a roster can only refuse, and a refusal leaves no profile.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};
use zhihui_data::snapshot::{NONE, Snapshot};
use zhihui_data::{Event, EventType, Table, Zone};
use zhihui_engine::answer::Who;
use zhihui_engine::overlay::{Consent, DeletedTopic, LiveEvent, LiveKind, ResolvedConsent, Switch};
use zhihui_engine::{Engine, Overlay};
use zhihui_pipeline::build::{BuildOptions, assemble, build, snapshot_before};
use zhihui_pipeline::ingest::{InboxEvents, add_events};
use zhihui_pipeline::train::{TrainOptions, train};

use super::home::{Home, options, time};
use super::town::{AS_OF, MEMBERS, town};

const INBOX: &str = "0e6a";
const DAY: &str = "2026-11-21T12:00:00Z";
const PEOPLE: usize = 60;

/// One choice of a member, in the order of receipt.
#[derive(Debug, Clone, Copy)]
enum Choice {
    /// An event of the inbox, by member id or openid, with a time up to a day before or after its receipt.
    Event { member: usize, allowed: bool, by_openid: bool, off_seconds: i64 },
    /// A switch of the page, the API or the command line.
    Switch { member: usize, allowed: bool, off_seconds: i64 },
}

fn choice() -> impl Strategy<Value = Choice> {
    let parts = (0..PEOPLE, any::<bool>(), any::<bool>(), -86_000_i64..86_000, 0..4_u8);
    parts.prop_map(|(member, allowed, by_openid, off_seconds, source)| match source {
        0 => Choice::Switch { member, allowed, off_seconds },
        _ => Choice::Event { member, allowed, by_openid, off_seconds },
    })
}

/// All choices up to some step.
#[derive(Debug, Clone, Default)]
struct Choices {
    events: Vec<(u64, Event)>,
    consent: Consent,
    last: BTreeMap<usize, bool>,
}

impl Choices {
    fn add(&mut self, choice: Choice) {
        let at = time(DAY).timestamp();
        match choice {
            Choice::Event { member, allowed, by_openid, off_seconds } => {
                let kind = if allowed { EventType::OptIn } else { EventType::OptOut };
                let mut event = Event::of_member(kind, format!("m{member:02}"), (at + off_seconds) * 1_000_000);
                if by_openid {
                    (event.member_id, event.openid) = (None, Some(format!("o{member:02}")));
                }
                self.events.push((self.events.len() as u64 + 1, event));
                self.last.insert(member, allowed);
            }
            Choice::Switch { member, allowed, off_seconds } => {
                let id = format!("m{member:02}");
                self.consent.personalised.insert(id.clone(), Switch { allowed, at: at + off_seconds });
                self.consent.switched_after.insert(id, self.events.len() as u64);
                self.last.insert(member, allowed);
            }
        }
    }
}

async fn roster(home: &Home) {
    let row = |member: usize| {
        // A roster before all choices, which refuses for every seventh member.
        json!({ "member_id": format!("m{member:02}"), "openid": format!("o{member:02}"), "birth_date": "1990-05-05",
                "personalised": !member.is_multiple_of(7), "updated_at": "2026-11-01T00:00:00Z" })
    };
    home.add(Table::Members, &(0..PEOPLE).map(row).collect::<Vec<Value>>()).await;
}

fn build_options(choices: &Choices) -> BuildOptions {
    BuildOptions {
        inbox: Some((INBOX.to_owned(), choices.events.len() as u64)),
        consent: choices.consent.clone(),
        ..options(DAY)
    }
}

async fn drain(home: &Home, rows: &[(u64, Event)]) {
    let events = InboxEvents { inbox: INBOX, rows };
    add_events(&home.lake, events, "test", Zone::default(), time(DAY)).await.expect("added");
}

fn apply(engine: &Engine, overlay: &mut Overlay, (sequence, event): &(u64, Event)) {
    let who = match (&event.member_id, &event.openid) {
        (Some(member), _) => Who::Member(member),
        (None, openid) => Who::OpenId(openid.as_deref().expect("an actor")),
    };
    let what = if event.kind == EventType::OptIn { LiveKind::OptIn } else { LiveKind::OptOut };
    let event_at = LiveEvent { who, item_id: None, at: event.second(), what };
    overlay.apply_received(engine, &event_at, event.at, *sequence);
}

pub(crate) fn without_model(snapshot: Snapshot) -> Engine {
    let options = TrainOptions { search_seconds: 0, ..TrainOptions::default() };
    let trained = train(snapshot, None, &snapshot_before, &options, &mut |_| false, &|_| {}).expect("trained");
    Engine::new(trained.snapshot)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() })]

    /// Wherever the snapshot and the drains divide the choices.
    #[test]
    fn the_choice_received_last_counts_in_the_build_and_in_the_overlay(
        sequence in prop::collection::vec(choice(), 1..240), cut in any::<prop::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let home = Home::new().await;
            roster(&home).await;
            let cut = cut.index(sequence.len());
            let mut choices = Choices::default();
            sequence[..cut].iter().for_each(|&choice| choices.add(choice));
            let n_drained = choices.events.len();
            drain(&home, &choices.events).await;
            build(&home.lake, &build_options(&choices), &|_| {}).await.expect("built");
            let engine = without_model(assemble(&home.lake, &build_options(&choices)).await.expect("assembled"));

            sequence[cut..].iter().for_each(|&choice| choices.add(choice));
            let expected: Vec<bool> = (0..PEOPLE)
                .map(|member| choices.last.get(&member).copied().unwrap_or(!member.is_multiple_of(7)))
                .collect();
            let mut overlay = Overlay::default();
            choices.events[n_drained..].iter().for_each(|row| apply(&engine, &mut overlay, row));
            overlay.set_consent(std::sync::Arc::new(ResolvedConsent::new(&engine, &choices.consent)));
            let live: Vec<bool> = (0..PEOPLE)
                .map(|member| overlay.is_personalised(&engine, Who::Member(&format!("m{member:02}"))))
                .collect();
            prop_assert_eq!(&live, &expected, "the overlay");

            drain(&home, &choices.events[n_drained..]).await;
            build(&home.lake, &build_options(&choices), &|_| {}).await.expect("built");
            let rows = home.rows("member_states").await;
            let built: BTreeMap<&str, &str> = rows
                .iter()
                .map(|row| (row["member_id"].as_str().expect("an id"), row["personalised"].as_str().expect("a flag")))
                .collect();
            let built: Vec<bool> =
                (0..PEOPLE).map(|member| built[format!("m{member:02}").as_str()] == "true").collect();
            prop_assert_eq!(&built, &expected, "the build");
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_roster_can_turn_personalised_lists_off_but_not_on() {
    let home = Home::new().await;
    let events = [
        json!({ "event_id": "e1", "member_id": "out", "event": "opt_out", "at": "2026-11-10T00:00:00Z" }),
        json!({ "event_id": "e2", "member_id": "in", "event": "opt_in", "at": "2026-11-10T00:00:00Z" }),
        json!({ "event_id": "e3", "member_id": "old", "event": "opt_in", "at": "2026-11-10T00:00:00Z" }),
    ];
    home.add(Table::MemberEvents, &events).await;
    let row = |id: &str, personalised: bool, updated_at: &str| json!({ "member_id": id, "personalised": personalised, "updated_at": updated_at });
    let rows = [
        row("out", true, "2026-11-12T00:00:00Z"),
        row("in", false, "2026-11-12T00:00:00Z"),
        row("old", false, "2026-11-01T00:00:00Z"),
        row("silent", false, "2026-11-01T00:00:00Z"),
    ];
    home.add(Table::Members, &rows).await;
    home.build(DAY).await.expect("built");
    let states = home.rows("member_states").await;
    let state = |id: &str| states.iter().find(|row| row["member_id"] == id).expect("a member")["personalised"].clone();
    assert_eq!([state("out"), state("in"), state("old"), state("silent")], ["false", "false", "true", "false"]);
    home.add(Table::Members, &[row("silent", true, "2026-11-13T00:00:00Z"), row("in", true, "2026-11-13T00:00:00Z")])
        .await;
    home.build(DAY).await.expect("built");
    let states = home.rows("member_states").await;
    let state = |id: &str| states.iter().find(|row| row["member_id"] == id).expect("a member")["personalised"].clone();
    assert_eq!([state("silent"), state("in")], ["false", "false"], "a later roster does not withdraw a refusal");
}

/// Two members read the same article of two topics; one of them refuses afterwards.
async fn two_readers() -> Home {
    let home = Home::new().await;
    let rows = ["m1", "m2"].map(|id| json!({ "member_id": id, "birth_date": "1990-05-05" }));
    home.add(Table::Members, &rows).await;
    let article = json!({ "article_id": "a1", "title": "x", "topics": ["films", "tea"],
                          "published_at": "2026-11-01T00:00:00Z" });
    home.add(Table::Articles, &[article]).await;
    let read = |member: &str, minute: usize| json!({ "member_id": member, "article_id": "a1", "read_at": format!("2026-11-1{minute}T00:00:00Z") });
    home.add(Table::Reads, &[read("m1", 1), read("m2", 2), read("m2", 3)]).await;
    home
}

#[tokio::test]
async fn an_item_of_a_sensitive_topic_is_no_evidence_for_its_other_topics() {
    let home = two_readers().await;
    let options = BuildOptions { sensitive_topics: vec!["重疾".into()], ..options(DAY) };
    let article = json!({ "article_id": "a2", "title": "y", "topics": ["tea", "重疾互助"],
                          "published_at": "2026-11-01T00:00:00Z" });
    home.add(Table::Articles, &[article]).await;
    home.add(Table::Members, &[json!({ "member_id": "m3", "birth_date": "1990-05-05" })]).await;
    let refuses = json!({ "member_id": "m4", "birth_date": "1990-05-05", "personalised": false });
    home.add(Table::Members, &[refuses]).await;
    let read = |member: &str| json!({ "member_id": member, "article_id": "a2", "read_at": "2026-11-15T00:00:00Z" });
    build(&home.lake, &options, &|_| {}).await.expect("built");
    let tables = ["topic_weights", "preferences", "topic_by_age_band"];
    let mut before = Vec::new();
    for table in tables {
        before.push(home.rows(table).await.iter().map(|row| row["reads"].clone()).collect::<Vec<Value>>());
    }
    home.add(Table::Reads, &[read("m1"), read("m3"), read("m4")]).await;
    build(&home.lake, &options, &|_| {}).await.expect("built");
    for (table, before) in tables.iter().zip(before) {
        let after = home.rows(table).await;
        assert!(after.iter().all(|row| row["member_id"] != "m3"), "{table}: {after:?}");
        assert_eq!(after.iter().map(|row| row["reads"].clone()).collect::<Vec<Value>>(), before, "{table}");
    }
    let mut snapshot = assemble(&home.lake, &options).await.expect("assembled");
    snapshot.sensitive_topics =
        snapshot.topics.iter().position(|topic| topic == "重疾互助").map(|at| at as u32).into_iter().collect();
    let engine = without_model(snapshot);
    let evidence = &engine.snapshot().model.preferences.evidence;
    assert!(!evidence.row(0).1.is_empty() && evidence.row(2).1.is_empty());
}

#[tokio::test]
async fn a_refusal_removes_the_profile_and_keeps_the_totals() {
    let home = two_readers().await;
    home.build(DAY).await.expect("built");
    let of = |rows: &[Value]| {
        let mut members: Vec<String> =
            rows.iter().map(|row| row["member_id"].as_str().expect("an id").into()).collect();
        members.dedup();
        members
    };
    assert_eq!(of(&home.rows("preferences").await), ["m1", "m2"]);
    let counted = ["topic_by_age_band", "popularity", "item_activity", "daily"];
    let mut before = Vec::new();
    for table in counted {
        before.push(home.rows(table).await);
    }
    let refused = json!({ "event_id": "e1", "member_id": "m2", "event": "opt_out", "at": "2026-11-20T00:00:00Z" });
    home.add(Table::MemberEvents, &[refused]).await;
    home.build(DAY).await.expect("built");
    for table in ["preferences", "topic_weights"] {
        assert_eq!(of(&home.rows(table).await), ["m1"], "{table}");
    }
    for (table, before) in counted.iter().zip(before) {
        assert_eq!(home.rows(table).await, before, "{table}");
    }
    let engine = without_model(assemble(&home.lake, &options(DAY)).await.expect("assembled"));
    let model = &engine.snapshot().model;
    assert!(model.preferences.evidence.row(0).1.iter().sum::<f32>() > 0.0);
    assert!(model.preferences.evidence.row(1).1.is_empty());
    let days = engine.item_days("a1", &last_days(30));
    assert_eq!(days.iter().map(|day| day.reads).sum::<u32>(), 3);
}

/// The bounds of the last `days` days of 24 hours before [`DAY`].
fn last_days(days: i64) -> Vec<i64> {
    let end = time(DAY).timestamp();
    (0..=days).rev().map(|ago| end - ago * 86_400).collect()
}

#[tokio::test]
async fn events_of_a_deleted_topic_leave_the_history_and_stay_in_the_totals() {
    let home = two_readers().await;
    let deleted_topics = vec![DeletedTopic {
        member_id: "m2".into(),
        topic: "tea".into(),
        at: time("2026-11-12T12:00:00Z").timestamp(),
    }];
    let options = BuildOptions { consent: Consent { deleted_topics, ..Consent::default() }, ..options(DAY) };
    build(&home.lake, &options, &|_| {}).await.expect("built");
    let engine = without_model(assemble(&home.lake, &options).await.expect("assembled"));
    let snapshot = engine.snapshot();
    assert_eq!(snapshot.history.of(1).len(), 1, "only the read after the deletion");
    assert_eq!(snapshot.unattributed.item.len(), 1);
    let days = engine.item_days("a1", &last_days(30));
    assert_eq!(days.iter().map(|day| day.reads).sum::<u32>(), 3);
}

#[test]
fn training_makes_no_profile_of_members_who_refuse() {
    let refusing = [0, 7, 100];
    let mut refused = town(0.3, 3);
    for member in refusing {
        refused.members.personalised[member] = false;
    }
    let counts = |snapshot: Snapshot| {
        let options = TrainOptions { search_seconds: 0, ..TrainOptions::default() };
        train(snapshot, None, &snapshot_before, &options, &mut |_| false, &|_| {}).expect("trained").snapshot
    };
    let (all, refused) = (counts(town(0.3, 3)), counts(refused));
    assert_eq!(refused.as_of, AS_OF);
    let factors = |snapshot: &Snapshot, member: usize| {
        let factors = snapshot.model.factors.as_ref().expect("a factor model");
        let rank = factors.rank as usize;
        factors.members[member * rank..(member + 1) * rank].to_vec()
    };
    for member in refusing {
        assert!(factors(&all, member).iter().any(|value| *value != 0.0), "{member}");
        assert!(factors(&refused, member).iter().all(|value| *value == 0.0), "{member} has a vector");
        assert!(refused.model.preferences.evidence.row(member).1.is_empty(), "{member} has preferences");
        assert_eq!(refused.members.segment[member], NONE, "{member} is in a segment");
        assert_eq!(refused.model.member_map[2 * member..2 * member + 2], [0.0, 0.0], "{member} is on the map");
    }
    assert!((0..MEMBERS).any(|member| refused.members.segment[member] != NONE));
    assert_eq!(refused.model.popularity, all.model.popularity, "counts stay");
}
