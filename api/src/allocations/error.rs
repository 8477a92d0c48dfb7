//! Errors of allocations.

use thiserror::Error;

use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;

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

impl From<AllocationError> for Problem {
    fn from(error: AllocationError) -> Self {
        let detail = error.to_string();
        match error {
            AllocationError::UnknownActivity(_) => Self::new(Code::UnknownItem, detail),
            AllocationError::Unknown => Self::new(Code::NotFound, detail),
            AllocationError::Store(error) => error.write_problem(),
            AllocationError::NoRequests
            | AllocationError::CommittedAlready
            | AllocationError::AllocatedAlready
            | AllocationError::SignUpIsOpen
            | AllocationError::NotAllocated => Self::new(Code::AllocationState, detail),
        }
    }
}
