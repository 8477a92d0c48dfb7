//! The parameters of implicit alternating least squares and their bounds.

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// Parameters of [`Ials`](super::Ials); the defaults suit tens of thousands of members with a few dozen entries each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IalsParams {
    /// Length of a vector, 1 to 1024.
    pub factors: usize,
    /// Rounds of members then items, 1 to 1000.
    pub sweeps: usize,
    /// λ, above zero: strength of the quadratic penalty on vectors.
    pub regularisation: f32,
    /// α₀, zero or more: cost of a non-zero score for a pair without an entry, relative to an entry of weight 1.
    pub unobserved_weight: f32,
    /// ν, 0 to 2: how the ridge grows with the weight of a row; 0 gives all rows the same ridge.
    pub frequency_exponent: f32,
    /// Expected length of the initial vectors, above zero.
    pub init_scale: f32,
}

impl Default for IalsParams {
    fn default() -> Self {
        Self {
            factors: 64,
            sweeps: 15,
            regularisation: 0.008,
            unobserved_weight: 0.01,
            frequency_exponent: 1.0,
            init_scale: 0.1,
        }
    }
}

impl IalsParams {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`ModelError::BadParameter`] naming the first parameter that is out of bounds.
    pub fn check(&self) -> Result<(), ModelError> {
        let above_zero = |value: f32| value.is_finite() && value > 0.0;
        if !(1..=1024).contains(&self.factors) {
            return Err(ModelError::bad_parameter("ials.factors", self.factors, "from 1 to 1024"));
        }
        if !(1..=1000).contains(&self.sweeps) {
            return Err(ModelError::bad_parameter("ials.sweeps", self.sweeps, "from 1 to 1000"));
        }
        if !above_zero(self.regularisation) {
            return Err(ModelError::bad_parameter(
                "ials.regularisation",
                self.regularisation,
                "a finite number above 0",
            ));
        }
        if !(self.unobserved_weight.is_finite() && self.unobserved_weight >= 0.0) {
            return Err(ModelError::bad_parameter(
                "ials.unobserved_weight",
                self.unobserved_weight,
                "a finite number of 0 or more",
            ));
        }
        if !(0.0..=2.0).contains(&self.frequency_exponent) {
            return Err(ModelError::bad_parameter("ials.frequency_exponent", self.frequency_exponent, "from 0 to 2"));
        }
        if !above_zero(self.init_scale) {
            return Err(ModelError::bad_parameter("ials.init_scale", self.init_scale, "a finite number above 0"));
        }
        Ok(())
    }

    /// A row's ridge: λ·(Σw + α₀·n)^ν, with `row_weight` = Σw and `n_fixed` = n, the rows of the fixed side.
    pub(super) fn ridge(&self, row_weight: f32, n_fixed: usize) -> f32 {
        let total = row_weight + self.unobserved_weight * n_fixed as f32;
        self.regularisation * total.powf(self.frequency_exponent)
    }
}
