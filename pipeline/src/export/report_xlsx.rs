//! The report as a workbook: a sheet that says what it is about, one of the metrics, one a table with a native chart, and one of
//! definitions.

use rust_xlsxwriter::{
    Chart, ChartType, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError,
};
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::{MemoPart, MetricValue, Report, ReportTable, Sentence, unit_label, with_day_notes};

use super::report_texts::{ReportTexts, charted, hidden_text, unit_of};
use super::write_text;

/// Excel's maximum length of a sheet name in characters.
const MAX_SHEET_NAME_CHARS: usize = 31;
/// Maximum number of bars in a legible chart.
const MAX_BARS: usize = 30;
/// Excel's number of A4.
const A4: u8 = 9;

/// Writes a report as an `.xlsx` file: numbers as numbers, shares as percentages, hidden cells as text such as `<10`, times
/// in `zone`.
///
/// # Errors
/// [`XlsxError`] if a table has more rows than a sheet allows.
pub fn report_xlsx(report: &Report, language: Language, zone: Zone) -> Result<Vec<u8>, XlsxError> {
    let texts = ReportTexts { language, zone };
    let mut writer = ReportWorkbook {
        texts,
        hidden: hidden_text(report),
        head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top),
        workbook: Workbook::new(),
        names: Vec::new(),
    };
    if let Ok(as_of) = chrono::DateTime::parse_from_rfc3339(&report.as_of)
        && let Ok(made) = ExcelDateTime::from_timestamp(as_of.timestamp())
    {
        writer.workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    }
    writer.write_overview(report)?;
    writer.write_metrics(report)?;
    for table in &report.tables {
        writer.write_table(&with_day_notes(table, &report.day_notes, language))?;
    }
    writer.write_definitions(report)?;
    writer.workbook.save_to_buffer()
}

/// What the memo says below its headline: a name for each line, empty for further lines of the same part.
fn memo_lines(report: &Report, texts: ReportTexts) -> Vec<(&'static str, String)> {
    let Some(memo) = &report.memo else { return Vec::new() };
    let several = |name: &'static str, sentences: Vec<&Sentence>| {
        let names = std::iter::once(name).chain(std::iter::repeat(""));
        names.zip(sentences).map(|(name, sentence)| (name, texts.of(sentence).to_owned())).collect::<Vec<_>>()
    };
    let movers = match memo.movers.as_slice() {
        [] => vec![&memo.movers_note],
        movers => movers.iter().flat_map(|mover| std::iter::once(&mover.sentence).chain(&mover.reason)).collect(),
    };
    let pushes = match memo.pushes.as_slice() {
        [] => vec![&memo.pushes_note],
        pushes => pushes.iter().map(|push| &push.sentence).collect(),
    };
    let parts = [
        several(texts.pick("概要", "Summary"), vec![&report.summary]),
        several(MemoPart::Moved.heading(texts.language), movers),
        several(MemoPart::Silent.heading(texts.language), vec![&memo.silent_unions.sentence]),
        several(MemoPart::Pushes.heading(texts.language), pushes),
        several(MemoPart::Action.heading(texts.language), vec![&memo.action]),
    ];
    parts.into_iter().flatten().filter(|(_, text)| !text.is_empty()).collect()
}

/// A workbook that is being written.
struct ReportWorkbook {
    texts: ReportTexts,
    /// Text of hidden cells.
    hidden: String,
    head: Format,
    workbook: Workbook,
    /// Names of the sheets so far, in lower case.
    names: Vec<String>,
}

