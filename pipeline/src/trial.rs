//! One setting that was tried, by the search of `evaluate --tune` or by that of training: one form in every report and card.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use zhihui_models::tuning;

/// A setting, what it reached on the validation part, and whether the search went on with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// Place in the sequence, from 0.
    pub number: usize,
    /// The recommender, or `service` for the whole scorer that training makes.
    pub model: String,
    /// The parameters that were set.
    pub params: BTreeMap<String, Value>,
    /// What was moved against the best so far; null where several were, or none.
    pub setting: Option<&'static str>,
    /// Its value.
    pub value: Option<Value>,
    /// NDCG on the validation part; null where it was refused.
    pub ndcg: Option<f64>,
    /// Mean gain over the best settings before, and its standard error; null for the first, and for recommenders that are
    /// compared by themselves.
    pub gain: Option<[f64; 2]>,
    /// Whether it was the best so far: for training by more than a standard error (the rule of Breiman et al., *Classification
    /// and Regression Trees*, 1984, in favour of what was there before).
    pub taken: bool,
    /// Why it was refused.
    pub why: Option<String>,
}

impl Trial {
    /// A trial of `evaluate --tune`; `best`: the highest NDCG before it.
    #[must_use]
    pub fn of_recommender(trial: &tuning::TuningTrial, best: f64) -> Self {
        let why = match &trial.result {
            tuning::TrialResult::Failed { reason } => Some(reason.clone()),
            tuning::TrialResult::Measured { .. } => None,
        };
        Self {
            number: trial.number,
            model: trial.spec.name().to_string(),
            params: trial.spec.params().iter().map(|(name, &value)| (name.clone(), json!(value))).collect(),
            setting: None,
            value: None,
            ndcg: trial.ndcg(),
            gain: None,
            taken: trial.ndcg().is_some_and(|ndcg| ndcg > best),
            why,
        }
    }

    /// All trials of one search in order.
    #[must_use]
    pub fn of_recommenders(trials: &[tuning::TuningTrial]) -> Vec<Self> {
        let mut best = 0.0_f64;
        let report = |trial| {
            let report = Self::of_recommender(trial, best);
            best = best.max(report.ndcg.unwrap_or_default());
            report
        };
        trials.iter().map(report).collect()
    }

    /// What was tried, as people read it: `popularity_half_life_days.articles = 7`, or the name of the recommender.
    #[must_use]
    pub fn described(&self) -> String {
        match (self.setting, &self.value) {
            (Some(setting), Some(value)) => format!("{setting} = {value}"),
            _ if self.model == SERVICE && self.number == 0 => "as configured".to_owned(),
            _ if self.model == SERVICE => "as in the last model card".to_owned(),
            _ => self.model.clone(),
        }
    }
}

/// The name of training in a trial.
pub(crate) const SERVICE: &str = "service";

/// Where a search measured: what was held out of the data that it may see.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValidationReport {
    /// How it was cut: `random`, `runs`, `latest`, `future` or `spans`.
    pub cut: String,
    /// Members asked about.
    pub members: usize,
    /// Begin of what was held out, seconds since 1970; null where it is no span of time.
    pub from: Option<i64>,
    /// Its end, exclusive.
    pub until: Option<i64>,
    /// Further cuts, which no trial saw, on which the best few were judged in the end.
    pub fresh_cuts: usize,
}
