//! How many responses to expect of a list of probabilities.

use super::ExpectedResponses;

/// Coverage of the interval.
const LEVEL: f64 = 0.9;
/// The standard normal quantile that leaves 5 % above it.
const QUANTILE: f64 = 1.645;
/// How far off the level of uncalibrated probabilities is taken to be, either way: a factor of two.
const UNCALIBRATED: f64 = 2.0;

/// Sum of the probabilities with a 90 % interval from the variance of their Poisson-binomial distribution, Σ p(1 − p).
///
/// Probabilities that were not calibrated on real exposures may be off together, not only by chance: their interval
/// reaches from half its lower to twice its upper end. Both ends stay between nobody and everybody.
pub(super) fn expected_responses(probabilities: impl Iterator<Item = f64>, calibrated: bool) -> ExpectedResponses {
    let (mut value, mut variance, mut members) = (0.0, 0.0, 0.0_f64);
    for probability in probabilities {
        value += probability;
        variance += probability * (1.0 - probability);
        members += 1.0;
    }
    let reach = QUANTILE * f64::sqrt(variance);
    let widening = if calibrated { 1.0 } else { UNCALIBRATED };
    let low = ((value - reach) / widening).clamp(0.0, members);
    let high = ((value + reach) * widening).clamp(0.0, members);
    ExpectedResponses { value, low, high, level: LEVEL, calibrated }
}

#[cfg(test)]
mod tests {
    use super::expected_responses;

    #[test]
    fn the_interval_is_that_of_the_sum_and_wider_without_calibration() {
        let calibrated = expected_responses(std::iter::repeat_n(0.1, 1_000), true);
        assert!((calibrated.value - 100.0).abs() < 1e-9);
        assert!((calibrated.high - 100.0 - 1.645 * 90.0_f64.sqrt()).abs() < 1e-9);
        let plain = expected_responses(std::iter::repeat_n(0.1, 1_000), false);
        assert!(plain.low < calibrated.low && plain.high > calibrated.high);
        assert!(expected_responses(std::iter::repeat_n(0.9, 3), false).high <= 3.0);
        assert_eq!(expected_responses(std::iter::empty(), true).high, 0.0);
    }
}
