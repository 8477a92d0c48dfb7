//! The blacklist of followers.

use serde::Deserialize;
use serde_json::Value;

use super::tag_members::page;
use super::{Answer, Call, Interface, UNLIMITED, done, post, resolve};
use crate::error_code::ErrorCode;
use crate::simulator::state::State;

/// Maximum number of openids in one request.
const MAX_OPENIDS: usize = 20;
/// Openids of one page.
const PAGE: usize = 10_000;

pub(super) const INTERFACES: &[Interface] = &[
    post("/cgi-bin/tags/members/getblacklist", UNLIMITED, list),
    post("/cgi-bin/tags/members/batchblacklist", UNLIMITED, add),
    post("/cgi-bin/tags/members/batchunblacklist", UNLIMITED, remove),
];

fn list(state: &mut State, call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Request {
        begin_openid: Option<String>,
    }
    let request: Request = call.parse()?;
    let after = request.begin_openid.unwrap_or_default();
    let mut answer = page(&state.followers.page(&after, PAGE, |follower| follower.is_blacklisted));
    let total = state.followers.iter().filter(|(_, follower)| follower.is_blacklisted).count();
    if let Value::Object(keys) = &mut answer {
        keys.insert("total".to_owned(), total.into());
    }
    Ok(answer)
}

fn add(state: &mut State, call: &Call<'_>) -> Answer {
    change(state, call, true)
}

fn remove(state: &mut State, call: &Call<'_>) -> Answer {
    change(state, call, false)
}

fn change(state: &mut State, call: &Call<'_>, is_blacklisted: bool) -> Answer {
    #[derive(Deserialize)]
    struct Request {
        #[serde(default)]
        openid_list: Vec<String>,
    }
    let request: Request = call.parse()?;
    if request.openid_list.is_empty() || request.openid_list.len() > MAX_OPENIDS {
        return Err(ErrorCode::INVALID_OPENID_LIST_SIZE.into());
    }
    for index in resolve(state, &request.openid_list, call.now)? {
        state.followers.get_mut(index).is_blacklisted = is_blacklisted;
    }
    Ok(done())
}
