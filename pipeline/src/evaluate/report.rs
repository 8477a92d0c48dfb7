//! The report of an evaluation, in its JSON form.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::trial::{Trial, ValidationReport};

/// The report of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluateReport {
    /// Recommenders. With tuning the winner is first.
    pub models: Vec<ModelReport>,
    /// Users of the training data; of the last window if there are several.
    pub users: usize,
    /// Items of the training data.
    pub items: usize,
    /// Training interactions; of the last window if there are several.
    pub train: usize,
    /// Test interactions of all windows.
    pub test: usize,
    /// Users with a test item, over whom means are taken; once for every window.
    pub test_users: usize,
    /// Test windows of the lake, earliest first; one without times for files.
    pub windows: Vec<WindowReport>,
    /// Recommenders that were left out, and why.
    pub left_out: BTreeMap<String, String>,
    /// Trials of tuning in order.
    pub trials: Vec<Trial>,
    /// Finalists, judged on cuts that no trial used; empty without tuning.
    pub finalists: Vec<FinalistReport>,
    /// Validation data of tuning; null without tuning.
    pub validation: Option<ValidationReport>,
    /// Baseline of gains: the better of `popular` and `segment_popular`, both with a half-life tuned on data before the
    /// first test.
    pub baseline: String,
}

/// A finalist: one of the best trials, or their average.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FinalistReport {
    /// Number of the trial; null for an average.
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
    /// Start, seconds since 1970.
    pub from: Option<i64>,
    /// Exclusive end.
    pub until: Option<i64>,
    /// Training interactions.
    pub train: usize,
    /// Test interactions.
    pub test: usize,
    /// Users with at least one test item.
    pub test_users: usize,
}

/// One recommender.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelReport {
    /// Name.
    pub model: String,
    /// Means over test users.
    pub metrics: BTreeMap<String, f64>,
    /// 95 % intervals of the metrics that are means over users. Users are resampled.
    pub intervals: BTreeMap<String, [f64; 2]>,
    /// For a tuned winner, the mean NDCG on the fresh cuts and the highest NDCG of a trial, which is biased upwards;
    /// null without tuning.
    pub validation: BTreeMap<String, Option<f64>>,
    /// Seconds to fit, including tuning.
    pub fit_seconds: f64,
    /// Seconds to make and measure the lists of all test users.
    pub recommend_seconds: f64,
    /// All parameters.
    pub params: BTreeMap<String, f64>,
    /// Test users with a list, from the model itself or its fallback.
    pub served: usize,
    /// 95 % interval of the mean NDCG@20.
    pub interval: [f64; 2],
    /// Mean gain in NDCG@20 over the baseline, paired by user, with its 95 % interval; null for popularity itself.
    pub gain_over_popular: Option<[f64; 3]>,
    /// Gains over each baseline and over the best recommender, by name.
    pub gains: BTreeMap<String, [f64; 3]>,
    /// Results by slice of users, and by items with and without a history.
    pub slices: BTreeMap<String, BTreeMap<String, SliceReport>>,
}

/// One slice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SliceReport {
    /// Test users in the slice, or with test items in it.
    pub users: usize,
    /// Their mean NDCG@20.
    pub ndcg: f64,
    /// Its 95 % interval.
    pub interval: [f64; 2],
    /// Mean gain over the baseline with its 95 % interval; null for popularity itself.
    pub gain_over_popular: Option<[f64; 3]>,
    /// Mean gain over popularity in the age band; null for files and for that baseline itself.
    pub gain_over_segment_popular: Option<[f64; 3]>,
}
