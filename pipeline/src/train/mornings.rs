//! Engines as service would have had them on the mornings of a window.

use zhihui_data::snapshot::{Model, Snapshot};
use zhihui_engine::Engine;

use super::learn::{popularity, preferences};
use super::windows::{DAY, Windows};
use super::{TrainError, TrainOptions};

/// What a model is judged with, day by day.
pub(super) trait Mornings {
    /// The engine on the morning of a day of the window; the window begins with day 0.
    ///
    /// # Errors
    /// [`TrainError`] as training itself.
    fn engine_at(&self, day: i64) -> Result<Engine, TrainError>;
}

/// Neighbours and item vectors as learnt where the window begins; members' vectors, popularity, preferences and all counts as of
/// each morning.
pub(super) struct NightlyCounts<'a> {
    pub(super) known: &'a Snapshot,
    pub(super) restrict: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
    pub(super) windows: Windows,
    /// Learnt where the window begins, by `options`.
    pub(super) model: &'a Model,
    pub(super) options: &'a TrainOptions,
}

impl Mornings for NightlyCounts<'_> {
    fn engine_at(&self, day: i64) -> Result<Engine, TrainError> {
        let mut snapshot = (self.restrict)(self.known, self.windows.test_from + day * DAY);
        snapshot.model = Model {
            popularity: popularity(&snapshot, self.options)?,
            preferences: preferences(&snapshot, self.options)?,
            factors: self.model.factors.clone(),
            neighbours: self.model.neighbours.clone(),
            ..Model::default()
        };
        let mut engine = Engine::new(snapshot);
        engine.fold_in_since(self.windows.test_from);
        Ok(engine)
    }
}
