//! Words and numbers of a report as its files show them: labels, filters, cells. Figures keep every digit that people read;
//! none is rounded to ten thousands.

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::{Report, ReportColumn, ReportTable, Sentence, unit_label};
use zhihui_engine::wording::grouped;

/// What a missing value looks like.
const NO_VALUE: &str = "–";

/// Language and time zone of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReportTexts {
    pub(super) language: Language,
    pub(super) zone: Zone,
}

impl ReportTexts {
    pub(super) fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        if self.language == Language::Zh { zh } else { en }
    }

    pub(super) fn of(self, sentence: &Sentence) -> &str {
        if self.language == Language::Zh { &sentence.zh } else { &sentence.en }
    }

    /// An RFC 3339 text as local date and minute. Other texts stay unchanged.
    pub(super) fn minute(self, text: &str) -> String {
        instant(text).map_or_else(|| text.to_owned(), |at| self.zone.local(at).format("%Y-%m-%d %H:%M").to_string())
    }

    /// First and last day of a report's period.
    pub(super) fn period(self, report: &Report) -> String {
        let (Some(from), Some(to)) = (instant(&report.from), instant(&report.to)) else {
            return format!("{} – {}", report.from, report.to);
        };
        let (first, last) = (self.zone.day(from), self.zone.day(to - Duration::microseconds(1)));
        match self.language {
            Language::Zh => format!("{first} 至 {last}"),
            Language::En => format!("{first} to {last}"),
        }
    }

    /// Label and value of each filter. One line says so if there is none.
    pub(super) fn filters(self, report: &Report) -> Vec<(&'static str, String)> {
        let mut filters = Vec::new();
        let text = |name: &str| match report.filters.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        for (name, label) in [
            ("union", self.pick("工会", "Union")),
            ("district", self.pick("地区", "District")),
            ("age_band", self.pick("年龄段", "Age band")),
        ] {
            filters.extend(text(name).map(|value| (label, value)));
        }
        if filters.is_empty() {
            filters.push((self.pick("范围", "Scope"), self.pick("全体会员", "all members").to_owned()));
        }
        let compared = text("compare").map(|name| match name.as_str() {
            "previous" => self.pick("上期", "the previous period").to_owned(),
            "last_year" => self.pick("去年同期", "the same period last year").to_owned(),
            "none" => self.pick("无", "nothing").to_owned(),
            other => other.to_owned(),
        });
        filters.extend(compared.map(|value| (self.pick("对比", "Compared with"), value)));
        filters
    }

    /// The filters in one line.
    pub(super) fn filter_line(self, report: &Report) -> String {
        let colon = self.pick("：", ": ");
        let parts = self.filters(report).into_iter().map(|(label, value)| format!("{label}{colon}{value}"));
        parts.collect::<Vec<_>>().join(self.pick("；", "; "))
    }

    /// Label of the compared period.
    pub(super) fn before(self, report: &Report) -> &'static str {
        match report.filters.get("compare").and_then(Value::as_str) {
            Some("last_year") => self.pick("去年同期", "A year earlier"),
            _ => self.pick("上期", "Before"),
        }
    }

    /// Header of a column, with its unit.
    pub(super) fn head(self, column: &ReportColumn) -> String {
        let (label, unit) = (self.of(&column.label), unit_label(&column.unit, self.language));
        match self.language {
            _ if unit.is_empty() || column.unit == "share" => label.to_owned(),
            Language::Zh => format!("{label}（{unit}）"),
            Language::En => format!("{label} ({unit})"),
        }
    }

    /// Says what a hidden cell means.
    pub(super) fn suppression(self, report: &Report) -> String {
        let fewest = report.fewest_people.people();
        match self.language {
            Language::Zh => format!("「<{fewest}」：不足 {fewest} 人，或能由其他数字推出，不显示。"),
            Language::En => {
                format!("“<{fewest}”: not shown, because fewer than {fewest} people or derivable from other figures.")
            }
        }
    }

    /// A cell of a table.
    pub(super) fn cell(self, value: &Value, unit: &str) -> String {
        match value {
            Value::Null => NO_VALUE.to_owned(),
            Value::Bool(yes) => if *yes { self.pick("是", "yes") } else { self.pick("否", "no") }.to_owned(),
            Value::String(text) if text == "unknown" => self.pick("未知", "unknown").to_owned(),
            Value::String(text) => text.clone(),
            other => other.as_f64().map_or_else(|| other.to_string(), |number| self.number(number, unit)),
        }
    }

    /// The value of a metric with its unit, or the text of a hidden one.
    pub(super) fn value(self, value: Option<f64>, unit: &str, hidden: Option<&str>) -> String {
        let Some(value) = value else { return hidden.unwrap_or(NO_VALUE).to_owned() };
        let word = if unit == "share" { "" } else { unit_label(unit, self.language) };
        format!("{} {word}", self.number(value, unit)).trim_end().to_owned()
    }

    /// A number with thousands separators; shares as percentages.
    pub(super) fn number(self, value: f64, unit: &str) -> String {
        match unit {
            "share" => format!("{}%", grouped(value * 100.0, 1)),
            "percentage_points" | "z_score" | "index" => grouped(value, 1),
            _ if value.fract() == 0.0 => grouped(value, 0),
            _ => grouped(value, if value.abs() < 10.0 { 2 } else { 1 }),
        }
    }
}

