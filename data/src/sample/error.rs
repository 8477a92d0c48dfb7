//! Errors of the sample generator.

use std::path::PathBuf;

use thiserror::Error;

/// Why sample data cannot be written. Files already written are kept.
#[derive(Debug, Error)]
pub enum SampleError {
    /// An option is out of bounds.
    #[error("{name} = {value} must be from {low} to {high}")]
    Option {
        /// Name of the option.
        name: &'static str,
        /// The given value.
        value: f64,
        /// Smallest accepted value.
        low: f64,
        /// Largest accepted value.
        high: f64,
    },
    /// The target folder is not empty.
    #[error("{0} is not empty; choose a new or empty folder for the sample")]
    NotEmpty(PathBuf),
    /// A file could not be written.
    #[error("cannot write {path}: {source}; check disk space and folder permissions")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The workbook could not be created.
    #[error("cannot create {path}: {source}; check disk space and folder permissions")]
    Workbook {
        /// The file.
        path: PathBuf,
        /// The writer's error.
        source: rust_xlsxwriter::XlsxError,
    },
}
