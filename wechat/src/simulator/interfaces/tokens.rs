//! `stable_token`, `token` and `clear_quota`.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Call, Interface, Refusal, done, post};
use crate::error_code::ErrorCode;
use crate::simulator::state::State;
use crate::simulator::state::quotas::CallLimit;

const STABLE: CallLimit = CallLimit { per_day: 500_000, per_minute: 10_000 };
const FORCED: CallLimit = CallLimit::per_day(20);
const CLASSIC: CallLimit = CallLimit::per_day(2_000);

pub(super) const INTERFACES: &[Interface] = &[
    Interface { needs_token: false, ..post("/cgi-bin/stable_token", STABLE, stable_token) },
    Interface { needs_token: false, is_post: false, ..post("/cgi-bin/token", CLASSIC, token) },
    Interface { ..post("/cgi-bin/clear_quota", super::UNLIMITED, clear_quota) },
];

#[derive(Debug, Deserialize)]
struct TokenRequest {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

fn check_credentials(state: &State, grant_type: &str, app_id: &str, secret: &str) -> Result<(), Refusal> {
    let code = if grant_type != "client_credential" {
        ErrorCode::INVALID_GRANT_TYPE
    } else if app_id.is_empty() {
        ErrorCode::MISSING_APP_ID
    } else if secret.is_empty() {
        ErrorCode::MISSING_SECRET
    } else if app_id != state.settings.app_id {
        ErrorCode::INVALID_APP_ID
    } else if secret != state.settings.secret {
        ErrorCode::INVALID_SECRET
    } else {
        return Ok(());
    };
    Err(code.into())
}

fn stable_token(state: &mut State, call: &Call<'_>) -> Answer {
    let request: TokenRequest = call.parse()?;
    check_credentials(state, &request.grant_type, &request.appid, &request.secret)?;
    state.quotas.count("/cgi-bin/stable_token", STABLE, call.now)?;
    if request.force_refresh {
        state.quotas.count("/cgi-bin/stable_token (force_refresh)", FORCED, call.now)?;
    }
    let (access_token, expires_in) = state.tokens.stable(request.force_refresh, call.now)?;
    Ok(json!({ "access_token": access_token, "expires_in": expires_in }))
}

fn token(state: &mut State, call: &Call<'_>) -> Answer {
    check_credentials(state, call.parameter("grant_type"), call.parameter("appid"), call.parameter("secret"))?;
    state.quotas.count("/cgi-bin/token", CLASSIC, call.now)?;
    let (access_token, expires_in) = state.tokens.classic(call.now);
    Ok(json!({ "access_token": access_token, "expires_in": expires_in }))
}

fn clear_quota(state: &mut State, call: &Call<'_>) -> Answer {
    #[derive(Deserialize)]
    struct Request {
        appid: String,
    }
    let request: Request = call.parse()?;
    if request.appid != state.settings.app_id {
        return Err(ErrorCode::INVALID_APP_ID.into());
    }
    state.quotas.clear(call.now)?;
    Ok(done())
}
