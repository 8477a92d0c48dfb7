//! The test before the personal model may serve, as a picture.

use serde_json::Value;

use super::signed;
use crate::pages::report::grouped;

/// How the personal model compared with popularity.
pub(super) struct GateView {
    pub(super) accepted: bool,
    pub(super) metric: String,
    pub(super) value: String,
    pub(super) baseline: String,
    pub(super) low: String,
    pub(super) high: String,
    pub(super) members: String,
    /// Percent of the picture's width: where zero, the interval's ends and the mean lie.
    pub(super) zero: String,
    pub(super) from: String,
    pub(super) width: String,
    pub(super) mean: String,
}

impl GateView {
    pub(super) fn of(gate: &Value) -> Option<Self> {
        let number = |name: &str| gate[name].as_f64();
        let (value, baseline) = (number("value")?, number("baseline")?);
        let (low, high) = (gate["interval"][0].as_f64()?, gate["interval"][1].as_f64()?);
        let mean = value - baseline;
        // Zero and the whole interval lie within the picture, with some room at both sides.
        let (left, right) = (low.min(0.0), high.max(0.0));
        let room = ((right - left) * 0.1).max(1e-6);
        let place = |at: f64| 100.0 * (at - left + room) / (right - left + 2.0 * room);
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
