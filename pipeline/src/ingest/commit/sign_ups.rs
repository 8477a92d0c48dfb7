//! Classifies sign-ups: finds the current row of each member and activity, and whether a new row replaces it.
//!
//! Older rows are kept too: a check-in gets its tickets from a sign-up even if that arrives later. Rows replace one another as a
//! whole, because each tells what happened at its time; `sign_up_rows.sql` defines what a row takes from earlier ones.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use arrow::array::{Array, ArrayRef};
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_64;
use zhihui_data::Table;

use super::super::IngestError;
use super::output::rows_error;
use super::row_keys::{IdentityHasher, RowPosition, StoredColumns, key, positions};
use super::{FileRows, RowClass, RowClassifier};
use crate::lake::{LakeTable, raw};

/// Maximum number of rows per pass. More rows need several passes, each over a part of the keys.
const ROWS_PER_PASS: u64 = 2_000_000;

const TABLE: Table = Table::SignUps;

/// The current row of a member and activity: that with the newest time, and of these the last.
#[derive(Debug, Clone, Copy)]
struct CurrentRow {
    newest: Option<i64>,
    position: RowPosition,
    content: u64,
}

type Keys<V> = HashMap<u128, V, BuildHasherDefault<IdentityHasher>>;

pub(super) struct SignUpClassifier {
    rows: u64,
    pass: u64,
    stored: StoredColumns,
    converter: RowConverter,
    current: Keys<Option<CurrentRow>>,
    /// Hashes of key and content of all stored rows.
    history: HashSet<u64, BuildHasherDefault<IdentityHasher>>,
}

/// Keys, hashes of contents, and times of the rows of a batch.
struct SignUpRows {
    keys: Vec<u128>,
    contents: Vec<u64>,
    times: Vec<Option<i64>>,
}

impl SignUpClassifier {
    pub(super) fn new(rows: u64) -> Result<Self, IngestError> {
        let stored = StoredColumns::new(TABLE);
        let fields = stored.types.iter().cloned().map(SortField::new).collect();
        let converter = RowConverter::new(fields).map_err(rows_error(TABLE))?;
        Ok(Self { rows, pass: 0, stored, converter, current: Keys::default(), history: HashSet::default() })
    }

    /// Hashes the rows of a batch. Contract columns may be missing.
    fn rows(&self, batch: &RecordBatch) -> Result<SignUpRows, IngestError> {
        let rows = batch.num_rows();
        let columns = self.stored.of(batch)?;
        let contents = self.converter.convert_columns(&columns).map_err(rows_error(TABLE))?;
        let times = self.stored.times(&columns, &["updated_at", "signed_up_at"], rows);
        Ok(SignUpRows {
            keys: self.keys(&columns, rows),
            contents: contents.iter().map(|row| xxh3_64(row.as_ref())).collect(),
            times,
        })
    }

    fn keys(&self, columns: &[ArrayRef], rows: usize) -> Vec<u128> {
        let text = |name: &str| self.stored.text(columns, name);
        let (member, openid, item) = (text("member_id"), text("openid"), text("activity_id"));
        let pair = |row: usize| {
            let (tag, actor) = match member.filter(|member| member.is_valid(row)) {
                Some(member) => (b'm', Some(member)),
                None => (b'o', openid),
            };
            key(tag, &actor.into_iter().chain(item).collect::<Vec<_>>(), row)
        };
        (0..rows).map(pair).collect()
    }

    fn is_in_pass(&self, key: u128) -> bool {
        (key as u64) % self.passes() == self.pass
    }
}

impl RowClassifier for SignUpClassifier {
    fn passes(&self) -> u64 {
        self.rows.div_ceil(ROWS_PER_PASS).max(1)
    }

    async fn prepare(&mut self, pass: u64, files: &[FileRows<'_>], table: &LakeTable) -> Result<(), IngestError> {
        self.pass = pass;
        self.history.clear();
        let mut current: Keys<Option<CurrentRow>> = Keys::default();
        for file in files {
            for batch in file.batches() {
                for key in self.rows(&batch?)?.keys.into_iter().filter(|key| self.is_in_pass(*key)) {
                    current.entry(key).or_default();
                }
            }
        }
        let files = table.files();
        let names: Vec<&str> = self.stored.names.iter().copied().chain([raw::BATCH, raw::ROW]).collect();
        let mut lake = std::pin::pin!(table.read(&files, &names).await?);
        while let Some(batch) = lake.try_next().await? {
            let (rows, positions) = (self.rows(&batch)?, positions(&batch));
            for (row, &position) in positions.iter().enumerate() {
                let Entry::Occupied(mut of_key) = current.entry(rows.keys[row]) else { continue };
                let (newest, content) = (rows.times[row], rows.contents[row]);
                self.history.insert(row_hash(rows.keys[row], content));
                if of_key.get().is_none_or(|last| (newest, position) > (last.newest, last.position)) {
                    of_key.insert(Some(CurrentRow { newest, position, content }));
                }
            }
        }
        self.current = current;
        Ok(())
    }

    fn classify(&mut self, batch: &RecordBatch) -> Result<Vec<Option<RowClass>>, IngestError> {
        let rows = self.rows(batch)?;
        let (passes, pass) = (self.passes(), self.pass);
        let class = |row: usize| {
            let (key, content, newest) = (rows.keys[row], rows.contents[row], rows.times[row]);
            if (key as u64) % passes != pass {
                return None;
            }
            let is_new_history = self.history.insert(row_hash(key, content));
            let current = self.current.entry(key).or_default();
            let row = CurrentRow { newest, position: (0, 0), content };
            let class = match current {
                None => RowClass::New,
                Some(current) if newest < current.newest && is_new_history => RowClass::Older,
                Some(current) if newest < current.newest || current.content == content => RowClass::Duplicate,
                Some(_) => RowClass::Replaced,
            };
            if matches!(class, RowClass::New | RowClass::Replaced) {
                *current = Some(row);
            }
            Some(class)
        };
        Ok((0..batch.num_rows()).map(class).collect())
    }
}

/// Combines the hashes of a key and a content.
fn row_hash(key: u128, content: u64) -> u64 {
    (key as u64) ^ content.rotate_left(32)
}
