//! Mass messages: to openids, to a tag, and their state.

use serde_json::{Map, Value, json};

use super::call::WechatClient;
use super::error::CallError;
use crate::ErrorCode;

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MassContent {
    /// A text.
    Text(String),
    /// An article of the account's material, by its `media_id`.
    Article(String),
}

/// To whom it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipients {
    /// 2 to 10,000 openids. For service accounts.
    Openids(Vec<String>),
    /// The followers with a tag. One a day for subscription accounts.
    Tag(i64),
}

/// A mass message that WeChat has accepted. It may still fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Id of the message, for [`WechatClient::mass_state`] and the callback.
    pub msg_id: Option<i64>,
    /// Id of the articles in WeChat's statistics. Missing for texts, and where WeChat answers that the message had been
    /// submitted before.
    pub msg_data_id: Option<i64>,
    /// Whether an earlier request with the same `clientmsgid` had been accepted.
    pub was_submitted: bool,
}

/// State of a mass message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MassState {
    /// WeChat is sending it.
    Sending,
    /// WeChat has sent it.
    Sent,
    /// WeChat has not sent it.
    Failed,
    /// Somebody has deleted it.
    Deleted,
    /// A state that is not documented.
    Other(String),
}

impl WechatClient {
    /// Sends a mass message. Calls with the same `client_msg_id` (at most 64 bytes) within 24 hours send it once.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn send_mass(
        &self,
        recipients: &Recipients,
        content: &MassContent,
        client_msg_id: &str,
    ) -> Result<Submission, CallError> {
        let mut body = Map::new();
        let path = match recipients {
            Recipients::Openids(openids) => {
                body.insert("touser".to_owned(), json!(openids));
                "/cgi-bin/message/mass/send"
            }
            Recipients::Tag(tag) => {
                body.insert("filter".to_owned(), json!({ "is_to_all": false, "tag_id": tag }));
                "/cgi-bin/message/mass/sendall"
            }
        };
        let (kind, value) = match content {
            MassContent::Text(text) => ("text", json!({ "content": text })),
            MassContent::Article(media_id) => ("mpnews", json!({ "media_id": media_id })),
        };
        body.insert("msgtype".to_owned(), json!(kind));
        body.insert(kind.to_owned(), value);
        body.insert("send_ignore_reprint".to_owned(), json!(1));
        body.insert("clientmsgid".to_owned(), json!(client_msg_id));
        let accepted = [ErrorCode::OK, ErrorCode::REPEATED_CLIENT_MSG_ID];
        let (code, answer) = self.paced_call(path, &Value::Object(body), &accepted).await?;
        let id = |name: &str| answer.get(name).and_then(integer);
        if code == ErrorCode::OK && id("msg_id").is_none() {
            return Err(CallError::Uncertain("the answer has no msg_id".to_owned()));
        }
        Ok(Submission {
            msg_id: id("msg_id"),
            msg_data_id: id("msg_data_id"),
            was_submitted: code == ErrorCode::REPEATED_CLIENT_MSG_ID,
        })
    }

    /// The state of a mass message.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn mass_state(&self, msg_id: i64) -> Result<MassState, CallError> {
        // WeChat documents the id as text.
        let answer = self.call("/cgi-bin/message/mass/get", &json!({ "msg_id": msg_id.to_string() })).await?;
        Ok(match answer.get("msg_status").and_then(Value::as_str).unwrap_or_default() {
            "SENDING" => MassState::Sending,
            "SEND_SUCCESS" => MassState::Sent,
            "SEND_FAIL" => MassState::Failed,
            "DELETE" => MassState::Deleted,
            other => MassState::Other(other.to_owned()),
        })
    }
}

/// WeChat writes ids as numbers or as text.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
