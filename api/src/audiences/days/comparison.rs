//! Compares the members of two days: who entered, who left, and for whom only the rule made the difference.

use super::record::Change;
use crate::store::number_set::NumberSet;

/// The members with each change, in the order of [`Change::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Changes([NumberSet; 4]);

impl Changes {
    /// Compares the members of a day with those of the day before. `by_earlier_rule` are those who meet the earlier rule
    /// now: `now` itself if the rule is the same, and `before` if the earlier rule cannot be evaluated any more.
    pub(crate) fn between(before: &NumberSet, now: &NumberSet, by_earlier_rule: &NumberSet) -> Self {
        let (entered, left) = (now.without(before), before.without(now));
        Self([
            entered.common(by_earlier_rule),
            left.without(by_earlier_rule),
            entered.without(by_earlier_rule),
            left.common(by_earlier_rule),
        ])
    }

    pub(crate) fn of(&self, change: Change) -> &NumberSet {
        &self.0[change as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[u32]) -> NumberSet {
        let mut set = NumberSet::default();
        numbers.iter().for_each(|&number| set.insert(number));
        set
    }

    fn numbers(changes: &Changes) -> [Vec<u32>; 4] {
        Change::ALL.map(|change| changes.of(change).numbers().collect())
    }

    #[test]
    fn without_a_new_rule_all_changes_are_those_of_members() {
        let (before, now) = (set(&[1, 2, 70]), set(&[2, 3, 200]));
        let changes = Changes::between(&before, &now, &now);
        assert_eq!(numbers(&changes), [vec![3, 200], vec![1, 70], vec![], vec![]]);
    }

    #[test]
    fn a_new_rule_is_separated_from_the_members() {
        // Today 3 meets the earlier rule, too, and 1 does not any more; 4 meets only the new rule, and 2 only the earlier one.
        let changes = Changes::between(&set(&[1, 2]), &set(&[3, 4]), &set(&[2, 3]));
        assert_eq!(numbers(&changes), [vec![3], vec![1], vec![4], vec![2]]);
    }

    #[test]
    fn all_changes_belong_to_the_rule_if_the_earlier_one_cannot_be_evaluated() {
        let before = set(&[1, 2]);
        let changes = Changes::between(&before, &set(&[2, 3]), &before);
        assert_eq!(numbers(&changes), [vec![], vec![], vec![3], vec![1]]);
    }
}
