//! The statistics of a data file in the log: number of rows, and bounds of the columns that the log may contain.

use arrow::array::{Array, AsArray};
use arrow::compute;
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

/// Inclusive bounds of one column of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bounds {
    column: String,
    instant: bool,
    range: Option<(i64, i64)>,
    missing: usize,
}

/// Collects the statistics while a file is written. Columns other than integers and instants are ignored.
#[derive(Debug, Clone)]
pub(super) struct ColumnStatistics {
    rows: usize,
    bounds: Vec<Bounds>,
}

impl ColumnStatistics {
    /// Starts with the columns, and their types, that the log may contain.
    pub(super) fn new(columns: impl IntoIterator<Item = (String, DataType)>) -> Self {
        let bounds = columns.into_iter().filter_map(|(column, kind)| {
            let instant = match kind {
                DataType::Timestamp(TimeUnit::Microsecond, _) => true,
                DataType::Int64 => false,
                _ => return None,
            };
            Some(Bounds { column, instant, range: None, missing: 0 })
        });
        Self { rows: 0, bounds: bounds.collect() }
    }

    /// Adds the rows of a batch.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows();
        for bounds in &mut self.bounds {
            let Some(values) = batch.column_by_name(&bounds.column) else { continue };
            bounds.missing += values.null_count();
            let found = if bounds.instant {
                let values = values.as_primitive::<TimestampMicrosecondType>();
                compute::min(values).zip(compute::max(values))
            } else {
                let values = values.as_primitive::<Int64Type>();
                compute::min(values).zip(compute::max(values))
            };
            if let Some((low, high)) = found {
                let (lowest, highest) = bounds.range.unwrap_or((low, high));
                bounds.range = Some((lowest.min(low), highest.max(high)));
            }
        }
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bounds of the first column if it contains instants.
    pub(super) fn time_range(&self) -> Option<(i64, i64)> {
        self.bounds.first().filter(|bounds| bounds.instant).and_then(|bounds| bounds.range)
    }

    /// Returns the JSON for the log. Bounds of instants are widened to milliseconds, which every reader supports.
    pub(super) fn to_json(&self) -> String {
        let (mut low, mut high, mut missing) = (Map::new(), Map::new(), Map::new());
        for bounds in &self.bounds {
            missing.insert(bounds.column.clone(), json!(bounds.missing));
            let Some((smallest, largest)) = bounds.range else { continue };
            let pair = if bounds.instant {
                instant(smallest.div_euclid(1000)).zip(instant(largest.div_euclid(1000) + 1))
            } else {
                Some((json!(smallest), json!(largest)))
            };
            if let Some((smallest, largest)) = pair {
                low.insert(bounds.column.clone(), smallest);
                high.insert(bounds.column.clone(), largest);
            }
        }
        json!({ "numRecords": self.rows, "minValues": low, "maxValues": high, "nullCount": missing }).to_string()
    }
}

fn instant(millis: i64) -> Option<Value> {
    let instant = DateTime::from_timestamp_millis(millis)?;
    Some(Value::String(instant.to_rfc3339_opts(SecondsFormat::Millis, true)))
}

/// Parses the number of rows and the bounds of the time column in microseconds; `None` for missing values.
pub(super) fn from_json(stats: &str, time_column: Option<&str>) -> (Option<usize>, Option<(i64, i64)>) {
    let Ok(stats) = serde_json::from_str::<Value>(stats) else { return (None, None) };
    let rows = stats["numRecords"].as_u64().and_then(|rows| usize::try_from(rows).ok());
    let bound = |which: &str| {
        let text = stats[which][time_column?].as_str()?;
        DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.timestamp_micros())
    };
    (rows, bound("minValues").zip(bound("maxValues")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};

    use super::*;
    use crate::lake::raw::instant_type;

    #[test]
    fn parsed_bounds_are_not_narrower_than_the_values() {
        let times: ArrayRef = Arc::new(
            TimestampMicrosecondArray::from(vec![Some(1_700_000_000_123_456), None, Some(-1)]).with_timezone("UTC"),
        );
        let batches: ArrayRef = Arc::new(Int64Array::from(vec![4, 2, 3]));
        let names: ArrayRef = Arc::new(StringArray::from(vec!["甲", "乙", "丙"]));
        let batch =
            RecordBatch::try_from_iter([("read_at", times), ("_batch", batches), ("name", names)]).expect("a batch");
        let columns = [("read_at", instant_type()), ("_batch", DataType::Int64), ("name", DataType::Utf8)];
        let mut statistics = ColumnStatistics::new(columns.map(|(name, kind)| (name.to_owned(), kind)));
        statistics.add(&batch);
        let text = statistics.to_json();
        assert!(!text.contains("name") && !text.contains('甲'), "{text}");
        let (rows, range) = from_json(&text, Some("read_at"));
        assert_eq!(rows, Some(3));
        let (low, high) = range.expect("bounds");
        assert!(low <= -1 && high >= 1_700_000_000_123_456, "{low} {high}");
        assert_eq!(statistics.time_range(), Some((-1, 1_700_000_000_123_456)));
    }
}
