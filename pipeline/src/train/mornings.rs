//! What a model is judged with: engines as service would have had them on the mornings of a window.

use zhihui_engine::Engine;

use super::TrainError;

/// The mornings of a window and their engines.
pub(super) trait Mornings {
    /// The mornings, ascending; the first is the window's begin.
    fn mornings(&self) -> &[i64];

    /// The engine of a morning; mornings are asked for in ascending order.
    ///
    /// # Errors
    /// [`TrainError`] as learning itself.
    fn engine_at(&mut self, morning: i64) -> Result<Engine, TrainError>;
}
