//! Reads the clock and parses times and durations. Nothing else reads the clock.

use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use zhihui_data::Zone;

pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Rounds up to a whole second. A snapshot stores its instant in seconds, and must contain exactly the events before
/// it.
pub(crate) fn whole_second(at: DateTime<Utc>) -> DateTime<Utc> {
    let up = i64::from(at.timestamp_subsec_nanos() > 0);
    DateTime::from_timestamp(at.timestamp() + up, 0).unwrap_or(at)
}

/// Parses a time: RFC 3339, `YYYY-MM-DD HH:MM[:SS]` in the zone, or a day, which means its start in the zone.
pub(crate) fn parse_instant(text: &str, zone: Zone) -> anyhow::Result<DateTime<Utc>> {
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
    bail!("invalid time {text:?}: use 2026-11-21, 2026-11-21 08:30 or 2026-11-21T08:30:00+08:00")
}

/// Parses a duration such as `90s`, `10m` or `2h`.
pub(crate) fn parse_duration(text: &str) -> anyhow::Result<std::time::Duration> {
    let (digits, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let seconds_per_unit = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => bail!("invalid duration {text:?}: use a number and a unit, such as 90s, 10m or 2h"),
    };
    let seconds = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(seconds_per_unit));
    let seconds = seconds
        .with_context(|| format!("invalid duration {text:?}: use a number and a unit, such as 90s, 10m or 2h"))?;
    Ok(std::time::Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_start_in_the_zone() {
        let zone = Zone::default();
        assert_eq!(parse_instant("2026-11-21", zone).expect("a day").to_rfc3339(), "2026-11-20T16:00:00+00:00");
        assert_eq!(parse_instant("2026-11-21 08:30", zone).expect("a time").to_rfc3339(), "2026-11-21T00:30:00+00:00");
        assert_eq!(
            parse_instant("2026-11-21T08:30:00Z", zone).expect("a time").to_rfc3339(),
            "2026-11-21T08:30:00+00:00"
        );
        assert!(parse_instant("tomorrow", zone).is_err());
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(parse_duration("10m").expect("a duration").as_secs(), 600);
        assert!(parse_duration("ten").is_err());
        assert!(parse_duration("5d").is_err());
        assert!(parse_duration("18446744073709551615h").is_err());
    }
}
