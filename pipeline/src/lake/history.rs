//! How long the lake keeps every version of a row that has a key.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use zhihui_data::Table;

use super::{Lake, LakeError, raw};

/// The application transaction that says from when on a table has every version, in microseconds.
pub(super) const COMPLETE_SINCE: &str = "history";

/// Days for which `--as-of` is exact: `history_days` of `[lake]` in `zhihui.toml`.
///
/// Maintenance drops a version only when newer ones hide it at every instant of these days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct HistoryDays(u32);

impl HistoryDays {
    /// A century; instants before it are not needed by any report.
    const MOST: u32 = 36_500;

    /// The first instant at which every version is kept.
    #[must_use]
    pub fn since(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now - Duration::days(i64::from(self.0))
    }
}

impl Default for HistoryDays {
    /// 400 days: a year and the weeks for which it is compared with the year before.
    fn default() -> Self {
        Self(400)
    }
}

impl TryFrom<u32> for HistoryDays {
    type Error = String;

    fn try_from(days: u32) -> Result<Self, String> {
        if (1..=Self::MOST).contains(&days) {
            return Ok(Self(days));
        }
        Err(format!("history_days is {days}; give a number of days from 1 to {}", Self::MOST))
    }
}

impl Lake {
    /// The first instant as of which the raw tables are exact, `None` where maintenance dropped no version yet.
    ///
    /// # Errors
    /// When a table cannot be opened.
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
