//! Errors of saved audiences.

use thiserror::Error;

use super::saved::{AudienceUse, MAX_TEXT};
use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;
use crate::web::locale::Locale;

/// Why an operation on a saved audience failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SavedAudienceError {
    /// The audience does not exist, or the caller may not see it.
    #[error("no saved audience {0:?}; `GET /v1/audiences` lists them")]
    Unknown(String),
    /// A name or a note has an invalid length or control characters.
    #[error("{0}: must be 1 to {MAX_TEXT} characters without control characters")]
    BadText(&'static str),
    /// Somebody saved a later version.
    #[error("version {current} was saved in the meantime; read it, then send your change again")]
    Changed {
        /// The current version.
        current: i64,
    },
    /// Other audiences or push lists use it.
    #[error("the audience is used by {}; change or close them first", names(.0))]
    InUse(Vec<AudienceUse>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn names(uses: &[AudienceUse]) -> String {
    uses.iter().map(|user| format!("{} {}", user.kind, user.id)).collect::<Vec<_>>().join(", ")
}

impl From<sqlx::Error> for SavedAudienceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl SavedAudienceError {
    /// What pages say.
    fn text(&self, t: Locale) -> String {
        match self {
            Self::Unknown(_) => t.error_unknown_audience().to_owned(),
            Self::BadText("note") => t.audiences_bad_note(MAX_TEXT),
            Self::BadText(_) => t.audiences_bad_name(MAX_TEXT),
            Self::Changed { .. } => t.audiences_changed_meanwhile().to_owned(),
            Self::InUse(uses) => t.audiences_in_use(uses.len()),
            Self::Store(_) => t.error_unavailable_advice().to_owned(),
        }
    }
}

impl From<SavedAudienceError> for Problem {
    fn from(error: SavedAudienceError) -> Self {
        let (detail, wording) = (error.to_string(), Locale::both(|t| error.text(t)));
        let problem = |code| Self::new(code, detail).worded(wording);
        match error {
            SavedAudienceError::Unknown(_) => problem(Code::UnknownAudience),
            SavedAudienceError::BadText(field) => problem(Code::InvalidParameter).with("parameter", field),
            SavedAudienceError::Changed { current } => problem(Code::AudienceChanged).with("version", current),
            SavedAudienceError::InUse(uses) => problem(Code::AudienceInUse).with("used_in", serde_json::json!(uses)),
            SavedAudienceError::Store(error) => error.write_problem(),
        }
    }
}
