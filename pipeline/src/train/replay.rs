//! What the service would know on the mornings of a window: the engines that examples are made with and lists are judged by.

use zhihui_data::snapshot::{Factors, Snapshot, SparseRows};
use zhihui_engine::Engine;

use super::mornings::Mornings;
use super::{DAY, TrainError, TrainOptions, learn};

/// Mornings of a window at least, where it is as long.
const FEWEST_MORNINGS: i64 = 7;
/// Mornings of a window at most.
const MOST_MORNINGS: i64 = 28;
/// Events that may be replayed for one window: few events are replayed on more mornings.
const MOST_EVENTS: i64 = 4_000_000;
/// Vectors and neighbours are learnt anew so often in a window; between, vectors are folded in.
const LEARNINGS: usize = 2;

/// One window of the history, replayed morning by morning.
///
/// On each morning popularity, preferences, activity and union mates are those of that morning, and members' vectors are
/// folded in from what they had done by then, so that no feature is older or newer than in service.
pub(crate) struct Replay<'a> {
    assembled: &'a Snapshot,
    restrict: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &'a TrainOptions,
    mornings: Vec<i64>,
    /// What was learnt last, and when.
    learnt: Option<(i64, Learnt)>,
}

/// The parts of a model that change slowly.
struct Learnt {
    factors: Option<Factors>,
    neighbours: SparseRows,
}

impl std::fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("mornings", &self.mornings).finish_non_exhaustive()
    }
}

impl<'a> Replay<'a> {
    /// Mornings from `from` until before `until`, evenly spaced; the first is `from` itself.
    pub(crate) fn new(
        assembled: &'a Snapshot,
        restrict: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
        options: &'a TrainOptions,
        [from, until]: [i64; 2],
    ) -> Self {
        let events = (assembled.history.item.len() as i64).max(1);
        let days = ((until - from) / DAY).max(1);
        let count = (MOST_EVENTS / events).clamp(FEWEST_MORNINGS, MOST_MORNINGS).min(days.max(4));
        let mornings = (0..count).map(|at| from + (until - from) * at / count).collect();
        Self { assembled, restrict, options, mornings, learnt: None }
    }
}

impl Mornings for Replay<'_> {
    fn mornings(&self) -> &[i64] {
        &self.mornings
    }

    fn engine_at(&mut self, morning: i64) -> Result<Engine, TrainError> {
        let mut snapshot = (self.restrict)(self.assembled, morning);
        let place = self.mornings.partition_point(|&known| known < morning);
        let is_due = place % self.mornings.len().div_ceil(LEARNINGS).max(1) == 0;
        match self.learnt.take().filter(|(at, _)| !is_due && *at <= morning) {
            Some((at, learnt)) => {
                learn::refresh(&mut snapshot, self.options)?;
                snapshot.model.factors.clone_from(&learnt.factors);
                snapshot.model.neighbours.clone_from(&learnt.neighbours);
                self.learnt = Some((at, learnt));
                let mut engine = Engine::new(snapshot);
                engine.fold_in_since(at);
                Ok(engine)
            }
            None => {
                learn::learn(&mut snapshot, self.options)?;
                let learnt =
                    Learnt { factors: snapshot.model.factors.clone(), neighbours: snapshot.model.neighbours.clone() };
                self.learnt = Some((morning, learnt));
                Ok(Engine::new(snapshot))
            }
        }
    }
}
