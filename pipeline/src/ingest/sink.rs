//! Collects the rows of a file in chunks of text columns, cleans the chunks, and adds them to the stage.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{PlSmallStr, StringChunked, StringChunkedBuilder};

use zhihui_data::Column;

use super::clean::{self, Cleaned, FileMarks};
use super::column_masks;
use super::error::FileError;
use super::file_notes::UnknownColumn;
use super::note::{Note, SkippedRow, SkippedRows};
use super::nulled_values::NulledValues;
use super::plan::{Binding, Plan};
use super::reject::{self, Reason, Reject};
use super::seen::Seen;
use super::stage::Stage;

/// Maximum number of rows of a chunk.
pub(super) const MAX_ROWS: usize = 65_536;
/// Maximum size of a chunk's texts in bytes.
const MAX_BYTES: usize = 24 << 20;
/// Maximum number of reported unknown columns.
const MAX_UNKNOWN: usize = 200;
/// Maximum number of notes.
const MAX_NOTES: usize = 100;

/// Decodes one file for one table.
pub(super) struct Sink<'p> {
    plan: &'p Plan,
    marks: FileMarks,
    stage: Stage,
    /// Notes for a preview.
    seen: Option<Box<Seen>>,
    binding: Option<Binding>,
    builders: Vec<StringChunkedBuilder>,
    numbers: Vec<u64>,
    /// The columns of each record. Empty for rows under a header.
    masks: Vec<i64>,
    bytes: usize,
    unknown: Vec<String>,
    /// The first unknown column that looks like consent.
    consent: Option<String>,
    reasons: BTreeMap<String, u64>,
    nulled: BTreeMap<(&'static str, Reason), NulledValues>,
    rows: u64,
    filtered: u64,
    skipped: BTreeMap<SkippedRow, SkippedRows>,
    notes: Vec<Note>,
}

/// The decoded rows of one file, with counts.
#[derive(Debug)]
pub(super) struct DecodedRows {
    pub stage: Stage,
    pub rows: u64,
    /// Rows that were left out. Not in `rows`.
    pub filtered: u64,
    pub reasons: BTreeMap<String, u64>,
    pub nulled: Vec<NulledValues>,
    pub unknown: Vec<String>,
    /// The known header that an unknown one most likely means.
    pub similar: BTreeMap<String, String>,
    pub notes: Vec<Note>,
}

impl DecodedRows {
    /// Rows that were all accepted.
    pub(super) fn all_accepted(stage: Stage, rows: u64) -> Self {
        let (reasons, similar) = (BTreeMap::new(), BTreeMap::new());
        Self { stage, rows, filtered: 0, reasons, nulled: Vec::new(), unknown: Vec::new(), similar, notes: Vec::new() }
    }
}

