//! The weight of an event relative to others of its kind.

use serde::{Deserialize, Serialize};

/// Steps between 0 and a neutral weight.
const STEPS: f64 = 128.0;
/// Weight of an article that was opened but not read: the title was still chosen.
const FLOOR: f64 = 0.5;
/// Reading time that counts as half of an article if the read share is unknown.
const HALF_READ_SECONDS: f64 = 30.0;

/// A factor from 0 to 2 in steps of 1/128. The default is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventWeight(u8);

impl Default for EventWeight {
    fn default() -> Self {
        Self::NEUTRAL
    }
}

impl EventWeight {
    /// The weight of an event without further information: 1.
    pub const NEUTRAL: Self = Self(STEPS as u8);
    /// Number of possible weights.
    pub(super) const COUNT: usize = 1 << u8::BITS;

    /// The weight of a read: from one half for an article that was only opened to 1 for one that was read completely,
    /// linear in the share that was read.
    ///
    /// If the share is unknown, it is estimated from the reading time as `1 − 2^(−seconds / 30)`. Without both, and for
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

    /// The number of steps, below [`Self::COUNT`].
    pub(super) fn step(self) -> usize {
        usize::from(self.0)
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
    fn read_weight_depends_on_the_share_read() {
        let factor = |share, seconds| EventWeight::of_read(share, seconds).factor();
        assert_eq!([factor(Some(0.0), None), factor(Some(0.5), None), factor(Some(1.0), None)], [0.5, 0.75, 1.0]);
        assert_eq!(factor(None, Some(30.0)), 0.75);
        assert_eq!(factor(Some(1.0), Some(0.0)), 1.0, "the share is known, so the time says nothing more");
        assert_eq!([factor(None, None), factor(Some(f64::NAN), None)], [1.0, 1.0]);
        assert_eq!([factor(Some(-3.0), None), factor(Some(7.0), None)], [0.5, 1.0]);
    }
}
