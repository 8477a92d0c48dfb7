//! The figures of a report equal those that DuckDB computes from the files of the lake, with queries of its own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::journey::{AS_OF, union};
use crate::program::warn;

#[test]
fn duckdb_computes_the_same_figures_from_the_files_of_the_lake() {
    let has_duckdb = Command::new("python3").args(["-c", "import duckdb"]).output().unwrap().status.success();
    if !has_duckdb {
        warn("NOT TESTED: python3 has no duckdb, so no figure was computed again; `make test` installs it");
        return;
    }
    let program = union();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report_check/check.py");
    for (period, month) in [(["2026-10-20", "2026-11-19"], "2026-10-01"), (["2026-10-01", "2026-11-01"], "2026-10-01")]
    {
        let [from, to] = period;
        let report = program.json(&["report", "--from", from, "--to", to, "--as-of", AS_OF]);
        let file = program.file(&format!("check-{from}.json"), report.to_string());
        let output = Command::new("python3")
            .arg(&script)
            .arg(program.home())
            .arg(file)
            .args(["--month", month])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(result["different"], 0, "{result:#}");
        assert!(result["equal"].as_u64() > Some(300), "{result:#}");
        assert_eq!(result["unchecked"].as_array().map(Vec::len), Some(0), "{result:#}");
    }
}
