//! Compares measured recommenders with popularity.

use std::collections::BTreeMap;

use zhihui_models::catalogue::{ModelName, ModelSpec};
use zhihui_models::evaluation::{Bootstrap, Metric};
use zhihui_models::tuning::Tuned;
use zhihui_models::{ModelError, Recommender};

use super::EvaluateError;
use super::data::Data;
use super::measurement::{CUTOFF, Measurement, max_cutoff};
use super::report::ModelReport;
use super::served_lists::{self, ServedLists};

/// Name of the baseline that uses the age bands of members.
const SEGMENT_POPULAR: &str = "segment_popular";
/// Name of the service.
pub(super) const SERVED: &str = "served";

pub(super) struct Comparison<'a> {
    data: &'a Data,
    seed: u64,
    ks: &'a [usize],
    seconds: &'a dyn Fn() -> f64,
    on_progress: &'a dyn Fn(&str),
    popular: Entry,
    /// `None` if a window has no segments.
    segment_popular: Option<Entry>,
    entries: Vec<Entry>,
}

/// One recommender over all windows.
struct Entry {
    name: String,
    params: BTreeMap<String, f64>,
    measurement: Measurement,
    fit_seconds: f64,
    recommend_seconds: f64,
    validation: BTreeMap<String, Option<f64>>,
}

impl Entry {
    /// Returns the other with its name, unless both are the same.
    fn unless_same<'e>(&self, other: Option<&'e Self>) -> Option<(String, &'e Measurement)> {
        other.filter(|other| other.name != self.name).map(|other| (other.name.clone(), &other.measurement))
    }
}

impl<'a> Comparison<'a> {
    /// Creates a comparison and measures the baselines.
    pub(super) fn new(
        data: &'a Data,
        seed: u64,
        ks: &'a [usize],
        seconds: &'a dyn Fn() -> f64,
        on_progress: &'a dyn Fn(&str),
    ) -> Result<Self, ModelError> {
        let popular = popularity(data)?;
        let description = (popular.name().to_string(), popular.resolved());
        let fit = |at: usize| popular.fit(&data.windows[at].training, seed);
        let popular = entry(data, ks, seconds, description, fit)?;
        let has_segments = data.windows.iter().all(|window| window.training.segments.is_some());
        let segments = |at: usize| match &data.windows[at].training.segments {
            Some(segments) => Ok(Box::new(segments.clone()) as Box<dyn Recommender>),
            None => Err(ModelError::NotEnoughData("the window has no segments".into())),
        };
        let description = (SEGMENT_POPULAR.to_owned(), BTreeMap::new());
        let segment_popular = has_segments.then(|| entry(data, ks, seconds, description, segments)).transpose()?;
        Ok(Self { data, seed, ks, seconds, on_progress, popular, segment_popular, entries: Vec::new() })
    }

    /// Fits and measures a recommender in every window.
    pub(super) fn add(&mut self, spec: &ModelSpec) -> Result<(), ModelError> {
        self.add_fitted(spec, None)
    }

    /// Measures the service, trained at the start of each window.
    pub(super) fn add_served(&mut self, served: &ServedLists<'_>) -> Result<(), EvaluateError> {
        let (mut windows, mut fit_seconds, mut recommend_seconds) = (Vec::new(), 0.0, 0.0);
        for (at, window) in self.data.windows.iter().enumerate() {
            (self.on_progress)(&format!("training the service for window {} of {}", at + 1, self.data.windows.len()));
            let started = (self.seconds)();
            let engine = served.engine_at(window)?;
            let fitted = (self.seconds)();
            let users = window.test_users();
            let lists = served_lists::lists(&engine, window, &users, max_cutoff(self.ks));
            windows.push(Measurement::of_lists(users, &lists, window, self.ks)?);
            fit_seconds += fitted - started;
            recommend_seconds += (self.seconds)() - fitted;
        }
        let measurement = Measurement::pooled(windows).ok_or_else(no_window)?;
        let (name, params) = (SERVED.to_owned(), BTreeMap::new());
        self.entries.push(Entry {
            name,
            params,
            measurement,
            fit_seconds,
            recommend_seconds,
            validation: BTreeMap::new(),
        });
        Ok(())
    }

    /// Adds the winner of a tuning that took `seconds`. It is already fitted for the first window.
    pub(super) fn add_winner(&mut self, tuned: Tuned, seconds: f64) -> Result<(), ModelError> {
        let mut validation = BTreeMap::from([(format!("ndcg@{CUTOFF}"), Some(tuned.validation_ndcg))]);
        validation.insert(format!("ndcg@{CUTOFF}_of_best_trial"), Some(tuned.best_trial_ndcg));
        self.add_fitted(&tuned.spec, Some(tuned.model))?;
        if let Some(winner) = self.entries.last_mut() {
            winner.validation = validation;
            winner.fit_seconds += seconds;
        }
        Ok(())
    }

