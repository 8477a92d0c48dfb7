//! The rows of a query as JSON or as a text table.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{DateTime, SecondsFormat};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Value, json};
use zhihui_data::Zone;

use super::local_times::with_local_times;

/// The rows of a query. Serializes as an array of row objects with the columns in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryResult {
    /// Unique names; a repeated name gets a number.
    pub columns: Vec<String>,
    /// Values in the order of the columns. Instants are RFC 3339 in UTC; NaN and infinities are null.
    pub rows: Vec<Vec<Value>>,
    /// Whether the query has more rows than the limit.
    pub truncated: bool,
}

impl QueryResult {
    /// Creates an empty result with these column names.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut columns: Vec<String> = Vec::new();
        for name in names {
            let numbered = |n: usize| if n == 1 { name.to_owned() } else { format!("{name}_{n}") };
            let unused = (1..).map(numbered).find(|candidate| !columns.contains(candidate));
            columns.extend(unused);
        }
        Self { columns, rows: Vec::new(), truncated: false }
    }

    /// The first rows of a batch, with local times.
    pub(crate) fn in_zone(batch: &RecordBatch, zone: Zone, limit: usize) -> Result<Self, ArrowError> {
        let batch = with_local_times(batch, zone)?;
        let mut result = Self::new(batch.schema().fields().iter().map(|field| field.name().as_str()));
        result.append(&batch, limit)?;
        Ok(result)
    }

    /// Appends rows of a batch until the result has `limit` rows.
    pub(crate) fn append(&mut self, batch: &RecordBatch, limit: usize) -> Result<(), ArrowError> {
        let taken = batch.num_rows().min(limit.saturating_sub(self.rows.len()));
        self.truncated |= taken < batch.num_rows();
        let columns = batch.columns().iter().map(|column| values(&column.slice(0, taken)));
        let mut columns = columns.map(|values| values.map(Vec::into_iter)).collect::<Result<Vec<_>, _>>()?;
        for _ in 0..taken {
            self.rows.push(columns.iter_mut().map(|values| values.next().unwrap_or(Value::Null)).collect());
        }
        Ok(())
    }

    /// Formats a table for a terminal: a header, a rule and one line per row. Chinese characters are two columns wide.
    #[must_use]
    pub fn to_text(&self) -> String {
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.replace(['\n', '\r', '\t'], " "),
            other => other.to_string(),
        };
        let mut lines: Vec<Vec<String>> = vec![self.columns.clone()];
        lines.extend(self.rows.iter().map(|row| row.iter().map(cell).collect()));
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| lines.iter().map(|line| width(&line[at])).max().unwrap_or_default())
            .collect();
        let numeric: Vec<bool> = (0..self.columns.len())
            .map(|at| self.rows.iter().all(|row| row[at].is_number() || row[at].is_null()))
            .collect();
        lines.insert(1, widths.iter().map(|&width| "-".repeat(width)).collect());
        let mut text = String::new();
        for line in &lines {
            let padded = line.iter().enumerate().map(|(at, cell)| {
                let space = " ".repeat(widths[at].saturating_sub(width(cell)));
                if numeric[at] { format!("{space}{cell}") } else { format!("{cell}{space}") }
            });
            text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

impl Serialize for QueryResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Row<'a>(&'a [String], &'a [Value]);
        impl Serialize for Row<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(self.0.len()))?;
                for (name, value) in self.0.iter().zip(self.1) {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
        let mut rows = serializer.serialize_seq(Some(self.rows.len()))?;
        for row in &self.rows {
            rows.serialize_element(&Row(&self.columns, row))?;
        }
        rows.end()
    }
}

