//! `zhihui audience-plan`: several items for one slot, one for each age band or interest segment.

use zhihui_api::{AuditAction, ExclusionSource, SavedAudiences, WantedExclusions, find_exclusions_of_items};
use zhihui_engine::Language;
use zhihui_engine::audience::{
    AudienceRequest, BandPlan, BandPlanRequest, ExclusionReason, ExpectedResponses, GroupBy, PlanGroup, PlanItem,
    PlanOption, Target,
};
use zhihui_engine::wording::whole;

use super::audience::read_rule;
use super::push_list::refused;
use super::recommend::{engine, instant, overlay};
use super::{Context, audit};
use crate::cli::{AudiencePlan, PlanGrouping};
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::output;
use crate::push_policy::push_policy;

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
        standing_hold_outs: home.config.push.standing_hold_outs(),
        ..AudienceRequest::new(Target::Item(args.items.first().cloned().unwrap_or_default()), now)
    };
    let store = home.store().await?;
    let today = home.zone().day(chrono::DateTime::from_timestamp(now, 0).unwrap_or_default());
    let wanted = WantedExclusions { chosen: &args.exclude, count_others: false, within: None, today };
    let (policy, items) = (push_policy(&home.config.push), (args.items.as_slice(), args.one_list_at_a_time));
    let exclusions = find_exclusions_of_items(&store, wanted, items, &policy, now).await.map_err(refused)?;
    let resolve = |source: &ExclusionSource| source.resolve(&engine);
    let exclusions = exclusions.iter().map(|sources| sources.iter().map(resolve).collect()).collect();
    let request = BandPlanRequest { by, exclusions, ..BandPlanRequest::new(args.items.clone(), audience) };
    let overlay = overlay(&home, &engine).await?;
    let saved = SavedAudiences::new(&store).rules().await?;
    let plan = engine.band_plan(&overlay, &request, &|id| saved.resolve(id), &|| false).map_err(refuse)?;
    let detail = serde_json::json!({ "item_ids": args.items, "by": by });
    audit::append_entry(&store, AuditAction::Preview, None, detail).await?;
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
    for item in plan.items.iter().filter(|item| excluded(item) > 0) {
        let (id, count) = (&item.item_id, whole(excluded(item)));
        output::print_message(&match language {
            Language::Zh => format!("注意：{id} 因排除名单或其他推送名单排除 {count} 人。"),
            Language::En => format!("note: exclusion lists and other push lists exclude {count} from {id}"),
        });
    }
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

/// How many members other lists exclude from an item.
fn excluded(item: &PlanItem) -> usize {
    let reasons = [ExclusionReason::ExclusionList, ExclusionReason::OtherList];
    reasons.iter().filter_map(|reason| item.excluded.get(reason.as_str())).sum()
}

fn interval(expected: &ExpectedResponses) -> String {
    format!("{:.1} ({:.0}-{:.0})", expected.value, expected.low.floor(), expected.high.ceil())
}
