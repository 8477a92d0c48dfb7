//! Formats the memo of a report. Its sentences come from the report; this adds tiles, headings and links.

use askama::Template;
use zhihui_data::Zone;
use zhihui_engine::report::{Memo, MemoPart, MetricValue, Report, Sentence};

use super::tile::{Context, Tile};
use super::view::applied_filters;
use crate::web::locale::Locale;
use crate::web::numbers::{grouped, minute_of, period};

/// Tiles of a report that has no memo.
const TILES_WITHOUT_MEMO: usize = 4;

/// A memo, formatted.
#[derive(Debug, Template)]
#[template(path = "reports/memo.html")]
pub(crate) struct MemoView {
    t: Locale,
    period: String,
    filters: Vec<String>,
    as_of: String,
    headline: String,
    tiles: Vec<Tile>,
    /// What moved, each with its reason; empty without one.
    movers: Vec<[String; 2]>,
    movers_note: String,
    silence: String,
    silent: Vec<SilentRow>,
    /// Text of the link to further silent unions; empty if all are listed.
    more_silent: String,
    /// The page with all metrics and tables.
    explore: String,
    pushes: Vec<String>,
    action: String,
    /// Method and data notes.
    notes: Vec<String>,
}

/// A silent union.
#[derive(Debug)]
pub(crate) struct SilentRow {
    name: String,
    id: String,
    district: String,
    members: String,
}

impl MemoView {
    /// Formats the memo of a report. `explore` is the address of the page with everything.
    pub(crate) fn new(report: &Report, t: Locale, zone: Zone, explore: &str) -> Self {
        let without = || Memo {
            headline: report.summary.clone(),
            tiles: report.metrics.iter().take(TILES_WITHOUT_MEMO).map(|metric| metric.name.clone()).collect(),
            ..Memo::default()
        };
        let memo = report.memo.clone().unwrap_or_else(without);
        let context = Context::of(report);
        let text = |sentence: &Sentence| t.sentence(sentence).to_owned();
        let shown: Vec<&MetricValue> =
            memo.tiles.iter().filter_map(|name| report.metrics.iter().find(|metric| metric.name == *name)).collect();
        let definition =
            |metric: &&MetricValue| t.reports_definition(t.sentence(&metric.definition), t.sentence(&metric.label));
        let silent = memo.silent_unions.unions.iter().map(|union| SilentRow {
            name: union.name.clone(),
            id: if union.name == union.union_id { String::new() } else { union.union_id.clone() },
            district: union.district.clone().unwrap_or_default(),
            members: t.reports_members(grouped(union.members as f64, 0)),
        });
        let more = memo.silent_unions.more;
        let pushes = if memo.pushes.is_empty() {
            vec![text(&memo.pushes_note)]
        } else {
            memo.pushes.iter().map(|push| text(&push.sentence)).collect()
        };
        Self {
            t,
            period: period(&report.from, &report.to, zone, t),
            filters: applied_filters(report, t),
            as_of: minute_of(&report.as_of, zone),
            headline: text(&memo.headline),
            tiles: shown.iter().map(|metric| Tile::new(metric, &context, t)).collect(),
            movers: memo
                .movers
                .iter()
                .map(|mover| [text(&mover.sentence), mover.reason.as_ref().map(text).unwrap_or_default()])
                .collect(),
            movers_note: text(&memo.movers_note),
            silence: text(&memo.silent_unions.sentence),
            silent: silent.collect(),
            more_silent: if more > 0 { t.reports_and_more(more) } else { String::new() },
            explore: explore.to_owned(),
            pushes: pushes.into_iter().filter(|push| !push.is_empty()).collect(),
            action: text(&memo.action),
            notes: memo.method.iter().chain(&report.notes).map(text).chain(shown.iter().map(definition)).collect(),
        }
    }
}
