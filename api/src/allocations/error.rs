//! Errors of allocations.

use thiserror::Error;

use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;
use crate::web::locale::Locale;

/// Why an operation on an allocation failed.
#[derive(Debug, Error)]
pub(crate) enum AllocationError {
    #[error("the published snapshot has no activity {0:?}; it may have been renamed, or is not published yet")]
    UnknownActivity(String),
    #[error("the activity has no such allocation; open its page again")]
    Unknown,
    #[error("nobody has signed up for this activity yet")]
    NoRequests,
    #[error("a seed is committed already; draw with it before another one is committed")]
    CommittedAlready,
    #[error("the draw was held already; open the page of the activity again")]
    AllocatedAlready,
    #[error("sign-up is still open; draw when it has closed, so that everybody takes part")]
    SignUpIsOpen,
    #[error("the seed is not drawn yet; there is no result to record or to download")]
    NotAllocated,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for AllocationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl AllocationError {
    /// What pages say.
    fn text(&self, t: Locale) -> &'static str {
        match self {
            Self::UnknownActivity(_) => t.error_unknown_item(),
            Self::Unknown => t.allocations_unknown(),
            Self::NoRequests => t.allocations_nobody(),
            Self::CommittedAlready => t.allocations_committed_already(),
            Self::AllocatedAlready => t.allocations_drawn_already(),
            Self::SignUpIsOpen => t.allocations_sign_up_is_open(),
            Self::NotAllocated => t.allocations_not_drawn(),
            Self::Store(_) => t.error_unavailable_advice(),
        }
    }
}

impl From<AllocationError> for Problem {
    fn from(error: AllocationError) -> Self {
        let (detail, wording) = (error.to_string(), Locale::both(|t| error.text(t)));
        let code = match error {
            AllocationError::UnknownActivity(_) => Code::UnknownItem,
            AllocationError::Unknown => Code::NotFound,
            AllocationError::Store(error) => return error.write_problem(),
            AllocationError::NoRequests
            | AllocationError::CommittedAlready
            | AllocationError::AllocatedAlready
            | AllocationError::SignUpIsOpen
            | AllocationError::NotAllocated => Code::AllocationState,
        };
        Self::new(code, detail).worded(wording)
    }
}
