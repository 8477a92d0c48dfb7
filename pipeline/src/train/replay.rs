//! Replays a window: engines with the state that the service would have had on each day. Examples are made and lists
//! judged with them.

use std::collections::BTreeMap;

use zhihui_data::snapshot::{EventKind, Factors, Popularity, Preferences, Snapshot, SparseRows};
use zhihui_engine::Engine;

use super::daily_engines::DailyEngines;
use super::{DAY, TrainError, TrainOptions, learn};

/// Minimum number of replayed days of a window, if it is that long.
const MIN_DAYS: i64 = 7;
/// Maximum number of replayed days of a window.
const MAX_DAYS: i64 = 28;
/// Maximum number of replayed events of a window. With fewer events more days are replayed.
const MAX_EVENTS: i64 = 4_000_000;
/// Number of times that vectors and neighbours are learnt in a window. In between, vectors are folded in.
const FULL_TRAININGS: usize = 2;

/// A window of the history, replayed day by day.
///
/// Each engine has the popularity, preferences, activity and union colleagues of its day. The vectors of members are
/// folded in from the history until then, so that features are as recent as in service.
pub(crate) struct Replay<'a> {
    assembled: &'a Snapshot,
    snapshot_before: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
    options: &'a TrainOptions,
    day_starts: Vec<i64>,
    until: i64,
    keeps_days: bool,
    /// The full trainings by their time, or the latest only.
    learnt: BTreeMap<i64, Learnt>,
    /// The other parts of the models by day. A day takes about 100 bytes a member, and those of members with events since the
    /// full training twice that.
    days: BTreeMap<i64, DayModel>,
}

/// The parts of a model that change slowly.
struct Learnt {
    factors: Option<Factors>,
    neighbours: SparseRows,
}

/// The parts of a model that change every day.
struct DayModel {
    /// Time of the full training.
    learnt_at: i64,
    popularity: Popularity,
    preferences: Preferences,
    /// The members whose vectors were folded in, and these vectors.
    folded_in: (Vec<usize>, Vec<f32>),
}

impl std::fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replay").field("day_starts", &self.day_starts).finish_non_exhaustive()
    }
}

impl<'a> Replay<'a> {
    /// Creates a replay with evenly spaced days from `from` until before `until`. A day with a push begins with it, so that
    /// the features of a new item are those of the moment at which members were pushed to.
    pub(crate) fn new(
        assembled: &'a Snapshot,
        snapshot_before: &'a dyn Fn(&Snapshot, i64) -> Snapshot,
        options: &'a TrainOptions,
        [from, until]: [i64; 2],
    ) -> Self {
        let events = (assembled.history.n_events() as i64).max(1);
        let days = ((until - from) / DAY).max(1);
        let count = (MAX_EVENTS / events).clamp(MIN_DAYS, MAX_DAYS).min(days.max(4));
        let even = (0..count).map(|at| from + (until - from) * at / count).collect();
        let day_starts = begin_with_pushes(assembled, even, until);
        Self {
            assembled,
            snapshot_before,
            options,
            day_starts,
            until,
            keeps_days: false,
            learnt: BTreeMap::new(),
            days: BTreeMap::new(),
        }
    }
}

/// Moves each day start but the first to the first push of its day.
fn begin_with_pushes(assembled: &Snapshot, mut day_starts: Vec<i64>, until: i64) -> Vec<i64> {
    let mut first_pushes = vec![i64::MAX; day_starts.len()];
    let history = &assembled.history;
    let pushes = history.places().filter(|&event| history.kind(event) == EventKind::Push);
    for at in pushes.map(|event| history.at(event)).filter(|&at| at < until) {
        let day = day_starts.partition_point(|&day_start| day_start <= at);
        if day > 1 {
            first_pushes[day - 1] = first_pushes[day - 1].min(at);
        }
    }
    for (day_start, first_push) in day_starts.iter_mut().zip(first_pushes) {
        *day_start = if first_push == i64::MAX { *day_start } else { first_push };
    }
    day_starts
}

