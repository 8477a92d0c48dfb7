//! Response rates of items as Beta distributions: a prior learnt from all items, and draws from an item's posterior.
//!
//! Thompson sampling uses the draws: an item is placed with the probability that its rate is the best, which explores
//! unknown items and avoids items known to be poor (Thompson, "On the Likelihood That One Unknown Probability Exceeds
//! Another", Biometrika 1933; Chapelle and Li, "An Empirical Evaluation of Thompson Sampling", NIPS 2011).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Strength in exposures and mean of the default prior, Beta(1, 19).
const DEFAULT_STRENGTH: f64 = 20.0;
const DEFAULT_MEAN: f64 = 0.05;
/// Bounds of the learnt strength.
const STRENGTH_BOUNDS: (f64, f64) = (2.0, 1_000.0);
/// Exposures that an item needs to be informative, and informative items that are needed to estimate the strength.
const MIN_SHOWN: u32 = 20;
const MIN_ITEMS: usize = 10;

/// A Beta prior of response rates, as counts of pseudo-exposures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaPrior {
    /// Pseudo-exposures with a response, above 0.
    pub responded: f64,
    /// Pseudo-exposures without a response, above 0.
    pub not_responded: f64,
}

impl Default for BetaPrior {
    fn default() -> Self {
        Self { responded: DEFAULT_STRENGTH * DEFAULT_MEAN, not_responded: DEFAULT_STRENGTH * (1.0 - DEFAULT_MEAN) }
    }
}

impl BetaPrior {
    /// Learns the prior from the counts of each item, `(shown, responded)`.
    ///
    /// Its mean is the pooled rate, shrunk towards 5 % by 20 exposures. Its strength is estimated from the variance of
    /// the rates by the method of moments of the beta-binomial distribution (Kleinman, "Proportions with Extraneous
    /// Variance", JASA 1973), between 2 and 1,000 exposures. It is 20 if fewer than ten items have 20 exposures.
    #[must_use]
    pub fn learn(counts: &[(u32, u32)]) -> Self {
        let sum = |of: fn(&(u32, u32)) -> u32| counts.iter().map(|count| f64::from(of(count))).sum::<f64>();
        let mean = (sum(|count| count.1.min(count.0)) + DEFAULT_MEAN * DEFAULT_STRENGTH)
            / (sum(|count| count.0) + DEFAULT_STRENGTH);
        let strength = strength(counts).unwrap_or(DEFAULT_STRENGTH);
        Self { responded: strength * mean, not_responded: strength * (1.0 - mean) }
    }

    /// A prior whose mean is the pooled rate of the items, without shrinkage, and whose strength is learnt as by
    /// [`learn`](Self::learn). `None` if no item was shown or if all rates are 0 or 1, where a Beta distribution has no
    /// parameters above 0.
    #[must_use]
    pub fn around_pooled_rate(counts: &[(u32, u32)]) -> Option<Self> {
        let sum = |of: fn(&(u32, u32)) -> u32| counts.iter().map(|count| f64::from(of(count))).sum::<f64>();
        let mean = sum(|count| count.1.min(count.0)) / sum(|count| count.0);
        let strength = strength(counts).unwrap_or(DEFAULT_STRENGTH);
        (mean > 0.0 && mean < 1.0)
            .then_some(Self { responded: strength * mean, not_responded: strength * (1.0 - mean) })
    }

    /// The mean of the posterior of a rate: the observed rate shrunk towards the prior's mean. `responded` is clamped to
    /// `shown`.
    #[must_use]
    pub fn posterior_mean(self, shown: u32, responded: u32) -> f64 {
        let responded = f64::from(responded.min(shown));
        (self.responded + responded) / (self.responded + self.not_responded + f64::from(shown))
    }

    /// `N` independent draws from the posterior of an item's rate, each within [0, 1] and determined by the seed.
    ///
    /// `responded` is clamped to `shown`.
    #[must_use]
    pub fn draws<const N: usize>(self, shown: u32, responded: u32, seed: u64) -> [f32; N] {
        let responded = f64::from(responded.min(shown));
        let (a, b) = (self.responded + responded, self.not_responded + f64::from(shown) - responded);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        std::array::from_fn(|_| {
            let (x, y) = (gamma(a, &mut rng), gamma(b, &mut rng));
            if x + y > 0.0 { (x / (x + y)) as f32 } else { (a / (a + b)) as f32 }
        })
    }
}

/// The strength of the prior in exposures; `None` if there are too few informative items.
fn strength(counts: &[(u32, u32)]) -> Option<f64> {
    let informative: Vec<(f64, f64)> = counts
        .iter()
        .filter(|(shown, _)| *shown >= MIN_SHOWN)
        .map(|&(shown, responded)| (f64::from(shown), f64::from(responded.min(shown))))
        .collect();
    let (shown, responded) = informative.iter().fold((0.0, 0.0), |sum, item| (sum.0 + item.0, sum.1 + item.1));
    let rate = responded / shown;
    let variance = rate * (1.0 - rate);
    if informative.len() < MIN_ITEMS || variance <= 0.0 {
        return None;
    }
    // Expected for an intra-class correlation ρ: (k − 1)(1 − ρ) + ρ(N − Σn²/N), in units of the variance.
    let spread: f64 = informative.iter().map(|(n, x)| n * (x / n - rate).powi(2)).sum::<f64>() / variance;
    let most = shown - informative.iter().map(|(n, _)| n * n).sum::<f64>() / shown;
    let by_chance = informative.len() as f64 - 1.0;
    let correlation = (spread - by_chance) / (most - by_chance);
    let (least, most) = STRENGTH_BOUNDS;
    Some(if correlation > 0.0 { (1.0 / correlation - 1.0).clamp(least, most) } else { most })
}

