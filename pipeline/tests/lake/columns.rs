//! Tables of an earlier release: raw tables gain columns and keep their rows, built tables change columns with new rows.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use zhihui_data::Table;
use zhihui_pipeline::lake::raw::{raw_spec, rejects_spec};
use zhihui_pipeline::lake::{CommitMode, Lake, LakeError, LakeTable, TableSpec, Written, maintain};
use zhihui_pipeline::sql::{QueryLimits, SessionLimits, query, session};

use crate::support::{TABLE, append, commit_file, fresh, info, noon, numbers, rows, spec};

/// The spec without some columns, as in an earlier release.
fn without(spec: TableSpec, columns: &[&str]) -> TableSpec {
    let kept = spec.schema.fields().iter().filter(|field| !columns.contains(&field.name().as_str())).cloned();
    TableSpec { schema: Arc::new(Schema::new(kept.collect::<Vec<_>>())), ..spec }
}

fn texts(columns: &[(&str, &str)]) -> Vec<(String, ArrayRef)> {
    let column = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
    columns.iter().map(|&(name, value)| (name.to_owned(), column(value))).collect()
}

fn batch(columns: Vec<(String, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

/// The result of `zhihui sql` as JSON.
async fn ask(lake: &Lake, sql: &str) -> String {
    let limits = SessionLimits { memory_bytes: 256 << 20, threads: 2, spill_dir: None };
    let session = session(lake, &limits, None).await.unwrap();
    let bounds = QueryLimits { time: Duration::from_secs(60), rows: 100 };
    serde_json::to_string(&query(&session, sql, bounds).await.unwrap()).unwrap()
}

async fn flags(table: &LakeTable) -> Vec<(String, Option<bool>)> {
    let found = table.read(&table.files(), &["member_id", "team_match"]).await.unwrap();
    let batches: Vec<RecordBatch> = found.try_collect().await.unwrap();
    let of = |batch: &RecordBatch| {
        let (ids, flags) = (batch.column(0).as_string::<i32>().clone(), batch.column(1).as_boolean().clone());
        ids.iter().map(|id| id.unwrap().to_owned()).zip(flags.iter().collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = batches.iter().flat_map(of).collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn a_raw_table_of_an_earlier_release_gains_columns_and_keeps_its_rows() {
    let (folder, lake, _) = fresh(&[]).await;
    let new = raw_spec(Table::Members);
    let mut table = lake.create(&without(new.clone(), &["team_match", "work_district"])).await.unwrap();
    let number = |number| -> ArrayRef { Arc::new(Int64Array::from(vec![number])) };
    let place = |version| vec![("_batch".to_owned(), number(version)), ("_row".to_owned(), number(0))];
    let old = batch([texts(&[("member_id", "1"), ("home_district", "东区")]), place(1)].concat());
    append(&mut table, &old, "old").await.unwrap();

    let sql = "select member_id, home_district, team_match from members order by member_id";
    let seen = r#"[{"member_id":"1","home_district":"东区","team_match":null}"#;
    assert_eq!(ask(&lake, sql).await, format!("{seen}]"), "readers have the new columns without a commit");
    let mut table = lake.create(&new).await.unwrap();
    assert_eq!((table.version(), flags(&table).await), (1, vec![("1".to_owned(), None)]));
    let yes: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    let row = batch([texts(&[("member_id", "2")]), place(2), vec![("team_match".to_owned(), yes)]].concat());
    append(&mut table, &row, "new").await.unwrap();

    let log = folder.path().join("raw/members/_delta_log");
    let metadata = |version: i64| {
        let text = std::fs::read_to_string(log.join(format!("{version:020}.json"))).unwrap();
        let mut actions = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        actions.find_map(|action| action.get("metaData").cloned())
    };
    let (first, second) = (metadata(0).unwrap(), metadata(2).expect("the commit changes the columns"));
    assert_eq!(first["id"], second["id"], "it is the same table");
    assert!(second["schemaString"].as_str().unwrap().contains("team_match"));
    append(&mut table, &batch([texts(&[("member_id", "3")]), place(3)].concat()), "later").await.unwrap();
    assert!(metadata(3).is_none(), "only one commit changes the columns");

    for _ in 0..2 {
        let reopened = crate::support::lake(folder.path()).await;
        let table = reopened.table("raw/members").await.unwrap().unwrap();
        let expected = [("1", None), ("2", Some(true)), ("3", None)].map(|(id, flag)| (id.to_owned(), flag));
        assert_eq!(flags(&table).await, expected);
        assert_eq!((table.transaction("old"), table.transaction("new")), (Some(1), Some(1)));
        let all = r#",{"member_id":"2","home_district":null,"team_match":true},{"member_id":"3","home_district":null,"team_match":null}]"#;
        assert_eq!(ask(&reopened, sql).await, format!("{seen}{all}"));
        for n in 4..8 {
            let mut table = reopened.create(&new).await.unwrap();
            append(&mut table, &batch([texts(&[("member_id", "3")]), place(n)].concat()), &format!("f{n}")).await.ok();
        }
        maintain(&reopened, noon(), chrono::Duration::days(7)).await.unwrap();
    }
}

#[tokio::test]
async fn partitioned_tables_and_rejects_gain_columns_too() {
    let (_folder, lake, _) = fresh(&[]).await;
    let mut reads = lake.create(&without(raw_spec(Table::Reads), &["channel"])).await.unwrap();
    append(&mut reads, &batch(texts(&[("member_id", "1"), ("article_id", "a"), ("month", "2026-11")])), "f")
        .await
        .unwrap();
    assert_eq!(ask(&lake, "select article_id, channel from reads").await, r#"[{"article_id":"a","channel":null}]"#);
    let filtered = "select month, channel from raw_reads where month = '2026-11' and channel is null";
    assert_eq!(ask(&lake, filtered).await, r#"[{"month":"2026-11","channel":null}]"#);
    let mut reads = lake.create(&raw_spec(Table::Reads)).await.unwrap();
    let row = [("member_id", "2"), ("article_id", "b"), ("month", "2026-12"), ("channel", "moments")];
    append(&mut reads, &batch(texts(&row)), "g").await.unwrap();
    let sql = "select article_id, channel from reads order by 1";
    let seen = r#"[{"article_id":"a","channel":null},{"article_id":"b","channel":"moments"}]"#;
    assert_eq!(ask(&lake, sql).await, seen);

    let mut rejects = lake.create(&without(rejects_spec(), &["message"])).await.unwrap();
    append(&mut rejects, &batch(texts(&[("file", "x.csv"), ("reason", "bad_time")])), "f").await.unwrap();
    assert_eq!(ask(&lake, "select reason, message from rejects").await, r#"[{"reason":"bad_time","message":null}]"#);
}

#[tokio::test]
async fn a_raw_table_of_a_later_release_is_an_error_with_a_remedy() {
    let (_folder, lake, _) = fresh(&[]).await;
    lake.create(&raw_spec(Table::Members)).await.unwrap();
    let older = without(raw_spec(Table::Members), &["team_match"]);
    let mut retyped = raw_spec(Table::Members);
    let fields = retyped.schema.fields().iter().map(|field| match field.name().as_str() {
        "personalised" => Field::new("personalised", DataType::Utf8, true),
        _ => field.as_ref().clone(),
    });
    retyped.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    for (spec, column) in [(older, "team_match"), (retyped, "personalised")] {
        let refused = lake.create(&spec).await.unwrap_err();
        let message = refused.to_string();
        assert!(matches!(refused, LakeError::SchemaMismatch { .. }), "{message}");
        assert!(
            message.contains("raw/members") && message.contains(column) && message.contains("release"),
            "{message}"
        );
    }
    let required = Field::new("shoe_size", DataType::Int64, false);
    let mut spec = raw_spec(Table::Members);
    let fields = spec.schema.fields().iter().map(|field| field.as_ref().clone()).chain([required]);
    spec.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    assert!(lake.create(&spec).await.unwrap_err().to_string().contains("shoe_size"), "old rows cannot have a value");
}

#[tokio::test]
async fn a_built_table_changes_columns_and_partitions_with_its_new_rows() {
    for partition_by in [&[][..], &["place"][..]] {
        let (folder, lake, mut old) = fresh(partition_by).await;
        append(&mut old, &rows(0..6, &["东 区", "west"]), "a").await.unwrap();
        let fields = vec![
            Field::new("place", DataType::Utf8, true),
            Field::new("number", DataType::Utf8, true),
            Field::new("colour", DataType::Utf8, true),
        ];
        let new = TableSpec {
            schema: Arc::new(Schema::new(fields)),
            statistics: Vec::new(),
            partition_by: vec!["place".to_owned()],
            ..spec(partition_by)
        };
        let mut table = lake.create_derived(&new).await.unwrap();
        assert!(table.must_be_replaced());
        let mut writer = table.writer();
        writer.write(&batch(texts(&[("place", "西区"), ("number", "seven"), ("colour", "red")]))).await.unwrap();
        let written = writer.finish().await.unwrap();
        let part = table.files()[..1].iter().map(|file| file.partition.clone()).collect();
        if partition_by == ["place"] {
            let partial =
                table.commit(written.clone(), CommitMode::ReplacePartitions(part), vec![], info(noon())).await;
            assert!(matches!(partial, Err(LakeError::SchemaMismatch { .. })), "{partial:?}");
        }
        let appended = table.commit(written.clone(), CommitMode::Append, vec![], info(noon())).await;
        assert!(matches!(appended, Err(LakeError::SchemaMismatch { .. })), "{appended:?}");
        assert_eq!(
            numbers(&lake.table(TABLE).await.unwrap().unwrap()).await,
            (0..6).collect::<Vec<_>>(),
            "the commit did not happen"
        );

        table.commit(written, CommitMode::ReplaceAll, vec![("b".to_owned(), 1)], info(noon())).await.unwrap();
        assert!(!table.must_be_replaced());
        assert!(std::fs::read_to_string(commit_file(folder.path(), 2)).unwrap().contains("metaData"));
        let reopened = crate::support::lake(folder.path()).await;
        let found = reopened.table(TABLE).await.unwrap().unwrap();
        assert_eq!(
            (found.schema(), found.partition_by(), found.rows()),
            (table.schema(), &["place".to_owned()][..], 1)
        );
        assert_eq!((found.transaction("a"), found.transaction("b")), (Some(1), Some(1)));
        let sql = "select place, number, colour from visits";
        assert_eq!(ask(&reopened, sql).await, r#"[{"place":"西区","number":"seven","colour":"red"}]"#);
        assert!(!reopened.create_derived(&new).await.unwrap().must_be_replaced());
        maintain(&reopened, noon(), chrono::Duration::days(7)).await.unwrap();
        assert_eq!(reopened.table(TABLE).await.unwrap().unwrap().rows(), 1);
    }
}

#[tokio::test]
async fn an_empty_table_changes_columns_even_without_rows() {
    let (_folder, lake, _) = fresh(&[]).await;
    let new = without(spec(&[]), &["member"]);
    let mut table = lake.create_derived(&new).await.unwrap();
    table.commit(Written::default(), CommitMode::ReplaceAll, vec![], info(noon())).await.unwrap();
    let found = lake.table(TABLE).await.unwrap().unwrap();
    assert_eq!((found.schema().fields().len(), found.version()), (3, 1));
}
