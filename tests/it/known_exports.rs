//! Exports of WeChat's console and of sign-up tools: a source is suggested, shown and read, from the file alone.

use insta::assert_snapshot;

use crate::program::Program;

/// What a person sees who suggests, pastes, looks and reads, file by file.
#[test]
fn ten_exports_are_suggested_shown_and_read() {
    let program = Program::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/offices");
    let mut names: Vec<String> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names.len(), 10, "{names:?}");
    let settings = program.home().join("zhihui.toml");
    let mut transcript = String::new();
    for name in &names {
        let file = folder.join(name).display().to_string();
        let section = program.ok(&["source", "suggest", &file]);
        let text = std::fs::read_to_string(&settings).unwrap();
        std::fs::write(&settings, format!("{text}\n{section}")).unwrap();
        let shown = program.json(&["ingest", "--dry-run", &file]);
        let preview = &shown["files"][0];
        assert_eq!(preview["status"], "readable", "{name}: {shown}");
        let read = program.json(&["ingest", &file]);
        let report = &read["files"][0];
        for count in ["rows", "rejected", "reject_reasons"] {
            assert_eq!(preview[count], report[count], "{name}: {count}");
        }
        let columns: Vec<String> = preview["tables"][0]["columns"].as_array().unwrap().iter().map(column).collect();
        transcript.push_str(&format!(
            "$ zhihui source suggest {name}\n{section}\n$ zhihui ingest --dry-run {name}\n{}\nfirst row: {}\n\
             $ zhihui ingest {name}\n{} rows, {} new, {} rejected {}\n\n",
            columns.join("\n"),
            preview["sample"][0],
            report["rows"],
            report["new"],
            report["rejected"],
            report["reject_reasons"]
        ));
    }
    let transcript = transcript.replace(&format!("{}/", folder.display()), "");
    assert_snapshot!("ten_exports", transcript);
}

/// A column of the file and what it is read into.
fn column(seen: &serde_json::Value) -> String {
    let into: Vec<&str> = seen["columns"].as_array().unwrap().iter().filter_map(serde_json::Value::as_str).collect();
    let into = if into.is_empty() { "not used".to_owned() } else { into.join(", ") };
    format!("  {} → {into}", seen["header"].as_str().unwrap_or_default())
}
