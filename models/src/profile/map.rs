//! A two-dimensional map on which members with similar preferences are close.

use linfa::{DatasetBase, traits::Fit};
use linfa_reduction::Pca;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::shares::Shares;
use crate::ModelError;

/// Number of members that the axes are fitted on. All members are projected.
const SAMPLE: usize = 20_000;

/// The two principal axes of the members' preferences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberMap {
    mean: Vec<f32>,
    /// Loadings of each axis by topic. The largest loading of an axis is positive.
    axes: [Vec<f32>; 2],
}

impl MemberMap {
    /// Fits the axes by principal component analysis of the square roots of the shares.
    ///
    /// `preferences`: members × topics in row order; each row sums to 1. If members do not differ along an axis (equal
    /// preferences, or a single topic), all coordinates on it are 0.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] without members or topics, [`ModelError::BadParameter`] for shares that are
    /// negative, not finite or not whole rows, [`ModelError::Diverged`] if no finite axes are found.
    pub fn fit(preferences: &[f32], n_topics: usize, seed: u64) -> Result<Self, ModelError> {
        let shares = Shares::new(preferences, n_topics, "map")?;
        let roots = shares.roots(&shares.sample(SAMPLE, seed));
        let mean = roots.mean_axis(ndarray::Axis(0)).ok_or(ModelError::Diverged("the member map"))?;
        let flat = vec![0.0; n_topics];
        let mut axes = [flat.clone(), flat];
        let spread = (&roots - &mean).iter().map(|value| value * value).sum::<f64>();
        if spread > 1e-12 * roots.len() as f64 {
            let kept = n_topics.min(2);
            let fitted =
                Pca::params(kept).fit(&DatasetBase::from(roots)).map_err(|_| ModelError::Diverged("the member map"))?;
            let found = fitted.components().rows().into_iter().zip(fitted.singular_values());
            for (axis, (component, &singular)) in axes.iter_mut().zip(found) {
                if singular * singular > 1e-9 * spread {
                    *axis = oriented(component.iter().copied());
                }
            }
        }
        if axes.iter().flatten().any(|loading| !loading.is_finite()) {
            return Err(ModelError::Diverged("the member map"));
        }
        Ok(Self { mean: mean.iter().map(|&value| value as f32).collect(), axes })
    }

    /// The coordinates of a member with these shares.
    #[must_use]
    pub fn project(&self, preference: &[f32]) -> [f32; 2] {
        let along = |axis: &[f32]| {
            let centred = preference.iter().zip(&self.mean).map(|(share, mean)| share.sqrt() - mean);
            centred.zip(axis).map(|(value, loading)| value * loading).sum()
        };
        [along(&self.axes[0]), along(&self.axes[1])]
    }

    /// The coordinates of each member; rows as in [`fit`](Self::fit).
    #[must_use]
    pub fn project_all(&self, preferences: &[f32]) -> Vec<[f32; 2]> {
        preferences.par_chunks_exact(self.mean.len()).map(|row| self.project(row)).collect()
    }

    /// The loadings of each axis by topic.
    #[must_use]
    pub fn axes(&self) -> &[Vec<f32>; 2] {
        &self.axes
    }
}

/// A component and its negation are equivalent. Returns the one whose largest element is positive.
fn oriented(component: impl Iterator<Item = f64> + Clone) -> Vec<f32> {
    let larger = |best: f64, value: f64| if value.abs() > best.abs() * (1.0 + 1e-9) { value } else { best };
    let sign = component.clone().fold(0.0, larger).signum();
    component.map(|value| (sign * value) as f32).collect()
}
