//! Conditions on behaviour, compared with a count over all events.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use serde_json::{Value, json};
use zhihui_data::{
    Zone,
    snapshot::{EventColumns, EventKind, History, Snapshot},
};
use zhihui_engine::{
    Engine, Overlay,
    answer::Who,
    audience::Rule,
    overlay::{LiveEvent, LiveKind},
};

use crate::fixture::{AS_OF, DAY, Dice, ITEMS, MEMBERS, engine_with};

const KINDS: [(&str, EventKind); 4] =
    [("read", EventKind::Read), ("share", EventKind::Share), ("shown", EventKind::Shown), ("push", EventKind::Push)];
const SENSITIVE: u32 = 2;

/// An event of a member: item, kind, time.
type Event = (u32, EventKind, i64);

/// Events at all hours of 40 days, and some decades and centuries ago and after the snapshot. Member 0 has 300 reads of one
/// item.
fn history(dice: &mut Dice) -> History {
    let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
    for member in 0..MEMBERS {
        let time = |dice: &mut Dice| match dice.below(60) {
            0 => -60_000_000_000,
            1 => AS_OF - (30_000 + dice.below(9) as i64) * DAY,
            2 => AS_OF + dice.below(3 * DAY as usize) as i64,
            _ => AS_OF - 1 - dice.below(40 * DAY as usize) as i64,
        };
        let mut events: Vec<Event> = (0..dice.below(25))
            .map(|_| (dice.below(ITEMS) as u32, KINDS[dice.below(KINDS.len())].1, time(dice)))
            .collect();
        if member == 0 {
            events.extend((0..300).map(|_| (5, EventKind::Read, AS_OF - 1 - dice.below(2 * DAY as usize) as i64)));
        }
        events.sort_by_key(|event| event.2);
        history.item.extend(events.iter().map(|event| event.0));
        history.kind.extend(events.iter().map(|event| event.1));
        history.at.extend(events.iter().map(|event| event.2));
        history.starts.push(history.item.len() as u64);
    }
    history.into()
}

/// Live events of some members, also of times before the snapshot.
fn live(dice: &mut Dice, engine: &Engine) -> (Overlay, Vec<Vec<Event>>) {
    let (mut overlay, mut events) = (Overlay::default(), vec![Vec::new(); MEMBERS]);
    for _ in 0..dice.below(30) {
        let (member, item) = (dice.below(MEMBERS), dice.below(ITEMS));
        let at = AS_OF + 2 * DAY - dice.below(12 * DAY as usize) as i64;
        let (what, kind) = [(LiveKind::Read, EventKind::Read), (LiveKind::Push, EventKind::Push)][dice.below(2)];
        let snapshot = engine.snapshot();
        let (who, item_id) = (Who::Member(&snapshot.members.id[member]), Some(snapshot.items.id[item].as_str()));
        overlay.apply(engine, &LiveEvent { who, item_id, at, what });
        events[member].push((item as u32, kind, at));
    }
    (overlay, events)
}

/// A condition, the times of its window, and its number.
fn condition(dice: &mut Dice, snapshot: &Snapshot, now: i64) -> (Value, (i64, i64)) {
    let zone = snapshot.zone;
    let mut did = json!({ "event": KINDS[dice.below(KINDS.len())].0 });
    if dice.below(2) == 0 {
        did["topic"] = json!(snapshot.topics[[0, 1, 3][dice.below(3)]]);
    }
    if dice.below(3) == 0 {
        did["kind"] = json!(["article", "activity", "venue"][dice.below(3)]);
    }
    if dice.below(4) == 0 {
        did["item_id"] = json!(snapshot.items.id[5]);
    }
    let midnight = |day: NaiveDate| zone.midnight(day).timestamp();
    let day = |dice: &mut Dice| day_of(zone, AS_OF - dice.below(45 * DAY as usize) as i64);
    let mut window = (i64::MIN, now);
    match dice.below(4) {
        0 => {
            let days = dice.below(45) as u64;
            did["within_days"] = json!(days);
            window.0 = midnight(day_of(zone, now) - chrono::Days::new(days.saturating_sub(1)));
        }
        1 => {
            let (from, to) = (day(dice), day(dice));
            (did["from"], did["to"]) = (json!(from), json!(to));
            window = (midnight(from), midnight(to).min(now));
        }
        2 => {
            let from = AS_OF - dice.below(45 * DAY as usize) as i64;
            let to = AS_OF + DAY - dice.below(10 * DAY as usize) as i64;
            let text = |at: i64| DateTime::from_timestamp(at, 0).expect("in the calendar").to_rfc3339();
            (did["from"], did["to"]) = (json!(text(from)), json!(text(to)));
            window = (from, to.min(now));
        }
        _ => {}
    }
    let number = [0, 1, 2, 3, 5, 254, 255, 290][dice.below(8)];
    match dice.below(5) {
        0 => did["at_most"] = json!(number),
        1 => did["exactly"] = json!(number),
        2 => did["distinct_days"] = json!(number),
        3 => did["at_least"] = json!(number),
        _ => {}
    }
    (did, window)
}

