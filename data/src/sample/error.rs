//! Why sample data could not be made.

use std::path::PathBuf;

use thiserror::Error;

/// Why sample data could not be made. What was already written stays where it is.
#[derive(Debug, Error)]
pub enum SampleError {
    /// An option lies outside its bounds.
    #[error("{name} is {value}, but sample data needs {low} to {high}; choose a value within")]
    Option {
        /// The option.
        name: &'static str,
        /// What was asked for.
        value: f64,
        /// The smallest value taken.
        low: f64,
        /// The largest value taken.
        high: f64,
    },
    /// The target folder already holds something, which would be mixed with the sample.
    #[error("{0} is not empty; choose a new folder for the sample, or empty this one")]
    NotEmpty(PathBuf),
    /// A file could not be written.
    #[error("{path} could not be written: {source}; check the disk's space and the folder's permissions")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The workbook could not be made.
    #[error("{path} could not be made: {source}; check the disk's space and the folder's permissions")]
    Workbook {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        source: rust_xlsxwriter::XlsxError,
    },
}
