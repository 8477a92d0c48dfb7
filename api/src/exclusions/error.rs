//! Errors of exclusion lists.

use thiserror::Error;

use super::ids::MAX_IDS;
use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;

/// Maximum length of a name in characters.
pub(crate) const MAX_NAME: usize = 100;
/// Maximum length of a purpose in characters.
pub(crate) const MAX_PURPOSE: usize = 200;

/// Why an operation on an exclusion list failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExclusionError {
    /// There is no such list, or the caller may not see it.
    #[error("no exclusion list {0:?}; `GET /v1/exclusion-lists` and `zhihui exclusions list` list them")]
    Unknown(String),
    /// Staff may delete and restore only what they uploaded.
    #[error("{0} uploaded this exclusion list; ask them or an admin to delete or restore it")]
    NotOwn(String),
    /// A name or a purpose has an invalid length or control characters.
    #[error("{field}: must be 1 to {max} characters without control characters")]
    BadText {
        /// The field.
        field: &'static str,
        /// Maximum number of characters.
        max: usize,
    },
    /// The last day is before today.
    #[error("until: {0} has passed; give today or a later day, or none")]
    Ended(chrono::NaiveDate),
    /// More ids than a list may have.
    #[error("ids: more than {MAX_IDS} ids; split the list")]
    TooMany,
    /// There is no id.
    #[error("ids: no id found; give member ids or openids, one a line, or a file with a column member_id or openid")]
    Empty,
    /// No id belongs to a member.
    #[error("ids: none of the {0} ids belongs to a member whom you may see; check that they are member ids or openids")]
    NobodyKnown(usize),
    /// The file cannot be read.
    #[error("file: {0}")]
    BadFile(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ExclusionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ExclusionError> for Problem {
    fn from(error: ExclusionError) -> Self {
        let detail = error.to_string();
        let parameter = match error {
            ExclusionError::Unknown(_) => return Self::new(Code::UnknownExclusionList, detail),
            ExclusionError::NotOwn(_) => return Self::new(Code::Forbidden, detail),
            ExclusionError::Store(error) => return error.write_problem(),
            ExclusionError::BadText { field, .. } => field,
            ExclusionError::Ended(_) => "until",
            ExclusionError::TooMany | ExclusionError::Empty | ExclusionError::NobodyKnown(_) => "ids",
            ExclusionError::BadFile(_) => "file",
        };
        Self::new(Code::InvalidParameter, detail).with("parameter", parameter)
    }
}
