//! What a push added: responses of those pushed against the hold-out, by the arm that was drawn, with a 95 % interval.

use super::suppress::is_small;

/// 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Members and responses of both arms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arms {
    pub(super) pushed: f64,
    pub(super) pushed_responded: f64,
    pub(super) held_out: f64,
    pub(super) held_out_responded: f64,
}

/// A difference of response rates with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Uplift {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Difference of the two rates, with Newcombe's interval, which keeps its level for small groups and rates near 0.
/// `None` where an arm is empty.
///
/// Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998),
/// method 10.
pub(super) fn of_push(arms: Arms) -> Option<Uplift> {
    if arms.pushed <= 0.0 || arms.held_out <= 0.0 {
        return None;
    }
    let (pushed, pushed_low, pushed_high) = wilson(arms.pushed_responded, arms.pushed);
    let (held, held_low, held_high) = wilson(arms.held_out_responded, arms.held_out);
    let value = pushed - held;
    Some(Uplift {
        value,
        low: value - (pushed - pushed_low).hypot(held_high - held),
        high: value + (pushed_high - pushed).hypot(held - held_low),
    })
}

/// The difference over all pushes, each weighed by n₁n₀/(n₁+n₀) so that pushes are compared within themselves only
/// (Mantel and Haenszel's weights for risk differences), with the normal interval. `None` without a push that has both arms.
pub(super) fn over_pushes(pushes: &[Arms]) -> Option<Uplift> {
    let (mut weights, mut differences, mut variances) = (0.0, 0.0, 0.0);
    for arms in pushes.iter().filter(|arms| arms.pushed > 0.0 && arms.held_out > 0.0) {
        let (pushed, held) = (arms.pushed_responded / arms.pushed, arms.held_out_responded / arms.held_out);
        let weight = arms.pushed * arms.held_out / (arms.pushed + arms.held_out);
        weights += weight;
        differences += weight * (pushed - held);
        variances += weight * weight * (variance(pushed, arms.pushed) + variance(held, arms.held_out));
    }
    if weights <= 0.0 {
        return None;
    }
    let (value, error) = (differences / weights, variances.sqrt() / weights);
    Some(Uplift { value, low: value - Z * error, high: value + Z * error })
}

/// Whether the members of an arm, or those of them who responded, are too few over all pushes for their rate to be told.
pub(super) fn is_about_few(pushes: &[Arms]) -> bool {
    let compared = || pushes.iter().filter(|arms| arms.pushed > 0.0 && arms.held_out > 0.0);
    let total = |of: fn(&Arms) -> f64| compared().map(of).sum::<f64>();
    [
        total(|arms| arms.pushed),
        total(|arms| arms.pushed_responded),
        total(|arms| arms.held_out),
        total(|arms| arms.held_out_responded),
    ]
    .into_iter()
    .any(is_small)
}

/// The variance of a rate, from the rate after one response and one failure were added, so that it is never 0.
fn variance(rate: f64, n: f64) -> f64 {
    let rate = (rate * n + 1.0) / (n + 2.0);
    rate * (1.0 - rate) / n
}

/// The rate and Wilson's interval.
fn wilson(responded: f64, n: f64) -> (f64, f64, f64) {
    let rate = responded / n;
    let centre = rate + Z * Z / (2.0 * n);
    let width = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (rate, (centre - width) / scale, (centre + width) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms(pushed_responded: f64, pushed: f64, held_out_responded: f64, held_out: f64) -> Arms {
        Arms { pushed, pushed_responded, held_out, held_out_responded }
    }

    #[test]
    fn the_interval_is_that_of_newcombes_table() {
        // Table II of the paper: 56/70 against 48/80, method 10.
        let uplift = of_push(arms(56.0, 70.0, 48.0, 80.0)).expect("both arms");
        let rounded = [uplift.value, uplift.low, uplift.high].map(|value| (value * 1e4).round() / 1e4);
        assert_eq!(rounded, [0.2, 0.0524, 0.3339]);
    }

    #[test]
    fn an_empty_arm_tells_nothing() {
        assert_eq!(of_push(arms(5.0, 10.0, 0.0, 0.0)), None);
        assert_eq!(over_pushes(&[arms(5.0, 10.0, 0.0, 0.0)]), None);
    }

    #[test]
    fn a_rate_of_few_people_is_not_told() {
        assert!(is_about_few(&[arms(18.0, 30.0, 2.0, 10.0)]));
        assert!(!is_about_few(&[arms(18.0, 30.0, 6.0, 10.0), arms(18.0, 30.0, 5.0, 10.0)]));
    }

    #[test]
    fn pushes_of_different_appeal_do_not_blur_the_difference() {
        // Both pushes add ten points, though the pooled rates of the arms are equal.
        let all = over_pushes(&[arms(30.0, 100.0, 20.0, 100.0), arms(900.0, 1000.0, 80.0, 100.0)]).expect("both arms");
        assert!((all.value - 0.1).abs() < 1e-9);
        assert!(all.low < 0.1 && all.high > 0.1);
    }
}
