//! `zhihui push`: sends an approved push list through WeChat, and continues after an interruption.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;
use zhihui_api::{
    AccountKind, BatchSize, ItemLinks, Message, PlannedBatch, PushLists, SendOptions, SendReport, Sending, Sendings,
    Service,
};
use zhihui_engine::Language;
use zhihui_pipeline::config::WechatAccount;
use zhihui_wechat::client::WechatClient;

use super::Context;
use super::push_list::{actor, refused, service};
use crate::cli::{Push, Unclear, VariantText};
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::wechat_transport::{self, HttpTransport, SystemTimer};
use crate::{clock, output};

/// Maximum length of a text message in bytes.
const MAX_TEXT_BYTES: usize = 2_048;

pub(crate) async fn run(context: &Context<'_>, args: &Push) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let transport = HttpTransport::new("--to", &args.to)?;
    let account = wechat_transport::account(&home, &transport)?;
    let actor = actor(&home, args.by.as_deref()).await?;
    let service = service(&home).await?;
    let Messages { message, variants } = messages(&home, &service, args).await?;
    let options = SendOptions {
        to: transport.base_url().to_owned(),
        account: match home.config.wechat.account {
            WechatAccount::Service => AccountKind::Service,
            WechatAccount::Subscription => AccountKind::Subscription,
        },
        message,
        item_id: args.item.clone(),
        variants,
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
    let _lock = home.send_lock().await?;
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

/// The message of a list, or those of its variants. Both are empty for a sending that was begun, and for titles alone.
#[derive(Default)]
struct Messages {
    message: Option<Message>,
    variants: BTreeMap<String, Message>,
}

/// The messages that the arguments ask for; without them, the titles with the addresses of their items if those are configured.
async fn messages(home: &Home, service: &Service, args: &Push) -> anyhow::Result<Messages> {
    let of_variant = |to: &VariantText, message: Message| (to.name.clone(), message);
    let mut given: BTreeMap<String, Message> = BTreeMap::new();
    for to in &args.variant_text {
        given.extend([of_variant(to, text_message("--variant-text", to.text.clone())?)]);
    }
    given.extend(args.variant_media_id.iter().map(|to| of_variant(to, Message::MediaId(to.text.clone()))));
    if args.variant_text.len() + args.variant_media_id.len() > given.len() {
        bail!("--variant-text, --variant-media-id: give each variant one message");
    }
    if let Some(media_id) = &args.media_id {
        return Ok(Messages { message: Some(Message::MediaId(media_id.clone())), ..Messages::default() });
    }
    if let Some(text) = &args.text {
        return Ok(Messages { message: Some(text_message("--text", text.clone())?), ..Messages::default() });
    }
    let Some(link) = &home.config.wechat.link else { return Ok(Messages { message: None, variants: given }) };
    let links = ItemLinks::parse(link).context("zhihui.toml: wechat.link: must be an address with {item_id}")?;
    let store = home.store().await?;
    if Sendings::new(&store).get(&args.list).await?.is_some() {
        return Ok(Messages { message: None, variants: given });
    }
    let list = PushLists::new(&store).get(&args.list, None).await;
    let list = list.map_err(|error| refuse(anyhow::anyhow!("{error}")))?;
    let linked = |title: &str, item_id: &str| text_message("--text", format!("{title}\n{}", links.address(item_id)));
    if list.variants.is_empty() && given.is_empty() {
        let item = service.sent_item(&args.list, args.item.as_deref()).await.map_err(refused)?;
        return Ok(Messages { message: Some(linked(&item.title, &item.id)?), variants: given });
    }
    for variant in &list.variants {
        if !given.contains_key(&variant.name) {
            given.insert(variant.name.clone(), linked(variant.shown_title(), &variant.item_id)?);
        }
    }
    Ok(Messages { message: None, variants: given })
}

fn text_message(argument: &str, text: String) -> anyhow::Result<Message> {
    if text.trim().is_empty() || text.len() > MAX_TEXT_BYTES {
        bail!("{argument}: must have 1 to {MAX_TEXT_BYTES} bytes");
    }
    Ok(Message::Text(text))
}

fn progress_text(sending: &Sending) -> String {
    let is_waiting = |state: &str| matches!(state, "waiting" | "sending");
    let done = sending.batches.iter().filter(|batch| !is_waiting(batch.state.as_str()));
    format!("{} of {} batches", done.count(), sending.batches.len())
}

fn print_plan(context: &Context<'_>, planned: &[PlannedBatch]) -> anyhow::Result<Outcome> {
    let (sent, too_few): (Vec<&PlannedBatch>, Vec<&PlannedBatch>) = planned.iter().partition(|batch| !batch.too_few);
    for batch in &too_few {
        let name = batch.variant.as_deref().unwrap_or_default();
        output::print_message(&format!("variant {name}: one member is left, and WeChat sends to at least 2; left out"));
    }
    let sizes: Vec<usize> = sent.iter().map(|batch| batch.openids).collect();
    let has_variants = planned.iter().any(|batch| batch.variant.is_some());
    if context.json {
        let openids: usize = sizes.iter().sum();
        let mut plan = json!({ "openids": openids, "batches": sizes });
        if has_variants {
            let name = |batch: &&PlannedBatch| batch.variant.clone();
            plan["variants"] = json!(sent.iter().map(name).collect::<Vec<_>>());
            plan["too_few"] = json!(too_few.iter().map(name).collect::<Vec<_>>());
        }
        output::json(&plan)?;
    } else {
        let row = |(number, batch): (usize, &&PlannedBatch)| {
            vec![number.to_string(), batch.openids.to_string(), batch.variant.clone().unwrap_or_default()]
        };
        let rows: Vec<Vec<String>> = (1..).zip(&sent).map(row).collect();
        let headers = match context.language(false) {
            Language::Zh => ["批次", "人数", "分组"],
            Language::En => ["batch", "openids", "variant"],
        };
        print_columns(&headers, rows, &[true, true, false], has_variants)?;
    }
    Ok(Outcome::Done)
}

/// Prints a table, without its last column unless the list has variants.
fn print_columns(
    headers: &[&str],
    mut rows: Vec<Vec<String>>,
    right: &[bool],
    has_variants: bool,
) -> anyhow::Result<()> {
    let columns = headers.len() - usize::from(!has_variants);
    rows.iter_mut().for_each(|row| row.truncate(columns));
    output::table(&headers[..columns], &rows, &right[..columns])
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
            batch.variant.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = sending.batches.iter().map(row).collect();
    let headers = match language {
        Language::Zh => ["批次", "人数", "状态", "消息编号", "结果", "分组"],
        Language::En => ["batch", "openids", "state", "msg_id", "result", "variant"],
    };
    let has_variants = sending.batches.iter().any(|batch| batch.variant.is_some());
    print_columns(&headers, rows, &[true, true, false, true, false, false], has_variants)
}
