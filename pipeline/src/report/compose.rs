//! Runs the queries and puts the report together.

use chrono::{DateTime, Utc};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::report::{Report, Sentence, Uplift, is_too_few};

use super::figures::{self, Figures};
use super::measures::{Pushes, metrics};
use super::uplift::{self, Arms};
use super::view::View;
use super::{ReportError, ReportQuery, summary, tables};
use crate::lake::Lake;
use crate::sql::SessionLimits;

/// What a report needs to know besides the question.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The instant whose state is read: nothing at or after it is counted.
    pub as_of: DateTime<Utc>,
    /// The zone of days.
    pub zone: Zone,
    /// Memory, threads and spilling.
    pub limits: SessionLimits,
}

type Period = (DateTime<Utc>, DateTime<Utc>);

/// The report over the lake's built tables: figures with those of the period compared with, tables, a summary and notes.
///
/// Every figure and cell about one to nine people is hidden, with what would give it away. Where the filters let fewer than ten
/// people pass, or keep fewer than ten out, nothing about people is told at all.
///
/// # Errors
/// [`ReportError::Period`] and [`ReportError::UnknownUnion`] for a question that has no answer; [`ReportError::Build`] before
/// the first build.
pub async fn report(lake: &Lake, query: &ReportQuery, options: &ReportOptions) -> Result<Report, ReportError> {
    query.check()?;
    let view = View::open(lake, query, options).await?;
    let period = (query.from, query.to);
    let before = match query.compared(options.zone) {
        Some(compared) => Some(figures_of(&view, compared).await?),
        None => None,
    };
    let now = figures_of(&view, period).await?;
    let few = |name: &str| is_too_few(now.count(name) as u64);
    let hide_all = query.is_filtered() && (few("members") || few("members_left_out"));

    let pushes = view.rows("uplift", include_str!("../../sql/report/uplift.sql"), period).await?;
    let (against, rows) = against_hold_outs(figures::rows(&pushes), hide_all);
    let metrics = metrics(&now, before.as_ref(), &against, hide_all);

    let (mut made, mut hidden) = (Vec::new(), 0);
    for plan in tables::PLANS {
        let batches = view.rows(plan.name, plan.sql, period).await?;
        let (table, cells) = plan.table(figures::rows(&batches), hide_all);
        made.push(table);
        hidden += cells;
    }
    let funnel = view.rows("funnel", include_str!("../../sql/report/funnel.sql"), period).await?;
    let funnel = Figures::of(&funnel);
    let steps = ["pushed", "read_it", "signed_up", "attended"].map(|name| funnel.count(name));
    for (table, cells) in [tables::funnel(steps, hide_all), tables::uplift(rows)] {
        made.push(table);
        hidden += cells;
    }
    hidden += metrics.iter().filter(|metric| metric.suppressed).count();
    Ok(Report {
        from: query.from.to_rfc3339(),
        to: query.to.to_rfc3339(),
        as_of: options.as_of.to_rfc3339(),
        filters: query.filters(),
        summary: summary::summary(&metrics, query.from, query.to, options.zone),
        metrics,
        tables: made,
        notes: notes(query, options, hidden, hide_all),
    })
}

macro_rules! figure_queries {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../sql/report/", $name, ".sql")))),+] };
}

/// The queries that give one row of figures each.
const FIGURES: &[(&str, &str)] =
    figure_queries!["membership", "totals", "reading", "published", "sign_ups", "seats", "pushing", "ratings"];

/// The figures of a period; the responses to its pushes stay in the session.
async fn figures_of(view: &View, period: Period) -> Result<Figures, ReportError> {
    view.keep("responses", include_str!("../../sql/report/responses.sql"), period).await?;
    let mut batches = Vec::new();
    for (name, sql) in FIGURES {
        batches.extend(view.rows(name, sql, period).await?);
    }
    Ok(Figures::of(&batches))
}

/// The arms of every push, and the rows of the table. Columns in: push, title, response, pushed, responded, held out, responded.
fn against_hold_outs(pushes: Vec<Vec<Value>>, hide_all: bool) -> (Pushes, Vec<Vec<Value>>) {
    let (mut all, mut rows) = (Pushes::default(), Vec::new());
    for mut row in pushes {
        let number = |at: usize| row.get(at).and_then(Value::as_f64).unwrap_or_default();
        let arms =
            Arms { pushed: number(3), pushed_responded: number(4), held_out: number(5), held_out_responded: number(6) };
        let is_article = row.get(2).is_some_and(|response| response == "read");
        if is_article {
            all.articles.push(arms)
        } else {
            all.activities.push(arms)
        }
        let uplift = uplift::of_push(arms);
        let cell = |take: fn(&Uplift) -> f64| uplift.as_ref().map_or(Value::Null, |uplift| figures::json(take(uplift)));
        row.extend([cell(|uplift| uplift.points), cell(|uplift| uplift.low), cell(|uplift| uplift.high)]);
        if !hide_all {
            rows.push(row);
        }
    }
    (all, rows)
}

fn notes(query: &ReportQuery, options: &ReportOptions, hidden: usize, hide_all: bool) -> Vec<Sentence> {
    let sentence = |zh: &str, en: &str| Sentence { zh: zh.to_owned(), en: en.to_owned() };
    let mut notes = vec![sentence(
        "人数与人次是两种指标:人数每人只计一次,不同日期或文章的人数不能相加。",
        "People and person-times are different metrics: people are counted once, so numbers of people of several days or \
         articles do not add up.",
    )];
    if hide_all {
        notes.push(sentence(
            "筛选后的范围(或被筛掉的部分)不足 10 人,不显示与人有关的数字。",
            "Fewer than 10 people are in view, or are left out by the filters, so no figure about people is shown.",
        ));
    } else if hidden > 0 {
        notes.push(Sentence {
            zh: format!("{hidden} 个数字涉及不足 10 人,或会泄露这样的数字,已隐去。"),
            en: format!(
                "{hidden} figures about fewer than 10 people, or that would give such a figure away, are hidden."
            ),
        });
    }
    if query.to > options.as_of {
        notes.push(sentence(
            "本期尚未结束,数字截至报告时点。",
            "The period is not over yet; figures are those up to the report's instant.",
        ));
    }
    if options.as_of - query.to < chrono::Duration::days(7) {
        notes.push(sentence(
            "本期最后几天的推送还在等待响应(阅读 72 小时,报名 7 天)。",
            "Pushes of the period's last days still wait for responses (reads for 72 hours, sign-ups for 7 days).",
        ));
    }
    notes
}
