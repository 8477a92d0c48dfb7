//! Events that are drained in any order and in any batches, with builds in between, give the result of one build of all events.
//! Consent is the exception, because its order of receipt counts.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use zhihui_data::snapshot::Snapshot;
use zhihui_data::{Event, EventType, Table, Zone};
use zhihui_pipeline::build::{BuildOptions, assemble, build};
use zhihui_pipeline::ingest::{InboxEvents, add_events};

use super::home::{Home, options, time};

const INBOX: &str = "inbox-1";
const FIRST: &str = "2026-02-20T00:00:00Z";
const END: &str = "2026-03-20T00:00:00Z";
const EVENTS: usize = 120;
const KINDS: [EventType; 14] = [
    EventType::Read,
    EventType::Read,
    EventType::Share,
    EventType::Shown,
    EventType::SignUp,
    EventType::SignUp,
    EventType::Cancel,
    EventType::CheckIn,
    EventType::Feedback,
    EventType::Follow,
    EventType::Unfollow,
    EventType::OptOut,
    EventType::OptIn,
    EventType::Bind,
];

/// A small random number generator with a seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }

    pub(crate) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn shuffled<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        let mut order = of.to_vec();
        (1..order.len()).rev().for_each(|place| order.swap(place, self.below(place + 1)));
        order
    }
}

/// Six members, some of them with openids, three articles and two activities.
async fn town() -> Home {
    let home = Home::new().await;
    let members = [
        json!({"member_id": "m1", "openid": "o1", "union_id": "u1", "followed_at": "2025-01-01T00:00:00Z"}),
        json!({"member_id": "m2", "openid": "o2", "union_id": "u1", "birth_date": "1980-01-01"}),
        json!({"member_id": "m3", "openid": "o3", "union_id": "u2", "personalised": false}),
        json!({"member_id": "m4", "union_id": "u2", "updated_at": "2026-03-02T00:00:00Z", "personalised": true}),
        json!({"member_id": "m5"}),
        json!({"member_id": "m6", "openid": "o6", "unfollowed_at": "2026-03-01T00:00:00Z"}),
    ];
    home.add(Table::Members, &members).await;
    home.add(Table::Unions, &[json!({"union_id": "u1"}), json!({"union_id": "u2"})]).await;
    let article = |id: &str, topic: &str| json!({"article_id": id, "topics": [topic]});
    home.add(Table::Articles, &[article("a1", "tea"), article("a2", "films"), article("a3", "tea")]).await;
    let activity = |id: &str| json!({"activity_id": id, "topics": ["tea"], "capacity": 9});
    home.add(Table::Activities, &[activity("v1"), activity("v2")]).await;
    let read = json!({"openid": "o1", "article_id": "a1", "read_at": "2026-01-31T23:59:59Z"});
    home.add(Table::Reads, &[read]).await;
    home
}

/// Random events in order of time, several of them in the same second.
fn events(dice: &mut Dice) -> Vec<Event> {
    let first = time(FIRST).timestamp_micros();
    let step = (time(END).timestamp_micros() - first) / EVENTS as i64;
    let (has_ids, mut known) = (dice.below(2) == 0, HashSet::new());
    let mut one = |place: usize| {
        // Two of three events happen in the second of the event before.
        let at = first + (place / 3) as i64 * 3 * step + (place % 3) as i64 * 300_000;
        let kind = KINDS[dice.below(KINDS.len())];
        let member = dice.one(&["m1", "m2", "m3", "m4", "m5", "m6", "newcomer"]);
        let openid = dice.one(&["o1", "o2", "o3", "o6", "fresh", "stranger"]);
        let by_openid = dice.below(2) == 0;
        let binds = kind == EventType::Bind;
        let mut event = Event::of_member(kind, member, at);
        event.member_id = event.member_id.filter(|_| binds || !by_openid);
        event.openid = (binds || by_openid).then(|| openid.to_owned());
        event.event_id = has_ids.then(|| format!("e{place}"));
        event.item_id = match kind {
            EventType::Read => Some(dice.one(&["a1", "a2", "a3", "elsewhere"]).to_owned()),
            EventType::SignUp | EventType::Cancel | EventType::CheckIn => Some(dice.one(&["v1", "v2"]).to_owned()),
            EventType::Share | EventType::Shown | EventType::Feedback => Some(dice.one(&["a1", "v1"]).to_owned()),
            _ => None,
        };
        if kind == EventType::SignUp {
            event.details.tickets = Some(1 + dice.below(2) as u32);
            event.details.waitlisted = dice.below(4) == 0;
        }
        event.details.read_fraction = (kind == EventType::Read).then(|| dice.below(11) as f64 / 10.0);
        if kind == EventType::Shown {
            event.details.propensity = Some((1 + dice.below(8)) as f64 / 8.0);
            event.details.explored = Some(dice.below(2) == 0);
        }
        event
    };
    // The inbox accepts an event once.
    (0..EVENTS).map(&mut one).filter(|event| known.insert(event.identity())).collect()
}

