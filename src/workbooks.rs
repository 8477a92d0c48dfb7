//! Reads an uploaded workbook with the decoder of the inbox: a child process with limited memory and time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use zhihui_api::{WorkbookError, WorkbookReader};
use zhihui_pipeline::ingest::sheet::first_visible_sheet;

use crate::home::{Home, random_hex};

/// Reads workbooks by the command `decode-sheet` of this program.
#[derive(Debug, Clone)]
pub(crate) struct Workbooks {
    /// Where a workbook is stored while it is read.
    folder: PathBuf,
    /// Address space of the decoder in bytes, and its processor time in seconds.
    limits: (u64, u64),
}

/// A file that is removed when it is dropped.
struct TemporaryFile(PathBuf);

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Workbooks {
    pub(crate) fn new(home: &Home) -> Self {
        let limits = home.config.ingest;
        Self { folder: home.folder.clone(), limits: (limits.workbook_bytes, limits.workbook_seconds) }
    }

    fn decode(&self, workbook: &[u8]) -> anyhow::Result<Vec<u8>> {
        let file = TemporaryFile(self.folder.join(format!("upload-{}.xlsx", random_hex(8)?)));
        std::fs::write(&file.0, workbook).context("cannot store the workbook")?;
        let output = self.run(&file.0)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        let why = stderr.trim().trim_start_matches("zhihui: ");
        anyhow::ensure!(output.status.success(), "{why}");
        Ok(first_visible_sheet(&output.stdout).to_vec())
    }

    fn run(&self, file: &Path) -> anyhow::Result<std::process::Output> {
        let program = std::env::current_exe().context("cannot find the path of the running executable")?;
        let (memory, seconds) = self.limits;
        let mut command = Command::new(program);
        command.arg("decode-sheet").arg(file);
        command.args(["--memory", &memory.to_string(), "--seconds", &seconds.to_string()]);
        command.output().context("cannot start the workbook decoder")
    }
}

impl WorkbookReader for Workbooks {
    fn read(&self, workbook: &[u8]) -> Result<Vec<u8>, WorkbookError> {
        self.decode(workbook).map_err(|error| WorkbookError(format!("{error:#}")))
    }
}
