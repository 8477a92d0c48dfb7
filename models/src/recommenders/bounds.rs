//! Bounds checks of parameters.

use std::ops::RangeInclusive;

use crate::ModelError;

/// Rejects a `value` of the parameter `name` (`family.parameter`) that is outside `bounds` or NaN.
pub(crate) fn within(name: &str, value: f64, bounds: RangeInclusive<f64>) -> Result<(), ModelError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let bounds = format!("from {} to {}", bounds.start(), bounds.end());
    Err(ModelError::BadParameter { name: name.to_owned(), value: value.to_string(), bounds })
}

/// Upper bound of parameters that count neighbours or items.
pub(crate) const MAX_COUNT: f64 = 1e6;
