//! `zhihui wechat-sim`: serves a simulated WeChat account and posts its callbacks.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use zhihui_wechat::simulator::{AccountKind, Fault, OutgoingCallback, Simulator, SimulatorSettings};

use super::{Context, serve};
use crate::cli::{SimulatedAccount, WechatSim};
use crate::outcome::Outcome;
use crate::output::print_message;
use crate::{clock, output};

/// Interval of checks for due callbacks.
const CALLBACK_INTERVAL: Duration = Duration::from_millis(200);
/// Time in which a server must answer a callback.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of callbacks that are posted at once.
const CALLBACKS_AT_ONCE: usize = 8;
/// Maximum length of an answer to a callback.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

pub(crate) async fn run(context: &Context<'_>, args: &WechatSim) -> anyhow::Result<Outcome> {
    let settings = settings_of(args)?;
    let (app_id, secret) = (settings.app_id.clone(), settings.secret.clone());
    let simulator = Simulator::new(settings, Arc::new(|| clock::now().timestamp()))?;
    let listener =
        TcpListener::bind(&args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let url = format!("http://{}/", listener.local_addr()?);
    if context.json {
        output::json(&json!({ "url": url, "app_id": app_id, "secret": secret }))?;
    }
    print_message(&format!("simulating a WeChat account on {url}, AppID {app_id}, AppSecret {secret}"));
    let callback_task = tokio::spawn(post_callbacks(simulator.clone()));
    axum::serve(listener, simulator.router()).with_graceful_shutdown(serve::stop()).await?;
    callback_task.abort();
    print_message("stopped");
    Ok(Outcome::Done)
}

fn settings_of(args: &WechatSim) -> anyhow::Result<SimulatorSettings> {
    let names = args.faults.iter();
    let faults = names.map(|name| Fault::parse(name)).collect::<Result<Vec<_>, _>>()?;
    Ok(SimulatorSettings {
        seed: args.seed,
        app_id: args.app_id.clone(),
        secret: args.secret.clone(),
        account_kind: match args.account {
            SimulatedAccount::Service => AccountKind::Service,
            SimulatedAccount::Subscription => AccountKind::Subscription,
        },
        callback_token: args.callbacks.callback_token.clone(),
        encoding_aes_key: args.callbacks.encoding_aes_key.clone(),
        callback_url: args.callbacks.callback_url.clone(),
        followers: args.followers,
        accept_unknown_openids: !args.known_openids_only,
        finish_after_seconds: args.finish_after,
        delivery_error_rate: args.delivery_error_rate,
        failed_send_rate: args.failed_send_rate,
        article_days: args.article_days,
        fault_rate: args.fault_rate,
        faults: if faults.is_empty() { Fault::ALL.to_vec() } else { faults },
        ..SimulatorSettings::default()
    })
}

/// Posts callbacks until it is aborted. A callback that fails is due again later.
async fn post_callbacks(simulator: Simulator) {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(CALLBACK_TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    let agent = ureq::Agent::from(agent);
    check_handshake(&simulator, &agent).await;
    let mut posts = JoinSet::new();
    loop {
        let now = simulator.now();
        for callback in simulator.due_callbacks(now) {
            while posts.len() >= CALLBACKS_AT_ONCE {
                posts.join_next().await;
            }
            let (simulator, agent) = (simulator.clone(), agent.clone());
            posts.spawn_blocking(move || match post(&agent, &callback) {
                Ok(()) => simulator.acknowledge(callback.id),
                Err(reason) => print_message(&format!(
                    "callback {} was not accepted (attempt {}): {reason}",
                    callback.id, callback.attempt
                )),
            });
        }
        while posts.try_join_next().is_some() {}
        tokio::time::sleep(CALLBACK_INTERVAL).await;
    }
}

/// Checks the server as WeChat does when its address is saved. A server that is not ready yet gets callbacks too.
async fn check_handshake(simulator: &Simulator, agent: &ureq::Agent) {
    let Some(handshake) = simulator.handshake(simulator.now()) else { return };
    let agent = agent.clone();
    let address = format!("{}?{}", handshake.url, handshake.query);
    let answer = tokio::task::spawn_blocking(move || -> anyhow::Result<String> {
        let mut response = agent.get(&address).call()?;
        Ok(response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string()?)
    });
    match answer.await {
        Ok(Ok(text)) if text == handshake.echo => print_message("the callback server answered the handshake"),
        Ok(Ok(_)) => print_message("the callback server did not repeat echostr; check its token"),
        Ok(Err(error)) => print_message(&format!("the callback server did not answer the handshake: {error}")),
        Err(error) => print_message(&format!("cannot check the callback server: {error}")),
    }
}

/// Posts a callback. WeChat accepts an empty answer, `success` and a reply in XML.
fn post(agent: &ureq::Agent, callback: &OutgoingCallback) -> Result<(), String> {
    let address = format!("{}?{}", callback.url, callback.query);
    let request = agent.post(&address).header("Content-Type", "text/xml");
    let mut response = request.send(&callback.body).map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string();
    let body = body.map_err(|error| error.to_string())?;
    let is_accepted = status == 200 && (matches!(body.trim(), "" | "success") || body.starts_with("<xml>"));
    if is_accepted { Ok(()) } else { Err(format!("HTTP status {status}")) }
}
