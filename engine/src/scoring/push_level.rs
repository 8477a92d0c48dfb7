//! How likely a response to a push is, compared with the probability of the pair.

use zhihui_data::snapshot::Side;

use super::group_of;
use crate::Engine;

/// Converts the probability of a pair to that of a response to a push.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PushLevel {
    /// Factor of the odds.
    odds_ratio: f64,
}

impl PushLevel {
    /// A push has the probability of the pair.
    pub(crate) const NONE: Self = Self { odds_ratio: 1.0 };

    /// Returns the probability that a member responds to a push. It is that of the pair, to the bit, if nothing was learnt
    /// from past pushes.
    pub(crate) fn probability(self, of_pair: f64) -> f64 {
        self.odds_ratio * of_pair / (1.0 + (self.odds_ratio - 1.0) * of_pair)
    }
}

impl Engine {
    /// The level of pushes of an item.
    pub(crate) fn push_level(&self, item: usize) -> PushLevel {
        let ranker = self.ranker(group_of(self.snapshot().items.kind[item]), Side::Audiences);
        ranker.map_or(PushLevel::NONE, |ranker| PushLevel { odds_ratio: f64::from(ranker.push_shift).exp() })
    }
}

#[cfg(test)]
mod tests {
    use super::PushLevel;

    #[test]
    fn the_level_multiplies_the_odds() {
        assert_eq!(PushLevel::NONE.probability(0.123), 0.123);
        let double = PushLevel { odds_ratio: 2.0 };
        assert!((double.probability(0.5) - 2.0 / 3.0).abs() < 1e-12);
        assert!((double.probability(1e-6) - 2e-6).abs() < 1e-11);
        assert_eq!((double.probability(0.0), double.probability(1.0)), (0.0, 1.0));
    }
}
