//! Exploration: new items get a share of the lists even if the ranker scores them low.

use std::collections::BTreeSet;

use zhihui_data::snapshot::{EventKind, NO_TIME};
use zhihui_engine::overlay::{LiveEvent, LiveKind};
use zhihui_engine::{Engine, ListOptions, Overlay, RecommendedItem, answer::RecommendRequest, answer::Who};

use crate::fixture::{AS_OF, DAY, ITEMS, MEMBERS, engine_with};
use crate::recommend::request;

/// An engine in which all items are old except the articles N02 to N05, which the ranker scores low. With `met`, they
/// have many contacts.
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
            // The last member gets 120 pushes of each.
            snapshot.history.edit(|events| {
                for item in 14..18 {
                    events.item.extend([item; 120]);
                    events.kind.extend([EventKind::Push; 120]);
                    events.at.extend([AS_OF - DAY; 120]);
                }
                if let Some(end) = events.starts.last_mut() {
                    *end += 480;
                }
            });
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

const NEW: [&str; 4] = ["N02", "N03", "N04", "N05"];

/// The same union with another snapshot version, which gives other random draws.
fn engine_of_version(version: &str) -> Engine {
    let mut snapshot = union(false).into_snapshot();
    version.clone_into(&mut snapshot.version);
    Engine::new(snapshot)
}

/// The ten items of a personal list, or `None` if it is shorter.
fn whole_list(engine: &Engine, member: usize, day: i64) -> Option<Vec<RecommendedItem>> {
    let id = format!("M{member:03}");
    let asked = RecommendRequest { n: 10, now: AS_OF + day * DAY, ..request(Who::Member(&id)) };
    let list = engine.recommend(&Overlay::default(), &asked);
    (list.personalised && list.items.len() == 10).then_some(list.items)
}

fn new_ones(list: &[String]) -> Vec<&String> {
    list.iter().filter(|id| NEW.contains(&id.as_str())).collect()
}

#[test]
fn list_of_ten_has_one_explored_position_and_all_new_items_appear() {
    let (engine, mut shown) = (union(false), BTreeSet::new());
    let plain = union(true);
    let mut given = 0;
    for (member, day) in (0..MEMBERS - 1).flat_map(|member| (0..4).map(move |day| (member, day))) {
        let explored = list(&engine, member, 10, day);
        if explored.len() < 10 {
            continue;
        }
        assert_eq!(list(&engine, member, 10, day), explored, "the list is stable within a day");
        assert!(!new_ones(&explored).is_empty(), "{explored:?}");
        // If the ranker lists a new item, the list already has its share.
        let without = list(&plain, member, 10, day);
        if new_ones(&without).is_empty() {
            assert_eq!(without[..9], explored[..9], "the ranker orders the first positions");
            shown.extend(new_ones(&explored).into_iter().cloned());
            given += 1;
        } else {
            assert_eq!(without, explored);
        }
    }
    assert!(given > 50 && shown.len() == 4, "{given} places, {shown:?}");
}

#[test]
fn explored_items_are_flagged_and_propensities_match_the_policy() {
    let (mut gaps, mut explored, mut by_item) = (Vec::new(), 0, std::collections::BTreeMap::new());
    for version in 0..30 {
        let engine = engine_of_version(&format!("v{version}"));
        for (member, day) in (0..MEMBERS - 1).flat_map(|member| (0..4).map(move |day| (member, day))) {
            let Some(items) = whole_list(&engine, member, day) else { continue };
            let flagged: Vec<_> = items.iter().filter(|item| item.explored).collect();
            assert!(flagged.iter().all(|item| NEW.contains(&item.item_id.as_str())));
            assert!(items.iter().filter(|item| !item.explored).all(|item| item.propensity == Some(1.0)), "{items:?}");
            let listed = items.iter().filter(|item| NEW.contains(&item.item_id.as_str())).count();
            if let ([one], 1) = (&flagged[..], listed) {
                explored += 1;
                assert_eq!(one.rank, 10);
                let open = engine.candidates(member, AS_OF + day * DAY);
                let open =
                    open.iter().filter(|&&item| NEW.contains(&engine.snapshot().items.id[item as usize].as_str()));
                gaps.push(1.0 / one.propensity.expect("drawn") - open.count() as f64);
                *by_item.entry(one.item_id.clone()).or_insert(0) += 1;
            }
        }
    }
    // The mean of 1 / p over all draws is the number of items that can be drawn.
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    assert!(explored > 2_000 && mean.abs() < 0.12, "{explored} places, {mean}");
    assert!(by_item.values().all(|&count| (count as f64 / explored as f64 - 0.25).abs() < 0.06), "{by_item:?}");
}

#[test]
fn items_with_responses_are_explored_more() {
    let shown = |engine: &Engine, overlay: &Overlay| {
        let mut counts = std::collections::BTreeMap::new();
        for (member, day) in (40..MEMBERS - 1).flat_map(|member| (0..3).map(move |day| (member, day))) {
            let id = format!("M{member:03}");
            let asked = RecommendRequest { n: 10, now: AS_OF + day * DAY + 7_200, ..request(Who::Member(&id)) };
            for item in engine.recommend(overlay, &asked).items.into_iter().filter(|item| item.explored) {
                *counts.entry(item.item_id).or_insert(0) += 1;
            }
        }
        counts
    };
    let engine = union(false);
    let mut overlay = Overlay::default();
    let unknown = shown(&engine, &overlay);
    for member in 0..40 {
        let id = format!("M{member:03}");
        for item in NEW {
            let event = |what, at| LiveEvent { who: Who::Member(&id), item_id: Some(item), at, what };
            overlay.apply(&engine, &event(LiveKind::Shown, AS_OF + 10));
            if item == "N04" {
                overlay.apply(&engine, &event(LiveKind::Read, AS_OF + 20));
            }
        }
    }
    let known = shown(&engine, &overlay);
    let total: usize = known.values().sum();
    // Some members have already read N04, so it is not in their lists.
    assert!(total > 20 && known["N04"] * 10 > total * 8 && unknown.len() == 4, "{known:?} after {unknown:?}");
}

#[test]
fn exploration_share_of_zero_turns_exploration_off() {
    let off = union(false).with_list_options(ListOptions { explore_share: 0.0, ..ListOptions::default() });
    let plain = union(true);
    for (member, day) in (0..MEMBERS - 1).flat_map(|member| (0..4).map(move |day| (member, day))) {
        assert_eq!(list(&off, member, 10, day), list(&plain, member, 10, day));
        let items = whole_list(&off, member, day).unwrap_or_default();
        assert!(items.iter().all(|item| !item.explored && item.propensity.is_none()));
    }
    let half = union(false).with_list_options(ListOptions { explore_share: 0.5, ..ListOptions::default() });
    let explored = |member| whole_list(&half, member, 0).map_or(0, |items| items.iter().filter(|i| i.explored).count());
    assert!((0..MEMBERS).any(|member| explored(member) >= 3), "half of the positions are explored");
}

#[test]
fn short_lists_and_old_items_are_not_explored() {
    let (engine, plain) = (union(false), union(true));
    for member in 0..MEMBERS - 1 {
        assert!(new_ones(&list(&engine, member, 4, 0)).is_empty());
        assert_eq!(list(&engine, member, 10, 5), list(&plain, member, 10, 5));
    }
}

#[test]
fn candidates_equal_the_longest_list() {
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
