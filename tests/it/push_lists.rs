//! Push lists with the real program: from an audience to pushes in the lake, sent once; and the allocation of tickets.

use serde_json::{Value, json};

use crate::journey::AS_OF;
use crate::program::Program;

/// Two hours after [`AS_OF`], when the pushes are in the past.
const LATER: &str = "2026-11-20T14:00:00+08:00";

pub(crate) fn union() -> Program {
    let program = Program::new();
    let files = program.path("files");
    let files = files.to_str().unwrap();
    let size = ["--members", "1500", "--unions", "30", "--days", "90", "--seed", "5", "--as-of", AS_OF];
    program.ok(&[&["sample", "--out", files], &size[..]].concat());
    program.json_and_code(&["run", files, "--as-of", AS_OF, "--trials", "0"]);
    program
}

pub(crate) fn key(program: &Program, name: &str) -> String {
    program.json(&["key", "add", name, "--scope", "staff"])["key"].as_str().unwrap().to_owned()
}

/// The open item with the most members in its audience.
pub(crate) fn item(program: &Program) -> String {
    let sql = "select activity_id from activities where capacity is null or capacity > 50 \
               order by starts_at desc nulls last, activity_id limit 30";
    let rows = program.json(&["sql", sql, "--as-of", AS_OF]);
    let selected = |id: &str| {
        let preview = program.run(&["audience", "--item", id, "--as-of", AS_OF, "--json"]);
        serde_json::from_slice::<Value>(&preview.stdout).map_or(0, |value| value["selected"].as_u64().unwrap_or(0))
    };
    let ids = rows.as_array().unwrap().iter().map(|row| row["activity_id"].as_str().unwrap().to_owned());
    ids.max_by_key(|id| selected(id)).unwrap()
}

#[test]
fn a_list_is_approved_by_another_person_and_its_pushes_reach_the_lake_once() {
    let program = union();
    let item = item(&program);
    let (author, approver) = (key(&program, "author"), key(&program, "approver"));
    let before = program.count("pushes");
    let server = program.serve_as_of(AS_OF);
    let body = json!({ "item_id": item, "hold_out": 0.2, "limit": 200, "purpose": "周末活动" });
    let (status, list) = server.post_json("/v1/push-lists", &author, &body);
    assert_eq!(status, 201, "{list}");
    let id = list["id"].as_str().unwrap().to_owned();
    let (push, hold_out) = (list["counts"]["push"].as_i64().unwrap(), list["counts"]["hold_out"].as_i64().unwrap());
    assert!(push > 50 && hold_out > 5, "{}", list["counts"]);
    let step = |key: &str, step: &str| server.post_json(&format!("/v1/push-lists/{id}/{step}"), key, &json!({}));
    assert_eq!(step(&author, "submit").0, 200);
    assert_eq!(step(&author, "approve").0, 403);
    assert_eq!(step(&approver, "approve").0, 200);
    let export = format!("/v1/push-lists/{id}/export?format=csv");
    let (status, file) = server.get(&export, Some(&author));
    assert_eq!(status, 200, "{file}");
    assert!(file.starts_with("\u{feff}rank,member_id,openid,union_id,age_band,probability,reasons"), "{file}");
    assert_eq!(file.lines().count() as i64, push + 1);
    assert_eq!(server.get(&export, Some(&approver)).1, file, "the file is the same at any time");
    drop(server);

    program.json_and_code(&["run", "--as-of", LATER, "--trials", "0"]);
    let pushes = || program.count(&format!("pushes where push_id = '{id}'"));
    assert_eq!((pushes(), program.count("pushes") - before), (push + hold_out, push + hold_out));
    assert_eq!(program.count(&format!("pushes where push_id = '{id}' and arm = 'push'")), push);
    program.json_and_code(&["run", "--as-of", LATER, "--trials", "0"]);
    assert_eq!(pushes(), push + hold_out, "a second run adds nothing");
    let shown = program.json(&["push-list", "show", &id]);
    assert_eq!(shown["state"], "exported");
    assert_eq!(shown["actual_responses"]["push"]["members"], push);
    assert_eq!(shown["members_sha256"], list["members_sha256"]);
    let (code, refused) = program.fails(&["push-list", "approve", &id]);
    assert_eq!(code, 1, "{refused}");
    assert!(refused.contains("exported"), "{refused}");
    program.ok(&["push-list", "close", &id]);
    assert_eq!(program.json(&["push-list", "list"])["push_lists"][0]["state"], "closed");
}

