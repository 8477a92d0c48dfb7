//! How much one event counts beside others of its kind.

use serde::{Deserialize, Serialize};

/// Steps of a neutral weight.
const STEPS: f64 = 128.0;
/// Weight of a read of nothing: who opened an article chose its title.
const FLOOR: f64 = 0.5;
/// Seconds of a read of unknown share after which half of the article counts as read.
const HALF_READ_SECONDS: f64 = 30.0;

/// A factor from 0 to 2 in steps of 1/128; 1 where nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventWeight(u8);

impl Default for EventWeight {
    fn default() -> Self {
        Self::NEUTRAL
    }
}

impl EventWeight {
    /// The weight of an event of which nothing more is known: 1.
    pub const NEUTRAL: Self = Self(STEPS as u8);

    /// The weight of a read: from one half for an article that was only opened to 1 for one that was read to the end,
    /// linear in the share that was read.
    ///
    /// Where the share is not known it is taken from the seconds spent, `1 − 2^(−seconds / 30)`. Without both, and for
    /// numbers that are not finite, the weight is neutral.
    #[must_use]
    pub fn of_read(read_fraction: Option<f64>, dwell_seconds: Option<f64>) -> Self {
        let finite = |value: &f64| value.is_finite();
        let by_time = |seconds: f64| 1.0 - (-seconds.max(0.0) / HALF_READ_SECONDS).exp2();
        let share = read_fraction.filter(finite).or_else(|| dwell_seconds.filter(finite).map(by_time));
        share.map_or(Self::NEUTRAL, |share| {
            Self((STEPS * (FLOOR + (1.0 - FLOOR) * share.clamp(0.0, 1.0))).round() as u8)
        })
    }

    /// The factor, from 0 to 2.
    #[must_use]
    #[inline]
    pub fn factor(self) -> f32 {
        f32::from(self.0) / STEPS as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_weighs_from_one_half_to_one_and_one_of_unknown_depth_weighs_one() {
        let factor = |share, seconds| EventWeight::of_read(share, seconds).factor();
        assert_eq!([factor(Some(0.0), None), factor(Some(0.5), None), factor(Some(1.0), None)], [0.5, 0.75, 1.0]);
        assert_eq!(factor(None, Some(30.0)), 0.75);
        assert_eq!(factor(Some(1.0), Some(0.0)), 1.0, "the share is known, so the time says nothing more");
        assert_eq!([factor(None, None), factor(Some(f64::NAN), None)], [1.0, 1.0]);
        assert_eq!([factor(Some(-3.0), None), factor(Some(7.0), None)], [0.5, 1.0]);
    }
}
