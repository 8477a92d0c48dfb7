//! A report as HTML: summary, tiles, pictures with their tables, and notes.

use askama::Template;
use serde_json::{Map, Value};
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::{DayNote, Report, ReportTable, is_by_day, with_day_notes};

use super::cell::hidden;
use super::picture::Picture;
use super::table::TableView;
use super::tile::{Context, Tile};
use crate::web::assets::stylesheet_text;
use crate::web::locale::Locale;
use crate::web::numbers::{minute_of, period};

/// A report, formatted.
#[derive(Debug, Template)]
#[template(path = "reports/report.html")]
pub(crate) struct ReportView {
    t: Locale,
    summary: String,
    period: String,
    as_of: String,
    filters: Vec<String>,
    tiles: Vec<Tile>,
    tables: Vec<TableView>,
    notes: Vec<String>,
    /// Explains hidden cells; empty if no cell is hidden.
    legend: String,
    /// Whether the page has the script that draws charts. Files have none.
    has_script: bool,
}

#[derive(Template)]
#[template(path = "reports/report_file.html")]
struct ReportFile<'a> {
    t: Locale,
    view: &'a ReportView,
    style: String,
}

/// Renders a report as HTML with times in `zone`: a self-contained file if `standalone`, else only the article.
#[must_use]
pub fn render_report(report: &Report, language: Language, zone: Zone, standalone: bool) -> String {
    let view = ReportView::new(report, language, zone);
    let rendered = if standalone {
        ReportFile { t: view.t, view: &view, style: stylesheet_text() }.render()
    } else {
        view.render()
    };
    // Rendering writes to memory, which cannot fail.
    rendered.unwrap_or_default()
}

impl ReportView {
    pub(crate) fn new(report: &Report, language: Language, zone: Zone) -> Self {
        let t = Locale::new(language);
        let context = Context::of(report);
        let hides = report.tables.iter().flat_map(|table| table.rows.iter().flatten()).any(hidden);
        Self {
            has_script: false,
            legend: if hides { legend(context.fewest, t) } else { String::new() },
            t,
            summary: t.sentence(&report.summary).to_owned(),
            period: period(&report.from, &report.to, zone, t),
            as_of: minute_of(&report.as_of, zone),
            filters: applied_filters(report, t),
            tiles: report.metrics.iter().map(|metric| Tile::new(metric, &context, t)).collect(),
            tables: report.tables.iter().map(|table| table_view(report, table, t)).collect(),
            notes: report.notes.iter().map(|note| t.sentence(note).to_owned()).collect(),
        }
    }

    /// The same report for a page with the script that draws charts.
    pub(crate) fn with_script(self) -> Self {
        Self { has_script: true, ..self }
    }

    fn period(&self) -> &str {
        &self.period
    }
}

fn table_view(report: &Report, table: &ReportTable, t: Locale) -> TableView {
    let view = TableView::new(&with_day_notes(table, &report.day_notes, t.language()), t);
    let marks = report.day_notes.iter().filter(|_| is_by_day(table)).map(|note| mark(note, t)).collect();
    TableView { marks, ..view }
}

/// A note with its days.
fn mark(note: &DayNote, t: Locale) -> String {
    let text = t.sentence(&note.text);
    if note.first == note.last {
        t.reports_day_note(&note.first, text)
    } else {
        t.reports_days_note(&note.first, &note.last, text)
    }
}

/// The filters of a report in words.
pub(crate) fn applied_filters(report: &Report, t: Locale) -> Vec<String> {
    filters_in_words(&report.filters, t)
}

/// Filters in words, named as in a report.
pub(crate) fn filters_in_words(filters: &Map<String, Value>, t: Locale) -> Vec<String> {
    filters.iter().filter_map(|(name, value)| filter(name, value, t)).collect()
}

fn legend(fewest: u64, t: Locale) -> String {
    t.reports_legend(t.reports_why_hidden(fewest), t.reports_hidden())
}

fn filter(name: &str, value: &Value, t: Locale) -> Option<String> {
    let label = match name {
        "union" => t.reports_filter_union(),
        "district" => t.reports_filter_district(),
        "age_band" => t.reports_filter_age_band(),
        "compare" => t.reports_filter_compare(),
        other => other,
    };
    let text = match value {
        Value::Null => return None,
        Value::String(text) if name == "compare" => match text.as_str() {
            "previous" => t.reports_compare_previous().to_owned(),
            "last_year" => t.reports_compare_last_year().to_owned(),
            "none" => t.reports_compare_none().to_owned(),
            other => other.to_owned(),
        },
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(format!("{label}{}{text}", t.common_colon()))
}
