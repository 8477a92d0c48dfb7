//! Writing, replacing and reading tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use zhihui_data::Table;
use zhihui_pipeline::lake::raw::{nulled_spec, raw_spec, rejects_spec};
use zhihui_pipeline::lake::{CommitMode, LakeError, LakeTable, Written};

use crate::support::{TABLE, append, fresh, info, members_by_place, noon, numbers, rows, spec};

const PLACES: &[&str] = &["plain", "with space", "100%", "朝阳 区/东", "a=b&c", "..", "", "😀%2F"];

async fn write(table: &LakeTable, batch: &RecordBatch) -> Written {
    let mut writer = table.writer();
    writer.write(batch).await.unwrap();
    writer.finish().await.unwrap()
}

#[tokio::test]
async fn any_text_can_be_the_value_of_a_partition() {
    let (_folder, lake, mut table) = fresh(&["place"]).await;
    append(&mut table, &rows(0..80, PLACES), "a").await.unwrap();
    let table = lake.table(TABLE).await.unwrap().unwrap();
    let found = members_by_place(&table).await;
    assert_eq!(found.len(), PLACES.len());
    for (turn, &place) in PLACES.iter().enumerate() {
        let mut expected: Vec<String> = (0..10).map(|n| format!("会员{}", n * PLACES.len() + turn)).collect();
        expected.sort();
        assert_eq!(found[place], expected, "{place}");
    }
}

#[tokio::test]
async fn partitions_are_replaced_and_others_stay() {
    let (_folder, lake, mut table) = fresh(&["place"]).await;
    append(&mut table, &rows(0..80, PLACES), "a").await.unwrap();
    for &place in PLACES {
        let written = write(&table, &rows([1000], &[place])).await;
        let partition = BTreeMap::from([("place".to_owned(), place.to_owned())]);
        table.commit(written, CommitMode::ReplacePartitions(vec![partition]), vec![], info(noon())).await.unwrap();
        let found = members_by_place(&lake.table(TABLE).await.unwrap().unwrap()).await;
        assert_eq!(found[place], ["会员1000"], "{place}");
    }
    assert_eq!(table.rows(), PLACES.len());
    let written = write(&table, &rows(0..3, &["neu"])).await;
    table.commit(written, CommitMode::ReplaceAll, vec![], info(noon())).await.unwrap();
    assert_eq!(numbers(&lake.table(TABLE).await.unwrap().unwrap()).await, [0, 1, 2]);
}

#[tokio::test]
async fn files_are_replaced_once() {
    let (_folder, lake, mut table) = fresh(&[]).await;
    append(&mut table, &rows(0..3, &["a"]), "a").await.unwrap();
    append(&mut table, &rows(3..6, &["a"]), "b").await.unwrap();
    let remove: Vec<_> = table.files().into_iter().take(1).collect();
    let mode = CommitMode::Files { remove };
    table.commit(Written::default(), mode.clone(), vec![], info(noon())).await.unwrap();
    assert_eq!(lake.table(TABLE).await.unwrap().unwrap().rows(), 3);
    let again = table.commit(Written::default(), mode, vec![], info(noon())).await;
    assert!(matches!(again, Err(LakeError::Conflict { .. })), "{again:?}");
}

#[tokio::test]
async fn a_file_has_its_number_of_rows_and_time_range() {
    let (_folder, lake, mut table) = fresh(&["place"]).await;
    append(&mut table, &rows(10..20, &["东区"]), "a").await.unwrap();
    for table in [table, lake.table(TABLE).await.unwrap().unwrap()] {
        let files = table.files();
        assert_eq!((files.len(), files[0].rows), (1, 10));
        let (low, high) = files[0].time_range.unwrap();
        assert!((599_999_000..=600_000_000).contains(&low) && (1_140_000_000..=1_140_001_000).contains(&high));
        assert_eq!(files[0].partition["place"], "东区");
    }
}

#[tokio::test]
async fn rows_that_do_not_fit_are_an_error_that_names_the_column() {
    let (_folder, _, table) = fresh(&["place"]).await;
    let one = |name: &str, value: Option<&str>| {
        let column: ArrayRef = Arc::new(StringArray::from(vec![value]));
        RecordBatch::try_from_iter_with_nullable([(name, column, true)]).unwrap()
    };
    for (batch, word) in
        [(one("colour", Some("red")), "colour"), (one("place", None), "place"), (one("number", Some("seven")), "seven")]
    {
        let message = table.writer().write(&batch).await.unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    }
}

#[tokio::test]
async fn creating_twice_opens_the_same_table_and_other_columns_are_an_error() {
    let (_folder, lake, mut table) = fresh(&["place"]).await;
    append(&mut table, &rows(0..3, &["a"]), "a").await.unwrap();
    assert_eq!(lake.create(&spec(&["place"])).await.unwrap().rows(), 3);
    assert!(matches!(lake.create(&spec(&[])).await, Err(LakeError::SchemaMismatch { .. })));
    let mut other = spec(&["place"]);
    other.schema = Arc::new(Schema::new(vec![Field::new("place", DataType::Utf8, true)]));
    other.statistics.clear();
    let message = lake.create(&other).await.unwrap_err().to_string();
    assert!(message.contains("column at"), "{message}");
    other.name = "../escape".to_owned();
    assert!(matches!(lake.create(&other).await, Err(LakeError::Location(_))));
}

#[tokio::test]
async fn every_contract_table_can_be_created_and_opened() {
    let (_folder, lake, _) = fresh(&[]).await;
    let specs: Vec<_> =
        Table::ALL.iter().map(|&table| raw_spec(table)).chain([rejects_spec(), nulled_spec()]).collect();
    for spec in &specs {
        lake.create(spec).await.unwrap();
        let again = lake.create(spec).await.unwrap();
        assert_eq!(again.statistics(), spec.statistics);
        assert!(lake.table(&spec.name).await.unwrap().is_some());
    }
    assert_eq!(lake.tables().await.unwrap().len(), specs.len() + 1);
    assert!(lake.table("built/nothing").await.unwrap().is_none());
}
