//! Rows of counted queries: those of one report, and those that reports about all members share until a table changes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use zhihui_data::Zone;
use zhihui_engine::report::ReportTable;

use super::day_pairs::Pairs;
use super::groups::GroupPeople;
use super::once_each::OnceEach;
use super::view::Micros;

/// Rows of a query; `None` if it must run as SQL.
pub(super) type Counted = Option<Result<RecordBatch, Arc<ArrowError>>>;

/// A query, its period, and the start of the time before that it compares with.
type Question = (&'static str, Micros, i64);

/// Rows by query and period.
#[derive(Default)]
pub(super) struct CountedRows {
    rows: OnceEach<Question, Counted>,
    group_people: OnceEach<(Micros, i64), Arc<GroupPeople>>,
    /// The last pairs of days, with their period.
    pairs: Mutex<Option<(Micros, Arc<Pairs>)>>,
    tables: Mutex<HashMap<&'static str, (ReportTable, usize)>>,
    bytes: AtomicUsize,
}

impl CountedRows {
    pub(super) fn table(&self, name: &'static str) -> Option<(ReportTable, usize)> {
        self.tables.lock().ok()?.get(name).cloned()
    }

    /// Keeps a short table.
    pub(super) fn keep_table(&self, name: &'static str, table: &(ReportTable, usize)) {
        if let Ok(mut tables) = self.tables.lock() {
            tables.insert(name, table.clone());
        }
    }

    pub(super) fn get_or_count(&self, question: Question, count: impl FnOnce() -> Counted) -> Counted {
        self.rows.get_or_make(question, || {
            let counted = count();
            if let Some(Ok(rows)) = &counted {
                self.bytes.fetch_add(rows.get_array_memory_size(), Relaxed);
            }
            counted
        })
    }

    /// No rows, but the kept pairs of days, from which those of all periods follow.
    fn with_pairs_only(&self) -> Self {
        let pairs = self.pairs.lock().ok().and_then(|kept| kept.clone());
        let bytes = pairs.as_ref().map_or(0, |(_, pairs)| pairs.bytes());
        Self { pairs: Mutex::new(pairs), bytes: AtomicUsize::new(bytes), ..Self::default() }
    }

    /// The kept pairs of days, if their period contains this one, else those that `count` returns with their period. Others wait.
    pub(super) fn pairs(&self, period: Micros, count: impl FnOnce() -> (Micros, Pairs)) -> Arc<Pairs> {
        let mut kept = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pairs)) = kept.as_ref().filter(|((from, to), _)| *from <= period.0 && period.1 <= *to) {
            return Arc::clone(pairs);
        }
        let (of, pairs) = count();
        self.bytes.fetch_add(pairs.bytes(), Relaxed);
        let (_, pairs) = kept.insert((of, Arc::new(pairs)));
        Arc::clone(pairs)
    }

    /// The people of a period, and the start of the time before that it compares with.
    pub(super) fn group_people(&self, of: (Micros, i64), count: impl FnOnce() -> GroupPeople) -> Arc<GroupPeople> {
        self.group_people.get_or_make(of, || {
            let people = count();
            self.bytes.fetch_add(people.bytes(), Relaxed);
            Arc::new(people)
        })
    }
}

/// What rows depend on besides their query and period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct RowsOf {
    /// Versions of the tables.
    pub(in crate::report) versions: Vec<i64>,
    pub(in crate::report) zone: Zone,
    pub(in crate::report) min_people: i64,
    /// The instant before which something counts, [`i64::MAX`] if no instant of the tables is later.
    pub(in crate::report) known_until: i64,
}

/// The rows of the newest tables.
pub(in crate::report) struct SharedRows {
    /// Maximum memory in bytes. When it is reached, the rows but not the pairs of days are counted again.
    limit: usize,
    kept: Mutex<Option<(RowsOf, Arc<CountedRows>)>>,
}

impl std::fmt::Debug for SharedRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedRows").finish_non_exhaustive()
    }
}

impl SharedRows {
    pub(in crate::report) fn new(limit_bytes: usize) -> Self {
        Self { limit: limit_bytes, kept: Mutex::default() }
    }

    /// The rows that were counted of these tables. Drops those of others.
    pub(super) fn of(&self, of: RowsOf) -> Arc<CountedRows> {
        let Ok(mut kept) = self.kept.lock() else { return Arc::default() };
        match &*kept {
            Some((known, rows)) if *known == of && rows.bytes.load(Relaxed) < self.limit => Arc::clone(rows),
            other => {
                let of_same = other.as_ref().filter(|(known, _)| *known == of);
                let rows = Arc::new(of_same.map(|(_, rows)| rows.with_pairs_only()).unwrap_or_default());
                *kept = Some((of, Arc::clone(&rows)));
                rows
            }
        }
    }
}
