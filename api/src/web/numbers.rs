//! Numbers, times and periods as people read them.

use chrono::{DateTime, Duration, Utc};
use zhihui_data::Zone;
use zhihui_engine::report::unit_word;

use crate::pages::tongue::Tongue;

/// From here on a Chinese tile counts in ten thousands.
const IN_TEN_THOUSANDS: f64 = 100_000.0;

/// A number with separators after every three digits and so many decimals.
pub(in crate::pages) fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    // A number that rounds to zero has no sign.
    if value < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        out.push('−');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A figure as text with its unit apart. `short` counts ten thousands in Chinese.
pub(super) fn figure(value: f64, unit: &str, l: Tongue, short: bool) -> (String, String) {
    match unit {
        "share" => (grouped(value * 100.0, 1), "%".to_owned()),
        "percentage_points" => (grouped(value, 1), l.say("个百分点", "pp").to_owned()),
        "seconds" => duration(value, l),
        _ => {
            let word = unit_word(unit, l.0);
            if short && value.abs() >= IN_TEN_THOUSANDS && l.tag() == "zh-CN" {
                return (grouped(value / 10_000.0, 1), format!("万{word}"));
            }
            (grouped(value, decimals(value)), word.to_owned())
        }
    }
}

/// Whole numbers have no decimals, small fractions have two.
fn decimals(value: f64) -> usize {
    match value.abs() {
        _ if value.fract() == 0.0 => 0,
        magnitude if magnitude < 10.0 => 2,
        magnitude if magnitude < 1_000.0 => 1,
        _ => 0,
    }
}

fn duration(seconds: f64, l: Tongue) -> (String, String) {
    let whole = seconds.round();
    if whole.abs() < 60.0 {
        return (grouped(seconds, usize::from(seconds.fract() != 0.0)), l.say("秒", "s").to_owned());
    }
    let (minutes, rest) = ((whole / 60.0).trunc(), whole % 60.0);
    let text =
        if l.tag() == "zh-CN" { format!("{minutes:.0} 分 {rest:.0}") } else { format!("{minutes:.0} min {rest:.0}") };
    (text, l.say("秒", "s").to_owned())
}

/// The wall-clock minute of an instant in a zone.
pub(in crate::pages) fn local_minute(seconds: i64, zone: Zone) -> String {
    let at = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    zone.local(at).format("%Y-%m-%d %H:%M").to_string()
}

/// The wall-clock minute of an RFC 3339 text; the text itself where it is none.
pub(in crate::pages) fn minute_of(text: &str, zone: Zone) -> String {
    instant(text).map_or_else(|| text.to_owned(), |at| local_minute(at.timestamp(), zone))
}

/// A half-open period as its first and last day, where it begins and ends at midnight.
pub(super) fn period(from: &str, to: &str, zone: Zone, l: Tongue) -> String {
    let between = |first: &str, last: &str| format!("{first} {} {last}", l.say("至", "to"));
    let (Some(first), Some(end)) = (instant(from), instant(to)) else { return between(from, to) };
    let (begin_day, end_day) = (zone.day(first), zone.day(end));
    if zone.midnight(begin_day) != first || zone.midnight(end_day) != end {
        return between(&local_minute(first.timestamp(), zone), &local_minute(end.timestamp(), zone));
    }
    let days = (end_day - begin_day).num_days();
    let last = (end_day - Duration::days(1)).to_string();
    let count = if l.tag() == "zh-CN" { format!("(共 {days} 天)") } else { format!(" ({days} days)") };
    format!("{}{count}", between(&begin_day.to_string(), &last))
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use zhihui_engine::Language;

    use super::*;

    const ZH: Tongue = Tongue(Language::Zh);
    const EN: Tongue = Tongue(Language::En);

    fn text(value: f64, unit: &str, l: Tongue) -> String {
        let (number, unit) = figure(value, unit, l, true);
        format!("{number} {unit}")
    }

    #[test]
    fn numbers_are_grouped_and_large_ones_counted_in_ten_thousands_in_chinese() {
        assert_eq!(text(11_820.0, "people", ZH), "11,820 人");
        assert_eq!(text(1_234_567.0, "person_times", ZH), "123.5 万人次");
        assert_eq!(text(1_234_567.0, "person_times", EN), "1,234,567 times");
        assert_eq!(text(0.2749, "share", EN), "27.5 %");
        assert_eq!(text(83.0, "seconds", ZH), "1 分 23 秒");
        assert_eq!(text(-2.44, "percentage_points", ZH), "−2.4 个百分点");
        assert_eq!(text(1.5, "index", EN), "1.50 ");
        assert_eq!(grouped(-0.001, 1), "0.0");
        assert_eq!(grouped(-1_000.0, 0), "−1,000");
    }

    #[test]
    fn a_half_open_period_is_told_by_its_last_day() {
        let told = period("2026-10-22T16:00:00Z", "2026-11-21T16:00:00Z", Zone::default(), ZH);
        assert_eq!(told, "2026-10-23 至 2026-11-21(共 30 天)");
        let told = period("2026-11-20T16:00:00Z", "2026-11-21T04:30:00Z", Zone::default(), EN);
        assert_eq!(told, "2026-11-21 00:00 to 2026-11-21 12:30");
    }
}
