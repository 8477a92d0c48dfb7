//! `zhihui sql`: formats, files, and one moment for all tables.

use crate::events::small;
use crate::program::Program;

#[test]
fn rows_are_shown_and_written_in_every_format() {
    let program = Program::new();
    let reads = program.file("reads.csv", "member_id,article_id,read_at\nm1,a1,2026-11-01 08:30:00\n");
    program.json(&["ingest", &reads]);
    let sql = "select member_id, read_at from reads";
    assert!(program.ok(&["sql", sql]).contains("2026-11-01 08:30:00+08:00"));
    assert_eq!(program.json(&["sql", sql])[0]["read_at"], "2026-11-01T00:30:00Z");
    let csv = "member_id,read_at\r\nm1,2026-11-01 08:30:00+08:00\r\n";
    assert_eq!(program.ok(&["sql", sql, "--format", "csv"]), csv);
    let out = program.path("rows.csv");
    program.ok(&["sql", sql, "--out", out.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), format!("\u{feff}{csv}"));
    let parquet = program.path("reads-again.parquet");
    program.ok(&["sql", "select * from reads", "--out", parquet.to_str().unwrap()]);
    let again = program.json(&["ingest", parquet.to_str().unwrap()]);
    assert_eq!((&again["totals"]["rows"], &again["totals"]["duplicates"]), (&1.into(), &1.into()), "{again}");
    assert!(program.ok(&["sql", "describe reads"]).contains("reading time in seconds"));
    assert!(program.ok(&["sql", "show tables", "--format", "json"]).contains("\"table\": \"raw_reads\""));
    let (code, message) = program.fails(&["sql", sql, "--out", program.path("rows.txt").to_str().unwrap()]);
    assert!(code == 2 && message.contains("--format"), "{message}");
    let (code, message) = program.fails(&["sql", "select nothing from reads", "--out", out.to_str().unwrap()]);
    assert!(code == 1 && message.contains("nothing"), "{message}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), format!("\u{feff}{csv}"), "a failed query leaves the file");
    let left: Vec<_> =
        std::fs::read_dir(out.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{left:?}");
}

#[test]
fn a_query_as_of_an_instant_reads_built_tables_of_that_instant_only() {
    let program = small();
    let read = "select (select count(*) from reads) as raw, (select count(*) from interactions) as built";
    let first = program.json(&["sql", read, "--as-of", "2026-11-10"]);
    assert_eq!((first[0]["raw"].as_i64(), first[0]["built"].as_i64()), (Some(80), Some(80)), "{first}");
    let (code, message) = program.fails(&["sql", read, "--as-of", "2026-11-05"]);
    assert!(code == 1 && message.contains("interactions") && message.contains("zhihui build --as-of"), "{message}");
    let alone = program.json(&["sql", "select count(*) as n from raw_reads", "--as-of", "2026-11-05"]);
    assert_eq!(alone[0]["n"], 40);
    program.json(&["build", "--as-of", "2026-11-05"]);
    let earlier = program.json(&["sql", read, "--as-of", "2026-11-05"]);
    assert_eq!((earlier[0]["raw"].as_i64(), earlier[0]["built"].as_i64()), (Some(40), Some(40)), "{earlier}");
}
