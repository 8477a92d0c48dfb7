//! Rows with a key, and sign-ups: which row of a key stands, and whether a new one changes it.
//!
//! The rule is that of `sql/current.rs`; here it is applied to rows as they arrive.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use futures::TryStreamExt;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};
use zhihui_data::Table;
use zhihui_data::tables::Identity;

use super::super::IngestError;
use super::output::unfit;
use super::{Judge, Staged, Verdict};
use crate::lake::{LakeTable, raw};
use crate::sql::Versions;

/// Rows of one pass; more make the pass be done in parts.
const ROWS: u64 = 2_000_000;

/// Batch and row of a stored row.
type Place = (i64, i64);

/// What is stored for a key.
#[derive(Debug, Clone, Copy, Default)]
struct Stored {
    /// The newest row with a time: time, place, content.
    dated: Option<(i64, Place, u64)>,
    /// The last row without one.
    undated: Option<(Place, u64)>,
}

/// The row that stands for a key.
#[derive(Debug, Clone, Copy)]
struct Standing {
    content: u64,
    newest: Option<i64>,
}

type Keys<V> = HashMap<u128, V, BuildHasherDefault<Spread>>;

pub(super) struct Keyed {
    table: Table,
    rows: u64,
    pass: u64,
    names: Vec<&'static str>,
    types: Vec<DataType>,
    converter: RowConverter,
    standing: Keys<Option<Standing>>,
    /// Of sign-ups, hashes of key and content of every stored row: what comes late is part of their history.
    stored_rows: HashSet<u64, BuildHasherDefault<Spread>>,
}

/// A batch's rows: key, content, time.
struct Rows {
    keys: Vec<u128>,
    contents: Vec<u64>,
    times: Vec<Option<i64>>,
}

impl Keyed {
    pub(super) fn new(table: Table, rows: u64) -> Result<Self, IngestError> {
        let stored = table.columns().iter().filter(|column| !column.transient);
        let (names, types): (Vec<_>, Vec<_>) = stored.map(|column| (column.name, raw::arrow_type(column.kind))).unzip();
        let fields = types.iter().cloned().map(SortField::new).collect();
        let converter = RowConverter::new(fields).map_err(unfit(table))?;
        let standing = Keys::default();
        Ok(Self { table, rows, pass: 0, names, types, converter, standing, stored_rows: HashSet::default() })
    }

    /// The rows of a batch, in which contract columns may be missing.
    fn rows(&mut self, batch: &RecordBatch) -> Result<Rows, IngestError> {
        let count = batch.num_rows();
        let column = |(name, kind): (&&str, &DataType)| match batch.column_by_name(name) {
            Some(column) if column.data_type() == kind => Ok(Arc::clone(column)),
            Some(column) => cast(column, kind),
            None => Ok(new_null_array(kind, count)),
        };
        let columns: Result<Vec<ArrayRef>, _> = self.names.iter().zip(&self.types).map(column).collect();
        let columns = columns.map_err(unfit(self.table))?;
        let contents = self.converter.convert_columns(&columns).map_err(unfit(self.table))?;
        let contents = contents.iter().map(|row| xxh3_64(row.as_ref())).collect();
        let place = |name: &str| self.names.iter().position(|known| *known == name);
        let text = |name: &str| place(name).and_then(|place| columns[place].as_string_opt::<i32>());
        let time = |name: &str| place(name).and_then(|at| columns[at].as_primitive_opt::<TimestampMicrosecondType>());
        let keys: Vec<u128> = match self.table.identity() {
            Identity::Key(names) => {
                let parts: Vec<&StringArray> = names.iter().filter_map(|name| text(name)).collect();
                (0..count).map(|row| key(b'k', &parts, row)).collect()
            }
            _ => {
                let (member, openid, item) = (text("member_id"), text("openid"), text("activity_id"));
                let actor = |row: usize| match member.filter(|member| member.is_valid(row)) {
                    Some(member) => (b'm', Some(member)),
                    None => (b'o', openid),
                };
                let pair = |row: usize| {
                    let (tag, actor) = actor(row);
                    key(tag, &actor.into_iter().chain(item).collect::<Vec<_>>(), row)
                };
                (0..count).map(pair).collect()
            }
        };
        let clocks = match Versions::of(self.table) {
            Some(versions) => [versions.time.filter(|_| versions.by_time).and_then(time), None],
            None => [time("updated_at"), time("signed_up_at")],
        };
        let newest = |row: usize| {
            let known = clocks.iter().flatten().find(|clock| clock.is_valid(row));
            known.map(|clock| clock.value(row))
        };
        Ok(Rows { keys, contents, times: (0..count).map(newest).collect() })
    }

