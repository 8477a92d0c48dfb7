//! What can be wrong with a matrix, a parameter or a fit.

use thiserror::Error;

/// A refusal that names what was wrong and what would be right.
#[derive(Debug, Error, PartialEq)]
pub enum ModelError {
    /// An index lies outside the matrix.
    #[error("entry ({row}, {column}) lies outside a matrix of {rows} rows and {columns} columns")]
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
        /// The offending weight.
        weight: f32,
    },
    /// A parameter is outside its bounds.
    #[error("parameter {name} = {value} must be {bounds}")]
    BadParameter {
        /// The parameter as a user writes it, for example `ials.factors`.
        name: String,
        /// The value given.
        value: String,
        /// What would be accepted.
        bounds: String,
    },
    /// No recommender or parameter has this name.
    #[error("unknown {what} {name}; known: {known}")]
    Unknown {
        /// What kind of name it is.
        what: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// There is nothing to learn from.
    #[error("{0}")]
    NotEnoughData(String),
    /// The computation would need more memory than allowed.
    #[error("{what} needs {needed_mb} MB, more than the {allowed_mb} MB allowed; {remedy}")]
    TooLarge {
        /// What would be allocated.
        what: String,
        /// Megabytes needed.
        needed_mb: usize,
        /// Megabytes allowed.
        allowed_mb: usize,
        /// What to do instead.
        remedy: String,
    },
    /// A search passes over what would take too long.
    #[error("{what} would take {times:.1} times as long as a search waits for one fit; fit it by name to have it")]
    TooSlow {
        /// What would be fitted.
        what: String,
        /// How many times too long.
        times: f64,
    },
    /// A fit left the finite numbers.
    #[error("{0} did not converge to finite numbers; lower the learning rate or raise the regularisation")]
    Diverged(&'static str),
}
