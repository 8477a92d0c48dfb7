//! Compares the variants of a list by the responses to what each of their members got.

use serde::Serialize;
use zhihui_engine::report::{more_members_needed, rate_interval, uplift};

use super::responses::{ArmResponses, UpliftInterval};

/// A response rate with its interval, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateInterval {
    /// Pushed members who responded.
    pub percent: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The responses to a variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VariantResponses {
    /// Name of the variant.
    pub name: String,
    /// The pushed members.
    pub push: ArmResponses,
    /// The members of the hold-out of the list who would have got the variant.
    pub hold_out: ArmResponses,
    /// The response rate of the pushed members; null if they are too few to judge.
    pub rate: Option<RateInterval>,
    /// The effect of the push against the hold-out; null if an arm has too few members to judge.
    pub uplift: Option<UpliftInterval>,
    /// The response rate minus that of the first variant; null for the first one, and if there are too few members.
    pub against_first: Option<UpliftInterval>,
    /// How many more members both variants need together to tell the difference from none; null if it is clear, if there is
    /// none, and if there are too few members to judge.
    pub more_members: Option<u64>,
}

/// Compares variants, which come as name, pushed and held-out members. The first one is the standard.
pub(crate) fn compare_variants(variants: &[(String, ArmResponses, ArmResponses)]) -> Vec<VariantResponses> {
    let pair = |arm: ArmResponses| (arm.responded as u64, arm.members as u64);
    let first = variants.first().map(|(_, push, _)| pair(*push)).unwrap_or_default();
    let compared = |(place, (name, push, hold_out)): (usize, &(String, ArmResponses, ArmResponses))| {
        let difference = if place == 0 { None } else { uplift(pair(*push), first) };
        let more = difference.and_then(|found| more_members_needed(pair(*push), first, Some(&found)));
        let rate = rate_interval(pair(*push)).map(|[percent, low, high]| RateInterval { percent, low, high });
        VariantResponses {
            name: name.clone(),
            push: *push,
            hold_out: *hold_out,
            rate,
            uplift: uplift(pair(*push), pair(*hold_out)).map(UpliftInterval::from),
            against_first: difference.map(UpliftInterval::from),
            more_members: more,
        }
    };
    variants.iter().enumerate().map(compared).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(responded: usize, members: usize) -> ArmResponses {
        ArmResponses { members, responded, unfollowed: 0 }
    }

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 0.01
    }

    #[test]
    fn difference_and_interval_match_newcombes_example() {
        // Newcombe 1998, method 10, (a): 56 of 70 against 48 of 80 is 20 points, 5.24 to 33.39.
        let variants = [("A", arm(48, 80), arm(6, 20)), ("B", arm(56, 70), arm(9, 30))];
        let variants = variants.map(|(name, push, hold_out)| (name.to_owned(), push, hold_out));
        let compared = compare_variants(&variants);
        assert_eq!((compared[0].against_first, compared[0].more_members), (None, None));
        let found = compared[1].against_first.expect("enough members");
        assert!(close(found.points, 20.0) && close(found.low, 5.24) && close(found.high, 33.39), "{found:?}");
        assert!(found.clear && compared[1].more_members.is_none(), "a clear difference needs nobody more");
        // Wilson's interval of 48 of 80, by hand: (0.6 + 1.96²/160 ± 1.96 √(0.24/80 + 1.96²/25600)) / (1 + 1.96²/80).
        let rate = compared[0].rate.expect("enough members");
        assert!(close(rate.percent, 60.0) && close(rate.low, 49.04) && close(rate.high, 70.04), "{rate:?}");
        assert_eq!(compared[0].uplift, None, "20 held-out members are too few");
        assert!(compared[1].uplift.expect("30 are enough").clear);
    }

    #[test]
    fn unclear_difference_says_how_many_members_are_missing() {
        let variants = [("A", arm(100, 1_000)), ("B", arm(120, 1_000)), ("C", arm(100, 1_000)), ("D", arm(3, 29))];
        let variants = variants.map(|(name, push)| (name.to_owned(), push, arm(0, 0)));
        let compared = compare_variants(&variants);
        let found = compared[1].against_first.expect("enough members");
        assert!(close(found.points, 2.0) && !found.clear && found.low < 0.0, "{found:?}");
        assert_eq!(compared[1].more_members, Some(5_678), "3,839 each, and there are 2,000");
        assert_eq!((compared[2].against_first.map(|found| found.points), compared[2].more_members), (Some(0.0), None));
        assert_eq!((compared[3].against_first, compared[3].rate, compared[3].more_members), (None, None, None));
    }
}
