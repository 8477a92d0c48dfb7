//! `zhihui wechat-statistics`: fetches WeChat's statistics of the account into files of the inbox, and ingests them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use chrono::{Days, NaiveDate, SecondsFormat};
use serde_json::{Value, json};
use zhihui_api::AuditAction;
use zhihui_data::{AccountInterface, Generation, Zone};
use zhihui_engine::Language;
use zhihui_pipeline::ingest::IngestReport;
use zhihui_pipeline::lake::{Lake, SystemDisk, make_folder, replace_file};
use zhihui_pipeline::sql::{self, QueryLimits};
use zhihui_wechat::client::{CallError, WechatClient};

use super::{Context, audit, ingest};
use crate::cli::{InterfaceGeneration, WechatStatistics};
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::statistics_plan::{self, PlannedCall, StoredDays, Wanted};
use crate::steps::{self, Runner};
use crate::wechat_transport::{self, HttpTransport, SystemTimer};
use crate::{clock, output};

/// Folder of the inbox for the replies.
const FOLDER: &str = "wechat-statistics";
/// Default number of days.
const DAYS: u64 = 30;
const LIMITS: QueryLimits = QueryLimits { time: Duration::from_secs(60), rows: 1_000_000 };
/// The days that the lake has, those of articles by their publication. Figures that were not final do not count.
const STORED: &str = "select interface, cast(coalesce(published_on, day) as varchar) as first_day, \
                      cast(max(day) as varchar) as last_day from account_statistics where interface is not null \
                      group by interface, coalesce(published_on, day) \
                      having max(case when delayed then 1 else 0 end) = 0";

pub(crate) async fn run(context: &Context<'_>, args: &WechatStatistics) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let transport = HttpTransport::new("--url", &args.url)?;
    let account = wechat_transport::account(&home, &transport)?;
    let available = statistics_plan::available_until(clock::now());
    let (from, to) = days(args, available)?;
    let interfaces = interfaces(args)?;
    let lake = home.lake().await?;
    let folder = home.inbox().join(FOLDER);
    // What an earlier command has fetched is read first.
    let before = if folder.is_dir() { Some(ingest_folder(&home, &lake, &folder).await?) } else { None };
    let stored = if args.again { StoredDays::new() } else { stored_days(&home, &lake).await? };
    let is_split = args.generation.is_none() && args.interface.is_empty();
    let wanted = Wanted { days: (from, to), interfaces: &interfaces, is_split, stored: &stored };
    let calls = statistics_plan::planned_calls(&wanted);
    let client = WechatClient::new(account, Box::new(transport), Box::new(SystemTimer));
    let meter = Meter::start();
    make_folder(&SystemDisk, &folder).with_context(|| folder.display().to_string())?;
    let (mut fetched, mut delayed, mut failure) = (0, Vec::new(), None);
    for (number, call) in calls.iter().enumerate() {
        meter.tick(&format!("{} {} ({} of {})", call.interface.name, call.begin, number + 1, calls.len()));
        let (begin, end) = (call.begin.to_string(), call.end.to_string());
        match client.statistics(call.interface.name, &begin, &end).await {
            Ok(reply) => {
                if reply.get("is_delay").and_then(Value::as_bool) == Some(true) {
                    delayed.push(json!({ "interface": call.interface.name, "begin_date": begin, "end_date": end }));
                }
                store(&folder, call, &reply)?;
                fetched += 1;
            }
            Err(error) => {
                failure = Some((call, error));
                break;
            }
        }
    }
    drop(meter);
    let report = ingest_folder(&home, &lake, &folder).await?;
    let rows = |report: &IngestReport| report.totals.new + report.totals.replaced;
    let detail = json!({ "source": "wechat-statistics", "calls": fetched, "rows": rows(&report) });
    audit::record(&home, AuditAction::Ingest, detail).await?;
    let language = context.language(false);
    let error = failure.as_ref().map(|(call, error)| explained(call, error, language));
    if context.json {
        output::json(&json!({
            "from": from.to_string(), "to": to.to_string(), "planned": calls.len(), "fetched": fetched,
            "delayed": delayed, "ingest": report, "error": error,
        }))?;
    } else {
        ingest::print(&report)?;
        output::print_message(&format!("{fetched} of {} calls from {from} to before {to}", calls.len()));
        if !delayed.is_empty() {
            output::print_message("WeChat says that some figures are not final; repeat the command later");
        }
    }
    let is_refused = report.refused() || before.is_some_and(|before| before.refused());
    match error {
        None => Ok(Outcome::refused_if(is_refused)),
        Some(why) => Err(refuse(anyhow!("{why}; what was fetched is stored, and the command continues with the rest"))),
    }
}

