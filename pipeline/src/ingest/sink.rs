//! Takes the fields of a file's rows, gathers them in chunks of text columns, and hands cleaned chunks to the stage.

use std::collections::BTreeMap;

use polars::prelude::{PlSmallStr, StringChunked, StringChunkedBuilder};

use super::clean;
use super::error::FileError;
use super::plan::{Binding, Plan};
use super::reject::{self, Reason, Reject};
use super::stage::Stage;

/// Most rows of a chunk.
pub(super) const ROWS: usize = 65_536;
/// Most bytes of a chunk's texts, which bounds chunks of long texts.
const BYTES: usize = 24 << 20;
/// Names of unknown columns that are told.
const UNKNOWN: usize = 200;

/// The rows of one file on their way to one table.
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
}

/// What one file gave.
#[derive(Debug)]
pub(super) struct Gathered {
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

    /// Takes a header; a missing column that every row needs refuses the file.
    pub(super) fn bind(&mut self, names: &[String]) -> Result<(), FileError> {
        self.plan.check(&self.plan.bind(names), names)?;
        self.bind_some(names)?;
        self.check_bound(names)
    }

    /// Takes names that may not be all.
    pub(super) fn bind_some(&mut self, names: &[String]) -> Result<(), FileError> {
        self.flush()?;
        let binding = self.plan.bind(names);
        self.builders = binding.fields.iter().map(|_| builder(1 << 10)).collect();
        for name in &binding.unknown {
            self.unknown(name);
        }
        self.binding = Some(binding);
        Ok(())
    }

    /// Refuses what was bound if a column is missing that every row needs, or if an unknown one looks like consent.
    pub(super) fn check_bound(&mut self, names: &[String]) -> Result<(), FileError> {
        let consent = self.consent.take();
        let Some(binding) = &self.binding else { return Ok(()) };
        self.plan.check_consent(binding, consent.as_deref())?;
        self.plan.check(binding, names)
    }

    /// The fields that are used.
    pub(super) fn bound_fields(&self) -> Vec<usize> {
        self.binding.as_ref().map(|binding| binding.fields.clone()).unwrap_or_default()
    }

    /// Notes a column that nothing uses.
    pub(super) fn unknown(&mut self, name: &str) {
        if self.consent.is_none() && self.plan.table.may_be_consent(name) {
            self.consent = Some(name.trim().to_owned());
        }
        if self.unknown.len() < UNKNOWN && !self.unknown.iter().any(|known| known == name) {
            self.unknown.push(name.to_owned());
        }
    }

    /// Takes a row by its number in the file and its fields.
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
        if self.numbers.len() >= ROWS || self.bytes >= BYTES { self.flush() } else { Ok(()) }
    }

    /// Rejects a line that could not be split into fields; only its shape is kept, since its columns are not known.
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
        let full = self.builders.iter_mut().map(|kept| std::mem::replace(kept, builder(rows)));
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

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<Gathered, FileError> {
        self.flush()?;
        self.stage.finish()?;
        Ok(Gathered { stage: self.stage, rows: self.rows, reasons: self.reasons, unknown: self.unknown })
    }
}

fn builder(rows: usize) -> StringChunkedBuilder {
    StringChunkedBuilder::new(PlSmallStr::EMPTY, rows)
}
