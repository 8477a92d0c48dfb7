//! The rule of a form, without the conditions that are not filled in yet.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zhihui_engine::audience::Rule;

use super::node::{Condition, GroupKind, Node, Period};
use super::node_key::NodeKey;

/// A rule that can be evaluated.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct FinishedRule {
    /// The rule; `None` for every member.
    pub(crate) rule: Option<Value>,
    /// JSON pointer of each group and condition in the rule.
    pub(crate) pointers: BTreeMap<NodeKey, String>,
    /// Conditions and groups that were left out.
    pub(crate) unfinished: Vec<NodeKey>,
}

impl Node {
    /// Leaves out conditions that are not filled in, and groups of nothing else.
    pub(crate) fn finish(&self) -> FinishedRule {
        let mut finished = FinishedRule::default();
        let rule = self.finish_at(&NodeKey::default(), "", &mut finished);
        finished.rule = rule.filter(|rule| *rule != json!({ "all": [] }));
        finished
    }

    /// Whether the node is part of the rule.
    fn is_finished(&self) -> bool {
        match self {
            Self::Group(kind, children) => {
                (children.is_empty() && *kind != GroupKind::Not) || children.iter().any(Self::is_finished)
            }
            Self::Condition(condition) => condition.is_finished(),
        }
    }

    fn finish_at(&self, key: &NodeKey, at: &str, finished: &mut FinishedRule) -> Option<Value> {
        if !self.is_finished() {
            self.mark_unfinished(key, finished);
            return None;
        }
        finished.pointers.insert(key.clone(), at.to_owned());
        let Self::Group(kind, children) = self else {
            return Some(self.to_json());
        };
        let is_single = *kind == GroupKind::Not && children.iter().filter(|child| child.is_finished()).count() == 1;
        let mut rules = Vec::new();
        for (place, child) in children.iter().enumerate() {
            let pointer = match kind {
                GroupKind::Not if is_single => format!("{at}/not"),
                GroupKind::Not => format!("{at}/not/any/{}", rules.len()),
                kind => format!("{at}/{}/{}", kind.as_str(), rules.len()),
            };
            rules.extend(child.finish_at(&key.child(place), &pointer, finished));
        }
        Some(match kind {
            GroupKind::Not if is_single => json!({ "not": rules.pop() }),
            GroupKind::Not => json!({ "not": { "any": rules } }),
            kind => json!({ kind.as_str(): rules }),
        })
    }

    fn mark_unfinished(&self, key: &NodeKey, finished: &mut FinishedRule) {
        finished.unfinished.push(key.clone());
        for (place, child) in self.children().iter().enumerate() {
            child.mark_unfinished(&key.child(place), finished);
        }
    }
}

impl Condition {
    fn is_finished(&self) -> bool {
        let is_empty = match self {
            Self::Field(comparison) => comparison.operator.takes_values() && comparison.values.is_empty(),
            Self::Preference { topic, .. } => topic.is_empty(),
            Self::Segment(name) | Self::Audience(name) | Self::SimilarTo { audience: name, .. } => name.is_empty(),
            Self::Did(did) => matches!(&did.period, Period::Between(from, to) if from.is_empty() && to.is_empty()),
        };
        !is_empty && Rule::parse(&self.to_json()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(form: &Value) -> FinishedRule {
        Node::from_json(form).expect("a form").finish()
    }

    #[test]
    fn unfinished_conditions_are_left_out_and_the_others_keep_their_pointers() {
        let young = json!({ "field": "age", "at_most": 34 });
        let form =
            json!({ "all": [{ "field": "gender", "in": [] }, { "not": { "any": [{ "segment": "" }, young] } }] });
        let finished = finish(&form);
        assert_eq!(finished.rule, Some(json!({ "all": [{ "not": young }] })));
        let keys: Vec<String> = finished.unfinished.iter().map(ToString::to_string).collect();
        assert_eq!(keys, ["r-0", "r-1-0"]);
        let young = NodeKey::parse("r-1-1").expect("a key");
        assert_eq!(finished.pointers.get(&young).map(String::as_str), Some("/all/0/not"));
    }

    #[test]
    fn a_group_of_unfinished_conditions_is_left_out_and_an_empty_any_is_not() {
        assert_eq!(finish(&json!({ "all": [{ "any": [{ "audience": "" }] }] })).rule, None);
        assert_eq!(finish(&json!({ "all": [{ "any": [] }] })).rule, Some(json!({ "all": [{ "any": [] }] })));
        assert_eq!(finish(&json!({})).rule, None);
    }

    #[test]
    fn numbers_and_days_must_be_valid() {
        for form in [
            json!({ "field": "age", "at_least": "old" }),
            json!({ "field": "joined_at", "at_least": "yesterday" }),
            json!({ "did": { "event": "read", "within_days": "0" } }),
            json!({ "did": { "event": "read", "from": "" } }),
            json!({ "did": { "event": "read", "at_least": "-1" } }),
            json!({ "preference": { "topic": "x", "at_least": "2" } }),
            json!({ "similar_to": { "audience": "x", "width": "huge" } }),
            json!({ "similar_to": { "audience": "", "width": "wide" } }),
        ] {
            let finished = finish(&form);
            assert_eq!((finished.rule, finished.unfinished.len()), (None, 1), "{form}");
        }
    }
}
