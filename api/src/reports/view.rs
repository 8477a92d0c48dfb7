//! The leaders' report as HTML: one sentence, figures, pictures with the tables behind them, notes.

#[path = "../web/numbers.rs"]
mod figures;
#[path = "picture.rs"]
mod picture;
#[path = "table.rs"]
mod table;
#[path = "tile.rs"]
mod tile;

use askama::Template;
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::Report;

pub(super) use figures::{grouped, local_minute, minute_of};
use picture::Picture;
use table::TableView;
use tile::Tile;

use super::assets::stylesheet_text;
use super::tongue::Tongue;

/// A report prepared for a template; everything in it is text.
#[derive(Debug, Template)]
#[template(path = "reports/report.html")]
pub(super) struct ReportView {
    l: Tongue,
    summary: String,
    period: String,
    as_of: String,
    filters: Vec<String>,
    tiles: Vec<Tile>,
    tables: Vec<TableView>,
    notes: Vec<String>,
    /// What hidden cells mean; empty where no cell is hidden.
    legend: String,
}

#[derive(Template)]
#[template(path = "reports/report_file.html")]
struct ReportFile<'a> {
    l: Tongue,
    view: &'a ReportView,
    style: String,
}

/// A report as HTML with times of `zone`: a whole file with its style inside when `standalone`, else the part between header and
/// footer.
#[must_use]
pub fn render_report(report: &Report, language: Language, zone: Zone, standalone: bool) -> String {
    let view = ReportView::new(report, language, zone);
    let rendered = if standalone {
        ReportFile { l: view.l, view: &view, style: stylesheet_text() }.render()
    } else {
        view.render()
    };
    // The templates write into memory, which does not fail.
    rendered.unwrap_or_default()
}

impl ReportView {
    pub(super) fn new(report: &Report, language: Language, zone: Zone) -> Self {
        let l = Tongue(language);
        let context = tile::Context {
            fewest: report.fewest_people.people(),
            last_year: report.filters.get("compare").is_some_and(|compare| compare == "last_year"),
        };
        let hides = report.tables.iter().flat_map(|table| table.rows.iter().flatten()).any(picture::hidden);
        Self {
            legend: if hides { legend(context.fewest, l) } else { String::new() },
            l,
            summary: l.of(&report.summary).to_owned(),
            period: figures::period(&report.from, &report.to, zone, l),
            as_of: minute_of(&report.as_of, zone),
            filters: report.filters.iter().filter_map(|(name, value)| filter(name, value, l)).collect(),
            tiles: report.metrics.iter().map(|metric| Tile::new(metric, &context, l)).collect(),
            tables: report.tables.iter().map(|table| TableView::new(table, l)).collect(),
            notes: report.notes.iter().map(|note| l.of(note).to_owned()).collect(),
        }
    }

    pub(super) fn period(&self) -> &str {
        &self.period
    }
}

/// What stands in the notes of a report with hidden cells.
fn legend(fewest: u64, l: Tongue) -> String {
    let (word, why) = (table::hidden_word(l), tile::why_hidden(fewest, l));
    if l.tag() == "en" { format!("“{word}”: {why}.") } else { format!("「{word}」：{why}。") }
}

fn filter(name: &str, value: &serde_json::Value, l: Tongue) -> Option<String> {
    let label = match name {
        "union" => l.say("工会", "union"),
        "district" => l.say("地区", "district"),
        "age_band" => l.say("年龄段", "age band"),
        "compare" => l.say("对比", "compared with"),
        other => other,
    };
    let text = match value {
        serde_json::Value::Null => return None,
        serde_json::Value::String(text) if name == "compare" => match text.as_str() {
            "previous" => l.say("上期", "the period before").to_owned(),
            "last_year" => l.say("去年同期", "a year earlier").to_owned(),
            "none" => l.say("无", "nothing").to_owned(),
            other => other.to_owned(),
        },
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(format!("{label}{}{text}", l.say(":", ": ")))
}
