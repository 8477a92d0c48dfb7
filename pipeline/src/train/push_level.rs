//! Learns from past pushes how many members respond to a push, compared with the probabilities of their pairs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::population::Examples;

/// Candidate shifts of the logit: multiples of this step.
const STEP: f64 = 0.1;
/// Number of steps in either direction.
const STEPS: i32 = 30;
/// Standard deviation of the prior of the shift, and of its change until the next push. The mean of its exponential is 1.
const DEVIATION: f64 = 0.5;
/// Candidate values of dispersion, squared coefficients of variation, with their prior weights. The mean of the prior is 0.33.
pub(super) const DISPERSIONS: [(f64, f64); 10] = [
    (0.01, 0.5),
    (0.03, 1.0),
    (0.1, 1.0),
    (0.3, 1.0),
    (0.6, 0.5),
    (1.0, 0.25),
    (2.0, 0.1),
    (4.0, 0.03),
    (8.0, 0.01),
    (16.0, 0.003),
];

/// What past pushes say about the next one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct PushLevel {
    /// Number of pushes.
    pub(super) pushes: usize,
    /// Members who were pushed to.
    pub(super) members: usize,
    /// Sum of the probabilities of their pairs.
    pub(super) expected: f64,
    /// Members who responded in time.
    pub(super) responses: usize,
    /// Shift of the logit for the next push; 0 without pushes.
    pub(super) shift: f32,
    /// Squared coefficient of variation of the responses to the next push around their expectation, or `None` without
    /// pushes. It contains the uncertainty of the shift and its change.
    pub(super) dispersion: Option<f32>,
}

impl PushLevel {
    /// Learns from pushes: one example for each member who was pushed to, with the logit of the pair.
    ///
    /// Responses to a push are negative binomial around the sum of the shifted probabilities. Shift and dispersion have a
    /// joint posterior on a grid. The next push has the posterior mean of the factor `exp(shift)`. The variation of that
    /// factor is added to the dispersion, and its change until then, because what members respond to changes with the
    /// season: `exp(deviation²)·E[exp(2·shift)·(1 + dispersion)] / E[exp(shift)]² − 1`.
    pub(super) fn learn(examples: &Examples, logits: &[f32]) -> Self {
        let pushes = pushes(examples, logits);
        let expected = pushes.iter().map(|push| push.expected[STEPS as usize]).sum();
        let level = Self {
            pushes: pushes.len(),
            members: examples.len(),
            expected,
            responses: examples.responses(),
            shift: 0.0,
            dispersion: None,
        };
        if pushes.is_empty() {
            return level;
        }
        let posterior = posterior(&pushes);
        let mean = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            posterior.iter().map(|&(shift, dispersion, weight)| weight * of(shift, dispersion)).sum()
        };
        let factor = mean(&|shift, _| shift.exp());
        let square = mean(&|shift, dispersion| (2.0 * shift).exp() * (1.0 + dispersion));
        let change = (DEVIATION * DEVIATION).exp();
        let dispersion = change * square / (factor * factor) - 1.0;
        Self { shift: factor.ln() as f32, dispersion: Some(dispersion as f32), ..level }
    }
}

/// The pushes of one item on one day.
struct Push {
    /// Expected responses under each candidate shift.
    expected: Vec<f64>,
    responses: u32,
}

fn pushes(examples: &Examples, logits: &[f32]) -> Vec<Push> {
    let mut pushes: BTreeMap<(i64, u32), Push> = BTreeMap::new();
    for (at, &logit) in logits.iter().enumerate() {
        let push = pushes
            .entry((examples.day_start[at], examples.item[at]))
            .or_insert_with(|| Push { expected: vec![0.0; shifts().count()], responses: 0 });
        push.responses += u32::from(examples.responded[at]);
        let odds = f64::from(logit).exp();
        for (expected, shift) in push.expected.iter_mut().zip(shifts()) {
            let shifted = odds * shift.exp();
            *expected += shifted / (1.0 + shifted);
        }
    }
    pushes.into_values().collect()
}

fn shifts() -> impl Iterator<Item = f64> {
    (-STEPS..=STEPS).map(|step| STEP * f64::from(step))
}