/// The period: first day, and the end, which WeChat has no figures of.
fn days(args: &WechatStatistics, available: NaiveDate) -> anyhow::Result<(NaiveDate, NaiveDate)> {
    // WeChat's days are those of Beijing.
    let day = |name: &str, text: &Option<String>| -> anyhow::Result<Option<NaiveDate>> {
        let instant = text.as_deref().map(|text| clock::parse_instant(text, Zone::default())).transpose();
        Ok(instant.with_context(|| format!("--{name}"))?.map(|instant| Zone::default().day(instant)))
    };
    let to = day("to", &args.to)?.unwrap_or(available);
    if to > available {
        bail!(
            "--to {to}: WeChat has figures up to the day before {available}, and those of yesterday from 08:00 in Beijing on; \
             give an earlier end"
        );
    }
    let from = day("from", &args.from)?.or(to.checked_sub_days(Days::new(DAYS))).unwrap_or(to);
    if from >= to {
        bail!("--from {from}: is not before the end, {to}; give an earlier day");
    }
    let first = Generation::Old.first_day();
    if from < first {
        bail!("--from {from}: WeChat has no figures before {first}; give a later day");
    }
    if args.generation == Some(InterfaceGeneration::New) && to <= Generation::New.first_day() {
        bail!("--to {to}: the new interfaces have figures from {} on", Generation::New.first_day());
    }
    Ok((from, to))
}

fn interfaces(args: &WechatStatistics) -> anyhow::Result<Vec<&'static AccountInterface>> {
    if args.interface.is_empty() {
        let generation = args.generation.map(|generation| match generation {
            InterfaceGeneration::Old => Generation::Old,
            InterfaceGeneration::New => Generation::New,
        });
        return Ok(statistics_plan::default_interfaces(generation));
    }
    let named = |name: &String| {
        let known = || AccountInterface::ALL.iter().map(|interface| interface.name).collect::<Vec<_>>().join(", ");
        AccountInterface::named(name).with_context(|| format!("--interface {name:?}: use one of {}", known()))
    };
    args.interface.iter().map(named).collect()
}

async fn stored_days(home: &Home, lake: &Lake) -> anyhow::Result<StoredDays> {
    let session = sql::session(lake, &home.limits(), None).await?;
    let result = sql::query(&session, STORED, LIMITS).await.map_err(refuse)?;
    let mut stored = StoredDays::new();
    for row in &result.rows {
        let text = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default();
        if let (Ok(first), Ok(last)) = (text(1).parse(), text(2).parse()) {
            stored.entry(text(0).to_owned()).or_default().insert(first, last);
        }
    }
    Ok(stored)
}

/// Writes a reply as a file that ingest reads, complete or not at all.
fn store(folder: &Path, call: &PlannedCall, reply: &Value) -> anyhow::Result<()> {
    let (begin, end) = (call.begin.to_string(), call.end.to_string());
    let fetched_at = clock::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let stored = json!({
        "interface": call.interface.name, "begin_date": begin, "end_date": end, "fetched_at": fetched_at, "reply": reply,
    });
    let name = format!("{}-{begin}-{end}.json", call.interface.name);
    let path = folder.join(name);
    replace_file(&SystemDisk, &path, format!("{stored}\n").as_bytes()).with_context(|| path.display().to_string())
}

async fn ingest_folder(home: &Home, lake: &Lake, folder: &Path) -> anyhow::Result<IngestReport> {
    let meter = Arc::new(Meter::start());
    let now = clock::now();
    let runner = Runner { home, lake, meter: &meter, run_id: steps::run_id(now), as_of: now };
    let paths: [PathBuf; 1] = [folder.to_path_buf()];
    let (_, report) = runner.ingest(&paths, None).await?;
    Ok(report)
}

/// The error with what it means and what to do.
fn explained(call: &PlannedCall, error: &CallError, language: Language) -> String {
    let meaning = error.code().and_then(|code| code.explanation()).map(|(zh, en)| match language {
        Language::Zh => zh,
        Language::En => en,
    });
    let what = format!("{} {} to {}: {error}", call.interface.name, call.begin, call.end);
    meaning.map_or_else(|| what.clone(), |meaning| format!("{what} ({meaning})"))
}
