//! Reads figures and rows from the batches of report queries.

use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};
use arrow::record_batch::RecordBatch;
use serde_json::{Number, Value};

/// The first day of 1970, counted from the first day of the year 1.
pub(super) const DAY_OF_1970: i32 = 719_163;

/// The figures of one period, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    names: Vec<String>,
    values: Vec<Option<f64>>,
}

impl Figures {
    /// Reads the figures of queries that return one row each.
    pub(super) fn of(batches: &[RecordBatch]) -> Self {
        let mut figures = Self::default();
        figures.extend(batches);
        figures
    }

    /// Adds the figures of queries that return one row each.
    pub(super) fn extend(&mut self, batches: &[RecordBatch]) {
        for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
            for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
                self.names.push(field.name().clone());
                self.values.push(number(column.as_ref(), 0));
            }
        }
    }

    /// Adds a figure.
    pub(super) fn add(&mut self, name: &str, value: f64) {
        self.names.push(name.to_owned());
        self.values.push(Some(value));
    }

    /// The figure with this name; 0 if it is missing.
    pub(super) fn count(&self, name: &str) -> f64 {
        self.get(name).unwrap_or_default()
    }

    /// The figure with this name; `None` if it is missing.
    pub(super) fn get(&self, name: &str) -> Option<f64> {
        let at = self.names.iter().position(|known| known == name)?;
        self.values.get(at).copied().flatten()
    }
}

/// Reads a column of counts; 0 for missing values. Counts of people are far below 2^53, so that they are exact.
pub(super) fn counts(column: &dyn Array) -> Vec<u64> {
    if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
        return numbers.iter().map(|number| number.unwrap_or_default().try_into().unwrap_or_default()).collect();
    }
    let numbers = arrow::compute::cast(column, &DataType::Float64).ok();
    let numbers = numbers.as_ref().and_then(|numbers| numbers.as_primitive_opt::<Float64Type>());
    let count = |number: Option<f64>| number.unwrap_or_default() as u64;
    numbers.map_or_else(|| vec![0; column.len()], |numbers| numbers.iter().map(count).collect())
}

/// Reads a column of dates, or of days since 1970, as days counted from the first day of the year 1.
pub(super) fn days(column: &dyn Array) -> Vec<Option<i32>> {
    let numbers = arrow::compute::cast(column, &DataType::Int32).ok();
    let numbers = numbers.as_ref().and_then(|numbers| numbers.as_primitive_opt::<Int32Type>());
    let day = |number: Option<i32>| number.map(|number| number + DAY_OF_1970);
    numbers.map_or_else(|| vec![None; column.len()], |numbers| numbers.iter().map(day).collect())
}

/// Reads a number of any type; `None` if it is missing.
fn number(column: &dyn Array, row: usize) -> Option<f64> {
    let column = arrow::compute::cast(column, &DataType::Float64).ok()?;
    let numbers = column.as_primitive_opt::<Float64Type>()?;
    numbers.is_valid(row).then(|| numbers.value(row))
}

/// Reads a column as text. Without the column or with another type all values are missing.
pub(super) fn text_column(batch: &RecordBatch, column: usize) -> StringArray {
    let texts = batch.columns().get(column).and_then(|column| arrow::compute::cast(column, &DataType::Utf8).ok());
    let texts = texts.and_then(|texts| texts.as_string_opt::<i32>().cloned());
    texts.unwrap_or_else(|| StringArray::new_null(batch.num_rows()))
}

/// Reads the first columns of a batch as text, row by row.
pub(super) fn texts(batch: &RecordBatch, columns: usize) -> Vec<Vec<Option<String>>> {
    let columns: Vec<StringArray> = (0..columns).map(|column| text_column(batch, column)).collect();
    let text = |column: &StringArray, row: usize| column.is_valid(row).then(|| column.value(row).to_owned());
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| text(column, row)).collect()).collect()
}

/// Converts rows to JSON: integers, numbers rounded to four decimals, and texts.
pub(super) fn rows(batches: &[RecordBatch]) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for batch in batches {
        let columns: Vec<Vec<Value>> = batch.columns().iter().map(|column| values(column.as_ref())).collect();
        rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect()));
    }
    rows
}

fn values(column: &dyn Array) -> Vec<Value> {
    let cast = |to: &DataType| arrow::compute::cast(column, to).ok();
    if column.data_type().is_floating() || column.data_type().is_integer() {
        let numbers = cast(&DataType::Float64);
        let numbers = numbers.as_ref().and_then(|numbers| numbers.as_primitive_opt::<Float64Type>());
        return numbers
            .map_or_else(Vec::new, |numbers| numbers.iter().map(|value| value.map_or(Value::Null, json)).collect());
    }
    let texts = cast(&DataType::Utf8);
    let texts = texts.as_ref().and_then(|texts| texts.as_string_opt::<i32>());
    texts.map_or_else(Vec::new, |texts| texts.iter().map(Value::from).collect())
}

/// Converts a number to JSON: an integer, or rounded to four decimals, or null if it is not finite.
pub(super) fn json(value: f64) -> Value {
    // Integers are exact in a float up to 2^53.
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::from(value as i64);
    }
    Number::from_f64((value * 1e4).round() / 1e4).map_or(Value::Null, Value::Number)
}
