//! Port: writes an audience or an allocation as a file. The program implements it with the formats of the command line.

use thiserror::Error;
use zhihui_data::snapshot::Snapshot;
use zhihui_engine::allocation::Allocation;
use zhihui_engine::audience::AudienceResult;

/// Format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// Comma-separated values with a byte order mark.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

/// Writes lists of members.
pub trait ListWriter: Send + Sync + 'static {
    /// The members of an audience to push to, without the hold-out.
    ///
    /// # Errors
    /// [`ListWriterError`] if the format cannot hold the list.
    fn write(
        &self,
        snapshot: &Snapshot,
        audience: &AudienceResult,
        format: ListFormat,
    ) -> Result<Vec<u8>, ListWriterError>;

    /// The sign-ups of an activity with their results, in order.
    ///
    /// # Errors
    /// [`ListWriterError`] if the format cannot hold the list.
    fn write_allocation(&self, allocation: &Allocation, format: ListFormat) -> Result<Vec<u8>, ListWriterError>;
}

/// Why a list could not be written.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct ListWriterError(pub String);
