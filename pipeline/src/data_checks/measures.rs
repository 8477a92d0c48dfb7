//! Measures a build: counts from the built tables, latest instants from the statistics of the raw files.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use datafusion::prelude::SessionContext;
use serde_json::Value;
use zhihui_data::Table;

use super::{Measures, ROSTERS};
use crate::build::BuildReport;
use crate::lake::Lake;
use crate::lake::raw::raw_name;
use crate::sql::{QueryLimits, QueryResult, SessionLimits, SqlError, query, session};

const LIMITS: QueryLimits = QueryLimits { time: Duration::from_secs(120), rows: 1_000 };
/// The columns of `daily` that are counted.
const KINDS: [&str; 4] = ["reads", "shares", "sign_ups", "pushes"];

/// Options of a measurement.
#[derive(Debug, Clone)]
pub struct MeasureOptions {
    /// The instant whose state was built.
    pub as_of: DateTime<Utc>,
    /// The wall clock. Events after it count as dated in the future.
    pub now: DateTime<Utc>,
    /// Rows and instant of the newest delivery of each roster.
    pub deliveries: BTreeMap<String, (u64, i64)>,
    /// Memory, threads and spill folder.
    pub limits: SessionLimits,
}

/// Measures the tables that a build has just committed.
///
/// # Errors
/// [`SqlError`] if a table cannot be read.
pub async fn measure(lake: &Lake, built: &BuildReport, options: &MeasureOptions) -> Result<Measures, SqlError> {
    let session = session(lake, &options.limits, None).await?;
    let mut measures = Measures {
        as_of: options.as_of.timestamp(),
        volumes: volumes(built),
        deliveries: options.deliveries.iter().map(|(name, (rows, _))| (name.clone(), *rows)).collect(),
        delivered: options.deliveries.iter().map(|(name, (_, at))| (name.clone(), *at)).collect(),
        unresolved: built.unresolved,
        ..Measures::default()
    };
    let members = one_row(&session, include_str!("../../sql/data_checks/members.sql")).await?;
    for name in ["age", "union", "openid"] {
        measures.known.insert(name.to_owned(), count(&members, &format!("with_{name}")));
    }
    measures.volumes.insert("members".to_owned(), count(&members, "members"));
    for table in ROSTERS {
        measures.rostered.insert(table.to_owned(), count(&members, &format!("rostered_{table}")));
    }
    let items = one_row(&session, include_str!("../../sql/data_checks/items.sql")).await?;
    measures.volumes.insert("items".to_owned(), count(&items, "items"));
    measures.undescribed = count(&items, "undescribed");
    let days = query(&session, include_str!("../../sql/data_checks/days.sql"), LIMITS).await?;
    for row in objects(&days) {
        let day = row.get("day").and_then(Value::as_str).unwrap_or_default().to_owned();
        measures.days.insert(day, KINDS.iter().map(|&kind| (kind.to_owned(), count(&row, kind))).collect());
    }
    for &table in Table::ALL {
        let Some(time) = table.partition_time() else { continue };
        let Some(stored) = lake.table(&raw_name(table)).await? else { continue };
        let latest = stored.files().iter().filter_map(|file| file.time_range).map(|(_, latest)| latest).max();
        let Some(latest) = latest else { continue };
        measures.latest.insert(table.name().to_owned(), latest.div_euclid(1_000_000));
        if latest >= options.now.timestamp_micros() {
            let now = options.now.to_rfc3339();
            let sql = format!("select count(*) as ahead from raw_{table} where {time} >= timestamp '{now}'");
            measures.ahead += count(&one_row(&session, &sql).await?, "ahead");
        }
    }
    Ok(measures)
}

/// Counts the rows of the built tables by stream; the report has interactions by source and month.
fn volumes(built: &BuildReport) -> BTreeMap<String, u64> {
    let mut volumes = BTreeMap::new();
    for table in &built.tables {
        let mut parts = table.name.split('/');
        if let (Some("interactions"), Some(source)) = (parts.next(), parts.next()) {
            *volumes.entry(source.to_owned()).or_default() += table.rows;
        }
        if table.name == "union_activity" {
            volumes.insert("unions".to_owned(), table.rows);
        }
    }
    volumes
}

type Row = serde_json::Map<String, Value>;

async fn one_row(session: &SessionContext, sql: &str) -> Result<Row, SqlError> {
    Ok(objects(&query(session, sql, LIMITS).await?).next().unwrap_or_default())
}

fn objects(result: &QueryResult) -> impl Iterator<Item = Row> + '_ {
    result.rows.iter().map(|row| result.columns.iter().cloned().zip(row.iter().cloned()).collect())
}

fn count(row: &Row, column: &str) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or_default()
}
