//! Parses times of unknown format.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use zhihui_data::Zone;

/// A parsed time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Moment {
    /// An instant in microseconds since 1970.
    Instant(i64),
    /// A local time.
    Local(NaiveDateTime),
}

impl Moment {
    pub(super) fn micros(self, zone: Zone) -> Option<i64> {
        Some(match self {
            Self::Instant(micros) => micros,
            Self::Local(local) => zone.instant(local).timestamp_micros(),
        })
    }

    pub(super) fn day(self, zone: Zone) -> Option<NaiveDate> {
        match self {
            Self::Instant(micros) => DateTime::from_timestamp_micros(micros).map(|time| zone.day(time)),
            Self::Local(local) => Some(local.date()),
        }
    }
}

/// Parses a time. With `day`, a calendar day is expected, and a year or month alone is accepted.
pub(super) fn read(text: &str, day: bool) -> Option<Moment> {
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let points = text.bytes().filter(|&byte| byte == b'.').count();
    if numeric
        && (points == 0 || (points == 1 && text.len() != 6))
        && let Some(moment) = number(text, day)
    {
        return Some(moment);
    }
    let mut rest = TimeParser(text.trim_matches(['[', ']']));
    rest.access_log().or_else(|| TimeParser(text).calendar())
}

/// Parses seconds, milliseconds, microseconds or nanoseconds since 1970, digits of a calendar time, or a spreadsheet's day number.
fn number(text: &str, day: bool) -> Option<Moment> {
    let (integer, fraction) = text.split_once('.').map_or((text, None), |(integer, rest)| (integer, Some(rest)));
    let value: i64 = integer.parse().ok()?;
    let local = |format: &str| NaiveDateTime::parse_from_str(text, format).ok().map(Moment::Local);
    let date = |text: &str| {
        NaiveDate::parse_from_str(text, "%Y%m%d").ok().map(|day| Moment::Local(day.and_time(NaiveTime::MIN)))
    };
    match (integer.len(), fraction) {
        (4, None) if day => date(&format!("{text}0701")),
        // Spreadsheets number days from 1900, so that five digits are a day in 1927 to 2173.
        (5, _) => {
            let days: f64 = text.parse().ok()?;
            let seconds = (days.fract() * 86_400.0).round() as i64;
            let first = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
            Some(Moment::Local(first + Duration::days(value) + Duration::seconds(seconds)))
        }
        (6, None) => date(&format!("{text}01")),
        (8, None) => date(text),
        (12, None) if text.starts_with("19") || text.starts_with("20") => local("%Y%m%d%H%M"),
        (14, None) => local("%Y%m%d%H%M%S"),
        (9 | 10, _) => {
            let seconds: f64 = format!("0.{}", fraction.unwrap_or("0")).parse().ok()?;
            Some(Moment::Instant(value * 1_000_000 + (seconds * 1e6).round() as i64))
        }
        (12 | 13, _) => Some(Moment::Instant(value * 1_000)),
        (16, None) => Some(Moment::Instant(value)),
        (19, None) => Some(Moment::Instant(value / 1_000)),
        _ => None,
    }
}

struct TimeParser<'a>(&'a str);

impl<'a> TimeParser<'a> {
    /// Parses one to `max` digits.
    fn digits(&mut self, max: usize) -> Option<u32> {
        let length = self.0.bytes().take(max).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(length);
        let number = digits.parse().ok()?;
        self.0 = rest;
        Some(number)
    }

