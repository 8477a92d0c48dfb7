//! Predicts the vectors of a factor model from attributes, for items or members without a history, by ridge regression.
//!
//! A new activity has topics, a kind and a district before anyone has signed up. The vectors of items with a history
//! are regressed on the same attributes, and the fitted regression predicts the vector of the new one. Members work the
//! same way.

use faer::{Mat, Side, linalg::solvers::Solve};
use serde::{Deserialize, Serialize};

use crate::bounds::check_weights;
use crate::{ModelError, Row, UserItems};

/// Largest number of attributes: the normal equations are dense.
const MAX_ATTRIBUTES: usize = 8192;
/// Ridges tried if none is given, in units of one item of mean weight.
const RIDGES: [f64; 6] = [0.1, 0.5, 2.0, 8.0, 32.0, 128.0];

/// Parameters of the regression.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttributeFactorsParams {
    /// Strength of the quadratic penalty, above zero. `None` chooses the one with the smallest leave-one-out error.
    pub ridge: Option<f64>,
}

/// A fitted regression from attributes to vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributeFactors {
    factors: usize,
    /// The intercept vector, then one vector for each attribute, `factors` numbers each.
    parts: Vec<f32>,
    ridge: f64,
    explained: f64,
}

impl AttributeFactorsParams {
    /// Fits by weighted normal equations. The intercept is not penalised.
    ///
    /// `attributes`: items × attributes. `vectors`: one vector for each item, concatenated. `weights`: confidence in
    /// each item's vector, for example the weight of its history; items of weight 0 are left out.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] for a ridge out of bounds, inconsistent lengths or a vector that is not finite,
    /// [`ModelError::BadWeight`] for a weight that is negative or not finite, [`ModelError::NotEnoughData`] if no item
    /// has a weight, [`ModelError::TooLarge`] for more than 8,192 attributes.
    pub fn fit(
        &self,
        attributes: &UserItems,
        vectors: &[f32],
        weights: &[f32],
    ) -> Result<AttributeFactors, ModelError> {
        let regression = Regression::new(attributes, vectors, weights)?;
        match self.ridge {
            Some(ridge) if ridge.is_finite() && ridge > 0.0 => Ok(regression.solve(ridge)?.0),
            Some(ridge) => Err(ModelError::bad_parameter("attribute_factors.ridge", ridge, "a finite number above 0")),
            None => {
                let mut best: Option<(AttributeFactors, f64)> = None;
                for ridge in RIDGES {
                    let solved = regression.solve(ridge)?;
                    if best.as_ref().is_none_or(|best| solved.1 < best.1) {
                        best = Some(solved);
                    }
                }
                best.map(|(fitted, _)| fitted).ok_or(ModelError::Diverged("attribute factors"))
            }
        }
    }
}

impl AttributeFactors {
    /// Predicts the vector for these attributes. Attributes unknown at fit time are ignored.
    #[must_use]
    pub fn predict(&self, attributes: Row<'_>) -> Vec<f32> {
        let mut vector = self.parts[..self.factors].to_vec();
        let known = attributes.iter().filter(|(attribute, _)| (attribute + 2) * self.factors <= self.parts.len());
        for (attribute, value) in known {
            let part = &self.parts[(attribute + 1) * self.factors..(attribute + 2) * self.factors];
            vector.iter_mut().zip(part).for_each(|(sum, part)| *sum += value * part);
        }
        vector
    }

    /// The ridge of the fit, in units of one item of mean weight.
    #[must_use]
    pub fn ridge(&self) -> f64 {
        self.ridge
    }

    /// Leave-one-out R²: the share of the vectors' variance that attributes predict. 1 is all; 0 or less is none.
    #[must_use]
    pub fn explained(&self) -> f64 {
        self.explained
    }
}

struct Regression<'a> {
    attributes: &'a UserItems,
    vectors: &'a [f32],
    factors: usize,
    /// Items with a weight above zero, and the weights scaled to a mean of 1.
    items: Vec<(usize, f64)>,
    gram: Mat<f64>,
    right: Mat<f64>,
}

