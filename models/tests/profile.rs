//! Tests of preferences and popularity by group.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_models::{
    ModelError, Row, UserItems,
    profile::{
        popularity::{GroupEvent, GroupPopularity, decayed_weight},
        preference::Shrinkage,
    },
};

/// Draws counts from `Dirichlet(strength·prior)` by Pólya's urn, `draws` for each member.
fn urn(members: u32, first: u32, prior: &[f64], strength: f64, draws: usize, seed: u64) -> Vec<(u32, u32, f32)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut entries = Vec::new();
    for member in first..first + members {
        let mut drawn: Vec<u32> = Vec::new();
        for _ in 0..draws {
            let fresh = rng.r#gen::<f64>() * (strength + drawn.len() as f64) < strength;
            let topic = if fresh {
                let at = rng.r#gen::<f64>();
                let mut sum = 0.0;
                let reached = |share: &f64| {
                    sum += share;
                    sum > at
                };
                prior.iter().position(reached).unwrap_or(prior.len() - 1) as u32
            } else {
                drawn[rng.gen_range(0..drawn.len())]
            };
            drawn.push(topic);
        }
        entries.extend(drawn.into_iter().map(|topic| (member, topic, 1.0)));
    }
    entries
}

const PRIOR: [f64; 5] = [0.4, 0.3, 0.15, 0.1, 0.05];

#[test]
fn strength_and_prior_are_recovered() {
    for strength in [0.8, 5.0, 40.0] {
        let matrix = UserItems::from_triplets(3000, 5, urn(3000, 0, &PRIOR, strength, 25, 9)).unwrap();
        let learnt = Shrinkage::fit(&matrix, &vec![None; 3000], 0).unwrap();
        let ratio = learnt.prior(None).strength / strength;
        assert!((0.85..1.15).contains(&ratio), "strength {strength} was estimated {ratio} times as large");
        for (share, expected) in learnt.prior(None).shares.iter().zip(PRIOR) {
            assert!((share - expected).abs() < 0.02, "{share} is not {expected}");
        }
    }
}

#[test]
fn small_groups_are_shrunk_to_the_overall_prior() {
    let mirrored: Vec<f64> = PRIOR.iter().rev().copied().collect();
    let mut entries = urn(1000, 0, &PRIOR, 5.0, 20, 1);
    entries.extend(urn(1000, 1000, &mirrored, 30.0, 20, 2));
    entries.push((2000, 0, 1.0));
    let matrix = UserItems::from_triplets(2002, 5, entries).unwrap();
    let groups: Vec<Option<usize>> = (0..2002).map(|member| Some((member / 1000).min(2))).collect();
    let learnt = Shrinkage::fit(&matrix, &groups, 3).unwrap();
    for (group, topic) in [(0, 0), (1, 4)] {
        let share = learnt.prior(Some(group)).shares[topic];
        assert!((share - 0.4).abs() < 0.03, "group {group} has {share} of its topic, not 0.4");
    }
    assert!(learnt.prior(Some(1)).strength > 3.0 * learnt.prior(Some(0)).strength);
    let (small, all) = (learnt.prior(Some(2)), learnt.prior(None));
    assert_eq!(small.strength, all.strength, "two members cannot say how much members differ");
    assert!(small.shares[0] < 0.8, "one read must not make a group's taste");
}

