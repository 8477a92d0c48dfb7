//! Compares the expected and the actual responses of a push list, from its likeliest members to its least likely ones.

use serde::Serialize;

/// Most groups of a list.
const MAX_GROUPS: usize = 10;
/// Fewest members of a group. With fewer, a share of responses tells nothing about a probability.
const MIN_MEMBERS: usize = 20;

/// A group of members with similar probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CalibrationGroup {
    /// Number of members.
    pub members: usize,
    /// Sum of their probabilities.
    pub expected: f64,
    /// Those who responded.
    pub responded: usize,
}

/// Returns at most ten groups of equal size, the likeliest members first. Empty with fewer than 20 members.
///
/// `members` are the probability of each member and whether the member responded, in order of rank.
pub(crate) fn calibration(members: &[(f64, bool)]) -> Vec<CalibrationGroup> {
    let groups = (members.len() / MIN_MEMBERS).min(MAX_GROUPS);
    let bound = |group: usize| members.len() * group / groups;
    let of_group = |group: usize| &members[bound(group)..bound(group + 1)];
    (0..groups).map(of_group).map(group).collect()
}

fn group(members: &[(f64, bool)]) -> CalibrationGroup {
    CalibrationGroup {
        members: members.len(),
        expected: members.iter().map(|(probability, _)| probability).sum(),
        responded: members.iter().filter(|(_, responded)| *responded).count(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_GROUPS, MIN_MEMBERS, calibration};

    #[test]
    fn the_likeliest_members_come_first() {
        let members: Vec<(f64, bool)> =
            (0..40).map(|at| if at < 20 { (0.5, at < 9) } else { (0.1, at < 22) }).collect();
        let groups = calibration(&members);
        let rounded = groups.iter().map(|group| (group.members, group.expected.round(), group.responded));
        assert_eq!(rounded.collect::<Vec<_>>(), [(20, 10.0, 9), (20, 2.0, 2)]);
    }

    #[test]
    fn a_short_list_has_no_groups() {
        assert!(calibration(&[(0.5, true); MIN_MEMBERS - 1]).is_empty());
    }

    proptest! {
        #[test]
        fn groups_are_large_enough_and_add_up(members in prop::collection::vec((0.0..1.0, any::<bool>()), 20..700)) {
            let groups = calibration(&members);
            prop_assert!((1..=MAX_GROUPS).contains(&groups.len()));
            prop_assert!(groups.iter().all(|group| group.members >= MIN_MEMBERS));
            prop_assert_eq!(groups.iter().map(|group| group.members).sum::<usize>(), members.len());
            let responded = members.iter().filter(|(_, responded)| *responded).count();
            prop_assert_eq!(groups.iter().map(|group| group.responded).sum::<usize>(), responded);
            let expected: f64 = members.iter().map(|(probability, _)| probability).sum();
            prop_assert!((groups.iter().map(|group| group.expected).sum::<f64>() - expected).abs() < 1e-9);
        }
    }
}
