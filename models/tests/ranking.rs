//! The ranker, its calibration and the measures of both.

#![expect(clippy::unwrap_used, reason = "a test stops where its premises do not hold")]

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_models::{
    ModelError,
    ranking::{
        calibration::{Calibration, prior_shift, sampled_negatives_shift},
        logistic::{Examples, Ranker, RankerParams, probability},
        reliability::{brier_score, reliability},
    },
};

const TRUTH: [f32; 3] = [1.5, -0.8, 0.0];

/// Examples whose log odds of responding are `bias` plus the features times [`TRUTH`], and those log odds.
fn simulated(n: usize, bias: f32, seed: u64) -> (Vec<f32>, Vec<bool>, Vec<f32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut features, mut outcomes, mut logits) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let row: [f32; 3] = std::array::from_fn(|_| rng.gen_range(-2.0..2.0));
        let logit = bias + row.iter().zip(TRUTH).map(|(value, weight)| value * weight).sum::<f32>();
        features.extend(row);
        outcomes.push(rng.r#gen::<f32>() < probability(logit));
        logits.push(logit);
    }
    (features, outcomes, logits)
}

fn examples<'a>(features: &'a [f32], outcomes: &'a [bool], weights: Option<&'a [f32]>) -> Examples<'a> {
    Examples { features, n_features: features.len() / outcomes.len().max(1), outcomes, weights }
}

fn assert_alike(left: &Ranker, right: &Ranker, tolerance: f32) {
    let pairs = left.weights.iter().zip(&right.weights).chain([(&left.bias, &right.bias)]);
    for (a, b) in pairs {
        assert!((a - b).abs() < tolerance, "{left:?} and {right:?} differ");
    }
}

#[test]
fn the_log_odds_that_made_the_data_are_found_again() {
    let (features, outcomes, logits) = simulated(40_000, -1.0, 1);
    let ranker = RankerParams::default().fit(examples(&features, &outcomes, None)).unwrap();
    for (row, wanted) in features.chunks_exact(3).zip(logits).take(200) {
        assert!((ranker.logit(row) - wanted).abs() < 0.25);
        let total: f32 = ranker.contributions(row).sum();
        assert!((total + ranker.bias - ranker.logit(row)).abs() < 1e-5);
    }
}

#[test]
fn the_weighted_solver_agrees_with_linfa() {
    let (features, outcomes, _) = simulated(5000, -1.0, 2);
    let params = RankerParams { ridge: 3.0, ..RankerParams::default() };
    let by_linfa = params.fit(examples(&features, &outcomes, None)).unwrap();
    // One more example of next to no weight makes the weights unequal, which linfa cannot fit, and changes nothing else.
    let (mut more, mut answers, mut weights) = (features.clone(), outcomes.clone(), vec![1.0; 5000]);
    more.extend([0.0; 3]);
    answers.push(true);
    weights.push(1e-9);
    let by_newton = params.fit(examples(&more, &answers, Some(&weights))).unwrap();
    assert_alike(&by_linfa, &by_newton, 2e-3);
}

#[test]
fn a_weight_of_two_is_the_example_twice() {
    let (features, outcomes, _) = simulated(400, 0.0, 3);
    let weights: Vec<f32> = (0..400).map(|row| if row % 3 == 0 { 2.0 } else { 1.0 }).collect();
    let weighted = RankerParams::default().fit(examples(&features, &outcomes, Some(&weights))).unwrap();
    let twice = (0..400).flat_map(|row| std::iter::repeat_n(row, if row % 3 == 0 { 2 } else { 1 }));
    let rows: Vec<usize> = twice.collect();
    let repeated: Vec<f32> = rows.iter().flat_map(|&row| features[row * 3..row * 3 + 3].to_vec()).collect();
    let answers: Vec<bool> = rows.iter().map(|&row| outcomes[row]).collect();
    let unweighted = RankerParams::default().fit(examples(&repeated, &answers, None)).unwrap();
    assert_alike(&weighted, &unweighted, 2e-3);
}

#[test]
fn weights_may_have_any_unit_if_the_ridge_has_it_too() {
    let (features, outcomes, _) = simulated(1000, 0.5, 8);
    let params = |ridge| RankerParams { ridge, ..RankerParams::default() };
    let one = params(2.0).fit(examples(&features, &outcomes, None)).unwrap();
    let tens = params(20.0).fit(examples(&features, &outcomes, Some(&[10.0; 1000]))).unwrap();
    assert_alike(&one, &tens, 1e-4);
}

#[test]
fn a_feature_that_does_not_vary_gets_no_weight() {
    let (features, outcomes, _) = simulated(500, 0.0, 4);
    let with_constant: Vec<f32> = features.chunks_exact(3).flat_map(|row| [row[0], 0.1, row[1]]).collect();
    for weights in [None, Some((0..500).map(|row| 1.0 + (row % 2) as f32).collect::<Vec<f32>>())] {
        let ranker = RankerParams::default().fit(examples(&with_constant, &outcomes, weights.as_deref())).unwrap();
        assert_eq!(ranker.weights[1], 0.0);
        let (usual, strange) = (ranker.logit(&[0.3, 0.1, 0.2]), ranker.logit(&[0.3, 55.0, 0.2]));
        assert_eq!(usual, strange);
    }
}