/// Width of a text on a terminal: two columns for East Asian wide characters, one for others.
fn width(text: &str) -> usize {
    let wide = |letter: char| {
        matches!(letter, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|letter| if wide(letter) { 2 } else { 1 }).sum()
}

fn values(column: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let each = |value: &dyn Fn(usize) -> Value| -> Vec<Value> {
        (0..column.len()).map(|row| if column.is_null(row) { Value::Null } else { value(row) }).collect()
    };
    let recast = |kind: &DataType| values(&cast(column, kind)?);
    Ok(match column.data_type() {
        DataType::Null => vec![Value::Null; column.len()],
        DataType::Boolean => each(&|row| json!(column.as_boolean().value(row))),
        DataType::Utf8View => each(&|row| json!(column.as_string_view().value(row))),
        DataType::Utf8 | DataType::LargeUtf8 => return recast(&DataType::Utf8View),
        DataType::Dictionary(_, kind) => return recast(kind),
        DataType::Int64 => each(&|row| json!(column.as_primitive::<Int64Type>().value(row))),
        DataType::UInt64 => each(&|row| json!(column.as_primitive::<UInt64Type>().value(row))),
        kind if kind.is_signed_integer() => return recast(&DataType::Int64),
        kind if kind.is_unsigned_integer() => return recast(&DataType::UInt64),
        DataType::Float64 => each(&|row| json!(column.as_primitive::<Float64Type>().value(row))),
        DataType::Float32 => each(&|row| json!(column.as_primitive::<Float32Type>().value(row))),
        DataType::Date32 => each(&|row| {
            let day = column.as_primitive::<Date32Type>().value_as_date(row);
            day.map_or(Value::Null, |day| json!(day.to_string()))
        }),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => each(&|row| {
            let instant = DateTime::from_timestamp_micros(column.as_primitive::<TimestampMicrosecondType>().value(row));
            let text = instant.map(|instant| instant.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            // A timestamp without a zone is local time and gets no Z.
            text.map_or(Value::Null, |text| json!(if zone.is_some() { &text } else { text.trim_end_matches('Z') }))
        }),
        DataType::Timestamp(_, zone) => return recast(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone())),
        DataType::List(_) => {
            let lists = column.as_list::<i32>();
            let inner = (0..lists.len()).map(|row| {
                if lists.is_null(row) { Ok(Value::Null) } else { values(&lists.value(row)).map(Value::Array) }
            });
            inner.collect::<Result<Vec<_>, _>>()?
        }
        DataType::Struct(fields) => {
            let structs = column.as_struct();
            let members = structs.columns().iter().map(values).collect::<Result<Vec<_>, _>>()?;
            each(&|row| {
                Value::Object(
                    fields
                        .iter()
                        .zip(&members)
                        .map(|(field, values)| (field.name().clone(), values[row].clone()))
                        .collect(),
                )
            })
        }
        _ => {
            let formatter = ArrayFormatter::try_new(column, &FormatOptions::default())?;
            each(&|row| json!(formatter.value(row).to_string()))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn values_become_json_and_text() {
        let names: ArrayRef = Arc::new(StringArray::from(vec![Some("亲子"), None]));
        let shares: ArrayRef = Arc::new(Float64Array::from(vec![0.5, f64::NAN]));
        let times: ArrayRef =
            Arc::new(TimestampMicrosecondArray::from(vec![Some(1_000_000), Some(1_500_000)]).with_timezone("UTC"));
        let batch = RecordBatch::try_from_iter([("topic", names), ("share", shares), ("at", times)]).expect("a batch");
        let mut result = QueryResult::new(["topic", "share", "at"].into_iter());
        result.append(&batch, 10).expect("rows");
        assert_eq!(
            serde_json::to_string(&result).expect("json"),
            r#"[{"topic":"亲子","share":0.5,"at":"1970-01-01T00:00:01Z"},{"topic":null,"share":null,"at":"1970-01-01T00:00:01.500Z"}]"#
        );
        assert_eq!(
            result.to_text(),
            "topic  share  at\n-----  -----  ------------------------\n亲子     0.5  1970-01-01T00:00:01Z\n              1970-01-01T00:00:01.500Z\n"
        );
    }

    #[test]
    fn repeated_names_get_numbers_and_rows_end_at_the_limit() {
        let mut result = QueryResult::new(["n", "n", "n_2"].into_iter());
        assert_eq!(result.columns, ["n", "n_2", "n_2_2"]);
        let column: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        let batch = RecordBatch::try_from_iter([("n", column)]).expect("a batch");
        result.append(&batch, 1).expect("rows");
        assert_eq!((result.rows.len(), result.truncated), (1, true));
    }
}
