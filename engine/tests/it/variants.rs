//! Variants of a list: who can be in one, who gets what, and that nothing else of the list changes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use zhihui_engine::{
    Engine, Overlay,
    audience::{
        AudienceError, AudienceRequest, AudienceResult, ExperimentArm, HoldOutKind, PushCaps, StandingHoldOut, Target,
        Variant, VariantSplit,
    },
};

use crate::fixture::{AS_OF, DAY, MEMBERS, engine, engine_with};

fn item(id: &str) -> AudienceRequest {
    AudienceRequest { salt: "salt".into(), ..AudienceRequest::new(Target::Item(id.into()), AS_OF) }
}

/// Variants with the same share, of these items.
fn variants(items: &[Option<&str>]) -> Vec<Variant> {
    let variant = |(place, item): (usize, &Option<&str>)| Variant {
        name: ["A", "B", "C", "D"][place].to_owned(),
        item_id: item.map(str::to_owned),
        title: None,
        share: 1.0 / items.len() as f64,
    };
    items.iter().enumerate().map(variant).collect()
}

fn frozen(items: &[Option<&str>]) -> AudienceRequest {
    AudienceRequest { variants: variants(items), list: "pl_1".into(), hold_out: 0.3, ..item("A04") }
}

fn made(engine: &Engine, request: &AudienceRequest) -> AudienceResult {
    engine.audience(&Overlay::default(), request, &|_| None).expect("an audience")
}

fn refused(request: &AudienceRequest) -> AudienceError {
    engine(1).audience(&Overlay::default(), request, &|_| None).expect_err("refused")
}

fn id(engine: &Engine, member: usize) -> &str {
    &engine.snapshot().members.id[member]
}

#[test]
fn titles_under_test_change_nothing_but_the_variant() {
    let engine = engine(1);
    let plain = made(&engine, &AudienceRequest { hold_out: 0.3, ..item("A04") });
    let divided = made(&engine, &frozen(&[None, Some("A04"), None]));
    assert_eq!(divided.preview, plain.preview);
    assert_eq!(divided.members_sha256(engine.snapshot()), plain.members_sha256(engine.snapshot()));
    let variants = variants(&[None; 3]);
    let split = VariantSplit::new("salt", "pl_1", &variants);
    for (row, plain) in divided.rows.iter().zip(&plain.rows) {
        assert_eq!(row.variant, Some(split.variant_of(id(&engine, row.member))), "both arms are divided");
        assert_eq!((row.member, row.arm, row.probability), (plain.member, plain.arm, plain.probability));
        assert_eq!(plain.variant, None);
    }
    for arm in [ExperimentArm::Push, ExperimentArm::HoldOut] {
        let found = divided.rows.iter().filter(|row| row.arm == arm).filter_map(|row| row.variant);
        assert_eq!(found.collect::<std::collections::BTreeSet<_>>().len(), 3, "{arm:?}");
    }
    let items: Vec<Option<String>> = divided.variants.iter().map(|variant| variant.item_id.clone()).collect();
    assert_eq!(items, vec![Some("A04".to_owned()); 3]);
}

#[test]
fn members_can_join_the_items_of_all_variants_and_get_the_probability_and_reasons_of_theirs() {
    let engine = engine_with(2, |snapshot| snapshot.items.min_age[8] = 40);
    let request = AudienceRequest { all_reasons: true, ..frozen(&[None, Some("A08")]) };
    let divided = made(&engine, &request);
    let preview = &divided.preview;
    assert!(preview.excluded["variant_item"] > 5, "{:?}", preview.excluded);
    assert_eq!(preview.excluded.values().sum::<usize>() + preview.selected, MEMBERS);
    let alone = |target: &str| {
        let result = made(&engine, &AudienceRequest { all_reasons: true, ..item(target) });
        result.rows.into_iter().map(|row| (row.member, row)).collect::<BTreeMap<_, _>>()
    };
    let alone = [alone("A04"), alone("A08")];
    let mut expected = 0.0;
    for row in &divided.rows {
        assert!(alone.iter().all(|rows| rows.contains_key(&row.member)), "{}", id(&engine, row.member));
        let own = &alone[row.variant.expect("a variant")][&row.member];
        assert!((row.probability - own.probability).abs() < 1e-12);
        assert_eq!(row.reasons, own.reasons);
        expected += if row.arm == ExperimentArm::Push { row.probability } else { 0.0 };
    }
    assert!((preview.expected_responses.value - expected).abs() < 1e-9);
    assert!(divided.rows.iter().any(|row| row.variant == Some(1) && row.arm == ExperimentArm::Push));
}

