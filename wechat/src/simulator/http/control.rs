//! `/sim/…`: shows the state as JSON, and changes what WeChat's users would change.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::shared::Simulator;
use super::super::state::faults::Fault;
use crate::callback::{CallbackEvent, MassSendStatus};

/// `GET /sim/state`.
pub(super) async fn state(State(simulator): State<Simulator>) -> Response {
    let now = simulator.now();
    let mut state = simulator.lock();
    state.settle(now);
    Json(state.report(now)).into_response()
}

/// `GET /sim/callbacks`: all callbacks, signed now, oldest first.
pub(super) async fn callbacks(State(simulator): State<Simulator>) -> Json<Value> {
    let now = simulator.now();
    let mut state = simulator.lock();
    state.settle(now);
    let all = state.callbacks.list().iter().enumerate().map(|(place, callback)| {
        let (query, body) = state.callbacks.seal(place, now);
        json!({
            "event": callback.message.event.name(),
            "state": callback.state.as_str(),
            "attempts": callback.attempts,
            "query": query,
            "body": body,
            "xml": callback.message.to_xml(),
        })
    });
    Json(json!({ "callbacks": all.collect::<Vec<_>>() }))
}

/// `POST /sim/tokens/expire`: lets all tokens expire.
pub(super) async fn expire_tokens(State(simulator): State<Simulator>) -> Json<Value> {
    let now = simulator.now();
    simulator.lock().tokens.expire(now);
    Json(json!({ "ok": true }))
}

/// `POST /sim/clock/advance` with `{"seconds": N}`.
pub(super) async fn advance_clock(State(simulator): State<Simulator>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Request {
        seconds: u32,
    }
    let Ok(request) = serde_json::from_slice::<Request>(&body) else {
        return refused("send {\"seconds\": N} with a whole number");
    };
    simulator.lock().advanced += i64::from(request.seconds);
    let now = simulator.now();
    simulator.lock().settle(now);
    Json(json!({ "now": now })).into_response()
}

/// `POST /sim/faults` with `{"rate": R, "next": ["busy", …]}`; both are optional.
pub(super) async fn faults(State(simulator): State<Simulator>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Request {
        rate: Option<f64>,
        #[serde(default)]
        next: Vec<String>,
    }
    let Ok(request) = serde_json::from_slice::<Request>(&body) else {
        return refused("send {\"rate\": R, \"next\": [names]}");
    };
    let faults: Result<Vec<Fault>, _> = request.next.iter().map(|name| Fault::parse(name)).collect();
    match (faults, request.rate) {
        (Err(error), _) => refused(&error.to_string()),
        (Ok(_), Some(rate)) if !(0.0..=1.0).contains(&rate) => refused("rate must be a number from 0 to 1"),
        (Ok(faults), rate) => {
            let mut state = simulator.lock();
            state.faults.script(faults);
            if let Some(rate) = rate {
                state.faults.set_rate(rate);
            }
            Json(json!({ "ok": true })).into_response()
        }
    }
}

/// `POST /sim/mass/results` with `{"next": ["send fail", "err(10001)", "send success", …]}`: how the next sends end.
pub(super) async fn mass_results(State(simulator): State<Simulator>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Request {
        next: Vec<String>,
    }
    let Ok(request) = serde_json::from_slice::<Request>(&body) else {
        return refused("send {\"next\": [results]}");
    };
    let results: Vec<MassSendStatus> = request.next.iter().map(|text| MassSendStatus::parse(text)).collect();
    if let Some(MassSendStatus::Other(text)) = results.iter().find(|result| matches!(result, MassSendStatus::Other(_)))
    {
        return refused(&format!("unknown result {text:?}; use \"send success\", \"send fail\" or \"err(number)\""));
    }
    simulator.lock().mass_sends.script_results(results);
    Json(json!({ "ok": true })).into_response()
}

/// `POST /sim/followers/{openid}/{action}`. An unknown openid becomes known.
pub(super) async fn follower(
    State(simulator): State<Simulator>,
    Path((openid, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Request {
        key: String,
        url: String,
        scene: Option<String>,
        template_id: String,
        times: u32,
    }
    let request = if body.is_empty() { Ok(Request::default()) } else { serde_json::from_slice::<Request>(&body) };
    let Ok(request) = request else { return refused("the body must be a JSON object") };
    let now = simulator.now();
    let mut state = simulator.lock();
    let Ok(index) = state.followers.resolve(&openid, true, now) else { return refused("this is no openid") };
    let event = match action.as_str() {
        "subscribe" => {
            let is_new = state.followers.subscribe(index, now);
            let (scene, ticket) = (request.scene, None);
            is_new.then_some(CallbackEvent::Subscribe { scene, ticket })
        }
        "unsubscribe" => state.followers.unsubscribe(index, now).then_some(CallbackEvent::Unsubscribe),
        "click" => Some(CallbackEvent::Click { key: request.key }),
        "view" => Some(CallbackEvent::View { url: request.url, menu_id: None }),
        "scan" => Some(CallbackEvent::Scan { scene: request.scene.unwrap_or_default(), ticket: None }),
        "revoke" => {
            let revoke_info = Some("301".to_owned());
            Some(CallbackEvent::AuthorizationRevoked { openid: openid.clone(), revoke_info })
        }
        "cancel" => {
            state.followers.unsubscribe(index, now);
            Some(CallbackEvent::AuthorizationCancelled { openid: openid.clone() })
        }
        "refuse" | "accept" => {
            state.followers.get_mut(index).refuses = action == "refuse";
            None
        }
        "agree" => {
            state.notices.agree(index, &request.template_id, request.times.max(1));
            None
        }
        _ => {
            let actions = "subscribe, unsubscribe, click, view, scan, revoke, cancel, refuse, accept or agree";
            return refused(&format!("unknown action; use {actions}"));
        }
    };
    let has_callback = event.is_some();
    if let Some(event) = event {
        state.notify(&openid, now, event);
    }
    Json(json!({ "ok": true, "callback": has_callback })).into_response()
}

fn refused(reason: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": reason }))).into_response()
}
