//! `zhihui sample --format parquet`: read without a mapping, and the same facts as the CSV files.

use serde_json::Value;

use crate::program::Program;

const SIZE: [&str; 10] =
    ["--members", "400", "--unions", "12", "--days", "40", "--seed", "11", "--as-of", "2026-11-20T12:00:00+08:00"];

/// A home with an ingested sample, and the result of ingest.
fn home(words: &[&str]) -> (Program, Value) {
    let program = Program::new();
    let files = program.path("files");
    program.ok(&[&["sample", "--out", files.to_str().unwrap()], &SIZE[..], words].concat());
    let result = program.json(&["ingest", files.to_str().unwrap()]);
    (program, result)
}

#[test]
fn a_parquet_sample_has_the_facts_of_the_clean_csv_sample() {
    let (csv, of_csv) = home(&["--clean"]);
    let (parquet, of_parquet) = home(&["--format", "parquet"]);
    for result in [&of_csv, &of_parquet] {
        assert_eq!(result["totals"]["rejected"], 0, "{result}");
        assert_eq!(result["totals"]["nulled"], 0, "{result}");
    }
    assert_eq!(of_csv["totals"]["new"], of_parquet["totals"]["new"]);
    for file in of_parquet["files"].as_array().unwrap() {
        assert!(file["path"].as_str().unwrap().ends_with(".parquet"), "{file}");
        assert_eq!(
            (&file["status"], &file["unknown_columns"]),
            (&"ingested".into(), &Value::Array(Vec::new())),
            "{file}"
        );
    }
    let tables =
        ["unions", "members", "memberships", "articles", "activities", "reads", "shares", "sign_ups", "pushes"];
    for table in tables.into_iter().chain(["shown", "feedback", "account_statistics"]) {
        let rows = |program: &Program| {
            let rows = program.json(&["sql", &format!("select * from {table}")]);
            let mut rows: Vec<String> = rows.as_array().unwrap().iter().map(Value::to_string).collect();
            rows.sort_unstable();
            rows
        };
        let expected = rows(&csv);
        assert!(!expected.is_empty(), "{table}");
        assert_eq!(rows(&parquet), expected, "{table}");
    }
}

#[test]
fn reads_per_member_are_an_option() {
    let reads = |words: &[&str]| {
        let program = Program::without_home();
        let files = program.path("files");
        let summary = program.json(&[&["sample", "--out", files.to_str().unwrap()], &SIZE[..], words].concat());
        let files = summary["files"].as_array().unwrap().iter().filter(|file| file["table"] == "reads");
        files.map(|file| file["rows"].as_u64().unwrap()).sum::<u64>()
    };
    let (fewer, more) = (reads(&["--reads-per-member", "20"]), reads(&["--reads-per-member", "80"]));
    assert!(3 * fewer < more && more < 6 * fewer, "{fewer} and {more}");
}
