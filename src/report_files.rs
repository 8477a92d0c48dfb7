//! Writes reports as files for the service and for schedules.

use std::sync::Arc;

use async_trait::async_trait;
use zhihui_api::{ReportFormat, ReportWriter, ReportWriterError};
use zhihui_engine::Language;
use zhihui_engine::report::Report;
use zhihui_pipeline::export::{report_csv, report_csv_tables, report_csv_zip, report_xlsx};

use crate::home::Home;
use crate::output::format_error;
use crate::pdf::{self, PrintError};

/// Files of one home. PDF files are printed by a child process, the others by a blocking thread.
#[derive(Debug)]
pub(crate) struct ReportFiles(pub(crate) Arc<Home>);

#[async_trait]
impl ReportWriter for ReportFiles {
    async fn write(
        &self,
        report: Report,
        format: ReportFormat,
        table: Option<String>,
        language: Language,
    ) -> Result<Vec<u8>, ReportWriterError> {
        write(&self.0, report, format, table, language).await
    }
}

/// Writes a report as a file.
///
/// # Errors
/// [`ReportWriterError`].
pub(crate) async fn write(
    home: &Home,
    report: Report,
    format: ReportFormat,
    table: Option<String>,
    language: Language,
) -> Result<Vec<u8>, ReportWriterError> {
    if format == ReportFormat::Pdf {
        return pdf::print_in_child(home, &report, language).await.map_err(|error| match error {
            PrintError::Font(what) => ReportWriterError::Unavailable(what),
            PrintError::Other(error) => ReportWriterError::Failed(format_error(&error)),
        });
    }
    let zone = home.zone();
    let failed = |error: &dyn std::fmt::Display| ReportWriterError::Failed(error.to_string());
    let write = move || match format {
        ReportFormat::Xlsx => report_xlsx(&report, language, zone).map_err(|error| failed(&error)),
        ReportFormat::Csv => match table {
            None => report_csv_zip(&report, language, zone).map_err(|error| failed(&error)),
            Some(table) => report_csv(&report, &table, language, zone).ok_or_else(|| {
                let known = report_csv_tables(&report).map(str::to_owned).collect();
                ReportWriterError::UnknownTable { known }
            }),
        },
        ReportFormat::Json => serde_json::to_vec(&report).map_err(|error| failed(&error)),
        ReportFormat::Html | ReportFormat::Pdf => {
            Ok(zhihui_api::render_report(&report, language, zone, true).into_bytes())
        }
    };
    tokio::task::spawn_blocking(write).await.map_err(|error| failed(&error))?
}
