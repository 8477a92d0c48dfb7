//! Maximum size of rules, and cancellation of an evaluation.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use zhihui_engine::{
    Overlay,
    audience::{AudienceError, AudienceRequest, Rule, RuleError, Target},
};

use crate::fixture::{AS_OF, engine};

fn conditions(n: usize) -> Vec<Value> {
    (0..n).map(|age| json!({"field": "age", "ne": age})).collect()
}

fn refused(rule: &Value) -> (&'static str, String) {
    let error = Rule::parse(rule).expect_err("too large");
    (error.code(), error.pointer().to_owned())
}

#[test]
fn rule_has_at_most_200_conditions_and_200_groups() {
    assert!(Rule::parse(&json!({ "all": conditions(200) })).is_ok());
    assert_eq!(refused(&json!({ "all": conditions(201) })), ("rule_too_large", "/all/200".to_owned()));
    let nested = json!({ "any": [{ "all": conditions(150) }, { "not": { "any": conditions(150) } }] });
    assert_eq!(refused(&nested), ("rule_too_large", "/any/1/not/any/50".to_owned()));
    let empty = vec![json!({ "any": [] }); 20_000];
    assert_eq!(refused(&json!({ "all": empty })), ("rule_too_large", "/all/199".to_owned()));
}

#[test]
fn rule_has_at_most_10_000_list_values() {
    let list = |n: usize| (0..n).map(|n| format!("U{n}")).collect::<Vec<_>>();
    let rule = |first: usize, second: usize| json!({ "all": [{ "field": "union_id", "in": list(first) }, { "field": "union_subtree", "not_in": list(second) }] });
    assert!(Rule::parse(&rule(5_000, 5_000)).is_ok());
    assert_eq!(refused(&rule(5_000, 5_001)), ("rule_too_large", "/all/1/not_in".to_owned()));
}

#[test]
fn list_selects_the_union_of_its_values() {
    let (engine, overlay) = (engine(1), Overlay::default());
    let left = |condition: Value| {
        let rule = Some(Rule::parse(&condition).expect("a rule"));
        let request = AudienceRequest { rule, ..AudienceRequest::new(Target::Item("A04".into()), AS_OF) };
        engine.audience(&overlay, &request, &|_| None).expect("an audience").preview.funnel[1].left
    };
    for (field, values) in [
        ("union_id", json!(["U9", "U2", "U1", "U2", "nowhere"])),
        ("union_subtree", json!(["U3", "U1", "nowhere"])),
        ("age", json!([60, 20, 21, 22, 40])),
        ("home_district", json!(["朝阳", "nowhere"])),
    ] {
        let each: Vec<Value> =
            values.as_array().expect("a list").iter().map(|value| json!({ "field": field, "eq": value })).collect();
        let known = left(json!({ "field": field, "is_unknown": false }));
        let listed = left(json!({ "field": field, "in": values }));
        assert_eq!(listed, left(json!({ "any": each })), "{field}");
        assert_eq!(left(json!({ "field": field, "not_in": values })), known - listed, "{field}");
        assert!(listed > 0 && listed < known, "{field}: {listed} of {known}");
    }
}

#[test]
fn evaluation_stops_at_the_next_condition() {
    let (engine, asked) = (engine(1), AtomicUsize::new(0));
    let rule = Some(Rule::parse(&json!({ "all": conditions(200) })).expect("a rule"));
    let request = AudienceRequest { rule, ..AudienceRequest::new(Target::Item("A04".into()), AS_OF) };
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 3;
    let error = engine.audience_until(&Overlay::default(), &request, &|_| None, &stop).expect_err("stopped");
    assert_eq!(error, AudienceError::Rule(RuleError::Stopped { at: "/all/3".into() }));
    assert_eq!(asked.load(Ordering::Relaxed), 4, "later conditions are not evaluated");
}
