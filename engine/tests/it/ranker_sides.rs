//! Rankers by side: lists and audiences can have different rankers.

use zhihui_data::ItemKind;
use zhihui_data::snapshot::{EventKind, ItemGroup, RankerWeights, Side, Sides, Snapshot};
use zhihui_engine::answer::{RecommendRequest, Who};
use zhihui_engine::audience::{AudienceRequest, AudienceResult, ExperimentArm, Target};
use zhihui_engine::{CandidateRanker, Engine, FEATURES, ItemPart, Language, MemberFeatures, Order, Overlay};

use crate::fixture::{AS_OF, MEMBERS, engine_with};

/// Adds a rule with one feature for activities on some sides. It replaces the ranker on these sides only.
fn with_rule(snapshot: &mut Snapshot, feature: &str, sides: Sides) {
    let rankers = &mut snapshot.model.rankers;
    rankers.retain_mut(|ranker| {
        let left: Vec<Side> = Side::ALL.into_iter().filter(|&side| !sides.contains(side)).collect();
        match left.as_slice() {
            _ if ranker.group != ItemGroup::Activities => true,
            [] => false,
            [side] => {
                ranker.sides = (*side).into();
                true
            }
            _ => true,
        }
    });
    rankers.push(RankerWeights {
        group: ItemGroup::Activities,
        sides,
        features: vec![feature.into()],
        weights: vec![1.0],
        bias: -2.0,
        means: vec![0.2],
        scales: vec![0.5],
        calibration: [1.0, 0.0],
        calibrated: false,
        push_shift: 0.0,
        dispersion: None,
    });
}

fn audience(engine: &Engine, item: &str) -> AudienceResult {
    let request = AudienceRequest { all_reasons: true, ..AudienceRequest::new(Target::Item(item.into()), AS_OF) };
    engine.audience(&Overlay::default(), &request, &|_| None).expect("an audience")
}

fn request(member: &str, kind: Option<ItemKind>, n: usize) -> RecommendRequest<'_> {
    let (who, language) = (Who::Member(member), Language::Zh);
    RecommendRequest { who, n, kind, topic: None, exclude: &[], general: false, now: AS_OF, language }
}