    /// Skips the first of these marks that matches. Returns whether there was one.
    fn skip_any(&mut self, marks: &[&str]) -> bool {
        match marks.iter().find_map(|mark| self.0.strip_prefix(mark)) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn skip_spaces(&mut self) {
        self.0 = self.0.trim_start();
    }

    /// Parses the format of web server logs: `20/Jul/2017:22:04:08 +0800`.
    fn access_log(&mut self) -> Option<Moment> {
        let has_slashes = self.0.get(2..3) == Some("/") && self.0.get(6..7) == Some("/");
        let time = has_slashes.then(|| DateTime::parse_from_str(self.0, "%d/%b/%Y:%H:%M:%S %z").ok())??;
        Some(Moment::Instant(time.timestamp_micros()))
    }

    /// Parses year, month, day, an optional time and an optional offset.
    fn calendar(&mut self) -> Option<Moment> {
        let year = self.digits(4).filter(|year| (1_800..2_300).contains(year))?;
        if !self.skip_any(&["-", "/", ".", "年"]) {
            return None;
        }
        self.skip_spaces();
        let month = self.digits(2)?;
        let day = if self.skip_any(&["-", "/", ".", "月"]) {
            self.skip_spaces();
            if self.0.is_empty() || self.skip_any(&["份"]) { 1 } else { self.digits(2)? }
        } else if self.0.is_empty() {
            1
        } else {
            return None;
        };
        let _ = self.skip_any(&["日", "号"]);
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let has_mark = self.skip_any(&["T", "t"]);
        if !has_mark {
            self.skip_weekday();
        }
        if self.0.is_empty() {
            return Some(Moment::Local(date.and_time(NaiveTime::MIN)));
        }
        let time = self.0;
        let local = self.time_of_day(date)?;
        let has_seconds = time[..time.len() - self.0.len()].matches([':', '分']).count() > 1;
        self.skip_spaces();
        if self.0.is_empty() {
            return Some(Moment::Local(local));
        }
        // `9:00-11:00` is a range of times.
        if self.0.starts_with('-') && self.0.contains(':') && !has_mark && !has_seconds {
            return None;
        }
        let offset = self.offset()?;
        self.0.is_empty().then(|| Moment::Instant(local.and_utc().timestamp_micros() - offset * 1_000_000))
    }

    /// Skips spaces and the name of the day, as in `2026年3月5日（周四）15:00`.
    fn skip_weekday(&mut self) {
        self.skip_spaces();
        let before = self.0;
        let has_bracket = self.skip_any(&["(", "\u{ff08}"]);
        if self.skip_any(&["星期", "周", "礼拜"])
            && self.skip_any(&["一", "二", "三", "四", "五", "六", "日", "天"])
            && (!has_bracket || self.skip_any(&[")", "\u{ff09}"]))
        {
            self.skip_spaces();
        } else {
            self.0 = before;
        }
    }

    fn time_of_day(&mut self, date: NaiveDate) -> Option<NaiveDateTime> {
        let mut afternoon = self.is_afternoon();
        self.skip_spaces();
        let mut hour = self.digits(2)?;
        if !self.skip_any(&[":", "时", "点"]) {
            return None;
        }
        self.skip_spaces();
        let minute = if self.skip_any(&["半"]) { 30 } else { self.digits(2).unwrap_or(0) };
        let mut second = 0;
        let mut nanos = 0;
        if self.skip_any(&[":", "分"]) {
            self.skip_spaces();
            second = self.digits(2).unwrap_or(0);
            if self.skip_any(&[".", ","]) {
                let before = self.0.len();
                let fraction = self.digits(9)?;
                let places = u32::try_from(before - self.0.len()).ok()?;
                nanos = fraction * 10_u32.pow(9 - places);
            }
            let _ = self.skip_any(&["秒"]);
        }
        self.skip_spaces();
        afternoon = afternoon.or_else(|| self.is_afternoon());
        match afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        if (hour, minute, second) == (24, 0, 0) {
            return Some(date.succ_opt()?.and_time(NaiveTime::MIN));
        }
        Some(date.and_time(NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?))
    }

    fn is_afternoon(&mut self) -> Option<bool> {
        if self.skip_any(&["上午", "凌晨", "早上", "AM", "am"]) {
            Some(false)
        } else if self.skip_any(&["下午", "晚上", "傍晚", "PM", "pm"]) {
            Some(true)
        } else {
            None
        }
    }

    /// Parses an offset from UTC in seconds.
    fn offset(&mut self) -> Option<i64> {
        if self.skip_any(&["Z", "z", "UTC", "GMT"]) {
            return Some(0);
        }
        let sign = if self.skip_any(&["+"]) {
            1
        } else if self.skip_any(&["-"]) {
            -1
        } else {
            return None;
        };
        let hours = self.digits(2)?;
        let _ = self.skip_any(&[":"]);
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2)? };
        (hours <= 15 && minutes < 60).then_some(sign * (i64::from(hours) * 3_600 + i64::from(minutes) * 60))
    }
}
