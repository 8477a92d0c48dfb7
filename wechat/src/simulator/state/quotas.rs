//! How often each interface was called today and in the current minute.

use std::collections::BTreeMap;

use crate::error_code::ErrorCode;
use crate::simulator::calendar::{day_number, month_number};

/// Maximum number of clearings in a month.
const CLEARINGS: u32 = 10;

/// A limit of calls. WeChat counts days in Asia/Shanghai.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallLimit {
    pub(crate) per_day: u32,
    pub(crate) per_minute: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Used {
    day: i64,
    in_day: u32,
    minute: i64,
    in_minute: u32,
}

/// Calls by interface.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    used: BTreeMap<&'static str, (CallLimit, Used)>,
    clearings: (i32, u32),
}

impl CallLimit {
    /// A limit by day.
    pub(crate) const fn per_day(per_day: u32) -> Self {
        Self { per_day, per_minute: u32::MAX }
    }
}

impl Quotas {
    /// Counts a call.
    ///
    /// # Errors
    /// [`ErrorCode::TOO_FREQUENT`] in a minute, [`ErrorCode::QUOTA_EXCEEDED`] in a day; then the call does not count.
    pub(crate) fn count(&mut self, name: &'static str, limit: CallLimit, now: i64) -> Result<(), ErrorCode> {
        let (_, used) = self.used.entry(name).or_insert((limit, Used::default()));
        let (day, minute) = (day_number(now), now.div_euclid(60));
        if used.day != day {
            (used.day, used.in_day) = (day, 0);
        }
        if used.minute != minute {
            (used.minute, used.in_minute) = (minute, 0);
        }
        if used.in_minute >= limit.per_minute {
            return Err(ErrorCode::TOO_FREQUENT);
        }
        if used.in_day >= limit.per_day {
            return Err(ErrorCode::QUOTA_EXCEEDED);
        }
        used.in_day += 1;
        used.in_minute += 1;
        Ok(())
    }

    /// Sets the calls of the day to zero.
    ///
    /// # Errors
    /// [`ErrorCode::CLEAR_QUOTA_FORBIDDEN`] after ten times in a month.
    pub(crate) fn clear(&mut self, now: i64) -> Result<(), ErrorCode> {
        let month = month_number(now);
        if self.clearings.0 != month {
            self.clearings = (month, 0);
        }
        if self.clearings.1 >= CLEARINGS {
            return Err(ErrorCode::CLEAR_QUOTA_FORBIDDEN);
        }
        self.clearings.1 += 1;
        for (_, used) in self.used.values_mut() {
            used.in_day = 0;
        }
        Ok(())
    }

    /// Returns name, calls of the day and limit of each interface that was called.
    pub(crate) fn overview(&self, now: i64) -> Vec<(&'static str, u32, u32)> {
        let today = day_number(now);
        let calls = |used: &Used| if used.day == today { used.in_day } else { 0 };
        self.used.iter().map(|(name, (limit, used))| (*name, calls(used), limit.per_day)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_limited_by_minute_and_by_day_until_they_are_cleared() {
        let limit = CallLimit { per_day: 3, per_minute: 2 };
        let mut quotas = Quotas::default();
        assert_eq!(quotas.count("a", limit, 0), Ok(()));
        assert_eq!(quotas.count("a", limit, 59), Ok(()));
        assert_eq!(quotas.count("a", limit, 59), Err(ErrorCode::TOO_FREQUENT));
        assert_eq!(quotas.count("a", limit, 60), Ok(()));
        assert_eq!(quotas.count("a", limit, 61), Err(ErrorCode::QUOTA_EXCEEDED));
        assert_eq!(quotas.count("b", limit, 61), Ok(()));
        assert_eq!(quotas.clear(61), Ok(()));
        assert_eq!(quotas.count("a", limit, 61), Ok(()));
        assert_eq!(quotas.count("a", limit, 86_400), Ok(()), "a new day");
        for _ in 1..10 {
            assert_eq!(quotas.clear(61), Ok(()));
        }
        assert_eq!(quotas.clear(61), Err(ErrorCode::CLEAR_QUOTA_FORBIDDEN));
    }
}