impl DailyEngines for Replay<'_> {
    fn day_starts(&self) -> &[i64] {
        &self.day_starts
    }

    fn engine_at(&mut self, day_start: i64) -> Result<Engine, TrainError> {
        let mut snapshot = (self.snapshot_before)(self.assembled, day_start);
        if let Some(day) = self.days.get(&day_start) {
            self.put_into(&mut snapshot, day);
            return Ok(Engine::new(snapshot));
        }
        let at = self.day_starts.partition_point(|&start| start < day_start);
        let is_due = at % self.day_starts.len().div_ceil(FULL_TRAININGS).max(1) == 0;
        let latest = self.learnt.range(..=day_start).next_back().filter(|_| !is_due);
        let (engine, learnt_at, members) = match latest {
            Some((&learnt_at, learnt)) => {
                learn::refresh(&mut snapshot, self.options)?;
                snapshot.model.factors.clone_from(&learnt.factors);
                snapshot.model.neighbours.clone_from(&learnt.neighbours);
                let mut engine = Engine::new(snapshot);
                let members = engine.fold_in_since(learnt_at);
                (engine, learnt_at, members)
            }
            None => {
                learn::learn(&mut snapshot, self.options)?;
                let learnt =
                    Learnt { factors: snapshot.model.factors.clone(), neighbours: snapshot.model.neighbours.clone() };
                if !self.keeps_days {
                    self.learnt.clear();
                }
                self.learnt.insert(day_start, learnt);
                (Engine::new(snapshot), day_start, Vec::new())
            }
        };
        if !self.keeps_days {
            return Ok(engine);
        }
        let model = &engine.snapshot().model;
        let rank = model.factors.as_ref().map_or(0, |factors| factors.rank as usize);
        let vector = |&member: &usize| {
            model.factors.iter().flat_map(move |factors| &factors.members[member * rank..(member + 1) * rank])
        };
        let vectors = members.iter().flat_map(vector).copied().collect();
        let (popularity, preferences) = (model.popularity.clone(), model.preferences.clone());
        self.days.insert(day_start, DayModel { learnt_at, popularity, preferences, folded_in: (members, vectors) });
        Ok(engine)
    }
}

impl Replay<'_> {
    /// Keeps what is learnt for each day, so that the window can be replayed again at less cost.
    pub(super) fn keeping_days(self) -> Self {
        Self { keeps_days: true, ..self }
    }

    /// The full history, including the window.
    pub(super) fn assembled(&self) -> &Snapshot {
        self.assembled
    }

    /// The random seed.
    pub(super) fn seed(&self) -> u64 {
        self.options.seed
    }

    /// The end of the window.
    pub(super) fn until(&self) -> i64 {
        self.until
    }

    /// Puts the model of a day into the snapshot before it.
    fn put_into(&self, snapshot: &mut Snapshot, day: &DayModel) {
        let model = &mut snapshot.model;
        "popular".clone_into(&mut model.name);
        model.popularity.clone_from(&day.popularity);
        model.preferences.clone_from(&day.preferences);
        let Some(learnt) = self.learnt.get(&day.learnt_at) else { return };
        model.neighbours.clone_from(&learnt.neighbours);
        model.factors.clone_from(&learnt.factors);
        let Some(factors) = model.factors.as_mut() else { return };
        let rank = factors.rank as usize;
        let (members, vectors) = &day.folded_in;
        for (&member, vector) in members.iter().zip(vectors.chunks_exact(rank.max(1))) {
            factors.members[member * rank..(member + 1) * rank].copy_from_slice(vector);
        }
    }
}

#[cfg(test)]
mod tests {
    use zhihui_data::snapshot::{EventColumns, History};

    use super::*;

    #[test]
    fn a_day_begins_with_its_first_push() {
        let history = History::from(EventColumns {
            starts: vec![0, 6],
            item: vec![0; 6],
            kind: vec![
                EventKind::Push,
                EventKind::Read,
                EventKind::Push,
                EventKind::Push,
                EventKind::Push,
                EventKind::Push,
            ],
            at: vec![5, 130, 170, 150, 399, 450],
            ..EventColumns::default()
        });
        let assembled = Snapshot { history, ..Snapshot::default() };
        assert_eq!(begin_with_pushes(&assembled, vec![0, 100, 200, 300], 400), [0, 150, 200, 399]);
    }
}
