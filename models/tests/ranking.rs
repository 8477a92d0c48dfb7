//! Tests of the ranker, its calibration and its metrics.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use linfa::ParamGuard;
use linfa::composing::platt_scaling::{PlattParams, platt_newton_method};
use ndarray::ArrayView1;
use proptest::prelude::{any, prop, prop_assert, proptest};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_models::{
    ModelError,
    ranking::{
        calibration::{Calibration, LinePrior, prior_shift, sampled_negatives_shift},
        logistic::{Examples, Ranker, RankerParams, probability},
        propensity::PropensityParams,
        reliability::{brier_score, calibration_error, reliability},
    },
};

const TRUTH: [f32; 3] = [1.5, -0.8, 0.0];

/// Examples whose log odds of a response are `bias` plus the product of features and [`TRUTH`], and those log odds.
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
fn ranker_recovers_the_true_log_odds() {
    let (features, outcomes, logits) = simulated(40_000, -1.0, 1);
    let ranker = RankerParams::default().fit(examples(&features, &outcomes, None)).unwrap();
    for (row, expected) in features.chunks_exact(3).zip(logits).take(200) {
        assert!((ranker.logit(row) - expected).abs() < 0.25);
        let total: f32 = ranker.contributions(row).sum();
        assert!((total + ranker.bias - ranker.logit(row)).abs() < 1e-5);
    }
}

#[test]
fn weighted_solver_agrees_with_linfa() {
    let (features, outcomes, _) = simulated(5000, -1.0, 2);
    let params = RankerParams { ridge: 3.0, ..RankerParams::default() };
    let by_linfa = params.fit(examples(&features, &outcomes, None)).unwrap();
    // An additional example of negligible weight makes the weights unequal, so that linfa is not used.
    let (mut more, mut answers, mut weights) = (features.clone(), outcomes.clone(), vec![1.0; 5000]);
    more.extend([0.0; 3]);
    answers.push(true);
    weights.push(1e-9);
    let by_newton = params.fit(examples(&more, &answers, Some(&weights))).unwrap();
    assert_alike(&by_linfa, &by_newton, 2e-3);
}

#[test]
fn weight_of_two_equals_two_examples() {
    let (features, outcomes, _) = simulated(400, 0.0, 3);
    let weights: Vec<f32> = (0..400).map(|row| if row % 3 == 0 { 2.0 } else { 1.0 }).collect();
    let weighted = RankerParams::default().fit(examples(&features, &outcomes, Some(&weights))).unwrap();
    let twice = (0..400).flat_map(|row| std::iter::repeat_n(row, if row % 3 == 0 { 2 } else { 1 }));
    let rows: Vec<usize> = twice.collect();
    let repeated: Vec<f32> = rows.iter().flat_map(|&row| features[row * 3..row * 3 + 3].to_vec()).collect();
    let answers: Vec<bool> = rows.iter().map(|&row| outcomes[row]).collect();
    let linfa_solver = RankerParams::default().fit(examples(&repeated, &answers, None)).unwrap();
    assert_alike(&weighted, &linfa_solver, 2e-3);
}

#[test]
fn ridge_scales_with_the_unit_of_weights() {
    let (features, outcomes, _) = simulated(1000, 0.5, 8);
    let params = |ridge| RankerParams { ridge, ..RankerParams::default() };
    let one = params(2.0).fit(examples(&features, &outcomes, None)).unwrap();
    let tens = params(20.0).fit(examples(&features, &outcomes, Some(&[10.0; 1000]))).unwrap();
    assert_alike(&one, &tens, 1e-4);
}

