//! Computes a calibrated probability from features.

use zhihui_data::snapshot::{ItemGroup, RankerWeights, Side};

use super::{FEATURES, N_FEATURES, dot};

/// A ranker with the standardisation folded into its weights.
///
/// Features that the ranker does not name have weight 0. Unknown names are treated as being at their mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ranker {
    slopes: [f32; N_FEATURES],
    means: [f32; N_FEATURES],
    bias: f32,
    calibration: [f32; 2],
    pub(crate) calibrated: bool,
    /// Squared coefficient of variation of the responses to a push around their expectation.
    pub(crate) dispersion: Option<f32>,
    /// Shift of the logit for a push.
    pub(crate) push_shift: f32,
    /// The feature of a ranker with only one.
    only_feature: Option<usize>,
}

impl Ranker {
    pub(crate) fn new(weights: &RankerWeights) -> Self {
        let mut ranker = Self {
            slopes: [0.0; N_FEATURES],
            means: [0.0; N_FEATURES],
            bias: weights.bias,
            calibration: weights.calibration,
            calibrated: weights.calibrated,
            dispersion: weights.dispersion,
            push_shift: weights.push_shift,
            only_feature: match weights.features.as_slice() {
                [name] => FEATURES.iter().position(|known| known == name),
                _ => None,
            },
        };
        for (at, name) in weights.features.iter().enumerate() {
            if let Some(feature) = FEATURES.iter().position(|known| known == name) {
                let scale = if weights.scales[at] > 0.0 { weights.scales[at] } else { 1.0 };
                ranker.slopes[feature] = weights.weights[at] / scale;
                ranker.means[feature] = weights.means[at];
            }
        }
        ranker.bias -= dot(&ranker.slopes, &ranker.means);
        ranker
    }

    /// The ranker of each side and group.
    pub(crate) fn by_side(weights: &[RankerWeights]) -> [[Option<Self>; 2]; 2] {
        let ranker = |group: ItemGroup, side: Side| {
            let mut of_group = weights.iter().filter(|ranker| ranker.group == group);
            of_group.find(|ranker| ranker.sides.contains(side)).map(Self::new)
        };
        Side::ALL.map(|side| [ItemGroup::Articles, ItemGroup::Activities].map(|group| ranker(group, side)))
    }

    /// The feature of a simple rule, which is a ranker with one feature.
    pub(crate) fn only_feature(&self) -> Option<usize> {
        self.only_feature
    }

    /// The calibrated logit.
    #[inline(always)]
    pub(crate) fn logit(&self, features: &[f32; N_FEATURES]) -> f32 {
        let mut sums = [0.0; 4];
        for at in 0..N_FEATURES {
            sums[at % 4] += self.slopes[at] * features[at];
        }
        let [slope, intercept] = self.calibration;
        slope * (self.bias + ((sums[0] + sums[1]) + (sums[2] + sums[3]))) + intercept
    }

    /// The calibrated logit of a ranker of one feature. Equals [`logit`](Self::logit), to which other features add zeros.
    pub(crate) fn logit_of_feature(&self, feature: usize, value: f32) -> f32 {
        let [slope, intercept] = self.calibration;
        slope * (self.bias + self.slopes[feature] * value) + intercept
    }

    /// The contribution of each feature to the calibrated logit, relative to its mean. Together with
    /// [`base`](Self::base) they sum to the logit.
    pub(crate) fn contributions(&self, features: &[f32; N_FEATURES]) -> [f32; N_FEATURES] {
        std::array::from_fn(|at| self.calibration[0] * self.slopes[at] * (features[at] - self.means[at]))
    }

    /// The calibrated logit of a pair with all features at their means.
    pub(crate) fn base(&self) -> f32 {
        let [slope, intercept] = self.calibration;
        slope * (self.bias + dot(&self.slopes, &self.means)) + intercept
    }
}

/// Converts a logit to a probability.
pub(crate) fn probability(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

/// Converts a probability to a logit. Clamps it to within one in a million of 0 and 1.
pub(crate) fn logit(probability: f32) -> f32 {
    let probability = probability.clamp(1e-6, 1.0 - 1e-6);
    (probability / (1.0 - probability)).ln()
}

#[cfg(test)]
mod tests {
    use zhihui_data::snapshot::Sides;

    use super::*;

    #[test]
    fn ranker_applies_standardisation_and_calibration() {
        let ranker = Ranker::new(&RankerWeights {
            group: ItemGroup::Articles,
            sides: Sides::Both,
            features: vec!["popularity".into(), "from_another_version".into()],
            weights: vec![2.0, 100.0],
            bias: -1.0,
            means: vec![3.0, 5.0],
            scales: vec![0.5, 1.0],
            calibration: [0.5, 0.25],
            calibrated: true,
            dispersion: None,
            push_shift: 0.0,
        });
        let mut features = [9.0; N_FEATURES];
        features[4] = 4.0;
        assert!((ranker.logit(&features) - (0.5 * (-1.0 + 2.0 * (4.0 - 3.0) / 0.5) + 0.25)).abs() < 1e-5);
        assert!((probability(logit(0.2)) - 0.2).abs() < 1e-6);
    }
}
