//! SQL functions of the build's session, which plain SQL cannot express.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Builder, Float64Array, Int64Builder, ListArray, StringArray,
    StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Float64Type, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use zhihui_data::{Zone, district, snapshot::EventWeight};

use super::bound_function::BoundFunction;
use crate::lake::raw::instant_type;

/// A pause of at least this length between two reads starts a new session.
const SESSION_GAP_MICROS: i64 = 30 * 60 * 1_000_000;
/// Offsets of time zones are multiples of this.
const QUARTER_HOUR_MICROS: i64 = 15 * 60 * 1_000_000;

/// The functions that no settings change. Plans name them, so every process that runs plans needs them.
#[cfg(feature = "cluster")]
pub(crate) fn plain_functions() -> Vec<ScalarUDF> {
    vec![day_in(), week_hour_in(), has_word_of(), reading_sessions(), district_name(), read_weight()]
}

/// `local_day(instant)`: the calendar day of an instant in `zone`.
pub(super) fn local_day(zone: Zone) -> ScalarUDF {
    BoundFunction::new("local_day", vec![instant_type()], day_in(), zone_value(zone)).into()
}

/// `week_hour(instant)`: the hours since Monday 0:00 of the instant's week in `zone`, 0 to 167.
pub(super) fn week_hour(zone: Zone) -> ScalarUDF {
    BoundFunction::new("week_hour", vec![instant_type()], week_hour_in(), zone_value(zone)).into()
}

/// `is_sensitive(topic)`: whether a topic contains one of these words, ignoring case.
pub(super) fn is_sensitive(words: &[String]) -> ScalarUDF {
    let words: Vec<ScalarValue> = words.iter().map(|word| ScalarValue::from(word.as_str())).collect();
    let words = ScalarValue::List(ScalarValue::new_list_nullable(&words, &DataType::Utf8));
    BoundFunction::new("is_sensitive", vec![DataType::Utf8], has_word_of(), words).into()
}

fn zone_value(zone: Zone) -> ScalarValue {
    ScalarValue::from(zone.name())
}

/// `day_in(instant, zone)`: the calendar day of an instant in a zone.
fn day_in() -> ScalarUDF {
    let days = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let (instants, zone) = (one_array(arguments, "day_in")?, zone_of(arguments)?);
        let mut days = Date32Builder::with_capacity(instants.len());
        // Consecutive rows are mostly of one day, so cache its bounds.
        let mut last_day: Option<(i64, i64, i32)> = None;
        for micros in instants.as_primitive::<TimestampMicrosecondType>() {
            days.append_option(micros.and_then(|micros| match last_day {
                Some((from, to, day)) if (from..to).contains(&micros) => Some(day),
                _ => {
                    last_day = bounds(zone, micros);
                    last_day.map(|(_, _, day)| day)
                }
            }));
        }
        Ok(ColumnarValue::Array(Arc::new(days.finish())))
    };
    let inputs = vec![instant_type(), DataType::Utf8];
    create_udf("day_in", inputs, DataType::Date32, Volatility::Immutable, Arc::new(days))
}

/// `week_hour_in(instant, zone)`: the hours since Monday 0:00 of the instant's week in a zone, 0 to 167.
fn week_hour_in() -> ScalarUDF {
    let hours = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let (instants, zone) = (one_array(arguments, "week_hour_in")?, zone_of(arguments)?);
        let mut hours = Int64Builder::with_capacity(instants.len());
        let mut known: HashMap<i64, Option<i64>> = HashMap::new();
        for micros in instants.as_primitive::<TimestampMicrosecondType>() {
            hours.append_option(micros.and_then(|micros| {
                let quarter = micros.div_euclid(QUARTER_HOUR_MICROS);
                *known.entry(quarter).or_insert_with(|| hour_of_week(zone, micros))
            }));
        }
        Ok(ColumnarValue::Array(Arc::new(hours.finish())))
    };
    let inputs = vec![instant_type(), DataType::Utf8];
    create_udf("week_hour_in", inputs, DataType::Int64, Volatility::Immutable, Arc::new(hours))
}

