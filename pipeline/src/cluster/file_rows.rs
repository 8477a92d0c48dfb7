//! Written files as rows, which executors send to the build.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::common::{Result, exec_datafusion_err};

use crate::lake::{DataFile, Written};

/// One row for each file.
pub(super) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("path", DataType::Utf8, false),
        Field::new("rows", DataType::Int64, false),
        Field::new("bytes", DataType::Int64, false),
        Field::new("partition", DataType::Utf8, false),
        Field::new("earliest", DataType::Int64, true),
        Field::new("latest", DataType::Int64, true),
        Field::new("statistics", DataType::Utf8, false),
    ]))
}

/// Describes files, with the partition as JSON.
pub(super) fn to_rows(written: &Written) -> Result<RecordBatch> {
    let files = &written.files;
    let partitions: Result<Vec<String>> = files
        .iter()
        .map(|file| serde_json::to_string(&file.partition).map_err(|error| exec_datafusion_err!("{error}")))
        .collect();
    let statistics = files.iter().map(|file| written.statistics.get(&file.path).map_or("", String::as_str));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(files.iter().map(|file| file.path.as_str()))),
        Arc::new(Int64Array::from_iter_values(files.iter().map(|file| file.rows as i64))),
        Arc::new(Int64Array::from_iter_values(files.iter().map(|file| file.bytes.cast_signed()))),
        Arc::new(StringArray::from_iter_values(partitions?)),
        Arc::new(files.iter().map(|file| file.time_range.map(|(earliest, _)| earliest)).collect::<Int64Array>()),
        Arc::new(files.iter().map(|file| file.time_range.map(|(_, latest)| latest)).collect::<Int64Array>()),
        Arc::new(StringArray::from_iter_values(statistics)),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// Reads the description of files.
pub(super) fn from_rows(rows: &RecordBatch) -> Result<Written> {
    let texts = |at: usize| rows.column(at).as_string_opt::<i32>().ok_or_else(|| unexpected(rows));
    let numbers = |at: usize| rows.column(at).as_primitive_opt::<Int64Type>().ok_or_else(|| unexpected(rows));
    if rows.num_columns() != schema().fields().len() {
        return Err(unexpected(rows));
    }
    let (paths, counts, sizes) = (texts(0)?, numbers(1)?, numbers(2)?);
    let (partitions, statistics) = (texts(3)?, texts(6)?);
    let (earliest, latest) = (numbers(4)?, numbers(5)?);
    let mut written = Written::default();
    for row in 0..rows.num_rows() {
        let partition: BTreeMap<String, String> =
            serde_json::from_str(partitions.value(row)).map_err(|_| unexpected(rows))?;
        let path = paths.value(row).to_owned();
        written.statistics.insert(path.clone(), statistics.value(row).to_owned());
        written.files.push(DataFile {
            path,
            rows: usize::try_from(counts.value(row)).map_err(|_| unexpected(rows))?,
            bytes: sizes.value(row).cast_unsigned(),
            partition,
            time_range: earliest.is_valid(row).then(|| (earliest.value(row), latest.value(row))),
        });
    }
    Ok(written)
}

fn unexpected(rows: &RecordBatch) -> datafusion::error::DataFusionError {
    exec_datafusion_err!("the executors answered with other columns than those of files: {}", rows.schema())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_arrive_as_they_were_written() {
        let file = |path: &str, time_range| DataFile {
            path: path.to_owned(),
            rows: 3,
            bytes: 1 << 33,
            partition: BTreeMap::from([("month".to_owned(), "2026-\"11".to_owned())]),
            time_range,
        };
        let mut written =
            Written { files: vec![file("a.parquet", Some((-5, 7))), file("b.parquet", None)], ..Written::default() };
        written.statistics.insert("a.parquet".to_owned(), "{\"numRecords\":3}".to_owned());
        written.statistics.insert("b.parquet".to_owned(), String::new());
        let rows = to_rows(&written).expect("rows");
        assert_eq!(from_rows(&rows).expect("files"), written);
    }
}
