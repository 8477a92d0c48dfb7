//! Reports for the tests: one fixed report, and files that say what they are made of.

use async_trait::async_trait;
use chrono::DateTime;
use zhihui_api::{
    MemberComment, ReportFormat, ReportQuery, ReportSource, ReportSourceError, ReportWriter, ReportWriterError,
};
use zhihui_engine::Language;
use zhihui_engine::report::Report;

/// A source with one report, `engagement`, of invented numbers.
pub struct SmallReports;

#[async_trait]
impl ReportSource for SmallReports {
    fn names(&self) -> &[&'static str] {
        &["engagement"]
    }

    async fn report(&self, name: &str, query: ReportQuery) -> Result<Report, ReportSourceError> {
        match (name, query.district.as_deref()) {
            ("engagement", Some("nowhere")) => {
                Err(ReportSourceError::Parameter { parameter: "district", what: "there is no such district".into() })
            }
            ("engagement", Some("broken")) => Err(ReportSourceError::Failed("secret path /home/x".into())),
            ("engagement", Some("empty")) => Err(ReportSourceError::NotYet("nothing has been ingested yet".into())),
            ("engagement", _) => {
                let mut report = small_report();
                if let Some(union) = query.union {
                    report.summary.zh = format!("只看 {union}");
                    report.memo = None;
                }
                Ok(report)
            }
            _ => Err(ReportSourceError::Unknown(name.to_owned())),
        }
    }

    async fn comments(&self, query: ReportQuery) -> Result<Vec<MemberComment>, ReportSourceError> {
        let text = format!("很好<b>{}", query.union.unwrap_or_default());
        Ok(vec![MemberComment { at: DateTime::UNIX_EPOCH, item_id: None, title: None, rating: Some(4), text }])
    }
}

pub fn small_report() -> Report {
    serde_json::from_str(include_str!("small_report.json")).unwrap()
}

/// Writes format, table, language and summary of a report. PDF files have no font.
pub struct SmallFiles;

#[async_trait]
impl ReportWriter for SmallFiles {
    async fn write(
        &self,
        report: Report,
        format: ReportFormat,
        table: Option<String>,
        language: Language,
    ) -> Result<Vec<u8>, ReportWriterError> {
        let known = || report.tables.iter().map(|table| table.name.clone()).collect();
        match (format, &table) {
            (ReportFormat::Pdf, _) => Err(ReportWriterError::Unavailable("install fonts-noto-cjk".into())),
            (ReportFormat::Csv, Some(name)) if name == "weather" => {
                Err(ReportWriterError::UnknownTable { known: known() })
            }
            _ => Ok(format!("{} {table:?} {language:?} {}", format.as_str(), report.summary.zh).into_bytes()),
        }
    }
}
