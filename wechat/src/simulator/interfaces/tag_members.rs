//! Tagging followers, and the followers of a tag.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, Interface, Refusal, UNLIMITED, done, post, resolve};
use crate::error_code::ErrorCode;
use crate::simulator::state::State;
use crate::simulator::state::quotas::CallLimit;

/// Maximum number of openids in one request.
const MAX_OPENIDS: usize = 50;
/// Openids of one page.
const PAGE: usize = 10_000;
const LIMIT: CallLimit = CallLimit::per_day(100_000);

pub(super) const INTERFACES: &[Interface] = &[
    post("/cgi-bin/tags/members/batchtagging", LIMIT, tag),
    post("/cgi-bin/tags/members/batchuntagging", LIMIT, untag),
    post("/cgi-bin/user/tag/get", UNLIMITED, members),
    post("/cgi-bin/tags/getidlist", UNLIMITED, tags_of_user),
];

#[derive(Debug, Deserialize)]
struct MembersRequest {
    #[serde(default)]
    openid_list: Vec<String>,
    tagid: u32,
}

impl MembersRequest {
    fn indices(&self, state: &mut State, now: i64) -> Result<Vec<u32>, Refusal> {
        if self.openid_list.is_empty() || self.openid_list.len() > MAX_OPENIDS {
            return Err(ErrorCode::INVALID_OPENID_LIST_SIZE.into());
        }
        state.tags.check(self.tagid)?;
        resolve(state, &self.openid_list, now)
    }
}

fn tag(state: &mut State, call: &Call<'_>) -> Answer {
    let request: MembersRequest = call.parse()?;
    let indices = request.indices(state, call.now)?;
    if indices.iter().any(|index| !state.followers.get(*index).is_subscribed) {
        return Err(ErrorCode::INVALID_OPENID.into());
    }
    state.tags.tag(request.tagid, &indices, &mut state.followers)?;
    Ok(done())
}

fn untag(state: &mut State, call: &Call<'_>) -> Answer {
    let request: MembersRequest = call.parse()?;
    let indices = request.indices(state, call.now)?;
    state.tags.untag(request.tagid, &indices, &mut state.followers)?;
    Ok(done())
}

fn members(state: &mut State, call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Request {
        tagid: u32,
        next_openid: Option<String>,
    }
    let request: Request = call.parse()?;
    state.tags.check(request.tagid)?;
    let after = request.next_openid.unwrap_or_default();
    let openids =
        state.followers.page(&after, PAGE, |follower| follower.is_subscribed && follower.tags.contains(&request.tagid));
    Ok(page(&openids))
}

/// Returns a page of openids. Like WeChat, the last page names a next openid too, and a page after it has no `data`.
pub(super) fn page(openids: &[Arc<str>]) -> Value {
    match openids.last() {
        Some(last) => {
            json!({ "count": openids.len(), "data": { "openid": openids }, "next_openid": last })
        }
        None => json!({ "count": 0, "next_openid": "" }),
    }
}

fn tags_of_user(state: &mut State, call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Request {
        openid: String,
    }
    let request: Request = call.parse()?;
    let index = state.followers.resolve(&request.openid, state.settings.accept_unknown_openids, call.now)?;
    Ok(json!({ "tagid_list": state.followers.get(index).tags }))
}
