//! Failures of a cluster: nothing is lost, and nothing is counted twice.

use futures::TryStreamExt;
use object_store::path::Path;
use zhihui_pipeline::build::{BuildOptions, build};
use zhihui_pipeline::cluster::{ClusterOptions, Fault, SchedulerAddress};

use super::comparison::assert_equal_tables;
use super::home::options;
use super::machines::Machines;
use super::union::{AS_OF, filled};

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_fail_after_writing_leave_no_row_twice() {
    let (alone, together) = (filled().await, filled().await);
    build(&alone.lake, &options(AS_OF), &|_| {}).await.expect("built in one process");
    let machines = Machines::start(&together.lake, None);
    let fault = Some(Fault { probability: 0.15, seed: 5 });
    let cluster = Some(ClusterOptions { fault, ..machines.options.clone() });
    build(&together.lake, &BuildOptions { cluster, ..options(AS_OF) }, &|_| {}).await.expect("built on the cluster");
    let names = assert_equal_tables(&alone, &together).await;
    let (mut written, mut named) = (0, 0);
    for name in names {
        let found = together.lake.store().list(Some(&Path::from(name.as_str()))).try_collect::<Vec<_>>();
        let found =
            found.await.expect("listed").into_iter().filter(|file| file.location.as_ref().ends_with(".parquet"));
        written += found.filter(|file| !file.location.as_ref().contains("_delta_log")).count();
        named += together.lake.table(&name).await.expect("readable").expect("a table").files().len();
    }
    assert!(written > named, "no task failed: all {written} files are in tables");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_always_fails_changes_nothing() {
    let home = filled().await;
    let machines = Machines::start(&home.lake, None);
    let fault = Some(Fault { probability: 1.0, seed: 5 });
    let cluster = Some(ClusterOptions { fault, ..machines.options.clone() });
    let failed = build(&home.lake, &BuildOptions { cluster, ..options(AS_OF) }, &|_| {}).await;
    let message = failed.expect_err("no job succeeds").to_string();
    assert!(message.contains("building "), "{message}");
    let tables = home.lake.tables().await.expect("tables");
    for name in tables.iter().filter(|name| name.starts_with("built/")) {
        let table = home.lake.table(name).await.expect("readable").expect("a table");
        assert_eq!(table.rows(), 0, "{name} has rows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_that_does_not_answer_is_an_error_that_names_the_step() {
    let home = filled().await;
    let address = SchedulerAddress { host: "127.0.0.1".to_owned(), port: 9 };
    let cluster = Some(ClusterOptions::at(address));
    let failed = build(&home.lake, &BuildOptions { cluster, ..options(AS_OF) }, &|_| {}).await;
    let message = failed.expect_err("nobody listens").to_string();
    assert!(message.contains("building "), "{message}");
}