impl<'p> Sink<'p> {
    pub(super) fn new(plan: &'p Plan, stage: Stage) -> Self {
        Self {
            plan,
            marks: FileMarks::default(),
            stage,
            seen: None,
            binding: None,
            builders: Vec::new(),
            numbers: Vec::new(),
            masks: Vec::new(),
            bytes: 0,
            unknown: Vec::new(),
            consent: None,
            reasons: BTreeMap::new(),
            nulled: BTreeMap::new(),
            rows: 0,
            filtered: 0,
            skipped: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// Sets the file whose rows `row_number` counts.
    pub(super) fn of_file(self, path: &Path, sha256: &str) -> Self {
        Self { marks: FileMarks::of(path, sha256), ..self }
    }

    pub(super) fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// Lets the sink note headers and bindings for a preview.
    pub(super) fn note_what_is_seen(&mut self) {
        self.seen = Some(Box::default());
    }

    /// The notes; none unless the sink was told to take them.
    pub(super) fn take_seen(&mut self) -> Seen {
        self.seen.take().map(|seen| *seen).unwrap_or_default()
    }

    /// Notes where the next header was found.
    pub(super) fn found_header(&mut self, row: u64, separator: Option<u8>) {
        if let Some(seen) = &mut self.seen {
            seen.found_header(row, separator);
        }
    }

    /// Columns that are not used, with the known header that each most likely means.
    pub(super) fn unknown_columns(&self) -> Vec<UnknownColumn> {
        let similar = self.similar_headers();
        self.unknown.iter().map(|name| UnknownColumn::new(Some(self.plan.table), name, &similar)).collect()
    }

    /// Columns that are not used.
    pub(super) fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Binds a complete header. Refuses the file if a required column is missing.
    pub(super) fn bind(&mut self, names: &[String]) -> Result<(), FileError> {
        let binding = self.plan.bind(names);
        if let Some(seen) = &mut self.seen {
            seen.add(self.plan, names, &binding);
        }
        self.plan.check(&binding, names)?;
        self.bind_partial(names)?;
        self.marks.begin_table();
        self.check_bound(names)
    }

    /// Binds names that may be incomplete.
    pub(super) fn bind_partial(&mut self, names: &[String]) -> Result<(), FileError> {
        self.flush()?;
        let binding = self.plan.bind(names);
        self.builders = (0..binding.read_slots).map(|_| builder(1 << 10)).collect();
        for name in &binding.unknown {
            self.add_unknown(name);
        }
        if let Some(seen) = &mut self.seen {
            seen.is_read(self.plan, names, &binding);
        }
        self.binding = Some(binding);
        Ok(())
    }

    /// Refuses the file if a required column is missing or an unknown column looks like consent.
    pub(super) fn check_bound(&mut self, names: &[String]) -> Result<(), FileError> {
        let consent = self.consent.take().or_else(|| self.plan.tested_consent().map(str::to_owned));
        let Some(binding) = &self.binding else { return Ok(()) };
        self.plan.check_consent(binding, consent.as_deref())?;
        self.plan.check_age(binding)?;
        self.plan.check(binding, names)?;
        self.plan.check_absent(names, &self.unknown)
    }

    /// The used fields of the file.
    pub(super) fn bound_fields(&self) -> Vec<usize> {
        self.binding.as_ref().map(|binding| binding.fields[..binding.read_slots].to_vec()).unwrap_or_default()
    }

    /// Adds a column that is not used.
    pub(super) fn add_unknown(&mut self, name: &str) {
        if self.consent.is_none() && self.plan.table.may_be_consent(name) {
            self.consent = Some(name.trim().to_owned());
        }
        if self.unknown.len() < MAX_UNKNOWN && !self.unknown.iter().any(|known| known == name) {
            self.unknown.push(name.to_owned());
        }
    }

    /// Adds a record, which names its own fields: `has_field` tells which are there, even if they are empty.
    pub(super) fn record<'v>(
        &mut self,
        number: u64,
        value: impl Fn(usize) -> Option<&'v str>,
        has_field: impl Fn(usize) -> bool,
    ) -> Result<(), FileError> {
        if let Some(binding) = self.binding.as_ref().filter(|_| column_masks::applies_to(self.plan.table)) {
            self.masks.push(column_masks::of_record(self.plan.table, binding, has_field));
        }
        self.row(number, value)
    }

    /// Adds a row. `number` is its number in the file, and `value` returns its fields.
    pub(super) fn row<'v>(&mut self, number: u64, value: impl Fn(usize) -> Option<&'v str>) -> Result<(), FileError> {
        let Some(binding) = &self.binding else { return Ok(()) };
        for (builder, &field) in self.builders.iter_mut().zip(&binding.fields) {
            match value(field) {
                Some(text) => {
                    self.bytes += text.len();
                    builder.append_value(text);
                }
                None => builder.append_null(),
            }
        }
        self.numbers.push(number);
        if self.numbers.len() >= MAX_ROWS || self.bytes >= MAX_BYTES { self.flush() } else { Ok(()) }
    }

    /// Rejects a line that cannot be split into fields. Stores only its shape, because its columns are unknown.
    pub(super) fn reject_line(&mut self, row: u64, reason: Reason, raw: &[u8]) -> Result<(), FileError> {
        let value = reject::shape(String::from_utf8_lossy(raw).trim_end());
        self.rows += 1;
        self.reject(Reject::new(row, None, Some(value), reason))
    }

    /// Counts a row that is not a row of data.
    pub(super) fn skip_row(&mut self, row: u64, kind: SkippedRow) {
        self.skipped.entry(kind).or_default().add(row);
    }

