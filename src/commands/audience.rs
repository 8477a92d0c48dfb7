//! `zhihui audience`: the funnel, the expected responses, the list, the seat plan.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use zhihui_api::{AuditAction, SavedAudiences, WantedExclusions, find_exclusions};
use zhihui_engine::audience::{AudienceError, AudienceRequest, AudienceResult, Preview, Rule, Target};
use zhihui_engine::{Engine, Language};
use zhihui_pipeline::export;

use super::push_list::refused;
use super::recommend::{engine, instant, overlay};
use super::{Context, audit, seat_plan};
use crate::cli::Audience;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::output;
use crate::push_policy::push_policy;

/// Maximum length of a purpose in characters, as on the page.
const MAX_PURPOSE_CHARS: usize = 200;

pub(crate) async fn run(context: &Context<'_>, args: &Audience) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let engine = engine(&home)?;
    let now = instant(&home, &engine, args.as_of.as_of.as_deref())?;
    let rule = args.rule.as_deref().map(read_rule).transpose()?;
    let target = match (&args.item, &args.topic) {
        (Some(item), _) => Target::Item(item.clone()),
        (None, Some(topic)) => Target::Topic(topic.clone()),
        (None, None) => bail!("missing target: pass --item ID or --topic NAME"),
    };
    let language = context.language(args.out.is_some());
    let store = home.store().await?;
    let today = home.zone().day(chrono::DateTime::from_timestamp(now, 0).unwrap_or_default());
    let wanted = WantedExclusions { chosen: &args.exclude, count_others: false, within: None, today };
    let (policy, one_list) = (push_policy(&home.config.push), (args.item.as_deref(), args.one_list_at_a_time));
    let exclusions = find_exclusions(&store, wanted, one_list, &policy, now).await.map_err(refused)?;
    let request = AudienceRequest {
        rule,
        limit: args.limit,
        hold_out: args.hold_out,
        selection: args.selection.into(),
        salt: home.salt()?,
        caps: home.config.push.caps(),
        standing_hold_outs: home.config.push.standing_hold_outs(),
        exclusions: exclusions.iter().map(|source| source.resolve(&engine)).collect(),
        all_reasons: args.out.is_some(),
        language,
        ..AudienceRequest::new(target, now)
    };
    if args.purpose.as_ref().is_some_and(|purpose| purpose.chars().count() > MAX_PURPOSE_CHARS) {
        return Err(refuse(anyhow::anyhow!("--purpose: at most {MAX_PURPOSE_CHARS} characters; shorten it")));
    }
    let overlay = overlay(&home, &engine).await?;
    let saved = SavedAudiences::new(&store).rules().await?;
    let resolve = |id: &str| saved.resolve(id);
    if args.seat_plan {
        let (result, plan) = engine.audience_with_seat_plan(&overlay, &request, &resolve, &|| false).map_err(refuse)?;
        let item = args.item.clone().unwrap_or_default();
        let plan = plan.ok_or_else(|| refuse(AudienceError::NoSeats(item)))?;
        record(&home, args, &request, (&engine, &result)).await?;
        if context.json {
            output::json(&plan)?
        } else {
            seat_plan::print(&plan, language)?
        }
        return Ok(Outcome::Done);
    }
    let result = engine.audience(&overlay, &request, &resolve).map_err(refuse)?;
    record(&home, args, &request, (&engine, &result)).await?;
    if let Some(path) = &args.out {
        write_list(path, &engine, &result)?;
        output::print_message(&format!("wrote {} members to {}", result.preview.selected, path.display()));
        output::print_message(
            "a list is not a push: it counts neither against WeChat's four a month nor against [push] in zhihui.toml; ingest \
             the pushes that were sent as pushes-*.csv, so that later lists count them",
        );
    }
    if context.json {
        output::json(&result.preview)?
    } else {
        print(&result.preview, language)?
    }
    Ok(Outcome::Done)
}

/// Records in the audit log that members were listed, and by which rule.
async fn record(
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
        detail["exclude"] = json!(args.exclude);
        detail["one_list_at_a_time"] = json!(args.one_list_at_a_time);
        detail["selection"] = json!(request.selection);
        detail["list"] = json!(result.digest(engine.snapshot()));
    }
    audit::append_entry(&home.store().await?, action, None, detail).await
}

pub(crate) fn read_rule(path: &Path) -> anyhow::Result<Rule> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let value = serde_json::from_str(&text).with_context(|| format!("{}: invalid JSON", path.display()))?;
    Rule::parse(&value).map_err(refuse)
}

fn write_list(path: &Path, engine: &Engine, result: &AudienceResult) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => export::list_csv(engine.snapshot(), result),
        Some("xlsx") => export::list_xlsx(engine.snapshot(), result)?,
        _ => bail!("{}: unknown file type; use .csv or .xlsx", path.display()),
    };
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

fn print(preview: &Preview, language: Language) -> anyhow::Result<()> {
    let text = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    output::print_line(if language == Language::Zh { &preview.sentence.zh } else { &preview.sentence.en })?;
    output::print_line("")?;
    let row = |step: &zhihui_engine::audience::FunnelStep| {
        let label = zhihui_api::funnel_step_label(&step.step, language).to_owned();
        vec![label, step.path.clone().unwrap_or_default(), step.left.to_string()]
    };
    let rows: Vec<Vec<String>> = preview.funnel.iter().map(row).collect();
    let headers = [text("步骤", "step"), text("条件", "condition"), text("剩余人数", "members left")];
    output::table(&headers, &rows, &[false, false, true])?;
    let expected = &preview.expected_responses;
    let (value, low, high, level) = (expected.value, expected.low, expected.high, expected.level * 100.0);
    let is_calibrated = expected.calibrated;
    output::print_line("")?;
    output::print_line(&match language {
        Language::Zh => {
            let note =
                if is_calibrated { "" } else { "；概率未校准，可用于排序，不能当作人数的预测" };
            format!("预计响应 {value:.1} 人（{level:.0}% 区间 {low:.1} 至 {high:.1}）{note}")
        }
        Language::En => {
            let note = if is_calibrated { "" } else { "; not calibrated: use it for ranking, not to predict numbers" };
            format!("expected responses {value:.1} ({low:.1} to {high:.1} at {level:.0} %){note}")
        }
    })?;
    output::print_line("")?;
    let row = |member: &zhihui_engine::audience::SampleMember| {
        let reasons: Vec<&str> = member.reasons.iter().map(|reason| reason.text.as_str()).collect();
        vec![
            member.rank.to_string(),
            member.member_id.clone(),
            format!("{:.2}%", member.probability * 100.0),
            reasons.join(text("；", "; ")),
        ]
    };
    let rows: Vec<Vec<String>> = preview.sample.iter().map(row).collect();
    let headers = [text("名次", "rank"), text("会员", "member"), text("概率", "probability"), text("理由", "reasons")];
    output::table(&headers, &rows, &[true, false, true, false])
}