impl ReportWorkbook {
    /// Adds a sheet that prints well. Excel compares names without case.
    fn sheet(&mut self, label: &str, head_row: Option<u32>) -> Result<(&mut Worksheet, String), XlsxError> {
        let name = free_name(label, &self.names);
        self.names.push(name.to_lowercase());
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(&name)?.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0);
        sheet.set_footer("&C&P / &N");
        if let Some(row) = head_row {
            sheet.set_freeze_panes(row + 1, 0)?.set_repeat_rows(row, row)?;
        }
        Ok((sheet, name))
    }

    fn write_overview(&mut self, report: &Report) -> Result<(), XlsxError> {
        let texts = self.texts;
        let mut lines = memo_lines(report, texts);
        lines.extend([
            (texts.pick("起", "From"), texts.minute(&report.from)),
            (texts.pick("止（不含）", "To (exclusive)"), texts.minute(&report.to)),
            (texts.pick("数据截至", "As of"), texts.minute(&report.as_of)),
        ]);
        lines.extend(texts.filters(report));
        lines.push((texts.pick("隐去的数字", "Hidden figures"), texts.suppression(report)));
        let head = self.head.clone();
        let (sheet, _) = self.sheet(texts.pick("概要", "Overview"), None)?;
        sheet.set_column_width(0, 24)?.set_column_width(1, 100)?;
        let title = Format::new().set_bold().set_font_size(14);
        let headline = report.memo.as_ref().map_or(&report.summary, |memo| &memo.headline);
        sheet.write_string_with_format(0, 0, texts.of(headline), &title)?;
        let mut row = 2;
        for (name, text) in &lines {
            sheet.write_string_with_format(row, 0, *name, &head)?;
            write_text(sheet, row, 1, text)?;
            row += 1;
        }
        sheet.write_string_with_format(row + 1, 0, texts.pick("说明", "Notes"), &head)?;
        for (row, note) in (row + 1..).zip(&report.notes) {
            write_text(sheet, row, 1, texts.of(note))?;
        }
        Ok(())
    }

    fn write_metrics(&mut self, report: &Report) -> Result<(), XlsxError> {
        let (texts, head, hidden) = (self.texts, self.head.clone(), self.hidden.clone());
        let (sheet, _) = self.sheet(texts.pick("指标", "Figures"), Some(0))?;
        let heads = [
            (texts.pick("指标", "Figure"), 28.0),
            (texts.pick("数值", "Value"), 16.0),
            (texts.pick("单位", "Unit"), 10.0),
            (texts.before(report), 16.0),
            (texts.pick("分子", "Numerator"), 12.0),
            (texts.pick("分母", "Denominator"), 12.0),
        ];
        for (column, (name, width)) in (0_u16..).zip(heads) {
            sheet.write_string_with_format(0, column, name, &head)?;
            sheet.set_column_width(column, width)?;
        }
        for (row, metric) in (1..).zip(&report.metrics) {
            write_text(sheet, row, 0, texts.of(&metric.label))?;
            if metric.suppressed {
                write_hidden(sheet, row, 1, &hidden)?;
            }
            write_text(sheet, row, 2, unit_word(metric, texts))?;
            let numbers = [(1, metric.value), (3, metric.previous), (4, metric.numerator), (5, metric.denominator)];
            for (column, value) in numbers {
                let unit = if column < 4 { metric.unit.as_str() } else { "number" };
                if let Some(value) = value {
                    sheet.write_number_with_format(row, column, value, &format_of(unit, value))?;
                }
            }
        }
        Ok(())
    }

    fn write_table(&mut self, table: &ReportTable) -> Result<(), XlsxError> {
        let (texts, head, hidden) = (self.texts, self.head.clone(), self.hidden.clone());
        let (sheet, name) = self.sheet(texts.of(&table.label), Some(0))?;
        for (column, detail) in (0_u16..).zip(&table.column_details) {
            sheet.write_string_with_format(0, column, texts.head(detail), &head)?;
            sheet.set_column_width(column, if detail.unit == "text" { 24.0 } else { 14.0 })?;
        }
        for (row, cells) in (1_u32..).zip(&table.rows) {
            for (column, cell) in (0_u16..).zip(cells) {
                let unit = unit_of(table, usize::from(column));
                match cell.as_f64() {
                    Some(number) => {
                        sheet.write_number_with_format(row, column, number, &format_of(unit, number))?;
                    }
                    None if cell.is_null() => {}
                    None if *cell == hidden => write_hidden(sheet, row, column, &hidden)?,
                    None => write_text(sheet, row, column, &texts.cell(cell, unit))?,
                }
            }
        }
        if let (rows @ 1.., columns @ 1..) = (table.rows.len() as u32, table.column_details.len() as u16) {
            sheet.autofilter(0, 0, rows, columns - 1)?;
        }
        insert_chart(sheet, table, &name, texts, &hidden)
    }

    /// What each metric counts, and the columns of each table.
    fn write_definitions(&mut self, report: &Report) -> Result<(), XlsxError> {
        let (texts, head) = (self.texts, self.head.clone());
        let (sheet, _) = self.sheet(texts.pick("定义", "Definitions"), Some(0))?;
        let heads = [
            (texts.pick("指标", "Figure"), 28.0),
            (texts.pick("单位", "Unit"), 10.0),
            (texts.pick("定义", "Definition"), 100.0),
        ];
        for (column, (name, width)) in (0_u16..).zip(heads) {
            sheet.write_string_with_format(0, column, name, &head)?;
            sheet.set_column_width(column, width)?;
        }
        let mut row = 1;
        for metric in &report.metrics {
            write_text(sheet, row, 0, texts.of(&metric.label))?;
            write_text(sheet, row, 1, unit_word(metric, texts))?;
            write_text(sheet, row, 2, texts.of(&metric.definition))?;
            row += 1;
        }
        for table in &report.tables {
            let columns: Vec<String> = table.column_details.iter().map(|detail| texts.head(detail)).collect();
            write_text(sheet, row, 0, texts.of(&table.label))?;
            write_text(sheet, row, 2, &columns.join(texts.pick("、", ", ")))?;
            row += 1;
        }
        Ok(())
    }
}

