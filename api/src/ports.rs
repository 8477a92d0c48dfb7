//! The ports of the service: traits that the program implements because this crate reads neither the lake nor the home.

use std::sync::Arc;

use crate::audiences::list_writer::ListWriter;
use crate::data::jobs::DataJobs;
use crate::data::mapping::FileMapper;
use crate::exclusions::workbook::WorkbookReader;
use crate::members::records::MemberRecords;
use crate::reports::file::ReportWriter;
use crate::reports::source::ReportSource;

/// One implementation for each port. Pages hide what an absent port would serve.
#[derive(Clone)]
pub struct Ports {
    pub(crate) reports: Arc<dyn ReportSource>,
    pub(crate) data_jobs: Option<Arc<dyn DataJobs>>,
    pub(crate) file_mapper: Option<Arc<dyn FileMapper>>,
    pub(crate) list_writer: Option<Arc<dyn ListWriter>>,
    pub(crate) member_records: Option<Arc<dyn MemberRecords>>,
    pub(crate) workbook_reader: Option<Arc<dyn WorkbookReader>>,
    pub(crate) report_writer: Option<Arc<dyn ReportWriter>>,
}

impl Ports {
    /// Only reports; the other ports are absent.
    #[must_use]
    pub fn new(reports: Arc<dyn ReportSource>) -> Self {
        Self {
            reports,
            data_jobs: None,
            file_mapper: None,
            list_writer: None,
            member_records: None,
            workbook_reader: None,
            report_writer: None,
        }
    }

    /// Connects the data page to the pipeline and removes uploads that a killed process left unfinished.
    #[must_use]
    pub fn with_data_jobs(mut self, jobs: Arc<dyn DataJobs>) -> Self {
        if let Some(inbox) = jobs.inbox() {
            crate::data::partial_file::remove_all(&inbox);
        }
        self.data_jobs = Some(jobs);
        self
    }

    /// Lets staff preview files of the inbox and keep mappings.
    #[must_use]
    pub fn with_file_mapper(mut self, mapper: Arc<dyn FileMapper>) -> Self {
        self.file_mapper = Some(mapper);
        self
    }

    /// Lets staff download an audience as a file.
    #[must_use]
    pub fn with_list_writer(mut self, writer: Arc<dyn ListWriter>) -> Self {
        self.list_writer = Some(writer);
        self
    }

    /// Lets people and programs download reports as files.
    #[must_use]
    pub fn with_report_writer(mut self, writer: Arc<dyn ReportWriter>) -> Self {
        self.report_writer = Some(writer);
        self
    }

    /// Lets staff upload exclusion lists as workbooks.
    #[must_use]
    pub fn with_workbook_reader(mut self, reader: Arc<dyn WorkbookReader>) -> Self {
        self.workbook_reader = Some(reader);
        self
    }

    /// Adds the rows of the lake to the data export of a member.
    #[must_use]
    pub fn with_member_records(mut self, records: Arc<dyn MemberRecords>) -> Self {
        self.member_records = Some(records);
        self
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}
