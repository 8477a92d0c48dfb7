//! Which group gets which item.

/// The expected responses of each group (rows) to each item (columns), and how many responses the seats left of an item
/// allow.
#[derive(Debug)]
pub(super) struct Choices {
    /// `value[group][item]`.
    pub(super) value: Vec<Vec<f64>>,
    /// Infinite for items without a limit.
    pub(super) limit: Vec<f64>,
}

impl Choices {
    /// Returns the item of each group with the most expected responses in all, where groups with the same item share its
    /// seats. `None` for groups that respond to no item.
    ///
    /// Without limits each group gets its best item. Otherwise the search starts there and with each single item for all,
    /// and moves one group or exchanges the items of two as long as that adds responses. Ties go to the earlier item.
    pub(super) fn assign(&self) -> Vec<Option<usize>> {
        let n_items = self.limit.len();
        let own: Vec<Option<usize>> = (0..self.value.len()).map(|group| self.best(group)).collect();
        if self.limit.iter().all(|limit| limit.is_infinite()) {
            return own;
        }
        let start = |item: usize| own.iter().map(|best| best.map(|_| item)).collect::<Vec<_>>();
        let singles: Vec<Vec<Option<usize>>> = (0..n_items).map(start).collect();
        let mut best = self.improve(own);
        for single in singles {
            let found = self.improve(single);
            if self.total(&found) > self.total(&best) + MIN_GAIN {
                best = found;
            }
        }
        best
    }

    /// The item with the most expected responses of a group on its own.
    pub(super) fn best(&self, group: usize) -> Option<usize> {
        let values = self.value[group].iter().copied().enumerate();
        let best = values.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.filter(|&(_, value)| value > 0.0).map(|(item, _)| item)
    }

    /// The expected responses of all groups.
    fn total(&self, assigned: &[Option<usize>]) -> f64 {
        let mut sums = vec![0.0; self.limit.len()];
        for (group, item) in assigned.iter().enumerate() {
            if let &Some(item) = item {
                sums[item] += self.value[group][item];
            }
        }
        sums.iter().zip(&self.limit).map(|(&sum, &limit)| f64::min(sum, limit)).sum()
    }

    fn improve(&self, mut assigned: Vec<Option<usize>>) -> Vec<Option<usize>> {
        let groups: Vec<usize> = (0..assigned.len()).filter(|&group| assigned[group].is_some()).collect();
        // Every step adds responses, so the search ends. The bound is far beyond what is needed.
        for _ in 0..100 {
            let total = self.total(&assigned);
            let mut best: Option<(f64, Vec<Option<usize>>)> = None;
            let mut consider = |candidate: Vec<Option<usize>>| {
                let value = self.total(&candidate);
                if value > best.as_ref().map_or(total, |(value, _)| *value) + MIN_GAIN {
                    best = Some((value, candidate));
                }
            };
            for (place, &group) in groups.iter().enumerate() {
                for item in 0..self.limit.len() {
                    let mut moved = assigned.clone();
                    moved[group] = Some(item);
                    consider(moved);
                }
                for &other in &groups[place + 1..] {
                    let mut exchanged = assigned.clone();
                    exchanged.swap(group, other);
                    consider(exchanged);
                }
            }
            match best {
                Some((_, better)) => assigned = better,
                None => break,
            }
        }
        assigned
    }
}

/// Responses that a step must add, so that rounding does not count as an improvement.
const MIN_GAIN: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn every_assignment(n_groups: usize, n_items: usize) -> Vec<Vec<Option<usize>>> {
        (0..n_items.pow(n_groups as u32))
            .map(|code| (0..n_groups).map(|group| Some(code / n_items.pow(group as u32) % n_items)).collect())
            .collect()
    }

    #[test]
    fn groups_share_the_seats_of_an_item() {
        let value = vec![vec![10.0, 8.0], vec![9.0, 2.0]];
        let unlimited = Choices { value: value.clone(), limit: vec![f64::INFINITY; 2] };
        assert_eq!(unlimited.assign(), [Some(0), Some(0)]);
        let limited = Choices { value, limit: vec![11.0, f64::INFINITY] };
        assert_eq!(limited.assign(), [Some(1), Some(0)]);
        let nobody = Choices { value: vec![vec![0.0, 0.0], vec![0.0, 1.0]], limit: vec![5.0, 5.0] };
        assert_eq!(nobody.assign(), [None, Some(1)]);
    }

    proptest! {
        #[test]
        fn search_is_never_worse_than_own_choices_and_singles_and_close_to_the_best(
            value in prop::collection::vec(prop::collection::vec(0.1_f64..50.0, 3), 1..5),
            limit in prop::collection::vec(prop_oneof![Just(f64::INFINITY), 1.0_f64..60.0], 3),
        ) {
            let choices = Choices { value, limit };
            let n_groups = choices.value.len();
            let found = choices.total(&choices.assign());
            let own: Vec<Option<usize>> = (0..n_groups).map(|group| choices.best(group)).collect();
            prop_assert!(found >= choices.total(&own) - 1e-6);
            for item in 0..3 {
                prop_assert!(found >= choices.total(&vec![Some(item); n_groups]) - 1e-6);
            }
            let best = every_assignment(n_groups, 3).iter().map(|all| choices.total(all)).fold(0.0, f64::max);
            prop_assert!(found >= 0.9 * best, "{found} {best}");
        }
    }
}
