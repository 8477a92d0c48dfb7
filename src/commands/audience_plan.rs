//! `zhihui audience-plan`: several items for one slot, one for each age band or interest segment.

use zhihui_api::{AuditAction, SavedAudiences};
use zhihui_engine::Language;
use zhihui_engine::audience::{
    AudienceRequest, BandPlan, BandPlanRequest, ExpectedResponses, GroupBy, PlanGroup, PlanOption, Target,
};

use super::audience::read_rule;
use super::recommend::{engine, instant, overlay};
use super::{Context, audit};
use crate::cli::{AudiencePlan, PlanGrouping};
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::output;

pub(crate) async fn run(context: &Context<'_>, args: &AudiencePlan) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let engine = engine(&home)?;
    let now = instant(&home, &engine, args.as_of.as_of.as_deref())?;
    let by = match args.by {
        PlanGrouping::AgeBand => GroupBy::AgeBand,
        PlanGrouping::Segment => GroupBy::Segment,
    };
    let audience = AudienceRequest {
        rule: args.rule.as_deref().map(read_rule).transpose()?,
        hold_out: args.hold_out,
        salt: home.salt()?,
        caps: home.config.push.caps(),
        ..AudienceRequest::new(Target::Item(args.items.first().cloned().unwrap_or_default()), now)
    };
    let request = BandPlanRequest { by, ..BandPlanRequest::new(args.items.clone(), audience) };
    let overlay = overlay(&home, &engine).await?;
    let saved = SavedAudiences::new(&home.store().await?).rules().await?;
    let plan = engine.band_plan(&overlay, &request, &|id| saved.resolve(id), &|| false).map_err(refuse)?;
    let detail = serde_json::json!({ "item_ids": args.items, "by": by });
    audit::append_entry(&home.store().await?, AuditAction::Preview, None, detail).await?;
    if context.json {
        output::json(&plan)?;
    } else {
        print(&plan, context.language(false))?;
    }
    Ok(Outcome::Done)
}

fn print(plan: &BandPlan, language: Language) -> anyhow::Result<()> {
    let text = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    output::print_line(if language == Language::Zh { &plan.sentence.zh } else { &plan.sentence.en })?;
    output::print_line("")?;
    let mut headers = vec![text("人群", "group"), text("会员", "members")];
    headers.extend(plan.items.iter().map(|item| item.item_id.as_str()));
    let mut right = vec![true; headers.len()];
    right[0] = false;
    let cell = |group: &PlanGroup, option: &PlanOption| {
        let mark = if group.item_id.as_ref() == Some(&option.item_id) { "✓ " } else { "" };
        format!("{mark}{}", interval(&option.expected_responses))
    };
    let row = |group: &PlanGroup| {
        let key = if group.key == "others" { text("其他会员", "others") } else { group.key.as_str() };
        let mut cells = vec![key.to_owned(), group.members.to_string()];
        cells.extend(group.options.iter().map(|option| cell(group, option)));
        cells
    };
    let rows: Vec<Vec<String>> = plan.groups.iter().map(row).collect();
    output::table(&headers, &rows, &right)?;
    if plan.mixes_responses {
        let note =
            text("注意：文章计阅读人数，其他内容计报名人数。", "note: articles count readers, other items sign-ups");
        output::print_message(note);
    }
    if plan.plan.seats_decide {
        let note = text(
            "注意：名额有限，选用同一项内容的人群共用名额。",
            "note: seats are limited, and groups with the same item share them",
        );
        output::print_message(note);
    }
    Ok(())
}

fn interval(expected: &ExpectedResponses) -> String {
    format!("{:.1} ({:.0}-{:.0})", expected.value, expected.low.floor(), expected.high.ceil())
}
