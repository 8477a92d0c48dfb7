//! SQL over the lake: the rows that queries return, and the statements that are refused.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use chrono::DateTime;
use datafusion::prelude::SessionContext;
use tempfile::TempDir;
use zhihui_data::{Table, Zone};
use zhihui_pipeline::lake::Lake;
use zhihui_pipeline::lake::raw::{month_of, raw_spec};
use zhihui_pipeline::sql::{Moment, QueryLimits, RowFormat, SessionLimits, SqlError, query, session, write_rows};

use crate::maintenance::members;
use crate::support::{append, fresh, rows};

const LIMITS: QueryLimits = QueryLimits { time: Duration::from_secs(60), rows: 1000 };

async fn open(lake: &Lake) -> SessionContext {
    session(lake, &SessionLimits { memory_bytes: 256 << 20, threads: 2, spill_dir: None }, None).await.unwrap()
}

/// The rows as JSON text.
async fn ask(session: &SessionContext, sql: &str) -> String {
    serde_json::to_string(&query(session, sql, LIMITS).await.unwrap()).unwrap()
}

#[tokio::test]
async fn an_empty_lake_shows_every_contract_table_without_rows() {
    let folder = TempDir::new().unwrap();
    let session = open(&crate::support::lake(folder.path()).await).await;
    for table in Table::ALL {
        for name in [table.name().to_owned(), format!("raw_{}", table.name())] {
            assert_eq!(ask(&session, &format!("select count(*) as n from {name}")).await, r#"[{"n":0}]"#, "{name}");
        }
    }
    assert_eq!(ask(&session, "select member_id, birth_date from members").await, "[]");
    assert_eq!(ask(&session, "select reason from rejects").await, "[]");
}

#[tokio::test]
async fn a_keyed_table_shows_the_current_row() {
    let (_folder, lake, _) = fresh(&[]).await;
    let mut table = lake.create(&raw_spec(Table::Members)).await.unwrap();
    let batch = members(&[
        ("order", "first", None, 1, 0),
        ("order", "second", None, 1, 1),
        ("batch", "later", None, 2, 0),
        ("batch", "earlier", None, 1, 9),
        ("time", "newest", Some(30), 1, 2),
        ("time", "older though later", Some(20), 3, 0),
        ("mixed", "dated", Some(10), 1, 3),
        ("mixed", "undated, afterwards", None, 2, 1),
        ("mixed again", "undated, before", None, 1, 4),
        ("mixed again", "dated", Some(5), 2, 2),
    ]);
    append(&mut table, &batch, "f").await.unwrap();
    let session = open(&lake).await;
    assert_eq!(
        ask(&session, "select member_id, home_district as d from members order by member_id").await,
        r#"[{"member_id":"batch","d":"later"},{"member_id":"mixed","d":"undated, afterwards"},{"member_id":"mixed again","d":"dated"},{"member_id":"order","d":"second"},{"member_id":"time","d":"newest"}]"#
    );
    assert_eq!(ask(&session, "select count(*) as n from raw_members").await, r#"[{"n":10}]"#);
}

fn columns(list: Vec<(&str, Vec<Option<&str>>)>, times: (&str, &[i64])) -> RecordBatch {
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    for (name, values) in list {
        columns.push((name, Arc::new(StringArray::from(values))));
    }
    let micros = times.1.iter().map(|second| second * 1_000_000);
    columns.push((times.0, Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))));
    let count = i64::try_from(times.1.len()).unwrap();
    columns.push(("_batch", Arc::new(Int64Array::from_iter_values(std::iter::repeat_n(1, times.1.len())))));
    columns.push(("_row", Arc::new(Int64Array::from_iter_values(0..count))));
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

#[tokio::test]
async fn each_member_and_activity_has_one_current_sign_up_also_by_openid() {
    let (_folder, lake, _) = fresh(&[]).await;
    let mut members = lake.create(&raw_spec(Table::Members)).await.unwrap();
    let roster = columns(vec![("member_id", vec![Some("1")]), ("openid", vec![Some("o1")])], ("updated_at", &[0]));
    append(&mut members, &roster, "m").await.unwrap();
    let mut table = lake.create(&raw_spec(Table::SignUps)).await.unwrap();
    let batch = columns(
        vec![
            ("member_id", vec![Some("1"), None, Some("1"), Some("2"), None]),
            ("openid", vec![None, Some("o1"), None, None, Some("stranger")]),
            ("activity_id", vec![Some("A"), Some("A"), Some("B"), Some("A"), Some("A")]),
            (
                "status",
                vec![Some("registered"), Some("cancelled"), Some("attended"), Some("registered"), Some("waitlisted")],
            ),
        ],
        ("signed_up_at", &[10, 20, 5, 30, 40]),
    );
    append(&mut table, &batch, "s").await.unwrap();
    let sql = "select coalesce(member_id, openid) as who, activity_id, status from sign_ups order by who, activity_id";
    assert_eq!(
        ask(&open(&lake).await, sql).await,
        r#"[{"who":"1","activity_id":"B","status":"attended"},{"who":"2","activity_id":"A","status":"registered"},{"who":"o1","activity_id":"A","status":"cancelled"},{"who":"stranger","activity_id":"A","status":"waitlisted"}]"#
    );
}

#[tokio::test]
async fn all_facts_are_shown_and_can_be_filtered_by_month_and_time() {
    let (_folder, lake, _) = fresh(&[]).await;
    let mut table = lake.create(&raw_spec(Table::Reads)).await.unwrap();
    let seconds: [i64; 4] = [1_793_462_399, 1_793_462_400, 1_793_462_401, 1_796_054_400];
    let months: Vec<String> = seconds.iter().map(|s| month_of(Zone::default(), s * 1_000_000)).collect();
    assert_eq!(months, ["2026-10", "2026-11", "2026-11", "2026-12"], "the first second of November is Shanghai's");
    let list = vec![
        ("member_id", vec![Some("1"); 4]),
        ("article_id", vec![Some("R1"), Some("R2"), Some("R2"), Some("R3")]),
        ("month", months.iter().map(|month| Some(month.as_str())).collect()),
    ];
    append(&mut table, &columns(list, ("read_at", &seconds)), "r").await.unwrap();
    let session = open(&lake).await;
    assert_eq!(ask(&session, "select count(*) as n from reads").await, r#"[{"n":4}]"#);
    let november = "select article_id from raw_reads where month = '2026-11'";
    assert_eq!(ask(&session, november).await, r#"[{"article_id":"R2"},{"article_id":"R2"}]"#);
    let late = "select article_id, read_at from reads where read_at >= '2026-11-30T16:00:00Z'";
    assert_eq!(ask(&session, late).await, r#"[{"article_id":"R3","read_at":"2026-11-30T16:00:00Z"}]"#);
    let plan = format!("explain analyze {late}");
    let plan = query(&session, &plan, LIMITS).await.unwrap().to_text();
    assert!(
        plan.contains("files_ranges_pruned_statistics=3 total → 1 matched") || plan.contains("1 matched"),
        "{plan}"
    );
}

#[tokio::test]
async fn built_tables_have_their_own_names() {
    let (_folder, lake, mut table) = fresh(&["place"]).await;
    append(&mut table, &rows(0..10, &["东区", "西 区"]), "a").await.unwrap();
    let sql = "select place, count(*) as n, min(at) as first from visits group by place order by place";
    assert_eq!(
        ask(&open(&lake).await, sql).await,
        r#"[{"place":"东区","n":5,"first":"1970-01-01T00:00:00Z"},{"place":"西 区","n":5,"first":"1970-01-01T00:01:00Z"}]"#
    );
}

#[tokio::test]
async fn only_read_only_statements_run() {
    let (folder, lake, mut table) = fresh(&[]).await;
    append(&mut table, &rows(0..10, &["a"]), "a").await.unwrap();
    let session = open(&lake).await;
    let csv = folder.path().join("file.csv");
    std::fs::write(&csv, "a,b\n1,2\n").unwrap();
    let out = folder.path().join("out");
    let (csv, out) = (csv.display(), out.display());
    let refused = [
        format!("copy visits to '{out}'"),
        format!("copy (select * from visits) to '{out}' stored as csv"),
        format!("create external table t stored as csv location '{csv}'"),
        "create table t as select * from visits".to_owned(),
        "create view v as select 1".to_owned(),
        "select * into t from visits".to_owned(),
        "insert into visits select * from visits".to_owned(),
        "update visits set number = 1".to_owned(),
        "delete from visits".to_owned(),
        "drop table visits".to_owned(),
        "set datafusion.execution.batch_size = 1".to_owned(),
        "reset datafusion.execution.batch_size".to_owned(),
        "prepare p as select 1".to_owned(),
        "select 1; select 2".to_owned(),
        "select 1; drop table visits".to_owned(),
        "explain insert into visits select * from visits".to_owned(),
        format!("explain analyze copy visits to '{out}'"),
        String::new(),
    ];
    for sql in &refused {
        let answer = query(&session, sql, LIMITS).await;
        assert!(matches!(answer, Err(SqlError::Refused(_))), "{sql}: {answer:?}");
    }
    for sql in [
        format!("select * from '{csv}'"),
        format!("select * from \"file://{csv}\""),
        "select * from 'https://example.com/x.parquet'".to_owned(),
        format!("select * from read_csv('{csv}')"),
    ] {
        let message = query(&session, &sql, LIMITS).await.expect_err(&sql).to_string();
        assert!(message.contains("there is no table") || message.contains("not found"), "{sql}: {message}");
    }
    assert!(!folder.path().join("out").exists());
    assert_eq!(ask(&session, "with v as (select * from visits) select count(*) as n from v").await, r#"[{"n":10}]"#);
    assert!(!query(&session, "explain select * from visits", LIMITS).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn time_rows_and_memory_have_limits() {
    let (_folder, lake, mut table) = fresh(&[]).await;
    append(&mut table, &rows(0..2000, &["a"]), "a").await.unwrap();
    let session = open(&lake).await;
    let rows = query(&session, "select * from visits", QueryLimits { rows: 7, ..LIMITS }).await.unwrap();
    assert_eq!((rows.rows.len(), rows.truncated), (7, true));
    let long = "select count(*) from visits a, visits b where a.number < b.number";
    let short = QueryLimits { time: Duration::ZERO, rows: 10 };
    assert!(matches!(query(&session, long, short).await, Err(SqlError::Time(_))));
    let wide = "select a.member || b.member || a.place as x, count(*) from visits a, visits b group by 1 order by 1";
    let small = SessionLimits { memory_bytes: 4 << 20, threads: 1, spill_dir: None };
    let session = zhihui_pipeline::sql::session(&lake, &small, None).await.unwrap();
    let message = query(&session, wide, LIMITS).await.unwrap_err().to_string();
    assert!(message.contains("Resources exhausted") || message.contains("memory"), "{message}");
}

#[tokio::test]
async fn tables_and_columns_are_listed_with_their_meaning() {
    let (_folder, lake, mut table) = fresh(&[]).await;
    append(&mut table, &rows(0..3, &["a"]), "a").await.unwrap();
    let session = open(&lake).await;
    let tables = ask(&session, "show tables").await;
    assert!(tables.contains(r#"{"table":"visits","kind":"built","rows":3}"#), "{tables}");
    assert!(tables.contains(r#"{"table":"reads","kind":"current rows of the data contract","rows":null}"#), "{tables}");
    let columns = ask(&session, "describe reads").await;
    let expected = r#"{"column":"read_fraction","type":"double","meaning":"share of the article read, 0 to 1"}"#;
    assert!(columns.contains(expected), "{columns}");
    let message = query(&session, "describe raeds", LIMITS).await.unwrap_err().to_string();
    assert!(message.contains("did you mean \"reads\"?"), "{message}");
}

#[tokio::test]
async fn one_query_sees_one_moment() {
    let (_folder, lake, mut table) = fresh(&[]).await;
    append(&mut table, &rows(0..3, &["a"]), "a").await.unwrap();
    let mut members_table = lake.create(&raw_spec(Table::Members)).await.unwrap();
    let batch = members(&[("m", "before", Some(10), 1, 0), ("m", "after", Some(30), 2, 0)]);
    append(&mut members_table, &batch, "f").await.unwrap();
    let limits = SessionLimits { memory_bytes: 256 << 20, threads: 2, spill_dir: None };
    let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).unwrap();
    let session = session(&lake, &limits, Some(Moment { as_of: at(20), built: Some(at(20)) })).await.unwrap();
    for name in ["members", "raw_members"] {
        let found = ask(&session, &format!("select home_district as d from {name}")).await;
        assert_eq!(found, r#"[{"d":"before"}]"#, "{name}");
    }
    assert_eq!(ask(&session, "select count(*) as n from visits").await, r#"[{"n":3}]"#);
    let moment = Moment { as_of: at(20), built: Some(at(25)) };
    let session = zhihui_pipeline::sql::session(&lake, &limits, Some(moment)).await.unwrap();
    for sql in ["select count(*) from visits", "select * from members join visits on member_id = member"] {
        let message = query(&session, sql, LIMITS).await.unwrap_err().to_string();
        assert!(message.contains("visits was made as of 1970-01-01T00:00:25"), "{message}");
        assert!(message.contains("zhihui build --as-of 1970-01-01T00:00:20"), "{message}");
    }
    assert_eq!(ask(&session, "select count(*) as n from members").await, r#"[{"n":1}]"#);
}

/// The file of a query's rows.
async fn written(session: &SessionContext, sql: &str, format: RowFormat) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows");
    let file = Box::new(std::fs::File::create(&path).unwrap());
    write_rows(session, sql, LIMITS.time, (format, Zone::default()), file).await.unwrap();
    std::fs::read(&path).unwrap()
}

#[tokio::test]
async fn rows_are_written_as_csv_json_and_parquet() {
    let (_folder, lake, mut table) = fresh(&[]).await;
    append(&mut table, &rows(0..3000, &["=1+1", "b,c"]), "a").await.unwrap();
    let session = open(&lake).await;
    let sql = "select number, at, place, [member, 'x'] as list from visits where number < 2 order by number";
    let text = String::from_utf8(written(&session, sql, RowFormat::Csv { mark: true }).await).unwrap();
    assert_eq!(
        text,
        "\u{feff}number,at,place,list\r\n0,1970-01-01 08:00:00+08:00,'=1+1,会员0;x\r\n\
         1,1970-01-01 08:01:00+08:00,\"b,c\",会员1;x\r\n"
    );
    for (sql, count) in [("select number, at from visits", 3000), ("select number, at from visits where number < 0", 0)]
    {
        let json = written(&session, sql, RowFormat::Json).await;
        let values: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
        assert_eq!(values.len(), count);
        assert!(values.iter().all(|row| row["at"].as_str().unwrap().ends_with('Z')));
        let parquet = bytes::Bytes::from(written(&session, sql, RowFormat::Parquet).await);
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(parquet, 1024).unwrap();
        assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), count);
    }
}
