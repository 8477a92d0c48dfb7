//! Parsing of rules: no input panics, and accepted rules survive serialisation.

use proptest::prelude::*;
use serde_json::json;
use zhihui_engine::audience::Rule;

/// Any JSON, mostly with words that rules use.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let word = prop::sample::select(vec![
        "all",
        "any",
        "not",
        "did",
        "preference",
        "segment",
        "audience",
        "similar_to",
        "width",
        "narrow",
        "field",
        "eq",
        "ne",
        "in",
        "not_in",
        "at_least",
        "at_most",
        "is_unknown",
        "event",
        "topic",
        "within_days",
        "from",
        "to",
        "exactly",
        "age_band",
        "age",
        "gender",
        "joined_at",
        "read",
        "sign_up",
        "2026-11-21",
        "25-34",
        "",
        "亲子",
        "/",
        "~1",
    ]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<f64>().prop_map(serde_json::Value::from),
        word.clone().prop_map(serde_json::Value::from),
        "\\PC{0,8}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(24, 96, 4, move |inner| {
        let key = prop_oneof![4 => word.clone().prop_map(str::to_owned), 1 => "\\PC{0,4}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec((key, inner), 0..4)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A valid rule.
fn well_formed() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!({})),
        prop::sample::select(vec!["25-34", "35-44", "unknown"])
            .prop_map(|band| json!({"field": "age_band", "eq": band})),
        (0_u32..120).prop_map(|age| json!({"field": "age", "at_least": age})),
        any::<bool>().prop_map(|unknown| json!({"field": "gender", "is_unknown": unknown})),
        (1_u32..400, 0_u32..9)
            .prop_map(|(days, n)| json!({"did": {"event": "read", "within_days": days, "at_least": n}})),
        (0_u32..=100).prop_map(|n| json!({"preference": {"topic": "亲子", "at_least": f64::from(n) / 100.0}})),
        "\\PC{0,12}".prop_map(|name| json!({"segment": name})),
        ("\\PC{0,12}", prop::sample::select(vec!["narrow", "medium", "wide"]))
            .prop_map(|(id, width)| json!({"similar_to": {"audience": id, "width": width}})),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| json!({"all": all})),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|any| json!({"any": any})),
            inner.prop_map(|not| json!({"not": not})),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_parses_to_a_stable_rule_or_an_error(value in any_json()) {
        match Rule::parse(&value) {
            Ok(rule) => {
                let kept = serde_json::to_value(&rule).expect("a rule can be written");
                prop_assert_eq!(Rule::parse(&kept).expect("what was kept is read again"), rule);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn valid_rule_survives_serialisation(value in well_formed()) {
        let rule = Rule::parse(&value).expect("a rule");
        let kept = serde_json::to_value(&rule).expect("a rule can be written");
        prop_assert_eq!(Rule::parse(&kept).expect("a rule"), rule);
    }
}