#[test]
fn the_command_line_freezes_topics_and_keeps_members_in_one_list_at_a_time() {
    let program = union();
    let (author, approver) = (key(&program, "author"), key(&program, "approver"));
    let sql = "select topic from topic_weights group by topic order by count(*) desc, topic limit 1";
    let topic = program.json(&["sql", sql, "--as-of", AS_OF])[0]["topic"].as_str().unwrap().to_owned();
    let server = program.serve_as_of(AS_OF);
    let (status, list) = server.post_json("/v1/push-lists", &author, &json!({ "topic": topic, "limit": 100 }));
    assert_eq!((status, &list["item_id"], &list["topic"]), (201, &Value::Null, &json!(topic)), "{list}");
    let id = list["id"].as_str().unwrap().to_owned();
    for (key, step) in [(&author, "submit"), (&approver, "approve")] {
        assert_eq!(server.post_json(&format!("/v1/push-lists/{id}/{step}"), key, &json!({})).0, 200);
    }
    let (status, refused) = server.get(&format!("/v1/push-lists/{id}/export"), Some(&author));
    assert!(status == 400 && refused.contains("choose the article or activity"), "{refused}");
    drop(server);
    let other_list = |extra: &[&str]| {
        let base = ["audience", "--topic", topic.as_str(), "--as-of", AS_OF];
        program.json(&[&base[..], extra].concat())["excluded"]["other_list"].as_u64().unwrap_or(0)
    };
    let pushed = list["counts"]["push"].as_u64().unwrap();
    assert_eq!((other_list(&[]), other_list(&["--one-list-at-a-time"])), (0, pushed));
    assert_eq!(other_list(&["--one-list-at-a-time=false"]), 0);
    let created = program.json(&["push-list", "create", "--topic", &topic, "--one-list-at-a-time", "--limit", "50"]);
    assert_eq!((&created["topic"], &created["one_list_at_a_time"]), (&json!(topic), &json!(true)), "{created}");
    let both = program.fails(&["push-list", "create", "--topic", &topic, "--item", "a"]);
    assert_eq!(both.0, 2, "{}", both.1);
    assert_eq!(program.fails(&["push-list", "create", "--limit", "5"]).0, 2);
}

