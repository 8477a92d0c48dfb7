//! Why a metric moved: the topic, age band or union that moved most, or what was offered, where the data show it.

use std::collections::BTreeMap;

use zhihui_engine::report::{ReportTable, Sentence, counts_differ};
use zhihui_engine::wording::grouped;

use super::context::{MemoContext, number, text};
use crate::report::words::{amount, month, sentence};

/// What a metric is about, which decides where to look for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Reading,
    Activity,
    SignUp,
    Pushing,
    /// Moves of which the data show no reason.
    Other,
}

/// A part of the account in the month of the tables and in the month before.
struct Part {
    name: Sentence,
    now: f64,
    before: f64,
}

/// An activity of at least this part of all sign-ups is a reason for more of them.
const MIN_SHARE_OF_SIGN_UPS: f64 = 0.2;
/// A supply that changed by at least this part is a reason.
const MIN_CHANGE_OF_SUPPLY: f64 = 0.1;

/// The reason of a rise or a fall. `None` if the data show none.
pub(super) fn reason(context: &MemoContext<'_>, family: Family, rises: bool) -> Option<Sentence> {
    let (moved, supplies): (Option<Sentence>, &[&str]) = match family {
        Family::Reading => (part_that_moved_most(context, family, rises), &["articles_published", "pushes"]),
        Family::Activity => (part_that_moved_most(context, family, rises), &["pushes", "articles_published"]),
        Family::SignUp => (rises.then(|| largest_activity(context)).flatten(), &["seats_offered", "pushes"]),
        Family::Pushing => (largest_push(context).filter(|_| rises), &[]),
        Family::Other => (None, &[]),
    };
    moved.or_else(|| supplies.iter().find_map(|name| supply(context, name, rises)))
}

/// The topic, age band or union that departs most from the account's change, in the same direction.
fn part_that_moved_most(context: &MemoContext<'_>, family: Family, rises: bool) -> Option<Sentence> {
    let is_reading = family == Family::Reading;
    let bands = parts(context, "age_bands", if is_reading { 3 } else { 2 }, |row| {
        let band = text(row, 0);
        if band == "unknown" {
            return sentence("年龄未知的会员", "members of unknown age");
        }
        sentence(format!("{band} 岁的会员"), format!("members aged {band}"))
    });
    let (now, before) = bands.iter().fold((0.0, 0.0), |(now, before), part| (now + part.now, before + part.before));
    if before <= 0.0 {
        return None;
    }
    let overall = now / before;
    let further = if is_reading {
        parts(context, "topics", 2, |row| {
            sentence(format!("「{}」主题的读者", text(row, 0)), format!("readers of the topic {}", text(row, 0)))
        })
    } else {
        parts(context, "unions", 3, |row| {
            sentence(format!("{}的会员", text(row, 1)), format!("members of {}", text(row, 1)))
        })
    };
    let direction = if rises { 1.0 } else { -1.0 };
    let excess = |part: &Part| direction * (part.now - part.before * overall);
    let candidates = bands.into_iter().chain(further).filter(|part| {
        excess(part) > 0.0
            && direction * (part.now - part.before) > 0.0
            && counts_differ(part.now, part.before * overall)
    });
    let most = candidates.max_by(|one, other| excess(one).total_cmp(&excess(other)))?;
    let (up_zh, up_en) = if rises { ("增加", "rose") } else { ("减少", "fell") };
    let (month_zh, month_before) = (month(context.month), month(context.month_before));
    Some(sentence(
        format!(
            "{}{up_zh}最多：{}的 {} 人变为{}的 {} 人。",
            most.name.zh,
            month_before.zh,
            grouped(most.before, 0),
            month_zh.zh,
            grouped(most.now, 0)
        ),
        format!(
            "The number of {} {up_en} most, from {} in {} to {} in {}.",
            most.name.en,
            grouped(most.before, 0),
            month_before.en,
            grouped(most.now, 0),
            month_zh.en
        ),
    ))
}

/// The rows of a table in both months, where both cells are shown. Rows of the same name are added up: those of a topic, whose
/// age bands do not overlap.
fn parts(
    context: &MemoContext<'_>,
    table: &str,
    column: usize,
    name: impl Fn(&[serde_json::Value]) -> Sentence,
) -> Vec<Part> {
    let (Some(now), Some(before)) = (context.table(table), context.table_before(table)) else { return Vec::new() };
    let key = |table: &ReportTable, row: &[serde_json::Value]| {
        let columns = if table.name == "topics" { 2 } else { 1 };
        row.iter().take(columns).map(ToString::to_string).collect::<Vec<_>>()
    };
    let earlier: BTreeMap<Vec<String>, f64> =
        before.rows.iter().filter_map(|row| Some((key(before, row), number(row, column)?))).collect();
    let mut parts: Vec<Part> = Vec::new();
    for row in &now.rows {
        let (Some(now_count), Some(&before_count)) = (number(row, column), earlier.get(&key(now, row))) else {
            continue;
        };
        let name = name(row);
        match parts.iter_mut().find(|part| part.name == name) {
            Some(part) => (part.now, part.before) = (part.now + now_count, part.before + before_count),
            None => parts.push(Part { name, now: now_count, before: before_count }),
        }
    }
    parts
}

/// The activity with most sign-ups, if it has many of them and the report is about the month of the table.
fn largest_activity(context: &MemoContext<'_>) -> Option<Sentence> {
    if !context.is_month() {
        return None;
    }
    let rows = &context.table("activities")?.rows;
    let row = rows.iter().filter(|row| number(row, 2).is_some()).max_by_key(|row| row[2].as_u64())?;
    let people = number(row, 2)
        .filter(|people| *people >= MIN_SHARE_OF_SIGN_UPS * context.value("sign_ups").unwrap_or(f64::MAX))?;
    let (title, people) = (text(row, 1), grouped(people, 0));
    Some(sentence(
        format!("其中「{title}」就有 {people} 人报名。"),
        format!("{people} of them signed up for “{title}”."),
    ))
}

/// The push that reached most members.
fn largest_push(context: &MemoContext<'_>) -> Option<Sentence> {
    let row = context.table("uplift")?.rows.iter().find(|row| number(row, 3).is_some())?;
    let (title, people) = (text(row, 1), grouped(number(row, 3)?, 0));
    Some(sentence(
        format!("最大的一次是「{title}」，推送给 {people} 人。"),
        format!("The largest push, “{title}”, went to {people} members."),
    ))
}

/// A supply that moved in the same direction.
fn supply(context: &MemoContext<'_>, name: &str, rises: bool) -> Option<Sentence> {
    let metric = context.metric(name)?;
    let (now, before) = (metric.value?, metric.previous.filter(|before| *before > 0.0)?);
    let change = now / before - 1.0;
    if (change > 0.0) != rises || change.abs() < MIN_CHANGE_OF_SUPPLY {
        return None;
    }
    let (up_zh, up_en) = if rises { ("增到", "rose") } else { ("减到", "fell") };
    let (value, previous) = (amount(now, &metric.unit), amount(before, &metric.unit));
    Some(sentence(
        format!("同期{}从 {}{up_zh} {}。", metric.label.zh, previous.zh, value.zh),
        format!("{} {up_en} as well, from {} to {}.", metric.label.en, previous.en, value.en),
    ))
}
