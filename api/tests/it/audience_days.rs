//! The size of saved audiences by day, and who entered and who left, over the real engine.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use zhihui_api::{Ports, PublishedEngine, Role, Service, Settings, schema};
use zhihui_engine::Engine;

use crate::answer::Answer;
use crate::support::{Fixture, HOUR, NOW, SmallReports, with_key};
use crate::town::{OLDER, Resident, YOUNG, publish, town};

/// `m1` to `m3` are young, `m4` is older.
const FIRST: &[Resident<'_>] = &[("m1", YOUNG, 1), ("m2", YOUNG, 1), ("m3", YOUNG, 2), ("m4", OLDER, 2)];
/// `m2` has become older and `m4` young. `m0` is new, so that the others have other rows in the snapshot.
const SECOND: &[Resident<'_>] =
    &[("m0", OLDER, 1), ("m1", YOUNG, 1), ("m2", OLDER, 1), ("m3", YOUNG, 2), ("m4", YOUNG, 2)];

fn young() -> Value {
    json!({ "field": "age_band", "eq": "25-34" })
}

fn of_bands(bands: &[&str]) -> Value {
    json!({ "field": "age_band", "in": bands })
}

async fn save(fixture: &Fixture, key: &str, rule: &Value) -> String {
    let answer = fixture.post("/v1/audiences", key, &json!({ "name": "年轻人", "rule": rule })).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// A service over the first day, with an audience of young members that has been counted once.
async fn first_day() -> (Fixture, String, String) {
    let fixture = Fixture::unpublished(Settings::default()).await;
    assert_eq!(publish(&fixture, town(0, "a", FIRST)).await, 0, "there is no audience yet");
    let key = fixture.key(Role::Staff).await;
    let id = save(&fixture, &key, &young()).await;
    assert_eq!(fixture.service.compute_audience_days().await.unwrap(), 1, "a new audience is counted at once");
    (fixture, key, id)
}

async fn days(fixture: &Fixture, key: &str, id: &str) -> Vec<schema::AudienceDay> {
    let answer = fixture.get(&format!("/v1/audiences/{id}/days"), key).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str::<schema::AudienceDays>(&answer.text).unwrap().days
}

async fn changed(fixture: &Fixture, key: &str, id: &str, day: &str, change: &str) -> schema::ChangedMembers {
    let answer = fixture.get(&format!("/v1/audiences/{id}/days/{day}/members?change={change}"), key).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

/// Entered, left, entered by rule, left by rule.
async fn members(fixture: &Fixture, key: &str, id: &str, day: &str) -> [Vec<String>; 4] {
    let mut found = [const { Vec::new() }; 4];
    for (place, change) in ["entered", "left", "entered_by_rule", "left_by_rule"].into_iter().enumerate() {
        found[place] = changed(fixture, key, id, day, change).await.members;
        found[place].sort_unstable();
    }
    found
}

async fn delete(fixture: &Fixture, key: &str, address: &str) -> Answer {
    fixture.send(with_key(Request::delete(address), key).body(Body::empty()).unwrap()).await
}

/// The number of rows of a table, or of a part of it.
async fn rows(fixture: &Fixture, table: &str) -> i64 {
    fixture.rows(table).await
}

#[tokio::test]
async fn every_day_says_who_entered_and_who_left() {
    let (fixture, key, id) = first_day().await;
    assert_eq!(publish(&fixture, town(1, "a", SECOND)).await, 1);
    let third = [("m1", OLDER, 1), ("m2", YOUNG, 1), ("m3", YOUNG, 2), ("m4", YOUNG, 2), ("m5", YOUNG, 2)];
    let mut third = town(3, "a", &third);
    third.members.follows[2] = false;
    publish(&fixture, third).await;
    let found = days(&fixture, &key, &id).await;
    let numbers = |day: &schema::AudienceDay| (day.day.clone(), day.size, day.reachable, day.entered, day.left);
    assert_eq!(
        found.iter().map(numbers).collect::<Vec<_>>(),
        [
            ("2026-11-22".to_owned(), 3, 3, None, None),
            ("2026-11-23".to_owned(), 3, 3, Some(1), Some(1)),
            ("2026-11-25".to_owned(), 4, 3, Some(2), Some(1)),
        ]
    );
    let previous = |day: &schema::AudienceDay| day.previous_day.clone();
    assert_eq!(
        found.iter().map(previous).collect::<Vec<_>>(),
        [None, Some("2026-11-22".to_owned()), Some("2026-11-23".to_owned())],
        "a day without a publish is passed over"
    );
    assert!(found.iter().all(|day| !day.rule_changed && day.rule_version == 1 && day.members_kept));
    let none = Vec::<String>::new;
    let second = members(&fixture, &key, &id, "2026-11-23").await;
    assert_eq!(second, [vec!["m4".to_owned()], vec!["m2".to_owned()], none(), none()]);
    let third = members(&fixture, &key, &id, "2026-11-25").await;
    assert_eq!(third, [vec!["m2".to_owned(), "m5".to_owned()], vec!["m1".to_owned()], none(), none()]);
    assert_eq!(members(&fixture, &key, &id, "2026-11-22").await, [none(), none(), none(), none()]);
    let some = fixture.get(&format!("/v1/audiences/{id}/days?from=2026-11-23&to=2026-11-24"), &key).await.json();
    assert_eq!(
        (some["days"].as_array().unwrap().len(), &some["days"][0]["as_of"]),
        (1, &json!("2026-11-23T04:00:00Z"))
    );
    let entries = fixture.store.audit().list(100, None).await.unwrap();
    let seen = entries.iter().filter(|entry| entry.action == "preview" && entry.detail["audience"] == json!(id));
    assert_eq!(seen.count(), 12, "every list of members is in the audit log");
    assert!(entries.iter().all(|entry| !entry.detail.to_string().contains("\"m2\"")));
}

#[tokio::test]
async fn pages_of_a_list_follow_one_another() {
    let (fixture, key, id) = first_day().await;
    let many = [("m1", YOUNG, 1), ("m5", YOUNG, 1), ("m6", YOUNG, 1), ("m7", YOUNG, 1)];
    publish(&fixture, town(1, "a", &many)).await;
    let (mut after, mut found) = (0, Vec::new());
    for next in [Some(2), None] {
        let address = format!("/v1/audiences/{id}/days/2026-11-23/members?change=entered&n=2&after={after}");
        let page: schema::ChangedMembers = serde_json::from_str(&fixture.get(&address, &key).await.text).unwrap();
        assert_eq!((page.total, page.listed, page.next), (3, 3, next));
        found.extend(page.members);
        after = page.next.unwrap_or_default();
    }
    assert_eq!(found, ["m5", "m6", "m7"]);
    let end = format!("/v1/audiences/{id}/days/2026-11-23/members?change=entered&after=9");
    assert_eq!(fixture.get(&end, &key).await.json()["members"], json!([]));
}

#[tokio::test]
async fn a_change_of_the_rule_is_not_mixed_with_the_members() {
    let (fixture, key, id) = first_day().await;
    let rule = json!({ "rule": { "all": [of_bands(&["25-34", "35-44"]), { "field": "union_id", "eq": "u2" }] } });
    assert_eq!(fixture.put(&format!("/v1/audiences/{id}"), &key, &rule).await.status, StatusCode::OK);
    assert_eq!(fixture.service.compute_audience_days().await.unwrap(), 0, "the day was counted with the earlier rule");
    let second = [("m1", OLDER, 1), ("m2", YOUNG, 1), ("m3", YOUNG, 2), ("m5", YOUNG, 1), ("m6", OLDER, 1)];
    publish(&fixture, town(1, "a", &second)).await;
    let day = days(&fixture, &key, &id).await.remove(1);
    assert_eq!((day.rule_version, day.rule_changed, day.size), (2, true, 4));
    let counts = (day.entered, day.left, day.entered_by_rule, day.left_by_rule);
    assert_eq!(counts, (Some(1), Some(0), Some(1), Some(1)));
    // `m5` is young; `m6` meets only the new rule, and `m3` only the earlier one. `m1` meets the new rule, so stays.
    let found = members(&fixture, &key, &id, "2026-11-23").await;
    assert_eq!(found, [vec!["m5"], vec![], vec!["m6"], vec!["m3"]]);
    publish(&fixture, town(2, "a", &second)).await;
    let day = days(&fixture, &key, &id).await.remove(2);
    assert_eq!((day.rule_changed, day.entered, day.entered_by_rule), (false, Some(0), Some(0)));
}

#[tokio::test]
async fn a_change_of_an_audience_behind_the_rule_counts_as_one_of_the_rule() {
    let (fixture, key, inner) = first_day().await;
    let outer = save(&fixture, &key, &json!({ "not": { "audience": inner } })).await;
    fixture.service.compute_audience_days().await.unwrap();
    let change = json!({ "rule": of_bands(&["35-44"]) });
    assert_eq!(fixture.put(&format!("/v1/audiences/{inner}"), &key, &change).await.status, StatusCode::OK);
    assert_eq!(publish(&fixture, town(1, "a", FIRST)).await, 2);
    let day = days(&fixture, &key, &outer).await.remove(1);
    assert_eq!((day.size, day.rule_version, day.rule_changed), (3, 1, true));
    let found = members(&fixture, &key, &outer, "2026-11-23").await;
    assert_eq!(found, [vec![], vec![], vec!["m1", "m2", "m3"], vec!["m4"]]);
}

#[tokio::test]
async fn all_changes_belong_to_the_rule_if_the_earlier_one_is_not_valid_any_more() {
    let (fixture, key, _) = first_day().await;
    let read = json!({ "did": { "event": "read", "topic": "亲子", "at_least": 1 } });
    let id = save(&fixture, &key, &read).await;
    fixture.service.compute_audience_days().await.unwrap();
    let mut second = town(1, "a", SECOND);
    second.sensitive_topics = vec![0];
    assert_eq!(publish(&fixture, second).await, 1, "this audience has no figures on this day");
    assert_eq!(fixture.service.compute_audience_days().await.unwrap(), 0);
    assert_eq!(days(&fixture, &key, &id).await.len(), 1);
    fixture.put(&format!("/v1/audiences/{id}"), &key, &json!({ "rule": young() })).await;
    assert_eq!(fixture.service.compute_audience_days().await.unwrap(), 1, "a new version is tried");
    let day = days(&fixture, &key, &id).await.remove(1);
    let counts = (day.rule_changed, day.entered, day.left, day.entered_by_rule, day.left_by_rule);
    assert_eq!(counts, (true, Some(0), Some(0), Some(3), Some(0)));
}

#[tokio::test]
async fn a_day_is_computed_once_and_a_later_snapshot_of_the_day_replaces_it() {
    let (fixture, key, id) = first_day().await;
    publish(&fixture, town(1, "a", SECOND)).await;
    assert_eq!(publish(&fixture, town(1, "a", SECOND)).await, 0, "the same snapshot again");
    // A process that starts over the same database.
    let clock: zhihui_api::Clock = Arc::new(|| NOW);
    let ports = Ports::new(Arc::new(SmallReports));
    let other = Service::new(Settings::default(), clock, fixture.store.clone(), ports).await.unwrap();
    other.publish(PublishedEngine::new(Engine::new(town(1, "a", SECOND))));
    assert_eq!(other.compute_audience_days().await.unwrap(), 0);
    // Both get the next snapshot of the day at once.
    let mut later = town(1, "b", &[("m1", OLDER, 1), ("m2", YOUNG, 1), ("m3", YOUNG, 2)]);
    later.as_of += HOUR;
    for service in [&fixture.service, &other] {
        service.publish(PublishedEngine::new(Engine::new(later.clone())));
    }
    let (here, there) = tokio::join!(fixture.service.compute_audience_days(), other.compute_audience_days());
    assert_eq!(here.unwrap() + there.unwrap(), 1);
    let found = days(&fixture, &key, &id).await;
    assert_eq!((found.len(), found[1].size, found[1].as_of.as_str()), (2, 2, "2026-11-23T05:00:00Z"));
    let found = members(&fixture, &key, &id, "2026-11-23").await;
    assert_eq!(found, [vec![], vec!["m1"], vec![], vec![]], "compared with the day before");
    // An earlier snapshot, as after a restore of published/, changes nothing.
    assert_eq!(publish(&fixture, town(0, "z", SECOND)).await, 0);
    assert_eq!((days(&fixture, &key, &id).await.len(), rows(&fixture, "audience_day_sets").await), (2, 2));
}

#[tokio::test]
async fn erased_members_and_those_who_refuse_disappear_from_the_lists() {
    let (fixture, key, id) = first_day().await;
    let second = [("m5", YOUNG, 1), ("m6", YOUNG, 1), ("m7", YOUNG, 1)];
    publish(&fixture, town(1, "a", &second)).await;
    let held = fixture.store.erasures().member_rows("m5", &[]).await.unwrap();
    let days_of: Vec<(&str, &str)> = held["audience_days"]
        .iter()
        .map(|row| (row["day"].as_str().unwrap(), row["change"].as_str().unwrap()))
        .collect();
    assert_eq!(days_of, [("2026-11-23", "entered"), ("2026-11-23", "member")]);
    let admin = fixture.key(Role::Admin).await;
    assert!(delete(&fixture, &admin, "/v1/members/m5").await.status.is_success());
    let off = json!({ "personalised": false });
    assert!(fixture.put("/v1/members/m6/personalised", &admin, &off).await.status.is_success());
    let found = changed(&fixture, &key, &id, "2026-11-23", "entered").await;
    assert_eq!((found.total, found.members, found.hidden), (3, vec!["m7".to_owned()], 2));
    assert!(!fixture.store.erasures().member_rows("m5", &[]).await.unwrap().contains_key("audience_days"));
    // The next snapshot still contains the erased member.
    publish(&fixture, town(2, "a", &second)).await;
    let day = days(&fixture, &key, &id).await.remove(2);
    assert_eq!((day.size, day.left), (2, Some(1)));
    assert!(changed(&fixture, &key, &id, "2026-11-24", "left").await.members.is_empty());
    let named = |id: &str| format!("audience_day_members where ids like '%\n{id}\n%'");
    assert_eq!((rows(&fixture, &named("m5")).await, rows(&fixture, &named("m6")).await), (0, 1));
}

#[tokio::test]
async fn audiences_of_a_union_count_and_list_its_members_alone() {
    let (fixture, key, _) = first_day().await;
    let key_of = async |union: &str| {
        let key = fixture.store.keys().add_within("test", Role::Staff, Some(union), NOW).await.unwrap();
        fixture.service.reload_keys().await.unwrap();
        key.key
    };
    let (own, other) = (key_of("u2").await, key_of("u3").await);
    let id = save(&fixture, &own, &young()).await;
    fixture.service.compute_audience_days().await.unwrap();
    // `m1` goes to the other union, and `m2` becomes older.
    publish(&fixture, town(1, "a", &[("m1", YOUNG, 2), ("m2", OLDER, 1), ("m3", YOUNG, 2), ("m4", YOUNG, 2)])).await;
    for key in [&own, &key] {
        let answer = fixture.get(&format!("/v1/audiences/{id}/days"), key).await;
        let found: schema::AudienceDays = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((found.union_id.as_deref(), found.days[0].size, found.days[1].size), (Some("u2"), 2, 0));
    }
    let seen = changed(&fixture, &own, &id, "2026-11-23", "left").await;
    assert_eq!((seen.total, seen.members, seen.hidden), (2, vec!["m2".to_owned()], 1), "m1 is not in the union now");
    assert_eq!(changed(&fixture, &key, &id, "2026-11-23", "left").await.members, ["m1", "m2"]);
    for address in
        [format!("/v1/audiences/{id}/days"), format!("/v1/audiences/{id}/days/2026-11-23/members?change=left")]
    {
        assert_eq!(fixture.get(&address, &other).await.problem(), "unknown_audience");
    }
}

#[tokio::test]
async fn invalid_days_and_parameters_are_refused_by_name() {
    let (fixture, key, id) = first_day().await;
    for (address, parameter) in [
        ("days?from=22.11.2026", "from"),
        ("days?to=2026-02-30", "to"),
        ("days?from=2026-1-2", "from"),
        ("days?from=2026-11-23&to=2026-11-22", "from"),
        ("days/today/members?change=left", "day"),
        ("days/2026-11-22/members", "change"),
        ("days/2026-11-22/members?change=moved", "change"),
        ("days/2026-11-22/members?change=left&after=-1", "after"),
        ("days/2026-11-22/members?change=left&n=0", "n"),
        ("days/2026-11-22/members?change=left&n=10001", "n"),
    ] {
        let answer = fixture.get(&format!("/v1/audiences/{id}/{address}"), &key).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "invalid_parameter"), "{address}");
        assert_eq!(answer.json()["parameter"], parameter, "{address}");
    }
    let unknown = fixture.get(&format!("/v1/audiences/{id}/days/2026-11-21/members?change=left"), &key).await;
    assert_eq!((unknown.status.as_u16(), unknown.problem().as_str()), (404, "unknown_day"));
    for address in ["days", "days/2026-11-22/members?change=left"] {
        let unknown = fixture.get(&format!("/v1/audiences/au_0/{address}"), &key).await;
        assert_eq!(unknown.problem(), "unknown_audience", "{address}");
    }
}

#[tokio::test]
async fn lists_are_kept_for_35_days() {
    let (fixture, key, id) = first_day().await;
    for day in 1..=36 {
        publish(&fixture, town(day, "a", if day % 2 == 1 { SECOND } else { FIRST })).await;
    }
    let found = days(&fixture, &key, &id).await;
    assert_eq!(found.len(), 37, "sizes stay");
    assert_eq!(found.iter().map(|day| day.members_kept).position(|kept| kept), Some(2));
    assert_eq!((rows(&fixture, "audience_day_sets").await, rows(&fixture, "audience_day_changes").await), (2, 2 * 35));
    let gone = fixture.get(&format!("/v1/audiences/{id}/days/2026-11-23/members?change=entered"), &key).await;
    assert_eq!(gone.problem(), "unknown_day");
    assert!(gone.json()["detail"].as_str().unwrap().contains("35 days"), "{}", gone.text);
    assert_eq!(changed(&fixture, &key, &id, "2026-11-24", "entered").await.members, ["m2"]);
}

#[tokio::test]
async fn the_days_of_a_deleted_audience_are_removed_once_it_cannot_be_restored() {
    let (fixture, key, id) = first_day().await;
    publish(&fixture, town(1, "a", SECOND)).await;
    assert_eq!(delete(&fixture, &key, &format!("/v1/audiences/{id}")).await.status, StatusCode::OK);
    let refused = fixture.get(&format!("/v1/audiences/{id}/days"), &key).await;
    assert_eq!(refused.problem(), "unknown_audience");
    fixture.service.compute_audience_days().await.unwrap();
    assert_eq!(rows(&fixture, "audience_days").await, 2, "the deletion can be undone");
    fixture.clock.fetch_add(601, std::sync::atomic::Ordering::Relaxed);
    fixture.service.compute_audience_days().await.unwrap();
    for table in ["audiences", "audience_days", "audience_day_sets", "audience_day_changes"] {
        assert_eq!(rows(&fixture, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_running_service_counts_by_itself() {
    let fixture = Fixture::unpublished(Settings::default()).await;
    fixture.service.publish(PublishedEngine::new(Engine::new(town(0, "a", FIRST))));
    let key = fixture.key(Role::Staff).await;
    let id = save(&fixture, &key, &young()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = zhihui_api::serve(listener, fixture.service.clone(), async move { drop(stopped.await) });
    let serving = tokio::spawn(serving);
    while days(&fixture, &key, &id).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}
