//! Parses instants and dates. Times without a zone are in the configured zone.

mod calendar;
mod local_times;
mod range;

use std::borrow::Cow;

use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use polars::prelude::{Int32Chunked, Int64Chunked, StringChunked};
use zhihui_data::Zone;

use super::super::reject::Reason;
use super::super::time_format::TimeFormat;
use super::text::value;
use local_times::LocalTimes;

/// Valid instants in microseconds since 1970: the years 1900 to 2199.
const RANGE: std::ops::Range<i64> = -2_208_988_800_000_000..7_258_118_400_000_000;

/// Parses instants to microseconds since 1970.
pub(super) fn instants(
    values: &StringChunked,
    format: &TimeFormat,
    zone: Zone,
    reject: &mut impl FnMut(usize, Reason),
) -> Int64Chunked {
    let mut local_times = LocalTimes::new(zone);
    let mut time = |(row, text): (usize, Option<&'_ str>)| {
        let text = text?;
        let common = match format {
            TimeFormat::UnixMillis => digits(text).and_then(|millis| millis.checked_mul(1_000)),
            TimeFormat::UnixMicros => digits(text),
            TimeFormat::Auto => local_times.parse(text),
            _ => None,
        };
        let found =
            common.map_or_else(|| Some(instant(value(text)?.as_ref(), format, zone)), |found| Some(Some(found)))?;
        let found = found.filter(|micros| RANGE.contains(micros));
        if found.is_none() {
            reject(
                row,
                if range::is_without_year(value(text).as_deref().unwrap_or_default()) {
                    Reason::MissingYear
                } else {
                    Reason::BadTime
                },
            );
        }
        found
    };
    values.iter().enumerate().map(&mut time).collect()
}

/// Replaces ranges such as `2026-03-05 9:00-11:00` by their first time.
pub(super) fn first_times(values: &StringChunked) -> Cow<'_, StringChunked> {
    if values.iter().flatten().all(|text| range::first_time(text).len() == text.len()) {
        return Cow::Borrowed(values);
    }
    Cow::Owned(values.iter().map(|text| text.map(range::first_time)).collect())
}

/// Parses dates to days since 1970.
pub(super) fn dates(
    values: &StringChunked,
    format: &TimeFormat,
    zone: Zone,
    reject: &mut impl FnMut(usize, Reason),
) -> Int32Chunked {
    let day = |(row, text): (usize, Option<&'_ str>)| {
        let text = value(text?)?;
        let found = date(&text, format, zone);
        if found.is_none() {
            reject(row, if range::is_without_year(&text) { Reason::MissingYear } else { Reason::BadDate });
        }
        Some(days(found?))
    };
    values.iter().enumerate().map(day).collect()
}

/// Converts a date to days since 1970.
pub(super) fn days(date: NaiveDate) -> i32 {
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(i32::MAX)
}

/// Parses an instant to microseconds since 1970.
pub(super) fn instant(text: &str, format: &TimeFormat, zone: Zone) -> Option<i64> {
    let real = |scale: f64| {
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        value.map(|value| (value * scale).round() as i64)
    };
    let scaled = |scale: i64| match digits(text) {
        Some(integer) => integer.checked_mul(scale),
        None => real(scale as f64),
    };
    match format {
        TimeFormat::UnixSeconds => scaled(1_000_000),
        TimeFormat::UnixMillis => scaled(1_000),
        TimeFormat::UnixMicros => scaled(1),
        TimeFormat::UnixNanos => text.parse().map(|nanos: i64| nanos.div_euclid(1_000)).ok().or_else(|| real(1e-3)),
        TimeFormat::Auto => calendar::read(text, false)?.micros(zone),
        TimeFormat::Chrono(format) => match chrono_time(text, format)? {
            (local, Some(offset)) => Some(local.and_utc().timestamp_micros() - i64::from(offset) * 1_000_000),
            (local, None) => Some(zone.instant(local).timestamp_micros()),
        },
    }
}

fn date(text: &str, format: &TimeFormat, zone: Zone) -> Option<NaiveDate> {
    match format {
        TimeFormat::Auto => calendar::read(text, true)?.day(zone),
        TimeFormat::Chrono(format) => chrono_time(text, format).map(|(local, _)| local.date()),
        unix => instant(text, unix, zone).and_then(DateTime::from_timestamp_micros).map(|time| zone.day(time)),
    }
}

