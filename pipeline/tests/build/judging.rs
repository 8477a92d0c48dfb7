//! The model gate: what it judges, by which data, and what serves afterwards.

use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use zhihui_data::ItemKind;
use zhihui_data::snapshot::{
    EventColumns, EventKind, ItemGroup, NO_TIME, RankerWeights, Side, Sides, SignUps, Snapshot,
};
use zhihui_engine::audience::{AudienceRequest, Target};
use zhihui_engine::{Engine, Overlay};
use zhihui_models::recommenders::ials::IalsParams;
use zhihui_pipeline::build::snapshot_before;
use zhihui_pipeline::train::{SideVerdict, TrainOptions, Trained, Windows, train};

use super::town::{AS_OF, DAY, MEMBERS, town};

fn trained(town: Snapshot, previous: Option<&Snapshot>, options: &TrainOptions) -> Trained {
    let options = TrainOptions { search_seconds: 0, train_every_days: 0, ..options.clone() };
    train(town, previous, &snapshot_before, &options, &mut |_| true, &|_| {}).expect("trained")
}

fn card(trained: &Trained) -> Value {
    serde_json::from_str(&trained.snapshot.model.card).expect("a card")
}

fn verdict(trained: &Trained, group: ItemGroup, side: Side) -> SideVerdict {
    let gate = trained.gate.as_ref().expect("judged");
    gate.sides.iter().find(|verdict| (verdict.group, verdict.side) == (group, side)).expect("a verdict").clone()
}

fn opened(town: &Snapshot, item: usize) -> i64 {
    let opens = town.items.opens_at[item];
    if opens == NO_TIME { town.items.published_at[item] } else { opens }
}

/// Replaces the items of all responses. `other` chooses from the items of the same kind.
fn with_other_items(town: &mut Snapshot, mut other: impl FnMut(&Snapshot, usize, i64, &[u32]) -> u32) {
    let of_kind = |kind: ItemKind| -> Vec<u32> {
        (0..town.items.id.len() as u32).filter(|&item| town.items.kind[item as usize] == kind).collect()
    };
    let pools = [of_kind(ItemKind::Article), of_kind(ItemKind::Activity)];
    let mut events = EventColumns::from(&town.history);
    for event in 0..events.item.len() {
        let pool = &pools[usize::from(events.kind[event] == EventKind::SignUp)];
        if matches!(events.kind[event], EventKind::Read | EventKind::SignUp) {
            events.item[event] = other(town, event, events.at[event], pool);
        }
    }
    let signed_up = events.item.iter().zip(&events.kind).filter(|(_, kind)| **kind == EventKind::SignUp);
    town.sign_ups.item = signed_up.map(|(&item, _)| item).collect();
    town.history = events.into();
}

