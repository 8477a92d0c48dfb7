//! Plans of several items: groups, seats, totals, and the comparison with one item for all.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;
use zhihui_data::{ItemKind, snapshot::Snapshot};
use zhihui_engine::{
    Engine, Overlay,
    audience::{
        AudienceError, AudienceRequest, BandPlan, BandPlanRequest, Exclusion, ExclusionReason, GroupBy, Rule, Target,
    },
};

use crate::fixture::{AS_OF, MEMBERS, engine, engine_with};

fn request(items: &[&str]) -> BandPlanRequest {
    let audience = AudienceRequest { salt: "salt".into(), ..AudienceRequest::new(Target::Item("A04".into()), AS_OF) };
    let items = items.iter().map(|&id| id.to_owned()).collect();
    BandPlanRequest { min_candidates: 3, ..BandPlanRequest::new(items, audience) }
}

fn planned(engine: &Engine, request: &BandPlanRequest) -> BandPlan {
    engine.band_plan(&Overlay::default(), request, &|_| None, &|| false).expect("a plan")
}

/// Open activities with strong and different tastes, so that groups differ.
fn lively(snapshot: &mut Snapshot) {
    snapshot.model.rankers[1].bias = 0.0;
}

#[test]
fn every_option_equals_the_audience_of_its_group() {
    for by in [GroupBy::AgeBand, GroupBy::Segment] {
        let engine = engine_with(1, lively);
        let rule = Rule::parse(&json!({"all": [{"field": "gender", "is_unknown": false}]})).expect("a rule");
        let mut request = BandPlanRequest { by, ..request(&["A04", "A06", "A08"]) };
        request.audience = AudienceRequest { rule: Some(rule.clone()), hold_out: 0.3, ..request.audience };
        let plan = planned(&engine, &request);
        assert!(plan.groups.len() > 2, "{plan:?}");
        for group in &plan.groups {
            for option in &group.options {
                let target = Target::Item(option.item_id.clone());
                let audience = AudienceRequest { target, rule: Some(group.rule.clone()), ..request.audience.clone() };
                let audience = engine.audience(&Overlay::default(), &audience, &|_| None).expect("an audience");
                assert_eq!(audience.preview.selected, option.selected, "{} {}", group.key, option.item_id);
                let (own, other) = (&option.expected_responses, &audience.preview.expected_responses);
                assert!((own.value - other.value).abs() < 1e-9 && (own.low - other.low).abs() < 1e-9);
                assert!((own.high - other.high).abs() < 1e-9 && own.calibrated == other.calibrated);
            }
        }
        let members: usize = plan.groups.iter().map(|group| group.members).sum();
        assert_eq!(Ok(members), engine.count_rule(&Overlay::default(), &rule, None, AS_OF, &|_| None));
        let shown = serde_json::to_value(&plan.groups[0].rule).expect("JSON");
        assert_eq!(shown["all"].as_array().map(Vec::len), Some(2), "{shown}");
    }
}

#[test]
fn excluded_members_are_no_candidates_and_counted_for_each_item() {
    let engine = engine(1);
    let everybody = planned(&engine, &request(&["A04", "A06"]));
    let exclusion = |reason, ids: &[&str]| Exclusion {
        id: "x".into(),
        reason,
        members: Arc::new(engine.member_set(ids.iter().copied())),
        applies: true,
    };
    let target = AudienceRequest::new(Target::Item("A04".into()), AS_OF);
    let audience = engine.audience(&Overlay::default(), &target, &|_| None).expect("an audience");
    let first = engine.snapshot().members.id[audience.rows[0].member].as_str();
    let lists = vec![
        vec![exclusion(ExclusionReason::ExclusionList, &[first])],
        vec![exclusion(ExclusionReason::ExclusionList, &["nobody"])],
    ];
    let plan = planned(&engine, &BandPlanRequest { exclusions: lists, ..request(&["A04", "A06"]) });
    let candidates = |plan: &BandPlan, item: usize| -> usize {
        plan.groups.iter().map(|group| group.options[item].candidates).sum()
    };
    assert_eq!(candidates(&plan, 0) + 1, candidates(&everybody, 0));
    assert_eq!(candidates(&plan, 1), candidates(&everybody, 1));
    assert_eq!(plan.items[0].excluded.get("exclusion_list"), Some(&1));
    assert_eq!(plan.items[1].excluded.get("exclusion_list"), None);
    for (at, item) in plan.items.iter().enumerate() {
        let members: usize = plan.groups.iter().map(|group| group.members).sum();
        assert_eq!(item.excluded.values().sum::<usize>() + candidates(&plan, at), members);
    }
    let mut same = request(&["A04", "A06"]);
    same.audience.exclusions = vec![exclusion(ExclusionReason::OtherList, &[first])];
    assert_eq!(planned(&engine, &same).items[0].excluded.get("other_list"), Some(&1));
}

