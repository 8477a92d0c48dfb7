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
    use serde_json::json;

    use super::super::rule_strategy::rule;
    use super::*;

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
