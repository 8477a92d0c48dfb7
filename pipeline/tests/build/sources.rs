//! Files of several sources about the same members and items: the built tables do not depend on their order, and no source takes
//! away what another one said.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use zhihui_data::{ErasedIds, Table, Zone};
use zhihui_pipeline::config::IngestLimits;
use zhihui_pipeline::ingest::sheet::SheetDecoder;
use zhihui_pipeline::ingest::{KnownFiles, Request, Silent, ingest};

use super::home::{Home, time};

const NOW: &str = "2026-11-22T04:00:00Z";

async fn add(home: &Home, name: &str, text: &str) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("written");
    let request = Request {
        paths: vec![path],
        excluded: Vec::new(),
        known: KnownFiles::new(),
        table: None,
        sources: Vec::new(),
        zone: Zone::default(),
        as_of: time(NOW),
        run_id: "run".to_owned(),
        limits: IngestLimits::default(),
        erased: ErasedIds::default(),
        decoder: SheetDecoder::InProcess,
        scratch: folder.path().to_owned(),
    };
    let report = ingest(&home.lake, request, Arc::new(Silent)).await.expect("ingested");
    assert_eq!((report.files.len(), report.totals.rejected), (1, 0), "{report:#?}");
}

const FILES: [(&str, &str); 6] = [
    (
        "members-hr.csv",
        "member_id,union_id,birth_date,home_district,updated_at\n1,u1,1980-01-01,朝阳,2026-10-01\n2,u2,1990-01-01,海淀,2026-10-01\n",
    ),
    (
        "members-wechat.csv",
        "member_id,openid,followed_at,personalised,updated_at\n1,o1,2025-01-01,yes,2026-09-01\n2,o2,2025-01-01,no,2026-09-02\n",
    ),
    (
        "members-moves.jsonl",
        "{\"member_id\":\"1\",\"work_district\":\"西城\",\"updated_at\":\"2026-11-01\"}\n\
         {\"member_id\":\"2\",\"home_district\":null,\"updated_at\":\"2026-11-02\"}\n",
    ),
    ("articles-cms.csv", "article_id,title,updated_at\na,A,2026-11-01\n"),
    ("articles-topics.csv", "article_id,topics,updated_at\na,亲子;电影,2026-10-01\n"),
    ("reads.csv", "openid,article_id,read_at\no1,a,2026-11-03\no2,a,2026-11-04\n"),
];

const BUILT: [&str; 5] = ["member_states", "openid_owners", "items", "item_topics", "interactions"];

/// The states of all members by their ids.
async fn states(home: &Home) -> Vec<Value> {
    let mut states = home.rows("member_states").await;
    states.sort_by_key(|row| row["member_id"].to_string());
    states
}

async fn built(home: &Home) -> Vec<Vec<Value>> {
    let mut tables = Vec::new();
    for table in BUILT {
        tables.push(home.rows(table).await);
    }
    tables
}

#[tokio::test(flavor = "multi_thread")]
async fn built_tables_are_the_same_in_any_order_of_files_and_built_at_once_or_by_steps() {
    let at_once = Home::new().await;
    for (name, text) in FILES {
        add(&at_once, name, text).await;
    }
    at_once.build(NOW).await.expect("built");
    let expected = built(&at_once).await;
    let members = states(&at_once).await;
    let of_member = |at: usize, name: &str| members[at][name].as_str().unwrap_or_default().to_owned();
    let columns = ["union_id", "openid", "home_district", "work_district", "personalised", "follows"];
    assert_eq!(columns.map(|name| of_member(0, name)), ["u1", "o1", "朝阳", "西城", "true", "true"]);
    assert_eq!(columns.map(|name| of_member(1, name)), ["u2", "o2", "", "", "false", "true"]);
    for order in [[5, 4, 3, 2, 1, 0], [2, 0, 4, 1, 3, 5], [1, 2, 0, 5, 4, 3]] {
        let by_steps = Home::new().await;
        for at in order {
            add(&by_steps, FILES[at].0, FILES[at].1).await;
            by_steps.build(NOW).await.expect("built");
        }
        assert_eq!(built(&by_steps).await, expected, "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_stands_whatever_file_arrives_after_it() {
    let home = Home::new().await;
    add(&home, "members-1.csv", "member_id,openid,personalised,updated_at\n1,o1,no,2026-10-01\n2,o2,no,2026-10-01\n")
        .await;
    home.add(Table::MemberEvents, &[json!({"event": "opt_out", "member_id": "3", "at": "2026-10-02T00:00:00Z"})]).await;
    for (name, text) in [
        (
            "members-2.csv",
            "member_id,home_district,updated_at\n1,朝阳,2026-11-01\n2,朝阳,2026-11-01\n3,朝阳,2026-11-01\n",
        ),
        ("members-3.csv", "member_id,personalised,updated_at\n1,yes,2026-09-01\n3,yes,2026-09-01\n"),
        ("members-4.jsonl", "{\"member_id\":\"2\",\"gender\":\"female\"}\n{\"member_id\":\"3\",\"gender\":\"male\"}\n"),
    ] {
        add(&home, name, text).await;
        home.build(NOW).await.expect("built");
        let states = states(&home).await;
        let refuses = |row: &Value| row["personalised"] == "false";
        assert_eq!(states.iter().filter(|row| refuses(row)).count(), 3, "after {name}: {states:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_row_without_an_openid_does_not_claim_it_again() {
    let home = Home::new().await;
    add(&home, "members-1.csv", "member_id,openid,updated_at\n1,o1,2026-01-01\n2,,2026-01-01\n").await;
    let bind = json!({"event": "bind", "member_id": "2", "openid": "o1", "at": "2026-02-01T00:00:00Z"});
    home.add(Table::MemberEvents, &[bind]).await;
    add(&home, "members-2.csv", "member_id,home_district,updated_at\n1,朝阳,2026-03-01\n2,海淀,2026-03-01\n").await;
    home.build(NOW).await.expect("built");
    let openids = |states: Vec<Value>| states.iter().map(|row| row["openid"].clone()).collect::<Vec<_>>();
    assert_eq!(openids(states(&home).await), ["", "o1"]);
    assert_eq!(home.rows("openid_owners").await[0]["member_id"], "2");
    add(&home, "members-3.csv", "member_id,openid,updated_at\n1,o1,2026-04-01\n").await;
    home.build(NOW).await.expect("built");
    assert_eq!(openids(states(&home).await), ["o1", ""], "a later claim of the roster");
}
