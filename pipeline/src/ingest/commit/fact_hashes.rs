//! Hashes that identify facts: of the event id, and of member, item and second; and where equal facts are in the lake.

use arrow::array::{Array, AsArray, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use xxhash_rust::xxh3::xxh3_128;

use crate::lake::{DataFile, LakeTable};

/// Time before and after the rows within which their event ids are searched in the lake: 90 days in microseconds.
const EVENT_ID_WINDOW: i64 = 90 * 86_400 * 1_000_000;

/// Hashes rows of one event table.
#[derive(Debug, Clone)]
pub(super) struct FactHasher {
    item: &'static str,
    time: &'static str,
    scratch: Vec<u8>,
}

/// The columns that identify facts.
pub(super) struct Columns<'a> {
    event: Option<&'a StringArray>,
    member: Option<&'a StringArray>,
    openid: Option<&'a StringArray>,
    item: Option<&'a StringArray>,
    pub time: &'a TimestampMicrosecondArray,
}

/// Hashes of a row's event id, if any, and of its triple: member, item and second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashes {
    pub event: Option<u128>,
    pub triple: u128,
}

impl FactHasher {
    pub(super) fn new(item: &'static str, time: &'static str) -> Self {
        Self { item, time, scratch: Vec::new() }
    }

    pub(super) fn column_names(&self) -> [&'static str; 5] {
        ["event_id", "member_id", "openid", self.item, self.time]
    }

    pub(super) fn columns<'a>(&self, batch: &'a RecordBatch) -> Option<Columns<'a>> {
        let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        Some(Columns {
            event: text("event_id"),
            member: text("member_id"),
            openid: text("openid"),
            item: text(self.item),
            time: batch.column_by_name(self.time)?.as_primitive_opt::<TimestampMicrosecondType>()?,
        })
    }

    pub(super) fn hashes(&mut self, columns: &Columns<'_>, row: usize) -> Hashes {
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
}

/// The period in which the lake may have facts equal to rows of these times.
pub(super) fn period_of_equal_facts((from, to): (i64, i64), has_event_ids: bool) -> (i64, i64) {
    // Equal facts are in the same second, which may extend beyond the first and last time.
    let margin = if has_event_ids { EVENT_ID_WINDOW } else { 1_000_000 };
    (from.saturating_sub(margin), to.saturating_add(margin))
}

/// The files of a table with rows of a period.
pub(super) fn files_within(table: &LakeTable, (from, to): (i64, i64)) -> Vec<DataFile> {
    let overlaps = |file: &DataFile| file.time_range.is_none_or(|(first, last)| first <= to && last >= from);
    table.files().into_iter().filter(overlaps).collect()
}