/// A draw from the Gamma distribution of this shape and scale 1.
///
/// Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 2000, with their method for shapes
/// below 1.
fn gamma(shape: f64, rng: &mut ChaCha8Rng) -> f64 {
    if shape < 1.0 {
        let power: f64 = 1.0 - rng.r#gen::<f64>();
        return gamma(shape + 1.0, rng) * power.powf(1.0 / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(rng);
        let v = (1.0 + c * x).powi(3);
        let u = 1.0 - rng.r#gen::<f64>();
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// A standard normal draw by the Box–Muller method.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.r#gen::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.r#gen::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variance(draws: &[f32]) -> (f64, f64) {
        let n = draws.len() as f64;
        let mean = draws.iter().map(|&draw| f64::from(draw)).sum::<f64>() / n;
        (mean, draws.iter().map(|&draw| (f64::from(draw) - mean).powi(2)).sum::<f64>() / n)
    }

    #[test]
    fn draws_have_the_moments_of_the_posterior() {
        for (prior, shown, responded) in [((1.0, 19.0), 0, 0), ((1.0, 19.0), 80, 30), ((0.2, 0.8), 0, 0)] {
            let prior = BetaPrior { responded: prior.0, not_responded: prior.1 };
            let draws = prior.draws::<20_000>(shown, responded, 7);
            let (a, b) = (prior.responded + f64::from(responded), prior.not_responded + f64::from(shown - responded));
            let (mean, variance) = mean_and_variance(&draws);
            let expected = (a / (a + b), a * b / ((a + b).powi(2) * (a + b + 1.0)));
            assert!(
                (mean - expected.0).abs() < 0.01 && (variance / expected.1 - 1.0).abs() < 0.06,
                "{mean} {variance}"
            );
            assert!(draws.iter().all(|draw| (0.0..=1.0).contains(draw)));
        }
    }

    #[test]
    fn draws_depend_on_the_seed_and_responses_are_clamped() {
        let prior = BetaPrior::default();
        assert_eq!(prior.draws::<8>(5, 9, 1), prior.draws::<8>(5, 5, 1));
        assert_ne!(prior.draws::<8>(5, 5, 1), prior.draws::<8>(5, 5, 2));
    }

    #[test]
    fn strength_of_the_prior_reflects_the_variance_of_rates() {
        // Rates drawn from Beta(4, 36), then one rate for all items.
        let rates = BetaPrior { responded: 4.0, not_responded: 36.0 }.draws::<400>(0, 0, 3);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut item = |rate: f64| (200, (0..200).filter(|_| rng.r#gen::<f64>() < rate).count() as u32);
        let differing: Vec<(u32, u32)> = rates.iter().map(|&rate| item(f64::from(rate))).collect();
        let learnt = BetaPrior::learn(&differing);
        let strength = learnt.responded + learnt.not_responded;
        assert!((learnt.responded / strength - 0.1).abs() < 0.01 && (28.0..56.0).contains(&strength), "{learnt:?}");
        let alike: Vec<(u32, u32)> = (0..400).map(|_| item(0.1)).collect();
        let learnt = BetaPrior::learn(&alike);
        assert!(learnt.responded + learnt.not_responded > 300.0, "{learnt:?}");
    }

    #[test]
    fn posterior_mean_lies_between_pooled_and_observed_rate() {
        let prior = BetaPrior::around_pooled_rate(&[(100, 80), (100, 90), (40, 18)]).expect("a prior");
        let pooled = 188.0 / 240.0;
        assert!((prior.posterior_mean(0, 0) - pooled).abs() < 1e-12, "{prior:?}");
        // Three items are too few to learn the strength, which is then 20.
        assert!((prior.posterior_mean(20, 10) - (pooled + 0.5) / 2.0).abs() < 1e-12, "{prior:?}");
        assert!((prior.posterior_mean(1_000_000, 500_000) - 0.5).abs() < 1e-4);
        for none in [&[][..], &[(0, 0)], &[(9, 0)], &[(9, 9)]] {
            assert_eq!(BetaPrior::around_pooled_rate(none), None, "{none:?}");
        }
    }

    #[test]
    fn without_exposures_the_default_prior_is_used() {
        assert_eq!(BetaPrior::learn(&[]), BetaPrior::default());
        let few = BetaPrior::learn(&[(100, 20)]);
        assert!((few.responded + few.not_responded - DEFAULT_STRENGTH).abs() < 1e-9 && few.responded > 3.0, "{few:?}");
    }
}
