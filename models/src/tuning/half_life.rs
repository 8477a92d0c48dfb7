//! Tunes the half-life of the popularity baseline, so that it is compared on equal terms.

use super::folds::Folds;
use super::options::TuneOptions;
use super::proposal::round_to_three_digits;
use crate::ModelError;
use crate::catalogue::{ModelName, ModelSpec};
use crate::training_data::TrainingData;

/// Half-lives in days tried first, in ascending order: from two minutes, for news, to a year.
const GRID: [f64; 14] = [0.0015, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 7.0, 14.0, 30.0, 90.0, 365.0];
/// Number of times that the best value is compared with the geometric means of it and its neighbours.
const REFINEMENTS: usize = 2;

/// Finds the half-life in days with the highest NDCG on the validation parts of `data`.
///
/// Returns `None` if the data are not used to predict the future, if nothing can be held out, or if popularity without decay
/// is as good.
///
/// # Errors
/// The errors of a fit.
pub fn popularity_half_life(data: &TrainingData, options: &TuneOptions) -> Result<Option<f64>, ModelError> {
    if !data.predicts_future() {
        return Ok(None);
    }
    let folds = match Folds::cut(data, options) {
        Err(ModelError::NotEnoughData(_)) => return Ok(None),
        other => other?,
    };
    let ndcg = |days: f64| {
        let mut spec = ModelSpec::new(ModelName::Popular);
        spec.set("half_life_days", days)?;
        Ok::<f64, ModelError>(folds.evaluate_on_candidates(&folds.fit(&spec, options.seed)?, options.k, None).0)
    };
    let mut tried: Vec<(f64, f64)> = Vec::new();
    for days in GRID {
        tried.push((days, ndcg(days)?));
    }
    for _ in 0..REFINEMENTS {
        let best = best(&tried);
        let neighbours = [best.checked_sub(1), Some(best + 1)].into_iter().flatten();
        let between: Vec<f64> = neighbours
            .filter_map(|neighbour| Some(round_to_three_digits((tried[best].0 * tried.get(neighbour)?.0).sqrt())))
            .collect();
        for days in between {
            tried.push((days, ndcg(days)?));
        }
        tried.sort_by(|left, right| left.0.total_cmp(&right.0));
    }
    let (days, reached) = tried[best(&tried)];
    Ok((reached > ndcg(0.0)?).then_some(days))
}

/// Index of the highest NDCG. Ties go to the longest half-life.
fn best(tried: &[(f64, f64)]) -> usize {
    (0..tried.len()).fold(0, |best, at| if tried[at].1 >= tried[best].1 { at } else { best })
}
