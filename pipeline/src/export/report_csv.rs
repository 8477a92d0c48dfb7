//! The report as comma-separated text: one table as one file, or all in one archive. Numbers have all their digits and no
//! separators, so that programs read them; shares are fractions.

use std::io::{Cursor, Write as _};

use serde_json::Value;
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::{Report, ReportTable, Sentence, with_day_notes};
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::report_texts::{ReportTexts, hidden_text, unit_of};
use super::{escape_formula, quote_csv};

/// Excel reads UTF-8 only after this mark.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Name of the table of single figures.
const METRICS: &str = "metrics";
/// Name of the file about period and filters in the archive.
const ABOUT: &str = "about";

/// Names of the tables of a report that [`report_csv`] writes.
pub fn report_csv_tables(report: &Report) -> impl Iterator<Item = &str> {
    std::iter::once(METRICS).chain(report.tables.iter().map(|table| table.name.as_str()))
}

/// Writes one table, or the single figures as `metrics`. Returns `None` if the report has no such table.
#[must_use]
pub fn report_csv(report: &Report, table: &str, language: Language, zone: Zone) -> Option<Vec<u8>> {
    let texts = ReportTexts { language, zone };
    if table == METRICS {
        return Some(file(&metrics(report, texts)));
    }
    let table = report.tables.iter().find(|other| other.name == table)?;
    Some(file(&table_rows(&with_day_notes(table, &report.day_notes, language), texts)))
}

/// Writes all tables, and a file with period, filters and notes, as a zip archive.
///
/// # Errors
/// [`ZipError`] if the archive would be too large.
pub fn report_csv_zip(report: &Report, language: Language, zone: Zone) -> Result<Vec<u8>, ZipError> {
    let texts = ReportTexts { language, zone };
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    archive.start_file(format!("{ABOUT}.csv"), options)?;
    archive.write_all(&file(&about(report, texts)))?;
    for name in report_csv_tables(report) {
        archive.start_file(format!("{name}.csv"), options)?;
        archive.write_all(&report_csv(report, name, language, zone).unwrap_or_default())?;
    }
    Ok(archive.finish()?.into_inner())
}

fn about(report: &Report, texts: ReportTexts) -> Vec<Vec<String>> {
    let mut rows = vec![
        vec![texts.pick("概要", "Summary").to_owned(), texts.of(&report.summary).to_owned()],
        vec![texts.pick("起", "From").to_owned(), texts.minute(&report.from)],
        vec![texts.pick("止（不含）", "To (exclusive)").to_owned(), texts.minute(&report.to)],
        vec![texts.pick("数据截至", "As of").to_owned(), texts.minute(&report.as_of)],
    ];
    rows.extend(texts.filters(report).into_iter().map(|(label, value)| vec![label.to_owned(), value]));
    let note = |text: &str| vec![texts.pick("说明", "Note").to_owned(), text.to_owned()];
    rows.push(note(&texts.suppression(report)));
    rows.extend(report.notes.iter().map(|sentence: &Sentence| note(texts.of(sentence))));
    rows
}

fn metrics(report: &Report, texts: ReportTexts) -> Vec<Vec<String>> {
    let head = [
        texts.pick("名称", "Name"),
        texts.pick("指标", "Figure"),
        texts.pick("数值", "Value"),
        texts.pick("单位", "Unit"),
        texts.before(report),
        texts.pick("分子", "Numerator"),
        texts.pick("分母", "Denominator"),
        texts.pick("定义", "Definition"),
    ];
    let number = |value: Option<f64>| value.map(plain).unwrap_or_default();
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(report.metrics.iter().map(|metric| {
        vec![
            metric.name.clone(),
            texts.of(&metric.label).to_owned(),
            if metric.suppressed { hidden_text(report) } else { number(metric.value) },
            metric.unit.clone(),
            number(metric.previous),
            number(metric.numerator),
            number(metric.denominator),
            texts.of(&metric.definition).to_owned(),
        ]
    }));
    rows
}

fn table_rows(table: &ReportTable, texts: ReportTexts) -> Vec<Vec<String>> {
    let mut rows = vec![table.column_details.iter().map(|detail| texts.head(detail)).collect()];
    let cell = |(column, value): (usize, &Value)| match value {
        Value::Null => String::new(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), plain),
        other => texts.cell(other, unit_of(table, column)),
    };
    rows.extend(table.rows.iter().map(|row| row.iter().enumerate().map(cell).collect()));
    rows
}

/// All digits of a number, without an exponent.
fn plain(number: f64) -> String {
    format!("{number}")
}

fn file(rows: &[Vec<String>]) -> Vec<u8> {
    let mut text = BYTE_ORDER_MARK.to_owned();
    for row in rows {
        let cell = |cell: &String| {
            let is_number = cell.parse::<f64>().is_ok();
            quote_csv(&if is_number { cell.clone() } else { escape_formula(cell.clone()) })
        };
        text.push_str(&row.iter().map(cell).collect::<Vec<_>>().join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::super::sample_report::sample_report;
    use super::*;

    fn text(table: &str) -> Option<String> {
        let bytes = report_csv(&sample_report(), table, Language::Zh, Zone::default())?;
        Some(String::from_utf8(bytes).expect("UTF-8"))
    }

    #[test]
    fn a_table_has_a_mark_for_excel_all_digits_and_no_formula() {
        let articles = text("articles").expect("a table");
        let mut lines = articles.strip_prefix(BYTE_ORDER_MARK).expect("a mark").split("\r\n");
        assert_eq!(lines.next(), Some("文章编号,标题,阅读人数（人）,完读率"));
        assert_eq!(lines.next(), Some("a1,\"'=HYPERLINK(\"\"x\"\")\",820,0.815"));
        assert_eq!(lines.next(), Some("a2,亲子采摘，周末去哪儿,640,0.5"));
        assert_eq!(lines.next(), Some("a3,羽毛球赛报名,<10,"));
        assert!(text("metrics").expect("figures").contains("\r\nactive_share,活跃率,0.2749,share,0.5498,,,"));
        assert_eq!(text("weather"), None);
        let daily = text("daily").expect("a table");
        assert!(daily.contains("日期,阅读人数（人）,备注\r\n2026-11-01,25,\r\n2026-11-02,<10,系统停机\r\n"), "{daily}");
    }

    #[test]
    fn the_archive_has_every_table_and_the_filters() {
        let bytes = report_csv_zip(&sample_report(), Language::Zh, Zone::default()).expect("an archive");
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let names: Vec<String> = archive.file_names().map(|name| name.expect("a name").into_owned()).collect();
        assert_eq!(names, ["about.csv", "metrics.csv", "daily.csv", "articles.csv", "silent.csv"]);
        let mut about = String::new();
        archive.by_name("about.csv").expect("a file").read_to_string(&mut about).expect("text");
        assert!(about.contains("地区,朝阳") && about.contains("数据截至,2026-12-01 00:00"), "{about}");
        let mut daily = String::new();
        archive.by_name("daily.csv").expect("a file").read_to_string(&mut daily).expect("text");
        assert_eq!(Some(daily), text("daily"));
    }
}
