//! The data page: uploads, runs of the pipeline and rejected rows.

pub(crate) mod error_workbook;
pub(crate) mod jobs;
pub(crate) mod labels;
pub(crate) mod mapping;
pub(crate) mod mapping_page;
pub(crate) mod note_view;
pub(crate) mod page;
pub(crate) mod partial_file;
pub(crate) mod upload;
pub(crate) mod view;
