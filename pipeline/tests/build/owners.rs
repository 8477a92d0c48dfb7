//! SQL, build, export and erasure agree about the owner of an openid after it has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use zhihui_data::Table;
use zhihui_pipeline::lake::CommitInfo;
use zhihui_pipeline::members::{Bind, OpenidClaims, Person, erase, openids, rows_of_member};
use zhihui_pipeline::sql::{Moment, QueryLimits, query, session};

use super::home::{Home, limits, time};

const NOW: &str = "2026-03-20T00:00:00Z";

/// `o1` belongs to m1 by an undated roster and to m2 since a bind. It signed up before and after the bind; m2 also signed up by
/// member id.
async fn after_a_bind() -> Home {
    let home = Home::new().await;
    let roster = [
        json!({"member_id": "m1", "openid": "o1", "union_id": "u1"}),
        json!({"member_id": "m2", "union_id": "u1"}),
        json!({"member_id": "m3", "openid": "o3", "union_id": "u1"}),
    ];
    home.add(Table::Members, &roster).await;
    let bind = json!({"event": "bind", "member_id": "m2", "openid": "o1", "at": "2026-02-01T00:00:00Z"});
    home.add(Table::MemberEvents, &[bind]).await;
    let sign_up = |who: &str, id: &str, activity: &str, at: &str, tickets: i64| json!({who: id, "activity_id": activity, "signed_up_at": at, "status": "registered", "tickets": tickets});
    let rows = [
        sign_up("openid", "o1", "v1", "2026-01-10T00:00:00Z", 1),
        sign_up("member_id", "m2", "v1", "2026-01-05T00:00:00Z", 2),
        sign_up("member_id", "m1", "v1", "2026-01-07T00:00:00Z", 3),
        sign_up("openid", "o1", "v2", "2026-02-10T00:00:00Z", 4),
    ];
    home.add(Table::SignUps, &rows).await;
    home
}

/// Member, activity and tickets of the current sign-ups in the built table.
async fn built(home: &Home) -> Vec<[String; 3]> {
    home.build(NOW).await.expect("built");
    let cells =
        |row: &Value| ["member_id", "activity_id", "tickets"].map(|name| row[name].as_str().unwrap_or("").to_owned());
    let mut rows: Vec<[String; 3]> = home.rows("sign_up_states").await.iter().map(cells).collect();
    rows.sort();
    rows
}

/// Activity and tickets of the current sign-ups in `zhihui sql`.
async fn by_sql(home: &Home) -> Vec<(String, i64)> {
    let moment = Moment { as_of: time(NOW), built: None };
    let session = session(&home.lake, &limits(), Some(moment)).await.expect("a session");
    let bounds = QueryLimits { time: Duration::from_secs(60), rows: 1_000 };
    let found = query(&session, "select activity_id, tickets from sign_ups order by 1, 2", bounds).await.expect("rows");
    let cells =
        |row: &Vec<Value>| (row[0].as_str().unwrap_or_default().to_owned(), row[1].as_i64().unwrap_or_default());
    found.rows.iter().map(cells).collect()
}

async fn person(home: &Home, member: &str) -> Person {
    let named = BTreeSet::from([member.to_owned()]);
    let found = openids(&home.lake, &named, &OpenidClaims::default(), time(NOW)).await.expect("read");
    Person { member_id: member.to_owned(), openids: found.get(member).cloned().unwrap_or_default() }
}

async fn forget(home: &Home, person: Person) {
    let info = CommitInfo { operation: "erase".into(), run_id: "test".into(), at: time(NOW) };
    erase(&home.lake, &[person], &info).await.expect("erased");
}

