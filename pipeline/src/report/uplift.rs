//! What pushes added over all of them: responses of those pushed against the hold-outs, by the arm that was drawn.

use zhihui_engine::report::{MinGroupSize, Uplift, uplift};

/// 97.5 % point of the normal distribution.
const QUANTILE: f64 = 1.96;
/// Fewest members of either arm over all pushes before a difference says anything.
const FEWEST: f64 = 30.0;

/// Members of an arm from which on it is no small group, however few of them responded: they were drawn at random from the whole
/// account.
const NO_SMALL_GROUP: f64 = 100.0;

/// Members and responses of both arms of a push.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arms {
    pub(super) pushed: f64,
    pub(super) pushed_responded: f64,
    pub(super) held_out: f64,
    pub(super) held_out_responded: f64,
}

/// The uplift of one push; `None` where an arm has too few members to judge.
pub(super) fn of_push(arms: Arms) -> Option<Uplift> {
    let whole = |responded: f64, members: f64| (responded as u64, members as u64);
    uplift(whole(arms.pushed_responded, arms.pushed), whole(arms.held_out_responded, arms.held_out))
}

/// The difference of rates over all pushes, in percentage points, each push weighed by n₁n₀/(n₁+n₀) so that pushes are compared
/// within themselves only, with the normal interval. `None` where the arms have too few members to judge.
///
/// # References
/// Mantel and Haenszel's weights for differences of rates: Greenland and Robins, "Estimation of a common effect parameter from
/// sparse follow-up data", Biometrics 41, 1985.
pub(super) fn over_pushes(pushes: &[Arms]) -> Option<Uplift> {
    let (mut weights, mut differences, mut variances) = (0.0, 0.0, 0.0);
    for arms in compared(pushes) {
        let (pushed, held) = (arms.pushed_responded / arms.pushed, arms.held_out_responded / arms.held_out);
        let weight = arms.pushed * arms.held_out / (arms.pushed + arms.held_out);
        weights += weight;
        differences += weight * (pushed - held);
        variances += weight * weight * (variance(pushed, arms.pushed) + variance(held, arms.held_out));
    }
    let [members, _, held_out, _] = groups(pushes);
    if members.min(held_out) < FEWEST {
        return None;
    }
    let (value, error) = (100.0 * differences / weights, 100.0 * variances.sqrt() / weights);
    Some(Uplift { points: value, low: value - QUANTILE * error, high: value + QUANTILE * error })
}

impl Arms {
    /// Whether each arm is large enough to show how many of it responded, however few.
    pub(super) fn are_large(&self) -> bool {
        self.pushed.min(self.held_out) >= NO_SMALL_GROUP
    }
}

/// Whether the difference over all pushes would tell of a small group.
pub(super) fn tells_of_few(pushes: &[Arms], fewest: MinGroupSize) -> bool {
    let [pushed, pushed_responded, held_out, held_out_responded] = groups(pushes);
    let all = Arms { pushed, pushed_responded, held_out, held_out_responded };
    let rest = [pushed - pushed_responded, held_out - held_out_responded];
    !all.are_large() && groups(pushes).into_iter().chain(rest).any(|people| fewest.hides(people as u64))
}

/// Over all pushes with both arms: members pushed, of them responded, members held out, of them responded.
pub(super) fn groups(pushes: &[Arms]) -> [f64; 4] {
    compared(pushes).fold([0.0; 4], |sums, arms| {
        let of_push = [arms.pushed, arms.pushed_responded, arms.held_out, arms.held_out_responded];
        std::array::from_fn(|at| sums[at] + of_push[at])
    })
}

fn compared(pushes: &[Arms]) -> impl Iterator<Item = &Arms> {
    pushes.iter().filter(|arms| arms.pushed > 0.0 && arms.held_out > 0.0)
}

/// The variance of a rate, from the rate after one response and one failure were added, so that it is never 0.
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
    fn a_push_without_a_hold_out_tells_nothing() {
        assert_eq!(of_push(arms(5.0, 100.0, 0.0, 0.0)), None);
        assert_eq!(over_pushes(&[arms(5.0, 100.0, 0.0, 0.0)]), None);
    }

    #[test]
    fn a_large_random_arm_is_no_small_group_however_few_respond() {
        let fewest = MinGroupSize::default();
        assert!(!tells_of_few(&[arms(300.0, 900.0, 3.0, 100.0)], fewest));
        assert!(tells_of_few(&[arms(300.0, 900.0, 3.0, 99.0)], fewest));
        assert!(!tells_of_few(&[arms(30.0, 90.0, 20.0, 60.0)], fewest));
    }

    #[test]
    fn pushes_of_different_appeal_do_not_blur_the_difference() {
        // Both pushes add ten points; pooled, the arms would differ by far more.
        let pushes = [arms(30.0, 100.0, 20.0, 100.0), arms(900.0, 1000.0, 80.0, 100.0)];
        let all = over_pushes(&pushes).expect("both arms");
        assert!((all.points - 10.0).abs() < 1e-9);
        assert!(all.low < 10.0 && all.high > 10.0);
    }
}
