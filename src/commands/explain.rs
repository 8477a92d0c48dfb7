//! `zhihui recommend --explain ITEM`: what made up the probability of one item for one member.

use zhihui_engine::answer::Who;
use zhihui_engine::{Engine, Explanation, Overlay};

use crate::outcome::refuse;
use crate::output;

/// Causes shown of one feature as text.
const MOST_CAUSES: usize = 3;

/// Prints the parts of a probability, the largest first. What is sensitive is not named.
pub(super) fn explain(
    engine: &Engine,
    overlay: &Overlay,
    (who, now, personalised): (Who<'_>, i64, bool),
    item_id: &str,
    json: bool,
) -> anyhow::Result<()> {
    if !personalised {
        let text = "this member gets the general list, which is made of no profile: there is nothing to explain";
        return Err(refuse(anyhow::anyhow!(text)));
    }
    let explained = engine.explain(overlay, who, item_id, now);
    let mut explanation = explained.ok_or_else(|| {
        let text = "is not ranked by a personal model: it is unknown, or popularity serves (see /models)";
        refuse(anyhow::anyhow!("{item_id} {text}"))
    })?;
    for part in &mut explanation.parts {
        part.causes.retain(|cause| !is_sensitive(engine, &cause.what));
        part.causes.sort_by(|left, right| right.amount.abs().total_cmp(&left.amount.abs()));
    }
    explanation.parts.sort_by(|left, right| right.contribution.abs().total_cmp(&left.contribution.abs()));
    if json { output::json(&explanation) } else { print(item_id, &explanation) }
}

/// Whether a topic, or an item by one of its topics, is sensitive.
fn is_sensitive(engine: &Engine, what: &str) -> bool {
    let snapshot = engine.snapshot();
    let topic = snapshot.topics.binary_search_by(|topic| topic.as_str().cmp(what));
    if topic.is_ok_and(|topic| engine.is_sensitive(topic as u32)) {
        return true;
    }
    let item = engine.item_row(what);
    item.is_some_and(|item| snapshot.items.topics.row(item).iter().any(|&topic| engine.is_sensitive(topic)))
}

fn print(item_id: &str, explanation: &Explanation) -> anyhow::Result<()> {
    let probability = 1.0 / (1.0 + (-f64::from(explanation.logit)).exp());
    output::line(&format!(
        "{item_id}: probability {:.2}%, log odds {:+.2} = {:+.2} for an average pair and the contributions below",
        probability * 100.0,
        explanation.logit,
        explanation.base
    ))?;
    let rows: Vec<Vec<String>> = explanation
        .parts
        .iter()
        .map(|part| {
            let causes = part.causes.iter().take(MOST_CAUSES);
            let causes: Vec<String> = causes.map(|cause| format!("{} {:+.3}", cause.what, cause.amount)).collect();
            vec![
                part.feature.to_owned(),
                format!("{:.3}", part.value),
                format!("{:+.3}", part.contribution),
                causes.join(", "),
            ]
        })
        .collect();
    output::table(&["feature", "value", "contribution", "made of"], &rows, &[false, true, true, false])
}
