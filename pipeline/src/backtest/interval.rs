//! Bootstrap intervals of ratios over clusters of lists.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Number of resamples.
const SAMPLES: u64 = 1_000;
/// Minimum number of dates for resampling dates. With fewer, lists are resampled.
const MIN_DATES: usize = 10;

/// Returns the unit of resampling: `dates` or `lists`.
pub(super) fn clusters_of(n_dates: usize) -> String {
    if n_dates >= MIN_DATES { "dates" } else { "lists" }.to_owned()
}

/// Returns the sums of numerator and denominator by cluster. `pairs` have the date of their list.
pub(super) fn clustered(pairs: &[(usize, f64, f64)], n_dates: usize) -> Vec<(f64, f64)> {
    if n_dates < MIN_DATES {
        return pairs.iter().map(|&(_, numerator, denominator)| (numerator, denominator)).collect();
    }
    let mut sums = vec![(0.0, 0.0); n_dates];
    for &(date, numerator, denominator) in pairs {
        sums[date].0 += numerator;
        sums[date].1 += denominator;
    }
    sums.retain(|&(numerator, denominator)| numerator > 0.0 || denominator > 0.0);
    sums
}

/// Returns the ratio of the sums with its 95 % percentile bootstrap interval over clusters (Efron and Tibshirani, *An
/// Introduction to the Bootstrap*, 1993). A bound is `None` if the denominator of its resample is 0.
pub(super) fn ratio(clusters: &[(f64, f64)], seed: u64) -> (Option<f64>, [Option<f64>; 2]) {
    let divide =
        |(numerator, denominator): (f64, f64)| if denominator > 0.0 { numerator / denominator } else { f64::INFINITY };
    let add = |left: (f64, f64), right: &(f64, f64)| (left.0 + right.0, left.1 + right.1);
    let finite = |value: f64| value.is_finite().then_some(value);
    if clusters.is_empty() {
        return (None, [None; 2]);
    }
    let sample = |sample: u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(sample);
        divide((0..clusters.len()).map(|_| &clusters[rng.gen_range(0..clusters.len())]).fold((0.0, 0.0), add))
    };
    let mut ratios: Vec<f64> = (0..SAMPLES).into_par_iter().map(sample).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| finite(ratios[(share * (ratios.len() - 1) as f64).round() as usize]);
    (finite(divide(clusters.iter().fold((0.0, 0.0), add))), [at(0.025), at(0.975)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_contains_the_ratio_and_narrows_with_more_clusters() {
        let clusters = |n: usize| (0..n).map(|at| (2.0 + (at % 3) as f64, 2.0)).collect::<Vec<_>>();
        let width = |n: usize| {
            let (value, [low, high]) = ratio(&clusters(n), 7);
            let (value, low, high) = (value.expect("a ratio"), low.expect("a bound"), high.expect("a bound"));
            assert!((value - 1.5).abs() < 1e-12 && low < value && value < high);
            high - low
        };
        assert!(width(300) < 0.3 * width(9));
        assert_eq!(ratio(&[(1.0, 0.0)], 7), (None, [None; 2]));
        assert_eq!(ratio(&[], 7).0, None);
    }

    #[test]
    fn dates_are_resampled_if_there_are_many() {
        let pairs: Vec<(usize, f64, f64)> = (0..24).map(|at| (at / 2, 1.0, 2.0)).collect();
        assert_eq!(clustered(&pairs, 12), vec![(2.0, 4.0); 12]);
        assert_eq!(clustered(&pairs, 3).len(), 24);
    }
}
