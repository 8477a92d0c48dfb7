//! Port: writes the files of reports. The program implements it, because workbooks and PDF files need its libraries and fonts.

use async_trait::async_trait;
use thiserror::Error;
use zhihui_engine::Language;
use zhihui_engine::report::Report;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFormat {
    /// A workbook with a sheet a section and native charts.
    Xlsx,
    /// A4 pages.
    Pdf,
    /// One table as comma-separated text, or all tables in a zip archive.
    Csv,
    /// One HTML file that needs no other.
    Html,
    /// The report of `GET /v1/reports/{name}`.
    Json,
}

impl ReportFormat {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Xlsx, Self::Pdf, Self::Csv, Self::Html, Self::Json];

    /// The name in query strings and settings, and the ending of file names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Json => "json",
        }
    }

    /// Parses the name of a format.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }
}

/// Writes reports as files.
#[async_trait]
pub trait ReportWriter: Send + Sync + 'static {
    /// Writes a report. `table` selects a table of CSV files; other formats ignore it. Without it a CSV export is a zip
    /// archive of all tables.
    ///
    /// # Errors
    /// [`ReportWriterError`].
    async fn write(
        &self,
        report: Report,
        format: ReportFormat,
        table: Option<String>,
        language: Language,
    ) -> Result<Vec<u8>, ReportWriterError>;
}

/// Why a file cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportWriterError {
    /// The report has no such table.
    #[error("the report has no such table; its tables are {}", known.join(", "))]
    UnknownTable {
        /// The tables of the report.
        known: Vec<String>,
    },
    /// The machine cannot write this format; the text says what to do.
    #[error("{0}")]
    Unavailable(String),
    /// Writing failed; the text goes to the log, not to the caller.
    #[error("{0}")]
    Failed(String),
}