    fn add_fitted(&mut self, spec: &ModelSpec, mut fitted: Option<Box<dyn Recommender>>) -> Result<(), ModelError> {
        let windows = &self.data.windows;
        let fit = |at: usize| {
            (self.on_progress)(&match windows.len() {
                1 => format!("fitting {}", spec.name()),
                many => format!("fitting {} for window {} of {many}", spec.name(), at + 1),
            });
            fitted.take().map_or_else(|| spec.fit(&windows[at].training, self.seed), Ok)
        };
        let params = windows.last().map_or_else(BTreeMap::new, |window| spec.resolved_on(&window.training));
        self.entries.push(entry(self.data, self.ks, self.seconds, (spec.name().to_string(), params), fit)?);
        Ok(())
    }

    /// Returns the better popularity baseline, over which gains are measured.
    fn baseline(&self) -> &Entry {
        let segments = self.segment_popular.as_ref();
        segments.filter(|other| other.measurement.ndcg() > self.popular.measurement.ndcg()).unwrap_or(&self.popular)
    }

    pub(super) fn baseline_name(&self) -> &str {
        &self.baseline().name
    }

    /// Returns reports of the added recommenders and, with `with_baselines`, of the baselines that are not among them.
    pub(super) fn reports(&self, with_baselines: bool) -> Result<Vec<ModelReport>, ModelError> {
        let baselines = [Some(&self.popular), self.segment_popular.as_ref()].into_iter().flatten();
        let missing = baselines
            .filter(|baseline| with_baselines && !self.entries.iter().any(|entry| entry.name == baseline.name));
        let entries: Vec<&Entry> = self.entries.iter().chain(missing).collect();
        let best = entries.iter().max_by(|left, right| left.measurement.ndcg().total_cmp(&right.measurement.ndcg()));
        entries.iter().map(|entry| self.report(entry, best)).collect()
    }

    fn report(&self, entry: &Entry, best: Option<&&Entry>) -> Result<ModelReport, ModelError> {
        let bootstrap = Bootstrap::new(self.seed);
        let measurement = &entry.measurement;
        let interval = measurement.evaluation.interval(Metric::Ndcg, CUTOFF, bootstrap)?;
        let popular = entry.unless_same(Some(&self.popular));
        let baseline = entry.unless_same(Some(self.baseline())).filter(|_| entry.name != self.popular.name);
        let segment_popular = entry.unless_same(self.segment_popular.as_ref());
        let mut gains = BTreeMap::new();
        for (name, other) in [&popular, &segment_popular, &entry.unless_same(best.copied())].into_iter().flatten() {
            gains.insert(name.clone(), measurement.gain_over(other, bootstrap)?);
        }
        let slices = measurement.slices(
            baseline.as_ref().map(|(_, other)| *other),
            segment_popular.map(|(_, other)| other),
            bootstrap,
        )?;
        Ok(ModelReport {
            model: entry.name.clone(),
            metrics: measurement.evaluation.summary(),
            intervals: measurement.intervals(self.ks, bootstrap)?,
            validation: if entry.validation.is_empty() {
                BTreeMap::from([(format!("ndcg@{CUTOFF}"), None)])
            } else {
                entry.validation.clone()
            },
            fit_seconds: entry.fit_seconds,
            recommend_seconds: entry.recommend_seconds,
            params: entry.params.clone(),
            served: measurement.evaluation.served(),
            interval: [interval.low, interval.high],
            gain_over_popular: baseline.and_then(|(name, _)| gains.get(&name).copied()),
            gains,
            slices,
        })
    }
}

fn entry(
    data: &Data,
    ks: &[usize],
    seconds: &dyn Fn() -> f64,
    (name, params): (String, BTreeMap<String, f64>),
    mut fit: impl FnMut(usize) -> Result<Box<dyn Recommender>, ModelError>,
) -> Result<Entry, ModelError> {
    let (mut fit_seconds, mut recommend_seconds, mut windows) = (0.0, 0.0, Vec::new());
    for (at, window) in data.windows.iter().enumerate() {
        let started = seconds();
        let model = fit(at)?;
        let fitted = seconds();
        windows.push(Measurement::new(model.as_ref(), window, ks)?);
        fit_seconds += fitted - started;
        recommend_seconds += seconds() - fitted;
    }
    let measurement = Measurement::pooled(windows).ok_or_else(no_window)?;
    Ok(Entry { name, params, measurement, fit_seconds, recommend_seconds, validation: BTreeMap::new() })
}

fn no_window() -> ModelError {
    ModelError::NotEnoughData("there is no test window".into())
}

/// Returns popularity with the half-life that was tuned on these data.
pub(super) fn popularity(data: &Data) -> Result<ModelSpec, ModelError> {
    let mut popular = ModelSpec::new(ModelName::Popular);
    if let Some(days) = data.half_life_days {
        popular.set("half_life_days", days)?;
    }
    Ok(popular)
}
