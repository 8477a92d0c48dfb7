//! The check that a parameter lies within its bounds.

use std::ops::RangeInclusive;

use crate::ModelError;

/// Refuses `value` of the parameter `name` (`family.parameter`) outside `bounds` or not a number.
pub(crate) fn within(name: &str, value: f64, bounds: RangeInclusive<f64>) -> Result<(), ModelError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let bounds = format!("from {} to {}", bounds.start(), bounds.end());
    Err(ModelError::BadParameter { name: name.to_owned(), value: value.to_string(), bounds })
}

/// Largest neighbourhood that a parameter may ask for.
pub(crate) const MAX_COUNT: f64 = 1e6;