/// Parses a local time by a chrono format, and its offset in seconds if the format has one. Missing parts mean the start of
/// the month or day.
fn chrono_time(text: &str, format: &str) -> Option<(NaiveDateTime, Option<i32>)> {
    let mut parsed = Parsed::new();
    chrono::format::parse(&mut parsed, text, StrftimeItems::new(format)).ok()?;
    if parsed.timestamp().is_some() {
        return Some((parsed.to_naive_datetime_with_offset(0).ok()?, Some(0)));
    }
    let has = |test: &dyn Fn(&Item<'_>) -> bool| StrftimeItems::new(format).any(|item| test(&item));
    if parsed.day().is_none()
        && !has(&|item| matches!(item, Item::Numeric(Numeric::Ordinal, _) | Item::Fixed(Fixed::RFC3339)))
    {
        parsed.set_day(1).ok()?;
    }
    let day = parsed.to_naive_date().ok()?;
    let time = parsed.to_naive_time().unwrap_or_default();
    Some((day.and_time(time), parsed.offset()))
}

/// Parses 1 to 18 digits.
fn digits(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > 18 {
        return None;
    }
    let mut number = 0_i64;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + i64::from(digit);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, format: &str) -> Option<String> {
        let micros = instant(text, &TimeFormat::named(format), Zone::default())?;
        Some(DateTime::from_timestamp_micros(micros)?.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string())
    }

    #[test]
    fn all_common_formats_are_recognised() {
        let texts = [
            "1400624067",
            "1400624067000",
            "21/May/2014:06:14:27 +0800",
            "[20/May/2014:22:14:27 +0000]",
            "2014-05-21 06:14:27",
            "2014-05-21T06:14:27",
            "2014-05-20T22:14:27Z",
            "2014-05-21T06:14:27+08:00",
            "2014-05-20 22:14:27 UTC",
            "2014/5/21 6:14:27",
            "2014.05.21 06:14:27",
            "20140521061427",
            "2014年5月21日 6时14分27秒",
            "2014年5月21日06:14:27",
            "2014-5-21 上午6:14:27",
            "2014年5月21日（周三）6:14:27",
            "2014-05-21 星期三 06:14:27",
            "2014/5/21 6:14:27 AM",
            "41780.26003472222",
        ];
        for text in texts {
            assert_eq!(at(text, "auto").as_deref(), Some("2014-05-20T22:14:27Z"), "{text}");
        }
    }

    #[test]
    fn missing_parts_mean_the_start_of_the_period() {
        assert_eq!(at("2024年5月1日", "auto").as_deref(), Some("2024-04-30T16:00:00Z"));
        assert_eq!(at("2024/5/1 8:30", "auto").as_deref(), Some("2024-05-01T00:30:00Z"));
        assert_eq!(at("20240501", "auto").as_deref(), Some("2024-04-30T16:00:00Z"));
        assert_eq!(at("2024年5月", "auto").as_deref(), Some("2024-04-30T16:00:00Z"));
        assert_eq!(at("2024-05-01 下午 3:20", "auto").as_deref(), Some("2024-05-01T07:20:00Z"));
        assert_eq!(at("2024年5月1日 下午3点", "auto").as_deref(), Some("2024-05-01T07:00:00Z"));
        assert_eq!(at("2024年5月1日（周三） 下午3点半", "auto").as_deref(), Some("2024-05-01T07:30:00Z"));
        assert_eq!(at("2024.5.1", "auto").as_deref(), Some("2024-04-30T16:00:00Z"));
        assert_eq!(at("2024-05-01T08:00:00.250", "auto").as_deref(), Some("2024-05-01T00:00:00.250Z"));
        assert_eq!(at("45413", "auto").as_deref(), Some("2024-04-30T16:00:00Z"));
    }

    #[test]
    fn configured_formats_are_used() {
        assert_eq!(at("881250949", "unix_s").as_deref(), Some("1997-12-04T15:55:49Z"));
        for (text, format) in [
            ("1400624067.125", "unix_s"),
            ("1400624067125", "unix_ms"),
            ("1400624067125000", "unix_us"),
            ("1400624067125000999", "unix_ns"),
            ("1400624067125000000", "auto"),
            ("1400624067125", "auto"),
            ("2014-05-21 06:14:27.125", "%Y-%m-%d %H:%M:%S%.f"),
        ] {
            assert_eq!(at(text, format).as_deref(), Some("2014-05-20T22:14:27.125Z"), "{text} {format}");
        }
        assert_eq!(at("01.02.2024 10:00", "%d.%m.%Y %H:%M").as_deref(), Some("2024-02-01T02:00:00Z"));
        assert_eq!(at("2024-02-01", "%Y-%m-%d").as_deref(), Some("2024-01-31T16:00:00Z"));
        assert_eq!(at("02/2024", "%m/%Y").as_deref(), Some("2024-01-31T16:00:00Z"));
        assert_eq!(at("2024-02-01 10:00 +0000", "%Y-%m-%d %H:%M %z").as_deref(), Some("2024-02-01T10:00:00Z"));
    }

    #[test]
    fn invalid_times_are_rejected() {
        for text in [
            "",
            "yesterday",
            "2024-13-01",
            "2024-02-30",
            "2024-05-01 25:00",
            "2024-05-01 9:00-11:00",
            "12",
            "05/01/2024",
            "2024-05-01x",
        ] {
            assert_eq!(at(text, "auto"), None, "{text}");
        }
        assert_eq!(at("2024-05-01", "unix_ms"), None);
    }

    #[test]
    fn dates_of_rosters_are_recognised() {
        let day = |text: &str| date(text, &TimeFormat::Auto, Zone::default()).map(|day| day.to_string());
        for text in
            ["1985-03-01", "1985.3", "198503", "1985年3月", "19850301", "1985/3/1", "31107", "1985-03-01 00:00:00"]
        {
            assert_eq!(day(text).as_deref(), Some("1985-03-01"), "{text}");
        }
        assert_eq!(day("1985").as_deref(), Some("1985-07-01"));
        assert_eq!(day("1985-02-30"), None);
    }
}
