//! The recommenders measured so far, beside popularity.

use std::collections::BTreeMap;

use zhihui_models::catalogue::{ModelName, ModelSpec};
use zhihui_models::evaluation::{Bootstrap, Metric};
use zhihui_models::tuning::Tuned;
use zhihui_models::{ModelError, Recommender};

use super::EvaluateError;
use super::data::Data;
use super::measured::{CUT, Measured, deepest};
use super::report::ModelReport;
use super::served::{self, Served};

/// The name of the baseline that knows the members' age bands.
const SEGMENT_POPULAR: &str = "segment_popular";
/// The name of what the service shows.
pub(super) const SERVED: &str = "served";

pub(super) struct Comparison<'a> {
    data: &'a Data,
    seed: u64,
    ks: &'a [usize],
    seconds: &'a dyn Fn() -> f64,
    say: &'a dyn Fn(&str),
    popular: Entry,
    /// `None` where a window knows no segments.
    segment_popular: Option<Entry>,
    entries: Vec<Entry>,
}

/// One recommender, all windows together.
struct Entry {
    name: String,
    params: BTreeMap<String, f64>,
    measured: Measured,
    fit_seconds: f64,
    recommend_seconds: f64,
    validation: BTreeMap<String, Option<f64>>,
}

impl Entry {
    /// The other, unless it is the same.
    fn beside<'e>(&self, other: Option<&'e Self>) -> Option<(String, &'e Measured)> {
        other.filter(|other| other.name != self.name).map(|other| (other.name.clone(), &other.measured))
    }
}

impl<'a> Comparison<'a> {
    /// Measures the baselines.
    pub(super) fn new(
        data: &'a Data,
        seed: u64,
        ks: &'a [usize],
        seconds: &'a dyn Fn() -> f64,
        say: &'a dyn Fn(&str),
    ) -> Result<Self, ModelError> {
        let popular = popularity(data)?;
        let described = (popular.name().to_string(), popular.resolved());
        let fit = |at: usize| popular.fit(&data.windows[at].training, seed);
        let popular = entry(data, ks, seconds, described, fit)?;
        let knows_segments = data.windows.iter().all(|window| window.training.segments.is_some());
        let segments = |at: usize| match &data.windows[at].training.segments {
            Some(segments) => Ok(Box::new(segments.clone()) as Box<dyn Recommender>),
            None => Err(ModelError::NotEnoughData("the window knows no segments".into())),
        };
        let described = (SEGMENT_POPULAR.to_owned(), BTreeMap::new());
        let segment_popular = knows_segments.then(|| entry(data, ks, seconds, described, segments)).transpose()?;
        Ok(Self { data, seed, ks, seconds, say, popular, segment_popular, entries: Vec::new() })
    }

    /// Fits and measures in every window.
    pub(super) fn add(&mut self, spec: &ModelSpec) -> Result<(), ModelError> {
        self.add_fitted(spec, None)
    }

    /// What the service would have shown, as the training of each window's beginning makes it.
    pub(super) fn add_served(&mut self, served: &Served<'_>) -> Result<(), EvaluateError> {
        let (mut windows, mut fit_seconds, mut recommend_seconds) = (Vec::new(), 0.0, 0.0);
        for (at, window) in self.data.windows.iter().enumerate() {
            (self.say)(&format!("training the service for window {} of {}", at + 1, self.data.windows.len()));
            let began = (self.seconds)();
            let engine = served.engine_at(window)?;
            let fitted = (self.seconds)();
            let users = window.test_users();
            let lists = served::lists(&engine, window, &users, deepest(self.ks));
            windows.push(Measured::of_lists(users, &lists, window, self.ks)?);
            fit_seconds += fitted - began;
            recommend_seconds += (self.seconds)() - fitted;
        }
        let measured = Measured::pooled(windows).ok_or_else(no_window)?;
        let (name, params) = (SERVED.to_owned(), BTreeMap::new());
        self.entries.push(Entry {
            name,
            params,
            measured,
            fit_seconds,
            recommend_seconds,
            validation: BTreeMap::new(),
        });
        Ok(())
    }

