//! Writes rows of contract tables to Parquet files with typed columns, as a data warehouse would export them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDate;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use zhihui_data::sample::{TableFile, TableFormat};
use zhihui_data::{ColumnKind, Table, Zone};

/// Rows that are collected before they are encoded.
const BATCH_ROWS: usize = 32_768;

/// Parquet with instants in UTC and lists as text separated by `;`. Times in cells are local times of `zone`.
#[derive(Debug, Clone, Copy)]
pub struct ParquetTables {
    /// The zone of the times.
    pub zone: Zone,
}

impl TableFormat for ParquetTables {
    fn ending(&self) -> &'static str {
        "parquet"
    }

    fn create(&self, path: &Path, table: Table, columns: &[&'static str]) -> io::Result<Box<dyn TableFile>> {
        let known = columns.iter().enumerate().filter_map(|(cell, name)| Some((cell, table.column(name)?)));
        let columns: Vec<TypedColumn> = known
            .map(|(cell, column)| TypedColumn { cell, name: column.name, values: Values::new(column.kind) })
            .collect();
        let fields = columns.iter().map(|column| Field::new(column.name, column.values.data_type(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let level = ZstdLevel::try_new(1).map_or(Compression::SNAPPY, Compression::ZSTD);
        let properties =
            WriterProperties::builder().set_compression(level).set_statistics_enabled(EnabledStatistics::Chunk).build();
        let file = BufWriter::new(File::create(path)?);
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
        let days = Days { zone: self.zone, last: None };
        Ok(Box::new(ParquetFile { writer, schema, columns, days, rows: 0 }))
    }
}

struct ParquetFile {
    writer: ArrowWriter<BufWriter<File>>,
    schema: SchemaRef,
    columns: Vec<TypedColumn>,
    days: Days,
    /// Rows that are not encoded yet.
    rows: usize,
}

impl ParquetFile {
    fn encode(&mut self) -> io::Result<()> {
        self.rows = 0;
        let arrays = self.columns.iter_mut().map(|column| column.values.take()).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(io::Error::other)?;
        self.writer.write(&batch).map_err(io::Error::from)
    }
}

impl TableFile for ParquetFile {
    fn write(&mut self, cells: &[String]) -> io::Result<()> {
        for column in &mut self.columns {
            let cell = cells.get(column.cell).map_or("", String::as_str);
            if column.values.append(cell, &mut self.days).is_none() {
                let why = format!("{cell:?} is no value of the column {}", column.name);
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
        self.rows += 1;
        if self.rows < BATCH_ROWS { Ok(()) } else { self.encode() }
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if self.rows > 0 {
            self.encode()?;
        }
        self.writer.into_inner()?.flush()
    }
}

struct TypedColumn {
    /// Place of the column's cell in a row.
    cell: usize,
    name: &'static str,
    values: Values,
}

/// The values of a column that are not encoded yet.
enum Values {
    Text(StringBuilder),
    Time(TimestampMillisecondBuilder),
    Date(Date32Builder),
    Integer(Int64Builder),
    Real(Float64Builder),
    Flag(BooleanBuilder),
}

impl Values {
    fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Id | ColumnKind::Text | ColumnKind::List | ColumnKind::Choice(_) => {
                Self::Text(StringBuilder::new())
            }
            ColumnKind::Time => Self::Time(TimestampMillisecondBuilder::new().with_timezone("UTC")),
            ColumnKind::Date => Self::Date(Date32Builder::new()),
            ColumnKind::Integer { .. } => Self::Integer(Int64Builder::new()),
            ColumnKind::Real { .. } => Self::Real(Float64Builder::new()),
            ColumnKind::Flag => Self::Flag(BooleanBuilder::new()),
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::Utf8,
            Self::Time(_) => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
            Self::Date(_) => DataType::Date32,
            Self::Integer(_) => DataType::Int64,
            Self::Real(_) => DataType::Float64,
            Self::Flag(_) => DataType::Boolean,
        }
    }

    /// Appends the value of a cell; `None` if it is not of this type.
    fn append(&mut self, cell: &str, days: &mut Days) -> Option<()> {
        match self {
            _ if cell.is_empty() => self.append_null(),
            Self::Text(values) => values.append_value(cell),
            Self::Time(values) => values.append_value(days.instant(cell)? * 1_000),
            Self::Date(values) => values.append_value(Date32Type::from_naive_date(cell.parse().ok()?)),
            Self::Integer(values) => values.append_value(cell.parse().ok()?),
            Self::Real(values) => values.append_value(cell.parse().ok()?),
            Self::Flag(values) => values.append_value(match cell {
                "是" | "true" => true,
                "否" | "false" => false,
                _ => return None,
            }),
        }
        Some(())
    }

    fn append_null(&mut self) {
        match self {
            Self::Text(values) => values.append_null(),
            Self::Time(values) => values.append_null(),
            Self::Date(values) => values.append_null(),
            Self::Integer(values) => values.append_null(),
            Self::Real(values) => values.append_null(),
            Self::Flag(values) => values.append_null(),
        }
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Self::Text(values) => Arc::new(values.finish()),
            Self::Time(values) => Arc::new(values.finish()),
            Self::Date(values) => Arc::new(values.finish()),
            Self::Integer(values) => Arc::new(values.finish()),
            Self::Real(values) => Arc::new(values.finish()),
            Self::Flag(values) => Arc::new(values.finish()),
        }
    }
}

/// Finds the instants of local times. Remembers the last day, because neighbouring rows share it.
struct Days {
    zone: Zone,
    last: Option<([u8; 10], i64)>,
}

impl Days {
    /// The instant of a day, or of a day and a time `12:34:56`, in seconds since 1970. Offsets after the time are ignored: the
    /// time is local. The day must not have a change of the clock.
    fn instant(&mut self, text: &str) -> Option<i64> {
        let date: [u8; 10] = text.as_bytes().get(..10)?.try_into().ok()?;
        let midnight = match self.last {
            Some((last, midnight)) if last == date => midnight,
            _ => {
                let day: NaiveDate = text.get(..10)?.parse().ok()?;
                let midnight = self.zone.midnight(day).timestamp();
                self.last = Some((date, midnight));
                midnight
            }
        };
        let Some(time) = text.as_bytes().get(11..19) else { return (text.len() == 10).then_some(midnight) };
        let part = |at: usize| {
            let digits = time[at..at + 2].iter().map(|digit| digit.wrapping_sub(b'0'));
            digits.map(i64::from).try_fold(0, |sum, digit| (digit < 10).then_some(sum * 10 + digit))
        };
        Some(midnight + part(0)? * 3_600 + part(3)? * 60 + part(6)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_become_instants() {
        let mut days = Days { zone: Zone::default(), last: None };
        let expected = |text: &str| Some(chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp());
        assert_eq!(days.instant("2026-03-05 12:34:56"), expected("2026-03-05T12:34:56+08:00"));
        assert_eq!(days.instant("2026-03-05T23:59:59+08:00"), expected("2026-03-05T23:59:59+08:00"));
        assert_eq!(days.instant("2026-03-06"), expected("2026-03-06T00:00:00+08:00"));
        assert_eq!(["", "2026-03-06 1", "2026-13-01", "2026-03-06 aa:00:00"].map(|text| days.instant(text)), [None; 4]);
    }

    #[test]
    fn a_cell_that_is_no_value_of_its_column_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let format = ParquetTables { zone: Zone::default() };
        let path = folder.path().join("reads.parquet");
        let columns = ["member_id", "", "read_at", "dwell_seconds"];
        let mut file = format.create(&path, Table::Reads, &columns).expect("created");
        let row = |at: &str, seconds: &str| ["M1", "note", at, seconds].map(str::to_owned);
        file.write(&row("2026-03-05 12:00:00", "")).expect("written");
        let refused = file.write(&row("2026-03-05 12:00:00", "long")).expect_err("no number");
        assert_eq!(refused.to_string(), "\"long\" is no value of the column dwell_seconds");
    }
}
