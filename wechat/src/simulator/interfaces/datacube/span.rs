//! The days of a statistics request.

use chrono::NaiveDate;
use serde::Deserialize;

use super::super::{Call, Refusal};
use crate::error_code::ErrorCode;
use crate::simulator::calendar::{date_of_day, day_number, day_of_date, hour};

/// Hour from which the figures of yesterday are complete.
const READY_HOUR: u32 = 8;
/// First day of the newer interfaces.
const FIRST_DAY: (i32, u32, u32) = (2025, 11, 1);

/// Days with figures, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) days: Vec<i64>,
    /// Whether the last day's figures are not complete yet.
    pub(super) is_delayed: bool,
}

impl Span {
    /// Reads the days of a request to one of the older interfaces.
    ///
    /// # Errors
    /// [`ErrorCode::DATA_NOT_READY`] for yesterday before its figures are complete, and those of [`Self::read_newer`].
    pub(super) fn read(call: &Call<'_>, max_days: i64) -> Result<Vec<i64>, Refusal> {
        let span = Self::checked(call, max_days)?;
        if span.is_delayed { Err(ErrorCode::DATA_NOT_READY.into()) } else { Ok(span.days) }
    }

    fn checked(call: &Call<'_>, max_days: i64) -> Result<Self, Refusal> {
        #[derive(Deserialize)]
        struct Request {
            #[serde(default)]
            begin_date: String,
            #[serde(default)]
            end_date: String,
        }
        let request: Request = call.parse()?;
        let day = |text: &str| {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| ErrorCode::INVALID_DATE)?;
            if text.len() == "2025-11-01".len() { Ok(day_of_date(date)) } else { Err(ErrorCode::INVALID_DATE) }
        };
        let (begin, end) = (day(&request.begin_date)?, day(&request.end_date)?);
        let yesterday = day_number(call.now) - 1;
        if begin > end || end > yesterday || end - begin >= max_days {
            return Err(ErrorCode::INVALID_DATE_RANGE.into());
        }
        Ok(Self { days: (begin..=end).collect(), is_delayed: end == yesterday && hour(call.now) < READY_HOUR })
    }

    /// Reads the days of a request to one of the newer interfaces, which have no data before 2025-11-01.
    ///
    /// # Errors
    /// [`ErrorCode::INVALID_DATE`], or [`ErrorCode::INVALID_DATE_RANGE`] for more than `max_days` days, days in the
    /// wrong order and days that are not over.
    pub(super) fn read_newer(call: &Call<'_>, max_days: i64) -> Result<Self, Refusal> {
        let (year, month, day) = FIRST_DAY;
        let first = NaiveDate::from_ymd_opt(year, month, day).map_or(i64::MAX, day_of_date);
        let mut span = Self::checked(call, max_days)?;
        span.days.retain(|day| *day >= first);
        Ok(span)
    }
}

/// Formats a day as in answers.
pub(super) fn format(day: i64) -> String {
    date_of_day(day).format("%Y-%m-%d").to_string()
}