fn rows(states: &[(&str, &str, &str)]) -> Vec<[String; 3]> {
    states.iter().map(|&(member, activity, tickets)| [member, activity, tickets].map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_build_export_and_erasure_agree_about_sign_ups_after_a_bind() {
    let home = after_a_bind().await;
    let expected = rows(&[("m1", "v1", "3"), ("m2", "v1", "1"), ("m2", "v2", "4")]);
    assert_eq!(built(&home).await, expected);
    let expected_by_sql: Vec<(String, i64)> =
        [("v1", 1), ("v1", 3), ("v2", 4)].map(|(id, n)| (id.to_owned(), n)).to_vec();
    assert_eq!(by_sql(&home).await, expected_by_sql);
    let (first, second) = (person(&home, "m1").await, person(&home, "m2").await);
    assert_eq!((first.openids.as_slice(), second.openids.as_slice()), (&[][..], &["o1".to_owned()][..]));
    let export = rows_of_member(&home.lake, &second).await.expect("exported");
    assert_eq!(export["raw"]["sign_ups"].as_array().map(Vec::len), Some(3), "{export}");
    assert!(export["raw"]["members"].as_array().expect("rows").iter().all(|row| row["member_id"] == "m2"), "{export}");
    let export = rows_of_member(&home.lake, &first).await.expect("exported");
    assert_eq!(export["raw"]["sign_ups"].as_array().map(Vec::len), Some(1), "{export}");
    forget(&home, first).await;
    assert_eq!(built(&home).await, expected[1..], "an erasure removes no sign-up of other members");
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_the_new_owner_keeps_the_former_owners_row_without_the_openid() {
    let home = after_a_bind().await;
    forget(&home, person(&home, "m2").await).await;
    assert_eq!(built(&home).await, rows(&[("m1", "v1", "3")]));
    let mut members: Vec<String> =
        home.rows("member_states").await.iter().map(|row| format!("{} {}", row["member_id"], row["openid"])).collect();
    members.sort();
    assert_eq!(members, [r#""m1" """#, r#""m3" "o3""#]);
    for name in home.lake.tables().await.expect("listed") {
        let table = home.lake.table(&name).await.expect("readable").expect("there");
        let batches: Vec<arrow::record_batch::RecordBatch> =
            futures::TryStreamExt::try_collect(table.read(&table.files(), &[]).await.expect("readable"))
                .await
                .expect("rows");
        let text = arrow::util::pretty::pretty_format_batches(&batches).expect("printed").to_string();
        assert!(!text.contains("o1 "), "{name} still knows the openid:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_later_of_two_undated_rosters_decides_the_owner() {
    let home = Home::new().await;
    home.add(Table::Members, &[json!({"member_id": "a", "openid": "o1"}), json!({"member_id": "b", "openid": "o2"})])
        .await;
    home.add(Table::Members, &[json!({"member_id": "b", "openid": "o1"})]).await;
    let sign_up =
        json!({"openid": "o1", "activity_id": "v1", "signed_up_at": "2026-01-10T00:00:00Z", "status": "registered"});
    home.add(Table::SignUps, &[sign_up]).await;
    assert_eq!(built(&home).await, rows(&[("b", "v1", "1")]));
    assert_eq!(person(&home, "a").await.openids, Vec::<String>::new());
    assert_eq!(person(&home, "b").await.openids, ["o1", "o2"], "b keeps o2, because nobody else has it");
}

#[tokio::test(flavor = "multi_thread")]
async fn binds_in_the_event_inbox_count_before_the_drain() {
    let home = Home::new().await;
    home.add(Table::Members, &[json!({"member_id": "m1", "openid": "o1", "updated_at": "2026-01-01T00:00:00Z"})]).await;
    let bind =
        |openid: &str, member: &str, at: &str| Bind { openid: openid.into(), member_id: member.into(), at: time(at) };
    let claims = OpenidClaims {
        binds: vec![
            bind("o1", "m2", "2026-02-01T00:00:00Z"),
            bind("o2", "m1", "2025-01-01T00:00:00Z"),
            bind("o3", "m1", "2026-03-20T10:00:00Z"),
        ],
        snapshot: BTreeMap::from([("o1".to_owned(), "m1".to_owned()), ("o4".to_owned(), "m1".to_owned())]),
    };
    let named = BTreeSet::from(["m1".to_owned(), "m2".to_owned()]);
    let found = openids(&home.lake, &named, &claims, time(NOW)).await.expect("read");
    assert_eq!(found["m1"], ["o2", "o4"], "o1 has another owner, and the bind of o3 is in the future");
    assert_eq!(found["m2"], ["o1"]);
}
