//! Errors of calls.

use thiserror::Error;

use super::transport::TransportError;
use crate::ErrorCode;

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// WeChat refused the call; repeating it changes nothing.
    #[error("WeChat refused the call with errcode {code}: {message}")]
    Refused {
        /// The number.
        code: ErrorCode,
        /// The text of WeChat, with the id of the request.
        message: String,
    },
    /// The quota of the interface is used up.
    #[error("WeChat's quota of this interface is used up (errcode {code}: {message}); repeat the command tomorrow")]
    QuotaReached {
        /// The number.
        code: ErrorCode,
        /// The text of WeChat.
        message: String,
    },
    /// WeChat was busy at every attempt. The call was not carried out.
    #[error("WeChat is busy (errcode {code}: {message}); repeat the command later")]
    Busy {
        /// The number.
        code: ErrorCode,
        /// The text of WeChat.
        message: String,
    },
    /// The host could not be reached. The call was not carried out.
    #[error("{0}; check the address and the network, and repeat the command")]
    Unreachable(TransportError),
    /// The last attempt has no readable answer, so the call may have been carried out.
    #[error("WeChat's answer is missing or unreadable ({0}); repeat the command")]
    Uncertain(String),
}

impl CallError {
    /// Whether WeChat may have carried the call out.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        matches!(self, Self::Uncertain(_))
    }

    /// WeChat's number, if it answered with one.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } | Self::QuotaReached { code, .. } | Self::Busy { code, .. } => Some(*code),
            Self::Unreachable(_) | Self::Uncertain(_) => None,
        }
    }
}
