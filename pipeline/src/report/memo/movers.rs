//! What moved: metrics whose change is beyond the noise floor, the largest change first.

use zhihui_engine::report::{MetricValue, Mover, Sentence, moved};

use super::context::MemoContext;
use super::reasons::{Family, reason};
use crate::report::words::{amount, points, sentence};

/// Maximum number of movers.
const MAX_MOVERS: usize = 3;

/// Metrics that say nearly the same. A memo shows the one of each family that changed most. Attendance is left out: sign-ups
/// of the last days have not come to their activity yet, so that it always seems to fall. So are members who are active for the
/// first time, who become fewer with every month of data.
const FAMILIES: &[(Family, &[&str])] = &[
    (Family::Reading, &["readers", "reads", "articles_read"]),
    (Family::Activity, &["active_members", "active_share"]),
    (Family::Other, &["sharers", "shares"]),
    (Family::SignUp, &["sign_up_members", "sign_ups"]),
    (Family::Other, &["fill_rate"]),
    (Family::Other, &["active_unions", "silent_unions", "union_coverage"]),
    (Family::Pushing, &["pushed_members", "pushes"]),
    (Family::Other, &["push_read_rate"]),
    (Family::Other, &["push_sign_up_rate"]),
    (Family::Other, &["articles_published"]),
];

/// The people behind person-times.
const PEOPLE_OF: &[(&str, &str)] =
    &[("reads", "readers"), ("shares", "sharers"), ("sign_ups", "sign_up_members"), ("pushes", "pushed_members")];

/// The movers, and how they were chosen or why there are none.
pub(super) fn movers(context: &MemoContext<'_>) -> (Vec<Mover>, Sentence) {
    if let Some(why) = not_comparable(context) {
        return (Vec::new(), why);
    }
    let mut found: Vec<(Family, &MetricValue)> = Vec::new();
    for (family, names) in FAMILIES {
        let candidates =
            names.iter().filter_map(|name| context.metric(name)).filter(|metric| has_moved(context, metric));
        // The first of equals, because the order of a family is that of importance.
        let most = candidates.fold(None::<&MetricValue>, |most, metric| match most {
            Some(most) if size(most) >= size(metric) => Some(most),
            _ => Some(metric),
        });
        found.extend(most.map(|metric| (*family, metric)));
    }
    found.sort_by(|(_, one), (_, other)| size(other).total_cmp(&size(one)));
    found.truncate(MAX_MOVERS);
    let movers: Vec<Mover> = found.iter().map(|(family, metric)| mover(context, *family, metric)).collect();
    let note = if movers.is_empty() {
        sentence("没有超出正常波动的变化。", "Nothing changed by more than chance.")
    } else {
        sentence("只列超出正常波动的变化，按幅度排列。", "Only changes beyond chance, the largest first.")
    };
    (movers, note)
}

fn not_comparable(context: &MemoContext<'_>) -> Option<Sentence> {
    if context.query.to > context.as_of {
        return Some(sentence("本期尚未结束，不与上期比较。", "The period has not ended, so it is not compared yet."));
    }
    let is_count = |metric: &&MetricValue| matches!(metric.unit.as_str(), "people" | "person_times");
    let before = context.metrics.iter().filter(is_count).filter_map(|metric| metric.previous);
    if before.fold(0.0, f64::max) > 0.0 {
        return None;
    }
    let [then_zh, _] = context.then();
    Some(sentence(format!("没有可以对比的{then_zh}数据。"), "There are no earlier figures to compare with."))
}

fn has_moved(context: &MemoContext<'_>, metric: &MetricValue) -> bool {
    let people =
        PEOPLE_OF.iter().find(|(times, _)| *times == metric.name).and_then(|(_, people)| context.value(people));
    let per_person = match (metric.value, people) {
        (Some(times), Some(people)) if people > 0.0 => times / people,
        _ => 1.0,
    };
    moved(metric, context.value("members"), per_person)
}

/// The relative change without its sign.
fn size(metric: &MetricValue) -> f64 {
    relative(metric).map_or(f64::INFINITY, f64::abs)
}

/// The relative change; `None` if the value before is 0.
fn relative(metric: &MetricValue) -> Option<f64> {
    let (now, before) = (metric.value?, metric.previous?);
    (before != 0.0).then(|| now / before - 1.0)
}

fn mover(context: &MemoContext<'_>, family: Family, metric: &MetricValue) -> Mover {
    let (now, before) = (metric.value.unwrap_or_default(), metric.previous.unwrap_or_default());
    let rises = now > before;
    let (up_zh, up_en) = if rises { ("增加", "up") } else { ("减少", "down") };
    let by = match relative(metric) {
        _ if metric.unit == "share" => {
            let by = points(100.0 * (now - before));
            let (up_zh, up_en) = if rises { ("上升", "up") } else { ("下降", "down") };
            sentence(format!("{up_zh} {}", by.zh), format!("{up_en} {}", by.en))
        }
        Some(by) => {
            let percent = format!("{:.0}", 100.0 * by.abs());
            sentence(format!("{up_zh} {percent}%"), format!("{up_en} {percent}%"))
        }
        None => sentence(up_zh, up_en),
    };
    let [then_zh, then_en] = context.then();
    let (value, previous) = (amount(now, &metric.unit), amount(before, &metric.unit));
    Mover {
        metric: metric.name.clone(),
        change: relative(metric),
        sentence: sentence(
            format!("{}{}：{}（{then_zh} {}）", metric.label.zh, by.zh, value.zh, previous.zh),
            format!("{} {}: {} ({} {then_en})", metric.label.en, by.en, value.en, previous.en),
        ),
        reason: reason(context, family, rises),
    }
}
