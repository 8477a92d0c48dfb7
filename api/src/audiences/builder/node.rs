//! The tree that the form edits. Texts are as typed, so a condition may be unfinished.

use super::field::{Field, Operator};
use super::node_key::NodeKey;

/// A group or a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Group(GroupKind, Vec<Node>),
    Condition(Condition),
}

/// How the conditions of a group combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupKind {
    All,
    Any,
    /// None of the conditions holds.
    Not,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Field(Comparison),
    Did(Did),
    /// A topic, and the minimum share of attention, 0 to 1.
    Preference {
        topic: String,
        share: String,
    },
    Segment(String),
    /// Id of a saved audience.
    Audience(String),
    /// Look-alikes of a saved audience: its id, and how many.
    SimilarTo {
        audience: String,
        width: String,
    },
}

/// A comparison of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) field: &'static Field,
    pub(crate) operator: Operator,
    pub(crate) values: Vec<String>,
}

/// What a member did, how often, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Did {
    pub(crate) event: String,
    pub(crate) topic: String,
    pub(crate) item_id: String,
    pub(crate) kind: String,
    pub(crate) period: Period,
    pub(crate) count: CountKind,
    pub(crate) times: String,
}

/// When it was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Period {
    #[default]
    Ever,
    /// Within the last days.
    Within(String),
    /// From a day, and before another; either may be empty.
    Between(String, String),
}

/// How events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CountKind {
    /// At least one event.
    #[default]
    Once,
    AtLeast,
    AtMost,
    Exactly,
    DistinctDays,
}

impl GroupKind {
    pub(crate) const ALL: [Self; 3] = [Self::All, Self::Any, Self::Not];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
            Self::Not => "not",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether a rule has "any" inside "not" for a group of so many conditions.
    pub(crate) fn is_any_in_not(self, conditions: usize) -> bool {
        self == Self::Not && conditions != 1
    }
}

impl CountKind {
    /// The kinds that have a number.
    pub(crate) const WITH_NUMBER: [Self; 4] = [Self::AtLeast, Self::AtMost, Self::Exactly, Self::DistinctDays];

    /// Its name in rules and forms; empty for at least one event.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Once => "",
            Self::AtLeast => "at_least",
            Self::AtMost => "at_most",
            Self::Exactly => "exactly",
            Self::DistinctDays => "distinct_days",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        Self::WITH_NUMBER.into_iter().find(|kind| kind.as_str() == text).unwrap_or_default()
    }
}

impl Node {
    /// The rule of a new form: every member.
    pub(crate) fn everybody() -> Self {
        Self::Group(GroupKind::All, Vec::new())
    }

    pub(crate) fn children(&self) -> &[Self] {
        match self {
            Self::Group(_, children) => children,
            Self::Condition(_) => &[],
        }
    }

    pub(crate) fn at(&self, key: &NodeKey) -> Option<&Self> {
        key.indices().iter().try_fold(self, |node, &place| node.children().get(place))
    }

    pub(crate) fn at_mut(&mut self, key: &NodeKey) -> Option<&mut Self> {
        key.indices().iter().try_fold(self, |node, &place| match node {
            Self::Group(_, children) => children.get_mut(place),
            Self::Condition(_) => None,
        })
    }

    /// All conditions of the tree, in order.
    pub(crate) fn conditions(&self) -> Vec<&Condition> {
        match self {
            Self::Group(_, children) => children.iter().flat_map(Self::conditions).collect(),
            Self::Condition(condition) => vec![condition],
        }
    }
}
