//! PDF files as `pdftotext` reads them. Without the tool or a font the tests say so and check the structure only.
#![allow(clippy::print_stderr, reason = "names what is not tested")]

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::super::sample_report::{sample_memo, sample_report};
use super::*;

fn font() -> Option<FontFile> {
    let folders: Vec<PathBuf> = FONT_FOLDERS.iter().map(PathBuf::from).collect();
    let found = FontFile::find(&folders);
    if let Err(error) = &found {
        eprintln!("NOT TESTED: {error}");
    }
    found.ok()
}

fn pdf(report: &Report, language: Language) -> Option<Vec<u8>> {
    let bytes = report_pdf(report, language, Zone::default(), &font()?).expect("a PDF file");
    assert!(bytes.starts_with(b"%PDF-1.7") && bytes.trim_ascii_end().ends_with(b"%%EOF"));
    Some(bytes)
}

/// The text of each page, or `None` without the tool.
fn pages_of(bytes: &[u8]) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.pdf");
    std::fs::write(&path, bytes).expect("written");
    let Ok(output) = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(&path).arg("-").output() else {
        eprintln!("NOT TESTED: pdftotext is missing (package poppler-utils): the text was not compared");
        return None;
    };
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut pages: Vec<String> = text.split('\u{c}').map(str::to_owned).collect();
    assert_eq!(pages.pop().as_deref(), Some(""));
    Some(pages)
}

fn count(bytes: &[u8], word: &[u8]) -> usize {
    bytes.windows(word.len()).filter(|window| *window == word).count()
}

#[test]
fn words_and_figures_can_be_extracted() {
    let report = sample_report();
    let Some(bytes) = pdf(&report, Language::Zh) else { return };
    assert!(bytes.len() < 200_000, "a subset of the font: {} bytes", bytes.len());
    assert_eq!(count(&bytes, b"/Type /Page\n"), 2, "two pages");
    let Some(pages) = pages_of(&bytes) else { return };
    let text = pages.concat();
    for expected in [
        "43,000",
        "11,820 人",
        "23,640 人",
        "27.5%",
        "<10",
        "阅读最多的文章",
        "亲子采摘，周末去哪儿",
        "=HYPERLINK(\"x\")",
        "820",
        "81.5%",
        "地区：朝阳；对比：上期",
        "2026-11-01 至 2026-11-30",
        "数据截至 2026-12-01 00:00",
        "1/2",
        "「<10」：不足 10 人",
        "活跃会员人数除以会员人数。",
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
}

#[test]
fn a_long_table_repeats_its_header_and_every_page_its_filters_and_number() {
    let mut report = sample_report();
    let table = &mut report.tables[1];
    table.rows = (0..300)
        .map(|row| vec![json!(format!("a{row}")), json!(format!("第{row}篇")), json!(1000 + row), json!(0.5)])
        .collect();
    let Some(bytes) = pdf(&report, Language::Zh) else { return };
    let in_file = count(&bytes, b"/Type /Page\n");
    assert!((6..=14).contains(&in_file), "{in_file} pages");
    let Some(pages) = pages_of(&bytes) else { return };
    assert_eq!(pages.len(), in_file);
    for (at, page) in pages.iter().enumerate() {
        assert!(page.contains("地区：朝阳") && page.contains("数据截至"), "page {at}: {page}");
        assert!(page.contains(&format!("{}/{in_file}", at + 1)), "page {at}: {page}");
        let has_rows = page.lines().any(|line| line.trim_start().starts_with('a') && line.contains('篇'));
        assert!(!has_rows || page.contains("文章编号"), "page {at} has no header: {page}");
    }
    let text = pages.concat();
    (0..300).for_each(|row| assert!(text.contains(&format!("第{row}篇")), "row {row}"));
}

#[test]
fn a_character_that_the_font_lacks_is_named() {
    let mut report = sample_report();
    report.summary.zh = "私用字\u{f8ee5}。".into();
    let Some(bytes) = pdf(&report, Language::Zh) else { return };
    let Some(pages) = pages_of(&bytes) else { return };
    let text = pages.concat();
    assert!(text.contains("私用字〓。") && text.contains("U+F8EE5"), "{text}");
}

#[test]
fn the_same_report_gives_the_same_bytes_in_each_language() {
    let report = sample_report();
    let Some(bytes) = pdf(&report, Language::En) else { return };
    assert_eq!(pdf(&report, Language::En).as_ref(), Some(&bytes));
    let Some(pages) = pages_of(&bytes) else { return };
    assert!(pages[0].contains("Figures") && pages[0].contains("District: 朝阳"), "{}", pages[0]);
}

#[test]
fn many_rows_of_hidden_figures_are_counted_and_not_printed() {
    let mut report = sample_report();
    report.tables[2].rows =
        (0..50).map(|row| vec![json!(format!("u{row}")), if row < 3 { json!(40) } else { json!("<10") }]).collect();
    let Some(bytes) = pdf(&report, Language::Zh) else { return };
    let Some(pages) = pages_of(&bytes) else { return };
    let text = pages.concat();
    assert!(text.contains("另有 47 行的数字全部为 <10") && text.contains("u2") && !text.contains("u30"), "{text}");
}

#[test]
fn the_memo_is_the_first_page_and_the_figures_follow() {
    let mut report = sample_report();
    report.memo = Some(sample_memo());
    report.metrics[0].target = Some(20_000.0);
    let Some(bytes) = pdf(&report, Language::Zh) else { return };
    let Some(pages) = pages_of(&bytes) else { return };
    let parts = [
        "一半会员参与。",
        "阅读人数",
        "20,000",
        "阅读人数增加五成。",
        "观影读得最多。",
        "云杉合作社",
        "U0007",
        "1,234",
        "另有 3 家",
    ];
    let end = ["这段时间没有推送。", "先联系云杉合作社。", "变化超过两个标准误才算。"];
    for part in parts.into_iter().chain(end) {
        assert!(pages[0].contains(part), "{part} is missing in {}", pages[0]);
    }
    assert!(!pages[0].contains("每日/日期") && pages[1].contains("活跃率"), "the figures begin on the next page");
}
