//! Tests files that sources map, from the inbox to the lake.

use std::collections::BTreeSet;

use zhihui_data::Table;
use zhihui_pipeline::ingest::{FileStatus, original_rows};

use crate::support::Home;

const VISITS: &str = "who,when,seen,opened\nm1,2026-11-01 08:00:00,a|b,b\nm2,2026-11-01 09:00:00,a,\nm3,never,a,a\n";
const SOURCES: &str = "[[source]]\nname=\"opened\"\nmatch=\"visits-*.csv\"\ntable=\"reads\"\nexpand=\"opened\"\n\
    columns={member_id=\"who\",read_at=\"when\",article_id=\"opened\"}\n\
    [[source]]\nname=\"seen\"\nmatch=\"visits-*.csv\"\ntable=\"shown\"\nexpand={columns=[\"seen\"],split=\"|\"}\n\
    columns={member_id=\"who\",shown_at=\"when\",item_id=\"seen\"}\nrow_number={position=\"element\"}\n\
    where={column=\"when\",is_not=\"never\"}\n\
    [[source]]\nname=\"shared\"\nmatch=\"visits-*.csv\"\ntable=\"reads\"\nwhere={column=\"opened\",empty=true}\n\
    columns={member_id=\"who\",read_at=\"when\"}\nconstant={article_id=\"home\"}\n";

#[tokio::test(flavor = "multi_thread")]
async fn several_sources_read_one_file_and_count_what_they_leave_out() {
    let home = Home::new().await.with_sources(SOURCES);
    home.file("visits-1.csv", VISITS);
    let report = home.ingest(&home.inbox()).await;
    let counts: Vec<String> = report
        .files
        .iter()
        .map(|file| {
            let counts = &file.counts;
            let source = file.source.as_deref().unwrap_or_default();
            format!("{source}: {} new, {} rejected, {} filtered", counts.new, counts.rejected, counts.filtered)
        })
        .collect();
    let expected = [
        "opened: 1 new, 1 rejected, 1 filtered",
        "seen: 3 new, 0 rejected, 1 filtered",
        "shared: 1 new, 0 rejected, 2 filtered",
    ];
    assert_eq!(counts, expected);
    assert_eq!((report.totals.rows, report.totals.filtered), (6, 4));
    let reads = "select member_id, article_id from reads order by 1";
    assert_eq!(home.rows(reads).await, ["m1 b", "m2 home"]);
    let shown = "select member_id, item_id, position from shown order by 1, 2";
    assert_eq!(home.rows(shown).await, ["m1 a 1", "m1 b 2", "m2 a 1"]);
    assert!(home.ingest(&home.inbox()).await.files.iter().all(|file| file.status == FileStatus::Already));
    let home = home.with_sources(&SOURCES.replace("where={column=\"opened\",empty=true}\n", ""));
    let again = home.ingest(&home.inbox()).await;
    assert_eq!(
        (again.totals.new, again.totals.duplicates, again.totals.filtered),
        (1, 1, 0),
        "a changed source reads anew"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn original_rows_of_a_mapped_file_are_found() {
    let home = Home::new().await.with_sources(SOURCES);
    let path = home.file("visits-1.csv", VISITS.replace(',', ";"));
    let report = home.ingest(&path).await;
    let (sha256, rows) = (report.files[0].sha256.clone().unwrap(), BTreeSet::from([4]));
    let decoding = (&home.decoder, &home.limits);
    let found = original_rows(&path, &sha256, (Table::Reads, &home.sources), decoding, &rows).unwrap().unwrap();
    assert_eq!(
        (found.header.join(" "), found.rows[&4].join(" ")),
        ("who when seen opened".to_owned(), "m3 never a a".to_owned())
    );
    assert_eq!(original_rows(&path, &sha256, (Table::Reads, &[]), decoding, &rows).unwrap(), None);
}
