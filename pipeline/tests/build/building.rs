//! The tables that builds derive from raw rows, and when builds skip a table.

use serde_json::{Value, json};
use zhihui_data::snapshot::{EventKind, Members, encode};
use zhihui_data::{SignUpStatus, Table};
use zhihui_pipeline::build::{BuildError, BuildReport, TableStatus, assemble, snapshot_before};

use super::home::{Home, options};

fn column(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().expect("a text").to_owned()).collect()
}

fn statuses(report: &BuildReport, name: &str) -> Vec<(String, TableStatus)> {
    let of_name = report.tables.iter().filter(|table| table.name.starts_with(name));
    of_name.map(|table| (table.name.clone(), table.status)).collect()
}

async fn small_town() -> Home {
    let home = Home::new().await;
    let members = [
        json!({"member_id": "m1", "openid": "o1", "union_id": "u1", "birth_date": "2000-02-29", "home_district": "x"}),
        json!({"member_id": "m2", "union_id": "u1", "birth_date": "1980-01-01"}),
        json!({"member_id": "m3", "openid": "o3", "unfollowed_at": "2026-02-01T00:00:00Z"}),
    ];
    home.add(Table::Members, &members).await;
    home.add(Table::Unions, &[json!({"union_id": "u1", "name": "One"}), json!({"union_id": "u2"})]).await;
    home.add(Table::Memberships, &[json!({"member_id": "m9", "union_id": "u2"})]).await;
    let article = json!({"article_id": "a1", "topics": ["tea", "films", "tea"], "activity_id": "v1"});
    home.add(Table::Articles, &[article]).await;
    home.add(Table::Activities, &[json!({"activity_id": "v1", "topics": ["tea"], "capacity": 9})]).await;
    let reads = [
        json!({"member_id": "m1", "article_id": "a1", "read_at": "2026-03-01T10:00:00.5Z"}),
        json!({"openid": "o1", "article_id": "a1", "read_at": "2026-03-01T10:00:00.1Z", "read_fraction": 0.5}),
        json!({"event_id": "e1", "openid": "o1", "article_id": "a1", "read_at": "2026-03-01T10:20:00Z"}),
        json!({"event_id": "e2", "openid": "o1", "article_id": "a1", "read_at": "2026-03-01T10:20:00Z"}),
        json!({"openid": "o1", "article_id": "a1", "read_at": "2026-03-01T10:20:00Z"}),
        json!({"openid": "stranger", "article_id": "a1", "read_at": "2026-03-01T10:20:00Z"}),
        json!({"member_id": "m4", "article_id": "a7", "read_at": "2025-11-01T17:20:00Z"}),
        json!({"member_id": "m1", "article_id": "a8", "read_at": "2026-05-01T10:20:00Z"}),
    ];
    home.add(Table::Reads, &reads).await;
    let sign_ups = [
        json!({"member_id": "m1", "activity_id": "v1", "signed_up_at": "2026-02-20T00:00:00Z", "status": "registered",
               "tickets": 2}),
        json!({"member_id": "m2", "activity_id": "v1", "signed_up_at": "2026-02-21T00:00:00Z", "status": "registered"}),
    ];
    home.add(Table::SignUps, &sign_ups).await;
    let cancelled = json!({"openid": "o1", "activity_id": "v1", "signed_up_at": "2026-02-20T00:00:00Z",
                           "status": "cancelled", "updated_at": "2026-02-25T00:00:00Z"});
    home.add(Table::SignUps, &[cancelled]).await;
    home
}

#[tokio::test]
async fn a_read_reported_twice_counts_once_by_member_id_or_openid() {
    let home = small_town().await;
    let report = home.build("2026-03-10T00:00:00Z").await.expect("built");
    assert_eq!(report.unresolved, 1, "the stranger's read is left out and counted");
    let rows = home.rows("interactions").await;
    let reads: Vec<Value> = rows.into_iter().filter(|row| row["kind"] == "read").collect();
    assert_eq!(
        reads.len(),
        4,
        "two event ids in one second are two reads, and the row without an id is one of them: {reads:?}"
    );
    assert!(!column(&reads, "item_id").contains(&"a8".to_owned()), "later reads are left out");
}

