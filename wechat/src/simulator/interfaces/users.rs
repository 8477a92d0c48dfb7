//! `user/get`, `user/info` and `user/info/batchget`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::tag_members::page;
use super::{Answer, Call, Interface, Refusal, UNLIMITED, get, post};
use crate::error_code::ErrorCode;
use crate::simulator::seeded;
use crate::simulator::state::State;
use crate::simulator::state::quotas::CallLimit;

/// Openids of one page, and of one request.
const PAGE: usize = 10_000;
const MAX_USERS: usize = 100;
const SCENES: [&str; 5] =
    ["ADD_SCENE_QR_CODE", "ADD_SCENE_SEARCH", "ADD_SCENE_PROFILE_CARD", "ADD_SCENE_PROFILE_LINK", "ADD_SCENE_OTHERS"];

pub(super) const INTERFACES: &[Interface] = &[
    get("/cgi-bin/user/get", CallLimit::per_day(500), list),
    get("/cgi-bin/user/info", CallLimit::per_day(5_000_000), info),
    post("/cgi-bin/user/info/batchget", UNLIMITED, infos),
];

fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let after = call.parameter("next_openid");
    if !after.is_empty() && state.followers.find(after).is_none() {
        return Err(ErrorCode::INVALID_OPENID.into());
    }
    let mut answer = page(&state.followers.page(after, PAGE, |follower| follower.is_subscribed));
    if let Value::Object(keys) = &mut answer {
        keys.insert("total".to_owned(), state.followers.subscribed().into());
    }
    Ok(answer)
}

fn info(state: &mut State, call: &Call<'_>) -> Answer {
    user(state, call.parameter("openid"), call.now)
}

fn infos(state: &mut State, call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Request {
        user_list: Vec<User>,
    }
    #[derive(Deserialize)]
    struct User {
        openid: String,
    }
    let request: Request = call.parse()?;
    if request.user_list.is_empty() || request.user_list.len() > MAX_USERS {
        return Err(ErrorCode::INVALID_OPENID_LIST_SIZE.into());
    }
    let users = request.user_list.iter().map(|asked| user(state, &asked.openid, call.now));
    Ok(json!({ "user_info_list": users.collect::<Result<Vec<Value>, Refusal>>()? }))
}

fn user(state: &mut State, openid: &str, now: i64) -> Answer {
    let index = state.followers.resolve(openid, state.settings.accept_unknown_openids, now)?;
    let follower = state.followers.get(index);
    if !follower.is_subscribed {
        return Ok(json!({ "subscribe": 0, "openid": follower.openid, "tagid_list": [] }));
    }
    let scene = seeded::draw(state.settings.seed, &follower.openid, 0) as usize % SCENES.len();
    Ok(json!({
        "subscribe": 1,
        "openid": follower.openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": follower.subscribe_time,
        "remark": "",
        "groupid": follower.tags.first().copied().unwrap_or_default(),
        "tagid_list": follower.tags,
        "subscribe_scene": SCENES[scene],
        "qr_scene": 0,
        "qr_scene_str": "",
    }))
}