#[test]
fn variants_of_a_list_are_exported_by_name_and_their_items_reach_the_lake() {
    let program = union();
    let item = item(&program);
    let (author, approver) = (key(&program, "author"), key(&program, "approver"));
    let server = program.serve_as_of(AS_OF);
    let sql = "select article_id from articles where published_at is not null order by published_at desc limit 30";
    let articles = program.json(&["sql", sql, "--as-of", AS_OF]);
    let created = articles.as_array().unwrap().iter().find_map(|row| {
        let second = json!({ "name": "乙", "title": "+1 名额", "item_id": row["article_id"], "share": 0.4 });
        let variants = json!([{ "name": "甲", "title": "=周末\"采摘\"", "share": 0.6 }, second]);
        let body = json!({ "item_id": item, "hold_out": 0.2, "limit": 200, "variants": variants });
        let (status, list) = server.post_json("/v1/push-lists", &author, &body);
        (status == 201 && list["counts"]["push"].as_u64() > Some(50)).then(|| (list, row["article_id"].clone()))
    });
    let (list, article) = created.expect("an article that members of the list have not read");
    let id = list["id"].as_str().unwrap();
    for (key, step) in [(&author, "submit"), (&approver, "approve")] {
        assert_eq!(server.post_json(&format!("/v1/push-lists/{id}/{step}"), key, &json!({})).0, 200);
    }
    drop(server);
    let out = program.path("list.csv");
    program.ok(&["push-list", "export", id, "--out", out.to_str().unwrap()]);
    let file = std::fs::read_to_string(out).unwrap();
    let header = file.lines().next().unwrap();
    assert!(header.ends_with(",reasons,variant,variant_item_id,variant_title"), "{header}");
    let lines = |end: &str| file.lines().filter(|line| line.ends_with(end)).count() as u64;
    let [first, second] = [0, 1].map(|place| list["variants"][place]["push"].as_u64().unwrap());
    assert_eq!(lines(&format!(",甲,{item},\"'=周末\"\"采摘\"\"\"")), first, "no cell is a formula");
    assert_eq!(lines(&format!(",乙,{},'+1 名额", article.as_str().unwrap())), second);
    let shown = program.ok(&["push-list", "show", id, "--lang", "en"]);
    assert!(shown.contains("variant") && shown.contains("乙"), "{shown}");
    let later = "2027-01-01T00:00:00+08:00";
    program.json_and_code(&["run", "--as-of", later, "--trials", "0"]);
    for (place, item) in [(0, item.as_str()), (1, article.as_str().unwrap())] {
        let [push, hold_out] = ["push", "hold_out"].map(|arm| list["variants"][place][arm].as_i64().unwrap());
        let of_item = format!("pushes where push_id = '{id}' and item_id = '{item}'");
        assert_eq!(program.count(&of_item), push + hold_out);
        assert_eq!(program.count(&format!("{of_item} and arm = 'push'")), push);
    }
    for (variant, says) in [("A", "2 to 4"), ("A:x", "not a number")] {
        let refused = program.run(&["push-list", "create", "--item", &item, "--variant", variant]);
        assert!(!refused.status.success());
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn an_allocation_keeps_the_limits_and_a_draw_can_be_repeated() {
    let program = union();
    let sql = "select s.activity_id from sign_ups s join activities a on a.activity_id = s.activity_id \
               where s.status in ('registered', 'attended', 'waitlisted') and a.capacity is not null \
               group by s.activity_id order by count(*) desc, 1 limit 1";
    let activity = program.json(&["sql", sql, "--as-of", AS_OF])[0]["activity_id"].as_str().unwrap().to_owned();
    let draw = |seed: &str| program.json(&["allocate", &activity, "--draw", seed]);
    let first = draw("spring");
    assert_eq!(first, draw("spring"));
    assert_ne!(first["grants"], draw("autumn")["grants"]);
    assert_eq!(
        first["commitment"].as_str().unwrap(),
        program.ok(&["allocate", &activity, "--draw", "spring", "--commit"]).trim()
    );
    let capacity = first["rules"]["capacity"].as_u64().unwrap();
    let granted: u64 = grants(&first, "granted").map(|grant| grant["granted_tickets"].as_u64().unwrap()).sum();
    assert!(granted <= capacity, "{granted} of {capacity}");
    let arrival = program.json(&["allocate", &activity]);
    assert_eq!(arrival["requests_sha256"], first["requests_sha256"]);
    let out = program.path("tickets.csv");
    program.ok(&["allocate", &activity, "--out", out.to_str().unwrap()]);
    let file = std::fs::read_to_string(out).unwrap();
    assert_eq!(file.lines().count(), arrival["grants"].as_array().unwrap().len() + 1);
    assert_eq!(program.fails(&["allocate", "no-such-activity"]).0, 1);
}

fn grants<'a>(allocation: &'a Value, result: &'a str) -> impl Iterator<Item = &'a Value> {
    allocation["grants"].as_array().unwrap().iter().filter(move |grant| grant["result"] == result)
}
