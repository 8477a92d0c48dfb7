//! Parses the time of an event.

use chrono::{DateTime, NaiveDateTime};
use serde_json::Value;
use zhihui_data::Zone;

/// Accepted times, microseconds since 1970: the years 1900 to 2199.
const RANGE: std::ops::Range<i64> = -2_208_988_800_000_000..7_258_118_400_000_000;
/// Smaller numbers are seconds (until the year 5138), larger ones milliseconds (since 1973).
const SECONDS_BELOW: f64 = 1e11;

/// Parses RFC 3339, `2026-11-22 08:30:00` in the zone, or seconds or milliseconds since 1970. Returns microseconds since
/// 1970 in UTC.
pub(crate) fn micros(value: &Value, zone: Zone) -> Option<i64> {
    let found = match value {
        Value::Number(number) => {
            let number = number.as_f64().filter(|number| number.is_finite())?;
            let scale = if number.abs() < SECONDS_BELOW { 1e6 } else { 1e3 };
            (number * scale).round() as i64
        }
        Value::String(text) => parse(text.trim(), zone)?,
        _ => return None,
    };
    RANGE.contains(&found).then_some(found)
}

fn parse(text: &str, zone: Zone) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros());
    }
    const FORMATS: [&str; 4] = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let local = FORMATS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some(zone.instant(local).timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_formats_of_a_time_agree() {
        let wanted = Some(1_795_323_600_000_000);
        for same in [
            json!("2026-11-22T13:00:00+08:00"),
            json!("2026-11-22T05:00:00Z"),
            json!("2026-11-22 13:00:00"),
            json!("2026-11-22T13:00"),
            json!(1_795_323_600),
            json!(1_795_323_600_000_i64),
        ] {
            assert_eq!(micros(&same, Zone::default()), wanted, "{same}");
        }
        for none in
            [json!("yesterday"), json!(""), json!(null), json!(["2026"]), json!(1e300), json!("2026-13-01 00:00")]
        {
            assert_eq!(micros(&none, Zone::default()), None, "{none}");
        }
    }
}
