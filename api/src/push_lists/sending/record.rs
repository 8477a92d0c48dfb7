//! The sending of a push list, as JSON and as rows of the database.

use serde::{Deserialize, Serialize};
use zhihui_wechat::client::MassContent;

use crate::clock::rfc3339;
use crate::store::error::StoreError;
use crate::store::sql::Row;

/// The two kinds of official accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 服务号: sends to openids.
    Service,
    /// 订阅号: sends to a tag, once a day.
    Subscription,
}

impl AccountKind {
    /// The name in `zhihui.toml` and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Subscription => "subscription",
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A text.
    Text(String),
    /// An article of the account's material.
    MediaId(String),
}

impl Message {
    /// The content of the request.
    #[must_use]
    pub fn content(&self) -> MassContent {
        match self {
            Self::Text(text) => MassContent::Text(text.clone()),
            Self::MediaId(media_id) => MassContent::Article(media_id.clone()),
        }
    }
}

/// State of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Not sent yet.
    Waiting,
    /// A request was sent and has no answer yet.
    Sending,
    /// WeChat has accepted it.
    Submitted,
    /// WeChat has refused it.
    Refused,
    /// Too few members were left to send to.
    Empty,
}

impl BatchState {
    /// The name in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Submitted => "submitted",
            Self::Refused => "refused",
            Self::Empty => "empty",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Waiting, Self::Sending, Self::Submitted, Self::Refused, Self::Empty];
        all.into_iter().find(|state| state.as_str() == text)
    }
}

/// One request to WeChat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Number, from 1.
    pub number: u32,
    /// Prevents WeChat from sending a repeated request.
    pub client_msg_id: String,
    /// Number of openids.
    pub openids: u32,
    /// Name of the variant of its members; null in a list without variants.
    pub variant: Option<String>,
    /// What its variant gets; null for the message of the list.
    pub message: Option<Message>,
    /// State.
    pub state: BatchState,
    /// When WeChat accepted it.
    pub submitted_at: Option<String>,
    /// WeChat's id of the message.
    pub msg_id: Option<i64>,
    /// WeChat's id of the articles in its statistics.
    pub msg_data_id: Option<i64>,
    /// Why WeChat refused it.
    pub error: Option<String>,
    /// WeChat's result, such as `send success`; null until it is known.
    pub result: Option<String>,
    /// Followers left after WeChat's own filters; null until WeChat has called back.
    pub filter_count: Option<i64>,
    /// Followers who received it; null until WeChat has called back.
    pub sent_count: Option<i64>,
    /// Followers for whom it failed; null until WeChat has called back.
    pub error_count: Option<i64>,
    #[serde(skip)]
    pub(crate) first_attempt_at: Option<i64>,
}

impl Batch {
    pub(crate) fn from_row(row: &Row) -> Result<Self, StoreError> {
        let state: String = row.try_get("state")?;
        let submitted_at: Option<i64> = row.try_get("submitted_at")?;
        let message: Option<String> = row.try_get("message")?;
        Ok(Self {
            number: row.try_get("number")?,
            client_msg_id: row.try_get("client_msg_id")?,
            openids: row.try_get("openids")?,
            variant: row.try_get("variant")?,
            message: message.map(|text| serde_json::from_str(&text)).transpose().map_err(StoreError::damaged)?,
            state: BatchState::parse(&state).ok_or_else(|| StoreError::damaged(format!("unknown state {state:?}")))?,
            submitted_at: submitted_at.map(rfc3339),
            msg_id: row.try_get("msg_id")?,
            msg_data_id: row.try_get("msg_data_id")?,
            error: row.try_get("error")?,
            result: row.try_get("result")?,
            filter_count: row.try_get("filter_count")?,
            sent_count: row.try_get("sent_count")?,
            error_count: row.try_get("error_count")?,
            first_attempt_at: row.try_get("first_attempt_at")?,
        })
    }
}

/// How a push list is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sending {
    /// Address of the interfaces.
    pub to: String,
    /// Kind of the account.
    pub account: AccountKind,
    /// What is sent; in a list with variants, what the first of them gets.
    pub message: Message,
    /// Who began it.
    pub started_by: String,
    /// When it began.
    pub started_at: String,
    /// When every batch had its answer; null until then.
    pub finished_at: Option<String>,
    /// The requests, in the order in which they are sent.
    pub batches: Vec<Batch>,
}

impl Sending {
    pub(crate) fn from_row(row: &Row, batches: Vec<Batch>) -> Result<Self, StoreError> {
        let (account, message): (String, String) = (row.try_get("account")?, row.try_get("message")?);
        let finished_at: Option<i64> = row.try_get("finished_at")?;
        Ok(Self {
            to: row.try_get("base_url")?,
            account: if account == "service" { AccountKind::Service } else { AccountKind::Subscription },
            message: serde_json::from_str(&message).map_err(StoreError::damaged)?,
            started_by: row.try_get("started_by")?,
            started_at: rfc3339(row.try_get("started_at")?),
            finished_at: finished_at.map(rfc3339),
            batches,
        })
    }

    /// Whether every batch has its answer.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let is_done = |batch: &Batch| matches!(batch.state, BatchState::Submitted | BatchState::Empty);
        self.batches.iter().all(is_done)
    }
}
