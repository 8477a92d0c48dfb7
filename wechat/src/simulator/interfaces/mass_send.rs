//! `mass/send`, `mass/sendall` and `mass/preview`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::message_content::{digest, read};
use super::{Answer, Call, Interface, Refusal, post, resolve};
use crate::error_code::ErrorCode;
use crate::simulator::account_kind::AccountKind;
use crate::simulator::state::State;
use crate::simulator::state::mass_sends::Content;
use crate::simulator::state::quotas::CallLimit;

/// Minimum and maximum number of openids in a request.
const MIN_OPENIDS: usize = 2;
const MAX_OPENIDS: usize = 10_000;
/// Maximum length of `clientmsgid`.
const MAX_CLIENT_MSG_ID_BYTES: usize = 64;
const MASS: CallLimit = CallLimit { per_day: 100, per_minute: 60 };

pub(super) const INTERFACES: &[Interface] = &[
    Interface { quota: "/cgi-bin/message/mass", ..post("/cgi-bin/message/mass/send", MASS, send) },
    Interface { quota: "/cgi-bin/message/mass", ..post("/cgi-bin/message/mass/sendall", MASS, sendall) },
    post("/cgi-bin/message/mass/preview", CallLimit::per_day(100), preview),
];

#[derive(Debug, Default, Deserialize)]
struct MassRequest {
    #[serde(default)]
    touser: Vec<String>,
    filter: Option<Filter>,
    #[serde(default)]
    msgtype: String,
    clientmsgid: Option<String>,
    #[serde(flatten)]
    keys: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Filter {
    #[serde(default)]
    is_to_all: bool,
    tag_id: Option<TagId>,
}

/// WeChat accepts a number and its digits in quotes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum TagId {
    Number(u32),
    Text(String),
}

fn send(state: &mut State, call: &Call<'_>) -> Answer {
    if state.settings.account_kind == AccountKind::Subscription {
        return Err(ErrorCode::UNAUTHORIZED.into());
    }
    // WeChat gives this code also for a body that it cannot read.
    let unreadable = |refusal: Refusal| {
        if refusal.code == ErrorCode::DATA_FORMAT { ErrorCode::TOO_FEW_OPENIDS.into() } else { refusal }
    };
    let request: MassRequest = call.parse().map_err(unreadable)?;
    if request.touser.len() < MIN_OPENIDS {
        return Err(ErrorCode::TOO_FEW_OPENIDS.into());
    }
    if request.touser.len() > MAX_OPENIDS {
        return Err(ErrorCode::INVALID_OPENID_LIST_SIZE.into());
    }
    let content = read(&request.msgtype, &request.keys)?;
    let client_msg_id = client_msg_id(&request, &content)?;
    check_new(state, &client_msg_id, call.now)?;
    let recipients = resolve(state, &request.touser, call.now)?;
    Ok(submit(state, client_msg_id, content, false, recipients, call.now))
}

fn sendall(state: &mut State, call: &Call<'_>) -> Answer {
    let request: MassRequest = call.parse()?;
    let content = read(&request.msgtype, &request.keys)?;
    let client_msg_id = client_msg_id(&request, &content)?;
    check_new(state, &client_msg_id, call.now)?;
    let is_daily = state.settings.account_kind == AccountKind::Subscription;
    if is_daily && state.mass_sends.has_sent_to_all_or_tag(call.now) {
        return Err(ErrorCode::NO_MASS_QUOTA.into());
    }
    let filter = request.filter.ok_or(ErrorCode::INVALID_ARGUMENT)?;
    let tag = match filter.tag_id {
        _ if filter.is_to_all => None,
        Some(TagId::Number(id)) => Some(id),
        Some(TagId::Text(text)) => Some(text.parse().map_err(|_| ErrorCode::INVALID_TAG_ID)?),
        None => return Err(ErrorCode::INVALID_TAG_ID.into()),
    };
    if let Some(tag) = tag {
        state.tags.check(tag)?;
    }
    let is_meant = |tags: &[u32]| tag.is_none_or(|tag| tags.contains(&tag));
    let followers = state.followers.iter().filter(|(_, follower)| follower.is_subscribed && is_meant(&follower.tags));
    let recipients = followers.map(|(index, _)| index).collect();
    Ok(submit(state, client_msg_id, content, true, recipients, call.now))
}

fn preview(state: &mut State, call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Request {
        touser: Option<String>,
        towxname: Option<String>,
        #[serde(default)]
        msgtype: String,
        #[serde(flatten)]
        keys: Map<String, Value>,
    }
    let request: Request = call.parse()?;
    let content = read(&request.msgtype, &request.keys)?;
    match (&request.towxname, &request.touser) {
        (Some(name), _) if !name.is_empty() => {}
        (_, Some(openid)) => {
            let accept_unknown = state.settings.accept_unknown_openids;
            let index = state.followers.resolve(openid, accept_unknown, call.now)?;
            if !state.followers.get(index).is_subscribed {
                return Err(ErrorCode::FOLLOW_REQUIRED.into());
            }
        }
        _ => return Err(ErrorCode::INVALID_OPENID.into()),
    }
    let msg_id = state.notices.preview(&content.digest);
    Ok(json!({ "errcode": 0, "errmsg": "preview success", "msg_id": msg_id }))
}

/// Returns the request's `clientmsgid`, by default a digest of recipients and content.
fn client_msg_id(request: &MassRequest, content: &Content) -> Result<String, Refusal> {
    match request.clientmsgid.as_deref() {
        Some(id) if id.len() > MAX_CLIENT_MSG_ID_BYTES => Err(ErrorCode::CLIENT_MSG_ID_TOO_LONG.into()),
        Some(id) if !id.is_empty() => Ok(id.to_owned()),
        _ => {
            let filter = format!("{:?}", request.filter);
            let openids = request.touser.iter().map(String::as_str);
            Ok(digest([content.digest.as_str(), filter.as_str()].into_iter().chain(openids)))
        }
    }
}

fn check_new(state: &mut State, client_msg_id: &str, now: i64) -> Result<(), Refusal> {
    state
        .mass_sends
        .check_new(client_msg_id, now)
        .map_err(|repeated| Refusal::from(repeated.code).with("msg_id", repeated.msg_id))
}

fn submit(
    state: &mut State,
    client_msg_id: String,
    content: Content,
    is_to_all_or_tag: bool,
    recipients: Vec<u32>,
    now: i64,
) -> Value {
    let times = (now, now + i64::from(state.settings.finish_after_seconds));
    let send = state.mass_sends.submit(client_msg_id, content, is_to_all_or_tag, recipients, times);
    let mut answer = json!({ "errcode": 0, "errmsg": "send job submission success", "msg_id": send.msg_id });
    if let (Some(data_id), Value::Object(keys)) = (send.msg_data_id, &mut answer) {
        keys.insert("msg_data_id".to_owned(), data_id.into());
    }
    answer
}
