//! Rule "active lately": members with most recent actions, for any item.

use super::Actions;

/// Returns the sum of the decayed actions of each member.
pub(super) fn scores(actions: &Actions, members: &[u32]) -> Vec<f64> {
    members.iter().map(|&member| actions.of_member(member).map(|(_, weight)| weight).sum()).collect()
}
