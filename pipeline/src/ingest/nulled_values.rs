//! Values that were set to unknown, by column and reason.

use serde::Serialize;

use super::reject::Reject;

/// The values of a column that were set to unknown for one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NulledValues {
    /// The column.
    pub column: String,
    /// Code of the reason.
    pub reason: String,
    /// Number of values.
    pub values: u64,
    /// Row of the example: the first one, or the first one with a factor.
    pub row: u64,
    /// What is wrong with the example, and what to do.
    pub message: String,
    /// The `factor` of a `[[source]]` with which the example would be in range.
    pub factor: Option<f64>,
}

impl NulledValues {
    /// No values yet, with this one as the example.
    pub(super) fn first(column: &str, example: &Reject) -> Self {
        Self {
            column: column.to_owned(),
            reason: example.reason.code().to_owned(),
            values: 0,
            row: example.row,
            message: example.message.clone().into_owned(),
            factor: example.factor,
        }
    }

    /// Counts a value.
    pub(super) fn add(&mut self, nulled: &Reject) {
        self.values += 1;
        if self.factor.is_none() && nulled.factor.is_some() {
            (self.row, self.factor) = (nulled.row, nulled.factor);
            self.message = nulled.message.clone().into_owned();
        }
    }
}
