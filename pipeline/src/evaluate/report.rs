//! The comparison of recommenders, in the form of its JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::trial::{Trial, ValidationReport};

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluateReport {
    /// The recommenders; with tuning the winner is first.
    pub models: Vec<ModelReport>,
    /// Users of the training data, of the last window where there are several.
    pub users: usize,
    /// Items of the training data.
    pub items: usize,
    /// Training interactions, of the last window where there are several.
    pub train: usize,
    /// Test interactions of all windows.
    pub test: usize,
    /// Users with at least one test item, those over whom means are taken; once for every window.
    pub test_users: usize,
    /// Test windows of the lake, the earliest first; one without instants for files.
    pub windows: Vec<WindowReport>,
    /// Recommenders that the data do not allow, and why.
    pub left_out: BTreeMap<String, String>,
    /// What tuning tried, in order.
    pub trials: Vec<Trial>,
    /// Who was judged in the end on cuts that no trial saw, the winner marked; empty without tuning.
    pub finalists: Vec<FinalistReport>,
    /// Where tuning measured; null without tuning.
    pub validation: Option<ValidationReport>,
    /// The popularity baseline over which gains are: the better of `popular` and `segment_popular`, both with a half-life that was
    /// tuned on what precedes the first test.
    pub baseline: String,
}

/// One of the best few trials, or their average, on the fresh cuts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FinalistReport {
    /// The trial that it was; null for an average.
    pub trial: Option<usize>,
    /// The recommender.
    pub model: String,
    /// Its parameters.
    pub params: BTreeMap<String, f64>,
    /// NDCG on each fresh cut.
    pub ndcg: Vec<f64>,
    /// Whether it won.
    pub chosen: bool,
}

/// One test window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowReport {
    /// Its begin, seconds since 1970.
    pub from: Option<i64>,
    /// Its end, exclusive.
    pub until: Option<i64>,
    /// Interactions learnt from.
    pub train: usize,
    /// Interactions asked for.
    pub test: usize,
    /// Users with at least one test item.
    pub test_users: usize,
}

/// One recommender.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelReport {
    /// Its name.
    pub model: String,
    /// Means over test users.
    pub metrics: BTreeMap<String, f64>,
    /// 95 % intervals of those means that are means over users, users resampled.
    pub intervals: BTreeMap<String, [f64; 2]>,
    /// Of a tuned winner its mean NDCG on the fresh cuts, and the highest of a trial where it was searched, which is the luckiest;
    /// null without tuning.
    pub validation: BTreeMap<String, Option<f64>>,
    /// Seconds to fit, to tune if asked for.
    pub fit_seconds: f64,
    /// Seconds to make and measure the lists of all test users.
    pub recommend_seconds: f64,
    /// All parameters.
    pub params: BTreeMap<String, f64>,
    /// Test users who were served by the model itself or by what stands in for it.
    pub served: usize,
    /// 95 % interval of the mean NDCG@20.
    pub interval: [f64; 2],
    /// Mean gain in NDCG@20 over the baseline of the report, user by user, with its 95 % interval; null for popularity itself.
    pub gain_over_popular: Option<[f64; 3]>,
    /// The same over each baseline and over the best of the recommenders, by name.
    pub gains: BTreeMap<String, [f64; 3]>,
    /// By slice of the users, and by items with and without a history.
    pub slices: BTreeMap<String, BTreeMap<String, SliceReport>>,
}

/// One slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceReport {
    /// Test users in it, or with such test items.
    pub users: usize,
    /// Their mean NDCG@20.
    pub ndcg: f64,
    /// Its 95 % interval.
    pub interval: [f64; 2],
    /// Mean gain over the baseline of the report with its 95 % interval; null for popularity itself.
    pub gain_over_popular: Option<[f64; 3]>,
    /// The same over what is popular in the member's age band; null for files and for that baseline itself.
    pub gain_over_segment_popular: Option<[f64; 3]>,
}
