//! Engines as service would have had them on the mornings of a window.

use zhihui_data::snapshot::{Model, Snapshot};
use zhihui_engine::Engine;

use super::learn::{self, popularity, preferences};
use super::windows::DAY;
use super::{TrainError, TrainOptions};

/// What a model is judged with, morning by morning.
pub(super) trait Mornings {
    /// The mornings, ascending; the first is the window's begin.
    fn mornings(&self) -> &[i64];

    /// The engine of a morning; mornings are asked for in ascending order.
    ///
    /// # Errors
    /// [`TrainError`] as learning itself.
    fn engine_at(&mut self, morning: i64) -> Result<Engine, TrainError>;
}

/// Neighbours and factors as learnt where the window begins; popularity, preferences and all counts as of each morning.
pub(super) struct NightlyCounts<'a> {
    known: &'a Snapshot,
    restrict: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &'a TrainOptions,
    mornings: Vec<i64>,
    /// What was learnt where the window begins.
    start: Option<Model>,
}

impl<'a> NightlyCounts<'a> {
    /// A morning every day from `from` until before `until`.
    pub(super) fn new(
        known: &'a Snapshot,
        restrict: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
        options: &'a TrainOptions,
        [from, until]: [i64; 2],
    ) -> Self {
        let mornings = (0..).map(|day| from + day * DAY).take_while(|&morning| morning < until).collect();
        Self { known, restrict, options, mornings, start: None }
    }
}

impl Mornings for NightlyCounts<'_> {
    fn mornings(&self) -> &[i64] {
        &self.mornings
    }

    fn engine_at(&mut self, morning: i64) -> Result<Engine, TrainError> {
        let mut snapshot = (self.restrict)(self.known, morning);
        match &self.start {
            Some(start) => {
                snapshot.model = Model {
                    popularity: popularity(&snapshot, self.options)?,
                    preferences: preferences(&snapshot, self.options)?,
                    factors: start.factors.clone(),
                    neighbours: start.neighbours.clone(),
                    ..Model::default()
                };
            }
            None => {
                learn::learn(&mut snapshot, self.options)?;
                self.start = Some(snapshot.model.clone());
            }
        }
        Ok(Engine::new(snapshot))
    }
}
