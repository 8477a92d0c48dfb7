//! Days and times in rules.

use chrono::{DateTime, Days, NaiveDate, Utc};
use zhihui_data::Zone;

/// Whether a text is a day or an RFC 3339 time.
pub(super) fn is_day_or_instant(text: &str) -> bool {
    text.parse::<NaiveDate>().is_ok() || DateTime::parse_from_rfc3339(text).is_ok()
}

/// The half-open interval of a day in the union's time zone, or of the second of a time. `None` for any other text.
pub(super) fn interval(text: &str, zone: Zone) -> Option<(i64, i64)> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        let next = day.checked_add_days(Days::new(1))?;
        return Some((zone.midnight(day).timestamp(), zone.midnight(next).timestamp()));
    }
    let instant = DateTime::parse_from_rfc3339(text).ok()?.timestamp();
    Some((instant, instant + 1))
}

/// Converts seconds since 1970 to a time. Values outside the calendar become 1970.
pub(super) fn utc(instant: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(instant, 0).unwrap_or_default()
}
