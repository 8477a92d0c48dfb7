//! Maintenance does not change the result of builds, now or as of an earlier instant within the lake's history.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use zhihui_data::{Event, EventType, Table, Zone};
use zhihui_pipeline::ingest::{InboxEvents, add_events};
use zhihui_pipeline::lake::{HistoryDays, maintain};
use zhihui_pipeline::sql::{Moment, QueryLimits, query, session};

use super::event_order::Dice;
use super::home::{Home, limits, time};

const NOW: &str = "2026-03-20T00:00:00Z";
const INBOX: &str = "inbox-1";
/// Days of the streams, and of the history that maintenance keeps.
const DAYS: usize = 60;
const HISTORY: u32 = 20;

async fn drain(home: &Home, rows: &[(u64, Event)]) {
    let events = InboxEvents { inbox: INBOX, rows };
    add_events(&home.lake, events, "test", Zone::default(), time(NOW)).await.expect("drained");
}

/// Runs maintenance and returns the number of removed rows.
async fn maintained(home: &Home) -> usize {
    let lake = home.lake.clone().with_history(HistoryDays::try_from(HISTORY).expect("days"));
    let report = maintain(&lake, time(NOW), chrono::Duration::days(7)).await.expect("maintained");
    report.tables.iter().map(|table| table.superseded_rows).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_keeps_its_tickets_after_check_in_and_maintenance() {
    let home = Home::new().await;
    home.add(Table::Activities, &[json!({"activity_id": "v1"})]).await;
    let mut signed_up = Event::of_member(EventType::SignUp, "m1", time("2026-01-02T10:00:00Z").timestamp_micros());
    signed_up.item_id = Some("v1".to_owned());
    (signed_up.details.tickets, signed_up.details.children) = (Some(3), Some(2));
    let mut check_in = Event::of_member(EventType::CheckIn, "m1", time("2026-02-03T10:00:00Z").timestamp_micros());
    check_in.item_id = Some("v1".to_owned());
    drain(&home, &[(1, signed_up)]).await;
    drain(&home, &[(2, check_in)]).await;
    maintained(&home).await;
    home.build(NOW).await.expect("built");
    let states = home.rows("sign_up_states").await;
    let found = ["status", "tickets", "children", "signed_up_at"].map(|name| states[0][name].as_str().expect("a text"));
    assert_eq!(found, ["attended", "3", "2", "2026-01-02T10:00:00Z"]);
    let kinds: Vec<Value> = home.rows("interactions").await.iter().map(|row| row["kind"].clone()).collect();
    assert!(kinds.contains(&json!("sign_up")) && kinds.contains(&json!("attended")), "{kinds:?}");
    let seen = current(&home, None).await;
    assert!(
        seen["sign_ups"][0].contains("2026-01-02T10:00:00Z") && seen["sign_ups"][0].contains("attended 3 2"),
        "{seen:?}"
    );
}

/// A random instant.
fn some_time(dice: &mut Dice) -> DateTime<Utc> {
    time(NOW) - chrono::Duration::minutes(1 + dice.below(DAYS * 1440) as i64)
}

fn text(at: DateTime<Utc>) -> Value {
    json!(at.to_rfc3339())
}

/// Some rows of one table, as in a file.
fn file(dice: &mut Dice) -> (Table, Vec<Value>) {
    let table = [
        Table::Members,
        Table::Members,
        Table::Unions,
        Table::Articles,
        Table::Activities,
        Table::SignUps,
        Table::Pushes,
    ][dice.below(7)];
    let mut row = |_| {
        let at = text(some_time(dice));
        let mut row = match table {
            Table::Members => json!({
                "member_id": dice.one(&["m1", "m2", "m3"]),
                "union_id": dice.one(&["u1", "u2"]),
                "home_district": dice.one(&["x", "y", "z"]),
            }),
            Table::Unions => json!({"union_id": dice.one(&["u1", "u2"]), "district": dice.one(&["x", "y"])}),
            Table::Articles => json!({"article_id": dice.one(&["a1", "a2"]), "topics": [dice.one(&["tea", "films"])]}),
            Table::Activities => json!({"activity_id": dice.one(&["v1", "v2"]), "capacity": dice.below(9)}),
            Table::Pushes => {
                json!({"push_id": dice.one(&["p1", "p2"]), "member_id": dice.one(&["m1", "m2"]), "item_id": "a1",
                                    "arm": dice.one(&["push", "hold_out"]), "sent_at": at})
            }
            _ => json!({"activity_id": dice.one(&["v1", "v2"]), "signed_up_at": at, "tickets": 1 + dice.below(3),
                        "status": dice.one(&["registered", "cancelled", "attended", "waitlisted"])}),
        };
        match table {
            Table::Members if dice.below(2) == 0 => row["openid"] = json!(dice.one(&["o1", "o2", "o3"])),
            Table::SignUps if dice.below(2) == 0 => row["openid"] = json!(dice.one(&["o1", "o2", "stranger"])),
            Table::SignUps => row["member_id"] = json!(dice.one(&["m1", "m2", "m9"])),
            _ => {}
        }
        if table.column("updated_at").is_some() && dice.below(3) > 0 {
            row["updated_at"] = text(some_time(dice));
        }
        row
    };
    let rows = (0..4).map(&mut row).collect();
    (table, rows)
}

/// One event of the inbox.
fn event(dice: &mut Dice) -> Event {
    use EventType::{Bind, Cancel, CheckIn, Read, SignUp};
    let kind = [SignUp, SignUp, Cancel, CheckIn, Bind, Read][dice.below(6)];
    let mut event = Event::of_member(kind, dice.one(&["m1", "m2", "m3"]), some_time(dice).timestamp_micros());
    let openid = Some(dice.one(&["o1", "o2", "o3"]).to_owned());
    match kind {
        Bind => event.openid = openid,
        _ if dice.below(2) == 0 => (event.member_id, event.openid) = (None, openid),
        _ => {}
    }
    event.item_id = match kind {
        Bind => None,
        Read => Some(dice.one(&["a1", "a2"]).to_owned()),
        _ => Some(dice.one(&["v1", "v2"]).to_owned()),
    };
    event.details.tickets = (kind == SignUp).then(|| 1 + dice.below(4) as u32);
    event
}

/// Files and events in a random order.
async fn streams(dice: &mut Dice) -> Home {
    let home = Home::new().await;
    let mut sequence = 0;
    for _ in 0..16 {
        if dice.below(3) > 0 {
            let (table, rows) = file(dice);
            home.add(table, &rows).await;
            continue;
        }
        let events: Vec<Event> = (0..6).map(|_| event(dice)).collect();
        let rows: Vec<(u64, Event)> = (sequence + 1..).zip(events).collect();
        sequence += rows.len() as u64;
        drain(&home, &rows).await;
    }
    home
}

/// Every built table as of an instant.
async fn built(home: &Home, as_of: DateTime<Utc>) -> BTreeMap<String, Vec<Value>> {
    home.build(&as_of.to_rfc3339()).await.expect("built");
    home.built_tables().await
}

/// The rows that `zhihui sql` shows of every contract table with a key.
async fn current(home: &Home, as_of: Option<DateTime<Utc>>) -> BTreeMap<&'static str, Vec<String>> {
    let session =
        session(&home.lake, &limits(), as_of.map(|as_of| Moment { as_of, built: None })).await.expect("a session");
    let mut tables = BTreeMap::new();
    for table in [Table::Members, Table::Unions, Table::Articles, Table::Activities, Table::SignUps, Table::Pushes] {
        let name = table.name();
        let bounds = QueryLimits { time: Duration::from_secs(60), rows: 1_000 };
        let found = query(&session, &format!("select * from {name}"), bounds).await.expect("answered");
        let line = |row: &Vec<Value>| {
            row.iter()
                .map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(" ")
        };
        let mut rows: Vec<String> = found.rows.iter().map(line).collect();
        rows.sort();
        tables.insert(name, rows);
    }
    tables
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_before_and_after_maintenance_give_the_same_tables() {
    let (now, earliest) = (time(NOW), time(NOW) - chrono::Duration::days(i64::from(HISTORY)));
    let mut superseded = 0;
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let home = streams(&mut dice).await;
        // On another day, because builds of one day share the tables whose inputs are the same.
        let minutes = 1440 + dice.below((HISTORY as usize - 2) * 1440);
        let between = earliest + chrono::Duration::minutes(minutes as i64);
        let instants = [now, between, earliest];
        let mut expected = Vec::new();
        for at in instants {
            expected.push((current(&home, Some(at)).await, built(&home, at).await));
        }
        superseded += maintained(&home).await;
        for (at, (rows, tables)) in instants.into_iter().zip(&expected).rev() {
            assert_eq!(&current(&home, Some(at)).await, rows, "seed {seed}, as of {at}");
            let found = built(&home, at).await;
            for (name, rows) in tables {
                assert_eq!(&found[name], rows, "seed {seed}, as of {at}: {name}");
            }
        }
        let again = maintained(&home).await;
        assert_eq!(again, 0, "seed {seed}: a second maintenance removes nothing");
    }
    assert!(superseded > 20, "only {superseded} rows were superseded, which is too few for this test");
}
