//! A map of members: those with like preferences lie close.

use linfa::{DatasetBase, traits::Fit};
use linfa_reduction::Pca;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::shares::Shares;
use crate::ModelError;

/// Members that the axes are found from; all members are placed.
const SAMPLE: usize = 20_000;

/// Two axes through the space of preferences, those along which members differ most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberMap {
    mean: Vec<f32>,
    /// What each topic pulls, for each axis; the largest pull of an axis is above zero.
    axes: [Vec<f32>; 2],
}

impl MemberMap {
    /// Finds the axes by principal component analysis of the square roots of the shares.
    ///
    /// `preferences`: members by topics, row after row, each row summing to 1. Where members do not differ along an axis
    /// (all alike, or a single topic) all of them are at 0 on it.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] without members or topics, [`ModelError::BadParameter`] for shares that are negative,
    /// not finite or not whole rows, [`ModelError::Diverged`] if no finite axes are found.
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

    /// Where a member with these shares lies.
    #[must_use]
    pub fn project(&self, preference: &[f32]) -> [f32; 2] {
        let along = |axis: &[f32]| {
            let centred = preference.iter().zip(&self.mean).map(|(share, mean)| share.sqrt() - mean);
            centred.zip(axis).map(|(value, loading)| value * loading).sum()
        };
        [along(&self.axes[0]), along(&self.axes[1])]
    }

    /// Where each member lies; rows as in [`fit`](Self::fit).
    #[must_use]
    pub fn project_all(&self, preferences: &[f32]) -> Vec<[f32; 2]> {
        preferences.par_chunks_exact(self.mean.len()).map(|row| self.project(row)).collect()
    }

    /// How far each topic pulls along each axis: what the axes mean.
    #[must_use]
    pub fn axes(&self) -> &[Vec<f32>; 2] {
        &self.axes
    }
}

/// A component is as good as its opposite; the one whose largest element is above zero is kept.
fn oriented(component: impl Iterator<Item = f64> + Clone) -> Vec<f32> {
    let larger = |best: f64, value: f64| if value.abs() > best.abs() * (1.0 + 1e-9) { value } else { best };
    let sign = component.clone().fold(0.0, larger).signum();
    component.map(|value| (sign * value) as f32).collect()
}
