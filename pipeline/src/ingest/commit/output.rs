//! Gives rows their origin and month, and writes them to the table's files.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringBuilder};
use arrow::datatypes::{Field, Schema, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, Days};
use zhihui_data::{Table, Zone};

use super::super::IngestError;
use crate::lake::{LakeError, LakeTable, TableWriter, Written, raw};

/// Writes accepted rows.
pub(super) struct Output {
    table: Table,
    zone: Zone,
    version: i64,
    writer: TableWriter,
    month: (Range<i64>, String),
}

impl Output {
    pub(super) fn new(table: Table, zone: Zone, stored: &LakeTable) -> Self {
        Self { table, zone, version: stored.version() + 1, writer: stored.writer(), month: (0..0, String::new()) }
    }

    /// The batch with the columns that say where its rows came from, and their month.
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
        if let Some(times) = self.table.partition_time().and_then(|name| batch.column_by_name(name)) {
            let times = times.as_primitive::<TimestampMicrosecondType>();
            let mut months = StringBuilder::with_capacity(rows, rows * 7);
            times.values().iter().for_each(|&micros| months.append_value(self.month_of(micros)));
            add(raw::MONTH, Arc::new(months.finish()));
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(unfit(self.table))
    }

    /// The month of an instant; rows of one file mostly fall into the month of the row before.
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

    pub(super) async fn write(&mut self, batch: &RecordBatch) -> Result<(), IngestError> {
        if batch.num_rows() > 0 {
            self.writer.write(batch).await?;
        }
        Ok(())
    }

    pub(super) async fn finish(self) -> Result<Written, IngestError> {
        Ok(self.writer.finish().await?)
    }
}

/// What it means when Arrow refuses rows of a table.
pub(in super::super) fn unfit(table: Table) -> impl Fn(ArrowError) -> IngestError {
    move |error| LakeError::Rows { table: raw::raw_name(table), detail: error.to_string() }.into()
}
