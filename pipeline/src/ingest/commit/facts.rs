//! Reads, shares and other facts: the same event id, or the same member, item and second, is the same fact.

use arrow::array::{Array, AsArray, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_128;

use super::super::IngestError;
use super::fact_set::FactSet;
use super::{Judge, Staged, Verdict};
use crate::lake::{DataFile, LakeTable};

/// Facts of one pass; more make the pass be done in parts.
const FACTS: u64 = 8_000_000;
/// How far an event id is looked for before and after the times of the batch: 90 days in microseconds.
const EVENT_ID_REACH: i64 = 90 * 86_400 * 1_000_000;

/// The triple is known from a row without an event id.
const ANONYMOUS: u8 = 0b01;
/// The event id is known; or the triple is known from a row with one.
const NAMED: u8 = 0b10;

pub(super) struct Facts {
    item: &'static str,
    time: &'static str,
    rows: u64,
    pass: u64,
    set: FactSet,
    scratch: Vec<u8>,
}

/// The columns that tell facts apart.
struct Columns<'a> {
    event: Option<&'a StringArray>,
    member: Option<&'a StringArray>,
    openid: Option<&'a StringArray>,
    item: Option<&'a StringArray>,
    time: &'a TimestampMicrosecondArray,
}

/// A row's hashes: of its event id, where it has one, and of member, item and second.
struct Hashes {
    event: Option<u128>,
    triple: u128,
    bucket: u64,
}

impl Facts {
    pub(super) fn new(item: &'static str, time: &'static str, rows: u64) -> Self {
        Self { item, time, rows, pass: 0, set: FactSet::default(), scratch: Vec::new() }
    }

    fn columns<'a>(&self, batch: &'a RecordBatch) -> Option<Columns<'a>> {
        let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        Some(Columns {
            event: text("event_id"),
            member: text("member_id"),
            openid: text("openid"),
            item: text(self.item),
            time: batch.column_by_name(self.time)?.as_primitive_opt::<TimestampMicrosecondType>()?,
        })
    }

    fn hashes(&mut self, columns: &Columns<'_>, row: usize) -> Hashes {
        let second = columns.time.value(row).div_euclid(1_000_000);
        let buffer = &mut self.scratch;
        let mut hash = |tag: u8, parts: [Option<&StringArray>; 2], second: i64| {
            buffer.clear();
            buffer.push(tag);
            for column in parts.into_iter().flatten().filter(|column| column.is_valid(row)) {
                buffer.extend_from_slice(column.value(row).as_bytes());
                buffer.push(0);
            }
            buffer.extend_from_slice(&second.to_le_bytes());
            xxh3_128(buffer)
        };
        let has = |column: Option<&StringArray>| column.is_some_and(|column| column.is_valid(row));
        let event = has(columns.event).then(|| hash(b'e', [columns.event, None], 0));
        let triple = if has(columns.member) {
            hash(b'm', [columns.member, columns.item], second)
        } else {
            hash(b'o', [columns.openid, columns.item], second)
        };
        Hashes { event, triple, bucket: (second.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 32 }
    }

    /// The times within which the lake may hold the rows' facts; `None` where there are no rows.
    fn span(&self, files: &[Staged<'_>]) -> Result<Option<(i64, i64)>, IngestError> {
        let mut times: Option<(i64, i64)> = None;
        let mut named = false;
        for file in files {
            for batch in file.batches() {
                let batch = batch?;
                let Some(columns) = self.columns(&batch) else { continue };
                named |= columns.event.is_some_and(|events| events.null_count() < events.len());
                for time in columns.time.iter().flatten() {
                    times = Some(times.map_or((time, time), |(from, to)| (from.min(time), to.max(time))));
                }
            }
        }
        // Equal facts lie in the same second, which may be cut by the bounds.
        let reach = if named { EVENT_ID_REACH } else { 1_000_000 };
        Ok(times.map(|(from, to)| (from.saturating_sub(reach), to.saturating_add(reach))))
    }

    fn mine(&self, hashes: &Hashes) -> bool {
        hashes.bucket % self.passes() == self.pass
    }

    /// Marks what a row of the lake makes known, as far as the batch asks for it.
    fn recall(&mut self, hashes: &Hashes) {
        match hashes.event {
            Some(event) => {
                self.set.mark(event, NAMED);
                self.set.mark(hashes.triple, NAMED);
            }
            None => self.set.mark(hashes.triple, ANONYMOUS),
        }
    }
}

impl Judge for Facts {
    fn passes(&self) -> u64 {
        self.rows.div_ceil(FACTS).max(1)
    }

    async fn prepare(&mut self, pass: u64, files: &[Staged<'_>], table: &LakeTable) -> Result<(), IngestError> {
        self.pass = pass;
        self.set = FactSet::with_capacity(usize::try_from(self.rows / self.passes()).unwrap_or(0));
        let Some((from, to)) = self.span(files)? else { return Ok(()) };
        let near = |file: &DataFile| file.time_range.is_none_or(|(first, last)| first <= to && last >= from);
        let near: Vec<DataFile> = table.files().into_iter().filter(near).collect();
        if near.is_empty() {
            return Ok(());
        }
        for file in files {
            for batch in file.batches() {
                let batch = batch?;
                let Some(columns) = self.columns(&batch) else { continue };
                for row in 0..batch.num_rows() {
                    let hashes = self.hashes(&columns, row);
                    if self.mine(&hashes) {
                        self.set.insert(hashes.triple);
                        hashes.event.into_iter().for_each(|event| self.set.insert(event));
                    }
                }
            }
        }
        let columns = ["event_id", "member_id", "openid", self.item, self.time];
        let mut rows = std::pin::pin!(table.read(&near, &columns).await?);
        while let Some(batch) = rows.try_next().await? {
            let Some(columns) = self.columns(&batch) else { continue };
            for row in 0..batch.num_rows() {
                let hashes = self.hashes(&columns, row);
                self.recall(&hashes);
            }
        }
        Ok(())
    }

    fn judge(&mut self, batch: &RecordBatch) -> Result<Vec<Option<Verdict>>, IngestError> {
        let Some(columns) = self.columns(batch) else { return Ok(vec![None; batch.num_rows()]) };
        let verdict = |row| {
            let hashes = self.hashes(&columns, row);
            if !self.mine(&hashes) {
                return None;
            }
            let Some(event) = hashes.event else {
                let is_new = self.set.claim(hashes.triple, ANONYMOUS) == 0;
                return Some(if is_new { Verdict::New } else { Verdict::Duplicate });
            };
            if self.set.marks(event) != 0 || self.set.marks(hashes.triple) & ANONYMOUS != 0 {
                return Some(Verdict::Duplicate);
            }
            self.set.note(event, NAMED);
            self.set.note(hashes.triple, NAMED);
            Some(Verdict::New)
        };
        Ok((0..batch.num_rows()).map(verdict).collect())
    }
}