/// Shuffles the order of arrival. Opt-outs and opt-ins keep their order, because the last one received counts.
fn rearranged(dice: &mut Dice, events: &[Event]) -> Vec<Event> {
    let is_consent = |event: &Event| matches!(event.kind, EventType::OptOut | EventType::OptIn);
    let mut consents = events.iter().filter(|event| is_consent(event));
    let mut order = dice.shuffled(events);
    for event in order.iter_mut().filter(|event| is_consent(event)) {
        event.clone_from(consents.next().expect("as many as before"));
    }
    order
}

fn numbered(events: &[Event]) -> Vec<(u64, Event)> {
    (1..).zip(events.iter().cloned()).collect()
}

fn at(as_of: DateTime<Utc>, sequence: u64) -> BuildOptions {
    BuildOptions { as_of, inbox: Some((INBOX.to_owned(), sequence)), ..options(END) }
}

async fn drain(home: &Home, rows: &[(u64, Event)]) {
    let events = InboxEvents { inbox: INBOX, rows };
    add_events(&home.lake, events, "test", Zone::default(), time(END)).await.expect("drained");
}

/// Drains the events in batches. Some batches are interrupted between two tables and drained again, some are followed by a build.
async fn drain_in_batches(dice: &mut Dice, home: &Home, rows: &[(u64, Event)]) {
    let mut done = 0;
    while done < rows.len() {
        let batch = &rows[done..rows.len().min(done + 1 + dice.below(50))];
        let (last, _) = batch.last().expect("at least one");
        if dice.below(3) == 0 {
            // The tables that were committed before the interruption; others have no event of this batch.
            let before: Vec<_> = batch.iter().filter(|(_, event)| event.kind == EventType::Read).cloned().collect();
            drain(home, &before).await;
        }
        drain(home, batch).await;
        done += batch.len();
        if dice.below(3) == 0 {
            let earliest = time(FIRST) + chrono::Duration::days(dice.below(28) as i64);
            build(&home.lake, &at(earliest, *last), &|_| {}).await.expect("built");
        }
    }
}

async fn built(home: &Home, n_events: usize) -> (Snapshot, BTreeMap<String, Vec<Value>>) {
    let options = at(time(END), n_events as u64);
    build(&home.lake, &options, &|_| {}).await.expect("built");
    (assemble(&home.lake, &options).await.expect("assembled"), home.built_tables().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_and_batches_of_events_give_the_result_of_one_build() {
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let events = events(&mut dice);
        assert!(events.len() > EVENTS / 2, "seed {seed}: only {} events", events.len());
        let (at_once, in_batches) = (town().await, town().await);
        drain(&at_once, &numbered(&events)).await;
        let (expected, tables) = built(&at_once, events.len()).await;
        let arriving = numbered(&rearranged(&mut dice, &events));
        drain_in_batches(&mut dice, &in_batches, &arriving).await;
        let (found, other) = built(&in_batches, events.len()).await;
        for (name, rows) in &tables {
            assert_eq!(&other[name], rows, "seed {seed}: {name}");
        }
        assert_eq!(tables.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
        assert!(found == expected, "seed {seed}: the tables are equal but the snapshots differ");
    }
}
