//! Formats numbers, times and periods.

use chrono::{DateTime, Duration, Utc};
use zhihui_data::Zone;
use zhihui_engine::report::unit_label;
pub(crate) use zhihui_engine::wording::grouped;

use super::locale::Locale;

/// From this value on, short Chinese figures use the unit 万 (10,000).
const TEN_THOUSANDS_FROM: f64 = 100_000.0;

/// Formats a value and its unit. With `short`, large Chinese figures use the unit 万.
pub(crate) fn figure(value: f64, unit: &str, t: Locale, short: bool) -> (String, String) {
    match unit {
        "share" => (grouped(value * 100.0, 1), "%".to_owned()),
        "percentage_points" => (grouped(value, 1), t.common_percentage_points().to_owned()),
        "seconds" => duration(value, t),
        _ => {
            let word = unit_label(unit, t.language());
            if short && value.abs() >= TEN_THOUSANDS_FROM && !t.is_english() {
                return (grouped(value / 10_000.0, 1), format!("万{word}"));
            }
            (grouped(value, decimals(value)), word.to_owned())
        }
    }
}

/// Integers have no decimals, small fractions have two.
fn decimals(value: f64) -> usize {
    match value.abs() {
        _ if value.fract() == 0.0 => 0,
        magnitude if magnitude < 10.0 => 2,
        magnitude if magnitude < 1_000.0 => 1,
        _ => 0,
    }
}

fn duration(seconds: f64, t: Locale) -> (String, String) {
    let unit = t.common_seconds().to_owned();
    let whole = seconds.round();
    if whole.abs() < 60.0 {
        return (grouped(seconds, usize::from(seconds.fract() != 0.0)), unit);
    }
    let (minutes, rest) = ((whole / 60.0).trunc(), whole % 60.0);
    (t.common_minutes_and(format!("{minutes:.0}"), format!("{rest:.0}")), unit)
}

/// Formats an instant as local date and minute.
pub(crate) fn local_minute(seconds: i64, zone: Zone) -> String {
    let at = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    zone.local(at).format("%Y-%m-%d %H:%M").to_string()
}

/// Formats an RFC 3339 text as local date and minute. Other texts stay unchanged.
pub(crate) fn minute_of(text: &str, zone: Zone) -> String {
    instant(text).map_or_else(|| text.to_owned(), |at| local_minute(at.timestamp(), zone))
}

/// Formats a half-open period as its first and last day if it starts and ends at midnight, else as two minutes.
pub(crate) fn period(from: &str, to: &str, zone: Zone, t: Locale) -> String {
    let (Some(first), Some(end)) = (instant(from), instant(to)) else { return t.common_period(from, to) };
    let (begin_day, end_day) = (zone.day(first), zone.day(end));
    if zone.midnight(begin_day) != first || zone.midnight(end_day) != end {
        return t.common_period(local_minute(first.timestamp(), zone), local_minute(end.timestamp(), zone));
    }
    let days = (end_day - begin_day).num_days();
    let last = end_day - Duration::days(1);
    t.common_period_days(days, begin_day, last)
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;

    const ZH: Locale = Locale::new(Language::Zh);
    const EN: Locale = Locale::new(Language::En);

    fn text(value: f64, unit: &str, t: Locale) -> String {
        let (number, unit) = figure(value, unit, t, true);
        format!("{number} {unit}")
    }

    #[test]
    fn large_chinese_figures_use_ten_thousands() {
        assert_eq!(text(11_820.0, "people", ZH), "11,820 人");
        assert_eq!(text(1_234_567.0, "person_times", ZH), "123.5 万人次");
        assert_eq!(text(1_234_567.0, "person_times", EN), "1,234,567 times");
        assert_eq!(text(0.2749, "share", EN), "27.5 %");
        assert_eq!(text(83.0, "seconds", ZH), "1 分 23 秒");
        assert_eq!(text(-2.44, "percentage_points", ZH), "−2.4 个百分点");
        assert_eq!(text(1.5, "index", EN), "1.50 ");
    }

    #[test]
    fn a_half_open_period_ends_with_its_last_day() {
        let text = period("2026-10-22T16:00:00Z", "2026-11-21T16:00:00Z", Zone::default(), ZH);
        assert_eq!(text, "2026-10-23 至 2026-11-21（共 30 天）");
        let text = period("2026-11-20T16:00:00Z", "2026-11-21T04:30:00Z", Zone::default(), EN);
        assert_eq!(text, "2026-11-21 00:00 to 2026-11-21 12:30");
    }
}
