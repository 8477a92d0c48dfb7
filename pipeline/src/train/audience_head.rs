//! The first candidates of an audience, in the order of the service, without sorting the others.

/// The place of a candidate in the order of an audience: a higher score, then a higher tie breaker, then the earlier candidate
/// comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Score and tie breaker, as a number that is smaller for the better candidate.
    key: u64,
    candidate: u32,
}

impl Place {
    pub(super) fn new(candidate: usize, score: f32, tie_breaker: f32) -> Self {
        let key = u64::from(!ascending(score)) << 32 | u64::from(!ascending(tie_breaker));
        Self { key, candidate: candidate as u32 }
    }

    pub(super) fn candidate(self) -> usize {
        self.candidate as usize
    }
}

/// Returns the bits of a number in the order of [`f32::total_cmp`].
fn ascending(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

/// Moves the `length` first places to the front, in order, and returns them.
pub(super) fn head(places: &mut [Place], length: usize) -> &[Place] {
    let length = length.min(places.len());
    if (1..places.len()).contains(&length) {
        places.select_nth_unstable(length - 1);
    }
    places[..length].sort_unstable();
    &places[..length]
}

/// Returns a number of candidates that weigh `limit` or more, whichever they are: `light` of all candidates weigh 1 and the
/// others `weight`, which is at least 1.
pub(super) fn length_that_weighs(limit: f64, light: usize, weight: f64) -> usize {
    let light = light as f64;
    let least = if limit <= light { limit } else { light + (limit - light) / weight };
    // One more for the rounding of a sum of weights.
    least.ceil() as usize + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALUES: [f32; 9] = [0.0, -0.0, 1.5, -1.5, 2.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-40];

    proptest! {
        #[test]
        fn the_head_is_that_of_the_sorted_audience(
            candidates in prop::collection::vec((0_usize..9, 0_usize..9), 0..200), length in 0_usize..220,
        ) {
            let of = |at: usize| (VALUES[candidates[at].0], VALUES[candidates[at].1]);
            let mut sorted: Vec<usize> = (0..candidates.len()).collect();
            sorted.sort_by(|&left, &right| {
                let ((score, tie), (other_score, other_tie)) = (of(left), of(right));
                other_score.total_cmp(&score).then(other_tie.total_cmp(&tie)).then(left.cmp(&right))
            });
            sorted.truncate(length);
            let mut places: Vec<Place> = (0..candidates.len()).map(|at| Place::new(at, of(at).0, of(at).1)).collect();
            let found: Vec<usize> = head(&mut places, length).iter().map(|place| place.candidate()).collect();
            prop_assert_eq!(found, sorted);
        }

        #[test]
        fn any_candidates_of_that_length_weigh_enough(
            limit in 1.0_f64..900.0, light in 0_usize..300, weight in 1.0_f64..40.0,
        ) {
            let length = length_that_weighs(limit, light, weight);
            let weighs: f64 = (0..length).map(|at| if at < light { 1.0 } else { weight }).sum();
            prop_assert!(weighs >= limit, "{} weigh {}", length, weighs);
            prop_assert!(length as f64 <= limit.ceil() + 1.0);
        }
    }
}
