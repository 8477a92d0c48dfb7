//! Explanations sum to the probability, and reasons are taken from them.

use proptest::prelude::*;
use zhihui_engine::{
    Engine, Explanation, Language, Overlay,
    answer::{RecommendRequest, Who},
    overlay::{LiveEvent, LiveKind},
};

use crate::fixture::{AS_OF, Dice, ITEMS, MEMBERS, engine, engine_with};
use crate::recommend::request;

const NOW: i64 = AS_OF + 1_800;

fn near(left: f32, right: f32) -> bool {
    (left - right).abs() <= 2e-3 * (1.0 + right.abs())
}

/// The number of causes of a feature, its value, and the sum of the causes and the age band's part.
fn causes(explanation: &Explanation, feature: &str) -> (usize, f32, f32) {
    let part = explanation.parts.iter().find(|part| part.feature == feature).expect("a feature");
    (part.causes.len(), part.value, part.of_age_band + part.causes.iter().map(|cause| cause.amount).sum::<f32>())
}

fn reads(engine: &Engine, member: &str, dice: &mut Dice, n: usize) -> Overlay {
    let mut overlay = Overlay::default();
    for at in 0..n {
        // The first event is on an item without sensitive topics, because a sensitive one does not change the vector.
        let item = if at == 0 { "N03" } else { engine.snapshot().items.id[dice.below(ITEMS)].as_str() };
        let what = if item.starts_with('N') {
            LiveKind::Read
        } else {
            LiveKind::SignUp { tickets: 1, children: 0, waitlisted: false }
        };
        let event = LiveEvent { who: Who::Member(member), item_id: Some(item), at: AS_OF + at as i64, what };
        overlay.apply(engine, &event);
    }
    overlay
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn contributions_sum_to_logit_and_causes_to_values(seed in any::<u32>(), events in 1_usize..8) {
        let engine = engine(u64::from(seed));
        let mut dice = Dice::new(u64::from(seed) + 7);
        let member = format!("M{:03}", dice.below(MEMBERS));
        let overlay = reads(&engine, &member, &mut dice, events);
        let list = engine.recommend(&overlay, &RecommendRequest { now: NOW, ..request(Who::Member(&member)) });
        prop_assume!(list.personalised);
        for item in &list.items {
            let explanation = engine.explain(&overlay, Who::Member(&member), &item.item_id, NOW).expect("ranked");
            let probability = item.probability.expect("scored");
            let logit = (probability / (1.0 - probability)).ln() as f32;
            prop_assert!(near(explanation.logit, logit), "{} {}", explanation.logit, logit);
            let sum = explanation.base + explanation.parts.iter().map(|part| part.contribution).sum::<f32>();
            prop_assert!(near(sum, explanation.logit), "{} {}", sum, explanation.logit);
            // The vector of a member with live events is folded in, so the history explains the whole score.
            for feature in ["factors", "neighbours", "topic_lift"] {
                let (n, value, sum) = causes(&explanation, feature);
                prop_assert!(near(sum, value), "{}: {} of {} causes, {}", feature, sum, n, value);
            }
            // Sensitive items are no evidence. A member with no other items has the age band's vector.
            let part = explanation.parts.iter().find(|part| part.feature == "factors").expect("a feature");
            prop_assert!(!part.causes.is_empty() || near(part.value, part.of_age_band), "{:?}", part);
        }
    }
}

#[test]
fn vector_without_matching_history_has_no_causes() {
    // The fixture's vectors are random, so the history does not explain them, like those of an earlier model.
    let engine = engine(3);
    let explanation = engine.explain(&Overlay::default(), Who::Member("M001"), "N03", NOW).expect("ranked");
    assert_eq!(causes(&explanation, "factors").0, 0);
    assert!(explanation.parts.iter().any(|part| part.feature == "factors" && part.value != 0.0));
    assert!(engine.explain(&Overlay::default(), Who::Member("M001"), "none", NOW).is_none());
    let unranked = engine_with(3, |snapshot| snapshot.model.rankers.clear());
    assert!(unranked.explain(&Overlay::default(), Who::Member("M001"), "N03", NOW).is_none());
}

#[test]
fn taste_reason_names_the_item_that_adds_most() {
    let mut named = 0;
    for seed in 0..40 {
        let engine = engine_with(seed, |snapshot| {
            for ranker in &mut snapshot.model.rankers {
                // Only the factor model has weight.
                ranker
                    .weights
                    .iter_mut()
                    .enumerate()
                    .for_each(|(at, weight)| *weight = if at == 0 { 3.0 } else { 0.0 });
                ranker.means.fill(0.0);
            }
        });
        let overlay = reads(&engine, "M005", &mut Dice::new(seed), 5);
        let asked = RecommendRequest { now: NOW, language: Language::En, ..request(Who::Member("M005")) };
        for item in engine.recommend(&overlay, &asked).items {
            let explanation = engine.explain(&overlay, Who::Member("M005"), &item.item_id, NOW).expect("ranked");
            let part = &explanation.parts[0];
            let Some(reason) = item.reasons.iter().find(|reason| reason.code == "taste") else { continue };
            assert!(part.value > 0.0, "{}", reason.text);
            let Some(title) = reason.text.split('“').nth(1).and_then(|rest| rest.split('”').next()) else {
                continue;
            };
            let amount = |id: &str| part.causes.iter().find(|cause| cause.what == id).map_or(0.0, |cause| cause.amount);
            let row = engine.snapshot().items.title.iter().position(|known| known == title).expect("a title");
            let said = amount(&engine.snapshot().items.id[row]);
            let sensitive = |id: &str| {
                engine
                    .snapshot()
                    .items
                    .topics
                    .row(engine.item_row(id).expect("known"))
                    .iter()
                    .any(|&t| engine.is_sensitive(t))
            };
            let most = part.causes.iter().filter(|cause| !sensitive(&cause.what)).map(|cause| cause.amount);
            assert!(said > 0.0 && near(said, most.fold(0.0, f32::max)), "{} {said}", reason.text);
            named += 1;
        }
    }
    assert!(named > 50, "only {named} reasons named an item");
}
