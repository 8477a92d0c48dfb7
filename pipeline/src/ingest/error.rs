//! Errors of ingest as a whole and of single files.

use std::path::PathBuf;

use crate::lake::LakeError;

/// Ingest failed. Files that were committed before stay committed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A path of the command line does not exist or cannot be read.
    #[error("cannot read {path}: {source}; check the path and its permissions")]
    Path {
        /// The path.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Temporary files could not be written or read.
    #[error("cannot store decoded rows in {folder}: {why}; free space there and run the same command again")]
    Scratch {
        /// The folder of temporary files.
        folder: PathBuf,
        /// The system's error.
        why: String,
    },
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A thread or task panicked.
    #[error("a worker of ingest failed: {0}; run the same command again")]
    Worker(String),
}

/// A file is refused. Nothing of it is committed, and ingest continues with the other files.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("cannot be read: {0}; check its permissions and that nothing is writing to it")]
    Io(#[source] std::io::Error),
    #[error("the compressed data are truncated or damaged ({0}); copy the file again from its origin")]
    Compressed(#[source] std::io::Error),
    #[error("{0}")]
    Refused(String),
    #[error("is empty: there is no header row; send the file with its header")]
    Empty,
    #[error("line {line} is longer than {limit} bytes; check that the file is a table and closes all quotation marks")]
    RecordTooLong { line: u64, limit: usize },
    #[error(
        "bytes near line {line} are neither UTF-8 nor GB18030; save the file as UTF-8 (Excel: \"CSV UTF-8\") and send it again"
    )]
    Encoding { line: u64 },
    #[error(
        "bytes near line {line} are not {encoding}, although the file starts with its byte order mark: it is damaged or \
        truncated; save it as UTF-8 (Excel: \"CSV UTF-8\") and send it again"
    )]
    BomMismatch { line: u64, encoding: &'static str },
    #[error("{why}; columns found: {found}")]
    MissingColumn { why: String, found: String },
    #[error(transparent)]
    AbsentColumn(Box<AbsentColumn>),
    #[error(
        "column {0} looks like members' consent, but its meaning is unknown; map it in a [[source]] of zhihui.toml with \
        name, match and table = \"members\": columns = {{ personalised = \"{0}\" }}, and if yes means that consent is \
        refused, values = {{ personalised = {{ \"是\" = \"no\", \"否\" = \"yes\" }} }}; if the column is not consent, ignore \
        it with columns = {{ personalised = \"\" }}"
    )]
    UnknownConsent(String),
    #[error(
        "column {0} is mapped to personalised, but yes seems to mean that consent is refused; translate its words in the \
         [[source]], for example values = {{ personalised = {{ \"是\" = \"no\", \"否\" = \"yes\" }} }}"
    )]
    RefusalAsConsent(String),
    #[error(
        "column {0} has ages, but not the day for which they are valid; add age_as_of = \"2026-01-01\" (that day) to a \
         [[source]] of zhihui.toml with name, match and table = \"members\", or send a column birth_year or birth_date instead; \
         to do without ages, ignore the column with columns = {{ age = \"\" }}"
    )]
    UndatedAge(String),
    #[error("the rows cannot be converted: {0}; please report this with the file's header")]
    Conversion(String),
    #[error(
        "cannot store decoded rows on disk: {0}; free space in the temporary folder and run the same command again"
    )]
    Scratch(String),
}

/// A column that a source maps and a file lacks.
#[derive(Debug, thiserror::Error)]
#[error(
    "the source {source_name} needs the column {column:?} for {key}, but the file does not have it{hint}; {remedy}; columns found: \
    {found}"
)]
pub(super) struct AbsentColumn {
    /// Name of the `[[source]]`.
    pub source_name: String,
    /// Key of the source that names the column.
    pub key: String,
    pub column: String,
    /// The similar column of the file, as the end of a clause.
    pub hint: String,
    pub remedy: String,
    pub found: String,
}

impl From<polars::error::PolarsError> for FileError {
    fn from(error: polars::error::PolarsError) -> Self {
        Self::Conversion(error.to_string())
    }
}

impl From<arrow::error::ArrowError> for FileError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Conversion(error.to_string())
    }
}
