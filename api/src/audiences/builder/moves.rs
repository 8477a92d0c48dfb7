//! Moves a condition or a group of the form to another place of the tree, with everything in it.

use zhihui_engine::audience::Rule;

use super::node::Node;
use super::node_key::NodeKey;

/// Levels that one move adds at most: that of the new group, and that of "any" in a "none of these" of several conditions.
const ADDED_LEVELS: usize = 2;

/// Where a condition or a group moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// Before the one above it.
    Up,
    /// After the one below it.
    Down,
    /// To the end of the group above it.
    Into,
    /// Out of its group, to the place after it.
    Out,
}

impl Move {
    pub(crate) const ALL: [Self; 4] = [Self::Up, Self::Down, Self::Into, Self::Out];

    /// The name in the value of a button.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Into => "into",
            Self::Out => "out",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|to| to.as_str() == text)
    }
}

impl Node {
    /// Moves a node, and returns its new key. `None` if that is impossible or nests the rule too deeply; the tree is
    /// unchanged then.
    pub(crate) fn shift(&mut self, key: &NodeKey, to: Move) -> Option<NodeKey> {
        let (group, place) = self.destination(key, to)?;
        let (above, from) = key.parent()?;
        let mut tree = self.clone();
        let node = match tree.at_mut(&above)? {
            Self::Group(_, children) => children.remove(from),
            Self::Condition(_) => return None,
        };
        match tree.at_mut(&group)? {
            Self::Group(_, children) => children.insert(place, node),
            Self::Condition(_) => return None,
        }
        // A form that is nested too deeply already can still be made flatter.
        if tree.depth() > self.depth().max(Rule::MAX_DEPTH) {
            return None;
        }
        *self = tree;
        Some(group.child(place))
    }

    /// The moves that are possible for a node.
    pub(crate) fn moves(&self, key: &NodeKey) -> Vec<Move> {
        let has_room = self.depth() + ADDED_LEVELS <= Rule::MAX_DEPTH;
        let is_possible =
            |to: &Move| self.destination(key, *to).is_some() && (has_room || self.clone().shift(key, *to).is_some());
        Move::ALL.into_iter().filter(is_possible).collect()
    }

    /// The group that a node moves to, and its place there.
    fn destination(&self, key: &NodeKey, to: Move) -> Option<(NodeKey, usize)> {
        let (above, place) = key.parent()?;
        let siblings = self.at(&above)?.children();
        if place >= siblings.len() {
            return None;
        }
        match to {
            Move::Up => Some((above, place.checked_sub(1)?)),
            Move::Down => (place + 1 < siblings.len()).then_some((above, place + 1)),
            Move::Into => {
                let before = place.checked_sub(1)?;
                match &siblings[before] {
                    Self::Group(_, children) => Some((above.child(before), children.len())),
                    Self::Condition(_) => None,
                }
            }
            Move::Out => {
                let (outer, place) = above.parent()?;
                Some((outer, place + 1))
            }
        }
    }

