//! `zhihui recommend --explain ITEM`: explains the probability of one item for one member.

use zhihui_engine::answer::Who;
use zhihui_engine::{Engine, Explanation, Language, Overlay};

use crate::outcome::refuse;
use crate::output;

/// Maximum number of causes shown for a feature.
const MAX_CAUSES: usize = 3;

/// Prints the contributions to a probability, largest first. Sensitive causes are not named.
pub(super) fn explain(
    engine: &Engine,
    overlay: &Overlay,
    (who, now, personalised): (Who<'_>, i64, bool),
    item_id: &str,
    output_as: Option<Language>,
) -> anyhow::Result<()> {
    if !personalised {
        let text = "this member gets the general list, which uses no profile: there is nothing to explain";
        return Err(refuse(anyhow::anyhow!(text)));
    }
    let explained = engine.explain(overlay, who, item_id, now);
    let mut explanation = explained.ok_or_else(|| {
        let text = "is not ranked by a personal model: the item is unknown, or popularity serves (see /models)";
        refuse(anyhow::anyhow!("{item_id} {text}"))
    })?;
    for part in &mut explanation.parts {
        part.causes.retain(|cause| !is_sensitive(engine, &cause.what));
        part.causes.sort_by(|left, right| right.amount.abs().total_cmp(&left.amount.abs()));
    }
    explanation.parts.sort_by(|left, right| right.contribution.abs().total_cmp(&left.contribution.abs()));
    match output_as {
        Some(language) => print(item_id, &explanation, language),
        None => output::json(&explanation),
    }
}

/// Returns whether a cause is a sensitive topic, or an item with one.
fn is_sensitive(engine: &Engine, what: &str) -> bool {
    let snapshot = engine.snapshot();
    let topic = snapshot.topics.binary_search_by(|topic| topic.as_str().cmp(what));
    if topic.is_ok_and(|topic| engine.is_sensitive(topic as u32)) {
        return true;
    }
    let item = engine.item_row(what);
    item.is_some_and(|item| snapshot.items.topics.row(item).iter().any(|&topic| engine.is_sensitive(topic)))
}

fn print(item_id: &str, explanation: &Explanation, language: Language) -> anyhow::Result<()> {
    let text = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    let percent = 100.0 / (1.0 + (-f64::from(explanation.logit)).exp());
    let (logit, base) = (explanation.logit, explanation.base);
    output::print_line(&match language {
        Language::Zh => {
            format!("{item_id}：概率 {percent:.2}%，对数几率 {logit:+.2}，为平均水平 {base:+.2} 与下列各项之和")
        }
        Language::En => format!(
            "{item_id}: probability {percent:.2}%, log odds {logit:+.2}: the sum of {base:+.2} for an average pair and the \
             contributions below"
        ),
    })?;
    let rows: Vec<Vec<String>> = explanation
        .parts
        .iter()
        .map(|part| {
            let causes = part.causes.iter().take(MAX_CAUSES);
            let causes: Vec<String> = causes.map(|cause| format!("{} {:+.3}", cause.what, cause.amount)).collect();
            vec![
                zhihui_api::feature_label(part.feature, language).to_owned(),
                format!("{:.3}", part.value),
                format!("{:+.3}", part.contribution),
                causes.join(text("，", ", ")),
            ]
        })
        .collect();
    let headers =
        [text("特征", "feature"), text("数值", "value"), text("贡献", "contribution"), text("来源", "causes")];
    output::table(&headers, &rows, &[false, true, true, false])
}
