//! Fits a ranker from features to the log odds of a response, and calibrates it on later data.
//!
//! `cargo run --release -p zhihui-models --example calibrate`

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::error::Error;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_models::ranking::calibration::{Calibration, LinePrior};
use zhihui_models::ranking::logistic::{Examples, RankerParams, probability};
use zhihui_models::ranking::reliability::{brier_score, calibration_error, reliability};

fn main() -> Result<(), Box<dyn Error>> {
    // Two features, activity and topic match. Responses become rarer between the two windows.
    let (features, outcomes) = window(4_000, -1.0, 1);
    let (later_features, later_outcomes) = window(4_000, -2.0, 2);

    let examples = Examples { features: &features, n_features: 2, outcomes: &outcomes, weights: None };
    let ranker = RankerParams::default().fit(examples)?;
    println!("coefficients of the standardised features: {:.2?}", ranker.weights);

    // The calibration line is fitted on examples that the ranker was not trained on. With few examples, the cautious prior
    // keeps probabilities close to the base rate.
    let logits: Vec<f32> = later_features.chunks_exact(2).map(|row| ranker.logit(row)).collect();
    let base_rate = outcomes.iter().filter(|&&responded| responded).count() as f64 / outcomes.len() as f64;
    let (fitting, checking) = logits.split_at(2_000);
    let (fitting_outcomes, checking_outcomes) = later_outcomes.split_at(2_000);
    let line = Calibration::fit(fitting, fitting_outcomes, LinePrior::cautious(base_rate))?;
    println!("calibration line: {:.2} · logit {:+.2}", line.slope, line.shift);

    let before: Vec<f32> = checking.iter().map(|&logit| probability(logit)).collect();
    let after: Vec<f32> = checking.iter().map(|&logit| probability(line.apply(logit))).collect();
    for (name, predicted) in [("before", before), ("after", after)] {
        let error = calibration_error(&reliability(&predicted, checking_outcomes)).unwrap_or_default();
        let brier = brier_score(&predicted, checking_outcomes).unwrap_or_default();
        println!("{name:6} calibration: expected calibration error {error:.3}, Brier score {brier:.3}");
    }
    Ok(())
}

/// Features and outcomes of `n` exposures whose log odds are `bias` + 1.5 · activity + 0.8 · match.
fn window(n: usize, bias: f32, seed: u64) -> (Vec<f32>, Vec<bool>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut features, mut outcomes) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let row: [f32; 2] = std::array::from_fn(|_| rng.gen_range(-1.0..1.0));
        features.extend(row);
        outcomes.push(rng.r#gen::<f32>() < probability(bias + 1.5 * row[0] + 0.8 * row[1]));
    }
    (features, outcomes)
}