/// Writes a hidden cell among the numbers of its column.
fn write_hidden(sheet: &mut Worksheet, row: u32, column: u16, hidden: &str) -> Result<(), XlsxError> {
    let right = Format::new().set_align(FormatAlign::Right);
    sheet.write_string_with_format(row, column, hidden, &right)?;
    Ok(())
}

fn unit_word(metric: &MetricValue, texts: ReportTexts) -> &str {
    unit_label(&metric.unit, texts.language)
}

/// Inserts a line chart of days or a bar chart of groups beside a table. Inserts none if there are too many bars.
fn insert_chart(
    sheet: &mut Worksheet,
    table: &ReportTable,
    name: &str,
    texts: ReportTexts,
    hidden: &str,
) -> Result<(), XlsxError> {
    let rows = table.rows.len();
    let charted = charted(table, texts.language, hidden).filter(|charted| charted.is_daily || rows <= MAX_BARS);
    let Some(charted) = charted else { return Ok(()) };
    let (names, values, last) = (charted.names as u16, charted.values as u16, rows as u32);
    let mut chart = Chart::new(if charted.is_daily { ChartType::Line } else { ChartType::Bar });
    chart
        .add_series()
        .set_categories((name, 1, names, last, names))
        .set_values((name, 1, values, last, values))
        .set_name((name, 0, values));
    chart.title().set_name(texts.of(&table.label));
    chart.legend().set_hidden();
    if !charted.is_daily {
        chart.y_axis().set_reverse();
    }
    chart.set_width(640).set_height(if charted.is_daily { 320 } else { 120 + 22 * last });
    sheet.insert_chart(1, table.column_details.len() as u16 + 1, &chart)?;
    Ok(())
}

fn format_of(unit: &str, number: f64) -> Format {
    Format::new().set_num_format(match unit {
        "share" => "0.0%",
        "percentage_points" | "z_score" | "index" | "seconds" => "#,##0.0",
        _ if number.fract() != 0.0 => "#,##0.00",
        _ => "#,##0",
    })
}

