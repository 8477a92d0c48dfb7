//! `zhihui allocate`: who gets tickets of an activity, who waits, and why.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use zhihui_api::AuditAction;
use zhihui_data::Event;
use zhihui_engine::Language;
use zhihui_engine::allocation::{Allocation, TicketOrder, TicketResult, allocate, commitment, requests_sha256};
use zhihui_engine::wording::{counted, grouped, plural, whole};
use zhihui_pipeline::export;

use super::recommend::{engine, overlay};
use super::{Context, audit};
use crate::cli::Allocate;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::{clock, output};

pub(crate) async fn run(context: &Context<'_>, args: &Allocate) -> anyhow::Result<Outcome> {
    if args.commit {
        let seed = args.draw.as_deref().context("--commit: give the seed with --draw")?;
        output::print_line(&commitment(seed))?;
        return Ok(Outcome::Done);
    }
    let home = Home::open(context.home)?;
    let engine = engine(&home)?;
    let overlay = overlay(&home, &engine).await?;
    let unknown = || refuse(anyhow::anyhow!("no activity {:?} is published; check the id", args.activity));
    let requests = engine.ticket_requests(&overlay, &args.activity).ok_or_else(unknown)?;
    let rules = engine.ticket_rules(&args.activity).ok_or_else(unknown)?;
    let order = match &args.draw {
        Some(seed) => TicketOrder::Draw { seed: seed.clone() },
        None => TicketOrder::FirstCome,
    };
    let sha256 = requests_sha256(&requests);
    let allocation = allocate(&args.activity, rules, &order, requests);
    let totals = |wanted: fn(TicketResult) -> bool| {
        let (members, tickets) = allocation.totals(wanted);
        json!({ "members": members, "tickets": tickets })
    };
    let mut summary = json!({
        "activity_id": args.activity, "method": order.as_str(), "seed": args.draw,
        "commitment": args.draw.as_deref().map(commitment), "requests_sha256": sha256, "rules": allocation.rules,
        "granted": totals(TicketResult::is_granted), "waiting": totals(TicketResult::is_waiting),
        "own_sessions": allocation.own_sessions,
    });
    if let Some(path) = &args.out {
        write(path, &allocation)?;
    }
    audit::append_entry(&home.store().await?, AuditAction::Allocation, None, summary.clone()).await?;
    if args.record {
        let recorded = record(&home, &args.activity, &allocation).await?;
        output::print_message(&format!("{recorded} sign-ups were recorded as registered or waitlisted"));
    }
    if context.json {
        summary["grants"] = json!(allocation.grants);
        output::json(&summary)?;
    } else {
        print(&allocation, context.language(false))?;
    }
    Ok(Outcome::Done)
}

/// Stores the results as events: granted sign-ups become registered, waiting ones waitlisted.
async fn record(home: &Home, activity: &str, allocation: &Allocation) -> anyhow::Result<usize> {
    let at = clock::now().timestamp_micros();
    let events: Vec<Event> = allocation.grants.iter().filter_map(|grant| grant.sign_up(activity, at)).collect();
    let count = events.len();
    home.event_inbox().await?.append(events).await?;
    Ok(count)
}

fn write(path: &Path, allocation: &Allocation) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => export::allocation_csv(allocation),
        Some("xlsx") => export::allocation_xlsx(allocation)?,
        _ => bail!("{}: an allocation can be written as .csv or .xlsx", path.display()),
    };
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

fn print(allocation: &Allocation, language: Language) -> anyhow::Result<()> {
    let (granted, tickets) = allocation.totals(TicketResult::is_granted);
    let (waiting, _) = allocation.totals(TicketResult::is_waiting);
    let tickets = grouped(f64::from(tickets), 0);
    let [granted, waiting, sessions] = [granted, waiting, allocation.own_sessions.len()].map(whole);
    output::print_line(&match language {
        Language::Zh => format!("{granted} 人获得 {tickets} 个名额，{waiting} 人候补，{sessions} 家工会安排专场。"),
        Language::En => format!(
            "{granted} {} {}, {waiting} {}, {sessions} {} of their own.",
            plural(&granted, "member gets", "members get"),
            counted(&tickets, "ticket", "tickets"),
            plural(&waiting, "waits", "wait"),
            plural(&sessions, "union gets a session", "unions get a session"),
        ),
    })?;
    output::print_line("")?;
    let row = |grant: &zhihui_engine::allocation::Grant| {
        vec![
            grant.place.to_string(),
            grant.request.member_id.clone(),
            grant.request.union_id.clone().unwrap_or_default(),
            grant.granted_tickets.to_string(),
            grant.wait_place.map(|place| place.to_string()).unwrap_or_default(),
            match language {
                Language::Zh => export::reason_zh(grant.result).to_owned(),
                Language::En => grant.result.as_str().replace('_', " "),
            },
        ]
    };
    let rows: Vec<Vec<String>> = allocation.grants.iter().map(row).collect();
    let headers = match language {
        Language::Zh => ["顺序", "会员", "工会", "名额", "候补顺序", "说明"],
        Language::En => ["place", "member", "union", "tickets", "wait place", "result"],
    };
    output::table(&headers, &rows, &[true, false, false, true, true, false])
}
