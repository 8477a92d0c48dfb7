//! For how many days the lake keeps every version of a keyed row.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use zhihui_data::Table;

use super::{Lake, LakeError, raw};

/// The application transaction whose number is the instant in microseconds from which a table has every version.
pub(super) const COMPLETE_SINCE: &str = "history";

/// Days for which `--as-of` is exact: `history_days` of `[lake]` in `zhihui.toml`.
///
/// Maintenance removes a version only if newer versions supersede it at every instant of these days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct HistoryDays(u32);

impl HistoryDays {
    /// 100 years.
    const MAX: u32 = 36_500;

    /// Returns the first instant at which every version is kept.
    #[must_use]
    pub fn since(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now - Duration::days(i64::from(self.0))
    }
}

impl Default for HistoryDays {
    /// 400 days, so that a month can be compared with the same month of the year before.
    fn default() -> Self {
        Self(400)
    }
}

impl TryFrom<u32> for HistoryDays {
    type Error = String;

    fn try_from(days: u32) -> Result<Self, String> {
        if (1..=Self::MAX).contains(&days) {
            return Ok(Self(days));
        }
        Err(format!("history_days is {days}; use a number from 1 to {}", Self::MAX))
    }
}

impl Lake {
    /// Returns the first instant as of which the raw tables are exact; `None` if maintenance has not removed any version.
    ///
    /// # Errors
    /// If a table cannot be opened.
    pub async fn complete_since(&self) -> Result<Option<DateTime<Utc>>, LakeError> {
        let mut since = None;
        for &table in Table::ALL {
            if let Some(table) = self.table(&raw::raw_name(table)).await? {
                since = since.max(table.transaction(COMPLETE_SINCE));
            }
        }
        Ok(since.and_then(DateTime::from_timestamp_micros))
    }
}