/// Text of hidden cells in the tables of a report.
pub(super) fn hidden_text(report: &Report) -> String {
    format!("<{}", report.fewest_people.people())
}

/// Unit of a column, `text` if unknown.
pub(super) fn unit_of(table: &ReportTable, column: usize) -> &str {
    table.column_details.get(column).map_or("text", |detail| detail.unit.as_str())
}

/// What the chart of a table shows: columns of names and of values, and whether the names are days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Charted {
    pub(super) names: usize,
    pub(super) values: usize,
    pub(super) is_daily: bool,
}

/// Chooses what to draw of a table; `None` if a chart would mislead, have one bar, or be mostly hidden.
pub(super) fn charted(table: &ReportTable, language: Language, hidden: &str) -> Option<Charted> {
    let at = |name: &str| table.columns.iter().position(|column| column == name);
    // A bar per row would be misleading: topics have a row per age band, hours a column per weekday, and pushes are compared with
    // their hold-outs.
    let several = ["topic", "uplift", "mon", "work_district", "source"];
    if table.rows.len() < 2 || several.iter().any(|name| at(name).is_some()) {
        return None;
    }
    let counts = |unit: &str| matches!(unit, "people" | "members" | "person_times");
    let values = (1..table.columns.len()).find(|&column| counts(unit_of(table, column)))?;
    let hidden_cells = table.rows.iter().filter(|row| row.get(values).is_some_and(|cell| cell == hidden)).count();
    if 2 * hidden_cells > table.rows.len() || !table.rows.iter().any(|row| row.get(values).is_some_and(is_positive)) {
        return None;
    }
    let labels = if language == Language::Zh { "label_zh" } else { "label_en" };
    let names = [labels, "title", "name"].into_iter().find_map(at).filter(|&names| names < values);
    let is_daily = matches!(table.columns[0].as_str(), "day" | "date" | "week" | "month" | "hour");
    Some(Charted { names: names.unwrap_or(if is_daily { 0 } else { values - 1 }), values, is_daily })
}

fn is_positive(cell: &Value) -> bool {
    cell.as_f64().is_some_and(|number| number > 0.0)
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::super::sample_report::sample_report;
    use super::*;

    fn zh() -> ReportTexts {
        ReportTexts { language: Language::Zh, zone: Zone::default() }
    }

    #[test]
    fn figures_keep_their_digits_and_units() {
        assert_eq!(zh().value(Some(1_234_567.0), "person_times", None), "1,234,567 人次");
        assert_eq!(zh().value(Some(0.2749), "share", None), "27.5%");
        assert_eq!(zh().value(None, "people", Some("<10")), "<10");
        assert_eq!([zh().number(-2.44, "percentage_points"), zh().number(-0.04, "index")], ["−2.4", "0.0"]);
    }

    #[test]
    fn filters_and_periods_are_named() {
        let mut report = sample_report();
        assert_eq!(zh().filter_line(&report), "地区：朝阳；对比：上期");
        assert_eq!(zh().period(&report), "2026-11-01 至 2026-11-30");
        report.filters.clear();
        assert_eq!(zh().filter_line(&report), "范围：全体会员");
    }

    #[test]
    fn a_chart_names_its_bars_by_title_and_is_not_drawn_of_hidden_cells() {
        let report = sample_report();
        let chart = |name: &str| {
            let table = report.tables.iter().find(|table| table.name == name).expect("a table");
            charted(table, Language::Zh, "<10")
        };
        assert_eq!(chart("daily"), Some(Charted { names: 0, values: 1, is_daily: true }));
        assert_eq!(chart("articles"), Some(Charted { names: 1, values: 2, is_daily: false }));
        assert_eq!(chart("silent"), None);
    }
}
