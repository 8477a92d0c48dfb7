//! Makes the rows of a count as a record batch, as an SQL query would return them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

/// A column of a result.
pub(super) enum Column {
    Text(Vec<Option<String>>),
    Name(Vec<&'static str>),
    Count(Vec<i64>),
    Whole(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
}

impl From<Vec<i64>> for Column {
    fn from(values: Vec<i64>) -> Self {
        Self::Count(values)
    }
}

/// A batch of named columns of the same length.
pub(super) fn batch(columns: Vec<(&str, Column)>) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| {
        let column: ArrayRef = match column {
            Column::Text(values) => Arc::new(StringArray::from(values)),
            Column::Name(values) => Arc::new(StringArray::from(values)),
            Column::Count(values) => Arc::new(Int64Array::from(values)),
            Column::Whole(values) => Arc::new(Int64Array::from(values)),
            Column::Number(values) => Arc::new(Float64Array::from(values)),
        };
        (name, column, true)
    }))
}

/// One row of figures.
pub(super) fn figures(values: &[(&str, i64)]) -> Result<RecordBatch, ArrowError> {
    batch(values.iter().map(|&(name, value)| (name, Column::Count(vec![value]))).collect())
}

/// One row of one figure.
pub(super) fn figure(name: &str, value: Option<f64>) -> Result<RecordBatch, ArrowError> {
    batch(vec![(name, Column::Number(vec![value]))])
}