fn hour_of_week(zone: Zone, micros: i64) -> Option<i64> {
    let local = zone.local(DateTime::from_timestamp_micros(micros)?);
    Some(i64::from(24 * local.weekday().num_days_from_monday() + local.hour()))
}

/// `has_word_of(topic, words)`: whether a topic contains one of the words, ignoring case.
fn has_word_of() -> ScalarUDF {
    let test = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let topics = cast(&one_array(arguments, "has_word_of")?, &DataType::Utf8)?;
        let Some(ColumnarValue::Scalar(ScalarValue::List(list))) = arguments.get(1) else {
            return exec_err!("has_word_of takes a constant list of words");
        };
        let words = list.values().as_string::<i32>();
        let words: Vec<String> = words.iter().flatten().map(str::to_owned).collect();
        let flags: BooleanArray = topics
            .as_string::<i32>()
            .iter()
            .map(|topic| Some(topic.is_some_and(|topic| crate::config::is_sensitive(&words, topic))))
            .collect();
        Ok(ColumnarValue::Array(Arc::new(flags)))
    };
    let words = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
    create_udf("has_word_of", vec![DataType::Utf8, words], DataType::Boolean, Volatility::Immutable, Arc::new(test))
}

/// `district_name(text)`: a district's normalised name, for rows that were ingested before ingest normalised names.
pub(super) fn district_name() -> ScalarUDF {
    let names = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let texts = cast(&one_array(arguments, "district_name")?, &DataType::Utf8)?;
        let names = texts.as_string::<i32>().iter().map(|name| name.map(district::normalised));
        Ok(ColumnarValue::Array(Arc::new(names.collect::<StringArray>())))
    };
    create_udf("district_name", vec![DataType::Utf8], DataType::Utf8, Volatility::Immutable, Arc::new(names))
}

/// `read_weight(read_fraction, dwell_seconds)`: the weight of a read relative to other reads, as in the snapshot.
pub(super) fn read_weight() -> ScalarUDF {
    let weigh = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let columns = ColumnarValue::values_to_arrays(arguments)?;
        let [fractions, seconds] = &columns[..] else { return exec_err!("read_weight takes two arguments") };
        let (fractions, seconds) = (fractions.as_primitive::<Float64Type>(), seconds.as_primitive::<Float64Type>());
        let pairs = fractions.iter().zip(seconds);
        let weights = pairs.map(|(fraction, seconds)| f64::from(EventWeight::of_read(fraction, seconds).factor()));
        Ok(ColumnarValue::Array(Arc::new(weights.collect::<Float64Array>())))
    };
    let inputs = vec![DataType::Float64, DataType::Float64];
    create_udf("read_weight", inputs, DataType::Float64, Volatility::Immutable, Arc::new(weigh))
}

/// Returns start and end of an instant's day in microseconds, and the day since 1970.
fn bounds(zone: Zone, micros: i64) -> Option<(i64, i64, i32)> {
    let day = zone.day(DateTime::from_timestamp_micros(micros)?);
    let since_1970 = day.signed_duration_since(NaiveDate::default()).num_days();
    let from = zone.midnight(day).timestamp_micros();
    let to = zone.midnight(day.succ_opt()?).timestamp_micros();
    Some((from, to, i32::try_from(since_1970).ok()?))
}

/// `reading_sessions(list of instants)`: the sessions of one member's reads, by time.
pub(super) fn reading_sessions() -> ScalarUDF {
    let sessions = |arguments: &[ColumnarValue]| -> Result<ColumnarValue> {
        let lists = one_array(arguments, "reading_sessions")?;
        let Some(lists) = lists.as_list_opt::<i32>() else {
            return exec_err!("reading_sessions takes a list of instants");
        };
        Ok(ColumnarValue::Array(sessions_of(lists)?))
    };
    let input = DataType::List(Arc::new(Field::new_list_field(instant_type(), true)));
    let output = DataType::List(session_field());
    create_udf("reading_sessions", vec![input], output, Volatility::Immutable, Arc::new(sessions))
}

