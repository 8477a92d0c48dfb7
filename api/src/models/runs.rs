//! Formats earlier runs with their gate results.

use zhihui_data::Zone;

use super::format::signed;
use crate::data::jobs::RunEntry;
use crate::web::numbers::local_minute;

/// A run, formatted.
pub(crate) struct RunView {
    pub(crate) at: String,
    pub(crate) version: String,
    pub(crate) accepted: Option<bool>,
    pub(crate) value: String,
    pub(crate) baseline: String,
    pub(crate) interval: String,
}

impl RunView {
    pub(crate) fn new(run: &RunEntry, zone: Zone) -> Self {
        let gate = run.gate.as_ref();
        let text = |value: Option<f64>| value.map(|value| format!("{value:.3}")).unwrap_or_default();
        Self {
            at: local_minute(run.started_at, zone),
            version: run.version.clone().unwrap_or_default(),
            accepted: gate.map(|gate| gate.accepted),
            value: text(gate.map(|gate| gate.value)),
            baseline: text(gate.map(|gate| gate.baseline)),
            interval: gate
                .map(|gate| format!("{} – {}", signed(gate.interval[0], 3), signed(gate.interval[1], 3)))
                .unwrap_or_default(),
        }
    }
}
