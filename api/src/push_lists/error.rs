//! Errors of push lists.

use thiserror::Error;

use super::state::{ListState, ListStep};
use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;
use crate::web::locale::Locale;

/// Why an operation on a push list failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PushListError {
    /// There is no such list, or the caller may not see it.
    #[error("no push list {0:?}; `GET /v1/push-lists` and `zhihui push-list list` list them")]
    Unknown(String),
    /// The state of the list does not allow the step.
    #[error(
        "the list is {}, and {} is possible only for a list that is {}",
        state.as_str(), step.as_str(), step.allowed_in().join(" or ")
    )]
    WrongState {
        /// State of the list.
        state: ListState,
        /// The step that was refused.
        step: ListStep,
    },
    /// The author of a list cannot approve it.
    #[error("you created this list; ask another person to approve it")]
    OwnApproval,
    /// A rejection needs a reason.
    #[error("reason: give a reason of 2 to 500 characters")]
    NoReason,
    /// The audience selects nobody.
    #[error("the audience has no member to push to; check the funnel with a preview")]
    NobodySelected,
    /// A list of one member cannot be sent by `WeChat`.
    #[error("WeChat sends to at least 2 openids, and this list has {0}; send it by hand, or freeze a larger list")]
    TooFewForWechat(usize),
    /// The list was exported as a file, so its members may have been sent to by hand.
    #[error("the list was exported as a file and may have been sent by hand; freeze a new list to send it here")]
    ExportedAsFile,
    /// The list is being sent.
    #[error("the list is being sent through WeChat; continue with `zhihui push`, then export it")]
    BeingSent,
    /// The list was begun with another address or account.
    #[error("the sending of this list was begun to {0} with a {1} account; continue it with the same ones")]
    OtherSending(String, &'static str),
    /// The list was begun with another message.
    #[error("the sending of this list was begun with another message; repeat the command without the message")]
    OtherMessage,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for PushListError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl PushListError {
    /// What pages say.
    fn text(&self, t: Locale) -> String {
        let text = match self {
            Self::Unknown(_) => t.error_unknown_push_list(),
            Self::WrongState { state, .. } => return t.push_lists_wrong_state(state.label(t)),
            Self::OwnApproval => t.push_lists_own_approval(),
            Self::NoReason => t.push_lists_no_reason(),
            Self::NobodySelected => t.push_lists_nobody_selected(),
            Self::TooFewForWechat(count) => return t.push_lists_too_few_for_wechat(count),
            Self::ExportedAsFile => t.push_lists_exported_as_file(),
            Self::BeingSent => t.push_lists_being_sent(),
            // Only the command line sends.
            Self::OtherSending(..) | Self::OtherMessage => t.error_wrong_state(),
            Self::Store(_) => t.error_unavailable_advice(),
        };
        text.to_owned()
    }
}

impl From<PushListError> for Problem {
    fn from(error: PushListError) -> Self {
        let (detail, wording) = (error.to_string(), Locale::both(|t| error.text(t)));
        let problem = |code| Self::new(code, detail).worded(wording);
        match error {
            PushListError::Unknown(_) => problem(Code::UnknownPushList),
            PushListError::WrongState { state, .. } => problem(Code::WrongState).with("state", state.as_str()),
            PushListError::ExportedAsFile
            | PushListError::BeingSent
            | PushListError::OtherSending(..)
            | PushListError::OtherMessage => problem(Code::WrongState),
            PushListError::OwnApproval => problem(Code::OwnApproval),
            PushListError::NoReason => problem(Code::InvalidParameter).with("parameter", "reason"),
            PushListError::NobodySelected | PushListError::TooFewForWechat(_) => problem(Code::AudienceTooSmall),
            PushListError::Store(error) => error.write_problem(),
        }
    }
}
