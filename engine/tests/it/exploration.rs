//! New items get a share of the lists, whatever the ranker thinks of them.

use std::collections::BTreeSet;

use zhihui_data::snapshot::{EventKind, NO_TIME};
use zhihui_engine::{Engine, Overlay, answer::RecommendRequest, answer::Who};

use crate::fixture::{AS_OF, DAY, ITEMS, MEMBERS, engine_with};
use crate::recommend::request;

/// All items are old but for the articles N02 to N05, which the ranker thinks nothing of; with `met`, many met even those.
fn union(met: bool) -> Engine {
    engine_with(2, |snapshot| {
        snapshot.items.opens_at.fill(AS_OF - 30 * DAY);
        snapshot.items.published_at[12..].fill(AS_OF - 20 * DAY);
        snapshot.items.published_at[14..18].fill(AS_OF - 2 * DAY);
        let ranker = &mut snapshot.model.rankers[0];
        let freshness = ranker.features.iter().position(|name| name == "freshness").expect("a feature");
        ranker.weights.fill(0.0);
        ranker.weights[freshness] = -60.0;
        if met {
            // The last member has the place for it: 120 pushes of each.
            for item in 14..18 {
                snapshot.history.item.extend([item; 120]);
                snapshot.history.kind.extend([EventKind::Push; 120]);
                snapshot.history.at.extend([AS_OF - DAY; 120]);
            }
            if let Some(end) = snapshot.history.starts.last_mut() {
                *end += 480;
            }
        }
        snapshot.items.published_at[12] = NO_TIME;
    })
}

fn list(engine: &Engine, member: usize, n: usize, day: i64) -> Vec<String> {
    let id = format!("M{member:03}");
    let asked = RecommendRequest { n, now: AS_OF + day * DAY, ..request(Who::Member(&id)) };
    let list = engine.recommend(&Overlay::default(), &asked);
    list.items.into_iter().filter(|_| list.personalised).map(|item| item.item_id).collect()
}

fn new_ones(list: &[String]) -> Vec<&String> {
    list.iter().filter(|id| ["N02", "N03", "N04", "N05"].contains(&id.as_str())).collect()
}

#[test]
fn a_list_of_ten_has_a_last_place_for_something_new_and_all_of_it_gets_a_turn() {
    let (engine, mut shown) = (union(false), BTreeSet::new());
    let plain = union(true);
    let mut given = 0;
    for (member, day) in (0..MEMBERS - 1).flat_map(|member| (0..4).map(move |day| (member, day))) {
        let explored = list(&engine, member, 10, day);
        if explored.len() < 10 {
            continue;
        }
        assert_eq!(list(&engine, member, 10, day), explored, "the same day shows the same list");
        assert!(!new_ones(&explored).is_empty(), "{explored:?}");
        // Where the ranker lists one by itself, it has its share already.
        let without = list(&plain, member, 10, day);
        if new_ones(&without).is_empty() {
            assert_eq!(without[..9], explored[..9], "the first places are the ranker's");
            shown.extend(new_ones(&explored).into_iter().cloned());
            given += 1;
        } else {
            assert_eq!(without, explored);
        }
    }
    assert!(given > 50 && shown.len() == 4, "{given} places, {shown:?}");
}

#[test]
fn short_lists_give_no_place_away_and_a_week_later_nothing_is_new() {
    let (engine, plain) = (union(false), union(true));
    for member in 0..MEMBERS - 1 {
        assert!(new_ones(&list(&engine, member, 4, 0)).is_empty());
        assert_eq!(list(&engine, member, 10, 5), list(&plain, member, 10, 5));
    }
}

#[test]
fn candidates_are_what_a_list_as_long_as_everything_holds() {
    let engine = union(false);
    for member in 0..MEMBERS {
        let mut listed = list(&engine, member, ITEMS, 0);
        if listed.is_empty() {
            continue;
        }
        listed.sort();
        let ids = |rows: Vec<u32>| rows.into_iter().map(|row| engine.snapshot().items.id[row as usize].clone());
        assert_eq!(ids(engine.candidates(member, AS_OF)).collect::<Vec<_>>(), listed, "M{member:03}");
        assert!(listed.iter().all(|id| ids(engine.on_offer(AS_OF)).any(|offered| offered == *id)));
    }
    assert!(engine.candidates(usize::MAX, AS_OF).is_empty());
}
