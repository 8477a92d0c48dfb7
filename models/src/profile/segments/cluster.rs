//! Finds the centres with linfa's k-means, and their number with the silhouette.

use linfa::{DatasetBase, traits::Fit};
use linfa_clustering::{KMeans, KMeansInit};
use ndarray::{Array2, ArrayView1};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::SegmentParams;
use crate::{ModelError, profile::shares::Shares};

/// Number of members whose silhouette is computed.
const SILHOUETTE_SAMPLE: usize = 600;
/// Runs of k-means, of which the best is kept.
const RUNS: usize = 3;
/// Improvement of the silhouette that is required to change the number of segments since the previous run.
const SWITCH_MARGIN: f64 = 0.02;

/// The centres for the number of segments with the best silhouette, and that silhouette.
pub(super) fn find_centres(
    shares: Shares<'_>,
    previous: &[&[f32]],
    params: &SegmentParams,
    seed: u64,
) -> Result<(Vec<Vec<f32>>, f64), ModelError> {
    let sample = DatasetBase::from(shares.roots(&shares.sample(params.sample, seed)));
    let measured = shares.roots(&shares.sample(SILHOUETTE_SAMPLE.min(params.sample), seed.wrapping_add(1)));
    let most = params.max_segments.min(distinct_rows(sample.records(), params.max_segments));
    let (mut best, mut best_silhouette) = (k_means(&sample, 1, None, seed)?, 0.0);
    for k in 2..=most {
        let fresh = k_means(&sample, k, None, seed)?;
        let mut candidates = vec![(silhouette(&measured, &fresh), fresh)];
        if previous.len() == k {
            let start = Array2::from_shape_fn((k, shares.n_topics), |(at, topic)| f64::from(previous[at][topic]));
            let continued = k_means(&sample, k, Some(start), seed)?;
            candidates.push((silhouette(&measured, &continued) + SWITCH_MARGIN, continued));
        }
        for (value, centres) in candidates {
            if value > best_silhouette {
                (best, best_silhouette) = (centres, value);
            }
        }
    }
    let reached = silhouette(&measured, &best);
    Ok((best.rows().into_iter().map(|row| row.iter().map(|&at| at as f32).collect()).collect(), reached))
}

fn k_means(
    sample: &DatasetBase<Array2<f64>, ndarray::Array1<()>>,
    k: usize,
    start: Option<Array2<f64>>,
    seed: u64,
) -> Result<Array2<f64>, ModelError> {
    let (init, starts) = match start {
        Some(centres) => (KMeansInit::Precomputed(centres), 1),
        None => (KMeansInit::KMeansPlusPlus, RUNS),
    };
    let fitted = KMeans::params_with_rng(k, ChaCha8Rng::seed_from_u64(seed))
        .init_method(init)
        .n_runs(starts)
        .max_n_iterations(60)
        .tolerance(1e-3)
        .fit(sample)
        .map_err(|_| ModelError::Diverged("segmentation"))?;
    Ok(fitted.centroids().clone())
}

/// The number of distinct rows, counted up to `enough`.
fn distinct_rows(rows: &Array2<f64>, enough: usize) -> usize {
    let mut seen: Vec<ArrayView1<'_, f64>> = Vec::new();
    for row in rows.rows() {
        if seen.len() >= enough {
            break;
        }
        if !seen.iter().any(|previous| squared_distance(*previous, row) < 1e-10) {
            seen.push(row);
        }
    }
    seen.len()
}

/// Mean over members of (b − a) / max(a, b), where a is the mean distance to the member's own segment and b that to the
/// nearest other (Rousseeuw 1987). 0 for a single member in a segment, and for a single segment.
fn silhouette(rows: &Array2<f64>, centres: &Array2<f64>) -> f64 {
    let k = centres.nrows();
    let nearest = |row: ArrayView1<'_, f64>| {
        let apart = |at: &usize| squared_distance(row, centres.row(*at));
        (0..k).min_by(|left, right| apart(left).total_cmp(&apart(right))).unwrap_or_default()
    };
    let places: Vec<usize> = rows.rows().into_iter().map(nearest).collect();
    let width_of = |member: usize| {
        let (mut sums, mut sizes) = (vec![0.0; k], vec![0_usize; k]);
        for (other, &place) in places.iter().enumerate().filter(|&(other, _)| other != member) {
            sums[place] += squared_distance(rows.row(member), rows.row(other)).sqrt();
            sizes[place] += 1;
        }
        let mean = |place: usize| (sizes[place] > 0).then(|| sums[place] / sizes[place] as f64);
        let own = mean(places[member])?;
        let others = (0..k).filter(|&place| place != places[member]).filter_map(mean);
        let next = others.min_by(f64::total_cmp)?;
        (own.max(next) > 0.0).then(|| (next - own) / own.max(next))
    };
    let widths: Vec<f64> = (0..places.len()).into_par_iter().map(|member| width_of(member).unwrap_or(0.0)).collect();
    widths.iter().sum::<f64>() / widths.len().max(1) as f64
}

fn squared_distance(left: ArrayView1<'_, f64>, right: ArrayView1<'_, f64>) -> f64 {
    left.iter().zip(right).map(|(a, b)| (a - b) * (a - b)).sum()
}
