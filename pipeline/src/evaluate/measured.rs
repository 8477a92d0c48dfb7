//! One recommender measured in every window, and what its figures say beside the baselines'.

use std::collections::BTreeMap;

use zhihui_models::evaluation::{Bootstrap, Evaluation, Interval, Metric, evaluate_lists, recommend};
use zhihui_models::recommenders::fallback::WithFallback;
use zhihui_models::{ModelError, Recommender, UserItems};

use super::data::{Window, warmth};
use super::report::SliceReport;

/// The cut at which recommenders are compared.
pub(super) const CUT: usize = 20;

/// What one recommender reached in one window, or in all of them.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) evaluation: Evaluation,
    /// The same over test items with and without a history alone.
    by_item: BTreeMap<&'static str, Evaluation>,
    /// Labels of the users of `evaluation`, by slicing.
    labels: BTreeMap<String, Vec<String>>,
}

impl Measured {
    /// Lists of the model, completed by what is popular in the member's segment where the window knows segments.
    pub(super) fn new(model: &dyn Recommender, window: &Window, ks: &[usize]) -> Result<Self, ModelError> {
        let training = &window.training;
        let completed = training.segments.as_ref().map(|segments| WithFallback { primary: model, fallback: segments });
        let model = completed.as_ref().map_or(model, |completed| completed as &dyn Recommender);
        let users = window.test_users();
        let lists = recommend(model, &training.interactions, &users, deepest(ks));
        Self::of_lists(users, &lists, window, ks)
    }

    /// `lists[n]`, best first, is what was recommended to `users[n]`.
    pub(super) fn of_lists(
        users: Vec<u32>,
        lists: &[Vec<u32>],
        window: &Window,
        ks: &[usize],
    ) -> Result<Self, ModelError> {
        let training = &window.training;
        let of = |test: &UserItems| {
            let asked = |at: &usize| !test.row(users[*at] as usize).is_empty();
            let kept: Vec<usize> = (0..users.len()).filter(asked).collect();
            let chosen: Vec<Vec<u32>> = kept.iter().map(|&at| lists[at].clone()).collect();
            let users = kept.into_iter().map(|at| users[at]).collect();
            evaluate_lists(users, &chosen, &training.interactions, test, ks, None)
        };
        let mut by_item = BTreeMap::new();
        for warm in [true, false] {
            by_item.insert(warmth(warm), of(&window.test_of(warm))?);
        }
        let label = |labels: &Vec<String>| users.iter().map(|&user| labels[user as usize].clone()).collect();
        let labels = window.slices.iter().map(|(name, labels)| (name.clone(), label(labels))).collect();
        let attributes = training.item_attributes.as_ref();
        let evaluation = evaluate_lists(users, lists, &training.interactions, &window.test, ks, attributes)?;
        Ok(Self { evaluation, by_item, labels })
    }

    /// All windows together; `None` without any.
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
        self.evaluation.mean(Metric::Ndcg, CUT).unwrap_or_default()
    }

    /// Intervals of the means over users at each cut.
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

    /// Every slice with its gains over the baselines, none over itself.
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
            let Interval { low, value, high } = own.interval(Metric::Ndcg, CUT, bootstrap)?;
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
            let cut = |measured: &Self| measured.evaluation.slices(labels);
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

/// Length of the longest list that is measured.
pub(super) fn deepest(ks: &[usize]) -> usize {
    ks.iter().copied().max().unwrap_or(CUT)
}

fn gain(own: &Evaluation, other: &Evaluation, bootstrap: Bootstrap) -> Result<[f64; 3], ModelError> {
    let Interval { low, value, high } = own.compare(other, Metric::Ndcg, CUT, bootstrap)?;
    Ok([value, low, high])
}
