//! Writes the instants of a batch as local times with their offset, so that each value says its zone.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, FixedOffset, SecondsFormat};
use zhihui_data::Zone;

/// Replaces columns of instants by columns of texts such as `2026-11-21 08:30:00+08:00`. Local times without a zone stay.
pub(super) fn with_local_times(batch: &RecordBatch, zone: Zone) -> Result<RecordBatch, ArrowError> {
    let is_instant = |kind: &DataType| matches!(kind, DataType::Timestamp(_, Some(_)));
    if !batch.schema().fields().iter().any(|field| is_instant(field.data_type())) {
        return Ok(batch.clone());
    }
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if is_instant(field.data_type()) {
            fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            columns.push(texts(column, zone)?);
        } else {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn texts(column: &ArrayRef, zone: Zone) -> Result<ArrayRef, ArrowError> {
    let micros = cast(column, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
    let micros = micros.as_primitive::<TimestampMicrosecondType>();
    let texts = micros.iter().map(|micros| micros.and_then(|micros| local_time(micros, zone)));
    Ok(Arc::new(texts.collect::<StringArray>()))
}

/// The local time of microseconds since 1970.
pub(crate) fn local_time(micros: i64, zone: Zone) -> Option<String> {
    let instant = DateTime::from_timestamp_micros(micros)?;
    let ahead = zone.local(instant).signed_duration_since(instant.naive_utc()).num_seconds();
    let offset = FixedOffset::east_opt(i32::try_from(ahead).ok()?)?;
    Some(instant.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::AutoSi, false).replacen('T', " ", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_says_its_offset_in_summer_and_winter() {
        let berlin = Zone::named("Europe/Berlin").expect("a zone");
        assert_eq!(local_time(1_783_000_000_000_000, berlin).as_deref(), Some("2026-07-02 15:46:40+02:00"));
        assert_eq!(local_time(1_795_000_000_500_000, berlin).as_deref(), Some("2026-11-18 12:06:40.500+01:00"));
        assert_eq!(local_time(0, Zone::default()).as_deref(), Some("1970-01-01 08:00:00+08:00"));
    }
}
