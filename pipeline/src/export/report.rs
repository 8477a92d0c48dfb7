//! The leaders' report as a workbook: a sheet of figures with their definitions, and a sheet a table with a native chart.

use rust_xlsxwriter::{Chart, ChartType, Format, Workbook, Worksheet, XlsxError};
use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::{Report, ReportTable, Sentence, unit_label};

use super::put;

/// Characters that Excel takes as the name of a sheet.
const LONGEST_NAME: usize = 31;
/// Bars that a chart can show side by side and still be read.
const MOST_BARS: usize = 30;

/// A report as the bytes of an `.xlsx`: numbers are numbers, shares are percents, hidden cells are the word 隐去 or "hidden", and
/// days are those of `zone`.
///
/// # Errors
/// [`XlsxError`] when a table has more rows than a sheet.
pub fn report_xlsx(report: &Report, language: Language, zone: Zone) -> Result<Vec<u8>, XlsxError> {
    let words = Words { language, bold: Format::new().set_bold(), title: Format::new().set_bold().set_font_size(14) };
    let mut workbook = Workbook::new();
    words.figures(workbook.add_worksheet(), report, zone)?;
    let hidden = format!("<{}", report.fewest_people.people());
    for table in &report.tables {
        words.table(workbook.add_worksheet(), table, &hidden)?;
    }
    workbook.save_to_buffer()
}

/// What every sheet is written with.
struct Words {
    language: Language,
    bold: Format,
    title: Format,
}

impl Words {
    fn say(&self, zh: &'static str, en: &'static str) -> &'static str {
        if self.language == Language::Zh { zh } else { en }
    }

    fn of<'a>(&self, sentence: &'a Sentence) -> &'a str {
        if self.language == Language::Zh { &sentence.zh } else { &sentence.en }
    }

    fn figures(&self, sheet: &mut Worksheet, report: &Report, zone: Zone) -> Result<(), XlsxError> {
        sheet.set_name(self.say("指标", "Figures"))?;
        sheet.write_string_with_format(0, 0, self.of(&report.summary), &self.title)?;
        let about = [
            (self.say("起", "From"), minute(&report.from, zone)),
            (self.say("止(不含)", "To (exclusive)"), minute(&report.to, zone)),
            (self.say("数据截至", "As of"), minute(&report.as_of, zone)),
        ];
        for (line, (name, text)) in (1_u32..).zip(&about) {
            sheet.write_string(line, 0, *name)?;
            sheet.write_string(line, 1, text)?;
        }
        let last_year = report.filters.get("compare").is_some_and(|compare| compare == "last_year");
        let head = [
            (self.say("指标", "Figure"), 28.0),
            (self.say("数值", "Value"), 18.0),
            (self.say("单位", "Unit"), 10.0),
            (if last_year { self.say("去年同期", "A year earlier") } else { self.say("上期", "Before") }, 14.0),
            (self.say("分子", "Numerator"), 12.0),
            (self.say("分母", "Denominator"), 12.0),
            (self.say("说明", "Definition"), 80.0),
        ];
        for (column, (name, width)) in (0_u16..).zip(head) {
            sheet.write_string_with_format(5, column, name, &self.bold)?;
            sheet.set_column_width(column, width)?;
        }
        let mut line = 6;
        for metric in &report.metrics {
            put(sheet, line, 0, self.of(&metric.label))?;
            if metric.suppressed {
                sheet.write_string(line, 1, self.say("隐去", "hidden"))?;
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
            put(sheet, line, 6, self.of(&metric.definition))?;
            line += 1;
        }
        for (line, note) in (line + 1..).zip(&report.notes) {
            put(sheet, line, 0, self.of(note))?;
        }
        Ok(())
    }

    fn table(&self, sheet: &mut Worksheet, table: &ReportTable, hidden: &str) -> Result<(), XlsxError> {
        let name = sheet_name(self.of(&table.label));
        sheet.set_name(&name)?;
        sheet.set_freeze_panes(1, 0)?;
        let units: Vec<&str> = table.column_details.iter().map(|column| column.unit.as_str()).collect();
        for (column, detail) in (0_u16..).zip(&table.column_details) {
            let (label, unit) = (self.of(&detail.label), unit_label(&detail.unit, self.language));
            let plain = unit.is_empty() || detail.unit == "share";
            let head = if plain { label.to_owned() } else { format!("{label} ({unit})") };
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
                    Value::String(text) if text == hidden => put(sheet, line, column, self.say("隐去", "hidden"))?,
                    Value::String(text) if text == "unknown" => put(sheet, line, column, self.say("未知", "unknown"))?,
                    Value::String(text) => put(sheet, line, column, text)?,
                    Value::Bool(yes) => {
                        put(sheet, line, column, if *yes { self.say("是", "yes") } else { self.say("否", "no") })?
                    }
                    _ => {}
                }
            }
        }
        self.chart(sheet, table, &name, &units)
    }

    /// Days as a line, groups as bars; nothing where rows are compared otherwise or are too many to read.
    fn chart(&self, sheet: &mut Worksheet, table: &ReportTable, name: &str, units: &[&str]) -> Result<(), XlsxError> {
        let has = |column: &str| table.columns.iter().any(|name| name == column);
        let days = has("day");
        let counts = units.iter().position(|unit| *unit == "people");
        let rows = table.rows.len();
        // Topics stand once a band, pushes beside their hold-outs: one number a row does not tell of them.
        let (Some(counts @ 1..), 2.., true) = (counts, rows, days || rows <= MOST_BARS) else { return Ok(()) };
        if has("topic") || has("uplift") {
            return Ok(());
        }
        let named = self.say("label_zh", "label_en");
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

/// Excel refuses some characters in names of sheets.
fn sheet_name(label: &str) -> String {
    label.replace(['[', ']', ':', '*', '?', '/', '\\'], " ").chars().take(LONGEST_NAME).collect()
}

fn minute(text: &str, zone: Zone) -> String {
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
        }
    }

    #[test]
    fn numbers_stay_numbers_and_hidden_cells_say_so() {
        let bytes = report_xlsx(&report(), Language::Zh, Zone::default()).expect("written");
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        assert_eq!(workbook.sheet_names(), ["指标", "每日 日期"]);
        let figures = workbook.worksheet_range("指标").expect("figures");
        let cell = |row, column| figures.get_value((row, column)).cloned().unwrap_or_default();
        assert_eq!(cell(0, 0), Data::String("本月有人阅读。".into()));
        assert_eq!(cell(1, 1), Data::String("2026-11-01 00:00".into()), "days are those of the zone");
        assert_eq!((cell(6, 1), cell(6, 2)), (Data::Float(11_820.0), Data::String("人".into())));
        assert_eq!(cell(7, 1), Data::String("隐去".into()));
        assert_eq!(cell(6, 6), Data::String("=1+1".into()), "text, not a formula");
        assert!(workbook.worksheet_formula("指标").expect("formulas").is_empty());
        let daily = workbook.worksheet_range("每日 日期").expect("days");
        assert_eq!(daily.get_value((0, 1)), Some(&Data::String("阅读人数 (人)".into())));
        assert_eq!(daily.get_value((1, 1)), Some(&Data::Float(25.0)));
        assert_eq!(daily.get_value((2, 1)), Some(&Data::String("隐去".into())));
    }
}
