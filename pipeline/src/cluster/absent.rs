//! The cluster of a program that was compiled without it.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::dataframe::DataFrame;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::SessionConfig;

use super::{ClusterError, ClusterOptions, ExecutorOptions, SchedulerOptions};
use crate::lake::{Lake, LakeTable, Written};
use crate::sql::LakeScan;

/// Has no value.
#[derive(Debug, Clone)]
pub(crate) enum Cluster {}

impl Cluster {
    pub(crate) fn new(_options: &ClusterOptions) -> Result<Self, ClusterError> {
        Err(ClusterError::NotCompiled)
    }

    pub(crate) fn of(_config: &SessionConfig) -> Option<Arc<Self>> {
        None
    }

    pub(crate) fn configure(self, _config: SessionConfig) -> SessionConfig {
        match self {}
    }

    pub(crate) async fn rows(&self, _frame: DataFrame, _table: &str) -> Result<SendableRecordBatchStream> {
        match *self {}
    }

    pub(crate) async fn keep(&self, _frame: DataFrame, _table: &str) -> Result<LakeScan> {
        match *self {}
    }

    pub(crate) async fn write(
        &self,
        _frame: DataFrame,
        _table: &LakeTable,
        _partition: &[(&str, &str)],
        _in_parallel: bool,
    ) -> Result<Written> {
        match *self {}
    }
}

/// Refuses to start.
///
/// # Errors
/// Always [`ClusterError::NotCompiled`].
pub async fn run_scheduler(_options: &SchedulerOptions) -> Result<(), ClusterError> {
    Err(ClusterError::NotCompiled)
}

/// Refuses to start.
///
/// # Errors
/// Always [`ClusterError::NotCompiled`].
pub async fn run_executor(_lake: &Lake, _options: &ExecutorOptions) -> Result<(), ClusterError> {
    Err(ClusterError::NotCompiled)
}
