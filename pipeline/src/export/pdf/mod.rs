//! The report as a PDF file: A4, text that can be selected, period and filters and page number on every page.
//!
//! The memo is the first page. Every chart stands above its table. The font comes from this machine ([`FontFile`]); the file embeds the glyphs it uses.

mod chart;
mod font;
mod font_file;
mod memo;
mod page;
mod stream;
mod table;
mod text;

use pdf_writer::{Content, Filter, Finish as _, Pdf, Rect, Ref, TextStr};
use serde_json::Value;
use thiserror::Error;
use zhihui_data::Zone;
use zhihui_engine::Language;
use zhihui_engine::report::{Report, ReportTable, day_notes_of, with_day_notes};

use super::report_texts::{ReportTexts, charted, hidden_text, unit_of};
use chart::{Chart, Mark};
use font::{FONT, Font};
pub use font_file::{FONT_FOLDERS, FontError, FontFile};
use page::{ACCENT, INK, MARGIN, MUTED, PAGE, Pages};
use stream::deflated;
use table::Table;

/// Maximum number of printed rows whose figures are all hidden.
const MAX_HIDDEN_ROWS: usize = 8;

/// Why a PDF file could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PdfError {
    /// The font is damaged.
    #[error("the font cannot be embedded: {0}; name another one in report.font of zhihui.toml")]
    Font(String),
}

/// Writes a report as a PDF file, with times in `zone`.
///
/// # Errors
/// [`PdfError::Font`] if the font is damaged.
pub fn report_pdf(report: &Report, language: Language, zone: Zone, font: &FontFile) -> Result<Vec<u8>, PdfError> {
    let texts = ReportTexts { language, zone };
    let mut pages = Pages::new(Font::new(font)?);
    write_report(&mut pages, report, texts);
    let period = format!("{}{}", texts.pick("报告时间：", "Period: "), texts.period(report));
    let as_of = format!("{}{}", texts.pick("数据截至 ", "data as of "), texts.minute(&report.as_of));
    let first = format!("{period}{}{as_of}", texts.pick("；", "; "));
    let title = texts.pick("知会 · 报告", "Zhihui · report");
    let (font, contents) = pages.finish([&first, &texts.filter_line(report)], title);
    file(&font, contents, &format!("{} {}", texts.pick("报告", "Report"), texts.period(report)), texts)
}

fn write_report(pages: &mut Pages<'_>, report: &Report, texts: ReportTexts) {
    let hidden = hidden_text(report);
    memo::write_memo(pages, report, texts, &hidden);
    pages.fill((MARGIN, pages.y - 6.0), 36.0, 3.0, ACCENT);
    pages.skip(12.0);
    pages.paragraph(texts.of(&report.summary), 15.0, INK);
    pages.skip(8.0);
    let figures = figures(report, texts, &hidden);
    if !figures.rows.is_empty() {
        pages.heading(texts.pick("指标", "Figures"), 12.0, figures.beginning(&pages.font));
        figures.write(pages);
    }
    for table in &report.tables {
        write_section(pages, &with_day_notes(table, &report.day_notes, texts.language), texts, &hidden);
    }
    pages.heading(texts.pick("说明", "Notes"), 12.0, 30.0);
    for note in report.notes.iter().map(|note| texts.of(note)) {
        pages.paragraph(&format!("· {note}"), 9.0, INK);
    }
    pages.paragraph(&format!("· {}", texts.suppression(report)), 9.0, INK);
    if !report.metrics.is_empty() {
        let colon = texts.pick("：", ": ");
        pages.heading(texts.pick("指标定义", "Definitions"), 12.0, 30.0);
        for metric in &report.metrics {
            let text = format!("{}{colon}{}", texts.of(&metric.label), texts.of(&metric.definition));
            pages.paragraph(&text, 8.0, MUTED);
        }
    }
    let missing: Vec<String> =
        pages.font.missing().map(|letter| format!("U+{:04X}", u32::from(letter))).take(20).collect();
    if !missing.is_empty() {
        let why = texts.pick("字体里没有下列字符，以〓代替：", "The font lacks these characters, printed as 〓: ");
        pages.paragraph(&format!("· {why}{}", missing.join(" ")), 8.0, MUTED);
    }
}

fn figures(report: &Report, texts: ReportTexts, hidden: &str) -> Table {
    let row = |metric: &zhihui_engine::report::MetricValue| {
        vec![
            texts.of(&metric.label).to_owned(),
            texts.value(metric.value, &metric.unit, metric.suppressed.then_some(hidden)),
            texts.value(metric.previous, &metric.unit, None),
        ]
    };
    Table {
        heads: vec![
            texts.pick("指标", "Figure").into(),
            texts.pick("数值", "Value").into(),
            texts.before(report).into(),
        ],
        rows: report.metrics.iter().map(row).collect(),
        numeric: vec![false, true, true],
    }
}

