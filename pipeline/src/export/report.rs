//! The report as a workbook: a sheet of metrics with their definitions, and one sheet per table with a native chart.

use rust_xlsxwriter::{Chart, ChartType, Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::{Report, ReportTable, Sentence, unit_label};

use super::write_text;

/// Excel's maximum length of a sheet name in characters.
const MAX_SHEET_NAME_CHARS: usize = 31;
/// Maximum number of bars in a legible chart.
const MAX_BARS: usize = 30;

/// Writes a report as an `.xlsx` file: numbers as numbers, shares as percentages, hidden cells as 隐去 or "hidden", times in
/// `zone`.
///
/// # Errors
/// [`XlsxError`] if a table has more rows than a sheet allows.
pub fn report_xlsx(report: &Report, language: Language, zone: Zone) -> Result<Vec<u8>, XlsxError> {
    let texts = Texts { language, bold: Format::new().set_bold(), title: Format::new().set_bold().set_font_size(14) };
    let mut workbook = Workbook::new();
    texts.write_metrics(workbook.add_worksheet(), report, zone)?;
    let hidden = format!("<{}", report.fewest_people.people());
    for table in &report.tables {
        texts.write_table(workbook.add_worksheet(), table, &hidden)?;
    }
    workbook.save_to_buffer()
}

/// Language and formats of all sheets.
struct Texts {
    language: Language,
    bold: Format,
    title: Format,
}

impl Texts {
    fn text(&self, zh: &'static str, en: &'static str) -> &'static str {
        if self.language == Language::Zh { zh } else { en }
    }

    fn of<'a>(&self, sentence: &'a Sentence) -> &'a str {
        if self.language == Language::Zh { &sentence.zh } else { &sentence.en }
    }

    fn write_metrics(&self, sheet: &mut Worksheet, report: &Report, zone: Zone) -> Result<(), XlsxError> {
        sheet.set_name(self.text("指标", "Figures"))?;
        sheet.write_string_with_format(0, 0, self.of(&report.summary), &self.title)?;
        let header_lines = [
            (self.text("起", "From"), format_minute(&report.from, zone)),
            (self.text("止（不含）", "To (exclusive)"), format_minute(&report.to, zone)),
            (self.text("数据截至", "As of"), format_minute(&report.as_of, zone)),
        ];
        for (line, (name, text)) in (1_u32..).zip(&header_lines) {
            sheet.write_string(line, 0, *name)?;
            sheet.write_string(line, 1, text)?;
        }
        let last_year = report.filters.get("compare").is_some_and(|compare| compare == "last_year");
        let head = [
            (self.text("指标", "Figure"), 28.0),
            (self.text("数值", "Value"), 18.0),
            (self.text("单位", "Unit"), 10.0),
            (if last_year { self.text("去年同期", "A year earlier") } else { self.text("上期", "Before") }, 14.0),
            (self.text("分子", "Numerator"), 12.0),
            (self.text("分母", "Denominator"), 12.0),
            (self.text("说明", "Definition"), 80.0),
        ];
        for (column, (name, width)) in (0_u16..).zip(head) {
            sheet.write_string_with_format(5, column, name, &self.bold)?;
            sheet.set_column_width(column, width)?;
        }
        let mut line = 6;
        for metric in &report.metrics {
            write_text(sheet, line, 0, self.of(&metric.label))?;
            if metric.suppressed {
                sheet.write_string(line, 1, self.text("隐去", "hidden"))?;
            }
            for (column, value) in
                [(1, metric.value), (3, metric.previous), (4, metric.numerator), (5, metric.denominator)]
            {
                let unit = if column < 4 { metric.unit.as_str() } else { "number" };
                if let Some(value) = value {
                    sheet.write_number_with_format(line, column, value, &format_of(unit))?;
                }
            }
            sheet.write_string(
                line,
                2,
                if metric.unit == "share" { "" } else { unit_label(&metric.unit, self.language) },
            )?;
            write_text(sheet, line, 6, self.of(&metric.definition))?;
            line += 1;
        }
        for (line, note) in (line + 1..).zip(&report.notes) {
            write_text(sheet, line, 0, self.of(note))?;
        }
        Ok(())
    }

    fn write_table(&self, sheet: &mut Worksheet, table: &ReportTable, hidden: &str) -> Result<(), XlsxError> {
        let name = sheet_name(self.of(&table.label));
        sheet.set_name(&name)?;
        sheet.set_freeze_panes(1, 0)?;
        let units: Vec<&str> = table.column_details.iter().map(|column| column.unit.as_str()).collect();
        for (column, detail) in (0_u16..).zip(&table.column_details) {
            let (label, unit) = (self.of(&detail.label), unit_label(&detail.unit, self.language));
            let head = match self.language {
                _ if unit.is_empty() || detail.unit == "share" => label.to_owned(),
                Language::Zh => format!("{label}（{unit}）"),
                Language::En => format!("{label} ({unit})"),
            };
            sheet.write_string_with_format(0, column, head, &self.bold)?;
            sheet.set_column_width(column, if detail.unit == "text" { 24.0 } else { 16.0 })?;
        }
        for (line, row) in (1_u32..).zip(&table.rows) {
            for ((column, cell), unit) in (0_u16..).zip(row).zip(&units) {
                match cell {
                    Value::Number(number) => {
                        let number = number.as_f64().unwrap_or(f64::NAN);
                        sheet.write_number_with_format(line, column, number, &format_of(unit))?;
                    }
                    Value::String(text) if text == hidden => {
                        write_text(sheet, line, column, self.text("隐去", "hidden"))?
                    }
                    Value::String(text) if text == "unknown" => {
                        write_text(sheet, line, column, self.text("未知", "unknown"))?
                    }
                    Value::String(text) => write_text(sheet, line, column, text)?,
                    Value::Bool(yes) => write_text(
                        sheet,
                        line,
                        column,
                        if *yes { self.text("是", "yes") } else { self.text("否", "no") },
                    )?,
                    _ => {}
                }
            }
        }
        self.insert_chart(sheet, table, &name, &units)
    }

    /// Inserts a line chart of days or a bar chart of groups. Inserts none if there are too many bars.
    fn insert_chart(
        &self,
        sheet: &mut Worksheet,
        table: &ReportTable,
        name: &str,
        units: &[&str],
    ) -> Result<(), XlsxError> {
        let has = |column: &str| table.columns.iter().any(|name| name == column);
        let days = has("day");
        let counts = units.iter().position(|unit| *unit == "people");
        let rows = table.rows.len();
        // A bar per row would be misleading: topics have a row per age band, and pushes are compared with their hold-outs.
        let (Some(counts @ 1..), 2.., true) = (counts, rows, days || rows <= MAX_BARS) else { return Ok(()) };
        if has("topic") || has("uplift") {
            return Ok(());
        }
        let named = self.text("label_zh", "label_en");
        let names = table.columns[..counts].iter().position(|column| column == named).unwrap_or(counts - 1) as u16;
        let (counts, last) = (counts as u16, rows as u32);
        let mut chart = Chart::new(if days { ChartType::Line } else { ChartType::Bar });
        chart
            .add_series()
            .set_categories((name, 1, names, last, names))
            .set_values((name, 1, counts, last, counts))
            .set_name((name, 0, counts));
        chart.legend().set_hidden();
        if !days {
            chart.y_axis().set_reverse();
        }
        chart.set_width(640).set_height(if days { 320 } else { 120 + 22 * last });
        sheet.insert_chart(1, units.len() as u16 + 1, &chart)?;
        Ok(())
    }
}

