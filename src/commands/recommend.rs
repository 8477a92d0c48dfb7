//! `zhihui recommend`: what the API would answer for one member.

use std::sync::Arc;

use anyhow::Context as _;
use zhihui_api::overlay_above;
use zhihui_data::ItemKind;
use zhihui_engine::answer::{Language, RecommendRequest, Recommendations, Who};
use zhihui_engine::overlay::ResolvedConsent;
use zhihui_engine::{Engine, Overlay};

use super::Context;
use super::explain::explain;
use crate::cli::Recommend;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::output;

pub(crate) async fn run(context: &Context<'_>, args: &Recommend) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let engine = engine(&home)?;
    let now = instant(&home, &engine, args.as_of.as_of.as_deref())?;
    let kind = args.kind.as_deref().map(|text| {
        ItemKind::parse(text)
            .with_context(|| format!("--kind {text:?}: use article, activity, service, product or venue"))
    });
    let who = match (&args.member, &args.openid) {
        (Some(member), _) => Who::Member(member),
        (None, Some(openid)) => Who::OpenId(openid),
        (None, None) => anyhow::bail!("say whom: --member or --openid"),
    };
    let request = RecommendRequest {
        who,
        n: args.n,
        kind: kind.transpose()?,
        topic: None,
        exclude: &[],
        general: false,
        now,
        language: Language::Zh,
    };
    let overlay = overlay(&home, &engine).await?;
    let answer = engine.recommend(&overlay, &request);
    if let Some(item_id) = &args.explain {
        explain(&engine, &overlay, (who, now, answer.personalised), item_id, context.json)?;
        return Ok(Outcome::Done);
    }
    if context.json {
        output::json(&answer)?
    } else {
        print(&answer)?
    }
    Ok(Outcome::Done)
}

/// The engine over the current snapshot; a damaged one is said and the last whole one serves.
pub(crate) fn engine(home: &Home) -> anyhow::Result<Arc<Engine>> {
    let (snapshot, damaged) = home.published().load().map_err(refuse)?;
    if let Some(error) = damaged {
        output::say(&format!("the current snapshot cannot be used, an earlier one answers: {error}"));
    }
    Ok(Arc::new(Engine::new(snapshot).with_list_options(home.config.recommend.lists())))
}

/// What happened and what members asked for since the snapshot.
pub(crate) async fn overlay(home: &Home, engine: &Arc<Engine>) -> anyhow::Result<Overlay> {
    let (mut overlay, _) = overlay_above(&home.events().await?, engine).await?;
    overlay.set_consent(Arc::new(ResolvedConsent::new(engine, &home.wishes().await?.0)));
    Ok(overlay)
}

/// The instant a question is asked at: what was typed, else now.
pub(crate) fn instant(home: &Home, engine: &Engine, typed: Option<&str>) -> anyhow::Result<i64> {
    let now = home.as_of(typed)?.timestamp();
    let as_of = engine.snapshot().as_of;
    if now < as_of {
        output::say("the snapshot is later than the instant asked for: `run --as-of` makes one of that instant");
    }
    Ok(now)
}

fn print(answer: &Recommendations) -> anyhow::Result<()> {
    let whom = answer.member_id.as_deref().unwrap_or("未知会员");
    let manner = if answer.personalised { "按个人兴趣" } else { "大家都在看" };
    output::line(&format!("{whom} · {manner} · 数据截至 {}", answer.as_of))?;
    let row = |item: &zhihui_engine::answer::RecommendedItem| {
        vec![
            item.rank.to_string(),
            item.item_id.clone(),
            item.title.clone(),
            item.probability.map_or_else(String::new, |probability| format!("{:.2}%", probability * 100.0)),
            item.seats_left.map_or_else(String::new, |seats| seats.to_string()),
            item.reasons.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join(";"),
        ]
    };
    let rows: Vec<Vec<String>> = answer.items.iter().map(row).collect();
    output::table(&["名次", "编号", "标题", "概率", "余票", "理由"], &rows, &[true, false, false, true, true])
}
