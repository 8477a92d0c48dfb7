//! A built table of another moment than the query's: it has columns, and reading it is an error that says what to do.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::SqlError;

/// The one moment that a session shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Rows before this instant are visible.
    pub as_of: DateTime<Utc>,
    /// The instant as of which the built tables were made.
    pub built: Option<DateTime<Utc>>,
}

/// A built table that does not show the moment of the session.
#[derive(Debug)]
pub(super) struct OtherMoment {
    pub(super) name: String,
    pub(super) schema: SchemaRef,
    pub(super) moment: Moment,
}

#[async_trait]
impl TableProvider for OtherMoment {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        _projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let error = SqlError::OtherMoment { name: self.name.clone(), moment: self.moment };
        Err(DataFusionError::External(Box::new(error)))
    }
}

impl Moment {
    /// The instant of the built tables, for a message.
    pub(super) fn built_text(&self) -> String {
        self.built.map_or_else(|| "at an unknown instant".to_owned(), |built| format!("as of {}", built.to_rfc3339()))
    }
}