#[test]
fn each_side_uses_its_own_ranker() {
    let engine = engine_with(5, |snapshot| with_rule(snapshot, "reads", Sides::Audiences));
    let before = engine_with(5, |_| {});
    let reads = FEATURES.iter().position(|name| *name == "reads").expect("a feature");
    let mut ranked = 0;
    for item in ["A03", "A04", "A05"] {
        let row = engine.item_row(item).expect("an item");
        let result = audience(&engine, item);
        let of_member = |member: usize| engine.features(member, row, AS_OF)[reads];
        assert!(result.rows.is_sorted_by(|left, right| of_member(left.member) >= of_member(right.member)), "{item}");
        for row in &result.rows {
            let logit = -2.0 + (f64::from(of_member(row.member)) - 0.2) / 0.5;
            assert!((row.probability - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-5);
        }
        assert!(!result.preview.expected_responses.calibrated, "the rule is not calibrated on exposures");
        ranked += result.rows.len();
    }
    assert!(ranked > 30, "{ranked}");
    for member in &engine.snapshot().members.id {
        let list = |engine: &Engine| engine.recommend(&Overlay::default(), &request(member, None, 20)).items;
        assert_eq!(list(&engine), list(&before), "lists keep their ranker");
    }
}

#[test]
fn side_without_ranker_uses_popularity() {
    let engine = engine_with(5, |snapshot| {
        snapshot.model.rankers.iter_mut().for_each(|ranker| ranker.sides = Sides::Lists);
    });
    let popular = engine_with(5, |snapshot| snapshot.model.rankers.clear());
    let order = |engine: &Engine| -> Vec<(usize, u64)> {
        audience(engine, "A04").rows.iter().map(|row| (row.member, row.probability.to_bits())).collect()
    };
    assert!(!order(&engine).is_empty());
    assert_eq!(order(&engine), order(&popular));
}

#[test]
fn active_reason_is_given_to_active_members_only() {
    let engine = engine_with(5, |snapshot| {
        // All events become reads an hour ago. Some members have more than two, some have less.
        snapshot.history.edit(|events| {
            events.kind.fill(EventKind::Read);
            events.at.fill(AS_OF - 3_600);
        });
        with_rule(snapshot, "reads", Sides::Both);
    });
    let reads = FEATURES.iter().position(|name| *name == "reads").expect("a feature");
    let mut active = [0, 0];
    for row in audience(&engine, "A04").rows {
        let decayed = engine.features(row.member, engine.item_row("A04").expect("an item"), AS_OF)[reads].exp_m1();
        let codes: Vec<&str> = row.reasons.iter().map(|reason| reason.code.as_str()).collect();
        assert_eq!(codes.contains(&"active"), decayed >= 2.0, "{decayed}: {codes:?}");
        assert!(!codes.is_empty());
        active[usize::from(decayed >= 2.0)] += 1;
    }
    assert!(active.iter().all(|&count| count > 0), "{active:?}");
}

#[test]
fn unknown_feature_ranks_all_members_equally() {
    let engine = engine_with(5, |snapshot| with_rule(snapshot, "from_another_version", Sides::Audiences));
    let rows = audience(&engine, "A04").rows;
    assert!(rows.len() > 5 && rows.iter().all(|row| row.probability.to_bits() == rows[0].probability.to_bits()));
}

#[test]
fn evaluated_list_equals_served_list() {
    let engine = engine_with(6, |_| {});
    let popular = engine_with(6, |snapshot| snapshot.model.rankers.clear());
    let candidate = CandidateRanker::new(&engine.snapshot().model.rankers[0]);
    let orders = [Order::Ranker(&candidate), Order::BandPopularity, Order::Popularity];
    let mut differ = 0;
    for member in 0..MEMBERS {
        // Lists of four have no explored position.
        let lists = engine.lists_by(member, ItemGroup::Articles, &orders, 4, AS_OF);
        let served = |engine: &Engine| -> Vec<String> {
            let id = &engine.snapshot().members.id[member];
            let list = engine.recommend(&Overlay::default(), &request(id, Some(ItemKind::Article), 4));
            if list.personalised { list.items.into_iter().map(|item| item.item_id).collect() } else { Vec::new() }
        };
        let ids = |list: &[u32]| list.iter().map(|&item| engine.snapshot().items.id[item as usize].clone()).collect();
        let [personal, band, overall] = [0, 1, 2].map(|at| -> Vec<String> { ids(&lists[at]) });
        if engine.snapshot().members.personalised[member] {
            assert_eq!(personal, served(&engine), "member {member}");
            assert_eq!(band, served(&popular), "member {member}");
        }
        differ += usize::from(personal != overall);
    }
    assert!(differ > MEMBERS / 2, "{differ}");
    assert_eq!(engine.lists_by(usize::MAX, ItemGroup::Articles, &orders, 4, AS_OF), vec![Vec::<u32>::new(); 3]);
}

#[test]
fn may_take_equals_eligibility() {
    let engine = engine_with(8, |_| {});
    let (members, items) = (&engine.snapshot().members.id, &engine.snapshot().items.id);
    let parts: Vec<ItemPart<'_>> = (0..items.len()).map(|item| ItemPart::new(&engine, item, AS_OF)).collect();
    let mut gathered = MemberFeatures::new(&engine);
    let mut counts = [0, 0];
    for (member, id) in members.iter().enumerate() {
        gathered.load(member);
        let on_offer = engine.on_offer(AS_OF).into_iter();
        let may_take: Vec<u32> = on_offer.filter(|&item| gathered.may_take_part(&parts[item as usize])).collect();
        assert_eq!(may_take, engine.candidates(member, AS_OF), "{id}");
        for (item, item_id) in items.iter().enumerate() {
            let eligible = engine.eligibility(&Overlay::default(), Who::Member(id), item_id, AS_OF).expect("an item");
            assert_eq!(gathered.may_take(item, AS_OF), eligible.is_ok(), "{id} {item_id}");
            assert_eq!(gathered.may_take_part(&parts[item]), eligible.is_ok(), "{id} {item_id}");
            counts[usize::from(eligible.is_ok())] += 1;
        }
    }
    assert!(counts.iter().all(|&count| count > 50), "{counts:?}");
    gathered.load(usize::MAX);
    assert!(!gathered.may_take(0, AS_OF) && !gathered.may_take_part(&parts[0]));
}

#[test]
fn the_level_of_pushes_changes_expectations_and_no_pair() {
    let shifted = |shift: f32| {
        engine_with(5, |snapshot| {
            for ranker in snapshot.model.rankers.iter_mut() {
                ranker.calibrated = true;
                ranker.push_shift = shift;
            }
        })
    };
    let (plain, engine) = (shifted(0.0), shifted(-1.2));
    let pushed = |of_pair: f64| {
        let odds = (-1.2_f64).exp() * of_pair / (1.0 - of_pair);
        odds / (1.0 + odds)
    };
    for item in ["A03", "A04", "A05"] {
        let (before, after) = (audience(&plain, item), audience(&engine, item));
        let of_pairs = |result: &AudienceResult| -> Vec<(usize, f64)> {
            result.rows.iter().map(|row| (row.member, row.probability)).collect()
        };
        let (pairs, limited) = (of_pairs(&before), of_pairs(&after));
        let same: Vec<_> = limited.iter().filter(|pair| pairs.contains(pair)).collect();
        assert!(same.len() == pairs.len().min(limited.len()) && same.len() > 5, "{item}: {}", same.len());
        let arm_push = after.rows.iter().filter(|row| row.arm == ExperimentArm::Push);
        let expected: f64 = arm_push.map(|row| pushed(row.probability)).sum();
        assert!((after.preview.expected_responses.value - expected).abs() < 1e-6 * expected, "{item}");
        let target = Target::Item(item.into());
        let rows: Vec<u32> = after.rows.iter().map(|row| row.member as u32).collect();
        let (responses, sum) =
            engine.response_probabilities(&Overlay::default(), &target, &rows, AS_OF).expect("probabilities");
        assert!((responses.iter().sum::<f64>() - sum.value).abs() < 1e-9);
    }
}