#[test]
fn without_limits_each_group_gets_its_best_item_and_the_total_is_their_sum() {
    let engine = engine_with(2, lively);
    let plan = planned(&engine, &request(&["A04", "A06", "A08"]));
    let mut sum = 0.0;
    for group in plan.groups.iter().filter(|group| group.item_id.is_some()) {
        let best = group.options.iter().map(|option| option.expected_responses.value).fold(0.0, f64::max);
        let own = group.expected_responses.as_ref().expect("of the item").value;
        assert!((own - best).abs() < 1e-12 && !group.moved_by_seats);
        sum += own;
    }
    assert!((plan.plan.expected_responses.value - sum).abs() < 1e-9);
    let single = plan.single.as_ref().expect("an item");
    let column = plan.items.iter().position(|item| Some(&item.item_id) == single.item_id.as_ref()).expect("known");
    let of_single: f64 = plan.groups.iter().map(|group| group.options[column].expected_responses.value).sum();
    assert!((single.expected_responses.value - of_single).abs() < 1e-9);
    let gain = plan.gain;
    assert!((gain.value - (sum - of_single)).abs() < 1e-9 && gain.value > 0.0);
    assert!(gain.low < gain.value && gain.value < gain.high);
    assert!(plan.sentence.zh.contains("按年龄段分别推送"), "{}", plan.sentence.zh);
}

#[test]
fn small_groups_become_one() {
    let engine = engine(1);
    let many = planned(&engine, &request(&["A04", "A06"]));
    let few = planned(&engine, &BandPlanRequest { min_candidates: 8, ..request(&["A04", "A06"]) });
    assert!(few.groups.len() < many.groups.len());
    let others = few.groups.last().expect("a group");
    assert_eq!(others.key, "others");
    assert!(!others.merged.is_empty() && !others.merged.contains(&"others".to_owned()));
    assert!(few.groups.iter().rev().skip(1).all(|group| group.merged.is_empty()));
    assert_eq!(few.groups.iter().map(|group| group.members).sum::<usize>(), MEMBERS);
    let one = planned(&engine, &BandPlanRequest { min_candidates: MEMBERS + 1, ..request(&["A04", "A06"]) });
    assert_eq!((one.groups.len(), one.groups[0].members, one.gain.value), (1, MEMBERS, 0.0));
    assert_eq!(one.groups[0].rule, Rule::All { all: Vec::new() });
    assert_eq!(one.plan, one.single.expect("an item"));
    assert!(one.sentence.zh.contains("全部推送"), "{}", one.sentence.zh);
}

#[test]
fn few_seats_cannot_be_the_choice_of_everybody() {
    let engine = engine_with(3, |snapshot| {
        lively(snapshot);
        // A04 would be the best for nearly everybody, but has three seats.
        snapshot.items.capacity[4] = snapshot.items.seats_taken[4] + 3;
        snapshot.items.price = vec![0.0; snapshot.items.price.len()];
    });
    let plan = planned(&engine, &request(&["A04", "A06", "A08"]));
    assert_eq!(plan.items[0].seats_left, Some(3));
    for group in &plan.groups {
        assert!(group.options[0].expected_responses.value <= 3.0 + 1e-9);
        assert_eq!(group.options[0].seats_decide, group.options[0].selected < group.options[0].candidates);
    }
    let of_first: f64 = plan
        .groups
        .iter()
        .filter(|group| group.item_id.as_deref() == Some("A04"))
        .map(|group| group.options[0].expected_responses.value)
        .sum();
    let total = plan.plan.expected_responses.value;
    let single = plan.single.as_ref().expect("an item").expected_responses.value;
    assert!(total >= single && plan.gain.value >= 0.0);
    let rows: f64 = plan.groups.iter().filter_map(|group| Some(group.expected_responses.as_ref()?.value)).sum();
    assert!(total <= rows + 1e-9, "groups share the seats: {total} {rows} {of_first}");
}

