//! `zhihui audience-plan`: the numbers of a group are those of its audience.

use crate::journey::{AS_OF, open_activity, union};

#[test]
fn a_plan_shows_what_the_audiences_of_its_groups_show() {
    let program = union();
    let first = open_activity(program);
    let others = program.json(&["sql", "select activity_id from activities order by activity_id desc limit 3"]);
    let others = others.as_array().unwrap().iter().map(|row| row["activity_id"].as_str().unwrap());
    let mut items: Vec<&str> = others.filter(|id| *id != first).collect();
    items.insert(0, &first);
    let plan = program.json(&["audience-plan", "--items", &items.join(","), "--as-of", AS_OF]);
    assert!(!plan["groups"].as_array().unwrap().is_empty(), "{plan}");
    let single = &plan["single"]["expected_responses"]["value"];
    assert!(plan["plan"]["expected_responses"]["value"].as_f64() >= single.as_f64(), "{plan}");
    for (at, group) in plan["groups"].as_array().unwrap().iter().take(3).enumerate() {
        let file = program.file(&format!("group-{at}.json"), group["rule"].to_string());
        let audience = program.json(&["audience", "--item", &first, "--rule", &file, "--as-of", AS_OF]);
        let option = &group["options"][0];
        assert_eq!(option["selected"], audience["selected"], "{group}");
        let [own, other] = [option, &audience].map(|of| of["expected_responses"]["value"].as_f64().unwrap());
        assert!((own - other).abs() < 1e-6, "{group}");
    }
    let text = program.ok(&["audience-plan", "--items", &items.join(","), "--by", "segment", "--as-of", AS_OF]);
    assert!(text.contains('✓'), "{text}");
}

#[test]
fn a_plan_needs_several_known_items() {
    let program = union();
    let item = open_activity(program);
    for (items, says) in [(item.clone(), "2 to 20"), (format!("{item},nowhere"), "nowhere")] {
        let (code, message) = program.fails(&["audience-plan", "--items", &items, "--as-of", AS_OF]);
        assert!(code == 1 && message.contains(says), "{message}");
    }
}
