//! The half-life of popularity that predicts best: a baseline is tuned as what is compared with it.

use super::TuneOptions;
use super::folds::Folds;
use super::proposal::round_to_three_digits;
use crate::ModelError;
use crate::catalogue::{ModelName, ModelSpec, TrainingData};

/// Half-lives in days that are tried first, ascending: from two minutes, for news, to a year.
const GRID: [f64; 14] = [0.0015, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 7.0, 14.0, 30.0, 90.0, 365.0];
/// Times that the best is compared with values halfway to its neighbours.
const REFINEMENTS: usize = 2;

/// Half-life in days with the highest NDCG on the validation parts of `data`; `None` where times say nothing about what is asked,
/// or counting everything alike is no worse.
///
/// # Errors
/// What a fit refuses; nothing to hold out is `None`.
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

/// Place of the highest NDCG; of equals the longest half-life, which is the least news-like.
fn best(tried: &[(f64, f64)]) -> usize {
    (0..tried.len()).fold(0, |best, at| if tried[at].1 >= tried[best].1 { at } else { best })
}
