//! Errors of exclusion lists.

use thiserror::Error;

use super::ids::MAX_IDS;
use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// Maximum length of a name in characters.
pub(crate) const MAX_NAME: usize = 100;
/// Maximum length of a purpose in characters.
pub(crate) const MAX_PURPOSE: usize = 200;

/// Why an operation on an exclusion list failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExclusionError {
    /// The list does not exist, or the caller may not see it.
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
    /// The request contains no id.
    #[error("ids: no id found; give member ids or openids, one a line, or a file with a column member_id or openid")]
    Empty,
    /// No id belongs to a member.
    #[error("ids: none of the {0} ids belongs to a member whom you may see; check that they are member ids or openids")]
    NobodyKnown(usize),
    /// The last day is not a day.
    #[error("until: must be a day such as 2027-03-31")]
    BadDay,
    /// The file is not text in a known encoding.
    #[error(
        "file: must be text in UTF-8 or GB18030, or a workbook whose name ends in .xlsx; save it again as CSV UTF-8"
    )]
    NotText,
    /// The service has no reader of workbooks.
    #[error("file: this service reads no workbooks; save the file as CSV UTF-8 and send it again")]
    NoWorkbooks,
    /// The workbook cannot be read.
    #[error("file: {0}")]
    BadWorkbook(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ExclusionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl ExclusionError {
    /// What pages say.
    fn text(&self, t: Locale) -> String {
        match self {
            Self::Unknown(_) => t.error_unknown_exclusion_list().to_owned(),
            Self::NotOwn(owner) => t.exclusions_not_own(owner.strip_prefix("user ").unwrap_or(owner)),
            Self::BadText { field: "purpose", max } => t.exclusions_bad_purpose(max),
            Self::BadText { max, .. } => t.exclusions_bad_name(max),
            Self::BadDay => t.exclusions_bad_day().to_owned(),
            Self::Ended(day) => t.exclusions_day_has_passed(day),
            Self::TooMany => t.exclusions_too_many().to_owned(),
            Self::Empty => t.exclusions_no_ids().to_owned(),
            Self::NobodyKnown(count) => t.exclusions_nobody_known(grouped(*count as f64, 0)),
            Self::NotText => t.exclusions_not_text().to_owned(),
            Self::NoWorkbooks => t.exclusions_no_workbooks().to_owned(),
            Self::BadWorkbook(_) => t.exclusions_bad_workbook().to_owned(),
            Self::Store(_) => t.error_unavailable_advice().to_owned(),
        }
    }
}

impl From<ExclusionError> for Problem {
    fn from(error: ExclusionError) -> Self {
        let (detail, wording) = (error.to_string(), Locale::both(|t| error.text(t)));
        let parameter = match error {
            ExclusionError::Unknown(_) => return Self::new(Code::UnknownExclusionList, detail),
            ExclusionError::NotOwn(_) => return Self::new(Code::Forbidden, detail),
            ExclusionError::Store(error) => return error.write_problem(),
            ExclusionError::BadText { field, .. } => field,
            ExclusionError::Ended(_) | ExclusionError::BadDay => "until",
            ExclusionError::TooMany | ExclusionError::Empty | ExclusionError::NobodyKnown(_) => "ids",
            ExclusionError::NotText | ExclusionError::NoWorkbooks | ExclusionError::BadWorkbook(_) => "file",
        };
        Self::new(Code::InvalidParameter, detail).with("parameter", parameter).worded(wording)
    }
}
