//! The files of reports by the real program: the figures of the JSON with the same filters, and what a machine without a font says.

use std::process::Command;

use serde_json::Value;

use crate::journey::{AS_OF, union};
use crate::program::Program;

/// Cells of a file of comma-separated text without quoted cells, after its mark and header.
fn cells(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let rows = text.split("\r\n").skip(1).filter(|line| !line.is_empty());
    rows.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// A JSON cell as CSV shows it.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.as_f64().map_or_else(|| other.to_string(), |number| format!("{number}")),
    }
}

/// Whether two cells are equal. `serde_json` reads some numbers with an error in the last digit.
fn is_same(cell: &str, expected: &str) -> bool {
    match (cell.parse::<f64>(), expected.parse::<f64>()) {
        (Ok(left), Ok(right)) => (left - right).abs() <= 4.0 * f64::EPSILON * right.abs(),
        _ => cell == expected,
    }
}

/// What a report notes about a day.
fn notes_of(report: &Value, day: &Value) -> String {
    let day = day.as_str().unwrap();
    let about = |note: &&Value| note["first"].as_str().unwrap() <= day && day <= note["last"].as_str().unwrap();
    let notes = report["day_notes"].as_array().unwrap().iter().filter(about);
    notes.map(|note| note["text"]["zh"].as_str().unwrap()).collect::<Vec<_>>().join("；")
}

