//! The place of a node in the tree, as the names of form fields contain it: `r` is the root, `r-0-2` a condition below.

use std::fmt;

use zhihui_engine::audience::Rule;

/// The indices that lead from the root to a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct NodeKey(Vec<usize>);

impl NodeKey {
    /// Parses a key. Keys deeper than a rule may be are refused.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        if parts.next() != Some("r") {
            return None;
        }
        let indices: Option<Vec<usize>> = parts.map(|part| part.parse().ok()).collect();
        indices.filter(|indices| indices.len() <= 2 * Rule::MAX_DEPTH).map(Self)
    }

    pub(crate) fn child(&self, place: usize) -> Self {
        Self(self.0.iter().copied().chain([place]).collect())
    }

    /// The group around the node, and the node's place in it. `None` for the root.
    pub(crate) fn parent(&self) -> Option<(Self, usize)> {
        let (place, above) = self.0.split_last()?;
        Some((Self(above.to_vec()), *place))
    }

    pub(crate) fn indices(&self) -> &[usize] {
        &self.0
    }
}

impl fmt::Display for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("r")?;
        self.0.iter().try_for_each(|index| write!(f, "-{index}"))
    }
}
