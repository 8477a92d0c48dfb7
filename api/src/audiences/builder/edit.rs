//! What the buttons of the form do to the tree: add, remove, move, pick a search result, drop a picked one.

use super::field::Operator;
use super::menu::new_node;
use super::moves::Move;
use super::node::{Condition, GroupKind, Node};
use super::node_key::NodeKey;

/// The value of a button, such as `add:r-0:did`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Adds a condition or a group to a group.
    Add(NodeKey, String),
    Remove(NodeKey),
    /// Moves a condition or a group.
    Move(NodeKey, Move),
    /// Chooses a search result of a picker.
    Pick(String, String),
    /// Removes a chosen value of a picker.
    Drop(String, String),
    /// Searches with the text of a picker.
    Find(String),
}

impl Edit {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (what, rest) = text.split_once(':')?;
        let pair = || rest.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some(match what {
            "add" => {
                let (key, what) = pair()?;
                Self::Add(NodeKey::parse(&key)?, what)
            }
            "remove" => Self::Remove(NodeKey::parse(rest)?),
            "pick" => pair().map(|(name, value)| Self::Pick(name, value))?,
            "drop" => pair().map(|(name, value)| Self::Drop(name, value))?,
            "find" => Self::Find(rest.to_owned()),
            to => Self::Move(NodeKey::parse(rest)?, Move::parse(to)?),
        })
    }
}

impl Node {
    /// Adds a condition or group, and returns its key. A condition becomes a group of itself and the new one.
    pub(crate) fn add(&mut self, key: &NodeKey, what: &str) -> Option<NodeKey> {
        let added = new_node(what)?;
        let node = self.at_mut(key)?;
        if let Self::Condition(_) = node {
            let inner = std::mem::replace(node, Self::everybody());
            *node = Self::Group(GroupKind::All, vec![inner]);
        }
        let Self::Group(_, children) = node else { return None };
        children.push(added);
        Some(key.child(children.len() - 1))
    }

    /// Removes a node, and returns the key of the group around it. Without its root, the rule selects every member.
    pub(crate) fn remove(&mut self, key: &NodeKey) -> Option<NodeKey> {
        let Some((above, place)) = key.parent() else {
            *self = Self::everybody();
            return Some(NodeKey::default());
        };
        match self.at_mut(&above)? {
            Self::Group(_, children) if place < children.len() => {
                children.remove(place);
                Some(above)
            }
            _ => None,
        }
    }

    /// Sets a value of a condition that was found by name; adds it where several are possible.
    pub(crate) fn pick(&mut self, key: &NodeKey, name: &str, value: &str) {
        let Some(Self::Condition(condition)) = self.at_mut(key) else { return };
        match (condition, name) {
            (Condition::Did(did), "topic") => value.clone_into(&mut did.topic),
            (Condition::Did(did), "item_id") => value.clone_into(&mut did.item_id),
            (Condition::Preference { topic, .. }, "topic") => value.clone_into(topic),
            (Condition::Field(comparison), "v") => {
                if !comparison.operator.takes_many() {
                    comparison.values.clear();
                }
                if !comparison.values.iter().any(|known| known == value) {
                    comparison.values.push(value.to_owned());
                }
                if !comparison.operator.takes_values() {
                    comparison.operator = Operator::In;
                }
            }
            _ => {}
        }
    }

    /// Removes a value of a condition.
    pub(crate) fn drop_value(&mut self, key: &NodeKey, name: &str, value: &str) {
        let Some(Self::Condition(condition)) = self.at_mut(key) else { return };
        match (condition, name) {
            (Condition::Did(did), "topic") => did.topic.clear(),
            (Condition::Did(did), "item_id") => did.item_id.clear(),
            (Condition::Preference { topic, .. }, "topic") => topic.clear(),
            (Condition::Field(comparison), "v") => comparison.values.retain(|known| known != value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(text: &str) -> NodeKey {
        NodeKey::parse(text).expect("a key")
    }

    #[test]
    fn buttons_build_a_nested_rule() {
        let mut tree = Node::everybody();
        assert_eq!(tree.add(&key("r"), "not"), Some(key("r-0")));
        assert_eq!(tree.add(&key("r-0"), "did"), Some(key("r-0-0")));
        tree.pick(&key("r-0-0"), "topic", "亲子");
        assert_eq!(tree.add(&key("r-0"), "union_subtree"), Some(key("r-0-1")));
        tree.pick(&key("r-0-1"), "v", "U1");
        tree.pick(&key("r-0-1"), "v", "U1");
        let did = json!({ "event": "read", "topic": "亲子", "within_days": 30, "at_least": 1 });
        let union = json!({ "field": "union_subtree", "in": ["U1"] });
        assert_eq!(tree.to_json(), json!({ "all": [{ "not": { "any": [{ "did": did }, union] } }] }));
        assert_eq!(tree.remove(&key("r-0-1")), Some(key("r-0")));
        assert_eq!(tree.to_json(), json!({ "all": [{ "not": { "did": did } }] }));
        assert_eq!(tree.remove(&key("r-7")), None);
        assert_eq!(tree.remove(&key("r")), Some(key("r")));
        assert_eq!(tree, Node::everybody());
    }

    #[test]
    fn adding_to_a_single_condition_makes_a_group() {
        let mut tree = Node::from_json(&json!({ "segment": "亲子" })).expect("a rule");
        assert_eq!(tree.add(&key("r"), "gender"), Some(key("r-1")));
        assert_eq!(tree.to_json()["all"][0]["segment"], "亲子");
    }

    #[test]
    fn values_of_buttons_may_contain_colons() {
        assert_eq!(Edit::parse("pick:r-0.topic:a:b"), Some(Edit::Pick("r-0.topic".into(), "a:b".into())));
        assert_eq!(Edit::parse("add:x:did"), None);
        assert_eq!(Edit::parse("up:r-1"), Some(Edit::Move(key("r-1"), Move::Up)));
        assert_eq!((Edit::parse("up:x"), Edit::parse("over:r-1")), (None, None));
    }
}
