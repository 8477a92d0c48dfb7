//! Tests the shipped profiles with public data. Skipped unless `ZHIHUI_PUBLIC_DATA` names their folder.

use std::path::PathBuf;

use zhihui_pipeline::ingest::{FileStatus, IngestReport};

use crate::support::Home;

fn folder(name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("ZHIHUI_PUBLIC_DATA").map(|root| PathBuf::from(root).join(name));
    if !found.as_ref().is_some_and(|folder| folder.is_dir()) {
        eprintln!("NOT TESTED: {name} is missing; set ZHIHUI_PUBLIC_DATA to the folder that holds it");
        return None;
    }
    found
}

fn assert_nothing_was_refused(report: &IngestReport) {
    assert!(!report.refused() && report.totals.rejected == 0, "{:#?}", report.totals);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_reads_of_globo_are_ingested_once() {
    let Some(folder) = folder("globo-news") else { return };
    let home = Home::new().await.with_sources(include_str!("../../../data/profiles/globo.toml"));
    let report = home.ingest(&folder).await;
    assert_nothing_was_refused(&report);
    assert_eq!((report.files.len(), report.totals.new), (385, 2_988_181));
    assert_eq!(
        home.rows("select count(distinct member_id), count(distinct article_id) from reads").await,
        ["322897 46033"]
    );
    let again = home.ingest(&folder).await;
    assert!(again.files.iter().all(|file| file.status == FileStatus::Already));
    assert_eq!(again.totals.rows, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn meetup_is_ingested_by_its_profile() {
    let Some(folder) = folder("meetup-montana") else { return };
    let home = Home::new().await.with_sources(include_str!("../../../data/profiles/meetup.toml"));
    let report = home.ingest(&folder).await;
    assert_nothing_was_refused(&report);
    for (table, rows) in
        [("unions", 13), ("members", 1_757), ("memberships", 1_941), ("activities", 1_391), ("sign_ups", 10_416)]
    {
        assert_eq!(home.rows(&format!("select count(*) from {table}")).await, [rows.to_string()], "{table}");
    }
    let tickets = "select count(*) from sign_ups where status = 'cancelled'";
    assert_eq!(home.rows(tickets).await, ["2800"]);
    assert_eq!(home.rows("select min(tickets), max(tickets) from sign_ups").await, ["1 10"]);
    assert_eq!(home.rows("select count(*) from activities where cardinality(topics) > 0").await, ["1391"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn movielens_is_ingested_by_its_profile() {
    let Some(folder) = folder("movielens-100k") else { return };
    let home = Home::new().await.with_sources(include_str!("../../../data/profiles/movielens.toml"));
    let report = home.ingest(&folder).await;
    assert_nothing_was_refused(&report);
    assert_eq!((report.totals.new, report.totals.unresolved), (943 + 1_682 + 100_000, 0));
    let known = "select count(*) from members where birth_date is not null and gender is not null";
    assert_eq!(home.rows(known).await, ["943"]);
}
