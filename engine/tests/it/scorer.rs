//! The scorer: a pair has the same probability in the member's list and in the item's audience.

use std::collections::HashMap;

use proptest::prelude::*;
use zhihui_data::snapshot::{EventKind, Side, Snapshot};
use zhihui_engine::{
    Engine, FEATURES, Ineligible, ItemPart, Language, MemberFeatures, Overlay,
    answer::{RecommendRequest, Who},
    audience::{AudienceRequest, Target},
    overlay::{Consent, DeletedTopic, LiveEvent, LiveKind, ResolvedConsent},
};

use crate::fixture::{AS_OF, Dice, ITEMS, MEMBERS, engine, engine_with};

const NOW: i64 = AS_OF + 1_800;

fn live(engine: &Engine, dice: &mut Dice, events: usize) -> Overlay {
    let mut overlay = Overlay::default();
    for at in 0..events {
        let member = format!("M{:03}", dice.below(MEMBERS));
        let item = engine.snapshot().items.id[dice.below(ITEMS)].clone();
        let what = match item.starts_with('N') {
            true => [LiveKind::Read, LiveKind::Share, LiveKind::Push][dice.below(3)],
            false if dice.below(4) == 0 => LiveKind::Cancel,
            false => LiveKind::SignUp { tickets: 1, children: dice.below(2) as u32, waitlisted: false },
        };
        let event = LiveEvent { who: Who::Member(&member), item_id: Some(&item), at: AS_OF + at as i64, what };
        overlay.apply(engine, &event);
    }
    overlay
}

/// Makes some stored sign-ups cancelled or attended, and some events of activities reads, pushes and shares.
fn with_all_kinds(snapshot: &mut Snapshot, dice: &mut Dice) {
    let kinds = [EventKind::Cancel, EventKind::Attended, EventKind::Read, EventKind::Push, EventKind::SignUp];
    snapshot.history.edit(|events| {
        for kind in &mut events.kind {
            if dice.below(3) == 0 {
                *kind = kinds[dice.below(kinds.len())];
            }
        }
    });
}

/// Some members delete a topic from their profile, before or after the snapshot.
fn with_deleted_topics(engine: &Engine, overlay: &mut Overlay, dice: &mut Dice) {
    let deleted = |_| DeletedTopic {
        member_id: format!("M{:03}", dice.below(MEMBERS)),
        topic: engine.snapshot().topics[dice.below(4)].clone(),
        at: AS_OF - 5 + dice.below(60) as i64,
    };
    let deleted_topics = (0..12).map(deleted).collect();
    let consent = ResolvedConsent::new(engine, &Consent { deleted_topics, ..Consent::default() });
    overlay.set_consent(consent.into());
}

/// The same overlay with an event of every member that changes no probability, but takes the member's features from the
/// profile with its events instead of the columns of the snapshot.
fn with_follows(engine: &Engine, overlay: &Overlay) -> Overlay {
    let mut overlay = overlay.clone();
    for member in &engine.snapshot().members.id {
        let (who, what) = (Who::Member(member), LiveKind::Follow);
        overlay.apply(engine, &LiveEvent { who, item_id: None, at: AS_OF, what });
    }
    overlay
}

/// Probabilities of all members for all items, as bits.
fn bits(engine: &Engine, overlay: &Overlay) -> Vec<Vec<u64>> {
    let members: Vec<u32> = (0..MEMBERS as u32).collect();
    let of_item = |item: &String| {
        let target = Target::Item(item.clone());
        let (probabilities, _) = engine.response_probabilities(overlay, &target, &members, NOW).expect("an item");
        probabilities.into_iter().map(f64::to_bits).collect()
    };
    engine.snapshot().items.id.iter().map(of_item).collect()
}

fn is_sensitive(engine: &Engine, item: &str) -> bool {
    let snapshot = engine.snapshot();
    let topics = snapshot.items.topics.row(engine.item_row(item).expect("known"));
    topics.iter().any(|topic| snapshot.sensitive_topics.contains(topic))
}

