//! `zhihui push`: sends an approved push list through WeChat, and continues after an interruption.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;
use zhihui_api::{AccountKind, BatchSize, ItemLinks, Message, SendOptions, SendReport, Sending, Sendings, Service};
use zhihui_engine::Language;
use zhihui_pipeline::config::WechatAccount;
use zhihui_wechat::client::{Account, WechatClient};
use zhihui_wechat::simulator::SimulatorSettings;

use super::Context;
use super::push_list::{actor, refused, service};
use crate::cli::{Push, Unclear};
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::wechat_transport::{HttpTransport, SystemTimer};
use crate::{clock, output};

/// Maximum length of a text message in bytes.
const MAX_TEXT_BYTES: usize = 2_048;

pub(crate) async fn run(context: &Context<'_>, args: &Push) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let transport = HttpTransport::new(&args.to)?;
    let account = account(&home, &transport)?;
    let actor = actor(&home, args.by.as_deref()).await?;
    let service = service(&home).await?;
    let message = message(&home, &service, args).await?;
    let options = SendOptions {
        to: transport.base_url().to_owned(),
        account: match home.config.wechat.account {
            WechatAccount::Service => AccountKind::Service,
            WechatAccount::Subscription => AccountKind::Subscription,
        },
        message,
        item_id: args.item.clone(),
        batch_size: BatchSize::new(args.batch_size).context("--batch-size: must be from 2 to 10000")?,
        unclear: args.unclear.map(|unclear| match unclear {
            Unclear::Sent => zhihui_api::Unclear::Sent,
            Unclear::NotSent => zhihui_api::Unclear::NotSent,
        }),
    };
    if args.dry_run {
        return print_plan(context, &service.plan_push(&actor, &args.list, &options).await.map_err(refused)?);
    }
    let quiet = home.config.push.quiet_hours.filter(|_| !args.despite_quiet_hours);
    let time = home.zone().local(clock::now()).time();
    if let Some(end) = quiet.and_then(|quiet| quiet.end_if_quiet(time)) {
        return Err(refuse(anyhow::anyhow!(
            "quiet hours until {} (push.quiet_hours in zhihui.toml); run the command then, or with --despite-quiet-hours",
            end.format("%H:%M")
        )));
    }
    // WeChat counts the requests of an account, and a list must not be sent by two processes.
    let _lock = home.send_lock()?;
    let client = WechatClient::new(account, Box::new(transport), Box::new(SystemTimer));
    let meter = Meter::start();
    let mut progress = |sending: &Sending| meter.tick(&progress_text(sending));
    let report = service.send_push_list(&actor, &args.list, &client, &options, &mut progress).await;
    let SendReport { mut sending, stopped } = report.map_err(refused)?;
    // If WeChat does not answer, questions about results would be repeated for minutes.
    if stopped.is_none() {
        let longest = Duration::from_secs(args.wait);
        let with_results = service.await_results(&args.list, &client, longest).await.map_err(refused)?;
        sending = with_results.unwrap_or(sending);
    }
    drop(meter);
    if context.json {
        output::json(&service.push_list(&args.list).await.map_err(refused)?)?;
    } else {
        print_table(&sending, context.language(false))?;
    }
    match stopped {
        None => Ok(Outcome::Done),
        Some(why) => {
            Err(refuse(anyhow::anyhow!("{why}; what was sent is recorded, and `zhihui push` continues with the rest")))
        }
    }
}

/// The account of `zhihui.toml`. The simulator's account serves addresses of this machine without one.
fn account(home: &Home, transport: &HttpTransport) -> anyhow::Result<Account> {
    let config = &home.config.wechat;
    match (&config.app_id, &config.secret) {
        (Some(app_id), Some(secret)) => Ok(Account { app_id: app_id.clone(), secret: secret.clone() }),
        _ if transport.is_local() => {
            let SimulatorSettings { app_id, secret, .. } = SimulatorSettings::default();
            Ok(Account { app_id, secret })
        }
        _ => bail!("zhihui.toml: set app_id and secret in [wechat], as shown in the settings of the account"),
    }
}

/// The message that the arguments ask for; without one, the title of the item with its address if that is configured. `None`
/// for the message of a sending that was begun, and for the title alone.
async fn message(home: &Home, service: &Service, args: &Push) -> anyhow::Result<Option<Message>> {
    if let Some(media_id) = &args.media_id {
        return Ok(Some(Message::MediaId(media_id.clone())));
    }
    let text = match (&args.text, &home.config.wechat.link) {
        (Some(text), _) => text.clone(),
        (None, None) => return Ok(None),
        (None, Some(link)) => {
            let links = ItemLinks::parse(link);
            let links = links.context("zhihui.toml: wechat.link: must be an address with {item_id}")?;
            if Sendings::new(&home.store().await?).get(&args.list).await?.is_some() {
                return Ok(None);
            }
            let item = service.sent_item(&args.list, args.item.as_deref()).await.map_err(refused)?;
            format!("{}\n{}", item.title, links.address(&item.id))
        }
    };
    if text.trim().is_empty() || text.len() > MAX_TEXT_BYTES {
        bail!("--text: must have 1 to {MAX_TEXT_BYTES} bytes");
    }
    Ok(Some(Message::Text(text)))
}

fn progress_text(sending: &Sending) -> String {
    let is_waiting = |state: &str| matches!(state, "waiting" | "sending");
    let done = sending.batches.iter().filter(|batch| !is_waiting(batch.state.as_str()));
    format!("{} of {} batches", done.count(), sending.batches.len())
}

fn print_plan(context: &Context<'_>, sizes: &[usize]) -> anyhow::Result<Outcome> {
    let openids: usize = sizes.iter().sum();
    if context.json {
        output::json(&json!({ "openids": openids, "batches": sizes }))?;
    } else {
        let rows: Vec<Vec<String>> =
            (1..).zip(sizes).map(|(number, size): (usize, _)| vec![number.to_string(), size.to_string()]).collect();
        let headers = match context.language(false) {
            Language::Zh => ["批次", "人数"],
            Language::En => ["batch", "openids"],
        };
        output::table(&headers, &rows, &[true, true])?;
    }
    Ok(Outcome::Done)
}

fn print_table(sending: &Sending, language: Language) -> anyhow::Result<()> {
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    let row = |batch: &zhihui_api::Batch| {
        vec![
            batch.number.to_string(),
            batch.openids.to_string(),
            batch.state.as_str().to_owned(),
            number(batch.msg_id),
            batch.result.clone().or_else(|| batch.error.clone()).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = sending.batches.iter().map(row).collect();
    let headers = match language {
        Language::Zh => ["批次", "人数", "状态", "消息编号", "结果"],
        Language::En => ["batch", "openids", "state", "msg_id", "result"],
    };
    output::table(&headers, &rows, &[true, true, false, true, false])
}
