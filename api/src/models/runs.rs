//! Earlier runs, each with its test.

use zhihui_data::Zone;

use super::signed;
use crate::pages::report::local_minute;
use crate::workshop::RunEntry;

/// One run.
pub(super) struct RunView {
    pub(super) at: String,
    pub(super) version: String,
    pub(super) accepted: Option<bool>,
    pub(super) value: String,
    pub(super) baseline: String,
    pub(super) interval: String,
}

impl RunView {
    pub(super) fn new(run: &RunEntry, zone: Zone) -> Self {
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
