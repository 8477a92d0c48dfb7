//! Port: reads the cells of a workbook. The program implements it with the decoder of the inbox, which has limits of its
//! own.

use thiserror::Error;

/// Reads workbooks.
pub trait WorkbookReader: Send + Sync + 'static {
    /// The first visible sheet as comma-separated lines in UTF-8.
    ///
    /// # Errors
    /// [`WorkbookError`] if the bytes are no workbook or need too much memory or time.
    fn read(&self, workbook: &[u8]) -> Result<Vec<u8>, WorkbookError>;
}

/// Why a workbook could not be read.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct WorkbookError(pub String);
