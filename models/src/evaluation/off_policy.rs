//! Estimates the reward of a policy from the log of another policy.

use std::collections::BTreeMap;

/// The reward of a logged choice and its importance weight under a target policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedReward {
    /// The member the choice was made for. Rewards of one member are not independent.
    pub member: u32,
    /// Probability of the choice under the target policy divided by that under the logging policy; 0 or more.
    pub weight: f64,
    /// The observed reward.
    pub reward: f64,
}

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OffPolicyEstimate {
    /// Mean reward under the target policy.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Kish's effective sample size, (Σw)² / Σw²: the number of equally weighted samples with the same information.
    pub effective_sample_size: f64,
    /// Samples with a weight above zero.
    pub samples: usize,
    /// Members of these samples.
    pub members: usize,
}

/// The self-normalised inverse propensity estimate Σ w r / Σ w. Returns `None` if fewer than two members have a weight
/// above zero.
///
/// The interval is normal, with the linearised variance of a ratio over members, clipped to the range of the rewards.
///
/// # References
/// Swaminathan and Joachims, "The Self-Normalized Estimator for Counterfactual Learning", NIPS 2015. Kish, "Survey
/// Sampling", 1965, for the effective sample size.
#[must_use]
pub fn snips(samples: &[WeightedReward]) -> Option<OffPolicyEstimate> {
    let used: Vec<WeightedReward> = samples.iter().copied().filter(|sample| sample.weight > 0.0).collect();
    let total: f64 = used.iter().map(|sample| sample.weight).sum();
    let squares: f64 = used.iter().map(|sample| sample.weight * sample.weight).sum();
    let value = used.iter().map(|sample| sample.weight * sample.reward).sum::<f64>() / total;
    let mut residuals: BTreeMap<u32, f64> = BTreeMap::new();
    for sample in &used {
        *residuals.entry(sample.member).or_default() += sample.weight * (sample.reward - value);
    }
    let members = residuals.len();
    if members < 2 {
        return None;
    }
    let correction = members as f64 / (members as f64 - 1.0);
    let variance = correction * residuals.values().map(|residual| residual * residual).sum::<f64>() / (total * total);
    let reach = 1.96 * variance.sqrt();
    let ends = used.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), sample| {
        (low.min(sample.reward), high.max(sample.reward))
    });
    Some(OffPolicyEstimate {
        value,
        low: (value - reach).max(ends.0),
        high: (value + reach).min(ends.1),
        effective_sample_size: total * total / squares,
        samples: used.len(),
        members,
    })
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Three actions with these rates, logged with probabilities `logging`. The target policy always takes the last
    /// one.
    fn logged(rng: &mut ChaCha8Rng, n: u32) -> Vec<WeightedReward> {
        let (rates, logging) = ([0.1, 0.2, 0.4], [0.6, 0.3, 0.1]);
        let sample = |member| {
            let draw: f64 = rng.r#gen();
            let action = if draw < 0.6 { 0 } else { 1 + usize::from(draw >= 0.9) };
            let reward = f64::from(u8::from(rng.r#gen::<f64>() < rates[action]));
            WeightedReward { member, weight: if action == 2 { 1.0 / logging[2] } else { 0.0 }, reward }
        };
        (0..n).map(sample).collect()
    }

    #[test]
    fn intervals_cover_the_value_of_the_target_policy() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let estimates: Vec<OffPolicyEstimate> = (0..300).filter_map(|_| snips(&logged(&mut rng, 2_000))).collect();
        let held = estimates.iter().filter(|estimate| estimate.low <= 0.4 && 0.4 <= estimate.high).count();
        assert!((270..=297).contains(&held), "{held} of {}", estimates.len());
        let mean = estimates.iter().map(|estimate| estimate.value).sum::<f64>() / estimates.len() as f64;
        assert!((mean - 0.4).abs() < 0.01, "{mean}");
    }

    #[test]
    fn effective_sample_size_depends_on_the_weights() {
        let sample = |member, weight| WeightedReward { member, weight, reward: f64::from(member % 2) };
        let even: Vec<WeightedReward> = (0..100).map(|member| sample(member, 3.0)).collect();
        let estimate = snips(&even).expect("an estimate");
        assert!((estimate.effective_sample_size - 100.0).abs() < 1e-9 && (estimate.value - 0.5).abs() < 1e-12);
        let heavy: Vec<WeightedReward> =
            (0..100).map(|member| sample(member, if member == 0 { 1_000.0 } else { 1.0 })).collect();
        assert!(snips(&heavy).expect("an estimate").effective_sample_size < 1.3);
    }

    #[test]
    fn one_member_gives_no_estimate() {
        let one = |n: u32| (0..n).map(|_| WeightedReward { member: 1, weight: 1.0, reward: 1.0 }).collect::<Vec<_>>();
        assert_eq!(snips(&one(50)), None);
        assert_eq!(snips(&[]), None);
    }
}