#[test]
fn constant_feature_gets_no_weight() {
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
fn uninformative_examples_are_rejected() {
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
    // An overconfident ranker (three times the log odds), trained when responses were more frequent.
    let logits: Vec<f32> = truth.iter().map(|logit| 3.0 * logit + 2.0).collect();
    let calibration = Calibration::fit(&logits[..10_000], &outcomes[..10_000], LinePrior::cautious(0.3)).unwrap();
    assert!((calibration.slope - 1.0 / 3.0).abs() < 0.03, "{calibration:?}");
    let before: Vec<f32> = logits[10_000..].iter().map(|&logit| probability(logit)).collect();
    let after: Vec<f32> = logits[10_000..].iter().map(|&logit| probability(calibration.apply(logit))).collect();
    let later = &outcomes[10_000..];
    assert!(brier_score(&after, later).unwrap() < 0.9 * brier_score(&before, later).unwrap());
    let bins = reliability(&after, later);
    assert!(bins.iter().all(|bin| (bin.predicted - bin.observed).abs() < 0.06), "{bins:?}");
    assert!(calibration_error(&bins) < calibration_error(&reliability(&before, later)));
}

/// The line of maximum likelihood by linfa: Platt's scaling without a prior.
fn platt(logits: &[f32], outcomes: &[bool]) -> [f64; 2] {
    let params = PlattParams::<f64, ()>::default().check().unwrap();
    let logits: Vec<f64> = logits.iter().map(|&logit| f64::from(logit)).collect();
    let (a, b) = platt_newton_method(ArrayView1::from(&logits), ArrayView1::from(outcomes), &params).unwrap();
    [-a, -b]
}

#[test]
fn many_examples_give_platts_line() {
    let (_, outcomes, truth) = simulated(20_000, -1.0, 9);
    let logits: Vec<f32> = truth.iter().map(|logit| 2.0 * logit - 0.5).collect();
    let [slope, shift] = platt(&logits, &outcomes);
    let line = Calibration::fit(&logits, &outcomes, LinePrior::cautious(0.01)).unwrap();
    assert!((f64::from(line.slope) - slope).abs() < 0.01 && (f64::from(line.shift) - shift).abs() < 0.03, "{line:?}");
}

#[test]
fn without_examples_the_line_is_the_priors() {
    let prior = LinePrior::cautious(0.02);
    let line = Calibration::fit(&[], &[], prior).unwrap();
    assert!((line.slope - 0.5).abs() < 1e-6);
    assert!((probability(line.apply(prior.centre as f32)) - 0.02).abs() < 1e-6);
    let found = Calibration { slope: 0.3, shift: -2.0 };
    assert_eq!(Calibration::fit(&[], &[], prior.about(found)).unwrap().slope, 0.3);
    assert!((Calibration::fit(&[], &[], prior.about(found)).unwrap().shift + 2.0).abs() < 1e-6);
}

#[test]
fn overconfident_probability_shrinks_with_each_unanswered_exposure() {
    // The ranker predicts near certainty for items with a response rate of one in fifty.
    let claim = |exposures: usize| {
        let outcomes: Vec<bool> = (0..exposures).map(|at| at % 50 == 49).collect();
        let line = Calibration::fit(&vec![6.0; exposures], &outcomes, LinePrior::cautious(0.02)).unwrap();
        probability(line.apply(6.0))
    };
    let claims: Vec<f32> = [0, 10, 50, 200, 2_000].map(claim).to_vec();
    assert!(claims.windows(2).all(|pair| pair[1] < pair[0]), "{claims:?}");
    assert!(claims[0] < 0.8 && claims[2] < 0.15 && (claims[4] - 0.02).abs() < 0.01, "{claims:?}");
}

#[test]
fn window_with_one_kind_of_outcome_gives_no_certainty() {
    let logits = [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0];
    let prior = LinePrior::cautious(0.5);
    let perfect = Calibration::fit(&logits, &[false, false, false, true, true, true], prior).unwrap();
    let best = probability(perfect.apply(3.0));
    assert!(best > 0.7 && best < 0.99, "{best}");
    let all = Calibration::fit(&logits, &[true; 6], prior).unwrap();
    let none = Calibration::fit(&logits, &[false; 6], prior).unwrap();
    assert!(all.apply(0.0) > 0.1 && none.apply(0.0) < -0.1 && all.apply(0.0).is_finite(), "{all:?} {none:?}");
    assert_eq!(Calibration::IDENTITY.apply(0.7), 0.7);
}

#[test]
fn wrong_ranker_is_flattened_but_not_reversed() {
    let logits: Vec<f32> = (0..4_000).map(|at| (at % 9) as f32 - 4.0).collect();
    let outcomes: Vec<bool> = (0..4_000).map(|at| at % 9 < 3).collect();
    let line = Calibration::fit(&logits, &outcomes, LinePrior::cautious(0.3)).unwrap();
    assert!(line.slope > 0.0 && line.slope <= 0.051, "{line:?}");
    let mean = logits.iter().map(|&logit| probability(line.apply(logit))).sum::<f32>() / 4_000.0;
    assert!((mean - 0.333).abs() < 0.01, "{mean}");
}

#[test]
fn invalid_calibration_input_is_rejected() {
    let prior = LinePrior::cautious(0.1);
    let refused = |logits: &[f32], outcomes: &[bool], prior| {
        matches!(Calibration::fit(logits, outcomes, prior), Err(ModelError::BadParameter { .. }))
    };
    assert!(refused(&[1.0], &[], prior) && refused(&[f32::NAN], &[true], prior));
    assert!(refused(&[], &[], LinePrior { slope_deviation: 0.0, ..prior }));
    assert!(refused(&[], &[], LinePrior { level: f64::INFINITY, ..prior }));
    assert!(!refused(&[], &[], LinePrior::cautious(0.0)) && !refused(&[], &[], LinePrior::cautious(1.0)));
}

proptest! {
    #[test]
    fn calibration_line_minimises_the_negative_log_posterior(
        examples in prop::collection::vec((-9.0_f32..9.0, any::<bool>()), 0..60), base_rate in 0.001_f64..0.6,
    ) {
        let (logits, outcomes): (Vec<f32>, Vec<bool>) = examples.into_iter().unzip();
        let prior = LinePrior::cautious(base_rate);
        let cost = |level: f64, slope: f64| {
            let miss = |(&logit, &outcome): (&f32, &bool)| {
                let line = level + slope * (f64::from(logit) - prior.centre);
                let line = if outcome { -line } else { line };
                line.max(0.0) + (-line.abs()).exp().ln_1p()
            };
            let away = (level - prior.level).powi(2) / prior.level_deviation.powi(2)
                + (slope - prior.slope).powi(2) / prior.slope_deviation.powi(2);
            logits.iter().zip(&outcomes).map(miss).sum::<f64>() + 0.5 * away
        };
        let line = Calibration::fit(&logits, &outcomes, prior).unwrap();
        let slope = f64::from(line.slope);
        let level = f64::from(line.shift) + slope * prior.centre;
        prop_assert!(slope > 0.0);
        for (up, steeper) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.01, 0.01), (-0.01, 0.01)] {
            prop_assert!(cost(level, slope) <= cost(level + up, slope + steeper) + 1e-6, "{} {}", level, slope);
        }
    }

    #[test]
    fn propensity_weights_have_mean_one_and_favour_rarely_shown_items(
        items in prop::collection::vec(0_u32..12, 1..300),
    ) {
        let params = PropensityParams::default();
        let weights = params.weights(&items).unwrap();
        let mean = weights.iter().sum::<f32>() / weights.len() as f32;
        prop_assert!((mean - 1.0).abs() < 1e-4, "{}", mean);
        let shown = |item: u32| items.iter().filter(|&&other| other == item).count();
        for (one, other) in (0..items.len()).zip(1..items.len()) {
            let (fewer, more) = if shown(items[one]) <= shown(items[other]) { (one, other) } else { (other, one) };
            prop_assert!(weights[fewer] >= weights[more]);
            prop_assert!(weights[fewer] <= weights[more] * (params.clip * params.clip) as f32 * 1.001);
        }
    }
}