/// Returns shift, dispersion and posterior weight of each candidate. The weights sum to 1.
fn posterior(pushes: &[Push]) -> Vec<(f64, f64, f64)> {
    let mut candidates = Vec::new();
    for (at, shift) in shifts().enumerate() {
        let deviation = (shift + 0.5 * DEVIATION * DEVIATION) / DEVIATION;
        for (dispersion, prior) in DISPERSIONS {
            let of_push = |push: &Push| log_likelihood(push.responses, push.expected[at], dispersion);
            let log_weight = -0.5 * deviation * deviation + prior.ln() + pushes.iter().map(of_push).sum::<f64>();
            candidates.push((shift, dispersion, log_weight));
        }
    }
    let highest = candidates.iter().map(|candidate| candidate.2).fold(f64::NEG_INFINITY, f64::max);
    candidates.iter_mut().for_each(|candidate| candidate.2 = (candidate.2 - highest).exp());
    let sum: f64 = candidates.iter().map(|candidate| candidate.2).sum();
    candidates.iter_mut().for_each(|candidate| candidate.2 /= sum);
    candidates
}

/// Returns the log likelihood of a negative binomial count with this mean and variance `mean + dispersion · mean²`.
pub(super) fn log_likelihood(count: u32, mean: f64, dispersion: f64) -> f64 {
    let mean = mean.max(1e-9);
    let size = 1.0 / dispersion;
    let coefficients: f64 = (0..count).map(|before| ((f64::from(before) + size) / f64::from(before + 1)).ln()).sum();
    coefficients + size * (size / (size + mean)).ln() + f64::from(count) * (mean / (size + mean)).ln()
}

#[cfg(test)]
mod tests {
    use zhihui_engine::FEATURES;

    use super::*;

    /// Pushes of 1,000 members with a probability of 5 %, to which these members respond.
    fn learnt(responses: &[usize]) -> PushLevel {
        let mut examples = Examples::default();
        for (push, &responses) in responses.iter().enumerate() {
            for member in 0..1_000 {
                let pair = [member as u32, push as u32];
                examples.push(pair, 0, &[0.0; FEATURES.len()], member < responses, 1.0);
            }
        }
        let logit = (0.05_f32 / 0.95).ln();
        PushLevel::learn(&examples, &vec![logit; examples.len()])
    }

    #[test]
    fn without_pushes_nothing_changes() {
        let level = PushLevel::learn(&Examples::default(), &[]);
        assert_eq!((level.pushes, level.shift, level.dispersion), (0, 0.0, None));
    }

    #[test]
    fn the_level_follows_many_pushes_and_hardly_one() {
        let factor = |level: PushLevel| f64::from(level.shift).exp();
        let many = learnt(&[24, 26, 25, 27, 23, 25, 24, 26]);
        assert!((factor(many) - 0.49).abs() < 0.04, "{many:?}");
        let one = learnt(&[25]);
        assert!((0.55..0.95).contains(&factor(one)), "{one:?}");
        assert!((many.expected - 400.0).abs() < 0.1 && many.responses == 200 && many.pushes == 8);
    }

    #[test]
    fn the_dispersion_is_small_if_pushes_are_alike_and_large_if_they_differ() {
        let dispersion = |responses: &[usize]| learnt(responses).dispersion.expect("pushes");
        let alike = dispersion(&[50; 12]);
        assert!((0.28..0.4).contains(&alike), "the change until the next push remains: {alike}");
        assert!(dispersion(&[5, 150, 10, 90, 2, 200, 30, 60]) > 1.0);
        assert!(dispersion(&[50]) > alike + 0.2, "one push says little");
    }

    #[test]
    fn the_likelihood_sums_to_one_and_has_the_right_moments() {
        for (mean, dispersion) in [(0.3, 0.1), (2.0, 1.0), (5.0, 4.0)] {
            let of = |count: u32| log_likelihood(count, mean, dispersion).exp();
            let sum = |of_count: &dyn Fn(f64) -> f64| -> f64 {
                (0..2_000).map(|count| of(count) * of_count(f64::from(count))).sum()
            };
            assert!((sum(&|_| 1.0) - 1.0).abs() < 1e-6);
            assert!((sum(&|count| count) - mean).abs() < 1e-3 * mean);
            let variance = sum(&|count| (count - mean).powi(2));
            assert!(
                (variance - mean - dispersion * mean * mean).abs() < 1e-2 * variance,
                "{mean} {dispersion}: {variance}"
            );
        }
    }
}
