//! Raw tables of the lake in the session of a report, for what the built tables do not keep.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use futures::future::try_join_all;
use zhihui_data::Table;

use crate::lake::raw::{nulled_spec, raw_name, raw_schema, rejects_spec};
use crate::lake::{Lake, LakeError, LakeTable, OpenedTables};
use crate::report::ReportError;
use crate::sql::LakeScan;

/// Contract tables that queries read as `raw_<name>`.
const RAW: [Table; 5] = [Table::Members, Table::MemberEvents, Table::Reads, Table::Shares, Table::Shown];

/// The raw tables of reports, `rejects` and `nulled`, each at one version. `None` for a table that the lake does not have.
pub(super) struct RawTables(Vec<(String, SchemaRef, Option<LakeTable>)>);

impl RawTables {
    /// Opens the newest versions.
    pub(super) async fn open(lake: &Lake, opened: &OpenedTables) -> Result<Self, LakeError> {
        let listed = [("rejects", rejects_spec()), ("nulled", nulled_spec())];
        let listed = listed.map(|(name, spec)| (name.to_owned(), spec.name, spec.schema));
        let contract = RAW.iter().map(|&table| (format!("raw_{}", table.name()), raw_name(table), raw_schema(table)));
        let tables = contract
            .chain(listed)
            .map(async |(name, path, schema)| Ok((name, schema, opened.table(lake, &path).await?)));
        Ok(Self(try_join_all(tables).await?))
    }

    /// The versions in a fixed order, -1 for a table that does not exist yet.
    pub(super) fn versions(&self) -> Vec<i64> {
        self.0.iter().map(|(.., table)| table.as_ref().map_or(-1, LakeTable::version)).collect()
    }

    /// Registers the tables. A table that the lake does not have is empty.
    pub(super) fn register(&self, context: &SessionContext) -> Result<(), ReportError> {
        for (name, schema, table) in &self.0 {
            let provider: Arc<dyn TableProvider> = match table {
                Some(table) => Arc::new(LakeScan::new(table)),
                None => {
                    let empty = MemTable::try_new(Arc::clone(schema), vec![Vec::new()]);
                    Arc::new(empty.map_err(ReportError::query("session"))?)
                }
            };
            context.register_table(name, provider).map_err(ReportError::query("session"))?;
        }
        Ok(())
    }
}