    /// Levels of the rule as JSON; 1 for a single condition.
    fn depth(&self) -> usize {
        let below = self.children().iter().map(Self::depth).max().unwrap_or(0);
        match self {
            Self::Group(kind, children) if kind.is_any_in_not(children.len()) => below + 2,
            _ => below + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::rule_strategy::rule;
    use super::*;

    fn key(text: &str) -> NodeKey {
        NodeKey::parse(text).expect("a key")
    }

    fn tree(rule: &Value) -> Node {
        Node::from_json(rule).expect("the form can show it")
    }

    fn all_keys(node: &Node, key: &NodeKey, keys: &mut Vec<NodeKey>) {
        keys.push(key.clone());
        for (place, child) in node.children().iter().enumerate() {
            all_keys(child, &key.child(place), keys);
        }
    }

    /// The conditions in any order.
    fn leaves(node: &Node) -> Vec<String> {
        let mut leaves: Vec<String> =
            node.conditions().iter().map(|condition| condition.to_json().to_string()).collect();
        leaves.sort_unstable();
        leaves
    }

    fn segment(name: &str) -> Value {
        json!({ "segment": name })
    }

    #[test]
    fn conditions_move_up_and_down_into_groups_and_out_of_them() {
        let mut form = tree(&json!({ "all": [segment("a"), segment("b"), { "any": [segment("c")] }, segment("d")] }));
        assert_eq!(form.shift(&key("r-0"), Move::Down), Some(key("r-1")));
        assert_eq!(form.shift(&key("r-3"), Move::Into), Some(key("r-2-1")));
        let any = json!({ "any": [segment("c"), segment("d")] });
        assert_eq!(form.to_json(), json!({ "all": [segment("b"), segment("a"), any] }));
        assert_eq!(form.shift(&key("r-2"), Move::Up), Some(key("r-1")));
        assert_eq!(form.shift(&key("r-1-0"), Move::Out), Some(key("r-2")));
        let any = json!({ "any": [segment("d")] });
        assert_eq!(form.to_json(), json!({ "all": [segment("b"), any, segment("c"), segment("a")] }));
    }

    #[test]
    fn a_group_moves_with_everything_in_it() {
        let inner = json!({ "any": [segment("b"), { "not": segment("c") }] });
        let mut form = tree(&json!({ "all": [{ "all": [segment("a")] }, inner] }));
        assert_eq!(form.shift(&key("r-1"), Move::Into), Some(key("r-0-1")));
        assert_eq!(form.to_json(), json!({ "all": [{ "all": [segment("a"), inner] }] }));
    }

    #[test]
    fn only_possible_moves_are_offered_and_others_change_nothing() {
        let form = tree(&json!({ "all": [{ "any": [] }, segment("a"), segment("b")] }));
        assert_eq!(form.moves(&key("r")), []);
        assert_eq!(form.moves(&key("r-0")), [Move::Down]);
        assert_eq!(form.moves(&key("r-1")), [Move::Up, Move::Down, Move::Into]);
        assert_eq!(form.moves(&key("r-2")), [Move::Up]);
        for (at, to) in
            [("r", Move::Out), ("r-0", Move::Up), ("r-2", Move::Into), ("r-9", Move::Up), ("r-1-0", Move::Out)]
        {
            let mut same = form.clone();
            assert_eq!((same.shift(&key(at), to), &same), (None, &form), "{at}");
        }
        let mut single = tree(&segment("a"));
        assert_eq!((single.moves(&key("r")), single.shift(&key("r"), Move::Down)), (Vec::new(), None));
    }

    /// A chain of groups of these levels that ends with a condition.
    fn chain(levels: usize) -> Value {
        (1..levels).fold(segment("deep"), |inner, _| json!({ "all": [inner] }))
    }

    #[test]
    fn a_move_that_nests_the_rule_too_deeply_is_not_offered() {
        let form = |levels: usize| tree(&json!({ "all": [{ "all": [] }, chain(levels)] }));
        let fits = Rule::MAX_DEPTH - 2;
        assert!(form(fits).moves(&key("r-1")).contains(&Move::Into));
        let mut full = form(fits + 1);
        assert!(Rule::parse(&full.to_json()).is_ok());
        assert_eq!(full.moves(&key("r-1")), [Move::Up]);
        assert_eq!(full.shift(&key("r-1"), Move::Into), None);
        // "None of these" needs a level more for a second condition.
        let not = json!({ "not": { "all": [segment("a"), chain(Rule::MAX_DEPTH - 2)] } });
        assert!(Rule::parse(&not).is_ok());
        assert_eq!(tree(&not).moves(&key("r-0-0")), [Move::Down]);
    }

    proptest! {
        #[test]
        fn moves_keep_every_condition_and_a_valid_rule(
            rule in rule(),
            steps in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(Move::ALL.to_vec())), 1..60),
        ) {
            let mut form = tree(&rule);
            let before = leaves(&form);
            for (at, to) in steps {
                let mut keys = Vec::new();
                all_keys(&form, &NodeKey::default(), &mut keys);
                let key = at.get(&keys);
                let (node, is_offered) = (form.at(key).cloned(), form.moves(key).contains(&to));
                let moved = form.shift(key, to);
                prop_assert_eq!(moved.is_some(), is_offered);
                if let Some(moved) = moved {
                    prop_assert_eq!(form.at(&moved).cloned(), node);
                }
                prop_assert_eq!(&leaves(&form), &before);
                let sent = form.to_json();
                prop_assert!(Rule::parse(&sent).is_ok(), "{}", sent);
                // The URL has the rule as JSON.
                prop_assert_eq!(&leaves(&tree(&sent)), &before);
            }
        }
    }
}