fn session_fields() -> Fields {
    Fields::from(vec![
        Field::new("started_at", instant_type(), true),
        Field::new("ended_at", instant_type(), true),
        Field::new("reads", DataType::Int64, true),
    ])
}

fn session_field() -> Arc<Field> {
    Arc::new(Field::new_list_field(DataType::Struct(session_fields()), true))
}

fn sessions_of(lists: &ListArray) -> Result<ArrayRef> {
    let mut started = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    let mut ended = TimestampMicrosecondBuilder::new().with_timezone("UTC");
    let mut reads = Int64Builder::new();
    let mut lengths = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        let mut instants: Vec<i64> = if lists.is_valid(row) {
            lists.value(row).as_primitive::<TimestampMicrosecondType>().iter().flatten().collect()
        } else {
            Vec::new()
        };
        instants.sort_unstable();
        let mut n_sessions = 0;
        for session in instants.chunk_by(|earlier, later| later - earlier < SESSION_GAP_MICROS) {
            started.append_option(session.first().copied());
            ended.append_option(session.last().copied());
            reads.append_value(session.len() as i64);
            n_sessions += 1;
        }
        lengths.push(n_sessions);
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(started.finish()), Arc::new(ended.finish()), Arc::new(reads.finish())];
    let sessions = StructArray::try_new(session_fields(), columns, None)?;
    let list = ListArray::try_new(session_field(), OffsetBuffer::from_lengths(lengths), Arc::new(sessions), None)?;
    Ok(Arc::new(list))
}

/// The first argument as an array.
fn one_array(arguments: &[ColumnarValue], function: &str) -> Result<ArrayRef> {
    let arrays = ColumnarValue::values_to_arrays(arguments.get(..1).unwrap_or_default())?;
    arrays.into_iter().next().ok_or_else(|| DataFusionError::Execution(format!("{function} takes an argument")))
}

/// The second argument, a constant, as a zone.
fn zone_of(arguments: &[ColumnarValue]) -> Result<Zone> {
    match arguments.get(1) {
        Some(ColumnarValue::Scalar(ScalarValue::Utf8(Some(name)))) => {
            Zone::named(name).ok_or_else(|| DataFusionError::Execution(format!("there is no time zone {name}")))
        }
        _ => exec_err!("the time zone must be a constant"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::TimestampMicrosecondArray;

    fn instants(minutes: &[i64]) -> TimestampMicrosecondArray {
        minutes
            .iter()
            .map(|minute| Some(minute * 60_000_000))
            .collect::<TimestampMicrosecondArray>()
            .with_timezone("UTC")
    }

    #[test]
    fn a_pause_of_half_an_hour_starts_a_new_session() {
        let item = Arc::new(Field::new_list_field(instant_type(), true));
        let lists =
            ListArray::new(item, OffsetBuffer::from_lengths([4, 1]), Arc::new(instants(&[59, 0, 29, 90, 5])), None);
        let sessions = sessions_of(&lists).expect("sessions");
        let sessions = sessions.as_list::<i32>();
        let reads = |row: usize| {
            let of_row = sessions.value(row);
            of_row.as_struct().column(2).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()
        };
        assert_eq!(reads(0), [2, 1, 1]);
        assert_eq!(reads(1), [1]);
    }

    #[test]
    fn a_day_begins_at_local_midnight() {
        let zone = Zone::default();
        // 16:00 UTC is midnight in Shanghai.
        let (_, to, day) = bounds(zone, (16 * 3_600 - 1) * 1_000_000).expect("a day");
        assert_eq!((day, to), (0, 16 * 3_600 * 1_000_000));
        assert_eq!(bounds(zone, to).expect("a day").2, 1);
    }
}
