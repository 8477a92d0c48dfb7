//! The exposure floor: attention of the own union and the age band, and no effect if it is off.

use zhihui_data::snapshot::Snapshot;
use zhihui_engine::{Engine, ListOptions, Overlay, RecommendedItem, answer::RecommendRequest, answer::Who};

use crate::fixture::{AS_OF, DAY, MEMBERS, engine, engine_with};
use crate::recommend::request;

fn under(floor: f64, explore_share: f64) -> Engine {
    engine(5).with_list_options(ListOptions { explore_share, exposure_floor: floor })
}

fn list(engine: &Engine, member: usize, n: usize) -> Vec<RecommendedItem> {
    let id = format!("M{member:03}");
    let list = engine.recommend(&Overlay::default(), &RecommendRequest { n, ..request(Who::Member(&id)) });
    if list.personalised { list.items } else { Vec::new() }
}

#[test]
fn floor_gives_each_group_its_share() {
    let engine = engine(5);
    let (mut raised, mut unchanged) = ([0, 0], 0);
    for member in 0..MEMBERS {
        let lists = engine.lists_under_floors(member, 8, AS_OF, &[0.0, 0.5, 1.0]);
        let [plain, half, whole] = &lists[..] else { panic!("three lists") };
        for (floor, list) in [(0.5, half), (1.0, whole)] {
            assert!(list.own_union.received + 1e-9 >= floor * list.own_union.offered, "M{member:03}: {list:?}");
            assert_eq!((list.own_union.offered, list.items.len()), (plain.own_union.offered, plain.items.len()));
        }
        let below = |group: zhihui_engine::GroupAttention| group.received + 1e-9 < group.offered;
        if !below(plain.own_union) && !below(plain.age_band) {
            assert_eq!(plain.items, whole.items);
            unchanged += 1;
        }
        raised[0] += usize::from(whole.own_union.received > plain.own_union.received + 1e-9);
        raised[1] += usize::from(whole.age_band.received > plain.age_band.received + 1e-9);
    }
    assert!(raised[0] > 3 && raised[1] > 3 && unchanged > 3, "{raised:?} raised, {unchanged} unchanged");
    assert!(engine.lists_under_floors(MEMBERS, 8, AS_OF, &[0.0]).is_empty());
}

#[test]
fn zero_floor_has_no_effect_and_card_lists_equal_served_lists() {
    let (engine, off) = (engine(5), under(0.0, 0.1));
    let floored = under(1.0, 0.0);
    let plain = under(0.0, 0.0);
    for member in 0..MEMBERS {
        assert_eq!(list(&engine, member, 8), list(&off, member, 8));
        for (served, floor) in [(&plain, 0.0), (&floored, 1.0)] {
            let items = list(served, member, 8);
            let judged = served.lists_under_floors(member, 8, AS_OF, &[floor]).remove(0).items;
            let ids: Vec<&str> =
                judged.iter().map(|&item| served.snapshot().items.id[item as usize].as_str()).collect();
            assert!(items.is_empty() || items.iter().map(|item| item.item_id.as_str()).eq(ids), "M{member:03}");
        }
    }
}

#[test]
fn exploration_keeps_positions_that_the_floor_needs() {
    let of_share = |explore_share| {
        let old = |snapshot: &mut Snapshot| snapshot.items.opens_at.fill(AS_OF - 30 * DAY);
        engine_with(5, old).with_list_options(ListOptions { explore_share, exposure_floor: 1.0 })
    };
    let (with, without) = (of_share(0.5), of_share(0.0));
    let union_of = |item: &RecommendedItem| {
        let row = with.item_row(&item.item_id).expect("known");
        with.snapshot().items.union[row]
    };
    let mut explored = 0;
    for member in 0..MEMBERS {
        let own = with.snapshot().members.union[member];
        let (long, floored) = (list(&with, member, 8), list(&without, member, 8));
        explored += long.iter().filter(|item| item.explored).count();
        let attention = |items: &[RecommendedItem]| -> f64 {
            items.iter().filter(|item| union_of(item) == own).map(|item| 1.0 / (item.rank as f64 + 1.0).log2()).sum()
        };
        let share = with.lists_under_floors(member, 8, AS_OF, &[1.0]).remove(0).own_union.offered;
        let total: f64 = (1..=floored.len()).map(|rank| 1.0 / (rank as f64 + 1.0).log2()).sum();
        assert!(attention(&long) + 1e-9 >= share * total, "M{member:03}");
    }
    assert!(explored > 0);
}
