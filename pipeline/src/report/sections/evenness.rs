//! How evenly something is spread: the Gini coefficient, and the share of those who have most.

/// The Gini coefficient of amounts. Each entry is a number of people or a weight, and the amount of each of them. `None` if there
/// is nothing to spread.
///
/// Half the mean difference of two people, divided by the mean: 0 if all have the same, near 1 if few have everything.
///
/// # References
/// Gini, "Variabilità e mutabilità", 1912; with weights: Lerman and Yitzhaki, "Improving the accuracy of estimates of Gini
/// coefficients", Journal of Econometrics 42, 1989.
pub(super) fn gini(entries: &[(u64, f64)]) -> Option<f64> {
    let mut ascending: Vec<(f64, f64)> = entries.iter().map(|&(weight, amount)| (weight as f64, amount)).collect();
    ascending.sort_by(|one, other| one.1.total_cmp(&other.1));
    let (mut weights, mut total, mut differences) = (0.0, 0.0, 0.0);
    for (weight, amount) in ascending {
        differences += weight * (amount * weights - total);
        weights += weight;
        total += weight * amount;
    }
    (total > 0.0).then(|| differences / (weights * total))
}

/// What the `n` people with most have together. Each entry is a number of people and the amount of each of them.
pub(super) fn most(entries: &[(u64, u64)], n: u64) -> u64 {
    let mut descending = entries.to_vec();
    descending.sort_by_key(|&(_, amount)| std::cmp::Reverse(amount));
    let (mut left, mut sum) = (n, 0);
    for (people, amount) in descending {
        sum += people.min(left) * amount;
        left -= people.min(left);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concentration_is_half_the_mean_difference_over_the_mean() {
        assert_eq!(gini(&[(4, 3.0)]), Some(0.0));
        // One of four has everything: 1 − 1/4.
        assert_eq!(gini(&[(1, 8.0), (3, 0.0)]), Some(0.75));
        // Amounts 1, 1, 2, 4: differences of the six pairs 0 + 1 + 3 + 1 + 3 + 2 = 10, over 4 · 8.
        assert_eq!(gini(&[(1, 4.0), (2, 1.0), (1, 2.0)]), Some(10.0 / 32.0));
        assert_eq!([gini(&[]), gini(&[(5, 0.0)])], [None, None]);
    }

    #[test]
    fn those_with_most_come_first() {
        let entries = [(5, 1), (2, 4), (3, 2)];
        assert_eq!([0, 1, 2, 4, 99].map(|n| most(&entries, n)), [0, 4, 8, 12, 19]);
    }
}