#[test]
fn separable_examples_give_a_finite_ranker() {
    let features: Vec<f32> = (0..100).map(|row| row as f32).collect();
    let outcomes: Vec<bool> = (0..100).map(|row| row >= 50).collect();
    let weights: Vec<f32> = (0..100).map(|row| 1.0 + (row % 2) as f32).collect();
    for weights in [None, Some(weights.as_slice())] {
        let ranker = RankerParams::default().fit(examples(&features, &outcomes, weights)).unwrap();
        assert!(ranker.weights[0] > 1.0 && ranker.weights[0].is_finite());
        assert!(ranker.logit(&[f32::NAN]).is_finite());
    }
}

#[test]
fn examples_that_teach_nothing_are_refused() {
    let fit = |features: &[f32], outcomes: &[bool], weights: Option<&[f32]>| {
        let n_features = 1;
        RankerParams::default().fit(Examples { features, n_features, outcomes, weights })
    };
    assert!(matches!(fit(&[], &[], None), Err(ModelError::NotEnoughData(_))));
    assert!(matches!(fit(&[1.0, 2.0], &[true, true], None), Err(ModelError::NotEnoughData(_))));
    assert!(matches!(fit(&[1.0, 2.0], &[true, false], Some(&[1.0, 0.0])), Err(ModelError::NotEnoughData(_))));
    assert!(matches!(fit(&[1.0, f32::NAN], &[true, false], None), Err(ModelError::BadParameter { .. })));
    assert!(matches!(fit(&[1.0], &[true, false], None), Err(ModelError::BadParameter { .. })));
    assert!(matches!(fit(&[1.0, 2.0], &[true, false], Some(&[1.0])), Err(ModelError::BadParameter { .. })));
    assert!(matches!(fit(&[1.0, 2.0], &[true, false], Some(&[1.0, -1.0])), Err(ModelError::BadWeight { row: 1, .. })));
    let unpenalised = RankerParams { ridge: 0.0, ..RankerParams::default() };
    assert!(matches!(unpenalised.check(), Err(ModelError::BadParameter { .. })));
}

#[test]
fn calibration_on_a_later_window_improves_the_brier_score() {
    let (_, outcomes, truth) = simulated(20_000, -1.0, 5);
    // A ranker three times too sure of itself, trained when responses were more frequent.
    let logits: Vec<f32> = truth.iter().map(|logit| 3.0 * logit + 2.0).collect();
    let calibration = Calibration::fit(&logits[..10_000], &outcomes[..10_000]).unwrap();
    assert!((calibration.slope - 1.0 / 3.0).abs() < 0.03, "{calibration:?}");
    let before: Vec<f32> = logits[10_000..].iter().map(|&logit| probability(logit)).collect();
    let after: Vec<f32> = logits[10_000..].iter().map(|&logit| probability(calibration.apply(logit))).collect();
    let later = &outcomes[10_000..];
    assert!(brier_score(&after, later).unwrap() < 0.9 * brier_score(&before, later).unwrap());
    for bin in reliability(&after, later).into_iter().filter(|bin| bin.examples > 200) {
        assert!((bin.predicted.unwrap() - bin.observed.unwrap()).abs() < 0.06, "{bin:?}");
    }
}

#[test]
fn a_perfect_window_does_not_end_in_certainty() {
    let logits = [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0];
    let outcomes = [false, false, false, true, true, true];
    let calibration = Calibration::fit(&logits, &outcomes).unwrap();
    let best = probability(calibration.apply(3.0));
    assert!(best > 0.7 && best < 0.99, "{best}");
    assert!(matches!(Calibration::fit(&logits, &[true; 6]), Err(ModelError::NotEnoughData(_))));
    assert!(matches!(Calibration::fit(&logits, &[true]), Err(ModelError::BadParameter { .. })));
    assert_eq!(Calibration::IDENTITY.apply(0.7), 0.7);
}

#[test]
fn sampled_negatives_are_corrected_to_the_population() {
    let (features, outcomes, truth) = simulated(200_000, -3.0, 6);
    let kept = |row: &usize| outcomes[*row] || row.is_multiple_of(10);
    let rows: Vec<usize> = (0..outcomes.len()).filter(kept).collect();
    let sampled: Vec<f32> = rows.iter().flat_map(|&row| features[row * 3..row * 3 + 3].to_vec()).collect();
    let answers: Vec<bool> = rows.iter().map(|&row| outcomes[row]).collect();
    let ranker = RankerParams::default().fit(examples(&sampled, &answers, None)).unwrap();
    let shift = sampled_negatives_shift(0.1).unwrap();
    let share = |answers: &[bool]| answers.iter().filter(|&&outcome| outcome).count() as f64 / answers.len() as f64;
    assert!((prior_shift(share(&outcomes), share(&answers)).unwrap() - shift).abs() < 0.02);
    let miss = |row: usize| ranker.logit(&features[row * 3..row * 3 + 3]) + shift - truth[row];
    let mean = (0..1000).map(miss).sum::<f32>() / 1000.0;
    assert!(mean.abs() < 0.1, "log odds are {mean} off");
    assert!(sampled_negatives_shift(0.0).is_err() && prior_shift(1.0, 0.5).is_err());
}

#[test]
fn the_measures_follow_their_definitions() {
    assert_eq!(brier_score(&[1.0, 0.5], &[true, false]), Some(0.125));
    assert_eq!(brier_score(&[], &[]), None);
    let bins = reliability(&[0.05, 0.95, 1.0, f32::NAN], &[false, true, false, true]);
    assert_eq!(bins.len(), 10);
    assert_eq!((bins[0].examples, bins[9].examples, bins[5].examples), (1, 2, 0));
    assert_eq!((bins[9].observed, bins[5].observed), (Some(0.5), None));
}