    /// Whether earlier rows count as well: a check-in that came first takes its tickets from the sign-up that comes late.
    fn is_history(&self) -> bool {
        matches!(self.table.identity(), Identity::SignUp)
    }

    fn mine(&self, key: u128) -> bool {
        (key as u64) % self.passes() == self.pass
    }
}

impl Judge for Keyed {
    fn passes(&self) -> u64 {
        self.rows.div_ceil(ROWS).max(1)
    }

    async fn prepare(&mut self, pass: u64, files: &[Staged<'_>], table: &LakeTable) -> Result<(), IngestError> {
        self.pass = pass;
        let mut stored: Keys<Stored> = Keys::default();
        let is_history = self.is_history();
        self.stored_rows.clear();
        for file in files {
            for batch in file.batches() {
                for key in self.rows(&batch?)?.keys.into_iter().filter(|key| self.mine(*key)) {
                    stored.entry(key).or_default();
                }
            }
        }
        let files = table.files();
        let columns: Vec<&str> = self.names.iter().copied().chain([raw::BATCH, raw::ROW]).collect();
        let mut lake = std::pin::pin!(table.read(&files, &columns).await?);
        while let Some(batch) = lake.try_next().await? {
            let rows = self.rows(&batch)?;
            let place =
                |name: &str| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
            let (batches, places) = (place(raw::BATCH), place(raw::ROW));
            for row in 0..batch.num_rows() {
                let Entry::Occupied(mut known) = stored.entry(rows.keys[row]) else { continue };
                let at =
                    (batches.map_or(0, |batches| batches.value(row)), places.map_or(0, |places| places.value(row)));
                let (known, content) = (known.get_mut(), rows.contents[row]);
                if is_history {
                    self.stored_rows.insert(row_hash(rows.keys[row], content));
                }
                match rows.times[row] {
                    Some(time) if known.dated.is_none_or(|(best, place, _)| (time, at) > (best, place)) => {
                        known.dated = Some((time, at, content));
                    }
                    None if known.undated.is_none_or(|(place, _)| at > place) => known.undated = Some((at, content)),
                    _ => {}
                }
            }
        }
        self.standing = stored.into_iter().map(|(key, stored)| (key, stored.standing())).collect();
        Ok(())
    }

    fn judge(&mut self, batch: &RecordBatch) -> Result<Vec<Option<Verdict>>, IngestError> {
        let rows = self.rows(batch)?;
        let (passes, is_history) = ((self.passes(), self.pass), self.is_history());
        let verdict = |row: usize| {
            let (key, content, time) = (rows.keys[row], rows.contents[row], rows.times[row]);
            if (key as u64) % passes.0 != passes.1 {
                return None;
            }
            let standing = self.standing.entry(key).or_default();
            let Some(current) = standing else {
                *standing = Some(Standing { content, newest: time });
                if is_history {
                    self.stored_rows.insert(row_hash(key, content));
                }
                return Some(Verdict::New);
            };
            let is_new = is_history && self.stored_rows.insert(row_hash(key, content));
            let older = time.is_some_and(|time| current.newest.is_some_and(|newest| time < newest));
            if older && is_new {
                return Some(Verdict::Older);
            }
            if older || current.content == content {
                return Some(Verdict::Duplicate);
            }
            *current = Standing { content, newest: time.or(current.newest) };
            Some(Verdict::Replaced)
        };
        Ok((0..batch.num_rows()).map(verdict).collect())
    }
}

impl Stored {
    /// The row that stands: the later placed of the newest dated row and the last undated one.
    fn standing(self) -> Option<Standing> {
        let newest = self.dated.map(|(time, _, _)| time);
        let content = match (self.dated, self.undated) {
            (Some((_, dated, content)), Some((undated, _))) if dated > undated => content,
            (_, Some((_, content))) | (Some((_, _, content)), None) => content,
            (None, None) => return None,
        };
        Some(Standing { content, newest })
    }
}

/// One hash for a key and a content.
fn row_hash(key: u128, content: u64) -> u64 {
    (key as u64) ^ content.rotate_left(32)
}

fn key(tag: u8, parts: &[&StringArray], row: usize) -> u128 {
    let mut text = vec![tag];
    for part in parts.iter().filter(|part| part.is_valid(row)) {
        text.extend_from_slice(part.value(row).as_bytes());
        text.push(0);
    }
    xxh3_128(&text)
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = (key >> 64) as u64;
    }
}
