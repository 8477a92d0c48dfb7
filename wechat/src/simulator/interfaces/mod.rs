//! WeChat's interfaces: path, limits, and what they do with the state. They know nothing of HTTP.

mod blacklist;
mod datacube;
mod mass_control;
mod mass_send;
mod message_content;
mod notices;
mod refusal;
mod tag_members;
mod tags;
mod tokens;
mod users;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(super) use refusal::Refusal;

use super::state::State;
use super::state::quotas::CallLimit;
use crate::error_code::ErrorCode;

/// The body of an answer, or why there is none.
pub(super) type Answer = Result<Value, Refusal>;

/// One interface.
#[derive(Debug)]
pub(super) struct Interface {
    pub(super) path: &'static str,
    /// Whether the request must be a POST; otherwise a GET.
    pub(super) is_post: bool,
    pub(super) needs_token: bool,
    /// Interfaces with one name share a limit.
    pub(super) quota: &'static str,
    pub(super) limit: CallLimit,
    pub(super) handle: fn(&mut State, &Call<'_>) -> Answer,
}

/// One request.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) now: i64,
    pub(super) query: &'a BTreeMap<String, String>,
    pub(super) body: &'a [u8],
}

impl Call<'_> {
    /// Parses the body.
    fn parse<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Err(ErrorCode::EMPTY_BODY.into());
        }
        serde_json::from_slice(self.body).map_err(|_| ErrorCode::DATA_FORMAT.into())
    }

    /// Returns a parameter of the query, empty if it is missing.
    fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

const UNLIMITED: CallLimit = CallLimit::per_day(u32::MAX);

const fn get(path: &'static str, limit: CallLimit, handle: fn(&mut State, &Call<'_>) -> Answer) -> Interface {
    Interface { path, is_post: false, needs_token: true, quota: path, limit, handle }
}

const fn post(path: &'static str, limit: CallLimit, handle: fn(&mut State, &Call<'_>) -> Answer) -> Interface {
    Interface { path, is_post: true, needs_token: true, quota: path, limit, handle }
}

/// Returns all interfaces.
pub(super) fn all() -> impl Iterator<Item = &'static Interface> {
    let groups = [
        tokens::INTERFACES,
        mass_send::INTERFACES,
        mass_control::INTERFACES,
        tags::INTERFACES,
        tag_members::INTERFACES,
        blacklist::INTERFACES,
        users::INTERFACES,
        notices::INTERFACES,
        datacube::INTERFACES,
    ];
    groups.into_iter().flatten()
}

/// Answers a request.
pub(super) fn answer(state: &mut State, interface: &'static Interface, is_post: bool, call: &Call<'_>) -> Answer {
    state.settle(call.now);
    if is_post != interface.is_post {
        let code = if interface.is_post { ErrorCode::POST_REQUIRED } else { ErrorCode::GET_REQUIRED };
        return Err(code.into());
    }
    if interface.needs_token {
        state.tokens.check(call.query.get("access_token").map(String::as_str), call.now)?;
        state.quotas.count(interface.quota, interface.limit, call.now)?;
    }
    (interface.handle)(state, call)
}

/// The answer of interfaces without a result.
fn done() -> Value {
    json!({ "errcode": 0, "errmsg": "ok" })
}

/// Finds the followers of openids, without repetitions.
fn resolve(state: &mut State, openids: &[String], now: i64) -> Result<Vec<u32>, Refusal> {
    let accept_unknown = state.settings.accept_unknown_openids;
    let mut indices = Vec::with_capacity(openids.len());
    for openid in openids {
        indices.push(state.followers.resolve(openid, accept_unknown, now)?);
    }
    let mut seen = std::collections::HashSet::with_capacity(indices.len());
    indices.retain(|index| seen.insert(*index));
    Ok(indices)
}
