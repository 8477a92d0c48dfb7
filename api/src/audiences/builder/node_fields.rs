//! Converts a tree to the fields of a form and back.
//!
//! A field is named by the node and what it holds, for example `r-0.event`. `is` says what the node is.

use std::collections::BTreeMap;

use zhihui_engine::audience::Rule;

use super::field::{Field, Operator, Values};
use super::node::{Comparison, Condition, CountKind, Did, GroupKind, Node, Period};
use super::node_key::NodeKey;
use super::share::{percent_of_share, share_of_percent};

/// Nodes that a form may contain; a rule has at most as many conditions, and as many groups.
const MAX_NODES: usize = 2 * Rule::MAX_CONDITIONS + 2;

/// The fields of a form by node.
#[derive(Debug, Default)]
pub(crate) struct NodeFields(BTreeMap<NodeKey, Vec<(String, String)>>);

impl NodeFields {
    /// Adds a field. Returns whether its name belongs to a node.
    pub(crate) fn add(&mut self, name: &str, value: &str) -> bool {
        let Some((key, name)) = name.split_once('.') else { return false };
        let Some(key) = NodeKey::parse(key) else { return false };
        self.0.entry(key).or_default().push((name.to_owned(), value.to_owned()));
        true
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tree of the fields; every member if they have none.
    pub(crate) fn tree(&self) -> Node {
        let mut left = MAX_NODES;
        self.node(&NodeKey::default(), &mut left).unwrap_or_else(Node::everybody)
    }

    fn node(&self, key: &NodeKey, left: &mut usize) -> Option<Node> {
        let fields = self.0.get(key)?;
        *left = left.checked_sub(1)?;
        let all = |wanted: &str| {
            fields.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        let one = |wanted: &str| all(wanted).into_iter().next().unwrap_or_default();
        let is = one("is");
        if let Some(kind) = GroupKind::parse(&is) {
            let children = (0..).map_while(|place| self.node(&key.child(place), left));
            return Some(Node::Group(kind, children.collect()));
        }
        Some(Node::Condition(match is.as_str() {
            "did" => Condition::Did(Did {
                event: one("event"),
                topic: one("topic"),
                item_id: one("item_id"),
                kind: one("kind"),
                period: match one("period").as_str() {
                    "within" => Period::Within(one("days")),
                    "between" => Period::Between(one("from"), one("to")),
                    _ => Period::Ever,
                },
                count: CountKind::parse(&one("count")),
                times: if one("count").is_empty() { String::new() } else { one("times") },
            }),
            "preference" => Condition::Preference { topic: one("topic"), share: share_of_percent(&one("percent")) },
            "in_segment" => Condition::Segment(one("v")),
            "audience" => Condition::Audience(one("v")),
            "similar_to" => Condition::SimilarTo { audience: one("v"), width: one("width") },
            name => {
                let field = Field::named(name)?;
                let operator = Operator::parse(&one("op")).unwrap_or_else(|| field.first_operator());
                Condition::Field(Comparison { field, operator, values: values(field, operator, all("v")) })
            }
        }))
    }
}

/// The values of a comparison. Numbers and days of a list are typed into one field.
fn values(field: &Field, operator: Operator, sent: Vec<String>) -> Vec<String> {
    if !operator.takes_values() {
        return Vec::new();
    }
    let is_typed = matches!(field.values, Values::Numbers | Values::Days);
    let mut values: Vec<String> = match (is_typed, operator.takes_many()) {
        (true, true) => {
            sent.iter().flat_map(|text| text.split([',', '，', '、', ' ', ';', '；'])).map(str::to_owned).collect()
        }
        _ => sent,
    };
    values.retain(|value| !value.is_empty());
    if !operator.takes_many() {
        values.truncate(1);
    }
    values
}

impl Node {
    /// The fields of the tree, outer nodes first.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        self.add_fields(&NodeKey::default(), &mut fields);
        fields
    }

    fn add_fields(&self, key: &NodeKey, fields: &mut Vec<(String, String)>) {
        let mut put = |name: &str, value: &str| fields.push((format!("{key}.{name}"), value.to_owned()));
        match self {
            Self::Group(kind, children) => {
                put("is", kind.as_str());
                for (place, child) in children.iter().enumerate() {
                    child.add_fields(&key.child(place), fields);
                }
            }
            Self::Condition(condition) => {
                put("is", condition.form_name());
                match condition {
                    Condition::Field(Comparison { field, operator, values }) => {
                        put("op", operator.as_str());
                        if matches!(field.values, Values::Numbers | Values::Days) {
                            put("v", &values.join(" "));
                        } else {
                            values.iter().for_each(|value| put("v", value));
                        }
                    }
                    Condition::Did(did) => {
                        put("event", &did.event);
                        put("topic", &did.topic);
                        put("item_id", &did.item_id);
                        put("kind", &did.kind);
                        match &did.period {
                            Period::Ever => put("period", ""),
                            Period::Within(days) => {
                                put("period", "within");
                                put("days", days);
                            }
                            Period::Between(from, to) => {
                                put("period", "between");
                                put("from", from);
                                put("to", to);
                            }
                        }
                        put("count", did.count.as_str());
                        put("times", &did.times);
                    }
                    Condition::Preference { topic, share } => {
                        put("topic", topic);
                        put("percent", &percent_of_share(share));
                    }
                    Condition::Segment(name) => put("v", name),
                    Condition::Audience(id) => put("v", id),
                    Condition::SimilarTo { audience, width } => {
                        put("v", audience);
                        put("width", width);
                    }
                }
            }
        }
    }
}

impl Condition {
    /// The value of the field `is`.
    pub(crate) fn form_name(&self) -> &'static str {
        match self {
            Self::Field(comparison) => comparison.field.name,
            Self::Did(_) => "did",
            Self::Preference { .. } => "preference",
            Self::Segment(_) => "in_segment",
            Self::Audience(_) => "audience",
            Self::SimilarTo { .. } => "similar_to",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::field::FIELDS;
    use super::*;

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
        let count = prop::option::of((
            prop::sample::select(vec!["at_least", "at_most", "exactly", "distinct_days"]),
            any::<u32>(),
        ));
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

    fn rule() -> impl Strategy<Value = Value> {
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

    fn through_fields(tree: &Node) -> Node {
        let mut fields = NodeFields::default();
        for (name, value) in tree.fields() {
            assert!(fields.add(&name, &value), "{name} is a field of a node");
        }
        fields.tree()
    }

    proptest! {
        #[test]
        fn every_rule_survives_the_form(rule in rule()) {
            let parsed = Rule::parse(&rule).expect("the contract admits it");
            let tree = Node::from_json(&rule).expect("the form can show it");
            prop_assert_eq!(&Rule::parse(&tree.to_json()).expect("valid"), &parsed);
            let sent = through_fields(&tree);
            prop_assert_eq!(&Rule::parse(&sent.to_json()).expect("valid"), &parsed);
            let finished = sent.finish();
            prop_assert!(finished.unfinished.is_empty());
            let evaluated = finished.rule.unwrap_or_else(|| json!({}));
            prop_assert_eq!(&Rule::parse(&evaluated).expect("valid"), &parsed);
        }

        #[test]
        fn every_pointer_of_the_form_leads_to_its_condition(rule in rule()) {
            let tree = Node::from_json(&rule).expect("the form can show it");
            let finished = tree.finish();
            let evaluated = finished.rule.unwrap_or_else(|| json!({ "all": [] }));
            for (key, pointer) in &finished.pointers {
                let node = tree.at(key).expect("a node");
                prop_assert_eq!(Some(&node.to_json()), evaluated.pointer(pointer), "{}", pointer);
            }
        }
    }

    #[test]
    fn unfinished_conditions_survive_the_form_and_the_url() {
        for form in [
            json!({ "all": [{ "field": "union_subtree", "in": [] }, { "field": "age", "at_least": "" }] }),
            json!({ "not": { "any": [] } }),
            json!({ "did": { "event": "read", "from": "", "at_least": "" } }),
            json!({ "preference": { "topic": "", "at_least": "viel" } }),
            json!({ "similar_to": { "audience": "", "width": "huge" } }),
        ] {
            let tree = Node::from_json(&form).expect("a form");
            assert_eq!(through_fields(&tree).to_json(), tree.to_json(), "{form}");
            assert_eq!(Node::from_json(&tree.to_json()).expect("a form").to_json(), tree.to_json(), "{form}");
        }
    }

    #[test]
    fn a_form_has_at_most_as_many_nodes_as_a_rule() {
        let mut fields = NodeFields::default();
        fields.add("r.is", "all");
        for place in 0..2_000 {
            fields.add(&format!("r-{place}.is"), "gender");
        }
        assert_eq!(fields.tree().children().len(), MAX_NODES - 1);
        assert!(!fields.add(&format!("r{}.is", "-0".repeat(100)), "all"), "too deep");
    }
}
