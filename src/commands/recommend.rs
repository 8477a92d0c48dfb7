//! `zhihui recommend`: prints the recommendations of the API for one member.

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
        (None, None) => anyhow::bail!("missing member: pass --member ID or --openid OPENID"),
    };
    let language = context.language(false);
    let request = RecommendRequest {
        who,
        n: args.n,
        kind: kind.transpose()?,
        topic: None,
        exclude: &[],
        general: false,
        now,
        language,
    };
    let overlay = overlay(&home, &engine).await?;
    let answer = engine.recommend(&overlay, &request);
    if let Some(item_id) = &args.explain {
        explain(&engine, &overlay, (who, now, answer.personalised), item_id, (!context.json).then_some(language))?;
        return Ok(Outcome::Done);
    }
    if context.json {
        output::json(&answer)?
    } else {
        print(&answer, language)?
    }
    Ok(Outcome::Done)
}

/// Returns the engine of the current snapshot. If that is damaged, warns and uses the last usable one.
pub(crate) fn engine(home: &Home) -> anyhow::Result<Arc<Engine>> {
    let (snapshot, damaged) = home.published().load().map_err(refuse)?;
    if let Some(error) = damaged {
        output::print_message(&format!("the current snapshot cannot be used, an earlier one answers: {error}"));
    }
    Ok(Arc::new(Engine::new(snapshot).with_list_options(home.config.recommend.lists())))
}

/// Returns the events and consent since the snapshot.
pub(crate) async fn overlay(home: &Home, engine: &Arc<Engine>) -> anyhow::Result<Overlay> {
    let (mut overlay, _) = overlay_above(&home.event_inbox().await?, engine).await?;
    overlay.set_consent(Arc::new(ResolvedConsent::new(engine, &home.consent().await?.0)));
    Ok(overlay)
}

/// Returns the instant of a request: as typed, else now.
pub(crate) fn instant(home: &Home, engine: &Engine, typed: Option<&str>) -> anyhow::Result<i64> {
    let now = home.as_of(typed)?.timestamp();
    let as_of = engine.snapshot().as_of;
    if now < as_of {
        output::print_message("the snapshot is later than --as-of; `zhihui run --as-of` makes one of that instant");
    }
    Ok(now)
}

fn print(answer: &Recommendations, language: Language) -> anyhow::Result<()> {
    let text = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    let member = answer.member_id.as_deref().unwrap_or(text("未知会员", "unknown member"));
    let manner = match answer.personalised {
        true => text("按个人兴趣", "personalised"),
        false => text("大家都在看", "general list"),
    };
    output::print_line(&format!("{member} · {manner} · {} {}", text("数据截至", "as of"), answer.as_of))?;
    let row = |item: &zhihui_engine::answer::RecommendedItem| {
        let reasons: Vec<&str> = item.reasons.iter().map(|reason| reason.text.as_str()).collect();
        vec![
            item.rank.to_string(),
            item.item_id.clone(),
            item.title.clone(),
            item.probability.map_or_else(String::new, |probability| format!("{:.2}%", probability * 100.0)),
            item.seats_left.map_or_else(String::new, |seats| seats.to_string()),
            reasons.join(text("；", "; ")),
        ]
    };
    let rows: Vec<Vec<String>> = answer.items.iter().map(row).collect();
    let headers = match language {
        Language::Zh => ["名次", "编号", "标题", "概率", "余票", "理由"],
        Language::En => ["rank", "id", "title", "probability", "seats left", "reasons"],
    };
    output::table(&headers, &rows, &[true, false, false, true, true])
}
