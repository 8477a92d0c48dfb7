//! Formats the gate: the test a personal model must pass before it serves.

use serde_json::Value;

use super::format::signed;
use crate::web::numbers::grouped;

/// The gate result, formatted.
pub(crate) struct GateView {
    pub(crate) accepted: bool,
    pub(crate) metric: String,
    pub(crate) value: String,
    pub(crate) baseline: String,
    pub(crate) low: String,
    pub(crate) high: String,
    pub(crate) members: String,
    /// Positions of zero, of the interval and of the mean, as percentages of the picture's width.
    pub(crate) zero: String,
    pub(crate) from: String,
    pub(crate) width: String,
    pub(crate) mean: String,
}

impl GateView {
    pub(crate) fn of(gate: &Value) -> Option<Self> {
        let number = |name: &str| gate[name].as_f64();
        let (value, baseline) = (number("value")?, number("baseline")?);
        let (low, high) = (gate["interval"][0].as_f64()?, gate["interval"][1].as_f64()?);
        let mean = value - baseline;
        // The picture contains zero and the whole interval, with a margin on both sides.
        let (left, right) = (low.min(0.0), high.max(0.0));
        let margin = ((right - left) * 0.1).max(1e-6);
        let place = |at: f64| 100.0 * (at - left + margin) / (right - left + 2.0 * margin);
        Some(Self {
            accepted: gate["accepted"].as_bool().unwrap_or(false),
            metric: gate["metric"].as_str().unwrap_or_default().to_owned(),
            value: format!("{value:.3}"),
            baseline: format!("{baseline:.3}"),
            low: signed(low, 3),
            high: signed(high, 3),
            members: gate["members"].as_f64().map(|members| grouped(members, 0)).unwrap_or_default(),
            zero: format!("{:.2}", place(0.0)),
            from: format!("{:.2}", place(low)),
            width: format!("{:.2}", place(high) - place(low)),
            mean: format!("{:.2}", place(mean)),
        })
    }
}
