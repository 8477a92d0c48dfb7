//! Daily counts of an item, and its reach within a union.

use std::collections::BTreeSet;

use zhihui_data::snapshot::EventKind;
use zhihui_engine::Overlay;
use zhihui_engine::report::MinGroupSize;

use crate::fixture::engine;

#[test]
fn item_days_count_events_and_distinct_members() {
    let engine = engine(3);
    let snapshot = engine.snapshot();
    let history = &snapshot.history;
    let times = || history.places().map(|at| history.at(at));
    let (first, last) = (times().min().expect("events"), times().max().expect("events"));
    let bounds = [first, first + (last - first) / 2, last];
    let mut reads = 0;
    for (item, id) in snapshot.items.id.iter().enumerate() {
        let days = engine.item_days(id, &bounds);
        for (day, count) in days.iter().enumerate() {
            let mut readers = BTreeSet::new();
            let mut times = 0;
            for member in 0..snapshot.members.id.len() {
                let is_read = |&at: &usize| {
                    history.item(at) as usize == item
                        && history.kind(at) == EventKind::Read
                        && (bounds[day]..bounds[day + 1]).contains(&history.at(at))
                };
                let n = history.of(member).filter(is_read).count();
                times += n;
                if n > 0 {
                    readers.insert(member);
                }
            }
            assert_eq!((count.reads as usize, count.readers as usize), (times, readers.len()), "{id} on day {day}");
            reads += times;
        }
    }
    assert!(reads > 0, "the fixture has reads");
    assert!(engine.item_days("nosuch", &bounds).iter().all(|day| day.reads == 0));
}

#[test]
fn reach_within_a_union_counts_only_its_members() {
    let engine = engine(3);
    let snapshot = engine.snapshot();
    let now = snapshot.as_of;
    let overlay = Overlay::default();
    let ids: Vec<&str> = snapshot.items.id.iter().map(String::as_str).collect();
    let all = engine.reach_of_items(&overlay, &ids, None, now);
    assert!(all.iter().any(|reach| reach.eligible > 0), "something is open");
    for union in &snapshot.unions.id {
        let inside = |member: &&String| engine.is_member_within(member, union);
        let members = snapshot.members.id.iter().filter(inside).count();
        for (reach, within) in all.iter().zip(engine.reach_of_items(&overlay, &ids, Some(union), now)) {
            assert!(within.eligible <= reach.eligible.min(members) && within.reachable <= reach.reachable);
        }
    }
    assert!(engine.reach_of_items(&overlay, &ids, Some("nosuch"), now).iter().all(|reach| reach.eligible == 0));
    let rounded = all[0].rounded(MinGroupSize::default());
    assert!(rounded.eligible.is_multiple_of(10) && all[0].eligible - rounded.eligible < 10);
}
