//! Uplift of a push: compares the pushed members with the held-out ones.

/// Minimum number of members of each arm.
const MIN_ARM_SIZE: u64 = 30;
/// The standard normal quantile of a 95 % interval.
const QUANTILE: f64 = 1.96;

/// The difference between the response rates of the two arms, in percentage points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Uplift {
    /// Response rate of the pushed members minus that of the held-out ones.
    pub points: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Uplift {
    /// Whether the interval excludes zero.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// Computes the uplift from `(responded, members)` of each arm. `None` if either arm has too few members.
///
/// # References
/// Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17, 1998,
/// method 10: square-and-add of the two Wilson intervals.
#[must_use]
pub fn uplift(pushed: (u64, u64), held_out: (u64, u64)) -> Option<Uplift> {
    if pushed.1.min(held_out.1) < MIN_ARM_SIZE {
        return None;
    }
    let (p, p_low, p_high) = wilson(pushed);
    let (h, h_low, h_high) = wilson(held_out);
    let points = p - h;
    let low = points - ((p - p_low).powi(2) + (h_high - h).powi(2)).sqrt();
    let high = points + ((p_high - p).powi(2) + (h - h_low).powi(2)).sqrt();
    Some(Uplift { points: 100.0 * points, low: 100.0 * low, high: 100.0 * high })
}

/// Returns the response rate of `(responded, members)` with its 95 % interval, in percent. `None` with too few members.
///
/// # References
/// Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
#[must_use]
pub fn rate_interval(group: (u64, u64)) -> Option<[f64; 3]> {
    let (rate, low, high) = (group.1 >= MIN_ARM_SIZE).then(|| wilson(group))?;
    Some([rate, low, high].map(|share| 100.0 * share))
}

fn wilson((responded, members): (u64, u64)) -> (f64, f64, f64) {
    let (n, z2) = (members as f64, QUANTILE * QUANTILE);
    let rate = responded.min(members) as f64 / n;
    let middle = rate + z2 / (2.0 * n);
    let reach = QUANTILE * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt();
    (rate, (middle - reach) / (1.0 + z2 / n), (middle + reach) / (1.0 + z2 / n))
}

#[cfg(test)]
mod tests {
    use super::{rate_interval, uplift};

    #[test]
    fn uplift_matches_newcombes_first_example() {
        let found = uplift((56, 70), (48, 80)).expect("enough members");
        let close = |left: f64, right: f64| (left - right).abs() < 0.01;
        assert!(close(found.points, 20.0) && close(found.low, 5.24) && close(found.high, 33.39), "{found:?}");
        assert!(found.is_clear());
    }

    #[test]
    fn rate_has_wilsons_interval() {
        // Newcombe 1998 (Statistics in Medicine 17, 857-872), method 3: 81 of 263.
        let [rate, low, high] = rate_interval((81, 263)).expect("enough members");
        let close = |left: f64, right: f64| (left - right).abs() < 0.01;
        assert!(close(rate, 30.80) && close(low, 25.53) && close(high, 36.62), "{rate} {low} {high}");
        assert_eq!(rate_interval((3, 29)), None);
    }

    #[test]
    fn small_arms_have_no_uplift_and_equal_rates_are_not_significant() {
        assert_eq!(uplift((3, 29), (1, 500)), None);
        assert!(!uplift((50, 500), (5, 50)).expect("enough members").is_clear());
    }
}