#[test]
fn articles_and_activities_in_one_plan_are_pointed_out() {
    let engine = engine(1);
    assert!(planned(&engine, &request(&["A04", "N01"])).mixes_responses);
    let plan = planned(&engine, &request(&["N01", "N02"]));
    assert!(!plan.mixes_responses && plan.items.iter().all(|item| item.kind == ItemKind::Article));
}

#[test]
fn nobody_to_push_is_a_plan_without_items() {
    let engine = engine(1);
    let mut nobody = request(&["A04", "A06"]);
    nobody.audience.rule = Some(Rule::parse(&json!({"any": []})).expect("a rule"));
    let plan = planned(&engine, &nobody);
    assert!(plan.groups.is_empty() && plan.single.is_none());
    assert_eq!((plan.plan.selected, plan.gain.value), (0, 0.0));
    assert!(plan.sentence.zh.contains("没有会员") && plan.sentence.en.contains("No member"));
}

#[test]
fn invalid_requests_are_refused() {
    let engine = engine(1);
    let error = |request: BandPlanRequest| {
        engine.band_plan(&Overlay::default(), &request, &|_| None, &|| false).expect_err("invalid")
    };
    assert_eq!(error(request(&["A04"])), AudienceError::BadPlanItems(1));
    assert_eq!(error(request(&["A04", "A04"])), AudienceError::BadPlanItems(1));
    assert_eq!(error(request(&[])), AudienceError::BadPlanItems(0));
    let many: Vec<String> = (0..21).map(|at| format!("A{at:02}")).collect();
    assert_eq!(error(BandPlanRequest { items: many, ..request(&[]) }), AudienceError::BadPlanItems(21));
    assert_eq!(error(request(&["A04", "Z9"])), AudienceError::UnknownItem("Z9".into()));
    let mut half = request(&["A04", "A06"]);
    half.audience.hold_out = 1.0;
    assert_eq!(error(half), AudienceError::BadHoldOut(1.0));
    let mut bad = request(&["A04", "A06"]);
    bad.audience.rule = Some(Rule::parse(&json!({"audience": "none"})).expect("a rule"));
    assert!(matches!(error(bad), AudienceError::Rule(_)));
    let stopped = engine.band_plan(&Overlay::default(), &request(&["A04", "A06"]), &|_| None, &|| true);
    assert_eq!(stopped, Err(AudienceError::Stopped));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn plan_is_at_least_as_good_as_one_item_for_all(
        seed in 0_u64..16, capacity in prop::option::of(1_u32..9), cap in prop::option::of(1_u32..3),
        hold_out in prop_oneof![Just(0.0), Just(0.4)], by_segment in any::<bool>(),
    ) {
        let engine = engine_with(seed, |snapshot| {
            lively(snapshot);
            if let Some(capacity) = capacity {
                snapshot.items.capacity[4] = snapshot.items.seats_taken[4] + capacity;
                snapshot.items.capacity[6] = snapshot.items.seats_taken[6] + 2 * capacity;
            }
            if let Some(cap) = cap {
                snapshot.items.per_union_cap[8] = cap;
            }
        });
        let by = if by_segment { GroupBy::Segment } else { GroupBy::AgeBand };
        let mut request = BandPlanRequest { by, ..request(&["A04", "A06", "A08"]) };
        request.audience.hold_out = hold_out;
        let plan = planned(&engine, &request);
        let (total, single) = (&plan.plan, plan.single.as_ref().expect("somebody can be pushed"));
        prop_assert!(total.expected_responses.value >= single.expected_responses.value);
        prop_assert!(plan.gain.value >= 0.0 && plan.gain.low <= plan.gain.value && plan.gain.value <= plan.gain.high);
        prop_assert_eq!(total.item_id.is_some(), plan.gain.value == 0.0 || total.item_id.is_some());
        for group in &plan.groups {
            for option in &group.options {
                prop_assert!(option.selected <= option.candidates && option.candidates <= group.members);
                let expected = &option.expected_responses;
                prop_assert!(expected.low <= expected.high && expected.value <= option.selected as f64 + 1e-9);
            }
            prop_assert_eq!(group.item_id.is_some(), group.expected_responses.is_some());
        }
        prop_assert_eq!(&planned(&engine, &request), &plan);
    }
}
