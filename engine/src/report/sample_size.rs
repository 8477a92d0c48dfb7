//! How many members a comparison of two response rates needs.

use super::Uplift;

/// The standard normal quantiles of a 95 % interval and of a power of 80 %.
const QUANTILES: f64 = 1.96 + 0.8416;
/// More members than any account has. A difference that needs more will not be found.
const MAX_MEMBERS: f64 = 1e9;

/// Returns how many more members both groups need together to tell the difference that was observed from none.
///
/// With so many, and the same rates, four of five repetitions have a 95 % interval without zero. The new members are divided
/// as the present ones are. Each group is `(responded, members)`. `None` if the difference is already clear, if both rates
/// are equal, or if a group is empty.
///
/// # References
/// Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", 3rd edition, 2003, section 4.2: sample size for
/// two proportions from their separate variances, for groups of unequal size.
#[must_use]
pub fn more_members_needed(first: (u64, u64), second: (u64, u64), found: Option<&Uplift>) -> Option<u64> {
    if found.is_some_and(Uplift::is_clear) || first.1 == 0 || second.1 == 0 {
        return None;
    }
    let rate = |(responded, members): (u64, u64)| responded.min(members) as f64 / members as f64;
    let (p, q) = (rate(first), rate(second));
    let ratio = second.1 as f64 / first.1 as f64;
    let of_first = QUANTILES.powi(2) * (p * (1.0 - p) + q * (1.0 - q) / ratio) / (p - q).powi(2);
    let more = of_first.ceil() * (1.0 + ratio) - (first.1 + second.1) as f64;
    // The power is less than that of a clear difference, so a little more is always needed.
    (more.is_finite() && more <= MAX_MEMBERS).then(|| more.ceil().max(1.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::more_members_needed;

    #[test]
    fn ten_against_twelve_percent_needs_3838_members_each() {
        // (1.96 + 0.8416)² × (0.1 × 0.9 + 0.12 × 0.88) / 0.02² = 7.848963 × 0.1956 / 0.0004 = 3838.1, so 3,839 each.
        assert_eq!(more_members_needed((100, 1_000), (120, 1_000), None), Some(2 * 3_839 - 2_000));
        // A quarter in the first group: 7.848963 × (0.09 + 0.1056 / 3) / 0.0004 = 2456.7; 2,457 and three times as many.
        assert_eq!(more_members_needed((100, 1_000), (360, 3_000), None), Some(4 * 2_457 - 4_000));
    }

    #[test]
    fn nothing_is_asked_for_without_a_difference_or_with_a_clear_one() {
        assert_eq!(more_members_needed((10, 100), (20, 200), None), None);
        assert_eq!(more_members_needed((0, 0), (20, 200), None), None);
        let clear = crate::report::uplift((56, 70), (48, 80)).expect("enough members");
        assert_eq!(more_members_needed((56, 70), (48, 80), Some(&clear)), None);
        assert_eq!(more_members_needed((500_000, 1_000_000), (500_001, 1_000_000), None), None, "it will not be found");
    }
}
