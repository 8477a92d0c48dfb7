//! The buttons that move a condition or a group of the form.

use super::moves::Move;
use super::node::Node;
use super::node_key::NodeKey;
use crate::web::locale::Locale;

/// A button that moves a node.
pub(crate) struct MoveButton {
    /// The value that the form sends.
    pub(crate) op: String,
    pub(crate) label: &'static str,
    /// The label for screen readers: what is moved, and its place in the group.
    pub(crate) name: String,
    pub(crate) has_focus: bool,
}

/// The buttons of the moves that are possible for a node. The one that was pressed keeps the focus, so that it can be
/// pressed again.
pub(crate) fn move_buttons(
    tree: &Node,
    key: &NodeKey,
    legend: &str,
    pressed: Option<Move>,
    t: Locale,
) -> Vec<MoveButton> {
    let Some((above, place)) = key.parent() else { return Vec::new() };
    let count = tree.at(&above).map_or(0, |group| group.children().len());
    let button = |to: Move| {
        let label = match to {
            Move::Up => t.builder_move_up(),
            Move::Down => t.builder_move_down(),
            Move::Into => t.builder_move_into(),
            Move::Out => t.builder_move_out(),
        };
        MoveButton {
            op: format!("{}:{key}", to.as_str()),
            label,
            name: t.builder_move_named(count, legend, place + 1, label),
            has_focus: pressed == Some(to),
        }
    };
    tree.moves(key).into_iter().map(button).collect()
}
