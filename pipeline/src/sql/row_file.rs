//! Writes the rows of a query as CSV, JSON or Parquet while they are computed, so that their number is not limited by memory.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use zhihui_data::Zone;

use super::local_times::with_local_times;
use super::{QueryResult, SqlError, start, within};
use crate::export::{escape_formula, quote_csv};

/// The format of a file of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// Comma-separated text with local times and their offset; lists are separated by `;`. A text that a spreadsheet program
    /// would take for a formula begins with an apostrophe. `mark` is the byte order mark that Excel needs.
    Csv {
        /// Whether the text begins with a byte order mark.
        mark: bool,
    },
    /// One array of row objects, with instants in UTC.
    Json,
    /// Apache Parquet, with instants in UTC.
    Parquet,
}

/// Runs one read-only statement and writes its rows to `out`. Returns their number.
///
/// # Errors
/// As [`super::query`], and [`SqlError::Write`].
pub async fn write_rows(
    session: &SessionContext,
    sql: &str,
    limit: Duration,
    (format, zone): (RowFormat, Zone),
    out: Box<dyn Write + Send>,
) -> Result<u64, SqlError> {
    let (session, sql) = (session.clone(), sql.to_owned());
    let write = async move {
        let mut batches = start(&session, &sql).await?;
        let schema = batches.schema();
        let mut writer = RowWriter::new(&schema, format, zone, out)?;
        while let Some(batch) = batches.try_next().await? {
            writer.write(&batch)?;
        }
        writer.finish()
    };
    within(limit, write).await
}

struct RowWriter {
    /// Without rows, for the names of the columns.
    empty: QueryResult,
    zone: Zone,
    rows: u64,
    output: Output,
}

enum Output {
    Csv(BufWriter<Box<dyn Write + Send>>),
    Json(BufWriter<Box<dyn Write + Send>>),
    Parquet(Box<ArrowWriter<Box<dyn Write + Send>>>, SchemaRef),
}

fn failed(error: impl std::fmt::Display) -> SqlError {
    SqlError::Write(error.to_string())
}

impl RowWriter {
    fn new(schema: &Schema, format: RowFormat, zone: Zone, out: Box<dyn Write + Send>) -> Result<Self, SqlError> {
        let empty = QueryResult::new(schema.fields().iter().map(|field| field.name().as_str()));
        let output = match format {
            RowFormat::Csv { mark } => {
                let mut out = BufWriter::new(out);
                let names: Vec<String> = empty.columns.iter().map(|name| quote_csv(name)).collect();
                let mark = if mark { "\u{feff}" } else { "" };
                write!(out, "{mark}{}\r\n", names.join(",")).map_err(failed)?;
                Output::Csv(out)
            }
            RowFormat::Json => Output::Json(BufWriter::new(out)),
            RowFormat::Parquet => {
                let named = schema.fields().iter().zip(&empty.columns);
                let fields = named.map(|(field, name)| Field::clone(field).with_name(name)).collect::<Vec<_>>();
                let schema: SchemaRef = Arc::new(Schema::new(fields));
                let level = ZstdLevel::try_new(3).map_or(Compression::SNAPPY, Compression::ZSTD);
                let properties = WriterProperties::builder().set_compression(level).build();
                let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties)).map_err(failed)?;
                Output::Parquet(Box::new(writer), schema)
            }
        };
        Ok(Self { empty, zone, rows: 0, output })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), SqlError> {
        let is_first = self.rows == 0;
        self.rows += batch.num_rows() as u64;
        let rows = |batch: &RecordBatch| {
            let mut rows = self.empty.clone();
            rows.append(batch, usize::MAX).map_err(DataFusionError::from)?;
            Ok::<_, SqlError>(rows)
        };
        match &mut self.output {
            Output::Csv(out) => {
                let batch = with_local_times(batch, self.zone).map_err(DataFusionError::from)?;
                rows(&batch)?.rows.iter().try_for_each(|row| csv_line(out, row)).map_err(failed)
            }
            Output::Json(out) => json_rows(out, &rows(batch)?, is_first).map_err(failed),
            Output::Parquet(writer, schema) => {
                let batch = RecordBatch::try_new(Arc::clone(schema), batch.columns().to_vec());
                writer.write(&batch.map_err(DataFusionError::from)?).map_err(failed)
            }
        }
    }

    fn finish(self) -> Result<u64, SqlError> {
        match self.output {
            Output::Csv(mut out) => out.flush().map_err(failed)?,
            Output::Json(mut out) => {
                let end = if self.rows == 0 { "[]\n" } else { "\n]\n" };
                out.write_all(end.as_bytes()).and_then(|()| out.flush()).map_err(failed)?;
            }
            Output::Parquet(writer, _) => writer.into_inner().map_err(failed)?.flush().map_err(failed)?,
        }
        Ok(self.rows)
    }
}

fn csv_line(out: &mut impl Write, row: &[Value]) -> io::Result<()> {
    for (at, value) in row.iter().enumerate() {
        let cell = match value {
            Value::Number(number) => number.to_string(),
            other => quote_csv(&escape_formula(text(other))),
        };
        write!(out, "{}{cell}", if at == 0 { "" } else { "," })?;
    }
    out.write_all(b"\r\n")
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

/// Writes the elements of an array after its beginning or after other elements.
fn json_rows(out: &mut impl Write, rows: &QueryResult, is_first: bool) -> io::Result<()> {
    if rows.rows.is_empty() {
        return Ok(());
    }
    let text = serde_json::to_string(rows)?;
    write!(out, "{}{}", if is_first { "[\n" } else { ",\n" }, &text[1..text.len() - 1])
}
