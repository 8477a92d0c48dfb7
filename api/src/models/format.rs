//! Helpers to format values of the model card.

use serde_json::Value;

/// A number with its sign, with a proper minus.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    format!("{value:+.decimals$}").replace('-', "−")
}

/// A share as a percentage.
pub(crate) fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$}%", 100.0 * share)
}

/// The elements of an array; none for other values.
pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
