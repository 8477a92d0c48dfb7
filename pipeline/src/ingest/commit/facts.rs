//! Reads, shares and other facts: the same event id, or the same member, item and second, is the same fact.
//!
//! Of several rows with one event id the first in file order counts, unless the lake has the id already. All rows are hashed
//! in one pass and the hashes are compared part by part, so that neither memory nor the number of passes grows with the
//! rows; only one bit for each row stays in memory.

use arrow::array::{Array, AsArray, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use xxhash_rust::xxh3::xxh3_128;

use super::super::IngestError;
use super::fact_set::FactSet;
use super::key_filter::KeyFilter;
use super::key_spool::KeySpool;
use super::{Judge, Staged, Verdict};
use crate::lake::{DataFile, LakeTable};

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
    /// Rows of a commit, and keys of a part.
    commit_rows: u64,
    duplicates: Bits,
    next: u64,
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
}

/// Keys by kind: those of event ids, and those of member, item and second.
struct Keys {
    events: KeySpool,
    triples: KeySpool,
}

/// One bit a row.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn has(&self, row: u64) -> bool {
        self.0.get((row / 64) as usize).is_some_and(|word| word & (1 << (row % 64)) != 0)
    }

    fn set(&mut self, row: u64) {
        if let Some(word) = self.0.get_mut((row / 64) as usize) {
            *word |= 1 << (row % 64);
        }
    }
}

impl Facts {
    pub(super) fn new(item: &'static str, time: &'static str, rows: u64, commit_rows: u64) -> Self {
        let duplicates = Bits(vec![0; rows.div_ceil(64) as usize]);
        Self { item, time, rows, commit_rows: commit_rows.max(1), duplicates, next: 0, scratch: Vec::new() }
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
        Hashes { event, triple }
    }

    /// The keys of all rows, each with its row's number, the filter that holds them, and the times within which the lake may
    /// hold the same facts (`None` where there are no rows).
    #[expect(clippy::type_complexity, reason = "three results of one pass")]
    fn keys(&mut self, files: &[Staged<'_>]) -> Result<(Keys, KeyFilter, Option<(i64, i64)>), IngestError> {
        let mut keys = self.spools(files);
        let mut filter = KeyFilter::with_keys(self.rows.saturating_mul(2));
        let mut times: Option<(i64, i64)> = None;
        let mut named = false;
        let mut number = 0;
        for file in files {
            for batch in file.batches() {
                let batch = batch?;
                let Some(columns) = self.columns(&batch) else {
                    number += batch.num_rows() as u64;
                    continue;
                };
                for row in 0..batch.num_rows() {
                    let hashes = self.hashes(&columns, row);
                    if let Some(event) = hashes.event {
                        named = true;
                        filter.add(event);
                        keys.events.push(event, number)?;
                    }
                    filter.add(hashes.triple);
                    keys.triples.push(hashes.triple, number << 1 | u64::from(hashes.event.is_some()))?;
                    number += 1;
                }
                for time in columns.time.iter().flatten() {
                    times = Some(times.map_or((time, time), |(from, to)| (from.min(time), to.max(time))));
                }
            }
        }
        // Equal facts lie in the same second, which may be cut by the bounds.
        let reach = if named { EVENT_ID_REACH } else { 1_000_000 };
        let span = times.map(|(from, to)| (from.saturating_sub(reach), to.saturating_add(reach)));
        Ok((keys, filter, span))
    }

    /// The lake's keys that pass the filter, with their marks.
    async fn stored_keys(
        &mut self,
        files: &[Staged<'_>],
        (from, to): (i64, i64),
        filter: &KeyFilter,
        table: &LakeTable,
    ) -> Result<Keys, IngestError> {
        let mut stored = self.spools(files);
        let near = |file: &DataFile| file.time_range.is_none_or(|(first, last)| first <= to && last >= from);
        let near: Vec<DataFile> = table.files().into_iter().filter(near).collect();
        let columns = ["event_id", "member_id", "openid", self.item, self.time];
        let mut rows = std::pin::pin!(table.read(&near, &columns).await?);
        while let Some(batch) = rows.try_next().await? {
            let Some(columns) = self.columns(&batch) else { continue };
            for row in 0..batch.num_rows() {
                let hashes = self.hashes(&columns, row);
                if let Some(event) = hashes.event.filter(|event| filter.may_hold(*event)) {
                    stored.events.push(event, u64::from(NAMED))?;
                }
                if filter.may_hold(hashes.triple) {
                    let marks = if hashes.event.is_some() { NAMED } else { ANONYMOUS };
                    stored.triples.push(hashes.triple, u64::from(marks))?;
                }
            }
        }
        Ok(stored)
    }

    fn spools(&self, files: &[Staged<'_>]) -> Keys {
        let folder = files.first().map(|file| file.rows.folder()).unwrap_or_default();
        let parts = usize::try_from(self.rows.div_ceil(self.commit_rows)).unwrap_or(1);
        Keys { events: KeySpool::new(parts, &folder), triples: KeySpool::new(parts, &folder) }
    }

    /// Marks rows whose event id the lake or an earlier row has.
    fn compare_events(&mut self, rows: &KeySpool, stored: &KeySpool) -> Result<(), IngestError> {
        for part in 0..rows.parts() {
            let mut set = known(rows, stored, part)?;
            rows.read(part, |event, row| {
                if set.claim(event, NAMED) != 0 {
                    self.duplicates.set(row);
                }
            })?;
        }
        Ok(())
    }

    /// Marks rows whose member, item and second are known: a row without an event id equals any other, a row with one
    /// equals only those without.
    fn compare_triples(&mut self, rows: &KeySpool, stored: &KeySpool) -> Result<(), IngestError> {
        for part in 0..rows.parts() {
            let mut set = known(rows, stored, part)?;
            rows.read(part, |triple, number| {
                let (row, is_named) = (number >> 1, number & 1 == 1);
                if self.duplicates.has(row) {
                    return;
                }
                let is_known =
                    if is_named { set.marks(triple) & ANONYMOUS != 0 } else { set.claim(triple, ANONYMOUS) != 0 };
                if is_known {
                    self.duplicates.set(row);
                } else if is_named {
                    set.note(triple, NAMED);
                }
            })?;
        }
        Ok(())
    }
}

/// The keys of a part with the marks that the lake gives them.
fn known(rows: &KeySpool, stored: &KeySpool, part: usize) -> Result<FactSet, IngestError> {
    let mut set = FactSet::with_capacity(rows.keys(part));
    rows.read(part, |hash, _| set.insert(hash))?;
    stored.read(part, |hash, marks| set.mark(hash, marks as u8))?;
    Ok(set)
}

impl Judge for Facts {
    fn passes(&self) -> u64 {
        1
    }

    fn commit_rows(&self) -> u64 {
        self.commit_rows
    }

    async fn prepare(&mut self, _: u64, files: &[Staged<'_>], table: &LakeTable) -> Result<(), IngestError> {
        let (keys, filter, span) = self.keys(files)?;
        let Some(span) = span else { return Ok(()) };
        let stored = self.stored_keys(files, span, &filter, table).await?;
        drop(filter);
        self.compare_events(&keys.events, &stored.events)?;
        self.compare_triples(&keys.triples, &stored.triples)
    }

    fn judge(&mut self, batch: &RecordBatch) -> Result<Vec<Option<Verdict>>, IngestError> {
        let first = self.next;
        self.next += batch.num_rows() as u64;
        let verdict = |row| if self.duplicates.has(row) { Verdict::Duplicate } else { Verdict::New };
        Ok((first..self.next).map(|row| Some(verdict(row))).collect())
    }
}