    /// Adds notes on the file.
    pub(super) fn note(&mut self, notes: impl IntoIterator<Item = Note>) {
        let space = MAX_NOTES.saturating_sub(self.notes.len());
        self.notes.extend(notes.into_iter().take(space));
    }

    fn reject(&mut self, reject: Reject) -> Result<(), FileError> {
        *self.reasons.entry(reject.reason.code().to_owned()).or_default() += 1;
        self.stage.rejects.push(reject)
    }

    fn set_unknown(&mut self, nulled: Reject) -> Result<(), FileError> {
        let Some(column) = nulled.column else { return Ok(()) };
        let new = || NulledValues::first(column, &nulled);
        self.nulled.entry((column, nulled.reason)).or_insert_with(new).add(&nulled);
        self.stage.nulled.push(nulled)
    }

    fn flush(&mut self) -> Result<(), FileError> {
        let Some(binding) = &self.binding else { return Ok(()) };
        if self.numbers.is_empty() {
            return Ok(());
        }
        let rows = self.numbers.len();
        let full = self.builders.iter_mut().map(|full| std::mem::replace(full, builder(rows)));
        let texts: Vec<StringChunked> = full.map(StringChunkedBuilder::finish).collect();
        let masks = std::mem::take(&mut self.masks);
        self.bytes = 0;
        if binding.shape.is_some() {
            return self.flush_reshaped(&texts, &masks);
        }
        let cleaned = clean::clean(self.plan, binding, &texts, &self.numbers, &masks)?;
        self.numbers.clear();
        self.add(rows, cleaned)
    }

    /// Makes the rows of the table from those of the file, and cleans them.
    fn flush_reshaped(&mut self, texts: &[StringChunked], masks: &[i64]) -> Result<(), FileError> {
        let (Some(binding), numbers) = (self.binding.take(), std::mem::take(&mut self.numbers)) else { return Ok(()) };
        let marks = self.marks.clone();
        let reshaped = clean::reshape(self.plan, &binding, &marks, (texts, &numbers), &mut |texts, rows| {
            let numbers: Vec<u64> = rows.iter().map(|&row| numbers[row]).collect();
            let masks: Vec<i64> = rows.iter().filter_map(|&row| masks.get(row).copied()).collect();
            let cleaned = clean::clean(self.plan, &binding, texts, &numbers, &masks)?;
            self.add(rows.len(), cleaned)
        })?;
        self.filtered += reshaped.filtered;
        self.rows += reshaped.rejects.len() as u64;
        self.binding = Some(binding);
        reshaped.rejects.into_iter().try_for_each(|reject| self.reject(reject))
    }

    fn add(&mut self, rows: usize, cleaned: Cleaned) -> Result<(), FileError> {
        self.rows += rows as u64;
        for reject in cleaned.rejects {
            self.reject(reject)?;
        }
        for nulled in cleaned.nulled {
            self.set_unknown(nulled)?;
        }
        for batch in cleaned.batches {
            self.stage.push(batch)?;
        }
        Ok(())
    }

    /// Finishes the file.
    pub(super) fn finish(mut self) -> Result<DecodedRows, FileError> {
        self.flush()?;
        self.stage.finish()?;
        self.notes.extend(self.skipped.iter().map(|(kind, rows)| rows.note(*kind)));
        let similar = self.similar_headers();
        let nulled = self.nulled.into_values().collect();
        Ok(DecodedRows {
            stage: self.stage,
            rows: self.rows,
            filtered: self.filtered,
            reasons: self.reasons,
            nulled,
            unknown: self.unknown,
            similar,
            notes: self.notes,
        })
    }

    fn similar_headers(&self) -> BTreeMap<String, String> {
        let bound = self.binding.iter().flat_map(|binding| &binding.columns);
        let bound: Vec<&str> = bound.map(|bound| bound.column.name).collect();
        let is_free = |column: &Column| !bound.contains(&column.name);
        let similar = |name: &String| Some((name.clone(), self.plan.table.similar_header(name, is_free)?.0.to_owned()));
        self.unknown.iter().filter_map(similar).collect()
    }
}

fn builder(rows: usize) -> StringChunkedBuilder {
    StringChunkedBuilder::new(PlSmallStr::EMPTY, rows)
}
