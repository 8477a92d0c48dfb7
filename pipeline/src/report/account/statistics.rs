//! WeChat's figures of all times, which reports share as long as their tables do not change.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use zhihui_data::{Table, Zone};

use super::matching::KnownArticle;
use crate::lake::raw::raw_spec;
use crate::report::ReportError;
use crate::report::figures;
use crate::report::period::Period;
use crate::report::session::{ReportSession, Tables};
use crate::sql::{current_rows, provider, stored_columns};

/// WeChat's figures as rows of their queries, and the articles that they may be about.
#[derive(Debug)]
pub(in super::super) struct AccountStatistics {
    /// Rows of `account_days.sql`, with the day first.
    days: Vec<Vec<Value>>,
    /// Rows of `account_articles.sql`.
    articles: Vec<Vec<Value>>,
    pub(super) known: Vec<KnownArticle>,
    /// Versions of the tables.
    versions: Vec<i64>,
    as_of: DateTime<Utc>,
    /// When the last of the figures became known. At every later instant the rows are the same.
    complete_at: DateTime<Utc>,
}

const NAME: &str = "account_statistics";
/// The column of `published_on` in rows of articles.
const PUBLISHED_ON: usize = 3;

impl AccountStatistics {
    /// The statistics as they were known at `as_of`: those in memory, else read with the session. `None` if none were ever
    /// ingested.
    pub(in super::super) async fn load(
        session: &ReportSession,
        tables: &Tables<'_>,
        (as_of, zone): (DateTime<Utc>, Zone),
    ) -> Result<Option<Arc<Self>>, ReportError> {
        let Some(statistics) = &tables.open.account_statistics else { return Ok(None) };
        let versions = vec![statistics.version(), tables.open.built("items")?.version()];
        let mut kept = tables.in_memory.account.lock().await;
        if let Some(known) = kept.as_ref().filter(|known| known.is_valid(&versions, as_of)) {
            return Ok(Some(Arc::clone(known)));
        }
        let read = Arc::new(Self::read(session, tables, versions, (as_of, zone)).await?);
        *kept = Some(Arc::clone(&read));
        Ok(Some(read))
    }

    fn is_valid(&self, versions: &[i64], as_of: DateTime<Utc>) -> bool {
        self.versions == versions && (self.as_of == as_of || self.complete_at <= as_of.min(self.as_of))
    }

    async fn read(
        session: &ReportSession,
        tables: &Tables<'_>,
        versions: Vec<i64>,
        (as_of, zone): (DateTime<Utc>, Zone),
    ) -> Result<Self, ReportError> {
        register(session, tables, as_of).await?;
        let rows = async |name: &'static str, sql: &'static str| {
            session.rows(name, sql, all_times()).await.map(|batches| figures::rows(&batches))
        };
        let known = rows("account_items", include_str!("../../../sql/report/account_items.sql")).await?;
        let latest = "select cast(max(day) as varchar), cast(max(updated_at) as varchar) from raw_account_statistics";
        let latest = rows("account_latest", latest).await?;
        let last_day = latest.first().and_then(|row| day(row, 0)).and_then(|day| day.succ_opt());
        let last_update = latest.first().and_then(|row| text(row, 1));
        let last_update = last_update.map(|at| at.parse().unwrap_or(DateTime::<Utc>::MAX_UTC));
        Ok(Self {
            days: rows("account_days", include_str!("../../../sql/report/account_days.sql")).await?,
            articles: rows("account_articles", include_str!("../../../sql/report/account_articles.sql")).await?,
            known: known.iter().filter_map(|row| known_article(row)).collect(),
            versions,
            as_of,
            complete_at: last_day.map(|day| zone.midnight(day)).max(last_update).unwrap_or_default(),
        })
    }

    /// The rows of days of a period.
    pub(super) fn days(&self, period: Period, zone: Zone) -> Vec<&Vec<Value>> {
        within(&self.days, 0, (zone.day(period.0), zone.day(period.1)))
    }

    /// The rows of all articles.
    pub(super) fn all_articles(&self) -> Vec<&Vec<Value>> {
        self.articles.iter().collect()
    }

    /// The rows of articles that were published in a period.
    pub(super) fn articles(&self, period: Period, zone: Zone) -> Vec<&Vec<Value>> {
        within(&self.articles, PUBLISHED_ON, (zone.day(period.0), zone.day(period.1)))
    }
}

fn within(rows: &[Vec<Value>], column: usize, (from, to): (NaiveDate, NaiveDate)) -> Vec<&Vec<Value>> {
    rows.iter().filter(|row| day(row, column).is_some_and(|day| (from..to).contains(&day))).collect()
}

/// A period that contains every instant of the data.
fn all_times() -> Period {
    (DateTime::UNIX_EPOCH, "9999-01-01T00:00:00Z".parse().unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// Registers the statistics as they were known at `as_of`.
async fn register(session: &ReportSession, tables: &Tables<'_>, as_of: DateTime<Utc>) -> Result<(), ReportError> {
    let failed = || ReportError::query(NAME);
    let table = Table::AccountStatistics;
    let context = session.context().await?;
    let raw = provider(tables.lake, &raw_spec(table)).await?;
    context.register_table(format!("raw_{table}"), raw).map_err(failed())?;
    let current = current_rows(table, &stored_columns(table), Some(as_of));
    let view = context.sql(&current).await.map_err(failed())?.into_view();
    context.register_table(NAME, view).map_err(failed())?;
    Ok(())
}

pub(super) fn text(row: &[Value], column: usize) -> Option<String> {
    row.get(column).and_then(Value::as_str).map(str::to_owned)
}

pub(super) fn day(row: &[Value], column: usize) -> Option<NaiveDate> {
    row.get(column).and_then(Value::as_str)?.parse().ok()
}

fn known_article(row: &[Value]) -> Option<KnownArticle> {
    Some(KnownArticle { item_id: text(row, 0)?, title: text(row, 1), published_on: day(row, 2) })
}
