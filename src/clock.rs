//! The one place that reads the clock, and times as people type them.

use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use zhihui_data::Zone;

/// The present instant.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The instant itself, or the next whole second: events before a snapshot's instant, which is kept in seconds, must be
/// exactly those that its tables hold.
pub(crate) fn whole_second(at: DateTime<Utc>) -> DateTime<Utc> {
    let up = i64::from(at.timestamp_subsec_nanos() > 0);
    DateTime::from_timestamp(at.timestamp() + up, 0).unwrap_or(at)
}

/// The instant of a typed time: RFC 3339, `YYYY-MM-DD HH:MM[:SS]` in the zone, or a day, meaning its first moment in the zone.
pub(crate) fn instant(text: &str, zone: Zone) -> anyhow::Result<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.with_timezone(&Utc));
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(zone.midnight(day));
    }
    for format in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"] {
        if let Ok(local) = NaiveDateTime::parse_from_str(text, format) {
            return Ok(zone.instant(local));
        }
    }
    bail!("{text:?} is no time; write 2026-11-21, 2026-11-21 08:30 or 2026-11-21T08:30:00+08:00")
}

/// A span of time such as `90s`, `10m` or `2h`.
pub(crate) fn span(text: &str) -> anyhow::Result<std::time::Duration> {
    let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let seconds_per_unit = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => bail!("{text:?} is no span of time; write 90s, 10m or 2h"),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(seconds_per_unit));
    let seconds = seconds.with_context(|| format!("{text:?} is no span of time; write 90s, 10m or 2h"))?;
    Ok(std::time::Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_first_moment_in_the_zone() {
        let zone = Zone::default();
        assert_eq!(instant("2026-11-21", zone).expect("a day").to_rfc3339(), "2026-11-20T16:00:00+00:00");
        assert_eq!(instant("2026-11-21 08:30", zone).expect("a time").to_rfc3339(), "2026-11-21T00:30:00+00:00");
        assert_eq!(instant("2026-11-21T08:30:00Z", zone).expect("a time").to_rfc3339(), "2026-11-21T08:30:00+00:00");
        assert!(instant("tomorrow", zone).is_err());
    }

    #[test]
    fn spans_have_units() {
        assert_eq!(span("10m").expect("a span").as_secs(), 600);
        assert!(span("ten").is_err());
        assert!(span("5d").is_err());
        assert!(span("18446744073709551615h").is_err());
    }
}