    /// The winner of a tuning that took `seconds` and is fitted for the first window already; it comes first.
    pub(super) fn add_winner(&mut self, tuned: Tuned, seconds: f64) -> Result<(), ModelError> {
        let mut validation = BTreeMap::from([(format!("ndcg@{CUT}"), Some(tuned.validation_ndcg))]);
        validation.insert(format!("ndcg@{CUT}_of_best_trial"), Some(tuned.best_trial_ndcg));
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
            (self.say)(&match windows.len() {
                1 => format!("fitting {}", spec.name()),
                many => format!("fitting {} for window {} of {many}", spec.name(), at + 1),
            });
            fitted.take().map_or_else(|| spec.fit(&windows[at].training, self.seed), Ok)
        };
        let params = windows.last().map_or_else(BTreeMap::new, |window| spec.resolved_on(&window.training));
        self.entries.push(entry(self.data, self.ks, self.seconds, (spec.name().to_string(), params), fit)?);
        Ok(())
    }

    /// The better of the popularity baselines: what every gain is over.
    fn baseline(&self) -> &Entry {
        let segments = self.segment_popular.as_ref();
        segments.filter(|other| other.measured.ndcg() > self.popular.measured.ndcg()).unwrap_or(&self.popular)
    }

    /// Its name.
    pub(super) fn baseline_name(&self) -> &str {
        &self.baseline().name
    }

    /// Those that were added, then, if asked for, the baselines that are not among them.
    pub(super) fn reports(&self, with_baselines: bool) -> Result<Vec<ModelReport>, ModelError> {
        let baselines = [Some(&self.popular), self.segment_popular.as_ref()].into_iter().flatten();
        let missing = baselines
            .filter(|baseline| with_baselines && !self.entries.iter().any(|entry| entry.name == baseline.name));
        let entries: Vec<&Entry> = self.entries.iter().chain(missing).collect();
        let best = entries.iter().max_by(|left, right| left.measured.ndcg().total_cmp(&right.measured.ndcg()));
        entries.iter().map(|entry| self.report(entry, best)).collect()
    }

    fn report(&self, entry: &Entry, best: Option<&&Entry>) -> Result<ModelReport, ModelError> {
        let bootstrap = Bootstrap::new(self.seed);
        let measured = &entry.measured;
        let interval = measured.evaluation.interval(Metric::Ndcg, CUT, bootstrap)?;
        let popular = entry.beside(Some(&self.popular));
        let baseline = entry.beside(Some(self.baseline())).filter(|_| entry.name != self.popular.name);
        let segment_popular = entry.beside(self.segment_popular.as_ref());
        let mut gains = BTreeMap::new();
        for (name, other) in [&popular, &segment_popular, &entry.beside(best.copied())].into_iter().flatten() {
            gains.insert(name.clone(), measured.gain_over(other, bootstrap)?);
        }
        let slices = measured.slices(
            baseline.as_ref().map(|(_, other)| *other),
            segment_popular.map(|(_, other)| other),
            bootstrap,
        )?;
        Ok(ModelReport {
            model: entry.name.clone(),
            metrics: measured.evaluation.summary(),
            intervals: measured.intervals(self.ks, bootstrap)?,
            validation: if entry.validation.is_empty() {
                BTreeMap::from([(format!("ndcg@{CUT}"), None)])
            } else {
                entry.validation.clone()
            },
            fit_seconds: entry.fit_seconds,
            recommend_seconds: entry.recommend_seconds,
            params: entry.params.clone(),
            served: measured.evaluation.served(),
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
        let began = seconds();
        let model = fit(at)?;
        let fitted = seconds();
        windows.push(Measured::new(model.as_ref(), window, ks)?);
        fit_seconds += fitted - began;
        recommend_seconds += seconds() - fitted;
    }
    let measured = Measured::pooled(windows).ok_or_else(no_window)?;
    Ok(Entry { name, params, measured, fit_seconds, recommend_seconds, validation: BTreeMap::new() })
}

fn no_window() -> ModelError {
    ModelError::NotEnoughData("there is no window to evaluate on".into())
}

/// Popularity with the half-life that was tuned for these data.
pub(super) fn popularity(data: &Data) -> Result<ModelSpec, ModelError> {
    let mut popular = ModelSpec::new(ModelName::Popular);
    if let Some(days) = data.half_life_days {
        popular.set("half_life_days", days)?;
    }
    Ok(popular)
}
