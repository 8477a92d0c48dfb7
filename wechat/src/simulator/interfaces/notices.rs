//! `template/send` and `subscribe/bizsend`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Interface, Refusal, UNLIMITED, post};
use crate::callback::CallbackEvent;
use crate::error_code::ErrorCode;
use crate::simulator::account_kind::AccountKind;
use crate::simulator::state::State;
use crate::simulator::state::quotas::CallLimit;

/// Maximum number of characters of a value, by the kind that its key begins with.
const MAX_CHARACTERS: [(&str, usize); 5] =
    [("thing", 20), ("character_string", 32), ("phone_number", 17), ("car_number", 8), ("const", 20)];

pub(super) const INTERFACES: &[Interface] = &[
    post("/cgi-bin/message/template/send", CallLimit::per_day(100_000), template),
    post("/cgi-bin/message/subscribe/bizsend", UNLIMITED, subscription),
];

#[derive(Debug, Deserialize)]
struct NoticeRequest {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    data: BTreeMap<String, NoticeValue>,
}

#[derive(Debug, Deserialize)]
struct NoticeValue {
    value: serde_json::Value,
}

impl NoticeRequest {
    /// Checks account, template and values. Returns the follower.
    fn check(&self, state: &mut State, now: i64) -> Result<u32, Refusal> {
        if state.settings.account_kind == AccountKind::Subscription {
            return Err(ErrorCode::UNAUTHORIZED.into());
        }
        if self.template_id.is_empty() {
            return Err(ErrorCode::INVALID_TEMPLATE_ID.into());
        }
        let accept_unknown = state.settings.accept_unknown_openids;
        let index = state.followers.resolve(&self.touser, accept_unknown, now)?;
        if !state.followers.get(index).is_subscribed {
            return Err(ErrorCode::FOLLOW_REQUIRED.into());
        }
        let is_too_long = |(key, field): (&String, &NoticeValue)| {
            let limit = MAX_CHARACTERS.iter().find(|(kind, _)| key.starts_with(kind));
            let length = field.value.as_str().map_or(0, |text| text.chars().count());
            limit.is_some_and(|(_, limit)| length > *limit || length == 0)
        };
        if self.data.iter().any(is_too_long) {
            return Err(ErrorCode::INVALID_TEMPLATE_VALUE.into());
        }
        Ok(index)
    }
}

fn template(state: &mut State, call: &Call<'_>) -> Answer {
    let request: NoticeRequest = call.parse()?;
    let index = request.check(state, call.now)?;
    let refuses = state.followers.get(index).refuses;
    let msg_id = state.notices.send(index, &request.template_id, !refuses);
    let status = if refuses { "failed:user block" } else { "success" };
    let event = CallbackEvent::TemplateSendFinished { msg_id, status: status.to_owned() };
    state.notify(&request.touser, call.now, event);
    Ok(json!({ "errcode": 0, "errmsg": "ok", "msgid": msg_id }))
}

fn subscription(state: &mut State, call: &Call<'_>) -> Answer {
    let request: NoticeRequest = call.parse()?;
    let index = request.check(state, call.now)?;
    if !state.notices.use_consent(index, &request.template_id) {
        return Err(ErrorCode::SUBSCRIPTION_REFUSED.into());
    }
    let msg_id = state.notices.send(index, &request.template_id, true);
    Ok(json!({ "errcode": 0, "errmsg": "ok", "msgid": msg_id }))
}
