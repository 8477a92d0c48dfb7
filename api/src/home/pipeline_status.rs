//! What the home page shows of the pipeline.

use crate::data::jobs::{Check, RunEntry};
use crate::service::Service;

/// State of the pipeline.
#[derive(Default)]
pub(crate) struct PipelineStatus {
    pub(crate) last_run: Option<RunEntry>,
    /// Rows rejected in the latest run.
    pub(crate) rejected: u64,
    /// Failed checks of the home.
    pub(crate) checks: Vec<Check>,
    /// Files that arrived after the start of the latest run.
    pub(crate) new_files: usize,
}

impl PipelineStatus {
    /// Reads the status. Parts that cannot be read are empty.
    pub(crate) async fn load(service: &Service) -> Self {
        let Some(jobs) = &service.ports.data_jobs else { return Self::default() };
        let last_run = jobs.runs(1).await.unwrap_or_default().into_iter().next();
        let started_at = last_run.as_ref().map_or(i64::MIN, |run| run.started_at);
        let waiting = jobs.waiting().await.unwrap_or_default();
        let new_files = waiting.iter().filter(|file| file.came_at > started_at).count();
        let rejected = last_run.iter().flat_map(|run| &run.files).map(|file| file.rejected).sum();
        let checks = jobs.checks().await.into_iter().filter(|check| check.status != "ok").collect();
        Self { last_run, rejected, checks, new_files }
    }
}