#[test]
fn propensity_weights_limit_the_influence_of_a_mass_push() {
    // Item 0 is shown to 4,000 members with a response rate of 5 %. Each of 40 other items is shown to 100, with a rate
    // of 30 %.
    let items: Vec<u32> = (0..8_000).map(|at| if at < 4_000 { 0 } else { 1 + at % 40 }).collect();
    let outcomes: Vec<bool> = (0..8_000).map(|at| if at < 4_000 { at % 20 == 0 } else { at / 40 % 10 < 3 }).collect();
    let features = vec![0.0; 8_000];
    let believed = |weights: Option<&[f32]>| {
        let taught = Examples { features: &features, n_features: 1, outcomes: &outcomes, weights };
        probability(RankerParams::default().fit(taught).unwrap().logit(&[0.0]))
    };
    let weighed = |power| {
        let params = PropensityParams { power, clip: 1e6 };
        believed(Some(&params.weights(&items).unwrap()))
    };
    let of_an_item = (0.05 + 40.0 * 0.3) / 41.0;
    assert!((believed(None) - 0.175).abs() < 0.01 && (weighed(0.0) - 0.175).abs() < 0.01);
    assert!((weighed(1.0) - of_an_item).abs() < 0.01, "{}", weighed(1.0));
    assert!(weighed(0.5) > 0.22 && weighed(0.5) < weighed(1.0));
    assert!(PropensityParams { power: 1.5, ..PropensityParams::default() }.check().is_err());
    assert!(PropensityParams { clip: 0.5, ..PropensityParams::default() }.weights(&items).is_err());
    assert!(PropensityParams::default().weights(&[]).unwrap().is_empty());
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
fn reliability_metrics_of_a_worked_example() {
    assert_eq!(brier_score(&[1.0, 0.5], &[true, false]), Some(0.125));
    assert_eq!(brier_score(&[], &[]), None);
    let bins = reliability(&[0.05, 0.95, 1.0, f32::NAN], &[false, true, false, true]);
    let found: Vec<(f64, usize, f64)> = bins.iter().map(|bin| (bin.predicted, bin.responses, bin.observed)).collect();
    assert_eq!(found, [(f64::from(0.05_f32), 0, 0.0), (f64::from(0.95_f32), 1, 1.0), (1.0, 0, 0.0)]);
    let expected = (0.05 + 0.05 + 1.0) / 3.0;
    assert!((calibration_error(&bins).unwrap() - expected).abs() < 1e-6);
    assert_eq!(calibration_error(&[]), None);
}

#[test]
fn bins_have_equal_sizes_and_keep_equal_predictions_together() {
    let predicted: Vec<f32> = (0..1_000).map(|at| at as f32 / 50_000.0).collect();
    let bins = reliability(&predicted, &[false; 1_000]);
    assert!(bins.len() == 10 && bins.iter().all(|bin| bin.examples == 100));
    assert!(bins.windows(2).all(|pair| pair[0].high < pair[1].low));
    let same = reliability(&[0.2; 50], &[true; 50]);
    assert!(same.len() == 1 && same[0].examples == 50);
    let half: Vec<f32> = (0..100).map(|at| if at < 50 { 0.1 } else { 0.3 }).collect();
    assert_eq!(reliability(&half, &[true; 100]).iter().map(|bin| bin.examples).sum::<usize>(), 100);
}
