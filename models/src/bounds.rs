//! Bounds checks of parameters and weights.

use std::ops::RangeInclusive;

use crate::error::ModelError;

/// Upper bound of parameters that count neighbours or items.
pub(crate) const MAX_COUNT: f64 = 1e6;

/// Rejects a `value` of the parameter `name` (`family.parameter`) that is outside `bounds` or NaN.
pub(crate) fn within(name: &str, value: f64, bounds: RangeInclusive<f64>) -> Result<(), ModelError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    Err(ModelError::bad_parameter(name, value, format!("from {} to {}", bounds.start(), bounds.end())))
}

/// Rejects weights of a wrong length, and weights that are negative or not finite.
pub(crate) fn check_weights(name: &str, weights: &[f32], length: usize) -> Result<(), ModelError> {
    if weights.len() != length {
        let value = format!("{} numbers", weights.len());
        return Err(ModelError::bad_parameter(name, value, format!("{length} numbers long")));
    }
    match weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
        Some(row) => Err(ModelError::BadWeight { row, column: 0, weight: weights[row] }),
        None => Ok(()),
    }
}