/// A town in which members respond to random items that have opened.
fn without_interests(seed: u64) -> Snapshot {
    let mut town = town(0.0, seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    with_other_items(&mut town, |town, event, at, pool| {
        let open: Vec<&u32> = pool.iter().filter(|&&item| opened(town, item as usize) <= at).collect();
        open.choose(&mut rng).map_or(town.history.item(event), |item| **item)
    });
    town
}

fn personal(snapshot: &Snapshot) -> Vec<&RankerWeights> {
    snapshot.model.rankers.iter().filter(|ranker| ranker.features.len() > 1).collect()
}

#[test]
fn without_interests_no_personal_model_passes_on_any_side() {
    for seed in 1..=4 {
        let trained = trained(without_interests(seed), None, &TrainOptions::default());
        let lists = verdict(&trained, ItemGroup::Articles, Side::Lists);
        assert!(lists.enough && lists.judged > 300 && lists.challenger.value.is_some(), "{seed}: {lists:?}");
        for side in &trained.gate.as_ref().expect("judged").sides {
            assert!(!side.challenger.accepted && side.serves != "blend", "{seed}: {side:?}");
        }
        assert!(personal(&trained.snapshot).is_empty(), "{seed}: {:?}", trained.snapshot.model.rankers);
        assert_ne!(trained.snapshot.model.name, "blend");
    }
}

/// A town in which members read one of the newest articles. Every twentieth member is a regular; the shares of regulars and others
/// who read on a day are given. Half of the regulars are old, like a hundred others, so that the age tells little.
fn of_readers(seed: u64, [of_regulars, of_others]: [f64; 2]) -> Snapshot {
    let mut town = town(0.0, seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let articles: Vec<u32> =
        (0..town.items.id.len() as u32).filter(|&item| town.items.kind[item as usize] == ItemKind::Article).collect();
    let bands = town.age_bands.clone();
    for member in 0..MEMBERS {
        let age = if member % 40 == 0 || member % 6 == 1 { 70 } else { 30 };
        (town.members.age[member], town.members.age_band[member]) = (age, bands.band_of(age));
    }
    let mut events = EventColumns { starts: vec![0], ..EventColumns::default() };
    town.sign_ups = SignUps { starts: vec![0; MEMBERS + 1], ..SignUps::default() };
    for member in 0..MEMBERS {
        let share = if member % 20 == 0 { of_regulars } else { of_others };
        for day in 0..60 {
            let at = AS_OF - (60 - day) * DAY + rng.gen_range(0..DAY);
            let published: Vec<u32> =
                articles.iter().copied().filter(|&item| opened(&town, item as usize) <= at).collect();
            // Mostly the newest, sometimes one of the last two days.
            let back = if rng.gen_bool(0.6) { 0 } else { rng.gen_range(1..6) };
            if let (true, Some(&item)) = (rng.gen_bool(share), published.iter().rev().nth(back)) {
                events.item.push(item);
                events.kind.push(EventKind::Read);
                events.at.push(at);
            }
        }
        events.starts.push(events.item.len() as u64);
    }
    town.history = events.into();
    town
}

#[test]
fn a_model_that_ranks_items_but_not_members_serves_lists_only() {
    // All members are equally active, so that nobody can predict who will respond.
    let trained = trained(of_readers(3, [0.08, 0.08]), None, &TrainOptions::default());
    let lists = verdict(&trained, ItemGroup::Articles, Side::Lists);
    let audiences = verdict(&trained, ItemGroup::Articles, Side::Audiences);
    assert!(lists.challenger.accepted && lists.serves == "blend", "{lists:?}");
    assert!(audiences.enough && !audiences.challenger.accepted, "{audiences:?}");
    assert_eq!((audiences.serves.as_str(), &audiences.challenger.best_rule), ("popular", &None), "{audiences:?}");
    let of_articles: Vec<(Sides, usize)> = trained
        .snapshot
        .model
        .rankers
        .iter()
        .filter(|ranker| ranker.group == ItemGroup::Articles)
        .map(|ranker| (ranker.sides, ranker.features.len()))
        .collect();
    assert!(matches!(of_articles[..], [(Sides::Lists, 2..)]), "{of_articles:?}");
    let activities = verdict(&trained, ItemGroup::Activities, Side::Lists);
    assert!(!activities.enough && activities.serves == "popular", "nobody signed up: {activities:?}");
    let card = card(&trained);
    let serving = card["serving"][1]["en"].as_str().expect("a sentence");
    assert!(serving.contains("articles by popularity"), "{serving}");
}

#[test]
fn the_most_active_members_come_first_in_an_audience() {
    let trained = trained(of_readers(3, [0.9, 0.03]), None, &TrainOptions::default());
    let audiences = verdict(&trained, ItemGroup::Articles, Side::Audiences);
    assert!(audiences.challenger.accepted, "{audiences:?}");
    for rule in ["activity", "topic_actions", "neighbours"] {
        let report = &card(&trained)["rules"]["articles"][rule];
        assert!(report["calibration"]["slope"].as_f64() > Some(0.0), "{rule}: {report}");
    }
    let engine = Engine::new(trained.snapshot);
    let newest = engine.snapshot().items.id.last().expect("items").clone();
    let request = AudienceRequest { limit: Some(25), ..AudienceRequest::new(Target::Item(newest), AS_OF) };
    let rows = engine.audience(&Overlay::default(), &request, &|_| None).expect("an audience").rows;
    assert!(rows.iter().filter(|row| row.member % 20 == 0).count() >= 23, "{rows:?}");
}

#[test]
fn with_too_few_members_nothing_is_judged_and_the_card_reports_it() {
    let mut town = town(0.0, 4);
    // Only forty members have events.
    town.history.retain(|member, _| member < 40);
    let kept = town.sign_ups.starts[40];
    town.sign_ups.starts.iter_mut().for_each(|start| *start = (*start).min(kept));
    let end = town.sign_ups.starts[MEMBERS] as usize;
    town.sign_ups.item.truncate(end);
    town.sign_ups.status.truncate(end);
    town.sign_ups.tickets.truncate(end);
    town.sign_ups.children.truncate(end);
    let trained = trained(town, None, &TrainOptions::default());
    let card = card(&trained);
    for side in card["sides"].as_array().expect("sides") {
        assert_eq!(
            (&side["enough"], &side["accepted"], &side["serves"]),
            (&false.into(), &false.into(), &"popular".into())
        );
        assert!(side["why"]["en"].as_str().expect("a sentence").starts_with("Too few to judge"), "{side}");
    }
    assert!(trained.snapshot.model.rankers.is_empty());
    assert!(card["limits"].to_string().contains("articles_lists_too_few"), "{}", card["limits"]);
}

fn fitted(trained: &Trained) -> Vec<(String, Value)> {
    let card = card(trained);
    let rankers = card["rankers"].as_object().expect("rankers").clone();
    rankers.into_iter().map(|(group, report)| (group, report["weights"].clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn no_label_of_the_test_window_reaches_the_fit(seed in 0_u64..1_000, shown in prop::sample::select(vec![0.0, 0.2])) {
        let before = town(shown, seed);
        let windows = Windows::of(&before).expect("windows");
        let mut after = before.clone();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut changed = 0;
        with_other_items(&mut after, |town, event, at, pool| {
            let item = town.history.item(event);
            if at < windows.test_from {
                return item;
            }
            changed += 1;
            *pool.choose(&mut rng).expect("items")
        });
        prop_assert!(changed > 100);
        prop_assert_eq!(Windows::of(&after), Some(windows));
        let [before, after] = [before, after].map(|town| trained(town, None, &TrainOptions::default()));
        prop_assert!(!fitted(&before).is_empty(), "some group has enough responses");
        prop_assert_eq!(fitted(&before), fitted(&after));
        prop_assert!(before.gate != after.gate, "the judged data differ");
    }
}

/// Settings that differ from the defaults, all of which change features.
fn own_settings() -> TrainOptions {
    TrainOptions {
        ials: IalsParams { factors: 8, sweeps: 5, ..IalsParams::default() },
        neighbours: 20,
        preference_half_life_days: 60.0,
        popularity_half_life_days: [1.0, 5.0],
        ..TrainOptions::default()
    }
}

/// A model of twelve days ago with its own settings, and today's town. In its fitting window members read old articles that they do
/// not like, so that a model learnt now is wrong.
fn a_good_model_and_misleading_days() -> (Snapshot, Snapshot) {
    let mut today = town(0.0, 6);
    let before = trained(snapshot_before(&today, AS_OF - 12 * DAY), None, &own_settings());
    assert!(verdict(&before, ItemGroup::Articles, Side::Lists).challenger.accepted, "{:?}", before.gate);
    let windows = Windows::of(&today).expect("windows");
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let member_of: Vec<usize> =
        (0..MEMBERS).flat_map(|member| std::iter::repeat_n(member, today.history.of(member).len())).collect();
    with_other_items(&mut today, |town, event, at, pool| {
        let is_disliked = |item: &&u32| {
            let old = (at - 25 * DAY..at - 15 * DAY).contains(&opened(town, **item as usize));
            old && town.items.topics.row(**item as usize)[0] as usize % 4 == (member_of[event] + 2) % 4
        };
        let item = town.history.item(event);
        if !(windows.fit_from..windows.test_from).contains(&at) || town.history.kind(event) != EventKind::Read {
            return item;
        }
        let old: Vec<&u32> = pool.iter().filter(is_disliked).collect();
        old.choose(&mut rng).map_or(item, |item| **item)
    });
    (before.snapshot, today)
}

#[test]
fn if_the_new_model_is_rejected_the_judged_incumbent_serves_with_identical_features() {
    let (before, today) = a_good_model_and_misleading_days();
    let served = trained(today.clone(), Some(&before), &TrainOptions::default());
    let lists = verdict(&served, ItemGroup::Articles, Side::Lists);
    assert!(!lists.challenger.accepted && lists.serves == "incumbent", "{lists:?}");
    assert!(lists.incumbent.as_ref().is_some_and(|incumbent| incumbent.accepted), "{lists:?}");
    // Settings, rankers and their age are those of the earlier model.
    assert_eq!(
        card(&served)["parameters"],
        serde_json::to_value(TrainOptions { search_seconds: 0, train_every_days: 0, ..own_settings() }).expect("JSON")
    );
    assert_eq!(
        (&served.snapshot.model.settings, served.snapshot.model.rankers_as_of),
        (&before.model.settings, before.as_of)
    );
    let same = |ranker: &RankerWeights| RankerWeights { sides: Sides::Both, ..ranker.clone() };
    let known: Vec<RankerWeights> = before.model.rankers.iter().map(same).collect();
    assert!(!personal(&served.snapshot).is_empty());
    assert!(personal(&served.snapshot).into_iter().all(|ranker| known.contains(&same(ranker))));
    // The features are those of the earlier model's settings on today's data, bit by bit.
    let judged = Engine::new(trained(today.clone(), None, &own_settings()).snapshot);
    let other = Engine::new(trained(today, None, &TrainOptions::default()).snapshot);
    let serving = Engine::new(served.snapshot);
    let mut differ = 0;
    for member in (0..MEMBERS).step_by(13) {
        for item in 0..serving.snapshot().items.id.len() {
            let features = serving.features(member, item, AS_OF).map(f32::to_bits);
            assert_eq!(features, judged.features(member, item, AS_OF).map(f32::to_bits), "{member} {item}");
            differ += usize::from(features != other.features(member, item, AS_OF).map(f32::to_bits));
        }
    }
    assert!(differ > 1_000, "the settings change the features: {differ}");
}

#[test]
fn an_earlier_model_serves_only_while_it_is_recent_and_passes_the_gate() {
    let (before, today) = a_good_model_and_misleading_days();
    let mut old = before.clone();
    old.model.rankers_as_of = AS_OF - 15 * DAY;
    let mut worse = before;
    worse.model.rankers.iter_mut().flat_map(|ranker| &mut ranker.weights).for_each(|weight| *weight = -*weight);
    for (previous, is_judged) in [(old, false), (worse, true)] {
        let served = trained(today.clone(), Some(&previous), &TrainOptions::default());
        let lists = verdict(&served, ItemGroup::Articles, Side::Lists);
        assert_eq!(lists.incumbent.is_some(), is_judged, "{lists:?}");
        assert!(!lists.challenger.accepted && lists.serves != "incumbent", "{lists:?}");
        assert!(personal(&served.snapshot).is_empty(), "{:?}", served.snapshot.model.name);
    }
}