impl<'a> Regression<'a> {
    fn new(attributes: &'a UserItems, vectors: &'a [f32], weights: &[f32]) -> Result<Self, ModelError> {
        let n = attributes.n_rows();
        if n == 0 || !vectors.len().is_multiple_of(n) || vectors.is_empty() {
            return Err(ModelError::bad_parameter(
                "attribute_factors.vectors",
                format!("{} numbers", vectors.len()),
                format!("{n} vectors of one length"),
            ));
        }
        if let Some(value) = vectors.iter().find(|value| !value.is_finite()) {
            return Err(ModelError::bad_parameter("attribute_factors.vectors", value, "finite"));
        }
        check_weights("attribute_factors.weights", weights, n)?;
        let side = attributes.n_columns() + 1;
        if side > MAX_ATTRIBUTES + 1 {
            let megabytes = |side: usize| side * side * 8 / 1_000_000;
            return Err(ModelError::TooLarge {
                what: format!("a regression on {} attributes", side - 1),
                needed_mb: megabytes(side),
                allowed_mb: megabytes(MAX_ATTRIBUTES + 1),
                remedy: "keep the most frequent attributes".into(),
            });
        }
        let kept: Vec<usize> = (0..n).filter(|&item| weights[item] > 0.0).collect();
        let total: f64 = kept.iter().map(|&item| f64::from(weights[item])).sum();
        if kept.is_empty() {
            return Err(ModelError::NotEnoughData("attribute factors need at least one item with a history".into()));
        }
        let mean = total / kept.len() as f64;
        let items = kept.into_iter().map(|item| (item, f64::from(weights[item]) / mean)).collect();
        let factors = vectors.len() / n;
        let mut regression = Self {
            attributes,
            vectors,
            factors,
            items,
            gram: Mat::zeros(side, side),
            right: Mat::zeros(side, factors),
        };
        regression.sum_up();
        Ok(regression)
    }

    fn sum_up(&mut self) {
        for &(item, weight) in &self.items {
            let row = with_constant(self.attributes.row(item));
            for &(a, left) in &row {
                for &(b, right) in &row {
                    self.gram[(a, b)] += weight * left * right;
                }
                for factor in 0..self.factors {
                    let value = f64::from(self.vectors[item * self.factors + factor]);
                    self.right[(a, factor)] += weight * left * value;
                }
            }
        }
    }

    /// The regression for a ridge, and the weighted sum of squared leave-one-out errors.
    fn solve(&self, ridge: f64) -> Result<(AttributeFactors, f64), ModelError> {
        let side = self.gram.nrows();
        let mut system = self.gram.clone();
        // The tiny penalty of the intercept only keeps the system solvable.
        (0..side).for_each(|at| system[(at, at)] += if at == 0 { 1e-9 } else { ridge });
        let factor = system.llt(Side::Lower).map_err(|_| ModelError::Diverged("attribute factors"))?;
        let parts = factor.solve(&self.right);
        let inverse = factor.solve(&Mat::<f64>::identity(side, side));
        let total: f64 = self.items.iter().map(|&(_, weight)| weight).sum();
        let means: Vec<f64> = (0..self.factors)
            .map(|k| self.items.iter().map(|&(item, weight)| weight * self.value(item, k)).sum::<f64>() / total)
            .collect();
        let (mut missed, mut spread) = (0.0, 0.0);
        for &(item, weight) in &self.items {
            let row = with_constant(self.attributes.row(item));
            let mut leverage = 0.0;
            for &(a, left) in &row {
                leverage += row.iter().map(|&(b, right)| weight * left * right * inverse[(a, b)]).sum::<f64>();
            }
            // Leaving the item out multiplies its residual by 1 / (1 − leverage).
            let magnify = 1.0 / (1.0 - leverage).max(1e-6);
            for k in 0..self.factors {
                let fitted: f64 = row.iter().map(|&(a, value)| value * parts[(a, k)]).sum();
                missed += weight * ((self.value(item, k) - fitted) * magnify).powi(2);
                spread += weight * (self.value(item, k) - means[k]).powi(2);
            }
        }
        let explained = if spread > 0.0 { 1.0 - missed / spread } else { 0.0 };
        let dense = (0..side).flat_map(|row| (0..self.factors).map(move |column| (row, column)));
        let parts: Vec<f32> = dense.map(|at| parts[at] as f32).collect();
        if !(parts.iter().all(|part| part.is_finite()) && missed.is_finite()) {
            return Err(ModelError::Diverged("attribute factors"));
        }
        Ok((AttributeFactors { factors: self.factors, parts, ridge, explained }, missed))
    }

    fn value(&self, item: usize, factor: usize) -> f64 {
        f64::from(self.vectors[item * self.factors + factor])
    }
}

/// The row with columns shifted by one, after a 1 for the intercept.
fn with_constant(row: Row<'_>) -> Vec<(usize, f64)> {
    let shifted = row.iter().map(|(column, value)| (column + 1, f64::from(value)));
    std::iter::once((0, 1.0)).chain(shifted).collect()
}
