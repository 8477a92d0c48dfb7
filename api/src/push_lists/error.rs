//! Errors of push lists.

use std::collections::BTreeMap;

use thiserror::Error;
use zhihui_engine::{Ineligible, Language};

use super::state::{ListState, ListStep};
use crate::audiences::labels::exclusion;
use crate::middleware::problem::{Code, Problem};
use crate::store::error::StoreError;
use crate::web::locale::Locale;

/// Why an operation on a push list failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PushListError {
    /// The list does not exist, or the caller may not see it.
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
    #[error("the audience has no member to push to ({0}); check the funnel with a preview")]
    NobodySelected(String),
    /// The item cannot be pushed to anybody now.
    #[error("item_id: {item_id:?} cannot be pushed now: {}; choose another item", exclusion(.reason, Locale::new(Language::En)))]
    ItemUnavailable {
        /// The item.
        item_id: String,
        /// Its title.
        title: String,
        /// The code of [`Ineligible`] that is true for every member.
        reason: &'static str,
    },
    /// Nobody of a list can be pushed to any more.
    #[error("nobody of this list can be pushed to any more ({0}); freeze a new list")]
    NobodyLeft(String),
    /// A list of a topic is sent without an item.
    #[error("item_id: choose the article or activity to send; it must have the topic {0:?}")]
    NoItem(String),
    /// The chosen item is not one of the topic.
    #[error("item_id: {item_id:?} does not have the topic {topic:?} of the list; choose one that has it")]
    ItemWithoutTopic {
        /// The item.
        item_id: String,
        /// The topic of the list.
        topic: String,
    },
    /// The list is for another item.
    #[error("item_id: this list is for {0:?}; leave item_id out")]
    OtherItem(String),
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
    /// A message was given for a variant that the list does not have.
    #[error("the list has no variant {0:?}; its variants are: {1}")]
    UnknownVariant(String, String),
    /// One message was given for a list with variants.
    #[error("the list has the variants {0}, which one message cannot tell apart; give the message of each variant")]
    OneMessageForVariants(String),
    /// Two variants would get the same message.
    #[error("variants {0:?} and {1:?} would get the same message; give one of them another message")]
    SameMessage(String, String),
    /// A subscription account sends to one tag a day.
    #[error(
        "a subscription account sends one message a day, so it cannot send the variants of a list at the same time; use a \
         service account, or export the list and send it by hand"
    )]
    VariantsNeedServiceAccount,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PushListError {
    /// The error of an audience that selects nobody, with the number of members by reason.
    pub(crate) fn nobody_selected((item_id, title): (&str, &str), excluded: &BTreeMap<String, usize>) -> Self {
        Self::item_unavailable((item_id, title), |reason| excluded.contains_key(reason))
            .unwrap_or_else(|| Self::NobodySelected(listed(excluded)))
    }

    /// The error of a list whose members are all left out, with the number of members by reason.
    pub(crate) fn nobody_left<'a>(item: (&str, &str), reasons: impl Iterator<Item = &'a str>) -> Self {
        let mut counts = BTreeMap::<&str, usize>::new();
        reasons.for_each(|reason| *counts.entry(reason).or_default() += 1);
        Self::item_unavailable(item, |reason| counts.contains_key(reason))
            .unwrap_or_else(|| Self::NobodyLeft(listed(&counts)))
    }

    fn item_unavailable((item_id, title): (&str, &str), excludes: impl Fn(&str) -> bool) -> Option<Self> {
        let reason = Ineligible::of_item(excludes)?;
        Some(Self::ItemUnavailable { item_id: item_id.to_owned(), title: title.to_owned(), reason })
    }
}

/// Counts as text.
fn listed<K: std::fmt::Display>(counts: &BTreeMap<K, usize>) -> String {
    let counts: Vec<String> = counts.iter().map(|(reason, count)| format!("{reason}: {count}")).collect();
    counts.join(", ")
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
            Self::NobodySelected(_) => t.push_lists_nobody_selected(),
            Self::ItemUnavailable { title, reason, .. } => {
                return t.push_lists_item_unavailable(title, exclusion(reason, t));
            }
            Self::TooFewForWechat(count) => return t.push_lists_too_few_for_wechat(count),
            Self::ExportedAsFile => t.push_lists_exported_as_file(),
            Self::BeingSent => t.push_lists_being_sent(),
            // Only the command line sends.
            Self::OtherSending(..)
            | Self::OtherMessage
            | Self::UnknownVariant(..)
            | Self::OneMessageForVariants(_)
            | Self::SameMessage(..)
            | Self::VariantsNeedServiceAccount => t.error_wrong_state(),
            Self::NoItem(_) => t.push_lists_no_item(),
            Self::ItemWithoutTopic { .. } => t.push_lists_item_without_topic(),
            Self::OtherItem(_) => t.push_lists_other_item(),
            Self::NobodyLeft(_) => t.push_lists_nobody_left(),
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
            | PushListError::OtherMessage
            | PushListError::VariantsNeedServiceAccount => problem(Code::WrongState),
            PushListError::UnknownVariant(..)
            | PushListError::OneMessageForVariants(_)
            | PushListError::SameMessage(..) => problem(Code::InvalidParameter),
            PushListError::OwnApproval => problem(Code::OwnApproval),
            PushListError::NoReason => problem(Code::InvalidParameter).with("parameter", "reason"),
            PushListError::NoItem(_) | PushListError::ItemWithoutTopic { .. } | PushListError::OtherItem(_) => {
                problem(Code::InvalidParameter).with("parameter", "item_id")
            }
            PushListError::NobodySelected(_) | PushListError::NobodyLeft(_) | PushListError::TooFewForWechat(_) => {
                problem(Code::AudienceTooSmall)
            }
            PushListError::ItemUnavailable { reason, .. } => {
                problem(Code::AudienceTooSmall).with("parameter", "item_id").with("reason", reason)
            }
            PushListError::Store(error) => error.write_problem(),
        }
    }
}