fn day_of(zone: Zone, at: i64) -> NaiveDate {
    zone.day(DateTime::from_timestamp(at, 0).unwrap_or_default())
}

/// Whether the events of a member meet the condition.
fn meets(did: &Value, window: (i64, i64), snapshot: &Snapshot, events: impl Iterator<Item = Event>) -> bool {
    let items = &snapshot.items;
    let kind = KINDS.iter().find(|known| did["event"] == known.0).expect("a kind").1;
    let counts = |&(item, of_kind, at): &Event| {
        let (row, topics) = (item as usize, items.topics.row(item as usize));
        let topic = did["topic"].as_str();
        of_kind == kind
            && (window.0..window.1).contains(&at)
            && did["item_id"].as_str().is_none_or(|id| items.id[row] == id)
            && did["kind"].as_str().is_none_or(|kind| items.kind[row].as_str() == kind)
            && topic.is_none_or(|topic| topics.iter().any(|&own| snapshot.topics[own as usize] == topic))
            && (topic.is_none() || !topics.contains(&SENSITIVE))
    };
    let times: Vec<i64> = events.filter(counts).map(|event| event.2).collect();
    let days = || times.iter().map(|&at| day_of(snapshot.zone, at)).collect::<BTreeSet<_>>().len();
    let number = |name: &str| did[name].as_u64().map(|number| number as usize);
    number("at_most").map(|most| times.len() <= most).unwrap_or_else(|| {
        let exactly = number("exactly").map(|exactly| times.len() == exactly);
        exactly
            .or_else(|| Some(days() >= number("distinct_days")?))
            .unwrap_or_else(|| times.len() >= number("at_least").unwrap_or(1))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn condition_selects_the_members_whose_events_meet_it(seed: u64) {
        let mut dice = Dice::new(seed);
        let engine = engine_with(seed % 7, |snapshot| snapshot.history = history(&mut dice));
        let snapshot = engine.snapshot();
        let (overlay, live) = live(&mut dice, &engine);
        for _ in 0..12 {
            let now = AS_OF + [0, 3_600, 5 * DAY][dice.below(3)];
            let (did, window) = condition(&mut dice, snapshot, now);
            let Ok(rule) = Rule::parse(&json!({ "did": did })) else { continue };
            for (overlay, live) in [(&overlay, Some(&live)), (&Overlay::default(), None)] {
                let expected = (0..MEMBERS).filter(|&member| {
                    let history = &snapshot.history;
                    let stored =
                        history.of(member).map(|at| (history.item(at), history.kind(at), history.at(at)));
                    let live = live.map_or(&[][..], |live| &live[member]).iter().copied();
                    meets(&did, window, snapshot, stored.chain(live))
                });
                let counted = engine.count_rule(overlay, &rule, None, now, &|_| None).expect("a valid rule");
                prop_assert_eq!(counted, expected.count(), "{} at {}", did, now - AS_OF);
            }
        }
    }
}

#[test]
fn late_event_of_a_counted_day_adds_no_day() {
    let engine = engine_with(1, |snapshot| {
        let read = |at: i64| (13, EventKind::Read, at);
        let events = [read(AS_OF - 2 * DAY), read(AS_OF - DAY)];
        snapshot.history = History::from(EventColumns {
            starts: std::iter::once(0).chain(std::iter::repeat_n(2, MEMBERS)).collect(),
            item: events.iter().map(|event| event.0).collect(),
            kind: events.iter().map(|event| event.1).collect(),
            at: events.iter().map(|event| event.2).collect(),
            ..EventColumns::default()
        });
    });
    let mut overlay = Overlay::default();
    let (who, item_id) = (Who::Member("M000"), Some("N01"));
    let late = LiveEvent { who, item_id, at: AS_OF - 2 * DAY + 60, what: LiveKind::Read };
    overlay.apply(&engine, &late);
    let count = |overlay: &Overlay, days: usize| {
        let rule = Rule::parse(&json!({"did": {"event": "read", "distinct_days": days}})).expect("a rule");
        engine.count_rule(overlay, &rule, None, AS_OF, &|_| None).expect("a count")
    };
    assert_eq!((count(&overlay, 2), count(&overlay, 3)), (1, 0));
    overlay.apply(&engine, &LiveEvent { at: AS_OF - 60, ..late });
    assert_eq!((count(&overlay, 3), count(&overlay, 4)), (1, 0));
}
