//! `zhihui audience`: the funnel, the expected responses, the list.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use zhihui_api::{AuditAction, SavedAudiences};
use zhihui_engine::Engine;
use zhihui_engine::audience::{AudienceRequest, AudienceResult, Preview, Rule, Target};
use zhihui_pipeline::export;

use super::recommend::{engine, instant, overlay};
use super::{Context, audit};
use crate::cli::Audience;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::output;

/// Longest purpose of a list, in characters, as on the page.
const LONGEST_PURPOSE: usize = 200;

pub(crate) async fn run(context: &Context<'_>, args: &Audience) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let engine = engine(&home)?;
    let now = instant(&home, &engine, args.as_of.as_of.as_deref())?;
    let rule = args.rule.as_deref().map(read_rule).transpose()?;
    let target = match (&args.item, &args.topic) {
        (Some(item), _) => Target::Item(item.clone()),
        (None, Some(topic)) => Target::Topic(topic.clone()),
        (None, None) => bail!("say what for: --item or --topic"),
    };
    let request = AudienceRequest {
        rule,
        limit: args.limit,
        hold_out: args.hold_out,
        salt: home.salt()?,
        caps: home.config.push.caps(),
        all_reasons: args.out.is_some(),
        ..AudienceRequest::new(target, now)
    };
    if args.purpose.as_ref().is_some_and(|purpose| purpose.chars().count() > LONGEST_PURPOSE) {
        return Err(refuse(anyhow::anyhow!("--purpose: at most {LONGEST_PURPOSE} characters; shorten it")));
    }
    let overlay = overlay(&home, &engine).await?;
    let saved = SavedAudiences::new(&home.store().await?).rules().await?;
    let result = engine.audience(&overlay, &request, &|id| saved.resolve(id)).map_err(refuse)?;
    note(&home, args, &request, (&engine, &result)).await?;
    if let Some(path) = &args.out {
        write_list(path, &engine, &result)?;
        output::say(&format!("wrote {} members to {}", result.preview.selected, path.display()));
        output::say(
            "a list is not a push: it counts neither against WeChat's four a month nor against [push] in zhihui.toml; ingest \
             what was sent as pushes-*.csv, and later lists take it into account",
        );
    }
    if context.json {
        output::json(&result.preview)?
    } else {
        print(&result.preview)?
    }
    Ok(Outcome::Done)
}

/// Records that members were named, and by which rule.
async fn note(
    home: &Home,
    args: &Audience,
    request: &AudienceRequest,
    (engine, result): (&Engine, &AudienceResult),
) -> anyhow::Result<()> {
    if result.rows.is_empty() {
        return Ok(());
    }
    let mut detail = json!({ "item_id": args.item, "topic": args.topic, "purpose": args.purpose });
    let action = if args.out.is_some() { AuditAction::Export } else { AuditAction::Preview };
    if action == AuditAction::Export {
        detail["rule"] = json!(request.rule);
        detail["limit"] = json!(request.limit);
        detail["hold_out"] = json!(request.hold_out);
        detail["list"] = json!(result.digest(engine.snapshot()));
    }
    audit::note(&home.store().await?, action, None, detail).await
}

fn read_rule(path: &Path) -> anyhow::Result<Rule> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let value = serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?;
    Rule::parse(&value).map_err(refuse)
}

fn write_list(path: &Path, engine: &Engine, result: &AudienceResult) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => export::list_csv(engine.snapshot(), result),
        Some("xlsx") => export::list_xlsx(engine.snapshot(), result)?,
        _ => bail!("{}: a list can be written as .csv or .xlsx", path.display()),
    };
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

fn print(preview: &Preview) -> anyhow::Result<()> {
    output::line(&preview.sentence.zh)?;
    output::line("")?;
    let row = |step: &zhihui_engine::audience::FunnelStep| {
        vec![step.step.clone(), step.path.clone().unwrap_or_default(), step.left.to_string()]
    };
    let rows: Vec<Vec<String>> = preview.funnel.iter().map(row).collect();
    output::table(&["step", "condition", "left"], &rows, &[false, false, true])?;
    let expected = &preview.expected_responses;
    output::line("")?;
    output::line(&format!(
        "expected responses {:.1} ({:.1} to {:.1} at {:.0} %){}",
        expected.value,
        expected.low,
        expected.high,
        expected.level * 100.0,
        if expected.calibrated { "" } else { "; not calibrated: it orders people, it does not count heads" }
    ))?;
    output::line("")?;
    let row = |member: &zhihui_engine::audience::SampleMember| {
        let reasons: Vec<&str> = member.reasons.iter().map(|reason| reason.text.as_str()).collect();
        vec![
            member.rank.to_string(),
            member.member_id.clone(),
            format!("{:.2}%", member.probability * 100.0),
            reasons.join(";"),
        ]
    };
    let rows: Vec<Vec<String>> = preview.sample.iter().map(row).collect();
    output::table(&["名次", "会员", "概率", "理由"], &rows, &[true, false, true, false])
}
