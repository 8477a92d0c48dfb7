//! Parses `2026-11-21 08:30:00`, the form of most files, faster than the parser for all forms. Looks the zone up once a day.

use chrono::NaiveDate;
use zhihui_data::Zone;

const DAY_MICROS: i64 = 86_400_000_000;

/// Parses local times of one column, which mostly follow one another in time.
pub(super) struct LocalTimes {
    zone: Zone,
    /// The bytes of a day, and its midnight in microseconds since 1970.
    last: Option<([u8; 10], i64)>,
}

impl LocalTimes {
    pub(super) fn new(zone: Zone) -> Self {
        Self { zone, last: None }
    }

    /// Returns the instant in microseconds since 1970. `None` for any other form and for days with a clock change; the
    /// parser for all forms decides about these.
    pub(super) fn parse(&mut self, text: &str) -> Option<i64> {
        let bytes: &[u8; 19] = text.as_bytes().try_into().ok()?;
        let [day @ .., b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2] = bytes else { return None };
        let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let midnight = match self.last {
            Some((last, midnight)) if last == *day => midnight,
            _ => self.midnight(day)?,
        };
        Some(midnight + i64::from(hour * 3_600 + minute * 60 + second) * 1_000_000)
    }

    fn midnight(&mut self, day: &[u8; 10]) -> Option<i64> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = day else { return None };
        let year = i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
        let date = NaiveDate::from_ymd_opt(year, number(&[*m1, *m2])?, number(&[*d1, *d2])?)?;
        let midnight = self.zone.midnight(date).timestamp_micros();
        let next = self.zone.midnight(date.succ_opt()?).timestamp_micros();
        let has_clock_change = next - midnight != DAY_MICROS;
        if has_clock_change || !(1_900..2_200).contains(&year) {
            return None;
        }
        self.last = Some((*day, midnight));
        Some(midnight)
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    let add = |number: u32, byte: &u8| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'));
    digits.iter().try_fold(0, add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{TimeFormat, instant};
    use super::*;

    fn check(zone: Zone, texts: &[String]) -> Result<(), TestCaseError> {
        let mut times = LocalTimes::new(zone);
        for text in texts {
            if let Some(found) = times.parse(text) {
                prop_assert_eq!(Some(found), instant(text, &TimeFormat::Auto, zone), "{} in {}", text, zone.name());
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn the_parser_for_all_forms_gives_the_same(
            texts in prop::collection::vec("(19[0-9]{2}|20[0-9]{2})-(0[1-9]|1[0-2])-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9]", 1..20),
        ) {
            for name in ["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu"] {
                check(Zone::named(name).expect("a zone"), &texts)?;
            }
        }
    }

    #[test]
    fn days_with_a_clock_change_and_other_forms_are_left_to_the_parser_for_all_forms() {
        let mut times = LocalTimes::new(Zone::default());
        assert_eq!(times.parse("1970-01-01 08:00:01"), Some(1_000_000));
        assert_eq!(times.parse("1986-05-04 12:00:00"), None);
        for text in [
            "2026-02-30 00:00:00",
            "2026-01-01 24:00:00",
            "2026/01/01 00:00:00",
            "2026-1-01 00:00:000",
            "２０26-01-01 0:0",
        ] {
            assert_eq!(times.parse(text), None, "{text}");
        }
    }
}
