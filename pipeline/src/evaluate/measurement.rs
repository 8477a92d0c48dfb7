//! Measures a recommender in every window and compares it with the baselines.

use std::collections::BTreeMap;

use zhihui_models::evaluation::{Bootstrap, Evaluation, Interval, Metric, evaluate_lists, recommend};
use zhihui_models::recommenders::fallback::WithFallback;
use zhihui_models::{ModelError, Recommender, UserItems};

use super::data::{Window, warm_or_cold};
use super::report::SliceReport;

/// Length of the lists by which recommenders are compared.
pub(super) const CUTOFF: usize = 20;

/// Results of one recommender in one window, or in all.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
    pub(super) evaluation: Evaluation,
    /// Results over test items with and without a history.
    by_item: BTreeMap<&'static str, Evaluation>,
    /// Labels of the users of `evaluation` by slicing.
    labels: BTreeMap<String, Vec<String>>,
}

impl Measurement {
    /// Measures the lists of a model, completed by what is popular in the segment of the member if the window has
    /// segments.
    pub(super) fn new(model: &dyn Recommender, window: &Window, ks: &[usize]) -> Result<Self, ModelError> {
        let training = &window.training;
        let completed = training.segments.as_ref().map(|segments| WithFallback { primary: model, fallback: segments });
        let model = completed.as_ref().map_or(model, |completed| completed as &dyn Recommender);
        let users = window.test_users();
        let lists = recommend(model, &training.interactions, &users, max_cutoff(ks));
        Self::of_lists(users, &lists, window, ks)
    }

    /// Measures lists. `lists[n]`, best first, was recommended to `users[n]`.
    pub(super) fn of_lists(
        users: Vec<u32>,
        lists: &[Vec<u32>],
        window: &Window,
        ks: &[usize],
    ) -> Result<Self, ModelError> {
        let training = &window.training;
        let of = |test: &UserItems| {
            let has_test_item = |at: &usize| !test.row(users[*at] as usize).is_empty();
            let kept: Vec<usize> = (0..users.len()).filter(has_test_item).collect();
            let chosen: Vec<Vec<u32>> = kept.iter().map(|&at| lists[at].clone()).collect();
            let users = kept.into_iter().map(|at| users[at]).collect();
            evaluate_lists(users, &chosen, &training.interactions, test, ks, None)
        };
        let mut by_item = BTreeMap::new();
        for warm in [true, false] {
            by_item.insert(warm_or_cold(warm), of(&window.test_of(warm))?);
        }
        let label = |labels: &Vec<String>| users.iter().map(|&user| labels[user as usize].clone()).collect();
        let labels = window.slices.iter().map(|(name, labels)| (name.clone(), label(labels))).collect();
        let attributes = training.item_attributes.as_ref();
        let evaluation = evaluate_lists(users, lists, &training.interactions, &window.test, ks, attributes)?;
        Ok(Self { evaluation, by_item, labels })
    }

    /// Combines the results of all windows. Returns `None` without windows.
    pub(super) fn pooled(windows: Vec<Self>) -> Option<Self> {
        let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut by_item: BTreeMap<&'static str, Vec<Evaluation>> = BTreeMap::new();
        let mut evaluations = Vec::new();
        for window in windows {
            evaluations.push(window.evaluation);
            window.labels.into_iter().for_each(|(name, more)| labels.entry(name).or_default().extend(more));
            window.by_item.into_iter().for_each(|(name, more)| by_item.entry(name).or_default().push(more));
        }
        let by_item = by_item.into_iter().filter_map(|(name, windows)| Some((name, Evaluation::pooled(windows)?)));
        Some(Self { evaluation: Evaluation::pooled(evaluations)?, by_item: by_item.collect(), labels })
    }

    pub(super) fn ndcg(&self) -> f64 {
        self.evaluation.mean(Metric::Ndcg, CUTOFF).unwrap_or_default()
    }

    /// Returns intervals of the means over users at each cutoff.
    pub(super) fn intervals(
        &self,
        ks: &[usize],
        bootstrap: Bootstrap,
    ) -> Result<BTreeMap<String, [f64; 2]>, ModelError> {
        let mut intervals = BTreeMap::new();
        for &k in ks {
            for metric in Metric::ALL {
                let interval = self.evaluation.interval(metric, k, bootstrap)?;
                intervals.insert(format!("{metric}@{k}"), [interval.low, interval.high]);
            }
        }
        Ok(intervals)
    }

    pub(super) fn gain_over(&self, other: &Self, bootstrap: Bootstrap) -> Result<[f64; 3], ModelError> {
        gain(&self.evaluation, &other.evaluation, bootstrap)
    }

    /// Returns every slice with its gains over the baselines.
    pub(super) fn slices(
        &self,
        popular: Option<&Self>,
        segment_popular: Option<&Self>,
        bootstrap: Bootstrap,
    ) -> Result<BTreeMap<String, BTreeMap<String, SliceReport>>, ModelError> {
        let mut slices: BTreeMap<String, BTreeMap<String, SliceReport>> = BTreeMap::new();
        let mut add = |slicing: &str,
                       label: &str,
                       own: &Evaluation,
                       popular: Option<&Evaluation>,
                       segment: Option<&Evaluation>| {
            let over = |other: Option<&Evaluation>| other.map(|other| gain(own, other, bootstrap)).transpose();
            let Interval { low, value, high } = own.interval(Metric::Ndcg, CUTOFF, bootstrap)?;
            let report = SliceReport {
                users: own.users().len(),
                ndcg: value,
                interval: [low, high],
                gain_over_popular: over(popular)?,
                gain_over_segment_popular: over(segment)?,
            };
            slices.entry(slicing.to_owned()).or_default().insert(label.to_owned(), report);
            Ok::<(), ModelError>(())
        };
        for (slicing, labels) in &self.labels {
            let cut = |measurement: &Self| measurement.evaluation.slices(labels);
            let (popular, segment) = (popular.map(cut), segment_popular.map(cut));
            for (label, own) in cut(self) {
                let of = |baseline: &Option<BTreeMap<String, Evaluation>>| baseline.as_ref()?.get(&label).cloned();
                add(slicing, &label, &own, of(&popular).as_ref(), of(&segment).as_ref())?;
            }
        }
        for (label, own) in self.by_item.iter().filter(|(_, own)| !own.users().is_empty()) {
            let of = |baseline: Option<&'_ Self>| baseline.and_then(|baseline| baseline.by_item.get(label).cloned());
            add("item", label, own, of(popular).as_ref(), of(segment_popular).as_ref())?;
        }
        Ok(slices)
    }
}

/// Returns the length of the longest measured list.
pub(super) fn max_cutoff(ks: &[usize]) -> usize {
    ks.iter().copied().max().unwrap_or(CUTOFF)
}

fn gain(own: &Evaluation, other: &Evaluation, bootstrap: Bootstrap) -> Result<[f64; 3], ModelError> {
    let Interval { low, value, high } = own.compare(other, Metric::Ndcg, CUTOFF, bootstrap)?;
    Ok([value, low, high])
}