/// The text of a PDF file, or `None` where `pdftotext` is missing.
fn pdf_text(program: &Program, bytes: &[u8]) -> Option<String> {
    let path = program.file("asked.pdf", bytes);
    let Ok(output) = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8", &path, "-"]).output() else {
        crate::program::warn("NOT TESTED: pdftotext is missing (package poppler-utils): the text was not compared");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_file_has_the_figures_of_the_report_with_the_same_filters() {
    let program = union();
    let key = program.json(&["key", "add", "files", "--scope", "leader"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    let district = program
        .json(&["sql", "select home_district as d from members where home_district is not null limit 1"])[0]["d"]
        .as_str()
        .unwrap()
        .to_owned();
    let encoded: String = district.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let filters = [
        "from=2026-10-01&to=2026-11-01&compare=last_year".to_owned(),
        format!("from=2026-10-01&to=2026-11-01&district={encoded}"),
    ];
    for filter in filters {
        let (status, report) = server.get_json(&format!("/v1/reports/engagement?{filter}"), &key);
        assert_eq!(status, 200, "{report}");
        let file = |words: &str| server.bytes(&format!("/v1/reports/engagement/export?{filter}&{words}"), &key);
        let of_file: Value = serde_json::from_slice(&file("format=json").1).unwrap();
        let parts = ["from", "to", "filters", "metrics", "tables", "summary", "day_notes"];
        parts.iter().for_each(|part| assert_eq!(of_file[part], report[part], "{filter}: {part}"));
        let (status, metrics) = file("format=csv&table=metrics");
        assert_eq!(status, 200, "{filter}: {}", String::from_utf8_lossy(&metrics));
        let rows = cells(&String::from_utf8(metrics).unwrap());
        for (row, metric) in rows.iter().zip(report["metrics"].as_array().unwrap()) {
            let hidden = metric["suppressed"].as_bool().unwrap();
            let value = if hidden { "<10".to_owned() } else { plain(&metric["value"]) };
            assert_eq!(row[0], metric["name"].as_str().unwrap(), "{filter}");
            let same = is_same(&row[2], &value) && is_same(&row[4], &plain(&metric["previous"]));
            assert!(same, "{filter}: {row:?}, {metric}");
        }
        if let Some(daily) = report["tables"].as_array().unwrap().iter().find(|table| table["name"] == "daily") {
            let rows = cells(&String::from_utf8(file("format=csv&table=daily").1).unwrap());
            let expected: Vec<Vec<String>> = daily["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row.as_array().unwrap().iter().map(plain).chain([notes_of(&report, &row[0])]).collect())
                .collect();
            assert!(expected.iter().any(|row| row.last().unwrap() == "国庆节放假"), "{filter}");
            assert_eq!(rows, expected, "{filter}");
        }
        let page = String::from_utf8(file("format=html&lang=zh").1).unwrap();
        assert!(page.contains(report["summary"]["zh"].as_str().unwrap()), "{filter}");
        let (status, pdf) = file("format=pdf&lang=zh");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&pdf));
        if let Some(text) = pdf_text(program, &pdf) {
            let compact: String = text.split_whitespace().collect();
            let summary = report["summary"]["zh"].as_str().unwrap();
            assert!(compact.contains(&summary.split_whitespace().collect::<String>()), "{filter}: {text}");
            let members =
                report["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "reads").unwrap();
            let reads = members["value"].as_f64();
            let digits = compact.replace(',', "");
            assert!(reads.is_none_or(|reads| digits.contains(&format!("{reads}人次"))), "{filter}: {text}");
            assert!(!filter.contains("district") || compact.contains(&format!("地区：{district}")), "{text}");
        }
    }
    for format in ["xlsx", "csv"] {
        let (status, book) = server.bytes(&format!("/v1/reports/engagement/export?format={format}"), &key);
        assert!(status == 200 && book.starts_with(b"PK\x03\x04") && book.len() > 5_000, "{format}: {}", book.len());
    }
    let (status, problem) = server.get_json("/v1/reports/engagement/export?format=csv&table=weather", &key);
    assert_eq!((status, &problem["code"]), (422, &Value::from("unknown_table")), "{problem}");
    assert!(problem["known"].as_array().unwrap().contains(&Value::from("daily")), "{problem}");
}

#[test]
fn the_command_takes_filters_and_names_the_tables() {
    let program = union();
    let district =
        program.json(&["sql", "select home_district as d from members where home_district is not null limit 1"]);
    let words = ["report", "--district", district[0]["d"].as_str().unwrap(), "--compare", "none", "--as-of", AS_OF];
    let report = program.json(&words);
    assert_eq!(report["filters"]["district"], district[0]["d"], "{}", report["filters"]);
    assert_eq!(report["filters"]["compare"], "none");
    let (code, stderr) = program.fails(&["report", "--compare", "yesterday", "--as-of", AS_OF]);
    assert!(code == 2 && stderr.contains("previous, last_year or none"), "{code}: {stderr}");
    let out = program.path("days.csv");
    let out = out.to_str().unwrap();
    let (code, stderr) = program.fails(&["report", "--out", out, "--as-of", AS_OF]);
    assert!(code == 2 && stderr.contains("--table") && stderr.contains("daily"), "{code}: {stderr}");
    let (_, stderr) = program.fails(&["report", "--out", out, "--table", "weather", "--as-of", AS_OF]);
    assert!(stderr.contains("no such table") && stderr.contains("daily"), "{stderr}");
    program.ok(&["report", "--out", out, "--table", "daily", "--as-of", AS_OF]);
    assert_eq!(cells(&std::fs::read_to_string(out).unwrap()).len(), 30);
}

#[test]
fn without_a_font_the_message_names_the_setting_and_other_files_are_made() {
    let program = Program::new();
    let members = program.file("members.csv", "member_id\n1\n2\n");
    program.ok(&["ingest", &members]);
    program.ok(&["build", "--as-of", AS_OF]);
    let settings = program.home().join("zhihui.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n[report]\nfont = \"fonts/none.ttf\"\n")).unwrap();
    let out = program.path("report.pdf");
    let (code, stderr) = program.fails(&["report", "--out", out.to_str().unwrap(), "--as-of", AS_OF]);
    assert!(code == 1 && stderr.contains("fonts/none.ttf") && stderr.contains("report.font"), "{code}: {stderr}");
    assert!(!out.exists());
    let doctor = program.json_and_code(&["doctor"]).1;
    let check = doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "report_font").unwrap();
    assert!(check["status"] == "warn" && check["message"].as_str().unwrap().contains("none.ttf"), "{check}");
    let key = program.json(&["key", "add", "files", "--scope", "leader"])["key"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    let (status, problem) = server.get_json("/v1/reports/engagement/export?format=pdf", &key);
    assert_eq!((status, &problem["code"]), (503, &Value::from("file_unavailable")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("report.font"), "{problem}");
    assert_eq!(server.status("/v1/reports/engagement/export?format=xlsx", &key), 200);
}
