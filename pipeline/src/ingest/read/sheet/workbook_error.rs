//! Errors of decoding a workbook.

/// Error of decoding a workbook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// The file cannot be opened.
    #[error("is a damaged or encrypted workbook ({0}); open it in Excel or WPS and save it again without a password")]
    Workbook(String),
    /// The file is a web page without a table.
    #[error("is a web page without a table; open it in Excel or WPS and save it as .xlsx")]
    NoTable,
    /// A cell is far from all others.
    #[error(
        "sheet {sheet} has a cell at row {row}, column {column}, far from its table; delete the cells outside of the table and save it again"
    )]
    FarCell {
        /// The sheet.
        sheet: String,
        /// Row, counted from 1.
        row: u64,
        /// Column, counted from 1.
        column: u64,
    },
    /// The rows could not be written.
    #[error("cannot write the rows: {0}")]
    Output(#[from] std::io::Error),
    /// The limits of the process could not be set.
    #[error("cannot limit the memory of the decoder: {0}")]
    Limits(String),
}