#[test]
fn a_preview_divides_nobody_and_expects_the_mean() {
    let engine = engine(2);
    let request = AudienceRequest { list: String::new(), hold_out: 0.0, ..frozen(&[None, Some("A08")]) };
    let preview = made(&engine, &request);
    assert!(preview.variants.is_empty() && preview.rows.iter().all(|row| row.variant.is_none()));
    let probability = |target: &str| {
        let rows = made(&engine, &item(target)).rows;
        rows.into_iter().map(|row| (row.member, row.probability)).collect::<BTreeMap<_, _>>()
    };
    let (first, second) = (probability("A04"), probability("A08"));
    for row in &preview.rows {
        let mean = 0.5 * first[&row.member] + 0.5 * second[&row.member];
        assert!((row.probability - mean).abs() < 1e-12);
    }
}

#[test]
fn items_that_are_unknown_or_not_offered_are_refused() {
    assert_eq!(refused(&frozen(&[None, Some("A99")])), AudienceError::UnknownItem("A99".into()));
    let ended = AudienceRequest { now: AS_OF + 30 * DAY, ..frozen(&[None, Some("A08")]) };
    let error = refused(&AudienceRequest { target: Target::Item("N01".into()), ..ended });
    assert_eq!(error, AudienceError::VariantNotOffered { item: "A08".into(), why: "ended" });
    assert_eq!(error.code(), "variant_not_offered");
}

#[test]
fn a_list_is_exempt_from_our_caps_and_hold_outs_only_if_all_its_items_are() {
    let until = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
    // A04 has the topics 亲子; A01 has 体育.
    let topic = StandingHoldOut { topic: Some("体育".into()), share: 0.4, until };
    let caps = PushCaps { own_per_7_days: Some(0), ..PushCaps::default() };
    let of = |urgent: &[usize], request: AudienceRequest| {
        let engine = engine_with(1, |snapshot| urgent.iter().for_each(|&item| snapshot.items.urgent[item] = true));
        made(&engine, &request).preview.excluded
    };
    let capped = AudienceRequest { caps, ..frozen(&[None, Some("A01")]) };
    assert!(of(&[4], capped.clone())["own_cap"] > 0);
    assert!(!of(&[4, 1], capped).contains_key("own_cap"));
    let held = AudienceRequest { standing_hold_outs: vec![topic], ..frozen(&[None, Some("A01")]) };
    assert!(of(&[], held.clone()).contains_key(HoldOutKind::Topic.exclusion()), "A01 has the topic");
    assert!(of(&[4], held).contains_key(HoldOutKind::Topic.exclusion()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn expected_seats_of_each_item_fit_the_share_of_its_variants(seed in 0_u64..40, capacity in 1_u32..6) {
        let engine = engine_with(seed, |snapshot| {
            snapshot.model.rankers[1].bias = 3.0;
            for item in [4, 8] {
                snapshot.items.capacity[item] = snapshot.items.seats_taken[item] + capacity;
            }
        });
        let request = AudienceRequest { hold_out: 0.0, ..frozen(&[None, Some("A08")]) };
        let whole = made(&engine, &AudienceRequest { list: String::new(), ..request.clone() });
        // The seats do not change a probability, and without them nobody is left out.
        let open = engine_with(seed, |snapshot| snapshot.model.rankers[1].bias = 3.0);
        let probability = |target: &str| {
            made(&open, &item(target)).rows.into_iter().map(|row| (row.member, row.probability)).collect::<BTreeMap<_, _>>()
        };
        // Half of the members get each item, and a member who comes takes one ticket or more.
        for target in ["A04", "A08"] {
            let of_target = probability(target);
            let expected: f64 = whole.rows.iter().map(|row| 0.5 * of_target[&row.member]).sum();
            prop_assert!(expected <= f64::from(capacity) + 1e-9, "{} of {}", expected, capacity);
        }
        prop_assert_eq!(whole.preview.excluded.values().sum::<usize>() + whole.preview.selected, MEMBERS);
    }

    #[test]
    fn split_stays_the_same_when_the_list_is_cut(seed in 0_u64..8, limit in 1_usize..40) {
        let engine = engine(seed);
        let whole = made(&engine, &frozen(&[None, Some("A08"), None, None]));
        let cut = made(&engine, &AudienceRequest { limit: Some(limit), ..frozen(&[None, Some("A08"), None, None]) });
        let of = |result: &AudienceResult| {
            result.rows.iter().map(|row| (row.member, row.variant)).collect::<BTreeMap<_, _>>()
        };
        let whole = of(&whole);
        prop_assert!(of(&cut).iter().all(|(member, variant)| whole[member] == *variant));
    }
}