fn write_section(pages: &mut Pages<'_>, table: &ReportTable, texts: ReportTexts, hidden: &str) {
    let label = texts.of(&table.label);
    if table.rows.is_empty() {
        pages.heading(label, 12.0, 20.0);
        pages.paragraph(texts.pick("这段时间没有记录。", "There are no records in this period."), 9.0, MUTED);
        return;
    }
    let (text_table, omitted) = text_table(table, texts, hidden);
    match chart(table, texts, hidden) {
        Some(chart) => {
            pages.heading(label, 12.0, chart.height());
            chart.write(pages);
        }
        None => pages.heading(label, 12.0, text_table.beginning(&pages.font)),
    }
    text_table.write(pages);
    if omitted > 0 {
        let note = match texts.language {
            Language::Zh => format!("另有 {omitted} 行的数字全部为 {hidden}，不在这里列出；Excel 和 CSV 文件里有。"),
            Language::En => {
                format!("{omitted} more rows, whose figures are all {hidden}, are in the Excel and CSV files only.")
            }
        };
        pages.paragraph(&note, 8.0, MUTED);
    }
}

/// The text of a table, and the number of rows left out because all of their figures are hidden. A few such rows stay.
fn text_table(table: &ReportTable, texts: ReportTexts, hidden: &str) -> (Table, usize) {
    let is_number = |column: usize| {
        let cells = || table.rows.iter().filter_map(|row| row.get(column));
        cells().any(Value::is_number)
            || !matches!(unit_of(table, column), "text" | "day") && cells().all(|cell| !cell.is_boolean())
    };
    let cell = |(column, value): (usize, &Value)| texts.cell(value, unit_of(table, column));
    let numeric: Vec<bool> = (0..table.column_details.len()).map(is_number).collect();
    let is_hidden = |row: &&Vec<Value>| {
        let mut figures =
            row.iter().zip(&numeric).filter(|(_, is_number)| **is_number).map(|(cell, _)| cell).peekable();
        figures.peek().is_some() && figures.all(|cell| cell.is_null() || cell == hidden)
    };
    let count = table.rows.iter().filter(is_hidden).count();
    let omitted = if count > MAX_HIDDEN_ROWS { count } else { 0 };
    let rows = table.rows.iter().filter(|row| omitted == 0 || !is_hidden(row));
    // The labels of the other language.
    let other = texts.pick("label_en", "label_zh");
    let columns: Vec<usize> =
        (0..numeric.len()).filter(|&at| table.columns.get(at).is_none_or(|name| name != other)).collect();
    let cells = |row: &Vec<Value>| columns.iter().filter_map(|&at| Some(cell((at, row.get(at)?)))).collect();
    let text = Table {
        heads: columns.iter().map(|&at| texts.head(&table.column_details[at])).collect(),
        rows: rows.map(cells).collect(),
        numeric: columns.iter().map(|&at| numeric[at]).collect(),
    };
    (text, omitted)
}

fn chart(table: &ReportTable, texts: ReportTexts, hidden: &str) -> Option<Chart> {
    let charted = charted(table, texts.language, hidden)?;
    let text = |row: &[Value], column: usize| {
        row.get(column).map(|value| texts.cell(value, unit_of(table, column))).unwrap_or_default()
    };
    let mark = |row: &Vec<Value>| Mark {
        label: text(row, charted.names),
        value: row.get(charted.values).and_then(Value::as_f64),
        text: text(row, charted.values),
        is_marked: !day_notes_of(table, row).is_empty(),
    };
    Some(Chart {
        caption: table.column_details.get(charted.values).map(|detail| texts.head(detail)).unwrap_or_default(),
        marks: table.rows.iter().map(mark).collect(),
        is_daily: charted.is_daily,
        highest: texts.pick("最高", "highest"),
    })
}

/// Assembles the file.
fn file(font: &Font<'_>, contents: Vec<Content>, title: &str, texts: ReportTexts) -> Result<Vec<u8>, PdfError> {
    let mut next = Ref::new(1);
    let [catalog, tree, info, font_id] = std::array::from_fn(|_| next.bump());
    let ids: Vec<(Ref, Ref)> = contents.iter().map(|_| (next.bump(), next.bump())).collect();
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr(texts.pick("zh-CN", "en")));
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    pdf.document_info(info).title(TextStr(title)).creator(TextStr("Zhihui"));
    pdf.pages(tree).kids(ids.iter().map(|(page, _)| *page)).count(ids.len() as i32);
    for ((page_id, content_id), content) in ids.into_iter().zip(contents) {
        let mut page = pdf.page(page_id);
        page.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(content_id);
        page.resources().fonts().pair(FONT, font_id);
        page.finish();
        let bytes = deflated(content.finish().as_slice());
        pdf.stream(content_id, &bytes).filter(Filter::FlateDecode);
    }
    font.write(&mut pdf, font_id, &mut next)?;
    Ok(pdf.finish())
}

#[cfg(test)]
mod tests;