fn both_sides(engine: &Engine, overlay: &Overlay) -> Result<usize, TestCaseError> {
    let mut listed: HashMap<(String, String), f64> = HashMap::new();
    for member in &engine.snapshot().members.id {
        let request = RecommendRequest {
            who: Who::Member(member),
            n: ITEMS,
            kind: None,
            topic: None,
            exclude: &[],
            general: false,
            now: NOW,
            language: Language::Zh,
        };
        for item in engine.recommend(overlay, &request).items {
            listed.insert((member.clone(), item.item_id), item.probability.expect("scored"));
        }
    }
    let mut compared = 0;
    for item in &engine.snapshot().items.id {
        let request = AudienceRequest::new(Target::Item(item.clone()), NOW);
        let result = engine.audience(overlay, &request, &|_| None).expect("an audience");
        for row in result.rows {
            let pair = (engine.snapshot().members.id[row.member].clone(), item.clone());
            let other = listed.get(&pair);
            // The audience of a sensitive article includes its readers, but their own lists do not contain it.
            let verdict = || engine.eligibility(overlay, Who::Member(&pair.0), item, NOW);
            if other.is_none() && is_sensitive(engine, item) && verdict() == Some(Err(Ineligible::AlreadyRead)) {
                continue;
            }
            prop_assert_eq!(other.map(|p| p.to_bits()), Some(row.probability.to_bits()), "{:?}", pair);
            compared += 1;
        }
    }
    Ok(compared)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pair_has_equal_probability_on_both_sides(seed in any::<u32>(), events in 0_usize..60) {
        let engine = engine(u64::from(seed));
        let overlay = live(&engine, &mut Dice::new(u64::from(seed) + 1), events);
        prop_assert!(both_sides(&engine, &overlay)? > 200);
    }

    #[test]
    fn columns_of_the_snapshot_give_what_a_loaded_profile_gives(
        seed in any::<u32>(), events in 0_usize..60, has_ranker: bool, has_factors: bool,
    ) {
        let mut dice = Dice::new(u64::from(seed) + 2);
        let engine = engine_with(u64::from(seed), |snapshot| {
            with_all_kinds(snapshot, &mut dice);
            if !has_ranker {
                snapshot.model.rankers.retain_mut(|ranker| !ranker.sides.contains(Side::Audiences));
            }
            if !has_factors {
                snapshot.model.factors = None;
            }
        });
        let mut overlay = live(&engine, &mut dice, events);
        with_deleted_topics(&engine, &mut overlay, &mut dice);
        prop_assert_eq!(bits(&engine, &overlay), bits(&engine, &with_follows(&engine, &overlay)));
    }

    #[test]
    fn pair_has_equal_probability_without_factors_and_ranker(seed in any::<u32>()) {
        let engine = engine_with(u64::from(seed), |snapshot| {
            snapshot.model.factors = None;
            snapshot.model.rankers.clear();
        });
        prop_assert!(both_sides(&engine, &Overlay::default())? > 200);
    }

    #[test]
    fn training_features_equal_served_features(seed in any::<u32>()) {
        let engine = engine(u64::from(seed));
        let ranker = engine.snapshot().model.rankers[1].clone();
        let request = AudienceRequest::new(Target::Item("A04".into()), NOW);
        let result = engine.audience(&Overlay::default(), &request, &|_| None).expect("an audience");
        let item = engine.item_row("A04").expect("known");
        for row in result.rows {
            let features = engine.features(row.member, item, NOW);
            let logit: f64 = (0..FEATURES.len())
                .map(|at| f64::from((features[at] - ranker.means[at]) / ranker.scales[at] * ranker.weights[at]))
                .sum::<f64>() + f64::from(ranker.bias);
            let [slope, intercept] = ranker.calibration;
            let expected = 1.0 / (1.0 + (-(f64::from(slope) * logit + f64::from(intercept))).exp());
            prop_assert!((expected - row.probability).abs() < 1e-4, "{} {}", expected, row.probability);
        }
    }
}

#[test]
fn member_features_equal_pair_features() {
    let engine = engine(3);
    let (members, items) = (engine.snapshot().members.id.len(), engine.snapshot().items.id.len());
    let parts: Vec<ItemPart<'_>> = (0..items).map(|item| ItemPart::new(&engine, item, NOW)).collect();
    let (mut gathered, mut few) = (MemberFeatures::new(&engine), MemberFeatures::new(&engine));
    let mut with_neighbours = 0;
    for member in (0..members).step_by(7).chain([usize::MAX, 0]) {
        gathered.load(member);
        few.load_for_few(member);
        for item in 0..=items {
            let features = gathered.of(item, NOW);
            assert_eq!(features, engine.features(member, item, NOW), "member {member}, item {item}");
            if let Some(part) = parts.get(item) {
                assert_eq!(gathered.of_part(part), features, "member {member}, item {item}");
                assert_eq!(few.of(item, NOW), features, "member {member}, item {item}");
            }
            with_neighbours += usize::from(features[1] > 0.0);
        }
    }
    assert!(with_neighbours > 100, "{with_neighbours}");
}

#[test]
fn unknown_member_or_item_has_neutral_features() {
    let engine = engine(1);
    let at = |name: &str| FEATURES.iter().position(|known| *known == name).expect("a feature");
    let unknown = engine.features(usize::MAX, 3, NOW);
    for name in ["factors", "neighbours", "union_mates", "home_district", "work_district", "reads", "sign_ups"] {
        assert_eq!(unknown[at(name)], 0.0, "{name}");
    }
    assert!(unknown[at("popularity")] > 0.0);
    assert_eq!(engine.features(0, usize::MAX, NOW), [0.0; FEATURES.len()]);
}