#[tokio::test]
async fn the_probability_of_what_was_shown_reaches_the_snapshot() {
    let home = small_town().await;
    let shown = [
        json!({"member_id": "m1", "item_id": "a1", "shown_at": "2026-03-01T09:00:00Z", "propensity": 0.25, "explored": true}),
        json!({"openid": "o1", "item_id": "a1", "shown_at": "2026-03-02T09:00:00Z", "propensity": 1.0, "explored": false}),
        json!({"member_id": "m2", "item_id": "a1", "shown_at": "2026-03-01T09:00:00Z"}),
        json!({"member_id": "m2", "item_id": "v1", "shown_at": "2026-03-01T09:00:00Z", "propensity": 0.0, "explored": true}),
    ];
    home.add(Table::Shown, &shown).await;
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    let snapshot = assemble(&home.lake, &options("2026-03-10T00:00:00Z")).await.expect("assembled");
    let known: Vec<(&str, &str, f32, bool)> = snapshot
        .propensities
        .rows()
        .map(|place| {
            let (members, items) = (&snapshot.members.id, &snapshot.items.id);
            let id = members[place.member as usize].as_str();
            (id, items[place.item as usize].as_str(), place.propensity, place.explored)
        })
        .collect();
    assert_eq!(known, [("m1", "a1", 0.25, true), ("m1", "a1", 1.0, false)]);
    assert!(snapshot.history.places().filter(|&at| snapshot.history.kind(at) == EventKind::Shown).count() == 4);
}

#[tokio::test]
async fn reads_of_an_unknown_openid_count_once_the_roster_has_it() {
    let home = small_town().await;
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    home.add(Table::Members, &[json!({"member_id": "m5", "openid": "stranger"})]).await;
    let report = home.build("2026-03-10T00:00:00Z").await.expect("built");
    assert_eq!(report.unresolved, 0);
    assert_eq!(
        statuses(&report, "interactions/reads/"),
        [
            ("interactions/reads/2025-11".to_owned(), TableStatus::Skipped),
            ("interactions/reads/2026-03".to_owned(), TableStatus::Done),
            ("interactions/reads/2026-05".to_owned(), TableStatus::Skipped),
        ],
        "only months with rows by openid are built again"
    );
    assert!(column(&home.rows("interactions").await, "member_id").contains(&"m5".to_owned()));
}

#[tokio::test]
async fn unchanged_tables_are_skipped() {
    let home = small_town().await;
    let first = home.build("2026-03-10T00:00:00Z").await.expect("built");
    assert!(first.tables.iter().all(|table| table.status == TableStatus::Done));
    let again = home.build("2026-03-10T03:00:00Z").await.expect("built");
    let done: Vec<&str> = again
        .tables
        .iter()
        .filter(|table| table.status == TableStatus::Done)
        .map(|table| table.name.as_str())
        .collect();
    assert!(done.is_empty(), "nothing changed before three o'clock, but these were built again: {done:?}");
    home.add(Table::Reads, &[json!({"member_id": "m2", "article_id": "a1", "read_at": "2026-03-09T00:00:00Z"})]).await;
    let report = home.build("2026-03-10T03:00:00Z").await.expect("built");
    assert_eq!(statuses(&report, "interactions/reads/2025-11")[0].1, TableStatus::Skipped);
    assert_eq!(statuses(&report, "interactions/reads/2026-03")[0].1, TableStatus::Done);
    assert_eq!(statuses(&report, "daily")[0].1, TableStatus::Done);
    assert_eq!(statuses(&report, "sign_up_states")[0].1, TableStatus::Skipped);
}

#[tokio::test]
async fn a_failed_check_publishes_nothing() {
    let home = small_town().await;
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    let before = (home.rows("interactions").await, home.rows("sign_up_states").await);
    let nonsense = json!({"member_id": "m2", "activity_id": "v1", "signed_up_at": "2026-03-02T00:00:00Z",
                          "status": "enthusiastic"});
    home.add(Table::SignUps, &[nonsense]).await;
    home.add(Table::Reads, &[json!({"member_id": "m2", "article_id": "a1", "read_at": "2026-03-09T00:00:00Z"})]).await;
    let refused = home.build("2026-03-10T00:00:00Z").await.expect_err("refused");
    let message = refused.to_string();
    assert!(matches!(&refused, BuildError::Check { table, .. } if table == "sign_up_states"), "{message}");
    assert!(message.contains("enthusiastic") && !message.contains("m2"), "{message}");
    assert_eq!((home.rows("interactions").await, home.rows("sign_up_states").await), before);
}

