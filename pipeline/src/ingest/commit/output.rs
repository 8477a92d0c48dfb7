//! Adds the columns of origin and month to rows, and writes them to the table's files.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringBuilder};
use arrow::datatypes::{Field, Schema, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Days};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zhihui_data::{Table, Zone};

use super::super::IngestError;
use super::super::column_masks::{self, ColumnMasks};
use super::super::in_parallel::threads;
use crate::lake::{LakeError, LakeTable, TableWriter, Written, raw};

/// Maximum number of batches that wait for a writer.
const QUEUED_BATCHES: usize = 8;
/// Number of rows after which another writer starts, each with a file of its own, up to the number of processors.
const ROWS_PER_WRITER: usize = 1 << 18;

/// Writes accepted rows in tasks, while the next ones are classified.
pub(super) struct Output {
    table: Table,
    zone: Zone,
    stored: LakeTable,
    version: i64,
    writers: Vec<Writer>,
    max_writers: usize,
    rows: usize,
    batches: usize,
    month: (Range<i64>, String),
}

/// A task that writes the batches that it is sent.
struct Writer {
    rows: mpsc::Sender<RecordBatch>,
    writing: JoinHandle<Result<Written, LakeError>>,
}

impl Writer {
    fn start(stored: &LakeTable) -> Self {
        let (rows, batches) = mpsc::channel(QUEUED_BATCHES);
        Self { rows, writing: tokio::spawn(write_all(stored.writer(), batches)) }
    }
}

impl Output {
    pub(super) fn new(table: Table, zone: Zone, stored: &LakeTable) -> Self {
        Self {
            table,
            zone,
            stored: stored.clone(),
            version: stored.version() + 1,
            writers: Vec::new(),
            max_writers: threads(),
            rows: 0,
            batches: 0,
            month: (0..0, String::new()),
        }
    }

    /// Adds the columns of origin and month to a batch.
    pub(super) fn with_origin(
        &mut self,
        batch: &RecordBatch,
        sha256: &str,
        first: i64,
    ) -> Result<RecordBatch, IngestError> {
        let rows = batch.num_rows();
        let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut columns = batch.columns().to_vec();
        let mut add = |name: &str, column: ArrayRef| {
            fields.push(Field::new(name, column.data_type().clone(), true));
            columns.push(column);
        };
        let mut file = StringBuilder::with_capacity(rows, rows * sha256.len());
        (0..rows).for_each(|_| file.append_value(sha256));
        add(raw::FILE, Arc::new(file.finish()));
        add(raw::ROW, Arc::new(Int64Array::from_iter_values(first..first + rows as i64)));
        add(raw::BATCH, Arc::new(Int64Array::from_value(self.version, rows)));
        if column_masks::applies_to(self.table) && batch.column_by_name(raw::COLUMNS).is_none() {
            add(raw::COLUMNS, ColumnMasks::of(self.table, batch).to_column(rows));
        }
        if let Some(times) = self.table.partition_time().and_then(|name| batch.column_by_name(name)) {
            let times = times.as_primitive::<TimestampMicrosecondType>();
            let mut months = StringBuilder::with_capacity(rows, rows * 7);
            times.values().iter().for_each(|&micros| months.append_value(self.month_of(micros)));
            add(raw::MONTH, Arc::new(months.finish()));
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(rows_error(self.table))
    }

    /// The month of an instant. Cached, because consecutive rows are mostly in the same month.
    fn month_of(&mut self, micros: i64) -> &str {
        if !self.month.0.contains(&micros) {
            let text = raw::month_of(self.zone, micros);
            let range = DateTime::from_timestamp_micros(micros).map(|instant| {
                let from = self.zone.month_start(instant);
                let day = self.zone.day(from).checked_add_days(Days::new(32)).unwrap_or_default();
                let to = self.zone.month_start(self.zone.midnight(day));
                from.timestamp_micros()..to.timestamp_micros()
            });
            self.month = (range.unwrap_or(0..0), text);
        }
        &self.month.1
    }

    /// Sends rows to the writers in turn. [`Self::finish`] returns their errors.
    pub(super) async fn write(&mut self, batch: RecordBatch) {
        if batch.num_rows() == 0 {
            return;
        }
        if self.writers.len() < (self.rows / ROWS_PER_WRITER + 1).min(self.max_writers) {
            self.writers.push(Writer::start(&self.stored));
        }
        self.rows += batch.num_rows();
        self.batches += 1;
        let writer = &self.writers[self.batches % self.writers.len()];
        let _closed = writer.rows.send(batch).await;
    }

    /// Closes the files. Must be the last call.
    pub(super) async fn finish(&mut self) -> Result<Written, IngestError> {
        let mut written = Written::default();
        for Writer { rows, writing } in self.writers.drain(..) {
            drop(rows);
            written.merge(writing.await.map_err(|error| IngestError::Worker(error.to_string()))??);
        }
        Ok(written)
    }
}

async fn write_all(mut writer: TableWriter, mut batches: mpsc::Receiver<RecordBatch>) -> Result<Written, LakeError> {
    while let Some(batch) = batches.recv().await {
        writer.write(&batch).await?;
    }
    writer.finish().await
}

/// Converts an Arrow error about rows of a table.
pub(in super::super) fn rows_error(table: Table) -> impl Fn(ArrowError) -> IngestError {
    move |error| LakeError::Rows { table: raw::raw_name(table), detail: error.to_string() }.into()
}
