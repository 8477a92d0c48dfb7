//! A build gives built tables of an earlier release the current columns.

use std::sync::Arc;

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use serde_json::json;
use zhihui_data::Table;
use zhihui_pipeline::build::{TableStatus, assemble};
use zhihui_pipeline::lake::{CommitInfo, CommitMode, TableSpec};

use super::home::{Home, options, time};

const NOW: &str = "2026-03-10T00:00:00Z";

async fn union() -> Home {
    let home = Home::new().await;
    home.add(Table::Members, &[json!({"member_id": "m1", "openid": "o1"}), json!({"member_id": "m2"})]).await;
    home.add(Table::Articles, &[json!({"article_id": "a1", "topics": ["tea"]})]).await;
    let read = |member: &str, at: &str| json!({"member_id": member, "article_id": "a1", "read_at": at});
    home.add(Table::Reads, &[read("m1", "2026-02-01T10:00:00Z"), read("m2", "2026-03-01T10:00:00Z")]).await;
    let push =
        json!({"push_id": "p1", "member_id": "m1", "item_id": "a1", "sent_at": "2026-02-01T00:00:00Z", "arm": "push"});
    home.add(Table::Pushes, &[push]).await;
    home
}

async fn read_again(home: &Home) {
    home.add(Table::Reads, &[json!({"member_id": "m1", "article_id": "a1", "read_at": "2026-03-02T10:00:00Z"})]).await;
}

/// Removes a column from a built table, as if an earlier release had built it. Its rows stay.
async fn remove_column(home: &Home, name: &str, column: &str) {
    let table = home.lake.table(name).await.expect("readable").expect("built");
    let kept: Vec<_> = table.schema().fields().iter().filter(|field| field.name() != column).cloned().collect();
    let names: Vec<String> = kept.iter().map(|field| field.name().clone()).collect();
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let batches: Vec<RecordBatch> =
        table.read(&table.files(), &columns).await.expect("readable").try_collect().await.expect("rows");
    let spec = TableSpec {
        name: name.to_owned(),
        schema: Arc::new(Schema::new(kept)),
        partition_by: table.partition_by().to_vec(),
        statistics: table.statistics().iter().filter(|name| *name != column).cloned().collect(),
    };
    let mut earlier = home.lake.create_derived(&spec).await.expect("planned");
    let mut writer = earlier.writer();
    for batch in &batches {
        writer.write(batch).await.expect("written");
    }
    let written = writer.finish().await.expect("finished");
    let info = CommitInfo { operation: "test".into(), run_id: "test".into(), at: time(NOW) };
    earlier.commit(written, CommitMode::ReplaceAll, Vec::new(), info).await.expect("committed");
    let found = home.lake.table(name).await.expect("readable").expect("built");
    assert!(found.schema().index_of(column).is_err(), "{name} should have lost {column}");
}

#[tokio::test]
async fn interactions_with_other_columns_are_built_again_for_every_month() {
    let (home, other) = (union().await, union().await);
    home.build(NOW).await.expect("built");
    remove_column(&home, "built/interactions", "push_id").await;
    read_again(&home).await;
    read_again(&other).await;
    let report = home.build(NOW).await.expect("built");
    other.build(NOW).await.expect("built");
    let parts: Vec<_> = report.tables.iter().filter(|table| table.name.starts_with("interactions/")).collect();
    assert!(parts.len() >= 4 && parts.iter().all(|part| part.status == TableStatus::Done), "{parts:#?}");
    assert_eq!(home.built_tables().await, other.built_tables().await);
    let again = home.build(NOW).await.expect("built");
    assert!(again.tables.iter().all(|table| table.status == TableStatus::Skipped), "{:#?}", again.tables);
}

#[tokio::test]
async fn every_built_table_of_an_earlier_release_gets_the_current_columns() {
    let (home, other) = (union().await, union().await);
    home.build(NOW).await.expect("built");
    other.build(NOW).await.expect("built");
    remove_column(&home, "built/build_state", "unresolved").await;
    for name in home.lake.tables().await.expect("listed").iter().filter(|name| name.starts_with("built/")) {
        let table = home.lake.table(name).await.expect("readable").expect("built");
        let schema = table.schema();
        let mut columns = schema.fields().iter().map(|field| field.name());
        let last = columns.rfind(|name| !table.partition_by().contains(name)).expect("a column");
        remove_column(&home, name, last).await;
    }
    let refused = assemble(&home.lake, &options(NOW)).await.expect_err("tables without a column").to_string();
    assert!(refused.contains("zhihui build"), "{refused}");
    home.build(NOW).await.expect("a build over tables of an earlier release");
    assert_eq!(home.built_tables().await, other.built_tables().await);
}
