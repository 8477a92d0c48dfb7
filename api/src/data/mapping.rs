//! Port: how a file in the inbox would be read, and mappings that people choose for it. The program implements it.

use async_trait::async_trait;
use zhihui_data::Table;

use super::jobs::JobError;

/// What a person chose for a file: its table, and a contract column for some of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingChoice {
    /// The table of the data contract.
    pub table: Table,
    /// Header in the file and contract column.
    pub columns: Vec<(String, String)>,
}

/// How a file would be read. Values are cleaned, and personal ones are not shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MappedFile {
    /// The table; `None` if none fits.
    pub table: Option<Table>,
    /// Whether its rows could be read.
    pub is_readable: bool,
    /// Whether the settings, a kept mapping or its headers map it already, and nothing was chosen.
    pub is_mapped: bool,
    /// Why it could not be read.
    pub error: Option<String>,
    /// Encoding, separator and row of the header, as far as they are known.
    pub layout: (Option<String>, Option<String>, Option<u64>),
    /// The headers of the file, and the contract columns that they are read into.
    pub columns: Vec<(String, Option<String>)>,
    /// Rows in the file.
    pub rows: u64,
    /// Rejected rows.
    pub rejected: u64,
    /// Reason codes of rejects and their numbers.
    pub reasons: Vec<(String, u64)>,
    /// Names of the sample's columns.
    pub sample_columns: Vec<String>,
    /// The first rows.
    pub sample: Vec<Vec<String>>,
    /// The mapping as a section of the settings.
    pub section: Option<String>,
}

/// Previews files of the inbox and keeps mappings.
#[async_trait]
pub trait FileMapper: Send + Sync + 'static {
    /// How a file would be read: as chosen, as the settings say, or as its columns suggest.
    ///
    /// # Errors
    /// [`JobError::NotFound`] if the inbox has no such file.
    async fn preview(&self, file: &str, choice: Option<MappingChoice>) -> Result<MappedFile, JobError>;

    /// Keeps a mapping for this file and others with the same name but for digits. `by` is the name of the account.
    ///
    /// # Errors
    /// [`JobError::NotFound`] as above, [`JobError::Invalid`] if the file could not be read with it.
    async fn keep(&self, file: &str, choice: MappingChoice, by: &str) -> Result<(), JobError>;
}