fn format_of(unit: &str) -> Format {
    Format::new().set_num_format(match unit {
        "share" => "0.0%",
        "percentage_points" | "z_score" | "index" | "seconds" => "#,##0.0",
        _ => "#,##0",
    })
}

/// Replaces characters that Excel does not allow in sheet names.
fn sheet_name(label: &str) -> String {
    label.replace(['[', ']', ':', '*', '?', '/', '\\'], " ").chars().take(MAX_SHEET_NAME_CHARS).collect()
}

fn format_minute(text: &str, zone: Zone) -> String {
    let at = chrono::DateTime::parse_from_rfc3339(text);
    at.map_or_else(|_| text.to_owned(), |at| zone.local(at.to_utc()).format("%Y-%m-%d %H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader, Xlsx};
    use serde_json::json;
    use zhihui_engine::report::{MetricValue, ReportColumn};

    use super::*;

    fn both(zh: &str, en: &str) -> Sentence {
        Sentence { zh: zh.into(), en: en.into() }
    }

    fn report() -> Report {
        let metric = |name: &str, value, unit: &str, suppressed| MetricValue {
            name: name.into(),
            label: both(name, name),
            value,
            unit: unit.into(),
            numerator: None,
            denominator: None,
            previous: None,
            suppressed,
            definition: both("=1+1", "what is counted"),
            interval: None,
            target: None,
        };
        let column = |zh: &str, unit: &str| ReportColumn { label: both(zh, zh), unit: unit.into() };
        Report {
            from: "2026-10-31T16:00:00Z".into(),
            to: "2026-11-30T16:00:00Z".into(),
            as_of: "2026-11-30T16:00:00Z".into(),
            filters: serde_json::Map::new(),
            summary: both("本月有人阅读。", "Somebody read."),
            metrics: vec![metric("读者", Some(11_820.0), "people", false), metric("到场率", None, "share", true)],
            tables: vec![ReportTable {
                name: "daily".into(),
                label: both("每日/日期", "Each day"),
                columns: vec!["day".into(), "readers".into()],
                column_details: vec![column("日期", "text"), column("阅读人数", "people")],
                rows: vec![vec![json!("2026-11-01"), json!(25)], vec![json!("2026-11-02"), json!("<10")]],
            }],
            notes: vec![both("少于10人不显示。", "Fewer than 10 people are not shown.")],
            fewest_people: Default::default(),
            memo: None,
        }
    }

    #[test]
    fn numbers_are_numeric_cells_and_hidden_cells_are_labelled() {
        let bytes = report_xlsx(&report(), Language::Zh, Zone::default()).expect("written");
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        assert_eq!(workbook.sheet_names(), ["指标", "每日 日期"]);
        let figures = workbook.worksheet_range("指标").expect("figures");
        let cell = |row, column| figures.get_value((row, column)).cloned().unwrap_or_default();
        assert_eq!(cell(0, 0), Data::String("本月有人阅读。".into()));
        assert_eq!(cell(1, 1), Data::String("2026-11-01 00:00".into()), "days of the zone");
        assert_eq!((cell(6, 1), cell(6, 2)), (Data::Float(11_820.0), Data::String("人".into())));
        assert_eq!(cell(7, 1), Data::String("隐去".into()));
        assert_eq!(cell(6, 6), Data::String("=1+1".into()), "text, not a formula");
        assert!(workbook.worksheet_formula("指标").expect("formulas").is_empty());
        let daily = workbook.worksheet_range("每日 日期").expect("days");
        assert_eq!(daily.get_value((0, 1)), Some(&Data::String("阅读人数（人）".into())));
        assert_eq!(daily.get_value((1, 1)), Some(&Data::Float(25.0)));
        assert_eq!(daily.get_value((2, 1)), Some(&Data::String("隐去".into())));
    }
}
