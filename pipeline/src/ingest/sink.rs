//! Collects the rows of a file in chunks of text columns, cleans the chunks, and adds them to the stage.

use std::collections::BTreeMap;

use polars::prelude::{PlSmallStr, StringChunked, StringChunkedBuilder};

use super::clean;
use super::error::FileError;
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

/// Decodes one file for one table.
pub(super) struct Sink<'p> {
    plan: &'p Plan,
    stage: Stage,
    /// Notes for a preview.
    seen: Option<Box<Seen>>,
    binding: Option<Binding>,
    builders: Vec<StringChunkedBuilder>,
    numbers: Vec<u64>,
    bytes: usize,
    unknown: Vec<String>,
    /// The first unknown column that looks like consent.
    consent: Option<String>,
    reasons: BTreeMap<String, u64>,
    rows: u64,
}

/// The decoded rows of one file, with counts.
#[derive(Debug)]
pub(super) struct DecodedRows {
    pub stage: Stage,
    pub rows: u64,
    pub reasons: BTreeMap<String, u64>,
    pub unknown: Vec<String>,
}

impl<'p> Sink<'p> {
    pub(super) fn new(plan: &'p Plan, stage: Stage) -> Self {
        Self {
            plan,
            stage,
            seen: None,
            binding: None,
            builders: Vec::new(),
            numbers: Vec::new(),
            bytes: 0,
            unknown: Vec::new(),
            consent: None,
            reasons: BTreeMap::new(),
            rows: 0,
        }
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
        if let Some(seen) = &mut self.seen {
            seen.is_read(self.plan, names, &binding);
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
        Ok(DecodedRows { stage: self.stage, rows: self.rows, reasons: self.reasons, unknown: self.unknown })
    }
}

fn builder(rows: usize) -> StringChunkedBuilder {
    StringChunkedBuilder::new(PlSmallStr::EMPTY, rows)
}