#[test]
fn preferences_lie_between_the_members_shares_and_the_prior() {
    let matrix = UserItems::from_triplets(500, 5, urn(500, 0, &PRIOR, 5.0, 10, 4)).unwrap();
    let learnt = Shrinkage::fit(&matrix, &vec![Some(0); 500], 1).unwrap();
    let prior = learnt.prior(Some(0));
    let none = learnt.preference(Row::EMPTY, Some(0));
    assert!(none.iter().zip(&prior.shares).all(|(&share, &prior)| (f64::from(share) - prior).abs() < 1e-6));
    let one_read = learnt.preference(Row { columns: &[4], weights: &[1.0] }, Some(0));
    let many_reads = learnt.preference(Row { columns: &[4], weights: &[1000.0] }, Some(0));
    assert!(none[4] < one_read[4] && one_read[4] < 0.5 && many_reads[4] > 0.95);
    let halfway = learnt.preference(Row { columns: &[4], weights: &[prior.strength as f32] }, Some(0));
    assert!((f64::from(halfway[4]) - 0.5 * (1.0 + prior.shares[4])).abs() < 1e-5);
    for shares in [&none, &one_read, &many_reads, &halfway] {
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
    assert!(learnt.lift(&one_read)[4] > 1.0 && learnt.lift(&one_read)[0] < 1.0);
    let unknown_topic = Row { columns: &[77], weights: &[9.0] };
    assert_eq!(learnt.preference(unknown_topic, Some(0)), none);
    assert_eq!(learnt.preference(Row::EMPTY, Some(99)), learnt.preference(Row::EMPTY, None));
}

#[test]
fn identical_members_are_shrunk_completely() {
    let same = (0..200).flat_map(|member| (0..4).map(move |topic| (member, topic, 5.0)));
    let matrix = UserItems::from_triplets(200, 4, same).unwrap();
    let learnt = Shrinkage::fit(&matrix, &vec![None; 200], 0).unwrap();
    assert!(learnt.prior(None).strength > 1e5);
}

#[test]
fn preferences_reject_invalid_input() {
    let empty = UserItems::from_triplets(2, 3, [(0, 0, 0.0)]).unwrap();
    assert!(matches!(Shrinkage::fit(&empty, &[None, None], 0), Err(ModelError::NotEnoughData(_))));
    let matrix = UserItems::from_triplets(2, 3, [(0, 0, 1.0)]).unwrap();
    assert!(matches!(Shrinkage::fit(&matrix, &[None], 0), Err(ModelError::BadParameter { .. })));
    assert!(matches!(Shrinkage::fit(&matrix, &[None, Some(1)], 1), Err(ModelError::BadParameter { .. })));
}

#[test]
fn weight_halves_with_every_half_life() {
    assert_eq!(decayed_weight(0.0, 86_400.0), 1.0);
    assert_eq!(decayed_weight(172_800.0, 86_400.0), 0.25);
    assert_eq!(decayed_weight(-5.0, 86_400.0), 1.0, "an event of the future is new");
}

#[test]
fn small_groups_popularity_is_shrunk_to_the_overall_popularity() {
    let event = |item, group, weight| GroupEvent { item, weight, group };
    let mut events = vec![event(3, Some(2), 1.0), event(0, None, 10.0)];
    for item in 0..4 {
        events.push(event(item, Some(0), 100.0 + 300.0 * item as f32));
        events.push(event(item, Some(1), 1000.0 - 300.0 * item as f32));
    }
    let popularity = GroupPopularity::fit(4, 3, events.clone()).unwrap();
    assert!(popularity.shares(Some(0))[3] > 0.4 && popularity.shares(Some(1))[0] > 0.4);
    let overall = popularity.shares(None);
    let small = popularity.shares(Some(2));
    assert!(small[3] > overall[3] && small[3] < 0.6, "one event must not decide: {small:?}");
    assert_eq!(popularity.shares(Some(9)), overall);
    for group in [None, Some(0), Some(1), Some(2)] {
        assert!((popularity.shares(group).iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
    assert_eq!(popularity.weights()[0], 1110.0);
    events[0].item = 4;
    assert!(matches!(GroupPopularity::fit(4, 3, events), Err(ModelError::OutOfBounds { .. })));
    assert!(matches!(GroupPopularity::fit(4, 3, []), Err(ModelError::NotEnoughData(_))));
}

#[test]
fn nearly_decayed_weights_are_no_evidence() {
    // With a half-life of 30 days, a weight is 2⁻¹⁴⁶ after twelve years: below the smallest normal number in single
    // precision.
    let decayed = decayed_weight(12.0 * 365.0 * 86_400.0, 30.0 * 86_400.0);
    let old: Vec<(u32, u32, f32)> = (0..100).map(|member| (member, member % 3, decayed)).collect();
    let weights = UserItems::from_triplets(100, 3, old.clone()).unwrap();
    let groups: Vec<Option<usize>> = (0..100).map(|member| Some(member % 2)).collect();
    assert!(matches!(Shrinkage::fit(&weights, &groups, 2), Err(ModelError::NotEnoughData(_))));
    let with_one_new = UserItems::from_triplets(101, 3, old.into_iter().chain([(100, 1, 1.0)])).unwrap();
    let groups: Vec<Option<usize>> = groups.into_iter().chain([Some(0)]).collect();
    let fitted = Shrinkage::fit(&with_one_new, &groups, 2).unwrap();
    for group in [None, Some(0), Some(1)] {
        let sum: f64 = fitted.prior(group).shares.iter().sum();
        assert!((sum - 1.0).abs() < 1e-9, "{:?}", fitted.prior(group));
    }
}
