//! Rules from files: errors name the position of the mistake.

use serde_json::json;

use crate::journey::{AS_OF, open_activity, union};

#[test]
fn errors_in_a_rule_name_their_position() {
    let program = union();
    let item = open_activity(program);
    let mut deep = json!({"field": "gender", "eq": "male"});
    for _ in 0..25 {
        deep = json!({"not": deep});
    }
    let cases = [
        (json!({"all": [{"field": "gender", "eq": "male"}, {"field": "shoe_size", "eq": 42}]}), "/all/1"),
        (json!({"all": [{"field": "gender"}]}), "/all/0"),
        (json!({"any": {"field": "gender"}}), "any"),
        (json!({"did": {"event": "sleep"}}), "sleep"),
        (deep, "20"),
        (json!({"all": vec![json!({"field": "age", "ne": 30}); 201]}), "/all/200"),
        (json!({"field": "union_id", "in": vec!["U1"; 10_001]}), "10000 values"),
    ];
    for (at, (rule, expected)) in cases.into_iter().enumerate() {
        let file = program.file(&format!("bad-rule-{at}.json"), rule.to_string());
        let (code, message) = program.fails(&["audience", "--item", &item, "--rule", &file, "--as-of", AS_OF]);
        assert!(code == 1 && message.contains(expected), "{rule}: {message}");
    }
}

#[test]
fn a_rule_selects_the_same_members_as_sql() {
    let program = union();
    let item = open_activity(program);
    let rule = json!({"all": [
        {"field": "age_band", "in": ["25-34", "35-44"]},
        {"did": {"event": "read", "within_days": 30, "at_least": 3}},
        {"not": {"field": "home_district", "is_unknown": true}},
    ]});
    let file = program.file("rule-sql.json", rule.to_string());
    let preview = program.json(&["audience", "--item", &item, "--rule", &file, "--as-of", AS_OF]);
    let left = |path: &str| {
        let step = preview["funnel"].as_array().unwrap().iter().find(|step| step["path"] == path).unwrap();
        step["left"].as_i64().unwrap()
    };
    let sql = "select count(*) as n from member_states s where s.age_band in ('25-34', '35-44') and \
               (select count(*) from interactions i where i.member_id = s.member_id and i.kind = 'read' \
                and i.at >= timestamp '2026-10-21T16:00:00') >= 3";
    assert_eq!(left("/all/1"), program.json(&["sql", sql])[0]["n"].as_i64().unwrap());
    assert!(left("/all/2") <= left("/all/1"));
}
