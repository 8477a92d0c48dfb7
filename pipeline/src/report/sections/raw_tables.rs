//! Raw tables of the lake in the session of a report, for what the built tables do not keep.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use zhihui_data::Table;

use crate::lake::Lake;
use crate::lake::raw::{nulled_spec, raw_name, raw_schema, rejects_spec};
use crate::report::ReportError;
use crate::report::session::ReportSession;
use crate::sql::LakeScan;

/// Contract tables that queries read as `raw_<name>`.
const RAW: [Table; 5] = [Table::Members, Table::MemberEvents, Table::Reads, Table::Shares, Table::Shown];

/// Registers the raw tables, `rejects` and `nulled`, unless they are registered. A table that the lake does not have is empty.
pub(super) async fn register(session: &ReportSession, lake: &Lake) -> Result<(), ReportError> {
    if session.context().await?.table_exist("rejects").map_err(ReportError::query("session"))? {
        return Ok(());
    }
    for table in RAW {
        let name = format!("raw_{}", table.name());
        register_one(session, lake, &name, &raw_name(table), raw_schema(table)).await?;
    }
    for (name, spec) in [("rejects", rejects_spec()), ("nulled", nulled_spec())] {
        register_one(session, lake, name, &spec.name, spec.schema).await?;
    }
    Ok(())
}

async fn register_one(
    session: &ReportSession,
    lake: &Lake,
    name: &str,
    path: &str,
    schema: SchemaRef,
) -> Result<(), ReportError> {
    let provider: Arc<dyn TableProvider> = match lake.table(path).await? {
        Some(table) => Arc::new(LakeScan::new(&table)),
        None => Arc::new(MemTable::try_new(schema, vec![Vec::new()]).map_err(ReportError::query("session"))?),
    };
    let registered = session.context().await?.register_table(name, provider);
    registered.map(|_| ()).map_err(ReportError::query("session"))
}
