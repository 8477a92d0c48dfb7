//! SQL sessions over one version of each table.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::prelude::SessionContext;
use zhihui_data::Table;

use super::current::{current_rows, instant, raw_rows, stored_columns};
use super::other_moment::{Moment, OtherMoment};
use super::runtime::{configuration, runtime};
use super::scan::{LakeScan, STORE, as_view, partition_type};
use super::{SpillFolder, SqlError, safe_pushdown_rules};
use crate::lake::raw::{nulled_spec, raw_name, raw_spec, rejects_spec};
use crate::lake::{Lake, LakeError, TableSpec};

/// Bounds of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLimits {
    /// Memory for all queries of the session, in bytes. Sorts and aggregations that need more spill to disk, joins do not.
    pub memory_bytes: usize,
    /// Number of partitions that run concurrently.
    pub threads: usize,
    /// Folder to spill to; without it, a query that needs more memory fails.
    pub spill_dir: Option<SpillFolder>,
}

/// Opens a session with raw tables as `raw_<name>`, current rows under the contract names, and `rejects` and `nulled`.
///
/// Built tables have their own names. Contract tables that were never ingested are empty.
///
/// With a moment, raw and contract tables contain what was true before it, and a query that reads a built table of another
/// moment fails with [`SqlError::OtherMoment`].
///
/// The session reads the versions of this moment. Later commits need a new session.
///
/// # Errors
/// If a table of the lake cannot be opened.
pub async fn session(lake: &Lake, limits: &SessionLimits, moment: Option<Moment>) -> Result<SessionContext, SqlError> {
    let as_of = moment.map(|moment| moment.as_of);
    let mut raw = Vec::new();
    for (name, spec) in [("rejects", rejects_spec()), ("nulled", nulled_spec())] {
        raw.push((name.to_owned(), provider(lake, &spec).await?));
    }
    for &table in Table::ALL {
        raw.push((format!("raw_{table}"), provider(lake, &raw_spec(table)).await?));
    }
    let session = session_over(lake, limits, raw)?;
    for &table in Table::ALL {
        let view = session.sql(&current_rows(table, &stored_columns(table), as_of)).await?.into_view();
        session.register_table(table.name(), view)?;
    }
    if let Some(as_of) = as_of {
        hide_later_rows(&session, as_of).await?;
    }
    let contract: Vec<String> =
        Table::ALL.iter().map(|&table| raw_name(table)).chain([rejects_spec().name, nulled_spec().name]).collect();
    for name in lake.tables().await?.into_iter().filter(|name| !contract.contains(name)) {
        let plain = name.rsplit('/').next().unwrap_or(&name);
        if session.table_exist(plain)? {
            let message = format!("two tables of the lake have the name {plain}; rename {name}");
            return Err(LakeError::Location(message).into());
        }
        if let Some(table) = lake.table(&name).await? {
            let scan = LakeScan::new(&table);
            let provider: Arc<dyn TableProvider> = match moment.filter(|moment| moment.built != Some(moment.as_of)) {
                Some(moment) => Arc::new(OtherMoment { name: plain.to_owned(), schema: scan.schema(), moment }),
                None => Arc::new(scan),
            };
            session.register_table(plain, provider)?;
        }
    }
    Ok(session)
}

/// Replaces the raw tables by views of the rows before an instant.
async fn hide_later_rows(session: &SessionContext, as_of: DateTime<Utc>) -> Result<(), SqlError> {
    let at = instant(Some(as_of));
    let listed =
        ["rejects", "nulled"].map(|name| (name.to_owned(), format!("select * from {name} where rejected_at < {at}")));
    let raw = Table::ALL.iter().map(|&table| (format!("raw_{table}"), raw_rows(table, as_of)));
    for (name, query) in raw.chain(listed) {
        let view = session.sql(&query).await?.into_view();
        session.deregister_table(&name)?;
        session.register_table(&name, view)?;
    }
    Ok(())
}

/// Opens a session with the given tables only.
///
/// # Errors
/// If the spill folder cannot be used.
pub(crate) fn session_over(
    lake: &Lake,
    limits: &SessionLimits,
    tables: impl IntoIterator<Item = (String, Arc<dyn TableProvider>)>,
) -> Result<SessionContext, SqlError> {
    let session = limited_session(limits)?;
    let store = ObjectStoreUrl::parse(STORE)?;
    session.runtime_env().register_object_store(store.as_ref(), Arc::clone(lake.store()));
    for (name, table) in tables {
        session.register_table(name, table)?;
    }
    Ok(session)
}

/// Returns a raw table with the columns of its spec; it is empty if it does not exist.
pub(crate) async fn provider(lake: &Lake, spec: &TableSpec) -> Result<Arc<dyn TableProvider>, LakeError> {
    if let Some(table) = lake.table_of(spec).await? {
        return Ok(Arc::new(LakeScan::new(&table)));
    }
    let fields = spec.schema.fields().iter().map(|field| {
        if spec.partition_by.contains(field.name()) {
            Field::new(field.name(), partition_type(), false)
        } else {
            as_view(field)
        }
    });
    Ok(Arc::new(EmptyTable::new(Arc::new(Schema::new(fields.collect::<Vec<_>>())))))
}

fn limited_session(limits: &SessionLimits) -> Result<SessionContext, SqlError> {
    let config = configuration(limits)
        .with_information_schema(true)
        .set_bool("datafusion.execution.parquet.pushdown_filters", true);
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime(limits)?)
        .with_default_features()
        .with_physical_optimizer_rules(safe_pushdown_rules())
        .build();
    Ok(SessionContext::new_with_state(state))
}
