//! The error type of the crate.

use thiserror::Error;

/// An invalid input, or a fit that failed.
#[derive(Debug, Error, PartialEq)]
pub enum ModelError {
    /// An index lies outside the matrix.
    #[error("entry ({row}, {column}) is outside a matrix of {rows} rows and {columns} columns")]
    OutOfBounds {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// Rows of the matrix.
        rows: usize,
        /// Columns of the matrix.
        columns: usize,
    },
    /// A weight is negative, too large for single precision, or not a number.
    #[error("weight {weight} at ({row}, {column}) is not a number from 0 to 1e12")]
    BadWeight {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// The invalid weight.
        weight: f32,
    },
    /// A parameter is outside its bounds.
    #[error("parameter {name} = {value} must be {bounds}")]
    BadParameter {
        /// The parameter as a user writes it, for example `ials.factors`.
        name: String,
        /// The value given.
        value: String,
        /// The accepted values.
        bounds: String,
    },
    /// No recommender or parameter has this name.
    #[error("unknown {what} {name}; known: {known}")]
    Unknown {
        /// The kind of name, such as `model`.
        what: &'static str,
        /// The name given.
        name: String,
        /// The known names.
        known: String,
    },
    /// The data are not enough to learn from.
    #[error("{0}")]
    NotEnoughData(String),
    /// The computation needs more memory than allowed.
    #[error("{what} needs {needed_mb} MB, more than the {allowed_mb} MB allowed; {remedy}")]
    TooLarge {
        /// The allocation or computation.
        what: String,
        /// Megabytes needed.
        needed_mb: usize,
        /// Megabytes allowed.
        allowed_mb: usize,
        /// How to avoid the error.
        remedy: String,
    },
    /// A fit exceeds the limit that a search sets for one fit.
    #[error(
        "{what} would take {times:.1} times the time limit for one fit in a search; fit it directly by its name instead"
    )]
    TooSlow {
        /// The model.
        what: String,
        /// Cost of the fit divided by the limit.
        times: f64,
    },
    /// A fit produced numbers that are not finite.
    #[error("{0} did not converge to finite numbers; lower the learning rate or raise the regularisation")]
    Diverged(&'static str),
}

impl ModelError {
    /// The parameter `name`, written as `family.parameter`, must be `bounds`.
    #[expect(clippy::needless_pass_by_value, reason = "a temporary value needs no reference at the call")]
    pub(crate) fn bad_parameter(name: impl Into<String>, value: impl ToString, bounds: impl Into<String>) -> Self {
        Self::BadParameter { name: name.into(), value: value.to_string(), bounds: bounds.into() }
    }
}
