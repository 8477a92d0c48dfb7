//! Engines with the state that the service would have had on each day of a window.

use zhihui_engine::Engine;

use super::TrainError;

/// The days of a window and their engines.
pub(super) trait DailyEngines {
    /// Returns the start of each day, ascending. The first is the start of the window.
    fn day_starts(&self) -> &[i64];

    /// Returns the engine of a day. Days must be requested in ascending order.
    ///
    /// # Errors
    /// [`TrainError`] as learning itself.
    fn engine_at(&mut self, day_start: i64) -> Result<Engine, TrainError>;
}
