//! Collects the rows of a file in chunks of text columns, cleans the chunks, and adds them to the stage.

use std::collections::BTreeMap;

use polars::prelude::{PlSmallStr, StringChunked, StringChunkedBuilder};

use super::clean;
use super::error::FileError;
use super::note::{Note, SkippedRow, SkippedRows};
use super::plan::{Binding, Plan};
use super::reject::{self, Reason, Reject};
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
    stage: Stage,
    binding: Option<Binding>,
    builders: Vec<StringChunkedBuilder>,
    numbers: Vec<u64>,
    bytes: usize,
    unknown: Vec<String>,
    /// The first unknown column that looks like consent.
    consent: Option<String>,
    reasons: BTreeMap<String, u64>,
    rows: u64,
    skipped: BTreeMap<SkippedRow, SkippedRows>,
    notes: Vec<Note>,
}

/// The decoded rows of one file, with counts.
#[derive(Debug)]
pub(super) struct DecodedRows {
    pub stage: Stage,
    pub rows: u64,
    pub reasons: BTreeMap<String, u64>,
    pub unknown: Vec<String>,
    pub notes: Vec<Note>,
}

impl<'p> Sink<'p> {
    pub(super) fn new(plan: &'p Plan, stage: Stage) -> Self {
        Self {
            plan,
            stage,
            binding: None,
            builders: Vec::new(),
            numbers: Vec::new(),
            bytes: 0,
            unknown: Vec::new(),
            consent: None,
            reasons: BTreeMap::new(),
            rows: 0,
            skipped: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// Binds a complete header. Refuses the file if a required column is missing.
    pub(super) fn bind(&mut self, names: &[String]) -> Result<(), FileError> {
        self.plan.check(&self.plan.bind(names), names)?;
        self.bind_partial(names)?;
        self.check_bound(names)
    }

    /// Binds names that may be incomplete.
    pub(super) fn bind_partial(&mut self, names: &[String]) -> Result<(), FileError> {
        self.flush()?;
        let binding = self.plan.bind(names);
        self.builders = binding.fields.iter().map(|_| builder(1 << 10)).collect();
        for name in &binding.unknown {
            self.add_unknown(name);
        }
        self.binding = Some(binding);
        Ok(())
    }

    /// Refuses the file if a required column is missing or an unknown column looks like consent.
    pub(super) fn check_bound(&mut self, names: &[String]) -> Result<(), FileError> {
        let consent = self.consent.take();
        let Some(binding) = &self.binding else { return Ok(()) };
        self.plan.check_consent(binding, consent.as_deref())?;
        self.plan.check(binding, names)
    }

    /// The used fields of the file.
    pub(super) fn bound_fields(&self) -> Vec<usize> {
        self.binding.as_ref().map(|binding| binding.fields.clone()).unwrap_or_default()
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
        self.reject(Reject { row, column: None, value: Some(value), reason })
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
        self.stage.reject(reject)
    }

    fn flush(&mut self) -> Result<(), FileError> {
        let Some(binding) = &self.binding else { return Ok(()) };
        if self.numbers.is_empty() {
            return Ok(());
        }
        let rows = self.numbers.len();
        let full = self.builders.iter_mut().map(|full| std::mem::replace(full, builder(rows)));
        let texts: Vec<StringChunked> = full.map(StringChunkedBuilder::finish).collect();
        let cleaned = clean::clean(self.plan, binding, &texts, &self.numbers)?;
        self.rows += rows as u64;
        self.numbers.clear();
        self.bytes = 0;
        for reject in cleaned.rejects {
            self.reject(reject)?;
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
        let Self { stage, rows, reasons, unknown, notes, .. } = self;
        Ok(DecodedRows { stage, rows, reasons, unknown, notes })
    }
}

fn builder(rows: usize) -> StringChunkedBuilder {
    StringChunkedBuilder::new(PlSmallStr::EMPTY, rows)
}
