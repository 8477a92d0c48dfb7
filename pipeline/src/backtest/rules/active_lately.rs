//! "Active lately": whoever did most of late, whatever the item.

use super::Actions;

/// The sum of each member's decayed actions.
pub(super) fn scores(actions: &Actions, members: &[u32]) -> Vec<f64> {
    members.iter().map(|&member| actions.of_member(member).map(|(_, weight)| weight).sum()).collect()
}
