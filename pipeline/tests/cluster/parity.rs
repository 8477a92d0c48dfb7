//! A build on the cluster makes the tables that a build in one process makes.

use zhihui_data::Table;
use zhihui_pipeline::build::{BuildOptions, TableStatus, build};

use super::comparison::assert_equal_tables;
use super::home::options;
use super::machines::Machines;
use super::union::{AS_OF, filled};

#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_the_rows_of_a_build_in_one_process() {
    let (alone, together) = (filled().await, filled().await);
    let one = build(&alone.lake, &options(AS_OF), &|_| {}).await.expect("built in one process");
    let machines = Machines::start(&together.lake, None);
    let on_cluster = BuildOptions { cluster: Some(machines.options.clone()), ..options(AS_OF) };
    let two = build(&together.lake, &on_cluster, &|_| {}).await.expect("built on the cluster");
    let names = assert_equal_tables(&alone, &together).await;
    assert!(names.len() > 15, "{names:?}");
    assert_eq!(two.unresolved, one.unresolved);
    assert!(one.unresolved > 0, "some reads are of nobody");

    // What one of them built is current for the other.
    let again = build(&together.lake, &options(AS_OF), &|_| {}).await.expect("looked at");
    assert!(again.tables.iter().all(|table| table.status == TableStatus::Skipped), "{:?}", again.tables);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_in_many_files_are_counted_once() {
    let home = filled().await;
    let files = home.lake.table("raw/reads").await.expect("readable").expect("a table").files();
    assert!(files.len() >= 6, "{} files", files.len());
    let reads: usize = files.iter().map(|file| file.rows).sum();
    let machines = Machines::start(&home.lake, None);
    let on_cluster = BuildOptions { cluster: Some(machines.options.clone()), ..options("2027-01-01T00:00:00Z") };
    let report = build(&home.lake, &on_cluster, &|_| {}).await.expect("built");
    let of_reads = |name: &str| name.starts_with(&format!("interactions/{}/", Table::Reads));
    let built: u64 = report.tables.iter().filter(|table| of_reads(&table.name)).map(|table| table.rows).sum();
    let rows = home.rows("interactions").await;
    assert_eq!(rows.iter().filter(|row| row["kind"] == "read").count() as u64, built);
    assert!(built as usize <= reads && built as usize > reads / 2, "{built} interactions of {reads} reads");
}
