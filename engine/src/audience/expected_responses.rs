//! Expected number of responses, with an interval.

use super::ExpectedResponses;

/// Coverage of the interval.
const LEVEL: f64 = 0.9;
/// Share of outcomes below the interval and above it.
const TAIL: f64 = 0.05;
/// The standard normal quantile with 5 % above it.
const QUANTILE: f64 = 1.645;
/// Factor by which the level of probabilities may be wrong in either direction if neither calibration nor dispersion is
/// known.
const UNCALIBRATED_FACTOR: f64 = 2.0;
/// Expectation from which on the distribution is approximated by the normal distribution.
const NORMAL_FROM: f64 = 500.0;

/// Returns the sum of the probabilities with a 90 % interval.
///
/// The variance is that of independent responses, Σ p(1 − p), plus the variation between items, `dispersion` times the
/// square of the sum. The interval contains the quantiles of the negative binomial distribution with these two moments,
/// which is the distribution of counts whose rate varies by a gamma factor (Greenwood and Yule, 1920). If the
/// dispersion is unknown, uncalibrated probabilities may all be wrong in the same direction: the interval then extends
/// from half its lower end to twice its upper end. Both ends are at least 0 and at most the number of members, and the
/// upper end is at least one response.
pub(super) fn expected_responses(
    probabilities: impl Iterator<Item = f64>,
    calibrated: bool,
    dispersion: Option<f32>,
) -> ExpectedResponses {
    let mut moments = ResponseMoments { calibrated, is_dispersed: dispersion.is_some(), ..ResponseMoments::default() };
    for probability in probabilities {
        moments.value += probability;
        moments.variance += probability * (1.0 - probability);
        moments.members += 1.0;
    }
    moments.variance += dispersion.map_or(0.0, f64::from) * moments.value * moments.value;
    moments.expected_responses()
}

/// Mean and variance of a number of responses, from which its interval follows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct ResponseMoments {
    /// The expected number.
    pub(super) value: f64,
    pub(super) variance: f64,
    /// The number of members who can respond.
    pub(super) members: f64,
    /// Whether the probabilities are calibrated.
    pub(super) calibrated: bool,
    /// Whether the variance contains the variation between items.
    pub(super) is_dispersed: bool,
}

impl ResponseMoments {
    /// The expected number with its interval.
    pub(super) fn expected_responses(&self) -> ExpectedResponses {
        let Self { value, variance, members, calibrated, .. } = *self;
        let widening = self.widening();
        let [low, high] = if value < NORMAL_FROM && variance > value {
            negative_binomial(value, variance)
        } else {
            let reach = QUANTILE * f64::sqrt(variance);
            [value - reach, value + reach]
        };
        // At least one response is always possible.
        let high = (high * widening).max(1.0);
        let (low, high) = ((low / widening).clamp(0.0, members), high.clamp(0.0, members));
        ExpectedResponses { value, low, high, level: LEVEL, calibrated }
    }

    /// The 90 % interval of a difference of two numbers of responses, by the normal distribution. `value` and `variance`
    /// are those of the difference.
    pub(super) fn interval_of_difference(&self) -> [f64; 2] {
        let (reach, widening) = (QUANTILE * f64::sqrt(self.variance), self.widening());
        let [low, high] = [self.value - reach, self.value + reach];
        [f64::min(low / widening, low * widening), f64::max(high / widening, high * widening)]
    }

    fn widening(&self) -> f64 {
        if self.calibrated || self.is_dispersed { 1.0 } else { UNCALIBRATED_FACTOR }
    }
}

/// Returns the smallest counts that at least 5 % and 95 % of outcomes do not exceed. Requires `variance` > `mean` > 0.
fn negative_binomial(mean: f64, variance: f64) -> [f64; 2] {
    let size = mean * mean / (variance - mean);
    let share = (variance - mean) / variance;
    let mut probability = (size * (1.0 - share).ln()).exp();
    let (mut below, mut count, mut ends) = (probability, 0.0, [None, None]);
    let furthest = mean + 20.0 * variance.sqrt();
    while ends[1].is_none() && count < furthest {
        for (end, reached) in ends.iter_mut().zip([TAIL, 1.0 - TAIL]) {
            if end.is_none() && below >= reached {
                *end = Some(count);
            }
        }
        probability *= (count + size) / (count + 1.0) * share;
        count += 1.0;
        below += probability;
    }
    ends.map(|end| end.unwrap_or(furthest))
}

#[cfg(test)]
mod tests {
    use super::expected_responses;

    #[test]
    fn interval_of_sum_is_wider_without_calibration() {
        let calibrated = expected_responses(std::iter::repeat_n(0.1, 1_000), true, None);
        assert!((calibrated.value - 100.0).abs() < 1e-9);
        assert!((calibrated.high - 100.0 - 1.645 * 90.0_f64.sqrt()).abs() < 1e-9);
        let plain = expected_responses(std::iter::repeat_n(0.1, 1_000), false, None);
        assert!(plain.low < calibrated.low && plain.high > calibrated.high);
        assert!(expected_responses(std::iter::repeat_n(0.9, 3), false, None).high <= 3.0);
        assert_eq!(expected_responses(std::iter::empty(), true, None).high, 0.0);
        assert_eq!(expected_responses(std::iter::repeat_n(1e-4, 10), true, Some(0.1)).high, 1.0);
    }

    #[test]
    fn dispersion_widens_interval_and_rare_responses_include_zero() {
        let alike = expected_responses(std::iter::repeat_n(0.1, 1_000), true, Some(0.0));
        let apart = expected_responses(std::iter::repeat_n(0.1, 1_000), true, Some(1.0));
        assert!(apart.low < alike.low && apart.high > alike.high, "{apart:?} {alike:?}");
        // With a dispersion of 1 the counts are geometric: P(n) = (1 − q)·qⁿ with q = 100/101.
        let quantile = |share: f64| ((1.0_f64 - share).ln() / (100.0_f64 / 101.0).ln() - 1.0).ceil();
        let variance = 100.0 * 0.9 + 100.0 * 100.0;
        assert!(
            (apart.low - quantile(0.05)).abs() <= 1.0 && (apart.high - quantile(0.95)).abs() <= 3.0,
            "{apart:?} {variance}"
        );
        let rare = expected_responses(std::iter::repeat_n(0.001, 100), false, Some(2.0));
        assert!(rare.low == 0.0 && rare.high >= 1.0 && rare.high < 3.0, "{rare:?}");
    }
}
