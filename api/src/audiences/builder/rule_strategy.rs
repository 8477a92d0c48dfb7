//! Arbitrary rules of the contract, for property tests.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::field::{FIELDS, Values};

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9亲子一厂 ,:&=%/.·《-]{1,8}"
}

fn day() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..=28_u32, 1..=12_u32).prop_map(|(day, month)| format!("2026-{month:02}-{day:02}")),
        Just("2026-11-21T08:00:00+08:00".to_owned()),
    ]
}

fn operand(values: Values) -> BoxedStrategy<Value> {
    match values {
        Values::Numbers => prop_oneof![any::<i32>().prop_map(|n| json!(n)), Just(json!(30.5))].boxed(),
        Values::Flags => any::<bool>().prop_map(|flag| json!(flag)).boxed(),
        Values::Days => day().prop_map(|day| json!(day)).boxed(),
        _ => name().prop_map(|name| json!(name)).boxed(),
    }
}

fn comparison() -> impl Strategy<Value = Value> {
    (0..FIELDS.len()).prop_flat_map(|at| {
        let (field, values) = (FIELDS[at].name, FIELDS[at].values);
        let is_ordered = matches!(values, Values::AgeBands | Values::Numbers | Values::Days);
        let single = if is_ordered { vec!["eq", "ne", "at_least", "at_most"] } else { vec!["eq", "ne"] };
        let many = prop::collection::vec(operand(values), 1..4);
        prop_oneof![
            (prop::sample::select(single), operand(values))
                .prop_map(move |(operator, value)| json!({ "field": field, operator: value })),
            (prop::sample::select(vec!["in", "not_in"]), many)
                .prop_map(move |(operator, values)| json!({ "field": field, operator: values })),
            any::<bool>().prop_map(move |flag| json!({ "field": field, "is_unknown": flag })),
        ]
    })
}

fn did() -> impl Strategy<Value = Value> {
    let events = ["read", "share", "shown", "sign_up", "attended", "cancel", "push", "feedback"];
    let kind = prop::sample::select(vec!["article", "activity", "venue"]);
    let count =
        prop::option::of((prop::sample::select(vec!["at_least", "at_most", "exactly", "distinct_days"]), any::<u32>()));
    let period = prop_oneof![
        Just(Vec::new()),
        (1..1_000_u32).prop_map(|days| vec![("within_days", json!(days))]),
        day().prop_map(|from| vec![("from", json!(from))]),
        day().prop_map(|to| vec![("to", json!(to))]),
        (day(), day()).prop_map(|(from, to)| vec![("from", json!(from)), ("to", json!(to))]),
    ];
    let named = (prop::option::of(name()), prop::option::of(name()), prop::option::of(kind));
    (prop::sample::select(events.to_vec()), named, period, count).prop_map(|(event, named, period, count)| {
        let mut did = json!({ "event": event });
        let (topic, item, kind) = named;
        let texts = [("topic", topic), ("item_id", item), ("kind", kind.map(str::to_owned))];
        let texts = texts.into_iter().filter_map(|(key, text)| Some((key, json!(text?))));
        let count = count.map(|(key, number)| (key, json!(number)));
        texts.chain(period).chain(count).for_each(|(key, value)| did[key] = value);
        json!({ "did": did })
    })
}

/// A rule.
pub(super) fn rule() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => comparison(),
        4 => did(),
        1 => (name(), 0..=1_000_u32).prop_map(|(topic, share)| {
            json!({ "preference": { "topic": topic, "at_least": f64::from(share) / 1_000.0 } })
        }),
        1 => name().prop_map(|name| json!({ "segment": name })),
        1 => name().prop_map(|id| json!({ "audience": id })),
        1 => (name(), prop::sample::select(vec!["narrow", "medium", "wide"])).prop_map(|(id, width)| {
            json!({ "similar_to": { "audience": id, "width": width } })
        }),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let many = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            many.clone().prop_map(|all| json!({ "all": all })),
            many.prop_map(|any| json!({ "any": any })),
            inner.prop_map(|not| json!({ "not": not })),
        ]
    })
}
