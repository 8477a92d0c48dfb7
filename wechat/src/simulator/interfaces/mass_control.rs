//! `mass/get`, `mass/delete` and `mass/speed`.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Interface, UNLIMITED, done, post};
use crate::error_code::ErrorCode;
use crate::simulator::state::State;
use crate::simulator::state::mass_sends::MassSendState;
use crate::simulator::state::quotas::CallLimit;

/// Messages in units of ten thousand a minute, by `speed`.
const SPEEDS: [u32; 5] = [80, 60, 45, 30, 10];

pub(super) const INTERFACES: &[Interface] = &[
    post("/cgi-bin/message/mass/get", UNLIMITED, status),
    post("/cgi-bin/message/mass/delete", CallLimit::per_day(10), delete),
    post("/cgi-bin/message/mass/speed/get", UNLIMITED, speed),
    post("/cgi-bin/message/mass/speed/set", UNLIMITED, set_speed),
];

/// WeChat accepts a number and its digits in quotes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum MsgId {
    Number(u64),
    Text(String),
}

#[derive(Debug, Deserialize)]
struct MsgIdRequest {
    msg_id: MsgId,
}

impl MsgIdRequest {
    fn msg_id(&self) -> Result<u64, ErrorCode> {
        match &self.msg_id {
            MsgId::Number(id) => Ok(*id),
            MsgId::Text(text) => text.parse().map_err(|_| ErrorCode::INVALID_MSG_ID),
        }
    }
}

fn status(state: &mut State, call: &Call<'_>) -> Answer {
    let request: MsgIdRequest = call.parse()?;
    let msg_id = request.msg_id()?;
    let send = state.mass_sends.find_mut(msg_id).ok_or(ErrorCode::INVALID_MSG_ID)?;
    Ok(json!({ "msg_id": send.msg_id, "msg_status": send.state.as_str() }))
}

fn delete(state: &mut State, call: &Call<'_>) -> Answer {
    let request: MsgIdRequest = call.parse()?;
    let msg_id = request.msg_id()?;
    let send = state.mass_sends.find_mut(msg_id).ok_or(ErrorCode::INVALID_MSG_ID)?;
    if !matches!(send.content.msg_type.as_str(), "mpnews" | "mpvideo" | "video") {
        return Err(ErrorCode::INVALID_MESSAGE_TYPE.into());
    }
    send.state = MassSendState::Deleted;
    Ok(done())
}

fn speed(state: &mut State, _call: &Call<'_>) -> Answer {
    let speed = state.mass_sends.speed;
    Ok(json!({ "speed": speed, "realspeed": SPEEDS.get(usize::from(speed)).copied().unwrap_or_default() }))
}

fn set_speed(state: &mut State, call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Request {
        speed: u8,
    }
    let request: Request = call.parse()?;
    if usize::from(request.speed) >= SPEEDS.len() {
        return Err(ErrorCode::INVALID_ARGUMENT.into());
    }
    state.mass_sends.speed = request.speed;
    Ok(done())
}
