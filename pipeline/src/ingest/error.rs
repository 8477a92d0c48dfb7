//! What can go wrong with ingest as a whole, and with one file.

use std::path::PathBuf;

use crate::lake::LakeError;

/// Ingest could not start or could not go on. Files that were committed before stay committed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A path of the command line does not exist or cannot be read.
    #[error("cannot read {path}: {source}; check the path and its permissions")]
    Path {
        /// The path.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Temporary files could not be written or read.
    #[error("cannot keep decoded rows in {folder}: {why}; free space there and run the same command again")]
    Scratch {
        /// The folder of temporary files.
        folder: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// The lake refused.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// A worker ended without an answer.
    #[error("a worker of ingest failed: {0}; nothing of this run was committed")]
    Worker(String),
}

/// One file is refused: nothing of it is committed, the other files go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("cannot be read: {0}; check its permissions and that nothing is writing to it")]
    Io(#[source] std::io::Error),
    #[error("the compressed data end early or are damaged ({0}); copy the file again from where it came")]
    Compressed(#[source] std::io::Error),
    #[error("{0}")]
    Refused(String),
    #[error("line {line} is longer than {limit} bytes; the file is no table, or a quotation mark is never closed")]
    RecordTooLong { line: u64, limit: usize },
    #[error(
        "bytes near line {line} are neither UTF-8 nor GB18030; save the file as UTF-8 (Excel: \"CSV UTF-8\") and send it again"
    )]
    Encoding { line: u64 },
    #[error(
        "bytes near line {line} are no {encoding}, although the mark at the file's begin says so: it is damaged or ends early; \
         save it again as UTF-8 (Excel: \"CSV UTF-8\") and send that"
    )]
    Marked { line: u64, encoding: &'static str },
    #[error("{why}; columns found: {found}")]
    MissingColumn { why: String, found: String },
    #[error(
        "column {0} looks like a member's consent, and it is not known what it says; map it in a [[source]] of zhihui.toml \
         with name, match and table = \"members\": columns = {{ personalised = \"{0}\" }}, and where yes means that consent is \
         refused values = {{ personalised = {{ \"是\" = \"no\", \"否\" = \"yes\" }} }}; a column that is no consent is passed \
         over with columns = {{ personalised = \"\" }}"
    )]
    Consent(String),
    #[error(
        "column {0} is mapped to personalised, but yes seems to mean that consent is refused; say what its words mean in the \
         [[source]], for example values = {{ personalised = {{ \"是\" = \"no\", \"否\" = \"yes\" }} }}"
    )]
    Refusal(String),
    #[error("the rows could not be handled: {0}; please report this with the file's header")]
    Columns(String),
    #[error("cannot keep decoded rows on disk: {0}; free space in the temporary folder and run the same command again")]
    Scratch(String),
}

impl From<polars::error::PolarsError> for FileError {
    fn from(error: polars::error::PolarsError) -> Self {
        Self::Columns(error.to_string())
    }
}

impl From<arrow::error::ArrowError> for FileError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Columns(error.to_string())
    }
}