/// A name that Excel allows and no other sheet has.
fn free_name(label: &str, taken: &[String]) -> String {
    let allowed = label.replace(['[', ']', ':', '*', '?', '/', '\\'], " ");
    let allowed = allowed.trim().trim_matches('\'');
    let short = |chars: usize| allowed.chars().take(chars).collect::<String>();
    let is_free = |name: &String| !name.is_empty() && !taken.contains(&name.to_lowercase());
    let numbered = (2..).map(|number| format!("{} {number}", short(MAX_SHEET_NAME_CHARS - 4)));
    std::iter::once(short(MAX_SHEET_NAME_CHARS)).chain(numbered).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use calamine::{Data, Reader, Xlsx};

    use super::super::sample_report::{sample_memo, sample_report};
    use super::*;

    fn written(language: Language) -> Vec<u8> {
        report_xlsx(&sample_report(), language, Zone::default()).expect("written")
    }

    #[test]
    fn a_sheet_a_section_with_filters_first_and_definitions_last() {
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(written(Language::Zh))).expect("a workbook");
        let names = ["概要", "指标", "每日 日期", "阅读最多的文章", "没有动静的工会", "定义"];
        assert_eq!(workbook.sheet_names(), names);
        let overview = workbook.worksheet_range("概要").expect("cells");
        let line = |name: &str| {
            let row = overview.rows().find(|row| row[0] == Data::String(name.into()));
            row.map(|row| row[1].to_string()).unwrap_or_default()
        };
        assert_eq!([line("起"), line("数据截至")], ["2026-11-01 00:00", "2026-12-01 00:00"], "times of the zone");
        assert_eq!([line("地区"), line("对比")], ["朝阳", "上期"]);
        assert!(line("隐去的数字").contains("「<10」：不足 10 人") && line("说明") == "少于 10 人不显示。");
        let definitions = workbook.worksheet_range("定义").expect("cells");
        assert_eq!(definitions.get_value((1, 2)), Some(&Data::String("=1+1".into())), "text, not a formula");
        let daily = workbook.worksheet_range("每日 日期").expect("cells");
        assert_eq!(daily.get_value((0, 2)), Some(&Data::String("备注".into())));
        assert_eq!(daily.get_value((3, 2)), Some(&Data::String("系统停机".into())));
        assert_eq!(definitions.get_value((4, 2)), Some(&Data::String("日期、阅读人数（人）".into())));
    }

    #[test]
    fn the_memo_comes_first() {
        let report = Report { memo: Some(sample_memo()), ..sample_report() };
        let bytes = report_xlsx(&report, Language::Zh, Zone::default()).expect("written");
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
        let overview = workbook.worksheet_range("概要").expect("cells");
        assert_eq!(overview.get_value((0, 0)), Some(&Data::String("一半会员参与。".into())));
        let lines: Vec<[String; 2]> =
            overview.rows().skip(2).map(|row| [row[0].to_string(), row[1].to_string()]).take(7).collect();
        let expected = [
            ["概要", "本月 43,000 名会员中有 11,820 人读过至少一篇，比上期多 4%。"],
            ["有什么变化，为什么", "阅读人数增加五成。"],
            ["", "观影读得最多。"],
            ["谁没有动静，先联系谁", "一家工会没有动静。"],
            ["推送带来了什么", "这段时间没有推送。"],
            ["建议", "先联系云杉合作社。"],
            ["起", "2026-11-01 00:00"],
        ];
        assert_eq!(lines, expected.map(|line| line.map(str::to_owned)));
    }

    #[test]
    fn numbers_are_numeric_cells_hidden_cells_are_labelled_and_nothing_is_a_formula() {
        let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(written(Language::Zh))).expect("a workbook");
        let figures = workbook.worksheet_range("指标").expect("figures");
        let cell = |row, column| figures.get_value((row, column)).cloned().unwrap_or_default();
        assert_eq!((cell(1, 1), cell(1, 2)), (Data::Float(11_820.0), Data::String("人".into())));
        assert_eq!((cell(2, 1), cell(3, 1)), (Data::Float(0.2749), Data::String("<10".into())));
        let articles = workbook.worksheet_range("阅读最多的文章").expect("articles");
        assert_eq!(articles.get_value((0, 2)), Some(&Data::String("阅读人数（人）".into())));
        assert_eq!(articles.get_value((1, 1)), Some(&Data::String("=HYPERLINK(\"x\")".into())));
        assert_eq!(articles.get_value((1, 2)), Some(&Data::Float(820.0)));
        assert_eq!(articles.get_value((3, 2)), Some(&Data::String("<10".into())));
        for name in workbook.sheet_names() {
            assert!(workbook.worksheet_formula(&name).expect("formulas").is_empty(), "{name}");
        }
    }

    #[test]
    fn tables_of_days_and_of_groups_have_native_charts() {
        let mut archive = zip::ZipArchive::new(Cursor::new(written(Language::En))).expect("an archive");
        let mut charts = String::new();
        for at in 0..archive.len() {
            let mut file = archive.by_index(at).expect("a part");
            if file.name().expect("a name").starts_with("xl/charts/chart") {
                file.read_to_string(&mut charts).expect("text");
            }
        }
        assert!(charts.contains("<c:lineChart>") && charts.contains("<c:barChart>"), "{charts}");
        assert!(
            charts.contains("'阅读最多的文章'!$B$2:$B$4") || charts.contains("阅读最多的文章!$B$2:$B$4"),
            "{charts}"
        );
    }

    #[test]
    fn sheet_names_are_allowed_and_unique() {
        let taken = ["指标".to_owned()];
        assert_eq!(free_name("指标", &taken), "指标 2");
        assert_eq!(free_name("a/b:c", &[]), "a b c");
        assert_eq!(free_name("", &[]), " 2");
        assert_eq!(free_name(&"长".repeat(40), &[]).chars().count(), 31);
    }
}