#[tokio::test]
async fn the_snapshot_contains_every_member_in_any_row() {
    let home = small_town().await;
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    let mut snapshot = assemble(&home.lake, &options("2026-03-10T00:00:00Z")).await.expect("assembled");
    let members = &snapshot.members;
    assert_eq!(members.id, ["m1", "m2", "m3", "m4", "m9"]);
    assert_eq!(members.age[..2], [26, 46]);
    assert_eq!(members.follows, [true, false, false, false, false]);
    let stages: Vec<&str> = members.lifecycle.iter().map(|&stage| Members::LIFECYCLE[usize::from(stage)]).collect();
    assert_eq!(stages, ["new", "new", "silent", "dormant", "silent"]);
    assert_eq!(snapshot.items.id, ["a1", "a7", "v1"]);
    assert_eq!(snapshot.topics, ["films", "tea"]);
    assert_eq!(snapshot.items.announces[0], 2, "the article announces the activity");
    assert_eq!(snapshot.items.seats_taken, [0, 0, 1]);
    let statuses: Vec<SignUpStatus> = snapshot.sign_ups.status.clone();
    assert_eq!(statuses, [SignUpStatus::Cancelled, SignUpStatus::Registered]);
    let kinds: Vec<EventKind> = snapshot.history.of(0).map(|row| snapshot.history.kind(row)).collect();
    assert_eq!(
        kinds,
        [EventKind::SignUp, EventKind::Cancel, EventKind::Read, EventKind::Read, EventKind::Read],
        "the openid's cancellation is the member's"
    );

    let cut = super::home::time("2026-02-22T00:00:00Z").timestamp();
    let before = snapshot_before(&snapshot, cut);
    assert_eq!(before.items.seats_taken, [0, 0, 2], "one ticket each, before the cancellation");

    // A build leaves the model empty. With a model of the right shape the snapshot is valid.
    snapshot.model.popularity.overall = vec![0.0; 3];
    snapshot.model.popularity.by_band = vec![0.0; 3 * snapshot.age_bands.count()];
    snapshot.model.preferences.evidence =
        zhihui_data::snapshot::SparseRows::from_rows(vec![Vec::<(u32, f32)>::new(); 5]);
    snapshot.model.preferences.band_shares = vec![0.0; 2 * snapshot.age_bands.count()];
    snapshot.model.preferences.prior_weight = vec![0.0; snapshot.age_bands.count()];
    snapshot.model.preferences.overall_shares = vec![0.0; 2];
    snapshot.model.neighbours = zhihui_data::snapshot::SparseRows::from_rows(vec![Vec::<(u32, f32)>::new(); 3]);
    encode(&snapshot).expect("a valid snapshot");
}

#[tokio::test]
async fn a_build_as_of_an_earlier_instant_ignores_later_rows_and_updates() {
    let home = small_town().await;
    home.add(Table::Members, &[json!({"member_id": "m2", "union_id": "u2", "updated_at": "2026-03-05T00:00:00Z"})])
        .await;
    home.build("2026-02-24T00:00:00Z").await.expect("built");
    let states = home.rows("sign_up_states").await;
    assert_eq!(column(&states, "status"), ["registered", "registered"], "the cancellation is a day later");
    let members = home.rows("member_states").await;
    let of_two = members.iter().find(|row| row["member_id"] == "m2").expect("known");
    assert_eq!(of_two["union_id"], "u1", "the move to another union is later");
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    let members = home.rows("member_states").await;
    assert_eq!(members.iter().find(|row| row["member_id"] == "m2").expect("known")["union_id"], "u2");
}

#[tokio::test]
async fn an_empty_lake_builds_empty_tables() {
    let home = Home::new().await;
    home.build("2026-03-10T00:00:00Z").await.expect("built");
    let snapshot = assemble(&home.lake, &options("2026-03-10T00:00:00Z")).await.expect("assembled");
    assert!(snapshot.members.id.is_empty() && snapshot.items.id.is_empty());
    assert!(home.rows("daily").await.is_empty());
}

#[tokio::test]
async fn undescribed_articles_are_excluded_only_if_some_article_is_described() {
    let home = Home::new().await;
    home.add(Table::Members, &[json!({"member_id": "m1"})]).await;
    let read = |article: &str| json!({"member_id": "m1", "article_id": article, "read_at": "2026-03-01T10:00:00Z"});
    home.add(Table::Reads, &[read("a1"), read("a2")]).await;
    let described = json!({"activity_id": "v1", "title": "Films", "topics": ["films"]});
    home.add(Table::Activities, &[described, json!({"activity_id": "v2"})]).await;
    let undescribed = async |home: &Home| {
        home.build("2026-03-10T00:00:00Z").await.expect("built");
        let snapshot = assemble(&home.lake, &options("2026-03-10T00:00:00Z")).await.expect("assembled");
        snapshot.undescribed.iter().map(|&row| snapshot.items.id[row as usize].clone()).collect::<Vec<String>>()
    };
    assert_eq!(undescribed(&home).await, ["v2"]);
    home.add(Table::Articles, &[json!({"article_id": "a1", "title": "Tea", "topics": ["tea"]})]).await;
    assert_eq!(undescribed(&home).await, ["a2", "v2"]);
}
