//! Uplift: response rates of pushed members compared with those of hold-outs, by the assigned arm.

use zhihui_engine::report::{LARGE_ARM_SIZE, MinGroupSize, Uplift, uplift};

/// 97.5 % point of the normal distribution.
const QUANTILE: f64 = 1.96;
/// Minimum number of members of each arm over all pushes.
const MIN_ARM_SIZE: f64 = 30.0;

/// Members and responses of both arms of a push.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arms {
    pub(super) pushed: f64,
    pub(super) pushed_responded: f64,
    pub(super) held_out: f64,
    pub(super) held_out_responded: f64,
}

/// The uplift of one push. `None` if an arm is too small.
pub(super) fn of_push(arms: Arms) -> Option<Uplift> {
    let arm = |responded: f64, members: f64| (responded as u64, members as u64);
    uplift(arm(arms.pushed_responded, arms.pushed), arm(arms.held_out_responded, arms.held_out))
}

/// The difference of rates over all pushes in percentage points, with the normal interval. Weights each push by
/// n₁n₀/(n₁+n₀), so that only arms of the same push are compared. `None` if an arm is too small.
///
/// # References
/// Mantel and Haenszel's weights for differences of rates: Greenland and Robins, "Estimation of a common effect parameter from
/// sparse follow-up data", Biometrics 41, 1985.
pub(super) fn over_pushes(pushes: &[Arms]) -> Option<Uplift> {
    let (mut weights, mut differences, mut variances) = (0.0, 0.0, 0.0);
    for arms in compared(pushes) {
        let (pushed, held_out) = (arms.pushed_responded / arms.pushed, arms.held_out_responded / arms.held_out);
        let weight = arms.pushed * arms.held_out / (arms.pushed + arms.held_out);
        weights += weight;
        differences += weight * (pushed - held_out);
        variances += weight * weight * (variance(pushed, arms.pushed) + variance(held_out, arms.held_out));
    }
    let [members, _, held_out, _] = groups(pushes);
    if members.min(held_out) < MIN_ARM_SIZE {
        return None;
    }
    let (value, error) = (100.0 * differences / weights, 100.0 * variances.sqrt() / weights);
    Some(Uplift { points: value, low: value - QUANTILE * error, high: value + QUANTILE * error })
}

impl Arms {
    /// Whether both arms are large enough to show any number of responses.
    pub(super) fn are_large(&self) -> bool {
        self.pushed.min(self.held_out) >= LARGE_ARM_SIZE as f64
    }
}

/// Whether the difference over all pushes would reveal a small group. `people` are the distinct members of both arms: who was
/// pushed ten times makes an arm no larger.
pub(super) fn reveals_small_group(pushes: &[Arms], people: [f64; 2], min_size: MinGroupSize) -> bool {
    let [pushed, pushed_responded, held_out, held_out_responded] = groups(pushes);
    let are_large = people.into_iter().all(|people| people >= LARGE_ARM_SIZE as f64);
    let rest = [pushed - pushed_responded, held_out - held_out_responded];
    !are_large && groups(pushes).into_iter().chain(rest).any(|people| min_size.hides(people as u64))
}

/// Sums over all pushes with both arms: pushed members, of them responded, held-out members, of them responded.
pub(super) fn groups(pushes: &[Arms]) -> [f64; 4] {
    compared(pushes).fold([0.0; 4], |sums, arms| {
        let of_push = [arms.pushed, arms.pushed_responded, arms.held_out, arms.held_out_responded];
        std::array::from_fn(|at| sums[at] + of_push[at])
    })
}

/// The pushes with both arms.
pub(super) fn compared(pushes: &[Arms]) -> impl Iterator<Item = &Arms> {
    pushes.iter().filter(|arms| arms.pushed > 0.0 && arms.held_out > 0.0)
}

/// The variance of a rate. Adds one response and one failure, so that it is never 0.
fn variance(rate: f64, n: f64) -> f64 {
    let rate = (rate * n + 1.0) / (n + 2.0);
    rate * (1.0 - rate) / n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms(pushed_responded: f64, pushed: f64, held_out_responded: f64, held_out: f64) -> Arms {
        Arms { pushed, pushed_responded, held_out, held_out_responded }
    }

    #[test]
    fn a_push_without_a_hold_out_has_no_uplift() {
        assert_eq!(of_push(arms(5.0, 100.0, 0.0, 0.0)), None);
        assert_eq!(over_pushes(&[arms(5.0, 100.0, 0.0, 0.0)]), None);
    }

    #[test]
    fn any_number_of_responses_of_large_arms_is_shown() {
        let min_size = MinGroupSize::default();
        assert!(!reveals_small_group(&[arms(300.0, 900.0, 3.0, 100.0)], [900.0, 100.0], min_size));
        assert!(reveals_small_group(&[arms(300.0, 900.0, 3.0, 99.0)], [900.0, 99.0], min_size));
        assert!(!reveals_small_group(&[arms(30.0, 90.0, 20.0, 60.0)], [90.0, 60.0], min_size));
    }

    #[test]
    fn the_same_people_held_out_ten_times_are_no_large_arm() {
        let pushes = [arms(300.0, 900.0, 0.0, 20.0), arms(1.0, 90.0, 3.0, 80.0)];
        assert!(reveals_small_group(&pushes, [900.0, 80.0], MinGroupSize::default()));
        assert!(!reveals_small_group(&pushes, [900.0, 100.0], MinGroupSize::default()));
    }

    #[test]
    fn pushes_with_different_response_rates_are_not_pooled() {
        // Both pushes add ten points; pooled, the arms would differ by far more.
        let pushes = [arms(30.0, 100.0, 20.0, 100.0), arms(900.0, 1000.0, 80.0, 100.0)];
        let all = over_pushes(&pushes).expect("both arms");
        assert!((all.points - 10.0).abs() < 1e-9);
        assert!(all.low < 10.0 && all.high > 10.0);
    }
}
