//! The noise floor: whether a metric changed by more than chance.

use super::MetricValue;

/// A change counts from this many standard errors on.
const STANDARD_ERRORS: f64 = 2.0;
/// A change counts from this part of the value before on.
const MIN_RELATIVE_CHANGE: f64 = 0.05;

/// Whether a metric changed beyond the noise floor since the period before. `members` bounds counts of people, and
/// `times_per_person` says how person-times cluster.
///
/// The standard error of the difference is that of two binomial counts for people (of `members`), of two Poisson counts that
/// come in clusters for person-times, and of two binomial rates over the present denominator for shares. Other counts are
/// taken as Poisson. A metric without one of these models never counts as changed.
#[must_use]
pub fn moved(metric: &MetricValue, members: Option<f64>, times_per_person: f64) -> bool {
    let (Some(now), Some(before)) = (metric.value, metric.previous) else { return false };
    let rest =
        |count: f64| members.filter(|members| *members > 0.0).map_or(1.0, |members| 1.0 - (count / members).min(1.0));
    let variance = match metric.unit.as_str() {
        "people" => now * rest(now) + before * rest(before),
        "person_times" => (now + before) * times_per_person.max(1.0),
        "share" => match metric.denominator.filter(|denominator| *denominator > 0.0) {
            Some(denominator) => (now * (1.0 - now) + before * (1.0 - before)).max(0.0) / denominator,
            None => return false,
        },
        "articles" | "unions" => now + before,
        _ => return false,
    };
    is_beyond_noise(now, before, variance)
}

/// Whether two counts of people differ beyond the noise floor, taken as Poisson.
#[must_use]
pub fn counts_differ(now: f64, before: f64) -> bool {
    is_beyond_noise(now, before, now + before)
}

fn is_beyond_noise(now: f64, before: f64, variance: f64) -> bool {
    let change = (now - before).abs();
    change > 0.0 && change >= STANDARD_ERRORS * variance.sqrt() && change >= MIN_RELATIVE_CHANGE * before.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::metric;

    fn changed(name: &str, now: f64, before: f64, fraction: Option<(f64, f64)>) -> bool {
        let mut value = metric(name).expect("defined").figure(Some(now), fraction, false);
        value.previous = Some(before);
        moved(&value, Some(43_000.0), 3.0)
    }

    #[test]
    fn a_change_within_two_standard_errors_is_noise() {
        // Two Poisson counts of 100: a standard error of about 14.
        assert!(!counts_differ(125.0, 100.0), "25 of a standard error of 15.0");
        assert!(counts_differ(131.0, 100.0), "31 of a standard error of 15.2");
        // 2 × √(1,000 + 1,090) = 91.4, a little less with the binomial; 9 % of the value.
        assert!(!changed("readers", 1_085.0, 1_000.0, None) && changed("readers", 1_095.0, 1_000.0, None));
        // Reads come three a reader: 2 × √(3 × 2,150) = 160.
        assert!(!changed("reads", 1_150.0, 1_000.0, None) && changed("reads", 1_170.0, 1_000.0, None));
    }

    #[test]
    fn a_change_below_five_percent_is_too_small_to_tell() {
        assert!(!changed("readers", 10_400.0, 10_000.0, None), "4 % is far beyond chance, but nobody acts on it");
        assert!(changed("readers", 10_600.0, 10_000.0, None));
    }

    #[test]
    fn shares_are_compared_over_their_denominator() {
        // p = 0.25 and 0.30 of 400: a standard error of 0.0316.
        assert!(!changed("fill_rate", 0.30, 0.25, Some((120.0, 400.0))));
        assert!(changed("fill_rate", 0.30, 0.25, Some((1_200.0, 4_000.0))));
        assert!(!changed("dwell_seconds", 90.0, 30.0, None), "no model of its chance");
    }
}
