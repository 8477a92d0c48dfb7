//! Data jobs for the tests: one run and one file with rejected rows.

use std::path::PathBuf;

use async_trait::async_trait;
use zhihui_api::{
    Check, DataJobs, FileNotes, JobError, ListFormat, ListWriter, ListWriterError, NulledValues, RejectedFile,
    RunEntry, RunFile, RunStep, UnknownColumn, WaitingFile, WorkbookError, WorkbookReader,
};
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::allocation::Allocation;
use zhihui_engine::audience::AudienceResult;

use crate::support::{HOUR, NOW};

/// Notes about 385 hourly files.
fn notes() -> FileNotes {
    let column = |name: &str, similar: Option<&str>, personal| UnknownColumn {
        name: name.into(),
        similar: similar.map(str::to_owned),
        personal,
    };
    FileNotes {
        table: "reads".into(),
        source: None,
        files: 385,
        path: "/in/clicks_hour_000.csv.gz".into(),
        unknown_columns: vec![column("dwell_second", Some("dwell_seconds"), false), column("<i>姓名", None, true)],
        added: 1_000,
        unresolved: 125,
        nulled_values: vec![NulledValues {
            column: "read_fraction".into(),
            reason: "out_of_range".into(),
            values: 37,
            row: 5,
            factor: Some(0.01),
        }],
    }
}

/// Data jobs with one run and one file with rejected rows. Uploads go to a folder.
pub struct SmallJobs {
    pub inbox: PathBuf,
    /// Prefix of the file names.
    pub files: &'static str,
}

#[async_trait]
impl DataJobs for SmallJobs {
    fn inbox(&self) -> Option<PathBuf> {
        Some(self.inbox.clone())
    }

    async fn waiting(&self) -> Result<Vec<WaitingFile>, JobError> {
        Ok(vec![WaitingFile { name: format!("{}.csv", self.files), bytes: 2_048, came_at: NOW }])
    }

    async fn runs(&self, _limit: u32) -> Result<Vec<RunEntry>, JobError> {
        let step = RunStep { step: "ingest".into(), status: "refused".into(), seconds: 1.5, rows: Some(7), why: None };
        let file = RunFile {
            path: format!("/in/<b>{}.csv", self.files),
            status: "refused".into(),
            rejected: 3,
            error: Some("is empty".into()),
            ..RunFile::default()
        };
        Ok(vec![RunEntry {
            run_id: "r1".into(),
            started_at: NOW - HOUR,
            finished_at: Some(NOW - HOUR + 90),
            outcome: Some("refused".into()),
            steps: vec![step],
            files: vec![file],
            notes: vec![notes()],
            ..RunEntry::default()
        }])
    }

    async fn start_run(&self) -> Result<(), JobError> {
        Err(JobError::Busy("another run".into()))
    }

    async fn rejects(&self, _run_id: Option<&str>) -> Result<Vec<RejectedFile>, JobError> {
        let reasons = vec![("bad_time".into(), "read_at".into(), 3)];
        let (sha256, file) = ("ab".repeat(32), format!("/in/{}.csv", self.files));
        let nulled = vec![("out_of_range".into(), "read_fraction".into(), 37)];
        Ok(vec![RejectedFile { file, sha256, table: "reads".into(), run_id: "r1".into(), reasons, nulled }])
    }

    async fn error_workbook(&self, sha256: &str, _table: &str) -> Result<Vec<u8>, JobError> {
        if sha256 == "ab".repeat(32) { Ok(b"PK".to_vec()) } else { Err(JobError::NotFound("nothing".into())) }
    }

    async fn checks(&self) -> Vec<Check> {
        Vec::new()
    }
}

impl ListWriter for SmallJobs {
    fn write(
        &self,
        snapshot: &Snapshot,
        audience: &AudienceResult,
        format: ListFormat,
    ) -> Result<Vec<u8>, ListWriterError> {
        let members = audience.rows.iter().map(|row| format!(" {} {}", snapshot.members.id[row.member], row.openid));
        Ok(format!("{format:?} {}{}", audience.preview.selected, members.collect::<String>()).into_bytes())
    }

    fn write_allocation(&self, allocation: &Allocation, format: ListFormat) -> Result<Vec<u8>, ListWriterError> {
        let grants = allocation.grants.iter().map(|grant| format!(" {} {}", grant.place, grant.request.member_id));
        Ok(format!("{format:?}{}", grants.collect::<String>()).into_bytes())
    }
}

/// A workbook is `PK` with the lines of its sheet.
impl WorkbookReader for SmallJobs {
    fn read(&self, workbook: &[u8]) -> Result<Vec<u8>, WorkbookError> {
        let lines = workbook.strip_prefix(b"PK").ok_or_else(|| WorkbookError("not a workbook".into()))?;
        Ok(lines.to_vec())
    }
}
